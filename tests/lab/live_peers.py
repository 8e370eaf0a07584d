#!/usr/bin/env python3
"""Who talks in tests/lab/live:  live_peers.py ROLE ...

    web PORT               answers every request with a few bytes; upgrades to WebSocket when asked; /slow takes a while
    proxy PORT             CONNECT, refused for hosts named no.such
    hello PORT             says what an ssh server says first, and echoes
    gets HOST PORT COUNT   so many connections of one GET each, 16 at a time
    ws HOST PORT           one upgrade to WebSocket and one frame
    text PORT LEN          exchanges so many bytes of text with 127.0.0.1
    reader PATH FILE FLAG  listens on a unix socket, writes what comes to FILE, begins to read when FLAG is there
    kills CULVERT IFACE FILE COUNT   starts culvert live, kills it at random; every ended line must parse
    same A B               do two files of records tell the same conversations?
    records A B            are they the same records but for their order and for times, which the kernel takes for each listener?
    shares FILE            of the last stats record: do the workers' packets add up to all, and has each of them read some?
    lines FILE...          how many lines; fails when one does not parse
"""
import concurrent.futures
import difflib
import json
import os
import pathlib
import random
import socket
import socketserver
import subprocess
import sys
import threading
import time

TEXT = b"a line of what is said inside\n"


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256


def head_of(peer):
    got = b""
    while b"\r\n\r\n" not in got:
        piece = peer.recv(65536)
        if not piece:
            return b"", b""
        got += piece
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


class Web(socketserver.BaseRequestHandler):
    def handle(self):
        head, _ = head_of(self.request)
        if b"websocket" in head:
            self.request.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            self.request.sendall(b"\x81\x05hello" if self.request.recv(64) else b"")
        elif head:
            self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
                                 b"Connection: close\r\n\r\n%s" % (len(TEXT), TEXT))


