"""Data that goes up, whole or in pieces."""
import base64, hashlib, json, struct

from scenario import scripted


@scripted('uploads', visits=120)
async def tus(v):
    """Resumable uploads: a POST makes the place, PATCH fills it piece by piece."""
    count, piece = v.some(3, 9), v.some(2000, 30000)
    talk, place, more = v.talk(), '/files/' + v.hex(32), {'Tus_Resumable': '1.0.0'}
    await talk(v.post('/files', b'', None, Upload_Length=count * piece, Upload_Metadata='filename ' + v.base64(12), **more),
               v.response(201, Location=place, **more))
    for k in range(count):
        await talk(v.request('PATCH', place, v.noise(piece), 'application/offset+octet-stream', Upload_Offset=k * piece, **more),
                   v.response(204, Upload_Offset=(k + 1) * piece, **more))
    await talk.end()


@scripted('uploads', visits=100)
async def s3_multipart(v):
    """Parts of one size, random as encrypted data is, often on a connection each; half in signed chunks."""
    signed, size, key = v.chance.random() < .5, v.some(5000, 40000), '/bucket/%s.bin' % v.hex(12)
    auth = {'x-amz-date': '20260101T120000Z',
            'Authorization': 'AWS4-HMAC-SHA256 Credential=AKID/20260101/eu/s3/aws4_request, Signature=' + v.hex(64)}
    xml = '<?xml version="1.0" encoding="UTF-8"?>\n<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>' % v.hex(40)
    talk = v.talk()
    await talk(v.post(key + '?uploads', b'', None, agent='go', **auth), v.response(200, xml, 'application/xml'))
    for part in range(1, v.some(3, 7)):
        data = v.noise(size)
        target, answer = '%s?partNumber=%d&uploadId=%s' % (key, part,
                                                           v.hex(40)), v.response(200, ETag='"%s"' % hashlib.md5(data).hexdigest())
        if signed:
            data = b''.join(b'%x;chunk-signature=%s\r\n%s\r\n' % (len(d), v.hex(64).encode(), d) for d in (data, b''))
            await talk(v.request('PUT', target, data, None, agent='go', Content_Encoding='aws-chunked', x_amz_decoded_content_length=size,
                                 x_amz_content_sha256='STREAMING-AWS4-HMAC-SHA256-PAYLOAD', **auth), answer)
        else:
            await talk(v.request('PUT', target, data, 'application/octet-stream', agent='go',
                                 x_amz_content_sha256=hashlib.sha256(data).hexdigest(),
                                 **auth), answer)
    await talk.end()


@scripted('uploads', visits=80)
async def resumable_put(v):
    """Pieces with Content-Range, answered 308 until the last."""
    talk, count, size = v.talk(), v.some(2, 6), v.some(4000, 25000)
    for k in range(count):
        span = 'bytes %d-%d/%d' % (k * size, (k + 1) * size - 1, count * size)
        last = k == count - 1
        await talk(v.request('PUT', '/upload?upload_id=' + v.hex(30), v.noise(size), None, Content_Range=span),
                   v.response(200, v.facts()) if last else v.response(308, Range='bytes=0-%d' % ((k + 1) * size - 1)))
    await talk.end()


@scripted('uploads', visits=80)
async def blocks_by_hash(v):
    """A synchroniser asks which blocks are missing, then sends them, each named by its hash."""
    talk, blocks = v.talk(), [v.noise(500, 20000) for _ in range(v.some(2, 8))]
    names = [hashlib.sha256(b).hexdigest() for b in blocks]
    await talk(v.post('/blocks/missing', names), v.response(200, names))
    for name, block in zip(names, blocks):
        await talk(v.request('PUT', '/blocks/' + name, block, 'application/octet-stream'), v.response(201))
    await talk(v.post('/commit', {'blocks': names}), v.response(200, v.facts()))
    await talk.end()


@scripted('uploads', visits=130)
async def picture_in_json(v):
    """Pictures in base64 inside JSON; the answer may hold one too."""
    talk = v.talk()
    for _ in range(v.some(1, 5)):
        picture = base64.b64encode(v.png(v.some(500, 15000))).decode()
        await talk(v.post(v.pick('/recognise', '/photos'), {'name': v.words(1), 'image': v.pick('', 'data:image/png;base64,') + picture}),
                   v.response(200, {'thumbnail': v.base64(200, 2000), **v.facts()}))
        await v.pause(0, .3)
    await talk.end()


