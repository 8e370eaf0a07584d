"""H1 to H52: what can be done to HTTP.  Every one is played in all variants, unless it says why not."""
import gzip, struct
from cases import *
from talk import C, S

LONG = dict(only=['whole', 'back', 'twice', 'over'], why='byte by byte is the same again after the first 600')


def opened(t, answer, *more):
    return t.open().say(CONNECT, answer, *(more or SSH)).close()


for n, status in enumerate((200, 201, 204, 299)):
    @case('H1' + ('' if n == 0 else ' bcd'[n]), f'CONNECT answered {status}', 'blind-relay')
    def _(t, status=status):
        opened(t, b'HTTP/1.1 %d Fine\r\n\r\n' % status)


@case('H2', 'CONNECT answered 100, 103, then 200', 'blind-relay', says={'culvert.handshake.status': 200})
def _(t):
    t.open().c(CONNECT).s(b'HTTP/1.1 100 Continue\r\n\r\n', b'HTTP/1.1 103 Early Hints\r\n\r\n', OPENED).say(*SSH).close()


@case('H2b', 'CONNECT answered 102, then 403', 'plain-http')
def _(t):
    t.open().c(CONNECT).s(b'HTTP/1.1 102 Processing\r\n\r\n', REFUSED).say(GET, PAGE).close()


for n, status in enumerate((407, 403, 302, 502)):
    @case('H3' + ('' if n == 0 else ' bcd'[n]), f'CONNECT answered {status}', 'plain-http', clean=True)
    def _(t, status=status):
        opened(t, response(status, b'No', b'no'), GET, PAGE)


@case('H3e', 'CONNECT refused, asked again and accepted', 'blind-relay', says={'culvert.handshake.tries': 2})
def _(t):
    t.open().say(CONNECT, response(407, b'Who?'), CONNECT, OPENED, *SSH).close()


