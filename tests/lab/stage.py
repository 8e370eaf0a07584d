"""Where real programs play: processes in the two namespaces, a folder for each scenario, and the recording of it all."""
import contextlib, os, random, re, signal, subprocess, time

import wire


class Trouble(Exception):
    pass


def stop(process, how=signal.SIGTERM):
    """Ends a process that we started, with its children."""
    with contextlib.suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, how)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


class Capture:
    def __init__(self, pair, path):
        self.command = pair.inside(pair.client, 'tcpdump', '-i', pair.cable, '-B', '131072', '-U', '-Z', 'root', '-w', path, 'tcp')

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.said = self.process.stderr.readline()
        if 'listening' not in self.said:
            raise Trouble('tcpdump: ' + self.said)
        return self

    def __exit__(self, *_):
        time.sleep(2)  # tcpdump is told of the last packets with a delay
        stop(self.process, signal.SIGINT)
        lost = re.search(r'(\d+) packets dropped by kernel', self.process.stderr.read())
        print('innocents: %s packets lost by tcpdump' % (lost.group(1) if lost else 'unknown'))


class Stage:
    """The servers and clients of one scenario."""

    def __init__(self, scenario, pair, work):
        self.scenario, self.pair, self.site = scenario, pair, os.path.join(work, 'site')
        self.folder = os.path.join(work, scenario.name)
        self.address, self.url = scenario.address, 'http://%s/' % scenario.address
        self.servers, self.running, self.over = [], None, False

    def play(self):
        try:
            os.mkdir(self.folder)
            self.scenario.play(self)
        finally:
            for server in self.servers:
                stop(server)

    def abandon(self):
        """From another thread: let the play end now."""
        self.over = True
        for process in [self.running] + self.servers:
            if process:
                stop(process)

    def start(self, namespace, command, **how):
        if self.over:
            raise Trouble('abandoned')
        return subprocess.Popen(self.pair.inside(namespace, *command), cwd=self.folder, stdin=subprocess.DEVNULL, start_new_session=True,
                                **how)

    @staticmethod
    def source(number):
        return wire.source_address(number)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as f:
            f.write(content if isinstance(content, bytes) else content.encode())
        return path

    def serve(self, *command, port=80, **env):
        """Starts a server and waits until it listens."""
        with open(self.path('server.log'), 'ab') as log:
            self.servers.append(self.start(self.pair.server, command, stdout=log, stderr=log, env={**os.environ, **env}))
        for _ in range(150):
            if subprocess.run(self.pair.inside(self.pair.server, 'ss', '-Hltn', 'src', '%s:%d' % (self.address, port)),
                              stdout=subprocess.PIPE).stdout:
                return
            if self.servers[-1].poll() is not None:
                break
            time.sleep(.1)
        raise Trouble('%s does not serve: %s' % (command[0], self.log()))

    def log(self):
        with open(self.path('server.log'), encoding='utf8', errors='replace') as log:
            return log.read()[-500:]

    def client(self, *command, seconds=90, patient=True, **env):
        """Runs a client to its end; an impatient one is ended after these seconds, and all is well."""
        process = self.running = self.start(self.pair.client, command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                            env={**os.environ, 'HOME': self.folder, **env})
        try:
            said = process.communicate(timeout=seconds)[0]
        except subprocess.TimeoutExpired:
            if not patient:
                return
            raise Trouble('%s took over %d s' % (command[0], seconds)) from None
        finally:
            stop(process)
        if process.returncode or not patient:
            raise Trouble('%s: exit status %d: %s' % (' '.join(command), process.returncode, said.decode('utf8', 'replace')[-500:]))

    def can(self, *command):
        return subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def tool(self, *command, folder='.'):
        """Runs what prepares the play, outside of the namespaces; returns what it says."""
        done = subprocess.run(command, cwd=self.path(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise Trouble('%s: %s' % (' '.join(command), done.stderr.decode('utf8', 'replace')[-500:]))
        return done.stdout


def make_site(work):
    """A site to look at: pages, scripts, pictures, archives, the same in every run."""
    site, chance = os.path.join(work, 'site'), random.Random('site')
    os.makedirs(site)

    def put(name, data):
        with open(os.path.join(site, name), 'wb') as f:
            f.write(data)

    for n in range(24):
        links = ''.join('<a href="page%d.html">next</a><img src="picture%d.png">' % ((n * 7 + k) % 24, (n + k) % 30) for k in range(6))
        put('page%d.html' % n,
            ('<!doctype html><title>%d</title><script src="app.js"></script>%s<p>%s' % (n, links, 'text ' * 300)).encode())
    for n in range(30):
        put('picture%d.png' % n, b'\x89PNG\r\n\x1a\n' + chance.randbytes(chance.randint(500, 20000)))
    put('app.js', b'var seen = 0; function look() { seen++; }\n' * 100)
    put('paper.pdf', b'%PDF-1.7\n' + chance.randbytes(150000))
    put('archive.zip', b'PK\3\4' + chance.randbytes(300000))
    put('big.bin', chance.randbytes(4000000))
