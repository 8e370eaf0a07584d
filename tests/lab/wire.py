"""One TCP connection with both of its ends in one hand, so that a conversation can be written down as what is said in turn."""
import asyncio, socket, struct

import netns

PORT = 80


class Wire:
    def __init__(self, client, server):
        self.client, self.server = client, server

    @staticmethod
    async def say(speaker, listener, data):
        """Returns when the other end has read it all."""
        loop = asyncio.get_running_loop()
        if len(data) <= 16384:
            await loop.sock_sendall(speaker, data)
            sending = None
        else:
            sending = asyncio.ensure_future(loop.sock_sendall(speaker, data))
        left = len(data)
        while left:
            got = await loop.sock_recv(listener, min(left, 262144))
            if not got:
                raise ConnectionError('closed before all was said')
            left -= len(got)
        if sending:
            await sending

    async def ask(self, *pieces):
        for data in pieces:
            await self.say(self.client, self.server, data)

    async def answer(self, *pieces):
        for data in pieces:
            await self.say(self.server, self.client, data)

    async def exchange(self, request, response):
        await self.ask(request)
        await self.answer(response)

    async def end(self, first='client'):
        """Closes one end, and the other when it has noticed."""
        one, other = (self.client, self.server) if first == 'client' else (self.server, self.client)
        one.close()
        await asyncio.get_running_loop().sock_recv(other, 1)
        other.close()

    def half_close(self):
        """The client has said all."""
        self.client.shutdown(socket.SHUT_WR)

    def reset(self, who='client'):
        one, other = (self.client, self.server) if who == 'client' else (self.server, self.client)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        one.close()
        other.close()


class Listener:
    """The server side of a scenario."""

    def __init__(self, address):
        self.address = (address, PORT)
        self.socket = socket.create_server(self.address, backlog=1024)
        self.socket.setblocking(False)
        self.expected = {}

    async def accept(self):
        loop = asyncio.get_running_loop()
        while True:
            end, peer = await loop.sock_accept(self.socket)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.expected.pop(peer).set_result(end)

    async def connect(self, source):
        loop = asyncio.get_running_loop()
        client = socket.socket()
        client.setblocking(False)
        client.bind((source, 0))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server = self.expected[client.getsockname()] = loop.create_future()
        await loop.sock_connect(client, self.address)
        return Wire(client, await server)


def source_address(number):
    """Client number 0, 1, 2 ..."""
    return '%s.%d.%d' % (netns.CLIENTS, number // 250, number % 250 + 1)
