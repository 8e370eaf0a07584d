"""checksums.py FILE: one client asks eleven servers.  To every other one its checksums are wrong; to the last they are right at first."""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'evasion'))
import wire  # noqa: E402

CLIENT = bytes((10, 0, 0, 1))
ASK = b'GET /%d HTTP/1.1\r\nHost: a.example\r\n\r\n'
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


def conversation(server, port, right):
    """Whether the client's checksums are right: of its SYN, its acknowledgment and its two requests."""
    def up(flags, seq, ack, data, sum_right):
        return wire.frame(wire.ip(CLIENT, server, wire.tcp(CLIENT, server, (port, 80), seq, ack, flags, data, bad_sum=not sum_right)))

    def down(flags, seq, ack, data=b''):
        return wire.frame(wire.ip(server, CLIENT, wire.tcp(server, CLIENT, (80, port), seq, ack, flags, data)))

    seq, ack = 1001, 5001
    yield up(wire.SYN, 1000, 0, b'', right[0])
    yield down(wire.SYN | wire.ACK, 5000, 1001)
    yield up(wire.ACK, seq, ack, b'', right[1])
    for i in range(2):
        ask = ASK % i
        yield up(wire.PSH | wire.ACK, seq, ack, ask, right[2 + i])
        seq += len(ask)
        yield down(wire.PSH | wire.ACK, ack, seq, ANSWER)
        ack += len(ANSWER)


talks = [conversation(bytes((10, 0, 1, i)), 40000 + i, (True, True, True, i != 10) if i % 2 == 0 else (False,) * 4) for i in range(11)]
wire.capture(sys.argv[1], [(1700000000 + i, one) for i, step in enumerate(zip(*talks)) for one in step])
