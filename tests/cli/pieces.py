"""pieces.py FILE: a capture, packets as a queue of the kernel gives them, of a CONNECT to port 22 that is cut into four pieces.

Frames 4 to 7 are the pieces, 8 is the last one again, 9 the whole request in another datagram.  With `overlap`, frame 6 says other
bytes of the third piece, before it comes.
"""
import struct, sys

CLIENT, SERVER = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
ASK = b'CONNECT a.example:22 HTTP/1.1\r\nHost: a.example:22\r\n\r\n'


def segment(up, flags, seq, ack, payload=b''):
    return struct.pack('>HHIIBBHHH', *((40000, 3128) if up else (3128, 40000)), seq, ack, 0x50, flags, 65535, 0, 0) + payload


def packet(up, data, number=0, at=0, more=False):
    ends = CLIENT + SERVER if up else SERVER + CLIENT
    return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(data), number, at // 8 | more << 13, 64, 6, 0) + ends + data


whole = segment(True, 0x18, 1001, 5001, ASK)
pieces = [packet(True, whole[at:at + 24], 7, at, at + 24 < len(whole)) for at in range(0, len(whole), 24)]
if sys.argv[2:] == ['overlap']:
    pieces.insert(2, packet(True, b'X' * 16, 7, 32, True))
frames = [packet(True, segment(True, 0x02, 1000, 0)), packet(False, segment(False, 0x12, 5000, 1001)),
          packet(True, segment(True, 0x10, 1001, 5001)), *pieces, pieces[-1], packet(True, whole)]
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for i, frame in enumerate(frames):
        f.write(struct.pack('<IIII', 1700000000, i * 1000, len(frame), len(frame)) + frame)
