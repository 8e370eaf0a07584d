"""M1 to M66: attacks that are mixed of others, at the seams: where HTTP ends, where a length ends, where TCP and HTTP both have a say.

What a case expects is what RFC 9110, 9112 and 9293 say to a careful reader who also sees what the two sides do next: bytes that the
standard calls content, and that both sides use as a channel, are a channel."""
import talk
from cases import *
from http_cases import LONG, post
from talk import C, S
from tcp_cases import AS_IT_IS, SCALE, fragments
from wire import ACK, FIN, RST, SYN

EITHER = 'blind-relay|undecided'       # a server that reads it so is odd; who says "plain" is led past the relay


# --- early data, and what is behind a handshake

@case('M1', 'a GET right behind the CONNECT, which is accepted: it is for the channel', 'blind-relay', says={'culvert.relay.inner.0': 'http'})
def _(t):
    t.open().c(CONNECT + GET).s(OPENED, PAGE).close()


@case('M2', 'a GET right behind the CONNECT, which is refused: it is the next request', 'plain-http', says={'culvert.http.responses': 2})
def _(t):
    t.open().c(CONNECT + GET).s(REFUSED, PAGE).close()


@case('M3', 'a GET right behind the CONNECT, both answers in one segment', 'plain-http', says={'culvert.http.responses': 2})
def _(t):
    t.open().c(CONNECT + GET).s(REFUSED + PAGE).close()


@case('M4', 'a CONNECT as early data of a refused CONNECT, accepted', 'blind-relay', says={'culvert.handshake.host': 'www.example'})
def _(t):
    t.open().c(CONNECT + CONNECT_TLS).s(REFUSED, OPENED).say(HELLO, SERVER_HELLO).close()


@case('M5', 'early data that reads like the answer', 'plain-http')
def _(t):
    t.open().c(CONNECT + OPENED).s(REFUSED).close()


@case('M6', 'an answer before the head of the CONNECT is complete', EITHER)
def _(t):
    t.open().say(b'CONNECT files.example:22 HTTP/1.1\r\n', OPENED, b'Host: files.example:22\r\n\r\n', SSH[1]).c(SSH[0]).close()


@case('M7', 'an Upgrade with content, of which a part follows the 101', 'blind-relay')
def _(t):
    ask = UPGRADE.replace(b'GET', b'POST').replace(b'\r\n\r\n', b'\r\nContent-Length: 10\r\n\r\n')
    t.open().say(ask + b'hello', SWITCHED, b'12345' + FRAMES[0], FRAMES[1]).close()


@case('M8', 'the client closes its side right behind the CONNECT', 'blind-relay')
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=FIN | ACK)
    t.next[C] += 1
    t.ack(S)
    t.s(OPENED, SSH[1], b'k' * 200)
    t.odd(S, flags=FIN | ACK)


@case('M9', 'the server closes its side right behind the 200', 'blind-relay')
def _(t):
    t.open().c(CONNECT).s(OPENED)
    t.odd(S, flags=FIN | ACK)
    t.next[S] += 1
    t.ack(C)
    t.c(SSH[0], b'k' * 200)
    t.odd(C, flags=FIN | ACK)


# --- a 200 where it is content, and content where a 200 is

@case('M10', 'a 200 as content of the refusal', 'plain-http')
def _(t):
    t.open().say(CONNECT, response(403, b'Forbidden', OPENED + SSH[1]), GET, PAGE).close()


@case('M11', 'a 200 as a chunk of the refusal, and another behind its trailers, for a GET', 'plain-http')
def _(t):
    chunked = b'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nX: HTTP/1.1 200 OK\r\n\r\n' % (len(OPENED), OPENED)
    t.open().say(CONNECT, chunked, GET, PAGE).close()


@case('M12', 'a 200 in a refusal that goes on until the close', 'plain-http')
def _(t):
    t.open().say(CONNECT, b'HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n' + OPENED + SSH[1]).close(first=S)


@case('M13', 'the length of a page swallows the 200, and both sides go on in the channel', 'undecided|blind-relay')
def _(t):
    t.open().c(GET + CONNECT).s(response(200, b'OK', b'z' * 90000)[:400], OPENED, SSH[1]).say(*SSH).close()


@case('M14', 'a page that says it is the last, and the pipelined CONNECT is never answered', 'plain-http|undecided')
def _(t):
    t.open().c(GET + CONNECT).s(response(200, b'OK', b'bye', b'Connection: close')).close(first=S)


