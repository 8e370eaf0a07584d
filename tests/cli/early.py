"""early.py FILE: a capture in which a client goes on before its CONNECT is answered, twice: the second time is the same bytes.

Frame 4 is the request, 5 and 6 what comes early, 7 the answer.
"""
import struct, sys

CLIENT, SERVER = bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
EARLY, ANSWER = b'SSH-2.0-early\r\n', b'HTTP/1.1 200 OK\r\n\r\n'
ASK = b'CONNECT a.example:22 HTTP/1.1\r\nHost: a.example:22\r\n\r\n'


def segment(up, flags, seq, ack, payload=b''):
    ports = (40000, 3128) if up else (3128, 40000)
    tcp = struct.pack('>HHIIBBHHH', *ports, seq, ack, 0x50, flags, 65535, 0, 0) + payload
    ends = CLIENT + SERVER if up else SERVER + CLIENT
    return struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + ends + tcp


c, s = 1000, 5000
frames = [segment(True, 0x02, c, 0), segment(False, 0x12, s, c + 1), segment(True, 0x10, c + 1, s + 1),
          segment(True, 0x18, c + 1, s + 1, ASK),
          segment(True, 0x18, c + 1 + len(ASK), s + 1, EARLY), segment(True, 0x18, c + 1 + len(ASK), s + 1, EARLY),
          segment(False, 0x18, s + 1, c + 1 + len(ASK), ANSWER)]
with open(sys.argv[1], 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    for i, frame in enumerate(frames):
        f.write(struct.pack('<IIII', 1700000000, i * 1000, len(frame), len(frame)) + frame)