@case('H4', 'a 200 to CONNECT with a length', 'blind-relay', has=['connect_2xx_has_body_framing'])
def _(t):
    opened(t, b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n')


@case('H4b', 'a 200 to CONNECT in chunks', 'blind-relay', has=['connect_2xx_has_body_framing'])
def _(t):
    opened(t, b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')


@case('H5', 'a CONNECT with a length', 'blind-relay', has=['connect_request_has_body_framing'])
def _(t):
    t.open().say(request(b'CONNECT', b'files.example:22', b'Content-Length: 5'), OPENED, *SSH).close()


@case('H6', 'TLS before the answer, which is 200', 'blind-relay', has=['connect_early_data'], says={'culvert.relay.inner.0': 'tls'})
def _(t):
    t.open().c(CONNECT_TLS, HELLO).s(OPENED, SERVER_HELLO).close()


@case('H6b', 'a request before the answer, which is 403', 'plain-http', has=['connect_early_data_refused'])
def _(t):
    t.open().c(CONNECT, request(target=b'http://inside.example/secret')).s(REFUSED, PAGE).close()


@case('H7', 'a forged 200 ahead of the true 403, nothing tells them apart', 'undecided', readings=['plain-http', 'blind-relay'],
      has=['reassembly_overlap_different_data'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED)
    # An acknowledgement in between would show that the forged answer, which came first, had not been taken.
    t.deaf = True
    t.s(REFUSED)
    t.deaf = False
    t.ack(C)
    t.close()


@case('H7b', 'a forged 200, longer than the true 403: only that was acknowledged', 'plain-http', has=['reassembly_overlap_different_data'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=b'HTTP/1.1 200 Connection established\r\nProxy-Agent: someone with a long name\r\nVia: 1.1 nobody\r\n\r\n')
    t.s(REFUSED).close()


@case('H7c', 'a forged 403, longer than the true 200, hides a relay', 'blind-relay', has=['reassembly_overlap_different_data'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=REFUSED)
    t.s(OPENED).say(*SSH).close()


@case('H7d', 'a forged 200 that the client acknowledged before the true 403 came', 'blind-relay', has=['reassembly_overlap_different_data'])
def _(t):
    t.open().c(CONNECT).s(OPENED)
    t.odd(S, relative=-len(OPENED), data=REFUSED[:len(OPENED)])
    t.say(*SSH).close()


@case('H8', 'a 200 before its CONNECT, which is refused', 'plain-http', has=['unable_to_match_response_to_request'])
def _(t):
    t.open().s(b'HTTP/1.1 200 OK\r\n\r\n')
    t.say(CONNECT, REFUSED).close()


@case('H9', "a GET and a CONNECT at once: 200 to the GET, 403 to the CONNECT", 'plain-http')
def _(t):
    t.open().c(GET + CONNECT).s(PAGE + REFUSED).say(GET, PAGE).close()


@case('H9b', 'a GET and a CONNECT at once, both answered 200', 'blind-relay')
def _(t):
    t.open().c(GET + CONNECT).s(PAGE + OPENED).say(*SSH).close()


@case('H10', 'a HEAD, a 204 and a 304 with lengths, then a CONNECT', 'blind-relay')
def _(t):
    head = b'HTTP/1.1 %d Fine\r\nContent-Length: 1000\r\n\r\n'
    t.open().say(request(b'HEAD'), head % 200, GET, b'HTTP/1.1 204 Fine\r\n\r\n', GET, head % 304, CONNECT, OPENED, *SSH).close()


@case('H11', 'two CONNECTs at once: the second goes into the channel', 'blind-relay', says={'culvert.handshake.host': 'files.example'})
def _(t):
    t.open().c(CONNECT + CONNECT_TLS).s(OPENED, OPENED).say(HELLO, SERVER_HELLO).close()


@case('H12', 'a 101 that nobody asked for', 'plain-http', has=['upgrade_101_unasked'])
def _(t):
    t.open().c(GET).s(SWITCHED, PAGE).say(GET, PAGE).close()


@case('H13', 'Upgrade without Connection: upgrade, answered 200', 'plain-http')
def _(t):
    t.open().say(request(b'GET', b'/', b'Upgrade: websocket'), PAGE, GET, PAGE).close()


@case('H13b', 'Upgrade without Connection: upgrade, answered 101, and HTTP goes on', 'plain-http', has=['upgrade_no_connection_token'])
def _(t):
    t.open().c(request(b'GET', b'/', b'Upgrade: x-one')).s(SWITCHED, PAGE).say(GET, PAGE).close()


@case('H14', 'a 101 to a protocol that was not offered', 'blind-relay', has=['upgrade_not_offered'], says={'culvert.certainty': 'uncertain'})
def _(t):
    t.open().say(request(b'GET', b'/', b'Connection: Upgrade', b'Upgrade: x-one'),
                 b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x-two\r\n\r\n', *SSH).close()


@case('H15', 'a 101 with a length', 'blind-relay', has=['upgrade_101_has_body_framing'])
def _(t):
    t.open().say(UPGRADE, SWITCHED[:-2] + b'Content-Length: 100\r\n\r\n', *FRAMES).close()


@case('H15b', 'a 101 in chunks', 'blind-relay', has=['upgrade_101_has_body_framing'])
def _(t):
    t.open().say(UPGRADE, SWITCHED[:-2] + b'Transfer-Encoding: chunked\r\n\r\n', *FRAMES).close()


TLS_ASKED = request(b'OPTIONS', b'*', b'Connection: Upgrade', b'Upgrade: TLS/1.0')
TLS_SWITCHED = b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n'


@case('H16', 'a 426, then an upgrade', 'blind-relay')
def _(t):
    t.open().say(GET, response(426, b'Upgrade Required', b'', b'Connection: Upgrade', b'Upgrade: TLS/1.0'), TLS_ASKED, TLS_SWITCHED,
                 HELLO, SERVER_HELLO).close()


@case('H17', 'Upgrade: TLS/1.0 and TLS', 'blind-relay', says={'culvert.relay.inner.0': 'tls'})
def _(t):
    t.open().say(TLS_ASKED, TLS_SWITCHED, HELLO, SERVER_HELLO).close()


@case('H17b', 'Upgrade: TLS/1.0 and something else', 'blind-relay', has=['inner_protocol_not_as_agreed'])
def _(t):
    t.open().say(TLS_ASKED, TLS_SWITCHED, *SSH).close()


@case('H18', 'a WebSocket whose server did not know the key', 'blind-relay', has=['websocket_accept_wrong'])
def _(t):
    t.open().say(UPGRADE, SWITCHED.replace(b's3pPL', b'AAAAA'), *FRAMES).close()


@case('H19', 'Upgrade: h2c', 'plain-http')
def _(t):
    t.open().c(request(b'GET', b'/', b'Connection: Upgrade, HTTP2-Settings', b'Upgrade: h2c', b'HTTP2-Settings: AAMAAABkAAQAAP__'))
    t.s(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', b'\0\0\0\x04\0\0\0\0\0')
    t.c(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0').close()


@case('H19b', 'HTTP/2 from the first byte', 'plain-http')
def _(t):
    t.open().say(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', b'\0\0\0\x04\0\0\0\0\0', b'\0\0\0\x04\x01\0\0\0\0').close()


@case('H20', 'Upgrade in two lines, a list, in mixed case', 'blind-relay')
def _(t):
    t.open().say(UPGRADE.replace(b'Upgrade: websocket', b'uPGRADE: foo,\t bar/2 \r\nUpgrade: , WebSocket').replace(b'Connection: Upgrade', b'connection: close, upGRADE'),
                 SWITCHED, *FRAMES).close()


for letter, method in (('', b'connect'), ('b', b'CoNNecT')):
    @case('H21' + letter, f'{method.decode()} is no CONNECT', 'plain-http', has=['method_not_upper_case'])
    def _(t, method=method):
        t.open().say(request(method, b'files.example:22'), response(405, b'No'), GET, PAGE).close()


for letter, blank, name in (('', b'\t', 'a tab'), ('b', b'  ', 'two blanks'), ('c', b'\x0b', 'a vertical tab')):
    @case('H22' + letter, f'{name} behind CONNECT, and the server takes it', 'blind-relay', has=['request_line_invalid'])
    def _(t, blank=blank):
        t.open().say(CONNECT_TLS.replace(b'CONNECT ', b'CONNECT' + blank), OPENED, HELLO, SERVER_HELLO).close()


@case('H22d', 'a tab behind CONNECT, and the server refuses', 'plain-http', has=['request_line_invalid'])
def _(t):
    t.open().say(CONNECT.replace(b'CONNECT ', b'CONNECT\t'), response(400, b'Bad Request'), GET, PAGE).close()


for letter, count, has in (('', 1, []), ('b', 2, []), ('c', 40, ['leading_empty_lines'])):
    @case('H23' + letter, f'{count} empty lines before a CONNECT', 'blind-relay', has=has)
    def _(t, count=count):
        t.open().say(b'\r\n' * count + CONNECT, OPENED, *SSH).close()


@case('H23d', 'a thousand empty lines and a CONNECT that is refused', 'plain-http|not-http|undecided')
def _(t):
    t.open().say(b'\r\n' * 1000 + CONNECT, response(400, b'Bad Request')).close()


@case('H24', 'lines that end in LF', 'blind-relay', has=['line_bare_lf'])
def _(t):
    t.open().say(CONNECT.replace(b'\r', b''), OPENED.replace(b'\r', b''), *SSH).close()


@case('H24b', 'a CR by itself ends no line: the Upgrade behind it is no field', 'plain-http', has=['line_bare_cr'])
def _(t):
    t.open().say(request(b'GET', b'/', b'X: y\rConnection: Upgrade\rUpgrade: websocket'), PAGE, GET, PAGE).close()


@case('H24c', 'CR CR LF', 'plain-http', has=['line_bare_cr'])
def _(t):
    t.open().say(request(b'GET', b'/', b'X: y\r'), PAGE, GET, PAGE).close()


@case('H25', 'Upgrade in a folded line', 'blind-relay', has=['invalid_request_field_folding'])
def _(t):
    t.open().say(UPGRADE.replace(b'Upgrade: websocket', b'Upgrade: foo,\r\n\twebsocket'), SWITCHED, *FRAMES).close()


@case('H25b', 'chunked in a folded line', 'plain-http', has=['invalid_request_field_folding'])
def _(t):
    t.open().say(b'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', PAGE, GET, PAGE).close()


@case('H25c', 'a length in a folded line', 'plain-http', has=['invalid_request_field_folding'])
def _(t):
    t.open().say(b'POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n 62\r\n\r\n' + CONNECT, PAGE, GET, PAGE).close()


@case('H26', 'a blank before the colon of Upgrade, and the server takes it', 'blind-relay', has=['field_space_before_colon'])
def _(t):
    t.open().say(UPGRADE.replace(b'Upgrade: websocket', b'Upgrade : websocket'), SWITCHED, *FRAMES).close()


@case('H26b', 'a blank before the colon of Upgrade, and the server does not', 'plain-http', has=['field_space_before_colon'])
def _(t):
    t.open().say(UPGRADE.replace(b'Upgrade: websocket', b'Upgrade : websocket'), PAGE, GET, PAGE).close()


@case('H27', 'NUL, 8-bit and control bytes in fields', 'blind-relay', has=['field_control_byte'])
def _(t):
    t.open().say(request(b'CONNECT', b'files.example:22', b'X: a\0b\x01c\xff', b'Y\xe9: \x7f'), OPENED, *SSH).close()


@case('H27b', 'a NUL before what would be a length', 'plain-http')
def _(t):
    t.open().say(request(b'GET', b'/', b'X: a\0\r\nY: b'), PAGE, GET, PAGE).close()


@case('H28', 'HTTP/0.9', 'plain-http', has=['http_0_9'])
def _(t):
    t.open().say(b'GET /\r\n', b'<html>old</html>\r\n').close(first=S)


for letter, version in zip(' bcdef', (b'HTTP/1.1x', b'HTTP/01.1', b'HTTP/1.256', b'HTTP/1', b'http/1.1', b'HTTP/3.0')):
    @case('H28' + chr(ord('b') + ' bcdef'.index(letter)), f'CONNECT with the version {version.decode()}, refused', 'plain-http', has=['request_line_invalid_version'])
    def _(t, version=version):
        t.open().say(CONNECT.replace(b'HTTP/1.1', version), response(400, b'Bad Request'), GET, PAGE).close()


for n, line in enumerate((b'HTTP/1.1 2OO OK', b'HTTP/1.1 0200 OK', b'HTTP/1.1 99 OK', b'HTTP/1.1  200 OK', b'HTTP/1.1 1000 OK', b'HTTP/1.1 OK')):
    @case('H29' + ' bcdef'[n].strip(), f'CONNECT answered "{line.decode()}", and HTTP goes on', 'plain-http', has=['response_invalid_status'])
    def _(t, line=line):
        t.open().say(CONNECT, line + b'\r\nContent-Length: 0\r\n\r\n', GET, PAGE).close()


@case('H30', 'no reason phrase', 'blind-relay')
def _(t):
    opened(t, b'HTTP/1.1 200\r\n\r\n')


@case('H30b', 'a reason of 100 KB', 'undecided', has=['request_field_too_long'], **LONG)
def _(t):
    opened(t, b'HTTP/1.1 200 ' + b'r' * 100000 + b'\r\n\r\n')


for n, (target, has) in enumerate(((b'[::1]:22', []), (b'files.example:0', ['connect_target_invalid']), (b'files.example:65536', ['connect_target_invalid']),
                                   (b'files.example', ['connect_target_invalid']), (b'files.example:+22', ['connect_target_invalid']),
                                   (b'me@files.example:22', ['connect_target_invalid']), (b'http://files.example:22/', ['connect_target_invalid']))):
    @case('H31' + ' bcdefg'[n].strip(), f'CONNECT {target.decode()}', 'blind-relay', has=has)
    def _(t, target=target):
        t.open().say(request(b'CONNECT', target, host=b'files.example'), OPENED, *SSH).close()


@case('H32', 'Host and target differ', 'blind-relay', has=['host_header_ambiguous'])
def _(t):
    t.open().say(request(b'CONNECT', b'files.example:22', host=b'www.harmless.example'), OPENED, *SSH).close()


@case('H32b', 'Host and absolute target differ', 'plain-http', has=['host_header_ambiguous'])
def _(t):
    t.open().say(request(b'GET', b'http://files.example/', host=b'www.harmless.example'), PAGE).close()


def post(*fields, body):
    return b'\r\n'.join((b'POST / HTTP/1.1', b'Host: www.example') + fields) + b'\r\n\r\n' + body


@case('H33', 'CL.TE: behind the last chunk a CONNECT, answered and used', 'blind-relay', has=['ambiguous_framing'])
def _(t):
    body = b'0\r\n\r\n' + CONNECT
    t.open().c(post(b'Content-Length: %d' % len(body), b'Transfer-Encoding: chunked', body=body)).s(PAGE, OPENED).say(*SSH).close()


@case('H33b', 'CL.TE: behind the last chunk a CONNECT, and one answer only', 'undecided', readings=['plain-http', 'blind-relay'], has=['ambiguous_framing'])
def _(t):
    body = b'0\r\n\r\n' + CONNECT
    t.open().c(post(b'Content-Length: %d' % len(body), b'Transfer-Encoding: chunked', body=body)).s(OPENED).say(*SSH).close()


@case('H33i', 'TE.CL: behind the length a CONNECT, answered and used', 'blind-relay', has=['ambiguous_framing'])
def _(t):
    body = b'%x\r\n%s\r\n0\r\n\r\n' % (len(CONNECT), CONNECT)
    t.open().c(post(b'Content-Length: 4', b'Transfer-Encoding: chunked', body=body)).s(PAGE, OPENED).say(*SSH).close()


@case('H33j', 'CL.TE: behind the last chunk a CONNECT, which is refused', 'plain-http', has=['ambiguous_framing'])
def _(t):
    body = b'0\r\n\r\n' + CONNECT
    t.open().c(post(b'Content-Length: %d' % len(body), b'Transfer-Encoding: chunked', body=body)).s(PAGE, REFUSED).say(GET, PAGE).close()


@case('H33k', 'CL.TE: behind the last chunk a GET, and one answer only', 'plain-http', has=['ambiguous_framing'])
def _(t):
    body = b'0\r\n\r\n' + GET
    t.open().c(post(b'Content-Length: %d' % len(body), b'Transfer-Encoding: chunked', body=body)).s(PAGE).say(GET, PAGE).close()


for n, coding in enumerate((b'xchunked', b'chunked;q', b'\x0bchunked', b'chunked, identity')):
    @case('H33' + 'cdef'[n], f'a coding that is nearly chunked ({coding!r})'.replace("b'", "'"), 'plain-http', has=['invalid_transfer_encoding_value'])
    def _(t, coding=coding):
        t.open().c(post(b'Transfer-Encoding: ' + coding, body=b'5\r\nhello\r\n0\r\n\r\n')).s(response(400, b'Bad Request')).close()


@case('H33g', 'the same length twice', 'plain-http')
def _(t):
    t.open().say(post(b'Content-Length: 62', b'Content-Length: 62', body=CONNECT), PAGE, GET, PAGE).close()


@case('H33h', 'two lengths', 'plain-http', has=['duplicate_content_length_differs'])
def _(t):
    t.open().say(post(b'Content-Length: 62', b'Content-Length: 5', body=b'hello'), response(400, b'Bad Request')).close()


for n, length in enumerate((b'+5', b'-1', b'0x5', b'5_0', b'', b'18446744073709551616', b'99999999999999999999')):
    @case('H34' + ' bcdefg'[n].strip(), f'Content-Length: {length.decode()}', 'plain-http', has=['invalid_content_length_field'])
    def _(t, length=length):
        t.open().say(post(b'Content-Length: ' + length, body=b'hello'), response(400, b'Bad Request')).close()


@case('H34h', 'Content-Length: 5,6', 'plain-http', has=['duplicate_content_length_differs'])
def _(t):
    t.open().say(post(b'Content-Length: 5,6', body=b'hello'), response(400, b'Bad Request')).close()


CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
for n, (size, has) in enumerate(((b'0x5', 1), (b'-5', 1), (b'fffffffffffffffff', 1), (b'', 1), (b'5;a=\rb', 0), (b'5;' + b'e' * 3000, 0), (b'0' * 1000 + b'5', 0))):
    @case('H35' + ' bcdefg'[n].strip(), f'a chunk of size "{size[:12].decode()}{"..." if len(size) > 17 else ""}"'.replace('\r', '\\r'), 'plain-http',
          has=['invalid_response_chunk_len'] if has else [])
    def _(t, size=size):
        t.open().say(GET, CHUNKED + size + b'\r\nhello\r\n0\r\n\r\n').close()


@case('H36', 'a chunk that is longer than it says, with a CONNECT behind it', 'plain-http', has=['invalid_response_chunk_len'])
def _(t):
    t.open().say(GET, CHUNKED + b'5\r\nhelloHTTP/1.1 101 Switching Protocols\r\n\r\n').close()


@case('H37', 'trailers with Upgrade and a length', 'plain-http')
def _(t):
    t.open().say(post(b'Transfer-Encoding: chunked', body=b'5\r\nhello\r\n0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 500\r\n\r\n'),
                 PAGE, GET, PAGE).close()


@case('H38', '5,000 fields', 'undecided|plain-http', **LONG)
def _(t):
    t.open().say(request(b'GET', b'/', *(b'X-%d: y' % n for n in range(5000))), PAGE).close()


@case('H38b', 'a field of 100 KB in a CONNECT, refused', 'undecided|plain-http', has=['request_field_too_long'], **LONG)
def _(t):
    t.open().say(request(b'CONNECT', b'files.example:22', b'X: ' + b'y' * 100000), response(431, b'Too Large')).close()


@case('H38c', '300 fields in a CONNECT, accepted', 'blind-relay', has=['too_many_headers'])
def _(t):
    t.open().say(request(b'CONNECT', b'files.example:22', *(b'X-%d: y' % n for n in range(300))), OPENED, *SSH).close()


@case('H39', 'a method of 10 KB', 'plain-http|undecided|not-http', **LONG)
def _(t):
    t.open().say(request(b'M' * 10000), response(501, b'No')).close()


@case('H39b', 'an unknown method', 'plain-http')
def _(t):
    t.open().say(request(b'XYZZY-1'), response(501, b'No'), GET, PAGE).close()


@case('H40', 'an answer in two segments, cut at each byte', ['blind-relay'] * (len(OPENED) - 1), clean=True,
      only=['whole'], why='it is the cuts themselves that are played')
def _(t):
    for n in range(1, len(OPENED)):
        t.ports, t.next, t.known = (20000 + n, 3128), [0, 0], [0, 0]
        t.open().c(CONNECT).s(OPENED[:n], OPENED[n:]).say(*SSH).close()


@case('H41', 'HTTP in a channel', 'blind-relay', says={'culvert.relay.inner.0': 'http'})
def _(t):
    opened(t, OPENED, GET, PAGE)


@case('H41b', 'CONNECT in CONNECT in CONNECT in CONNECT', 'blind-relay')
def _(t):
    t.open().say(*(CONNECT, OPENED) * 4, *SSH).close()


@case('H42', 'a CONNECT inside of TLS to the proxy: not to be seen', 'not-http')
def _(t):
    record = b'\x17\x03\x03\x00\x60' + bytes(t.random.randrange(256) for _ in range(96))
    t.open().say(HELLO, SERVER_HELLO, record, record).close()


@case('H43', 'a WebSocket that carries SSH', 'blind-relay')
def _(t):
    def frame(data, mask):
        if not mask:
            return bytes([0x82, len(data)]) + data
        key = b'\x37\xfa\x21\x3d'
        return bytes([0x82, 0x80 | len(data)]) + key + bytes(b ^ key[i % 4] for i, b in enumerate(data))
    t.open().say(UPGRADE, SWITCHED, frame(SSH[0], True), frame(SSH[1], False)).close()


@case('H44', 'long polling', 'plain-http', clean=True)
def _(t):
    t.open()
    for n in range(6):
        t.c(request(b'GET', b'/poll?since=%d' % n)).wait(25).s(response(204, b'No Content', b'', length=False))
    t.close()


@case('H44b', 'an event stream', 'plain-http', clean=True)
def _(t):
    t.open().c(GET).s(b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n\r\n')
    for n in range(20):
        t.wait(3).s(b'id: %d\ndata: {"n": %d}\n\n' % (n, n))
    t.close(first=S)


@case('H44c', 'gRPC-web', 'plain-http', clean=True)
def _(t):
    def message(data, kind=0):
        return bytes([kind]) + struct.pack('!I', len(data)) + data
    for n in range(4):
        t.open() if n == 0 else None
        t.say(request(b'POST', b'/shop.Cart/Add', b'Content-Type: application/grpc-web+proto', b'X-Grpc-Web: 1', body=message(b'\x0a\x05apple\x10%c' % n)),
              response(200, b'OK', message(b'\x08\x01\x12\x04fine') + message(b'grpc-status:0\r\n', 0x80), b'Content-Type: application/grpc-web+proto'))
    t.close()


@case('H44d', 'a large upload', 'plain-http', clean=True, **LONG)
def _(t):
    body = bytes(t.random.randrange(256) for _ in range(60000))
    t.open().say(request(b'PUT', b'/backup/1.tar.gz', b'Content-Type: application/gzip', body=body), response(201, b'Created')).close()


@case('H45', 'requests through a forward proxy', 'plain-http', clean=True)
def _(t):
    t.open().say(request(b'GET', b'http://www.example/', b'Proxy-Connection: keep-alive', b'Via: 1.0 fred'), PAGE,
                 request(b'GET', b'http://www.example/2', b'Proxy-Connection: keep-alive'), PAGE).close()


@case('H46', 'CONNECT-UDP', 'blind-relay', says={'culvert.relay.inner.0': 'capsules'})
def _(t):
    t.open().say(request(b'GET', b'/.well-known/masque/udp/192.0.2.6/443/', b'Connection: Upgrade', b'Upgrade: connect-udp', b'Capsule-Protocol: ?1'),
                 b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: connect-udp\r\nCapsule-Protocol: ?1\r\n\r\n',
                 b'\0\x09\0abcdefgh', b'\0\x09\0hgfedcba').close()


@case('H47', 'an answer longer than its length', 'plain-http', has=['desync'])
def _(t):
    t.open().say(GET, response(200, b'OK', b'hello') + b' and goodbye\r\n').close()


@case('H47b', 'content behind a 204', 'plain-http', has=['desync'])
def _(t):
    t.open().say(GET, b'HTTP/1.1 204 No Content\r\n\r\n<html>there should be none</html>\r\n').close()


@case('H47c', 'a 101 behind the length of an answer', 'plain-http', has=['unable_to_match_response_to_request'])
def _(t):
    t.open().say(GET, response(200, b'OK', b'hello') + b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n').close()


@case('H48', 'a gzip bomb as cover', 'plain-http', clean=True)
def _(t):
    bomb = gzip.compress(b'\0' * 3000000, mtime=0)
    t.open().say(GET, response(200, b'OK', bomb, b'Content-Encoding: gzip', b'Content-Type: text/html')).close()


class Second:
    """Another connection of the same two hosts."""
    def __init__(self, t, port):
        self.t, self.mine = t, ((port, t.ports[1]), [0, 0], [0, 0])

    def __enter__(self):
        t = self.t
        self.before = t.ports, t.next, t.known
        t.ports, t.next, t.known = self.mine

    def __exit__(self, *_):
        t = self.t
        t.ports, t.next, t.known = self.before


@case('H49', 'GNU httptunnel as a browser with pictures', ['http-tunnel', 'http-tunnel'])
def _(t):
    down = Second(t, 40001)
    chunk = lambda data: b'\x02' + struct.pack('!H', len(data)) + data
    t.open()
    t.c(b'POST /index.html?crap=1795461082 HTTP/1.1\r\nHost: far.example\r\nUser-Agent: Mozilla/5.0\r\nContent-Type: image/png\r\nContent-Length: 102400\r\n'
        b'Connection: close\r\n\r\n', b'\x01\x00\x01\x2a')
    with down:
        t.open().c(b'GET /index.html?crap=1795461082 HTTP/1.1\r\nHost: far.example\r\nUser-Agent: Mozilla/5.0\r\nConnection: close\r\n\r\n')
        t.s(b'HTTP/1.1 200 OK\r\nContent-Length: 102400\r\nConnection: close\r\nContent-Type: image/png\r\n\r\n', chunk(SSH[1]))
    t.c(chunk(SSH[0])).wait(5).c(b'\x45', chunk(b'k' * 64))
    with down:
        t.s(b'\x45', chunk(b'K' * 64), chunk(b'L' * 64))
    t.c(chunk(b'l' * 64), b'\x47')
    with down:
        t.s(b'\x47').close()
    t.close()


@case('H50', 'three hundred fine requests, then a CONNECT', 'blind-relay', **dict(LONG, why='byte by byte is H9b again, after 300 requests'))
def _(t):
    t.open().say(*(GET, PAGE) * 300, CONNECT, OPENED, *SSH).close()


@case('H51', 'an SSH server that begins with HTTP/1.1 200 OK', 'not-http|undecided')
def _(t):
    t.open().s(b'HTTP/1.1 200 OK\r\n\r\n')
    t.say(*SSH).close()


@case('H51b', 'a mail server that begins with HTTP/1.1 200 OK', 'not-http|undecided')
def _(t):
    t.open().s(b'HTTP/1.1 200 OK\r\n220 mail.example ESMTP\r\n')
    t.say(b'EHLO me.example\r\n', b'250 mail.example\r\n').close()


@case('H52', 'SOCKS that reads like a request', 'not-http|undecided')
def _(t):
    t.open().say(b'\x05\x01\x00GET / HTTP/1.1\r\n\r\n', b'\x05\x00', b'\x05\x01\x00\x01\x0a\x00\x00\x01\x00\x16', b'\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00').close()


@case('H52b', 'a true request that an SSH server hears', 'plain-http|not-http|undecided', says={'culvert.certainty': 'uncertain'})
def _(t):
    t.open().say(GET, SSH[1]).close()