@case('M15', 'a page that says it is the last; the CONNECT is accepted all the same', 'blind-relay')
def _(t):
    t.open().c(GET, CONNECT).s(response(200, b'OK', b'bye', b'Connection: close'), OPENED).say(*SSH).close()


@case('M16', 'a HEAD and a 304 that speak of chunks, then a CONNECT', 'blind-relay')
def _(t):
    chunks = b'HTTP/1.1 %d Fine\r\nTransfer-Encoding: chunked\r\n\r\n'
    t.open().say(request(b'HEAD'), chunks % 200, GET, chunks % 304, CONNECT, OPENED, *SSH).close()


@case('M17', 'a 200 to CONNECT with length and chunks, and HTTP inside', 'blind-relay', has=['connect_2xx_has_body_framing'])
def _(t):
    t.open().say(CONNECT, b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\nTransfer-Encoding: chunked\r\n\r\n', GET, PAGE).close()


# --- 1xx

@case('M18', 'a thousand interim answers before a 101', 'blind-relay', **LONG)
def _(t):
    t.open().c(UPGRADE).s(b'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' * 1000, SWITCHED).say(*FRAMES).close()


@case('M19', 'interim answers among two pipelined requests', 'blind-relay')
def _(t):
    early = b'HTTP/1.1 100 Continue\r\n\r\n'
    t.open().c(GET + CONNECT).s(early * 3, PAGE, early * 2, OPENED).say(*SSH).close()


@case('M20', 'interim answers of no known meaning, with lengths, then a refusal', 'plain-http')
def _(t):
    t.open().c(CONNECT).s(b'HTTP/1.1 150 Soon\r\nContent-Length: 300\r\n\r\n', b'HTTP/1.1 199 Sooner\r\n\r\n', REFUSED).say(GET, PAGE).close()


@case('M21', 'a 101 to a websocket, then HTTP as if nothing were', 'blind-relay')
def _(t):
    t.open().say(UPGRADE, SWITCHED + PAGE, GET, PAGE).close()


# --- framing that two readers read in two ways, and the server shows how it did

def used(t, message, *answers):
    return t.open().c(message).s(*answers).say(*SSH).close()


@case('M22', 'a GET with a length, and the content is a CONNECT that is answered and used', EITHER)
def _(t):
    used(t, request(b'GET', b'/', body=CONNECT), PAGE, OPENED)


@case('M23', 'a GET with a length, and the content is a CONNECT that stays content', 'plain-http')
def _(t):
    t.open().say(request(b'GET', b'/', body=CONNECT), PAGE, GET, PAGE).close()


@case('M24', '100-continue: the content is refused, and a CONNECT stands in its place', EITHER)
def _(t):
    t.open().say(b'POST / HTTP/1.1\r\nHost: www.example\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n' % len(CONNECT),
                 response(417, b'Expectation Failed'), CONNECT, OPENED, *SSH).close()


@case('M25', '100-continue: the content is refused, comes all the same, and HTTP goes on', 'plain-http')
def _(t):
    t.open().say(b'POST / HTTP/1.1\r\nHost: www.example\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
                 response(417, b'Expectation Failed'), b'hello' + GET, PAGE).close()


@case('M26', 'a blank before the colon of a length that hides a CONNECT; the server did not see it', EITHER, has=['field_space_before_colon'])
def _(t):
    used(t, b'POST / HTTP/1.1\r\nHost: www.example\r\nContent-Length : %d\r\n\r\n' % len(CONNECT) + CONNECT, PAGE, OPENED)


for n, length in enumerate((b'%d\x0b', b'+%d', b'0%d', b'%d,%d')):
    @case('M27' + ' bcd'[n].strip(), f'Content-Length: {length.decode()!r} hides a CONNECT, answered and used', EITHER)
    def _(t, length=length):
        value = length % ((len(CONNECT),) * length.count(b'%d'))
        used(t, post(b'Content-Length: ' + value, body=CONNECT), PAGE, OPENED)


@case('M28', 'a chunk extension with a LF: who ends the line there sees no CONNECT; it is answered and used', EITHER)
def _(t):
    rest = b'0\r\n\r\n' + CONNECT
    used(t, post(b'Transfer-Encoding: chunked', body=b'2;\nxx\r\n%02x\r\n' % len(rest) + rest), PAGE, OPENED)


@case('M29', 'a chunk extension with a LF, one answer, and HTTP goes on', 'plain-http')
def _(t):
    rest = b'0\r\n\r\n' + CONNECT
    t.open().say(post(b'Transfer-Encoding: chunked', body=b'2;\nxx\r\n%02x\r\n' % len(rest) + rest + b'\r\n0\r\n\r\n'), PAGE, GET, PAGE).close()


@case('M30', "a chunk's size is five when 64 bits run over, and a CONNECT behind it; the server refuses", 'plain-http', has=['invalid_response_chunk_len'])
def _(t):
    t.open().say(post(b'Transfer-Encoding: chunked', body=b'10000000000000005\r\nhello\r\n0\r\n\r\n' + CONNECT), response(400, b'Bad Request')).close()


@case('M30b', "a chunk's size is five when 64 bits run over, and a CONNECT behind it; it is answered and used", EITHER, has=['invalid_response_chunk_len'])
def _(t):
    used(t, post(b'Transfer-Encoding: chunked', body=b'10000000000000005\r\nhello\r\n0\r\n\r\n' + CONNECT), PAGE, OPENED)


@case('M30c', "what is no chunk's size, a CONNECT behind it; it is answered and used", EITHER, has=['invalid_response_chunk_len'])
def _(t):
    used(t, post(b'Transfer-Encoding: chunked', body=b'0x5\r\nhello\r\n0\r\n\r\n' + CONNECT), PAGE, OPENED)


@case('M30d', "what is no chunk's size, a GET behind it, both are answered and HTTP goes on", 'plain-http', has=['invalid_response_chunk_len'])
def _(t):
    t.open().c(post(b'Transfer-Encoding: chunked', body=b'0x5\r\nhello\r\n0\r\n\r\n' + GET)).s(PAGE, PAGE).say(GET, PAGE, GET, PAGE).close()


@case('M30e', "what is no chunk's size, a CONNECT behind it, which is refused; the client goes on with junk", 'plain-http', has=['invalid_response_chunk_len'])
def _(t):
    t.open().c(post(b'Transfer-Encoding: chunked', body=b'0x5\r\nhello\r\n0\r\n\r\n' + CONNECT)).s(PAGE, REFUSED).say(SSH[0]).close()


@case('M31', 'a length among the trailers, and a CONNECT behind them', 'blind-relay')
def _(t):
    used(t, post(b'Transfer-Encoding: chunked', body=b'5\r\nhello\r\n0\r\nContent-Length: %d\r\n\r\n' % len(CONNECT) + CONNECT), PAGE, OPENED)


@case('M32', 'blanks behind the sizes of chunks', 'blind-relay')
def _(t):
    used(t, post(b'Transfer-Encoding: chunked', body=b'5 \r\nhello\r\n0\t\r\n\r\n') + CONNECT, PAGE, OPENED)


@case('M33', 'chunked twice', 'plain-http', has=['invalid_transfer_encoding_value'])
def _(t):
    t.open().say(post(b'Transfer-Encoding: chunked', b'Transfer-Encoding: chunked', body=b'5\r\nhello\r\n0\r\n\r\n'), response(400, b'Bad Request')).close()


@case('M34', 'chunks in HTTP/1.0 with a length: behind the last chunk a CONNECT, used', EITHER, has=['ambiguous_framing'])
def _(t):
    body = b'0\r\n\r\n' + CONNECT
    used(t, post(b'Content-Length: %d' % len(body), b'Transfer-Encoding: chunked', body=body).replace(b'HTTP/1.1', b'HTTP/1.0'), PAGE, OPENED)


@case('M35', 'a CONNECT with a length that hides another, which is accepted after a refusal', EITHER)
def _(t):
    used(t, request(b'CONNECT', b'a.example:22', body=CONNECT, host=b'a.example:22'), REFUSED, OPENED)


# --- what a handshake may look like

@case('M36', 'a folded line right behind the request line of a CONNECT, accepted', 'blind-relay')
def _(t):
    t.open().say(CONNECT.replace(b'\r\nHost', b'\r\n X: y\r\nHost', 1), OPENED, *SSH).close()


@case('M37', 'a folded line right behind the request line of a CONNECT, refused', 'plain-http')
def _(t):
    t.open().say(CONNECT.replace(b'\r\nHost', b'\r\n X: y\r\nHost', 1), response(400, b'Bad Request'), GET, PAGE).close()


@case('M38', 'a request line that is folded between CONNECT and its target, refused', 'plain-http|not-http|undecided')
def _(t):
    t.open().say(CONNECT.replace(b'CONNECT ', b'CONNECT\r\n ', 1), response(400, b'Bad Request')).close()


@case('M39', 'an Upgrade with an absolute target, through a forward proxy', 'blind-relay')
def _(t):
    t.open().say(UPGRADE.replace(b'/chat', b'http://www.example/chat'), SWITCHED, *FRAMES).close()


@case('M40', 'an Upgrade in HTTP/1.0, which servers must ignore, is accepted', EITHER)
def _(t):
    t.open().say(UPGRADE.replace(b'HTTP/1.1', b'HTTP/1.0'), SWITCHED, *FRAMES).close()


@case('M41', 'h2c is agreed on, and SSH follows', 'blind-relay', has=['inner_protocol_not_as_agreed'])
def _(t):
    t.open().c(request(b'GET', b'/', b'Connection: Upgrade, HTTP2-Settings', b'Upgrade: h2c', b'HTTP2-Settings: AAMAAABkAAQAAP__'))
    t.s(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n').say(*SSH).close()


@case('M42', 'h2c or websocket: the server takes websocket', 'blind-relay')
def _(t):
    t.open().say(UPGRADE.replace(b'Upgrade: websocket', b'Upgrade: h2c, websocket'), SWITCHED, *FRAMES).close()


@case('M43', 'the beginning of HTTP/2, and SSH behind it', 'not-http|undecided|blind-relay')
def _(t):
    t.open().say(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + SSH[0], SSH[1], b'k' * 64, b'l' * 64).close()


@case('M44', 'a CONNECT without a version, which is no request of HTTP/0.9, accepted', EITHER + '|not-http')
def _(t):
    t.open().say(b'CONNECT files.example:22\r\n\r\n', OPENED, *SSH).close()


@case('M45', 'an HTTP/0.9 answer that reads like one to a CONNECT', 'plain-http')
def _(t):
    t.open().say(b'GET /\r\n', OPENED + SSH[1]).close(first=S)


@case('M46', 'empty lines before the 200', 'blind-relay')
def _(t):
    t.open().say(CONNECT, b'\r\n\r\n' + OPENED, *SSH).close()


@case('M47', 'a WebSocket that ends, and HTTP behind it', 'blind-relay')
def _(t):
    t.open().say(UPGRADE, SWITCHED, *FRAMES, b'\x88\x80\x37\xfa\x21\x3d', b'\x88\x00', GET, PAGE).close()


@case('M48', 'a 200 to the Upgrade, without a length, and SSH both ways', 'blind-relay|undecided|http-tunnel')
def _(t):
    t.open().say(UPGRADE, b'HTTP/1.1 200 OK\r\n\r\n', *SSH, b'k' * 300, b'l' * 300).close()


# --- TCP at the place where HTTP ends

@case('M49', 'two versions of the last bytes of the 200 and the first of the channel', 'blind-relay', has=['reassembly_overlap_different_data'], **AS_IT_IS)
def _(t):
    t.open().c(CONNECT)
    at = len(OPENED) - 2
    t.odd(S, relative=at, data=b'\r\n' + SSH[1])
    t.odd(S, relative=at, data=b'Content-Length: 5\r\n\r\nhello')
    t.odd(S, data=OPENED[:at])
    t.next[S] += len(OPENED) + len(SSH[1])
    t.ack(C)
    t.say(*SSH).close()


@case('M50', 'a forged FIN behind the CONNECT, which dies on the way', 'blind-relay')
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=FIN | ACK, ttl=3)
    t.s(OPENED).say(*SSH).close()


@case('M51', 'a forged FIN of the server ahead of its 200, which dies on the way', EITHER, has=['data_after_fin'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, flags=FIN | ACK, ttl=3)
    t.s(OPENED).say(*SSH).close()


@case('M52', 'an exact RST of the server that nothing gives away; it goes on', 'blind-relay')
def _(t):
    t.open().c(CONNECT)
    t.odd(S, flags=RST | ACK)
    t.s(OPENED).say(*SSH).close()


@case('M53', 'a forged 200 into a window of zero', 'plain-http|undecided', has=['reassembly_overlap_different_data'])
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=ACK, window=0)
    t.odd(S, data=OPENED)
    t.odd(C, flags=ACK, window=0)
    t.odd(C, flags=ACK)
    t.s(REFUSED).say(GET, PAGE).close()


@case('M54', 'a keep-alive probe that goes on into the refusal', 'plain-http', **AS_IT_IS)
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=-1, data=b'\xff' + REFUSED)
    t.next[S] += len(REFUSED)
    t.ack(C)
    t.say(GET, PAGE).close()


