"""checksums.py FILE: one client asks eleven servers.  To every other one its checksums are wrong; to the last they are right at first."""
import struct, sys

CLIENT = bytes((10, 0, 0, 1))
ASK = b'GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n'
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def frame(ends, ports, flags, seq, ack, payload, right):
    tcp = struct.pack('>HHIIBBHHH', *ports, seq, ack, 0x50, flags, 65535, 0, 0) + payload
    pseudo = ends + struct.pack('>HH', 6, len(tcp))
    value = checksum(pseudo + tcp + b'\0' * (len(tcp) % 2)) ^ (0 if right else 0x5555)
    ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0)
    ip = ip[:10] + struct.pack('>H', checksum(ip + ends)) + ends
    return ip + tcp[:16] + struct.pack('>H', value) + tcp[18:]


def conversation(server, port, shown):
    """What the client's checksums are: of its SYN, its acknowledgment and its two requests."""
    up, down = CLIENT + server, server + CLIENT
    seq, ack = 1001, 5001
    yield frame(up, (port, 80), 0x02, 1000, 0, b'', shown[0])
    yield frame(down, (80, port), 0x12, 5000, 1001, b'', True)
    yield frame(up, (port, 80), 0x10, seq, ack, b'', shown[1])
    for i in range(2):
        ask = ASK % i
        yield frame(up, (port, 80), 0x18, seq, ack, ask, shown[2 + i])
        seq += len(ask)
        yield frame(down, (80, port), 0x18, ack, seq, ANSWER, True)
        ack += len(ANSWER)


servers = [bytes((10, 0, 1, i)) for i in range(11)]
talks = [conversation(server, 40000 + i, (True, True, True, i != 10) if i % 2 == 0 else (False,) * 4)
         for i, server in enumerate(servers)]
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for i, round in enumerate(zip(*talks)):
        for k, one in enumerate(round):
            f.write(struct.pack('<IIII', 1700000000 + i, k * 1000, len(one), len(one)) + one)
