"""Packets and captures, written byte by byte: what an evasion sends is mostly what no library would let it send."""
import struct

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
MAC = bytes.fromhex('020000000002020000000001')


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(number, host, ipv6):
    """Hosts of run `number`: 1 is the client, 2 the server."""
    if ipv6:
        return bytes.fromhex('fd00000000000000') + struct.pack('!IHH', number, 0, host)
    return bytes([10, host, number >> 8 & 255, number & 255])


def tcp(src, dst, ports, seq, ack, flags, data=b'', window=65535, options=b'', urgent=0, offset=None, bad_sum=False, reserved=0):
    """One TCP segment with its checksum; `offset` overrides the header's length in words."""
    options += b'\x01' * (-len(options) % 4)
    words = 5 + len(options) // 4 if offset is None else offset
    head = struct.pack('!HHIIBBHHH', *ports, seq & 0xffffffff, ack & 0xffffffff, words << 4 | reserved, flags, window, 0, urgent)
    segment = head + options + data
    if len(src) == 16:
        pseudo = src + dst + struct.pack('!II', len(segment), 6)
    else:
        pseudo = src + dst + struct.pack('!HH', 6, len(segment))
    value = checksum(pseudo + segment)
    if bad_sum:
        value = value + 0x1111 & 0xffff
    return segment[:16] + struct.pack('!H', value) + segment[18:]


def ip(src, dst, payload, protocol=6, ttl=64, ident=0, length=None, bad_sum=False, fragment=None, extensions=()):
    """An IP datagram.  `length` overrides IP's own; `fragment` is (offset in bytes, more follow); `extensions`, of IPv6 only,
    are (next header number, bytes) from the outermost."""
    if len(src) == 4:
        total = 20 + len(payload) if length is None else length
        place = 0x4000 if fragment is None else fragment[0] >> 3 | (0x2000 if fragment[1] else 0)
        head = struct.pack('!BBHHHBBH', 0x45, 0, total, ident, place, ttl, protocol, 0) + src + dst
        value = checksum(head)
        if bad_sum:
            value = value + 0x1111 & 0xffff
        return head[:10] + struct.pack('!H', value) + head[12:] + payload
    extensions = list(extensions)
    if fragment is not None:
        extensions.append((44, struct.pack('!BBHI', 0, 0, fragment[0] | (1 if fragment[1] else 0), ident)))
    follows = [number for number, _ in extensions[1:]] + [protocol]
    chain = b''.join(bytes([after]) + body[1:] for after, (_, body) in zip(follows, extensions))
    first = extensions[0][0] if extensions else protocol
    total = len(chain) + len(payload) if length is None else length - 40
    return struct.pack('!IHBB', 6 << 28, total, first, ttl) + src + dst + chain + payload


def vlan(number, frame):
    return frame[:12] + struct.pack('!HH', 0x8100, number) + frame[12:]


def frame(packet):
    kind = 0x86dd if packet[0] >> 4 == 6 else 0x0800
    return MAC + struct.pack('!H', kind) + packet


def capture(path, packets):
    """Packets are (time in seconds, frame)."""
    with open(path, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 262144, 1))
        for when, data in packets:
            at = round(when * 1000000)
            f.write(struct.pack('<IIII', at // 1000000, at % 1000000, len(data), len(data)) + data)