class Hello(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
        while piece := self.request.recv(65536):
            self.request.sendall(piece)


def pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Proxy(socketserver.BaseRequestHandler):
    def handle(self):
        head, rest = head_of(self.request)
        words = head.split(b" ")
        if len(words) < 3 or words[0] != b"CONNECT" or words[1].startswith(b"no.such"):
            self.request.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        host, _, port = words[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            far.sendall(rest)
            back = threading.Thread(target=pump, args=(far, self.request), daemon=True)
            back.start()
            pump(self.request, far)
            back.join(10)


def serve(kind, port):
    with Server(("", int(port)), kind) as server:
        server.serve_forever()


def get(host, port):
    try:
        with socket.create_connection((host, port), 10) as s:
            s.sendall(b"GET /some/where HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n\r\n" % host.encode())
            while s.recv(65536):
                pass
        return 1
    except OSError:
        return 0


def gets(host, port, count, *then):
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        done = sum(pool.map(lambda _: get(host, int(port)), range(int(count))))
    if then:
        subprocess.run(then, check=True)
    print(done)


def ws(host, port):
    with socket.create_connection((host, int(port))) as s:
        s.sendall(b"GET /chat HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % host.encode())
        head_of(s)
        s.sendall(b"\x81\x85\x01\x02\x03\x04igool")
        s.recv(64)


def text(port, length):
    want = (TEXT * (int(length) // len(TEXT) + 1))[:int(length)]
    with socket.create_connection(("127.0.0.1", int(port)), 20) as s:
        banner = b""
        while not banner.endswith(b"\r\n"):
            banner += s.recv(1)
        s.sendall(want)
        got = b""
        while len(got) < len(want):
            got += s.recv(65536)
        sys.exit(got != want)


def reader(path, to, flag):
    with socket.socket(socket.AF_UNIX) as listener, open(to, "ab", buffering=0) as out:
        listener.bind(path)
        listener.listen(1)
        while True:
            peer, _ = listener.accept()
            with peer:
                while not os.path.exists(flag):
                    time.sleep(0.05)
                while piece := peer.recv(65536):
                    out.write(piece)


def whole_lines(name):
    data = pathlib.Path(name).read_bytes()
    whole, _, rest = data.rpartition(b"\n")
    lines = whole.split(b"\n") if whole else []
    for line in lines:
        json.loads(line)
    return len(lines), len(rest)


def lines(names):
    total = 0
    for name in names:
        n, rest = whole_lines(name)
        total += n
        if rest:
            raise SystemExit("%s: ends in the midst of a line" % name)
    print(total)


def kills(culvert, interface, name, count):
    torn = most = 0
    chance = random.Random(20261127)
    for _ in range(int(count)):
        child = subprocess.Popen([culvert, "live", "-q", "-q", "-i", interface, "-o", name, "--stats-interval", "1"])
        time.sleep(0.6 + chance.random())
        child.kill()
        child.wait()
        most, rest = whole_lines(name)
        torn += rest != 0
    print("%d lines, %d times the end was half a line" % (most, torn))


def told(name):
    flows = {}
    with open(name, "rb") as f:
        for line in f:
            r = json.loads(line)
            if r["event_type"] != "flow":
                continue
            c = r["culvert"]
            shake = {k: v for k, v in c.get("handshake", {}).items() if k != "took_ms"}
            relay = {k: v for k, v in c.get("relay", {}).items() if k != "seconds"}
            tunnel = {k: c.get("tunnel", {}).get(k) for k in ("tool", "wrapped", "target")}
            key, nth = (r["src_ip"], r["src_port"], r["dest_ip"], r["dest_port"]), 0
            while key + (nth,) in flows:   # a port may be used again
                nth += 1
            flows[key + (nth,)] = (
                c["label"], c["certainty"], c.get("because"), shake, relay, tunnel, r["flow"]["pkts_toserver"],
                r["flow"]["pkts_toclient"])
    return flows


def same(first, second):
    a, b = told(first), told(second)
    different = [(k, a.get(k), b.get(k)) for k in sorted(set(a) | set(b)) if a.get(k) != b.get(k)]
    for d in different[:5]:
        print("differs:", *d, file=sys.stderr)
    counts = {}
    for f in a.values():
        counts[f[0]] = counts.get(f[0], 0) + 1
    print(len(a), *("%s=%d" % c for c in sorted(counts.items())))
    sys.exit(1 if different or not a else 0)


TIMES = {"timestamp", "start", "end", "age", "t", "took_ms", "seconds", "asked_at"}
RUNS = {"flow_id", "id", "peers"}   # of conversations and of tunnels: of a secret of the run


def timeless(value):
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if k not in TIMES | RUNS}
    return [timeless(v) for v in value] if isinstance(value, list) else value


def sorted_records(name):
    found = []
    with open(name, "rb") as f:
        for line in f:
            r = json.loads(line)
            if r["event_type"] != "stats":
                found.append(json.dumps(timeless(r), sort_keys=True))
    return sorted(found)


def records(first, second):
    a, b = sorted_records(first), sorted_records(second)
    different = list(difflib.unified_diff(a, b, first, second, n=0, lineterm=""))
    for line in different[:9]:
        print(line[:600], file=sys.stderr)
    print(len(a), "records")
    sys.exit(1 if different or not a else 0)


def shares(name):
    with open(name, "rb") as f:
        last = [json.loads(line) for line in f if b'"event_type":"stats"' in line][-1]
    each, all_of_them = last["culvert"]["workers"]["each"], last["stats"]["capture"]
    print(", ".join("%d received, %d dropped, %d read" % (w["received"], w["dropped"], w["read"]) for w in each))
    sums = [sum(w[k] for w in each) for k in ("received", "dropped", "read")]
    right = sums == [all_of_them["kernel_packets"], all_of_them["kernel_drops"], last["stats"]["decoder"]["pkts"]]
    sys.exit(not right or len(each) < 2 or any(w["read"] == 0 or w["received"] != w["read"] + w["dropped"] for w in each))


def main():
    role, words = sys.argv[1], sys.argv[2:]
    servers = {"web": Web, "proxy": Proxy, "hello": Hello}
    if role in servers:
        serve(servers[role], *words)
    elif role == "lines":
        lines(words)
    else:
        {"gets": gets, "ws": ws, "text": text, "reader": reader, "kills": kills, "same": same,
         "records": records, "shares": shares}[role](*words)


if __name__ == "__main__":
    main()
