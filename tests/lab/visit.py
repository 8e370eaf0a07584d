"""One client's visit to one server, for scripted scenarios: its connections, its way of writing messages, and chance.

All chance comes from a seed, so that a run says the same as the run before; only clocks and ports differ.
"""
import asyncio, base64, email.utils, gzip, json, random, struct, time

import wire

# What programs write of themselves, in the order in which they write it.
AGENTS = {
    'chrome': ['Connection: keep-alive',
               'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 '
               'Safari/537.36', 'Accept: */*', 'Accept-Encoding: gzip, deflate', 'Accept-Language: en-US,en;q=0.9'],
    'firefox': ['User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', 'Accept: */*',
                'Accept-Language: en-US,en;q=0.5', 'Accept-Encoding: gzip, deflate', 'Connection: keep-alive'],
    'curl': ['User-Agent: curl/7.88.1', 'Accept: */*'],
    'requests': ['User-Agent: python-requests/2.28.1', 'Accept-Encoding: gzip, deflate', 'Accept: */*', 'Connection: keep-alive'],
    'go': ['User-Agent: Go-http-client/1.1', 'Accept-Encoding: gzip'],
    'okhttp': ['Connection: Keep-Alive', 'Accept-Encoding: gzip', 'User-Agent: okhttp/4.12.0'],
    'axios': ['Accept: application/json, text/plain, */*', 'User-Agent: axios/1.6.2', 'Accept-Encoding: gzip, compress, deflate, br',
              'Connection: close'],
    'java': ['User-Agent: Java/17.0.9', 'Accept: text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'Connection: keep-alive'],
    'none': [],
}
SERVERS = ['nginx/1.22.1', 'Apache/2.4.62 (Debian)', 'Microsoft-IIS/10.0', 'Kestrel', 'gunicorn', 'Jetty(11.0.15)', '']
REASONS = {100: 'Continue', 200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 206: 'Partial Content', 207: 'Multi-Status',
           304: 'Not Modified', 308: 'Resume Incomplete', 401: 'Unauthorized', 404: 'Not Found', 429: 'Too Many Requests',
           503: 'Service Unavailable'}
WORDS = 'alpha order total river green window late paper house market number winter simple garden value north table seven'.split()


class Visit:
    def __init__(self, scenario, listener, number):
        self.chance = random.Random('%s/%d' % (scenario.name, number))
        self.listener, self.source = listener, wire.source_address(number)
        self.agent = self.chance.choice(sorted(set(AGENTS) - {'none'}))
        self.server = self.chance.choice(SERVERS)
        self.host = '%s.%s' % (self.chance.choice(('www', 'api', 'app', 'files', 'edge')), self.chance.choice(('example', 'test', 'lab')))

    async def connect(self):
        return await self.listener.connect(self.source)

    def talk(self, keep=None):
        """Exchanges on one connection, or on a new one each: as this client likes it, unless `keep` says."""
        return Talk(self, self.chance.random() < .5 if keep is None else keep)

    async def pause(self, least, most=None):
        await asyncio.sleep(self.chance.uniform(least, most or least))

    # Chance, in the shapes that bodies have.
    def some(self, least, most):
        return least + int(self.chance.random() * (most - least + 1))

    def pick(self, *of):
        return of[int(self.chance.random() * len(of))]

    def noise(self, least, most=None):
        """Random bytes: what is encrypted or well compressed."""
        return self.chance.randbytes(self.some(least, most or least))

    def hex(self, length):
        return self.noise((length + 1) // 2).hex()[:length]

    def uuid(self):
        h = self.hex(32)
        return '-'.join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))

    def words(self, least, most=None):
        return ' '.join(self.chance.choices(WORDS, k=self.some(least, most or least)))

    def base64(self, least, most=None):
        return base64.b64encode(self.noise(least, most)).decode()

    def facts(self, least=3, most=8):
        """An object as APIs send it."""
        return {WORDS[self.some(0, 17)]: self.pick(self.some(0, 99999), self.words(1, 6), self.chance.random(), True, None)
                for _ in range(self.some(least, most))}

    def png(self, size):
        return b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR' + struct.pack('>IIBBBBB', 64, 64, 8, 2, 0, 0, 0) + self.noise(size) + b'IEND\xaeB`\x82'

    def gzip(self, text):
        return gzip.compress(text.encode(), mtime=0)

    def protobuf(self, fields):
        """`fields` fields: small numbers and short strings."""
        out = b''
        for n in (k % 15 + 1 for k in range(fields)):
            text = self.words(1, 3).encode()
            out += bytes((n << 3, self.some(0, 127))) if self.chance.random() < .5 else bytes((n << 3 | 2, len(text))) + text
        return out

    # Messages.  A field written as Content_Type is sent as Content-Type.
    def request(self, method, target, body=None, type=None, agent=None, host=True, version='1.1', **fields):
        lines = ['%s %s HTTP/%s' % (method, target, version)] + ['Host: ' + self.host] * host + AGENTS[agent or self.agent]
        lines += self.fields(body, type, body is not None or method in ('POST', 'PUT', 'PATCH'), fields)
        return ('\r\n'.join(lines) + '\r\n\r\n').encode() + self.bytes(body)

    def post(self, target, body=b'', type='application/json', **more):
        return self.request('POST', target, body, type, **more)

    def get(self, target, **more):
        return self.request('GET', target, **more)

    def response(self, status, body=b'', type=None, version='1.1', length=True, **fields):
        lines = ['HTTP/%s %d %s' % (version, status, REASONS[status]), 'Date: ' + email.utils.formatdate(time.time(), usegmt=True)]
        lines += ['Server: ' + self.server] if self.server else []
        lines += self.fields(body, type, length and status not in (100, 204, 304), fields)
        return ('\r\n'.join(lines) + '\r\n\r\n').encode() + self.bytes(body)

    def fields(self, body, type, length, fields):
        type = type or ('application/json' if isinstance(body, (dict, list)) else None)
        lines = ['Content-Type: ' + type] if type else []
        lines += ['%s: %s' % (name.replace('_', '-'), value) for name, value in fields.items()]
        if length and not {'Transfer_Encoding', 'Content_Length'} & set(fields):
            lines.append('Content-Length: %d' % len(self.bytes(body)))
        return lines

    @staticmethod
    def bytes(body):
        if isinstance(body, (dict, list)):
            return json.dumps(body).encode()
        return body.encode() if isinstance(body, str) else body or b''

    @staticmethod
    def chunks(data, size):
        """Chunked coding, one piece each."""
        pieces = [data[at:at + size] for at in range(0, len(data), size)]
        return [b'%x\r\n%s\r\n' % (len(piece), piece) for piece in pieces] + [b'0\r\n\r\n']


class Talk:
    def __init__(self, visit, keep):
        self.visit, self.keep, self.wire = visit, keep, None

    async def __call__(self, request, *response):
        """A request, in one piece, and what is answered, in some."""
        if not self.wire:
            self.wire = await self.visit.connect()
        await self.wire.ask(request)
        await self.wire.answer(*response)
        if not self.keep:
            await self.end()

    async def end(self, first='client'):
        if self.wire:
            await self.wire.end(first)
            self.wire = None
