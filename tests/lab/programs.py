"""Scenarios that real programs play: one function each."""
import base64, gzip, hashlib, json, os, random, shutil

from scenario import program

PACKAGES = ['apache2', 'apt-utils', 'aria2', 'axel', 'chromium', 'curl', 'docker-registry', 'git', 'nginx-light', 'rclone', 'restic',
            'skopeo',
            'wget']
LAB = os.path.dirname(os.path.abspath(__file__))


def nginx(stage, folder):
    """Static files of a folder."""
    stage.write('nginx.conf', '''
daemon off; user root; worker_processes 1; pid nginx.pid; error_log nginx.err;
events { worker_connections 512; }
http {
    include /etc/nginx/mime.types; access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi; gzip on;
    server { listen %s:80; root %s; autoindex on; }
}''' % (stage.address, folder))
    stage.serve('nginx', '-p', stage.folder, '-c', 'nginx.conf')


def apache(stage, modules, config):
    loads = ''.join('LoadModule %s_module /usr/lib/apache2/modules/mod_%s.so\n' % (m, m) for m in
                    ['mpm_event', 'authz_core', 'mime', 'env', 'alias'] + modules)
    stage.write('apache.conf', loads + '''
ServerName site.lab
Listen %s:80
PidFile %s/apache.pid
ErrorLog %s/apache.err
TypesConfig /etc/mime.types
DocumentRoot %s
User www-data
Group www-data
%s''' % (stage.address, stage.folder, stage.folder, stage.folder, config))
    stage.serve('apache2', '-D', 'FOREGROUND', '-f', os.path.join(stage.folder, 'apache.conf'))


def application(stage):
    stage.serve(os.path.join(LAB, 'site.py'), stage.address, stage.site)


def curl(stage, number, *options):
    stage.client('curl', '-sS', '-o', '/dev/null', '--interface', stage.source(number), *options)


@program('downloads')
def curl_downloads(stage):
    """Whole files, ranges, HEAD, compressed, not modified, several on one connection."""
    nginx(stage, stage.site)
    names = sorted(name for name in os.listdir(stage.site) if name != 'big.bin')
    for n in range(160):
        kind = (['-r', '0-999'], ['-I'], ['--compressed'], ['-z', 'tomorrow'], ['--http1.0'], ['-r', '500-'], [], ['-A', ''])[n % 8]
        curl(stage, n, *kind, stage.url + names[n % len(names)],
             *(['-o', '/dev/null', stage.url + names[n * 3 % len(names)]] if n % 3 else []))


@program('uploads')
def curl_uploads(stage):
    """Forms, files, base64, gzip, chunked, waiting for 100-continue."""
    application(stage)
    chance = random.Random('curl')
    for n in range(40):
        noise = chance.randbytes(chance.randint(2000, 60000))
        raw, coded = stage.write('raw', noise), stage.write('coded', base64.encodebytes(noise))
        packed = stage.write('packed', gzip.compress(noise[:300] * 20))
        for kind in (['-d', 'name=value&n=%d' % n], ['-F', 'file=@' + raw, '-F', 'note=text'], ['--data-binary', '@' + coded],
                     ['--data-binary', '@' + packed, '-H', 'Content-Encoding: gzip'], ['-T', raw],
                     ['-T', raw, '-H', 'Transfer-Encoding: chunked'],
                     ['--data-binary', '@' + raw, '-H', 'Expect: 100-continue', '-H', 'Content-Type: application/octet-stream'],
                     ['-H', 'Content-Type: application/json', '-d', json.dumps({'n': n, 'data': noise[:200].hex()})]):
            curl(stage, n, *kind, stage.url + 'upload')


@program('downloads')
def wget_mirror(stage):
    """A whole site, once with kept connections, then one for each file."""
    nginx(stage, stage.site)
    for n, kind in enumerate(([], ['--no-http-keep-alive'], ['--no-http-keep-alive'], ['--no-http-keep-alive', '-U', 'Mozilla/5.0'])):
        stage.client('wget', '-q', '-r', '-l', '9', '-R', 'big.bin', '-P', 'mirror%d' % n, '--bind-address', stage.source(n), *kind,
                     stage.url + 'page0.html')


@program('downloads')
def download_managers(stage):
    """aria2 and axel: one file over several connections."""
    nginx(stage, stage.site)
    for n in range(15):
        stage.client('aria2c', '-q', '-x8', '-s8', '-k1M', '-d', 'aria%d' % n, stage.url + 'big.bin')
        stage.client('axel', '-q', '-n8', '-o', 'axel%d' % n, stage.url + 'big.bin')


