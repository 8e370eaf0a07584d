#!/usr/bin/env python3
"""A web application to browse and to upload to, in one file: site.py ADDRESS FOLDER

Files of FOLDER; `/poll` answers `[]`, `/data` JSON, `/wait` after a while, `/events` a stream of events, `/socket` a WebSocket that
says what it heard; whatever is POSTed, PUT or PATCHed is swallowed and counted.
"""
import base64, hashlib, http.server, json, random, sys, time


class Application(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def tell(self, body, kind='application/json', status=200):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition('?')[0]
        if path == '/poll':
            self.tell([])
        elif path == '/data':
            self.tell({'time': time.time(), 'values': [random.random() for _ in range(random.randint(1, 60))]})
        elif path == '/wait':
            time.sleep(random.uniform(.5, 2))
            self.tell([{'news': random.random()}])
        elif path == '/events':
            self.events()
        elif path == '/socket':
            self.web_socket()
        else:
            super().do_GET()

    def do_POST(self):
        size = 0
        if 'chunked' in self.headers.get('Transfer-Encoding', ''):
            while True:
                length = int(self.rfile.readline().split(b';')[0], 16)
                self.rfile.read(length)
                self.rfile.readline()
                size += length
                if not length:
                    break
        else:
            size = len(self.rfile.read(int(self.headers.get('Content-Length', 0))))
        self.tell({'received': size}, status=random.choice((200, 201)))

    do_PUT = do_PATCH = do_DELETE = do_POST

    def events(self):
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.end_headers()
        self.close_connection = True
        for n in range(20):
            self.wfile.write(b'id: %d\ndata: {"n": %d}\n\n' % (n, n))
            time.sleep(.3)

    def web_socket(self):
        self.close_connection = True
        digest = hashlib.sha1(self.headers['Sec-WebSocket-Key'].encode() + b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest()
        self.send_response(101)
        for name, value in (('Upgrade', 'websocket'), ('Connection', 'Upgrade'),
                            ('Sec-WebSocket-Accept', base64.b64encode(digest).decode())):
            self.send_header(name, value)
        self.end_headers()
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] & 15 == 8:
                break
            length = head[1] & 127
            if length == 126:
                length = int.from_bytes(self.rfile.read(2), 'big')
            mask = self.rfile.read(4)
            text = bytes(b ^ mask[n % 4] for n, b in enumerate(self.rfile.read(length)))
            self.wfile.write(bytes((0x81,)) + (bytes((length,)) if length < 126 else b'\x7e' + length.to_bytes(2, 'big')) + text)

    def handle(self):
        try:
            super().handle()
        except OSError:
            pass

    def log_message(self, *_):
        pass


if __name__ == '__main__':
    http.server.ThreadingHTTPServer.request_queue_size = 256
    http.server.ThreadingHTTPServer((sys.argv[1], 80), lambda *a: Application(*a, directory=sys.argv[2])).serve_forever()
