"""Peers of tests/lab/fragments.

    fragments_peers.py hear PORT FILE     answers every request with 200 and ten bytes, on IPv4 and IPv6; writes what came to FILE
    fragments_peers.py connect HOST PORT TARGET     asks a proxy for TARGET; prints what the first bytes of the answer are
    fragments_peers.py pieces DEVICE ROUTER SOURCE TARGET PORT HOW [REQUEST]
                                          a TCP of its own, whose segments go out as fragments; prints what came back

SOURCE is an address that nobody has, so that no kernel speaks for it; ROUTER is the link address that frames go to.  HOW: whole,
pieces, backwards, twice (all pieces, and again with the same number), last (all, then the last again), first (all, then all but
the last again), stale (all but the first, then another datagram, then the first), overlap (a piece that says something else of the same
bytes), tiny (eight bytes a piece).
"""
import random, socket, socketserver, struct, sys, threading, time

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


class Hear(socketserver.BaseRequestHandler):
    def handle(self):
        got = b''
        while piece := self.request.recv(65536):
            with self.server.lock, open(self.server.file, 'ab') as f:
                f.write(piece)
            got += piece
            if got.endswith(b'\r\n\r\n'):
                got = b''
                self.request.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789')


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    address_family = socket.AF_INET6

    def __init__(self, port, file):
        self.file, self.lock = file, threading.Lock()
        super().__init__(('::', port), Hear)

    def handle_error(self, *_):
        pass


def connect(host, port, target):
    try:
        with socket.create_connection((host, int(port)), 5) as s:
            s.sendall(b'CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n' % (target.encode(), target.encode()))
            s.settimeout(5)
            print(s.recv(4096).split(b'\r\n')[0].decode() or 'closed')
    except OSError as e:
        print(type(e).__name__)


def summed(data):
    data += b'\0' * (len(data) % 2)
    n = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while n >> 16:
        n = (n & 0xffff) + (n >> 16)
    return ~n & 0xffff


class Speaker:
    """One end of a connection, beside the kernel: no timers, no window, just enough to be answered."""

    def __init__(self, device, router, source, target, port):
        self.v6 = ':' in source
        family = socket.AF_INET6 if self.v6 else socket.AF_INET
        self.source, self.target = socket.inet_pton(family, source), socket.inet_pton(family, target)
        self.kind = 0x86dd if self.v6 else 0x0800
        self.line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(self.kind))
        self.line.bind((device, self.kind))
        self.line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.ether = bytes.fromhex(router.replace(':', '')) + self.line.getsockname()[4] + struct.pack('!H', self.kind)
        self.ports = struct.pack('!HH', random.randrange(20000, 60000), port)
        self.seq, self.ack, self.got, self.ended = random.randrange(1 << 31), 0, b'', ''

    def segment(self, flags, data=b''):
        head = self.ports + struct.pack('!IIBBHHH', self.seq, self.ack, 5 << 4, flags, 65000, 0, 0)
        pseudo = self.source + self.target + struct.pack('!II', len(head) + len(data), 6)
        return head[:16] + struct.pack('!H', summed(pseudo + head + data)) + head[18:] + data

    def datagram(self, data, number=None, offset=0, more=False):
        if not self.v6:
            head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(data), number or random.randrange(1, 65536), offset // 8 | more << 13, 64, 6, 0)
            head += self.source + self.target
            head = head[:10] + struct.pack('!H', summed(head)) + head[12:]
        else:
            extra = b'' if number is None else struct.pack('!BBHI', 6, 0, offset | more, number)
            head = struct.pack('!IHBB', 0x60000000, len(extra) + len(data), 44 if extra else 6, 64) + self.source + self.target + extra
        self.line.send(self.ether + head + data)

    def pieces(self, data, size, number):
        cuts = range(0, len(data), size)
        return [(data[at:at + size], number, at, at + size < len(data)) for at in cuts]

    def say(self, flags, data, how):
        whole = self.segment(flags, data)
        number = random.randrange(1, 65536)
        if how == 'whole' or not data:
            return self.datagram(whole)
        parts = self.pieces(whole, 8 if how == 'tiny' else 24, number)
        if how == 'backwards':
            parts.reverse()
        elif how == 'twice':
            parts += parts
        elif how == 'last':
            parts += parts[-1:]
        elif how == 'first':
            parts += parts[:-1]
        elif how == 'stale':
            parts = parts[1:] + self.pieces(whole, 32, number + 1) + parts[:1]
        elif how == 'overlap':
            at = parts[-2]
            parts.insert(-1, (b'X' * len(at[0]), *at[1:]))
        for part in parts:
            self.datagram(*part)
        return None

    def read(self, packet):
        """The TCP segment of a datagram that is for this connection."""
        packet = packet[14:]
        if self.v6:
            head, packet = packet[:40], packet[40:]
            mine = head[6] == 6 and head[8:24] == self.target and head[24:40] == self.source
        else:
            length = struct.unpack('!H', packet[2:4])[0]
            head, packet = packet[:20], packet[20:length]
            mine = head[9] == 6 and head[12:16] == self.target and head[16:20] == self.source
        return packet if mine and packet[:4] == self.ports[2:] + self.ports[:2] else None

    def listen(self, seconds, enough):
        """Acknowledges what comes until `enough` says so, or the time is over."""
        until = time.monotonic() + seconds
        while not enough() and (left := until - time.monotonic()) > 0:
            self.line.settimeout(left)
            try:
                packet = self.read(self.line.recv(65536))
            except TimeoutError:
                return
            if packet is None:
                continue
            seq, _, offset, flags = struct.unpack('!IIBB', packet[4:14])
            data = packet[(offset >> 4) * 4:]
            if flags & RST:
                self.ended = 'reset'
            elif flags & SYN:
                self.ack = seq + 1 & 0xffffffff
            elif seq == self.ack and (data or flags & FIN):
                self.got += data
                self.ack = self.ack + len(data) + (flags & FIN) & 0xffffffff
                self.ended = self.ended or ('closed' if flags & FIN else '')
                self.datagram(self.segment(ACK))

    def open(self):
        for _ in range(5):
            self.ack = 0
            self.datagram(self.segment(SYN))
            self.listen(1, lambda: self.ack)
            if self.ack:
                break
        self.seq = self.seq + 1 & 0xffffffff
        self.datagram(self.segment(ACK))
        return self.ack != 0


def pieces(device, router, source, target, port, how, request='CONNECT a.example:443 HTTP/1.1'):
    s = Speaker(device, router, source, target, int(port))
    if not s.open():
        print('no connection')
        return
    data = ('%s\r\nHost: a.example\r\nUser-Agent: pieces\r\n\r\n' % request).encode()
    for _ in range(3):   # as a sender does that hears nothing
        s.say(PSH | ACK, data, how)
        s.listen(0.6, lambda: s.got or s.ended)
        if s.got or s.ended:
            break
    s.listen(0.3, lambda: s.ended)
    print(s.got.split(b'\r\n')[0].decode(errors='replace') or s.ended or 'silence')
    s.seq = s.seq + len(data) & 0xffffffff
    s.datagram(s.segment(RST | ACK))


ROLES = {'connect': connect, 'pieces': pieces}
if sys.argv[1] == 'hear':
    Server(int(sys.argv[2]), sys.argv[3]).serve_forever()
else:
    ROLES[sys.argv[1]](*sys.argv[2:])