@program('downloads')
def apt_repository(stage):
    """apt-get reads lists and fetches packages."""
    os.makedirs(stage.path('repository'))
    for n in range(4):
        stage.write('deb%d/DEBIAN/control' % n,
                    'Package: lab%d\nVersion: 1\nArchitecture: all\nMaintainer: lab <lab@lab.example>\nDescription: nothing\n' % n)
        stage.write('deb%d/usr/share/lab/noise' % n, random.Random(n).randbytes(60000))
        stage.tool('dpkg-deb', '-b', 'deb%d' % n, stage.path('repository', 'lab%d.deb' % n))
    stage.write('repository/Packages', stage.tool('apt-ftparchive', 'packages', '.', folder='repository'))
    stage.write('repository/Release', stage.tool('apt-ftparchive', 'release', '.', folder='repository'))
    nginx(stage, stage.path('repository'))
    stage.write('sources.list', 'deb [trusted=yes] %s ./\n' % stage.url)
    for n in range(8):
        own = ['-o', 'Dir::Etc::SourceList=' + stage.path('sources.list'), '-o', 'Dir::Etc::SourceParts=-', '-o',
               'Dir::State=' + stage.path('state%d' % n),
               '-o', 'Dir::Cache=' + stage.path('cache%d' % n), '-o', 'APT::Sandbox::User=root', '-o', 'Acquire::http::Proxy=false']
        os.makedirs(stage.path('state%d' % n, 'lists', 'partial'))
        os.makedirs(stage.path('cache%d' % n, 'archives', 'partial'))
        stage.client('apt-get', '-qq', *own, 'update')
        stage.client('apt-get', '-qq', *own, 'download', 'lab0', 'lab1', 'lab2', 'lab3')


@program('stores')
def git_smart_http(stage):
    """clone, push and fetch through git http-backend."""
    stage.tool('git', 'init', '-q', '--bare', '-b', 'main', 'store/work.git')
    stage.tool('git', '-C', 'store/work.git', 'config', 'http.receivepack', 'true')
    stage.tool('chown', '-R', 'www-data', 'store')
    apache(stage, ['cgid'], '''
ScriptSock %s/cgid.sock
SetEnv GIT_PROJECT_ROOT %s
SetEnv GIT_HTTP_EXPORT_ALL 1
ScriptAlias /git/ /usr/lib/git-core/git-http-backend/
<Directory /usr/lib/git-core>
Require all granted
</Directory>''' % (stage.folder, stage.path('store')))
    who = ['-c', 'user.name=lab', '-c', 'user.email=lab@lab.example']
    for n in range(12):
        copy, chance = 'copy%d' % n, random.Random(n)
        stage.client('git', 'clone', '-q', stage.url + 'git/work.git', copy)
        for k in range(3):
            stage.write('%s/file%d' % (copy, k), base64.b64encode(chance.randbytes(chance.randint(100, 30000))))
            stage.tool('git', '-C', copy, 'add', '.')
            stage.tool('git', *who, '-C', copy, 'commit', '-qm', 'change')
            stage.client('git', '-C', copy, 'push', '-q', 'origin', 'HEAD:main')
        stage.client('git', '-C', copy, 'fetch', '-q')


@program('stores')
def webdav(stage):
    """rclone writes, lists, moves and reads folders on Apache."""
    os.makedirs(stage.path('shared', 'files'))
    stage.tool('chown', '-R', 'www-data', 'shared')
    apache(stage, ['dav', 'dav_fs'], '''
DavLockDB %s/shared/lock
Alias /files %s/shared/files
<Directory %s/shared/files>
Dav On
Require all granted
</Directory>''' % ((stage.folder,) * 3))
    remote = ':webdav,url="%sfiles":' % stage.url
    for n in range(6):
        for action in (['copy', stage.site, remote + 'copy%d' % n, '--exclude', 'big.bin'], ['lsf', '-R', remote],
                       ['moveto', remote + 'copy%d/page1.html' % n, remote + 'moved%d' % n],
                       ['copy', remote + 'copy%d' % n, stage.path('back%d' % n)], ['purge', remote + 'copy%d' % n]):
            stage.client('rclone', '-q', *action)


@program('stores')
def encrypted_backup(stage):
    """restic: nothing but encrypted blobs, POSTed and fetched in ranges."""
    stage.serve('rclone', '-q', 'serve', 'restic', '--addr', stage.address + ':80', stage.path('vault'))
    chance = random.Random('backup')
    for n in range(3):
        for action in (['init'], ['backup', stage.site], ['backup', stage.write('more', chance.randbytes(300000))],
                       ['check', '--read-data'], ['restore', 'latest', '--target', stage.path('back%d' % n)]):
            stage.client('restic', '-q', '-r', 'rest:%srepo%d/' % (stage.url, n), *action, RESTIC_PASSWORD='lab')


