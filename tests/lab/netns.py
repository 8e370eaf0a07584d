"""Two network namespaces joined by one cable: clients on one side, servers on the other.

Every address of CLIENTS and of SERVERS exists: a client may speak from any of the one, a server may listen on any of the other.
"""
import ctypes, os, signal, subprocess

CLIENTS, SERVERS = '10.20', '10.30'
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*command, **how):
    return subprocess.run(command, check=True, **how)


class Pair:
    def __init__(self):
        self.client, self.server = 'lab-%d-client' % os.getpid(), 'lab-%d-server' % os.getpid()
        self.cable = 'cable'

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def make(self):
        for name in (self.client, self.server):
            run('ip', 'netns', 'add', name)
            run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        run('ip', '-n', self.client, 'link', 'add', self.cable, 'type', 'veth', 'peer', 'name', self.cable, 'netns', self.server)
        for name, mine, theirs in ((self.client, CLIENTS, SERVERS), (self.server, SERVERS, CLIENTS)):
            run('ip', '-n', name, 'address', 'add', mine + '.255.1/32', 'dev', self.cable)
            run('ip', '-n', name, 'link', 'set', self.cable, 'up')
            run('ip', '-n', name, 'route', 'add', 'local', mine + '.0.0/16', 'dev', 'lo')
            run('ip', '-n', name, 'route', 'add', theirs + '.0.0/16', 'dev', self.cable)
            # Packets as they are on a wire: right checksums, none larger than a frame.
            run('ip', 'netns', 'exec', name, 'ethtool', '-K', self.cable, 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off',
                stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        """Whoever is still in there was started by us, if only by a program that we started."""
        for name in (self.client, self.server):
            left = subprocess.run(['ip', 'netns', 'pids', name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for pid in map(int, left.stdout.split()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            subprocess.run(['ip', 'netns', 'delete', name], stderr=subprocess.DEVNULL)

    def inside(self, name, *command):
        return ['ip', 'netns', 'exec', name, *command]


def enter(name):
    """Sockets that this thread makes from now on are in that namespace; those made before stay where they are."""
    handle = os.open('/run/netns/' + name, os.O_RDONLY)
    try:
        if LIBC.setns(handle, 0x40000000):
            raise OSError(ctypes.get_errno(), 'setns: ' + name)
    finally:
        os.close(handle)