@case('M55', 'half of the answer is acknowledged; for the rest a forged 200 that dies on the way', 'plain-http', has=['ttl_jump'])
def _(t):
    t.open().c(CONNECT).s(REFUSED[:9])
    t.odd(S, data=OPENED[9:], ttl=3)
    t.s(REFUSED[9:]).say(GET, PAGE).close()


@case('M56', 'a GET on the SYN, which the server did not take, then a CONNECT', 'blind-relay')
def _(t):
    t.odd(C, -1, SYN, data=GET, options=b'\x22\x0a' + b'cookie..')
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    relay(t).close()


@case('M57', 'a CONNECT on the SYN, of which the server took a part', 'blind-relay')
def _(t):
    t.odd(C, -1, SYN, data=CONNECT, options=b'\x22\x0a' + b'cookie..')
    t.odd(S, -1, SYN | ACK, ack=20)
    t.next[C] = t.known[C] = 20
    t.ack(C)
    t.c(CONNECT[20:]).s(OPENED).say(*SSH).close()


@case('M58', 'a 200 on the SYN/ACK, which the client did not take', 'plain-http|undecided', has=['unable_to_match_response_to_request'])
def _(t):
    t.odd(C, -1, SYN)
    t.odd(S, -1, SYN | ACK, ack=0, data=OPENED)
    t.ack(C)
    t.say(CONNECT, REFUSED, GET, PAGE).close()


