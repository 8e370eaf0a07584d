"""What a case is, and the messages that most cases are made of."""
import os
import talk

CASES = []
BYTES = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'talk', 'bytes')


class Case:
    def __init__(self, number, attacks, label, play, **p):
        self.number, self.attacks, self.play = number, attacks, play
        self.labels = [label] if isinstance(label, str) else list(label)   # one for each conversation, in any order; a|b: either will do
        self.has = p.pop('has', [])              # anomalies that must be named
        self.clean = p.pop('clean', False)       # no anomaly may be named
        self.doubt = p.pop('doubt', [])
        self.says = p.pop('says', {})            # values of the flow record; 'client' is the client's address
        self.readings = p.pop('readings', None)  # of an undecided conversation: what it may be
        self.variants = p.pop('only', list(talk.VARIANTS))
        self.why = p.pop('why', '')              # why not in all variants
        self.versions = p.pop('ip', (4, 6))
        self.options = p.pop('options', [])      # of culvert
        self.setup = p                           # of the conversation

    def expected(self):
        words = ['+'.join(self.labels[:2]) + (' ...' if len(self.labels) > 2 else '')]
        if self.readings:
            words.append('(' + ' or '.join(self.readings) + ')')
        return ' '.join(words + self.has)


def case(number, attacks, label, **p):
    def keep(play):
        CASES.append(Case(number, attacks, label, play, **p))
        return play
    return keep


def blob(name):
    with open(os.path.join(BYTES, name)) as f:
        return bytes.fromhex(''.join(line.split('#')[0] for line in f))


def response(status, reason=b'', body=b'', *fields, length=True):
    lines = [b'HTTP/1.1 %d %s' % (status, reason)] + list(fields) + ([b'Content-Length: %d' % len(body)] if length else [])
    return b'\r\n'.join(lines) + b'\r\n\r\n' + body


def request(method=b'GET', target=b'/', *fields, body=None, host=b'www.example', version=b'HTTP/1.1'):
    lines = [b'%s %s %s' % (method, target, version)] + ([b'Host: ' + host] if host else []) + list(fields)
    lines += [b'Content-Length: %d' % len(body)] if body is not None else []
    return b'\r\n'.join(lines) + b'\r\n\r\n' + (body or b'')


HELLO, SERVER_HELLO = blob('client-hello'), blob('server-hello')
GET = request()
PAGE = response(200, b'OK', b'<html>hello</html>', b'Content-Type: text/html')
CONNECT = request(b'CONNECT', b'files.example:22', host=b'files.example:22')
CONNECT_TLS = request(b'CONNECT', b'www.example:443', host=b'www.example:443')
OPENED = b'HTTP/1.1 200 Connection established\r\n\r\n'
REFUSED = response(403, b'Forbidden', b'', b'Content-Type: text/plain')
SSH = (b'SSH-2.0-OpenSSH_9.6\r\n', b'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n')
UPGRADE = request(b'GET', b'/chat', b'Connection: Upgrade', b'Upgrade: websocket', b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
                  b'Sec-WebSocket-Version: 13')
SWITCHED = b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n'
FRAMES = (b'\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58', b'\x81\x05Hello')


def relay(t):
    """An honest relay, opened and used."""
    return t.say(CONNECT, OPENED, *SSH)


def plain(t):
    return t.say(GET, PAGE, request(target=b'/2'), PAGE)


def refused(t):
    """A handshake refused; the client goes on with HTTP."""
    return t.say(CONNECT, REFUSED, request(target=b'http://www.example/'), PAGE)
