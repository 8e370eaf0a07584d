"""T1 to T44: what can be done to TCP and IP below it.  Forged answers mostly say 200 where the true one refuses, or the other way round:
whoever believes the forgery calls a refusal a relay, or a relay plain HTTP.

Not every variant makes sense everywhere, and what makes none is not played:
- a case whose attack is itself an order, an overlap or a cut of segments is played as written (`AS_IT_IS`);
- a case in IPv4's header only has no IPv6, and IPv6's extensions have no IPv4."""
import itertools, struct
import wire
from cases import *
from talk import C, S
from wire import ACK, CWR, ECE, FIN, PSH, RST, SYN, URG

AS_IT_IS = dict(only=['whole'], why='the case is about the place and order of its segments, which every variant would change')
SCALE = lambda n: b'\x01\x03\x03' + bytes([n])


@case('T1', 'a forged 200 with a wrong checksum', 'plain-http', has=['tcp_invalid_checksum'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, bad_sum=True)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T1b', 'a forged 403 with a wrong checksum hides a relay', 'blind-relay', has=['tcp_invalid_checksum'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=REFUSED, bad_sum=True)
    t.s(OPENED).say(*SSH).close()


@case('T2', "a forged 200 with a wrong checksum of IP", 'plain-http', ip=(4,))
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, bad_ip_sum=True)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T2b', "bytes behind IP's length, in the frame only", 'plain-http')
def _(t):
    t.open().c(CONNECT)
    t.odd(S, flags=ACK, behind=OPENED)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T2c', "IP's length is beyond the frame: hosts drop it", 'plain-http')
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, length=(60 if t.ipv6 else 40) + len(OPENED) + 24)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T3', 'a forged 200 that dies before the client', 'plain-http', has=['reassembly_overlap_different_data', 'ttl_jump'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, ttl=3)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T3b', 'a forged 403 that dies before the client hides a relay', 'blind-relay', has=['reassembly_overlap_different_data', 'ttl_jump'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=REFUSED, ttl=3)
    t.s(OPENED).say(*SSH).close()


@case('T3c', 'a forged GET that dies before the proxy hides a CONNECT', 'blind-relay', has=['reassembly_overlap_different_data'])
def _(t):
    t.open()
    t.odd(C, data=GET, ttl=3)
    t.c(CONNECT).s(OPENED).say(*SSH).close()


@case('T3d', 'a forged CONNECT that dies before the server', 'plain-http', has=['reassembly_overlap_different_data'])
def _(t):
    t.open()
    t.odd(C, data=CONNECT, ttl=3)
    t.c(GET).s(PAGE).say(request(target=b'/2'), PAGE).close()


def two_versions(t, first, second):
    """Of the answer's first line, bytes 9 to 12, behind a hole: `first`, then `second`, then what fills the hole."""
    t.open().c(CONNECT)
    rest = b' Whatever it says\r\nContent-Length: 0\r\n\r\n'
    t.odd(S, relative=9, data=first)
    t.odd(S, relative=9, data=second)
    t.odd(S, data=b'HTTP/1.1 ')
    t.next[S] += 12
    t.ack(C)
    t.s(rest)


for policy, wins in (('first', 0), ('last', 1), ('linux', 0), ('windows', 0), ('bsd', 0)):
    for n, statuses in enumerate(((b'200', b'403'), (b'403', b'200'))):
        label = 'blind-relay' if statuses[wins] == b'200' else 'plain-http'

        @case(f'T4{"abcdefghij"[2 * ("first", "last", "linux", "windows", "bsd").index(policy) + n]}',
              f'{statuses[0].decode()} and {statuses[1].decode()} for the same bytes, network of policy {policy}', label,
              options=['--overlap', policy], has=['reassembly_overlap_different_data'], **AS_IT_IS)
        def _(t, statuses=statuses, label=label):
            two_versions(t, *statuses)
            t.say(*(SSH if label == 'blind-relay' else (GET, PAGE))).close()


@case('T4', '200 and 403 for the same bytes, and no policy said', 'undecided', readings=['plain-http', 'blind-relay'],
      has=['reassembly_overlap_different_data'], **AS_IT_IS)
def _(t):
    two_versions(t, b'200', b'403')
    t.close()


