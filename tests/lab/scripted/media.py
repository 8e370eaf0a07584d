"""Sound and pictures that move."""
import struct

from scenario import scripted


def transport_stream(v, packets):
    return b''.join(b'G' + v.noise(187) for _ in range(packets))


@scripted('media', visits=80)
async def hls(v):
    """A play list, asked for again and again, and segments; a third of them encrypted, without any mark."""
    talk, sealed = v.talk(), v.chance.random() < .34
    for n in range(v.some(3, 10)):
        lines = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:%d\n' % n
        lines += ''.join('#EXTINF:4.0,\nseg%d.ts\n' % (n + k) for k in range(3))
        await talk(v.get('/live/index.m3u8', agent='chrome'),
                   v.response(200, lines, 'application/vnd.apple.mpegurl', Cache_Control='no-cache'))
        packets = v.some(20, 160)
        await talk(v.get('/live/seg%d.ts' % n, agent='chrome'),
                   v.response(200, v.noise(packets * 188) if sealed else transport_stream(v, packets), 'video/mp2t'))
        await v.pause(.2, .6)
    await talk.end()


@scripted('media', visits=80)
async def dash(v):
    """Pieces of MP4, sound and picture in turn."""
    talks = [v.talk(keep=True), v.talk(keep=True)]
    await talks[0](v.get('/vod/manifest.mpd'),
                   v.response(200, '<?xml version="1.0"?><MPD>' + '<S d="4"/>' * 40 + '</MPD>', 'application/dash+xml'))
    for n in range(v.some(3, 9)):
        for talk, kind in zip(talks, ('video', 'audio')):
            box = v.noise(1500, 15000)
            await talk(v.get('/vod/%s-%d.m4s' % (kind, n)), v.response(200, struct.pack('>I', len(box) + 8) + b'moof' + box, kind + '/mp4'))
        await v.pause(.2, .5)
    for talk in talks:
        await talk.end()


@scripted('media', visits=60)
async def flv_stream(v):
    """FLV that goes on until the client has had enough."""
    c = await v.connect()
    await c.ask(v.get('/live/%s.flv' % v.hex(6)))
    await c.answer(v.response(200, b'FLV\1\5\0\0\0\t\0\0\0\0', 'video/x-flv', length=False, Connection='close'))
    for n in range(v.some(10, 60)):
        data = v.noise(100, 1400)
        await c.answer(struct.pack('>BI', v.pick(8, 9), len(data))[:1] + struct.pack('>I', len(data))[1:] + struct.pack('>I', n * 40)[1:] +
                       b'\0\0\0\0' + data
                       + struct.pack('>I', len(data) + 11))
        await v.pause(.03)
    await c.end()


@scripted('media', visits=50)
async def internet_radio(v):
    """MP3 with titles between, some servers answering ICY."""
    c = await v.connect()
    await c.ask(v.get('/stream', version='1.0', agent='none', User_Agent='WinampMPEG/5.0', Icy_MetaData=1))
    head = v.response(200, None, 'audio/mpeg', version='1.0', length=False, icy_name=v.words(3), icy_metaint=8192)
    await c.answer(head.replace(b'HTTP/1.0', b'ICY') if v.chance.random() < .3 else head)
    for _ in range(v.some(10, 40)):
        await c.answer(b'\xff\xfb\x90\x64' + v.noise(413))
        await v.pause(.03)
    await c.end()


@scripted('media', visits=50)
async def camera_mjpeg(v):
    """A camera that replaces one picture by the next, without end."""
    c = await v.connect()
    await c.ask(v.get('/video.mjpg', Authorization='Basic ' + v.base64(12)))
    await c.answer(v.response(200, None, 'multipart/x-mixed-replace; boundary=frame', length=False, Cache_Control='no-cache'))
    for _ in range(v.some(4, 15)):
        picture = b'\xff\xd8\xff\xe0\0\x10JFIF\0' + v.noise(1500, 6000) + b'\xff\xd9'
        await c.answer(b'--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n' % (len(picture), picture))
        await v.pause(.1)
    await c.end()


@scripted('media', visits=80)
async def licence_for_media(v):
    """Keys for protected films: binary questions with one beginning, binary answers."""
    talk, head = v.talk(), b'\x08\1\x12' + v.noise(10)
    for _ in range(v.some(2, 6)):
        await talk(v.post('/drm/licence', head + v.noise(1500, 4000), 'application/octet-stream', agent='chrome',
                          Origin='http://player.example'),
                   v.response(200, b'\x08\2\x12' + v.noise(600, 1200), 'application/octet-stream'))
        await v.pause(.2, 2)
    await talk.end()
