"""Data that comes down."""
import hashlib

from scenario import scripted


@scripted('downloads', visits=100)
async def system_update(v):
    """HEAD, then ranges of a large file, as update services fetch."""
    talk, name, size = v.talk(keep=v.chance.random() < .7), '/d/%s.cab' % v.hex(40), v.some(4000, 20000)
    count = v.some(3, 9)
    await talk(v.request('HEAD', name, agent='none', User_Agent='Microsoft BITS/7.8'), v.response(200, length=False, Content_Length=count * size))
    for k in range(count):
        span = '%d-%d' % (k * size, (k + 1) * size - 1)
        await talk(v.get(name, agent='none', User_Agent='Microsoft BITS/7.8', Range='bytes=' + span),
                   v.response(206, v.noise(size), 'application/octet-stream', Content_Range='bytes %s/%d' % (span, count * size), ETag='"%s"' % v.hex(16)))
    await talk.end()


@scripted('downloads', visits=150)
async def package_index(v):
    """A package installer: an index in HTML, then archives."""
    talk = v.talk(keep=True)
    for _ in range(v.some(1, 4)):
        name, agent = v.pick(*v.words(12).split()), {'agent': 'none', 'User_Agent': 'pip/23.0.1 {"ci":null}', 'Accept_Encoding': 'identity'}
        await talk(v.get('/simple/%s/' % name, **agent), v.response(200, '<html>' + '<a href="x.whl">x</a>' * v.some(5, 80), 'text/html'))
        archive = b'PK\3\4' + v.noise(2000, 40000)
        await talk(v.get('/packages/%s-1.0.whl#sha256=%s' % (name, hashlib.sha256(archive).hexdigest()), **agent),
                   v.response(200, archive, 'binary/octet-stream'))
    await talk.end()


@scripted('downloads', visits=300)
async def feed_reader(v):
    """RSS and Atom, mostly not modified."""
    talk, tag = v.talk(), '"%s"' % v.hex(16)
    for n in range(v.some(1, 5)):
        fresh = n == 0 or v.chance.random() < .2
        items = ''.join('<item><title>%s</title><description>%s</description></item>' % (v.words(4), v.words(30)) for _ in range(v.some(3, 20)))
        await talk(v.get('/feed.xml', **({} if n == 0 else {'If_None_Match': tag})),
                   v.response(200, '<?xml version="1.0"?><rss><channel>%s</channel></rss>' % items, 'application/rss+xml', ETag=tag) if fresh
                   else v.response(304, ETag=tag))
        await v.pause(.1, 1)
    await talk.end()


@scripted('downloads', visits=100)
async def mistaken_types(v):
    """Content that is not what its type says, as servers have it every day: another kind of picture, archives called text."""
    talk = v.talk()
    for _ in range(v.some(3, 8)):
        body, type = v.pick((b'RIFF\0\x30\0\0WEBPVP8 ' + v.noise(3000), 'image/jpeg'), (v.gzip(v.words(500)), 'text/plain'),
                            (v.noise(2500), 'text/html'), (v.base64(3000), 'application/octet-stream'), (v.bytes(v.facts()), 'text/html'),
                            (v.png(2000), 'text/plain; charset=utf-8'), (v.noise(1500), 'application/json'), ('<svg>' + v.words(50), 'image/png'))
        await talk(v.get('/%s/%s' % (v.pick('img', 'cache'), v.hex(10))), v.response(200, body, type))
    await talk.end()


@scripted('downloads', visits=100)
async def page_with_parts(v):
    """A page, then its parts over six connections, all with cookies."""
    cookie = {'agent': v.pick('chrome', 'firefox'), 'Cookie': 'session=%s' % v.hex(32)}
    first = v.talk(keep=True)
    await first(v.get('/', **cookie), v.response(200, '<!doctype html>' + v.words(400), 'text/html; charset=utf-8', Set_Cookie='seen=1'))
    talks = [first] + [v.talk(keep=True) for _ in range(5)]
    for k in range(v.some(6, 24)):
        body, type = v.pick((v.png(v.some(200, 6000)), 'image/png'), ('var a;' * 200, 'text/javascript'), ('p { color: red }' * 50, 'text/css'))
        await talks[k % 6](v.get('/part/%d' % k, Referer='http://%s/' % v.host, **cookie), v.response(200, body, type, ETag='"%s"' % v.hex(8)))
    for talk in talks:
        await talk.end(v.pick('client', 'server'))
