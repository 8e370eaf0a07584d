"""A conversation as a case writes it: ordinary bytes, which each variant cuts and orders in its own way, and between them odd packets,
which always go as they are.

Sequence numbers are kept for both sides.  `c` and `s` send ordinary bytes, and the other side acknowledges them at once, as hosts do.
`odd` sends one packet that does not move its sender's sequence number, so that what follows is what the sender really meant."""
import random, struct
import wire
from wire import ACK, FIN, PSH, RST, SYN

BEGIN = 1700000000.0
VARIANTS = {
    'whole': 'in order, as written',
    'bytes': 'in segments of one byte (of a long message the first and last 600, the rest in segments of 1,000)',
    'back': 'reversed within the window',
    'twice': 'every segment sent twice',
    'over': 'every segment begins with what the one before it ended with',
}
LONGEST = 1400
FINE = 600
C, S = 0, 1


def whole(data):
    return [(at, data[at:at + LONGEST]) for at in range(0, len(data), LONGEST)]


def fine(data):
    cuts = list(range(min(FINE, len(data))))
    cuts += list(range(FINE, len(data) - FINE, 1000))
    cuts += list(range(max(FINE, len(data) - FINE), len(data)))
    return [(a, data[a:b]) for a, b in zip(cuts, cuts[1:] + [len(data)])]


def reversed_window(data, window=16000):
    """At least six segments, or as many as there are bytes; long messages window by window."""
    pieces = []
    for begin in range(0, len(data), window):
        part = data[begin:begin + window]
        size = max(1, min(LONGEST, -(-len(part) // 6)))
        pieces += [(begin + at, part[at:at + size]) for at in range(0, len(part), size)][::-1]
    return pieces


def overlapping(data):
    size = max(1, min(LONGEST - 40, -(-len(data) // 6)))
    return [(max(0, at - 40), data[max(0, at - 40):at + size]) for at in range(0, len(data), size)]


def cut(variant, data):
    if variant == 'twice':
        return [piece for piece in whole(data) for _ in range(2)]
    return {'whole': whole, 'bytes': fine, 'back': reversed_window, 'over': overlapping}[variant](data)


class Talk:
    def __init__(self, number, variant, ipv6, seed=0, ports=(40000, 3128), stamps=False, isn=None):
        self.number, self.variant, self.ipv6, self.ports, self.stamps = number, variant, ipv6, ports, stamps
        self.random = random.Random(seed * 1000 + 17)
        self.host = [wire.address(number, 1, ipv6), wire.address(number, 2, ipv6)]
        self.isn = list(isn) if isn else [self.random.getrandbits(31), self.random.getrandbits(31)]
        self.next = [0, 0]       # bytes sent, by side
        self.known = [0, 0]      # what the other side has acknowledged of them
        self.stamp = [500000, 900000]
        self.recent = [0, 0]     # the latest time stamp each side has seen
        self.time = BEGIN
        self.packets = []
        self.window = [65535, 65535]
        self.vlan = None
        self.deaf = False        # the receiver does not acknowledge

    # --- the level of packets

    def options(self, side, packet):
        if not self.stamps or packet.get('stamp') is False:
            return b''
        value = packet.get('stamp') or self.stamp[side] + int((self.time - BEGIN) * 1000)
        return b'\x01\x01' + struct.pack('!BBII', 8, 10, value, self.recent[side])

    def datagrams(self, side, seq, flags, data=b'', **p):
        """`seq` counts bytes after the SYN; `ack` as well, and is what the side has seen of the other when not said."""
        other = 1 - side
        ack = p.get('ack', self.next[other] if p.get('now') else self.known[other])
        number = self.isn[other] + 1 + ack if flags & ACK or 'ack' in p else 0
        options = p.get('options', b'') + self.options(side, p)
        ports = self.ports if side == C else self.ports[::-1]
        segment = wire.tcp(self.host[side], self.host[other], ports, self.isn[side] + 1 + seq, number, flags, data, p.get('window', self.window[side]),
                           options, p.get('urgent', 0), p.get('offset'), p.get('bad_sum', False), p.get('reserved', 0))
        datagram = wire.ip(self.host[side], self.host[other], segment, ttl=p.get('ttl', 64 if side == C else 57), length=p.get('length'),
                           bad_sum=p.get('bad_ip_sum', False), extensions=p.get('extensions', ()))
        return datagram + p.get('behind', b'')

    def put(self, datagram, pause=0.001, where=None):
        self.time += pause
        frame = wire.frame(datagram)
        where = where if where is not None else self.vlan
        self.packets.append((self.time, frame if where is None else wire.vlan(where, frame)))

    def odd(self, side, seq=None, flags=ACK | PSH, data=b'', relative=None, pause=0.001, **p):
        """One packet as it is.  `seq`: offset in the stream; `relative`: from what the side sends next."""
        if seq is None:
            seq = self.next[side] + (relative or 0)
        self.put(self.datagrams(side, seq, flags, data, **p), pause)

    def ack(self, side):
        """The side acknowledges all that the other has sent."""
        self.known[1 - side] = self.next[1 - side]
        self.recent[side] = self.stamp[1 - side] + int((self.time - BEGIN) * 1000)
        self.put(self.datagrams(side, self.next[side], ACK))

    # --- the level of conversations

    def open(self, options=(b'', b''), ack=True):
        self.odd(C, -1, SYN, options=b'\x02\x04\x05\xb4' + options[C])
        self.odd(S, -1, SYN | ACK, ack=0, options=b'\x02\x04\x05\xb4' + options[S])
        if ack:
            self.ack(C)
        return self

    def send(self, side, data, **p):
        first = self.next[side]
        for n, (at, piece) in enumerate(cut(self.variant, data)):
            self.put(self.datagrams(side, first + at, ACK | PSH, piece, **p))
            self.next[side] = max(self.next[side], first + at + len(piece))
            if n % 8 == 7 and self.variant in ('bytes', 'over') and not self.deaf:
                self.ack(1 - side)
        self.next[side] = first + len(data)
        if not self.deaf and self.known[side] != self.next[side]:
            self.ack(1 - side)
        return self

    def c(self, *messages, **p):
        for data in messages:
            self.send(C, data, **p)
        return self

    def s(self, *messages, **p):
        for data in messages:
            self.send(S, data, **p)
        return self

    def say(self, *pairs):
        """Messages by turns, the client first."""
        for n, data in enumerate(pairs):
            self.send(n % 2, data)
        return self

    def wait(self, seconds):
        self.time += seconds
        return self

    def lose(self, side, length):
        """Bytes that were sent and acknowledged, and that the capture does not have."""
        self.next[side] += length
        self.ack(1 - side)

    def close(self, first=C):
        for side in (first, 1 - first):
            self.known[1 - side] = self.next[1 - side] + (0 if side == first else 1)
            self.put(self.datagrams(side, self.next[side], ACK | FIN))
        self.known[1 - first] = self.next[1 - first] + 1
        self.put(self.datagrams(first, self.next[first] + 1, ACK))
        return self