@scripted('uploads', visits=120)
async def base64_bodies(v):
    """Nothing but base64, as text or form or octet-stream, in lines or in one."""
    talk = v.talk()
    for _ in range(v.some(2, 6)):
        text = v.base64(300, 6000)
        if v.chance.random() < .5:
            text = '\r\n'.join(text[at:at + 76] for at in range(0, len(text), 76))
        await talk(v.post('/attachment', text,
                          v.pick('text/plain', 'application/octet-stream', 'application/base64', 'application/x-www-form-urlencoded')),
                   v.response(v.pick(200, 201), v.pick('OK', 'stored ' + v.uuid()), 'text/plain'))
    await talk.end()


@scripted('uploads', visits=40)
async def speed_test(v):
    """Random bytes both ways, several connections at once."""
    talks = [v.talk(keep=True) for _ in range(v.some(2, 4))]
    await talks[0](v.get('/latency.txt'), v.response(200, 'test=test\n', 'text/plain'))
    for talk in talks:
        await talk(v.get('/download?size=%d' % v.some(1, 9)),
                   v.response(200, v.noise(20000, 120000), 'application/octet-stream', Cache_Control='no-store'))
        await talk(v.post('/upload?n=%s' % v.hex(8), v.noise(20000, 120000), 'application/octet-stream'),
                   v.response(200, 'size=500', 'text/plain'))
    for talk in talks:
        await talk.end()


@scripted('uploads', visits=100)
async def web_form_files(v):
    """Attachments of a web mail: multipart/form-data."""
    talk, edge = v.talk(), '----WebKitFormBoundary' + v.hex(16)
    for _ in range(v.some(1, 4)):
        part = '--%s\r\nContent-Disposition: form-data; name="file"; filename="%s.pdf"\r\nContent-Type: application/pdf\r\n\r\n%%PDF-1.7\n'
        body = (part % (edge, v.words(1))).encode() + v.noise(1000, 25000) + ('\r\n--%s--\r\n' % edge).encode()
        await talk(v.post('/mail/attach', body, 'multipart/form-data; boundary=' + edge, agent='chrome', Referer='http://%s/mail/' % v.host,
                          Cookie='sid=' + v.hex(32)), v.response(200, v.facts()))
    await talk.end()


@scripted('uploads', visits=150)
async def bulk_index(v):
    """A search engine fed with lines of JSON; answers as long as the questions."""
    talk = v.talk()
    for _ in range(v.some(2, 6)):
        docs = [v.facts() for _ in range(v.some(3, 25))]
        lines = ''.join('{"index":{"_index":"log","_id":"%s"}}\n%s\n' % (v.hex(20), json.dumps(d)) for d in docs)
        await talk(v.post('/_bulk', lines, 'application/x-ndjson'),
                   v.response(200, {'took': v.some(1, 40), 'errors': False,
                                    'items': [{'index': {'_id': v.hex(20), 'status': 201}} for _ in docs]}))
    # GET with a body: how searches are asked there.
    await talk(v.get('/log/_search', body={'query': {'match_all': {}}}), v.response(200, {'hits': [v.facts()]}))
    await talk.end()


@scripted('uploads', visits=60)
async def live_audio(v):
    """Audio goes up in chunks while what was understood comes down: both at once on one connection."""
    c = await v.connect()
    await c.ask(v.post('/recognize', None, 'audio/l16; rate=16000', agent='okhttp', Transfer_Encoding='chunked'))
    heard = v.response(200, None, 'application/json', length=False, Transfer_Encoding='chunked')
    for n in range(v.some(4, 12)):
        await c.ask(v.chunks(v.noise(640, 3200), 4000)[0])
        if n % 3 == 1:
            await c.answer(heard + v.chunks(v.bytes({'partial': v.words(1, 8)}) + b'\n', 4000)[0])
            heard = b''
        await v.pause(.1)
    await c.ask(b'0\r\n\r\n')
    await c.answer(heard + v.chunks(v.bytes({'final': v.words(5, 12)}), 4000)[0] + b'0\r\n\r\n')
    await c.end()


@scripted('uploads', visits=30)
async def live_broadcast(v):
    """A studio feeds a radio server: a PUT without end, answered at its beginning only."""
    c = await v.connect()
    await c.ask(v.request('PUT', '/live.mp3', None, 'audio/mpeg', agent='none', User_Agent='butt/0.1.40', Ice_Public=1,
                          Expect='100-continue',
                          Transfer_Encoding='chunked'))
    await c.answer(v.response(100, version='1.1'))
    for _ in range(v.some(15, 40)):
        await c.ask(v.chunks(b'\xff\xfb\x90\x64' + v.noise(413), 4000)[0])
        await v.pause(.05)
    await c.ask(b'0\r\n\r\n')
    await c.answer(v.response(200))
    await c.end()