for letter, isn in zip(' bc', ((0xffffffff, 0xffffffff), (0xfffffffe, 0x7fffffff), (0x7fffffff, 0xfffffffe))):
    @case('M59' + letter.strip(), f'sequence numbers that begin at {isn[0]:#x} and {isn[1]:#x}', 'blind-relay', isn=isn, clean=True)
    def _(t):
        relay(t.open()).close()


def wrapping_stamp(t, side):
    value = t.stamp[side] + int((t.time - talk.BEGIN) * 1000) & 0xffffffff
    return b'\x01\x01\x08\x0a' + value.to_bytes(4, 'big') + (t.recent[side] & 0xffffffff).to_bytes(4, 'big')


@case('M60', 'time stamps that wrap within the heads', 'blind-relay', stamps=True, clean=True)
def _(t):
    t.stamp = [0xfffffffe, 0xfffffff8]
    t.options = lambda side, packet: wrapping_stamp(t, side)
    relay(t.open()).close()


@case('M61', 'a stamp of far ahead on a segment beyond the window: it must not make the true ones old', 'blind-relay', stamps=True)
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=1 << 24, data=b'x', stamp=0x7fffffff)
    t.s(OPENED).say(*SSH).close()


@case('M62', 'a forged SYN/ACK of another scale in the midst, which dies on the way', 'blind-relay')
def _(t):
    t.open(options=(SCALE(7), SCALE(7)))
    t.odd(S, -1, SYN | ACK, ack=0, options=b'\x02\x04\x05\xb4' + SCALE(0), ttl=3)
    relay(t).close()


