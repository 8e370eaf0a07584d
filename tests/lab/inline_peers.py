"""Peers of the inline lab.

    inline_peers.py websocket PORT          a server that switches to WebSocket and says how often it did, on standard output
    inline_peers.py ask HOST PORT           asks it to switch; prints the first line of the answer, or why there is none
    inline_peers.py web PORT                answers every path with so many bytes as its number says, and a CONNECT to a host of
                                            that name by a channel that carries as many
    inline_peers.py pull HOST PORT BYTES    lets itself be connected; prints bytes a second
    inline_peers.py sip HOST PORT SECONDS   loads slowly for so long, so that little is on its way at any time; prints that it has
                                            begun, and whether all has come: whole, reset or what else
"""
import base64, hashlib, http.server, socket, socketserver, sys, time


class WebSocket(socketserver.StreamRequestHandler):
    def handle(self):
        key = b''
        while (line := self.rfile.readline()) not in (b'\r\n', b''):
            if line.lower().startswith(b'sec-websocket-key:'):
                key = line.split(b':')[1].strip()
        print('asked', flush=True)
        accept = base64.b64encode(hashlib.sha1(key + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest())
        self.wfile.write(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                         b'Sec-WebSocket-Accept: ' + accept + b'\r\n\r\n')
        self.rfile.read(1)


class Web(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        left = int(self.path.strip('/') or 10)
        self.send_response(200)
        self.send_header('Content-Length', str(left))
        self.end_headers()
        block = bytes(1 << 20)
        while left:
            left -= self.connection.send(block[:left])

    def do_CONNECT(self):
        left = int(self.path.split(':')[0])
        self.connection.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
        self.rfile.readline()
        self.connection.sendall(b'SSH-2.0-lab\r\n')
        block = bytes(1 << 20)
        while left:
            left -= self.connection.send(block[:left])
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def ask(host, port):
    try:
        with socket.create_connection((host, port), 5) as s:
            s.sendall(b'GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                      b'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n')
            print(s.recv(4096).split(b'\r\n')[0].decode() or 'closed')
    except OSError as e:
        print(type(e).__name__)


def pull(host, port, size):
    begun, got, room = time.monotonic(), 0, bytearray(1 << 20)
    with socket.create_connection((host, port), 5) as s:
        s.sendall(b'CONNECT %d:443 HTTP/1.1\r\nHost: a\r\n\r\n' % size)
        s.recv(100)
        s.sendall(b'SSH-2.0-puller\r\n')
        while n := s.recv_into(room):
            got += n
    print(int(got / (time.monotonic() - begun)) if got > size else 0)


def sip(host, port, seconds):
    size, got = seconds * 1000000, 0
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    s.settimeout(15)
    try:
        s.connect((host, port))
        s.sendall(b'GET /%d HTTP/1.1\r\nHost: a\r\n\r\n' % size)
        while got < size and (n := len(s.recv(50000))):
            if not got:
                print('begun', flush=True)
            got += n
            time.sleep(n / 1000000)
        print('whole' if got > size - 1000 else 'cut after %d bytes' % got)
    except ConnectionResetError:
        print('reset')
    except OSError as e:
        print('%s after %d bytes' % (type(e).__name__, got))


if sys.argv[1] == 'sip':
    sip(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
elif sys.argv[1] == 'pull':
    pull(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
elif sys.argv[1] == 'ask':
    ask(sys.argv[2], int(sys.argv[3]))
else:
    Server(('', int(sys.argv[2])), WebSocket if sys.argv[1] == 'websocket' else Web).serve_forever()