# Novak and Sturges' six ways that two segments may lie, in bytes of the target's name: (from, to) of the old one and of the new one.
SHAPES = {'left': ((4, 10), (2, 8)), 'right': ((2, 8), (4, 10)), 'inside': ((2, 10), (4, 8)), 'enclosing': ((4, 8), (2, 10)),
          'same start, longer': ((2, 6), (2, 10)), 'same end, longer': ((4, 8), (2, 8))}


def new_wins(policy, old, new):
    return {'first': False, 'last': True, 'bsd': new[0] < old[0], 'linux': new[0] < old[0] or (new[0] == old[0] and new[1] > old[1]),
            'windows': new[0] < old[0] and new[1] > old[1]}[policy]


def oracle(policy, old, new):
    name = [b'.'] * 12
    for at in range(12):
        in_old, in_new = old[0] <= at < old[1], new[0] <= at < new[1]
        if in_old or in_new:
            name[at] = b'n' if in_new and (not in_old or new_wins(policy, old, new)) else b'o'
    return b''.join(name).replace(b'.', b'x').decode()


for i, (shape, (old, new)) in enumerate(SHAPES.items()):
    for j, policy in enumerate(('first', 'last', 'linux', 'windows', 'bsd')):
        @case(f'T5.{i + 1}{"abcde"[j]}', f'overlap: {shape}, policy {policy}: bytes as the oracle has them', 'blind-relay',
              options=['--overlap', policy], says={'culvert.handshake.host': oracle(policy, old, new)}, **AS_IT_IS)
        def _(t, old=old, new=new):
            t.open()
            begin, end = b'CONNECT ', b':22 HTTP/1.1\r\nHost: files.example\r\n\r\n'
            at = len(begin)
            t.odd(C, relative=at + old[0], data=b'o' * (old[1] - old[0]))
            t.odd(C, relative=at + new[0], data=b'n' * (new[1] - new[0]))
            low, high = min(old[0], new[0]), max(old[1], new[1])
            t.odd(C, relative=at + high, data=b'x' * (12 - high) + end)
            t.odd(C, data=begin + b'x' * low)
            t.next[C] += at + 12 + len(end)
            t.ack(S)
            t.s(OPENED).say(*SSH).close()


@case('T6', 'acknowledged bytes are sent again as something else', 'plain-http', has=['reassembly_overlap_different_data'])
def _(t):
    t.open().c(CONNECT).s(REFUSED)
    t.odd(S, relative=-len(REFUSED), data=OPENED)
    t.say(GET, PAGE).close()


@case('T6b', 'the 200 of a relay is sent again as a 403', 'blind-relay')
def _(t):
    t.open().c(CONNECT).s(OPENED)
    t.odd(S, relative=-len(OPENED), data=b'HTTP/1.1 403 ')
    t.say(*SSH).close()


@case('T7', 'a forged 200 beyond the window', 'plain-http', has=['pkt_out_of_window'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=1 << 20, data=OPENED)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T8', 'an RST outside of the window', 'blind-relay', has=['pkt_out_of_window'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=1 << 24, flags=RST | ACK)
    t.odd(S, relative=-(1 << 24), flags=RST)
    t.s(OPENED).say(*SSH).close()


@case('T9', 'an RST in the window, not at its edge', 'blind-relay', has=['rst_invalid_seq'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=100, flags=RST | ACK)
    t.odd(C, relative=2000, flags=RST)
    t.s(OPENED).say(*SSH).close()


@case('T10', 'an RST with a wrong checksum', 'blind-relay', has=['tcp_invalid_checksum'])
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=RST, bad_sum=True)
    t.s(OPENED).say(*SSH).close()


@case('T10b', 'an exact RST that dies on the way', 'blind-relay', has=['rst_invalid_seq'])
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=RST | ACK, ttl=3)
    t.odd(S, flags=RST | ACK, ttl=3)
    t.s(OPENED).say(*SSH).close()


@case('T10c', 'an exact RST with an MD5 signature that nobody asked for', 'blind-relay')
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=RST, options=b'\x13\x12' + b'm' * 16)
    t.s(OPENED).say(*SSH).close()


@case('T10d', 'an exact RST with an old time stamp', 'blind-relay', stamps=True)
def _(t):
    t.open().c(CONNECT)
    t.odd(C, flags=RST | ACK, stamp=1)
    t.s(OPENED).say(*SSH).close()


