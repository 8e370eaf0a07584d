"""Data that comes down."""
import hashlib

from scenario import scripted


@scripted('downloads', visits=100)
async def system_update(v):
    """HEAD, then ranges of a large file, as update services fetch."""
    talk, name, size = v.talk(keep=v.chance.random() < .7), '/d/%s.cab' % v.hex(40), v.some(4000, 20000)
    count = v.some(3, 9)
    await talk(v.request('HEAD', name, agent='none', User_Agent='Microsoft BITS/7.8'),
               v.response(200, length=False, Content_Length=count * size))
    for k in range(count):
        span = '%d-%d' % (k * size, (k + 1) * size - 1)
        await talk(v.get(name, agent='none', User_Agent='Microsoft BITS/7.8', Range='bytes=' + span),
                   v.response(206, v.noise(size), 'application/octet-stream', Content_Range='bytes %s/%d' % (span, count * size),
                              ETag='"%s"' % v.hex(16)))
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
        items = ''.join('<item><title>%s</title><description>%s</description></item>' % (v.words(4), v.words(30))
                        for _ in range(v.some(3, 20)))
        await talk(v.get('/feed.xml', **({} if n == 0 else {'If_None_Match': tag})),
                   v.response(200, '<?xml version="1.0"?><rss><channel>%s</channel></rss>' % items, 'application/rss+xml', ETag=tag)
                   if fresh
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
                            (v.png(2000), 'text/plain; charset=utf-8'), (v.noise(1500), 'application/json'),
                            ('<svg>' + v.words(50), 'image/png'))
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
        body, type = v.pick((v.png(v.some(200, 6000)), 'image/png'), ('var a;' * 200, 'text/javascript'),
                            ('p { color: red }' * 50, 'text/css'))
        await talks[k % 6](v.get('/part/%d' % k, Referer='http://%s/' % v.host, **cookie),
                           v.response(200, body, type, ETag='"%s"' % v.hex(8)))
    for talk in talks:
        await talk.end(v.pick('client', 'server'))


@scripted('downloads', visits=120)
async def map_tiles(v):
    """Squares of a map over several connections, some as pictures, some as packed numbers."""
    talks, vector = [v.talk() for _ in range(v.some(2, 6))], v.chance.random() < .5
    for k in range(v.some(8, 30)):
        body, type = (v.gzip(v.hex(2000)), 'application/x-protobuf') if vector else (v.png(v.some(500, 6000)), 'image/png')
        await talks[k % len(talks)](v.get('/%d/%d/%d.%s' % (v.some(3, 18), v.some(0, 999), v.some(0, 999), 'pbf' if vector else 'png'),
                                          agent='firefox'),
                                    v.response(200, body, type, **({'Content_Encoding': 'gzip'} if vector else {}),
                                               Cache_Control='max-age=86400'))
    for talk in talks:
        await talk.end()


@scripted('downloads', visits=200)
async def torrent_tracker(v):
    """Announcements with raw hashes in the query, short bencoded answers."""
    for _ in range(v.some(1, 5)):
        digest = ''.join('%%%02x' % b for b in v.noise(20))
        await v.talk(keep=False)(v.get('/announce?info_hash=%s&peer_id=-TR3000-%s&port=51413&left=0&compact=1' % (digest, v.hex(12)),
                                       agent='none',
                                       User_Agent='Transmission/3.00', Connection='close'),
                                 v.response(200, b'd8:intervali1800e5:peers%d:%se' % (6 * 8, v.noise(48)), 'text/plain',
                                            Connection='close'))
        await v.pause(.1, .5)


@scripted('downloads', visits=150)
async def cut_download(v):
    """The user has seen enough before the answer is all there."""
    c = await v.connect()
    await c.ask(v.get('/film/%s' % v.hex(6)))
    answer = v.response(200, None, 'video/mp4', length=False,
                        Content_Length=v.some(10 ** 6, 10 ** 9)) + b'\0\0\0\x20ftypisom' + v.noise(2000, 30000)
    await c.answer(answer)
    c.reset('client')


@scripted('downloads', visits=80)
async def certificate_log(v):
    """Lists of certificates as base64 in JSON, asked for by number."""
    talk, start = v.talk(), v.some(0, 10 ** 6)
    for n in range(v.some(2, 8)):
        entries = [{'leaf_input': v.base64(600, 1500), 'extra_data': v.base64(100, 900)} for _ in range(v.some(1, 6))]
        await talk(v.get('/ct/v1/get-entries?start=%d&end=%d' % (start + 32 * n, start + 32 * n + 31), agent='go'),
                   v.response(200, {'entries': entries}))
    await talk.end()