@case('M63', 'the same ports again without an end: the server had forgotten', ['plain-http', 'blind-relay'])
def _(t):
    plain(t.open())
    t.odd(C, 900000, SYN)
    t.odd(S, flags=ACK, ack=t.next[C])
    t.odd(C, flags=RST)
    t.isn = [t.isn[0] + 900001 & 0xffffffff, t.isn[1] + 5000000 & 0xffffffff]
    t.next, t.known = [0, 0], [0, 0]
    relay(t.open()).close()


@case('M64', 'both open at once, the one that asks first', 'blind-relay', says={'src_ip': 'client'})
def _(t):
    t.odd(C, -1, SYN)
    t.odd(S, -1, SYN)
    t.odd(C, -1, SYN | ACK, ack=0)
    t.odd(S, -1, SYN | ACK, ack=0)
    relay(t).close()


@case('M65', 'what is lost hides the 200 to a pipelined CONNECT', 'undecided|blind-relay', doubt=['gap'])
def _(t):
    t.open().c(GET + CONNECT).s(response(200, b'OK', b'z' * 2000)[:1000])
    t.lose(S, len(response(200, b'OK', b'z' * 2000)) - 1000 + len(OPENED))
    t.s(SSH[1]).c(SSH[0]).close()


@case('M66', 'the 200 in fragments of IP, the last one first, each twice', 'blind-relay')
def _(t):
    t.open().c(CONNECT)
    for _ in range(2):
        fragments(t, S, OPENED, lambda b: [(32, len(b), None, False), (16, 32, None, True), (0, 16, None, True)])
    t.next[S] += len(OPENED)
    t.ack(C)
    t.say(*SSH).close()