@case('T11', 'an RST that carries a 200', 'plain-http', says={'culvert.http.responses': 0, 'culvert.handshake.result': 'pending'})
def _(t):
    t.open().c(CONNECT)
    t.odd(S, flags=RST | ACK, data=OPENED)


@case('T12', 'a FIN outside of the window', 'blind-relay', has=['fin_invalid_seq'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=1 << 24, flags=FIN | ACK)
    t.s(OPENED).say(*SSH).close()


@case('T12b', 'a FIN that acknowledges what was never sent', 'blind-relay', has=['pkt_out_of_window'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, flags=FIN | ACK, ack=1 << 24)
    t.s(OPENED).say(*SSH).close()


@case('T13', 'bytes behind a FIN', 'plain-http', has=['data_after_fin'])
def _(t):
    t.open().c(CONNECT).s(REFUSED)
    t.odd(S, flags=FIN | ACK)
    t.odd(S, relative=1, data=OPENED)
    t.odd(C, flags=FIN | ACK, ack=t.next[S] + 1)


@case('T14', 'bytes on a SYN that the server did not take', 'plain-http')
def _(t):
    t.odd(C, -1, SYN, data=CONNECT)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    plain(t).close()


@case('T14b', 'bytes on a SYN that the server took', 'blind-relay')
def _(t):
    t.odd(C, -1, SYN, data=CONNECT)
    t.next[C] = len(CONNECT)
    t.odd(S, -1, SYN | ACK, ack=len(CONNECT))
    t.ack(C)
    t.known[C] = t.next[C]
    t.s(OPENED).say(*SSH).close()


@case('T15', 'TCP fast open with its cookie', 'plain-http', clean=True)
def _(t):
    t.odd(C, -1, SYN, data=GET, options=b'\x22\x0a' + b'cookie..')
    t.next[C] = len(GET)
    t.odd(S, -1, SYN | ACK, ack=len(GET))
    t.known[C] = t.next[C]
    t.ack(C)
    t.s(PAGE).say(GET, PAGE).close()


@case('T16', 'two SYNs: the one that is answered counts', 'blind-relay')
def _(t):
    t.odd(C, 70000, SYN)
    t.odd(C, -1, SYN)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    relay(t).close()


@case('T16b', 'two SYNs, a forged one behind the true one', 'blind-relay')
def _(t):
    t.odd(C, -1, SYN)
    t.odd(C, 70000, SYN)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    relay(t).close()


@case('T17', 'a SYN within a live conversation', 'blind-relay', has=['est_syn_resend_diff_seq'])
def _(t):
    t.open().c(CONNECT)
    t.odd(C, relative=500, flags=SYN)
    t.s(OPENED).say(*SSH).close()


@case('T18', 'the same ports again after the end', ['plain-http', 'blind-relay'])
def _(t):
    plain(t.open()).close()
    t.isn = [n + 1000000 & 0xffffffff for n in t.isn]
    t.next, t.known = [0, 0], [0, 0]
    relay(t.open()).close()


@case('T18b', 'the same ports again after a reset', ['plain-http', 'blind-relay'])
def _(t):
    plain(t.open())
    t.odd(S, flags=RST | ACK)
    t.isn = [n + 1000000 & 0xffffffff for n in t.isn]
    t.next, t.known = [0, 0], [0, 0]
    relay(t.open()).close()


@case('T19', 'a SYN/ACK that acknowledges something else, then the true one', 'blind-relay')
def _(t):
    t.odd(C, -1, SYN)
    t.odd(S, 999999, SYN | ACK, ack=4444)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    relay(t).close()


@case('T19b', 'two SYN/ACKs: the one that the client acknowledges counts', 'blind-relay')
def _(t):
    t.odd(C, -1, SYN)
    t.odd(S, 999999, SYN | ACK, ack=0)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    relay(t).close()


@case('T20', 'a SYN/ACK by the client', 'blind-relay', says={'src_ip': 'client'})
def _(t):
    t.odd(C, -1, SYN)
    t.odd(C, -1, SYN | ACK, ack=77)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    relay(t).close()


@case('T21', 'both open at once', 'blind-relay', says={'src_ip': 'client'})
def _(t):
    t.odd(S, -1, SYN)
    t.odd(C, -1, SYN)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.odd(C, -1, SYN | ACK, ack=0)
    relay(t).close()


@case('T22', 'a handshake in four steps', 'blind-relay', says={'src_ip': 'client'})
def _(t):
    t.odd(C, -1, SYN)
    t.odd(S, -1, SYN)
    t.odd(C, -1, SYN | ACK, ack=0)
    t.odd(S, 0, ACK, ack=0)
    relay(t).close()


@case('T22b', 'a handshake in five steps', 'blind-relay', says={'src_ip': 'client'})
def _(t):
    t.odd(C, -1, SYN)
    t.odd(S, 5000, ACK, ack=0)
    t.odd(S, -1, SYN)
    t.odd(C, -1, SYN | ACK, ack=0)
    t.odd(S, 0, ACK, ack=0)
    relay(t).close()


@case('T23', 'joined midway: an exchange', 'plain-http', doubt=['midstream'])
def _(t):
    plain(t).close()


@case('T23b', 'joined midway: bytes that are no HTTP, on port 80', 'not-http|undecided', ports=(40000, 80))
def _(t):
    noise = [bytes(t.random.randrange(128, 256) for _ in range(300)) for _ in range(4)]
    t.say(*noise).close()


@case('T24', "one side only: a CONNECT and what follows", 'undecided', doubt=['one-way'])
def _(t):
    t.deaf = True
    t.odd(C, -1, SYN)
    t.odd(C, 0, ACK, ack=0)
    t.c(CONNECT, SSH[0])


@case('T24b', 'the other side only: a 200 and what follows', 'undecided', doubt=['one-way'],
      ) # what a 200 answers cannot be known without the request; SSH behind it fits no GET
def _(t):
    t.deaf = True
    t.odd(S, -1, SYN | ACK, ack=0)
    t.s(OPENED, SSH[1])


@case('T25', 'bytes before the handshake is done', 'plain-http')
def _(t):
    t.odd(C, -1, SYN)
    t.odd(C, 0, ACK | PSH, data=CONNECT, ack=0)
    t.odd(S, -1, SYN | ACK, ack=0)
    t.ack(C)
    plain(t).close()


@case('T26', 'a forged 200 without an acknowledgement', 'plain-http', has=['bad_flags'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, flags=PSH, data=OPENED)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T26b', 'a forged 200 that acknowledges what was never sent', 'plain-http', has=['pkt_out_of_window'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, ack=1 << 24)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T26c', 'a forged 200 with an acknowledgement of long ago', 'plain-http', has=['pkt_out_of_window'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, ack=-(1 << 24))
    t.s(REFUSED).say(GET, PAGE).close()


for letter, name, flags in (('', 'no flags', 0), ('b', 'FIN, PSH and URG', FIN | PSH | URG), ('c', 'SYN and FIN', SYN | FIN | ACK), ('d', 'SYN and RST', SYN | RST | ACK)):
    @case('T27' + letter, f'a forged 200 with {name}', 'plain-http', has=['bad_flags'])
    def _(t, flags=flags):
        t.open().c(CONNECT)
        t.odd(S, flags=flags, data=OPENED)
        t.s(REFUSED).say(GET, PAGE).close()


def urgent(t, message, at, byte):
    """`message` with a byte more, which is urgent: Linux leaves it out (its pointer is one behind the byte)."""
    t.odd(C, flags=ACK | PSH | URG, data=message[:at] + byte + message[at:], urgent=at + 1)
    t.next[C] += len(message) + 1
    t.ack(S)


@case('T28', 'an urgent byte within CONNECT', 'blind-relay', has=['urgent_data'])
def _(t):
    t.open()
    urgent(t, CONNECT, 3, b'!')
    t.s(OPENED).say(*SSH).close()


@case('T28b', 'an urgent byte that spoils the length of content', 'plain-http', has=['urgent_data'])
def _(t):
    t.open()
    urgent(t, request(b'POST', b'/', body=CONNECT), len(request(b'POST', b'/', body=CONNECT)) - len(CONNECT) - 4, b'9')
    t.s(PAGE).say(GET, PAGE).close()


@case('T29', 'a forged 200 with a time stamp of long ago', 'plain-http', stamps=True)
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, stamp=1)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T29b', 'a forged 403 with a time stamp of long ago hides a relay', 'blind-relay', stamps=True)
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=REFUSED, stamp=1)
    t.s(OPENED).say(*SSH).close()


@case('T30', 'time stamps stop: Linux takes what comes', 'blind-relay', stamps=True)
def _(t):
    t.open().c(CONNECT)
    t.stamps = False
    t.s(OPENED).say(*SSH).close()


@case('T30b', 'a forged 200 with an MD5 signature that nobody asked for', 'plain-http')
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, options=b'\x13\x12' + b'm' * 16)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T30c', 'options of wrong length and unknown ones, on true bytes', 'blind-relay')
def _(t):
    t.open().c(CONNECT, options=b'\xfd\x00\x01\x01').s(OPENED, options=b'\xc8\x04zz').say(*SSH).close()