@program('stores')
def container_registry(stage):
    """skopeo pushes and pulls images: PATCH and PUT of compressed layers."""
    stage.write('registry.yml', '''
version: 0.1
storage: {filesystem: {rootdirectory: %s}}
http: {addr: "%s:80"}
''' % (stage.path('layers'), stage.address))
    stage.serve('docker-registry', 'serve', 'registry.yml')
    stage.write('policy.json', '{"default": [{"type": "insecureAcceptAnything"}]}')
    for n in range(15):
        name = make_image(stage, n)
        image = 'docker://%s:80/lab:%d' % (stage.address, n)
        safe = ['--policy', stage.path('policy.json')]
        stage.client('skopeo', *safe, 'copy', '-q', '--dest-tls-verify=false', 'dir:' + name, image)
        stage.client('skopeo', *safe, 'copy', '-q', '--src-tls-verify=false', image, 'dir:' + name + '.back')
        stage.client('skopeo', 'inspect', '--tls-verify=false', image)


def make_image(stage, number):
    """An image of noise in skopeo's `dir` form; returns its folder."""
    chance, folder = random.Random(number), 'image%d' % number
    kinds = 'application/vnd.docker.'

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        stage.write(folder + '/' + digest, data)
        return {'mediaType': kinds + kind, 'size': len(data), 'digest': 'sha256:' + digest}

    layers = [chance.randbytes(chance.randint(3000, 150000)) for _ in range(3)]
    config = json.dumps({'architecture': 'amd64', 'os': 'linux', 'config': {},
                         'rootfs': {'type': 'layers',
                                    'diff_ids': ['sha256:' + hashlib.sha256(layer).hexdigest() for layer in layers]}}).encode()
    packed = [blob(gzip.compress(layer), 'image.rootfs.diff.tar.gzip') for layer in layers]
    stage.write(folder + '/manifest.json', json.dumps({'schemaVersion': 2, 'mediaType': kinds + 'distribution.manifest.v2+json',
                                                       'config': blob(config, 'container.image.v1+json'), 'layers': packed}))
    stage.write(folder + '/version', 'Directory Transport Version: 1.1\n')
    return stage.path(folder)


@program('polling')
def chat_polling(stage):
    """socket.io with its polling transport only; from npm, and left out where that cannot be had."""
    if not shutil.which('npm') or not stage.can('npm', 'install', '--silent', '--no-fund', '--no-audit', 'socket.io@4',
                                                'socket.io-client@4'):
        print('innocents: no socket.io to be had from npm: chat-polling is left out')
        return
    stage.write('server.js', """
const { Server } = require('socket.io');
const server = require('http').createServer();
new Server(server, { transports: ['polling'] }).on('connection', s => s.on('say', (...what) => s.emit('heard', ...what)));
server.listen(80, '%s');
""" % stage.address)
    stage.write('client.js', """
const { io } = require('socket.io-client');
for (let n = 0; n < 8; n++) {
	const s = io('http://%s', { transports: ['polling'], forceNew: true });
	const say = () => s.emit('say', 'word '.repeat(n), n %% 2 ? Buffer.alloc(50 * n, Math.random() * 255) : { n });
	s.on('connect', () => setInterval(say, 150 + 90 * n));
}
setTimeout(() => process.exit(0), 12000);
""" % stage.address)
    stage.serve('node', 'server.js')
    for _ in range(3):
        stage.client('node', 'client.js')


def chromium(stage, target, seconds):
    """Looks at a page for a while; every name leads to the scenario's server."""
    profile = stage.path('profile')
    shutil.rmtree(profile, ignore_errors=True)
    stage.client('chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
                 '--disable-background-networking',
                 '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--user-data-dir=' + profile,
                 '--host-resolver-rules=MAP * ' + stage.address, target, seconds=seconds, patient=False)


@program('browser')
def browser(stage):
    """Pages, pictures, scripts, polling, waiting, streams of events, uploads."""
    shutil.copy(os.path.join(LAB, 'browse.html'), stage.site)
    application(stage)
    for n in range(9):
        chromium(stage, 'http://shop%d.site/browse.html' % n, 14)


@program('browser', truth='blind-relay')
def browser_websocket(stage):
    """The same page with nothing but WebSockets, which really leave HTTP."""
    shutil.copy(os.path.join(LAB, 'browse.html'), stage.site)
    application(stage)
    for n in range(4):
        chromium(stage, 'http://chat%d.site/browse.html#socket' % n, 8)
