"""wire.py PROGRAM live|inline WORDS...: as root, in a network namespace of its own (unshare -n): the program on lo, and the same
little traffic each time.

Only the program is loaded with FAULT_PRELOAD.  What it says goes on as it is, and so does its exit status; 97: the traffic did not
get through."""
import os, signal, socket, subprocess, sys, threading, time

PROXY, WEB = 3128, 8000
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


def serve(port, answer, more):
    with socket.create_server(('127.0.0.1', port)) as listener:
        while True:
            s, _ = listener.accept()
            with s:
                s.recv(4096)
                s.sendall(answer)
                if more and s.recv(4096):
                    s.sendall(more)


def talk(source, port, *texts):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(('127.0.0.1', source))
        s.settimeout(8)
        s.connect(('127.0.0.1', port))
        for text in texts:
            s.sendall(text)
            if not s.recv(4096):
                raise OSError('closed')


def traffic():
    try:
        talk(40001, WEB, b'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n')
        talk(40002, PROXY, b'CONNECT a.example:22 HTTP/1.1\r\nHost: a.example:22\r\n\r\n', b'SSH-2.0-OpenSSH_9.2\r\n')
        talk(40003, WEB, b'GET /again HTTP/1.1\r\nHost: a.example\r\n\r\n')
        return True
    except OSError as e:
        print('wire: %s' % e, file=sys.stderr)
        return False


def prepare(verb):
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    if verb == 'inline':
        subprocess.run(['iptables-legacy', '-t', 'mangle', '-A', 'INPUT', '-i', 'lo', '-p', 'tcp', '-j', 'NFQUEUE', '--queue-num', '5',
                        '--queue-bypass'], check=True)
    for port, answer, more in ((WEB, ANSWER, b''), (PROXY, b'HTTP/1.1 200 OK\r\n\r\n', b'SSH-2.0-lab\r\n')):
        threading.Thread(target=serve, args=(port, answer, more), daemon=True).start()


def main():
    program, verb, *words = sys.argv[1:]
    prepare(verb)
    env = dict(os.environ)
    env['LD_PRELOAD'] = env.pop('FAULT_PRELOAD')
    child = subprocess.Popen([program, verb, *words], env=env, stderr=subprocess.PIPE)
    ready = threading.Event()

    def hear():
        for line in child.stderr:
            sys.stderr.buffer.write(line)
            sys.stderr.buffer.flush()
            if b': listening' in line or b': in the way' in line:
                ready.set()
        ready.set()

    ear = threading.Thread(target=hear)
    ear.start()
    ready.wait(10)
    through = child.poll() is not None or traffic()
    time.sleep(0.15)
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
    try:
        status = child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
        print('wire: it does not end', file=sys.stderr)
        status = 98
    ear.join(2)
    sys.stderr.flush()
    os._exit(97 if not through else status if status >= 0 else 128 - status)


main()