@case('T31', 'window scale 200 on the SYNs, and again in the middle', 'blind-relay')
def _(t):
    t.open(options=(SCALE(200), SCALE(200))).c(CONNECT, options=SCALE(0)).s(OPENED, options=SCALE(255)).say(*SSH).close()


@case('T32', 'forged 200s whose header ends beyond the segment or within itself', 'plain-http')
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=b'HTTP/1.1 200 OK\r\n\r\n', offset=15)
    t.odd(S, data=OPENED, offset=4)
    t.odd(S, data=OPENED, offset=0)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T33', 'a window of zero, and probes of one byte', 'plain-http')
def _(t):
    t.open().c(GET)
    t.odd(C, flags=ACK, window=0)
    for _ in range(3):
        t.odd(S, data=PAGE[:1])
        t.odd(C, flags=ACK, window=0)
    t.s(PAGE).say(GET, PAGE).close()


@case('T34', 'keep-alive probes with a byte of garbage', 'blind-relay', clean=True)
def _(t):
    t.open()
    t.odd(C, relative=-1, flags=ACK, data=b'\xff')
    t.c(CONNECT)
    t.odd(S, relative=-1, flags=ACK, data=b'\xff')
    t.odd(C, relative=-1, flags=ACK, data=b'G')
    t.s(OPENED).say(*SSH).close()