@scripted('uploads', visits=60)
async def background_transfer(v):
    """BITS uploads: a method of its own, a session, fragments with ranges, acknowledgements without content."""
    talk, count, size, session = v.talk(), v.some(2, 6), v.some(1000, 20000), '{%s}' % v.uuid().upper()

    async def step(kind, body=b'', **more):
        await talk(v.request('BITS_POST', '/upload/%s' % v.hex(8), body, agent='none', User_Agent='Microsoft BITS/7.8',
                             BITS_Packet_Type=kind, **more),
                   v.response(200, b'', BITS_Packet_Type='Ack', BITS_Session_Id=session))

    await step('Create-Session', BITS_Supported_Protocols='{7df0354d-249b-430f-820d-3d2a9bef4931}')
    for k in range(count):
        await step('Fragment', v.noise(size), BITS_Session_Id=session,
                   Content_Range='bytes %d-%d/%d' % (k * size, (k + 1) * size - 1, count * size))
    await step('Close-Session', BITS_Session_Id=session)
    await talk.end()


@scripted('uploads', visits=60)
async def upload_with_progress(v):
    """One long POST, and beside it small GETs that ask how far it has come."""
    up, ask, token, size = await v.connect(), v.talk(), v.hex(16), v.some(20000, 60000)
    await up.ask(v.post('/upload?token=' + token, None, 'application/octet-stream', agent='firefox', Content_Length=8 * size))
    for k in range(8):
        await up.ask(v.noise(size))
        await ask(v.get('/progress?token=' + token, agent='firefox'), v.response(200, {'received': k * size, 'size': 8 * size}))
        await v.pause(.1, .3)
    await up.answer(v.response(201, {'stored': True}))
    await up.end()
    await ask.end()


@scripted('uploads', visits=30)
async def live_transcoding(v):
    """Sound in one form goes up in chunks while the same in another form comes down, all on one connection."""
    c = await v.connect()
    await c.ask(v.post('/transcode?to=aac', None, 'audio/ogg', agent='curl', Transfer_Encoding='chunked'),
                v.chunks(b'OggS\0\2' + v.noise(3000), 4000)[0])
    await c.answer(v.response(200, None, 'audio/aac', length=False, Transfer_Encoding='chunked'))
    for _ in range(v.some(5, 20)):
        await c.ask(v.chunks(b'OggS\0\0' + v.noise(500, 3000), 4000)[0])
        await c.answer(v.chunks(b'\xff\xf1P\x80' + v.noise(300, 2000), 4000)[0])
        await v.pause(.05, .1)
    await c.ask(b'0\r\n\r\n')
    await c.answer(b'0\r\n\r\n')
    await c.end()


@scripted('uploads', visits=40)
async def paired_speech(v):
    """Speech goes up on one connection, what was understood comes down on another; a name in both queries joins them."""
    up, down, pair = await v.connect(), await v.connect(), v.hex(16)
    await up.ask(v.post('/speech/up?pair=' + pair, None, 'audio/x-flac; rate=16000', agent='chrome', Transfer_Encoding='chunked'))
    await down.ask(v.get('/speech/down?pair=' + pair, agent='chrome'))
    await down.answer(v.response(200, None, 'application/json', length=False, Transfer_Encoding='chunked'))
    for n in range(v.some(5, 20)):
        await up.ask(v.chunks(b'fLaC'[:4 * (not n)] + v.noise(800, 1600), 4000)[0])
        if n % 3 == 2:
            await down.answer(v.chunks(v.bytes({'result': v.words(1, 6)}) + b'\n', 4000)[0])
        await v.pause(.1)
    await up.ask(b'0\r\n\r\n')
    await down.answer(b'0\r\n\r\n')
    await up.answer(v.response(200))
    await up.end()
    await down.end()


@scripted('uploads', visits=80)
async def evidence_files(v):
    """Files that hold other protocols: captures of packets, archives of web pages, stored messages."""
    talk = v.talk()
    for _ in range(v.some(1, 3)):
        pcap = b'\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\0\0\4\0\1\0\0\0' + b''.join(
            struct.pack('<IIII', 1, n, 74, 74) + b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0E\0\0\x3c' + v.noise(56) for n in range(v.some(3, 60)))
        warc = 'WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 60\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n' + v.words(100)
        body, type = v.pick((pcap, 'application/vnd.tcpdump.pcap'), (warc, 'application/warc'), (pcap, 'application/octet-stream'),
                            ('HTTP/1.1 500 Oops\r\nServer: x\r\n\r\n' + v.words(30), 'application/octet-stream'),
                            ('GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'message/http'))
        await talk(v.post('/case/%d/files' % v.some(1, 99), body, type), v.response(201, {'id': v.uuid()}))
    await talk.end()