@case('T35', 'sequence numbers wrap within the heads', 'blind-relay', isn=(0xffffffff - 20, 0xffffffff - 10), clean=True)
def _(t):
    relay(t.open()).close()


@case('T36', 'every order of six segments of the answer', ['blind-relay'] * 720, clean=True,
      only=['whole'], why='it is the orders themselves that are played, 720 of them', ip=(4, 6))
def _(t):
    size = -(-len(OPENED) // 6)
    for n, order in enumerate(itertools.permutations(range(6))):
        t.ports, t.next, t.known = (20000 + n, 3128), [0, 0], [0, 0]
        t.open().c(CONNECT)
        for i in order:
            t.odd(S, relative=i * size, data=OPENED[i * size:(i + 1) * size])
        t.next[S] += len(OPENED)
        t.ack(C)
        t.say(*SSH).close()


@case('T37', "bytes of a CONNECT's answer are missing", 'undecided', doubt=['gap'])
def _(t):
    t.open().c(CONNECT).s(b'HTTP/1')
    t.lose(S, 8)
    t.s(b'OK\r\n\r\n').say(*SSH).close()


@case('T37b', 'bytes of content are missing', 'plain-http')
def _(t):
    t.open().c(GET).s(response(200, b'OK', b'z' * 5000)[:2000])
    t.lose(S, len(response(200, b'OK', b'z' * 5000)) - 2400)
    t.s(b'z' * 400).say(GET, PAGE).close()


@case('T38', 'a forged 200 half the sequence space ahead', 'plain-http', has=['pkt_out_of_window'])
def _(t):
    t.open().c(CONNECT)
    t.odd(S, relative=0x7fffff00, data=OPENED)
    t.odd(S, relative=-0x7fffff00, data=OPENED)
    t.s(REFUSED).say(GET, PAGE).close()


def fragments(t, side, data, cuts, ident=77, **p):
    """The datagram of `data` as fragments: `cuts` are (from, to, bytes instead, more follow)."""
    datagram = t.datagrams(side, t.next[side], ACK | PSH, data, **p)
    body = datagram[40 if t.ipv6 else 20:]
    for begin, end, other, more in cuts(body):
        part = body[begin:end] if other is None else other
        t.put(wire.ip(t.host[side], t.host[1 - side], part, ttl=64 if side == C else 57, ident=ident, fragment=(begin, more)))


@case('T39', 'fragments that overlap and differ: 200 or 403', 'plain-http|undecided')
def _(t):
    t.open().c(CONNECT)
    # The true datagram refuses; a piece that says 200 lies over it.
    fragments(t, S, REFUSED, lambda b: [(0, 24, None, True), (24, 40, b'.1 200 OK\r\n\r\n123', True), (24, len(b), None, False)])
    t.next[S] += len(REFUSED)
    t.ack(C)
    t.say(GET, PAGE).close()


@case('T39b', "a first fragment of eight bytes", 'blind-relay')
def _(t):
    t.open()
    fragments(t, C, CONNECT, lambda b: [(0, 8, None, True), (8, 16, None, True), (16, len(b), None, False)])
    t.next[C] += len(CONNECT)
    t.ack(S)
    t.s(OPENED).say(*SSH).close()


@case('T39c', 'a forged 200 in fragments of which one never comes', 'plain-http')
def _(t):
    t.open().c(CONNECT)
    fragments(t, S, OPENED, lambda b: [(0, 32, None, True), (40, len(b), None, False)])
    t.s(REFUSED).say(GET, PAGE).close()


@case('T39d', 'atomic fragments', 'blind-relay', ip=(6,), clean=True)
def _(t):
    t.open().c(CONNECT, extensions=[(44, bytes(8))]).s(OPENED, extensions=[(44, bytes(8))]).say(*SSH).close()


@case('T40', 'in two VLAN tags', 'blind-relay', clean=True)
def _(t):
    relay(t.open()).close()
    t.packets = [(when, wire.vlan(7, wire.vlan(8, f))) for when, f in t.packets]


@case('T40b', 'a forged 200 in a thousand nested datagrams', 'plain-http')
def _(t):
    t.open().c(CONNECT)
    inner = t.datagrams(S, t.next[S], ACK | PSH, OPENED)
    for _ in range(1000):
        inner = wire.ip(t.host[S], t.host[C], inner, protocol=41 if t.ipv6 else 4)
    t.put(inner)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T41', 'five extension headers', 'blind-relay', ip=(6,), clean=True)
def _(t):
    chain = [(0, bytes(2) + b'\x01\x04' + bytes(4))] + [(60, bytes(2) + b'\x01\x04' + bytes(4))] * 4
    t.open().c(CONNECT, extensions=chain).s(OPENED, extensions=chain).say(*SSH).close()


@case('T41b', 'a forged 200 behind a hundred extension headers', 'plain-http', ip=(6,))
def _(t):
    t.open().c(CONNECT)
    t.odd(S, data=OPENED, extensions=[(60, bytes(2) + b'\x01\x04' + bytes(4))] * 100)
    t.s(REFUSED).say(GET, PAGE).close()


@case('T42', 'the same addresses and ports on two VLANs', ['plain-http', 'blind-relay'], clean=True)
def _(t):
    plain(t.open()).close()
    first, t.packets = t.packets, []
    t.time, t.next, t.known = 1700000000.0005, [0, 0], [0, 0]
    relay(t.open()).close()
    t.packets = sorted([(when, wire.vlan(10, f)) for when, f in first] + [(when, wire.vlan(20, f)) for when, f in t.packets])


@case('T43', 'ECN, AccECN and reserved bits', 'blind-relay', clean=True)
def _(t):
    t.odd(C, -1, SYN | ECE | CWR, reserved=1)
    t.odd(S, -1, SYN | ACK | ECE, ack=0, reserved=1)
    t.ack(C)
    t.c(CONNECT, reserved=15).s(OPENED, reserved=9).say(*SSH).close()


@case('T44', 'a byte a minute', 'plain-http', clean=True, only=['whole', 'twice'], why='it is bytes by themselves already')
def _(t):
    t.open()
    for n in range(len(GET)):
        t.wait(60).c(GET[n:n + 1])
    t.s(PAGE).close()
