"""What goes wrong, and what is old or small: still nothing but HTTP."""
from scenario import scripted


@scripted('oddities', visits=300)
async def cut_upload(v):
    """The user closes the window while the upload runs: no answer, less than was promised."""
    c = await v.connect()
    size = v.some(20000, 900000)
    await c.ask(v.post('/upload', None, 'application/octet-stream', Content_Length=size), v.noise(min(size // 2, v.some(1000, 30000))))
    await v.pause(0, 1)
    if v.chance.random() < .5:
        c.reset('client')
    else:
        await c.end('client')


@scripted('oddities', visits=300)
async def server_dies(v):
    """The whole question arrives, no answer ever does; the client tries again."""
    body = v.pick(v.bytes(v.facts()), v.noise(100, 12000))
    for _ in range(v.some(1, 4)):
        c = await v.connect()
        await c.ask(v.post('/submit', body, 'application/octet-stream'))
        await v.pause(.05, 1.5)
        if v.chance.random() < .5:
            c.reset('server')
        else:
            await c.end('server')


@scripted('oddities', visits=150)
async def half_an_answer(v):
    """The server dies within its answer."""
    c = await v.connect()
    await c.ask(v.get('/report/%d' % v.some(1, 999)))
    answer = v.response(200, v.noise(3000, 30000), 'application/octet-stream')
    await c.answer(answer[:v.some(250, len(answer) - 1)])
    c.reset('server')


@scripted('oddities', visits=150)
async def early_refusal(v):
    """The answer comes before the upload is over: too large, or who are you."""
    c = await v.connect()
    data = v.noise(20000)
    await c.ask(v.post('/upload', data, 'application/octet-stream')[:-15000])
    await c.answer(v.response(v.pick(401, 503, 429), {'error': v.words(3)}, Connection='close'))
    if v.chance.random() < .5:
        await c.ask(data[-15000:])
    await c.end('client')


@scripted('oddities', visits=500)
async def small_device(v):
    """HTTP/1.0 without names: no User-Agent, no Host, the answer ends with the connection."""
    c = await v.connect()
    await c.ask(v.request(*v.pick(('GET', '/status'), ('GET', '/cgi-bin/set?a=%d' % v.some(0, 99)), ('POST', '/cmd', v.noise(10, 60))),
                          version='1.0', agent='none', host=False))
    await c.answer(v.response(200, v.words(5, 60), 'text/plain', version='1.0', length=False))
    await c.end('server')


@scripted('oddities', visits=150)
async def slow_writer(v):
    """A device that writes its request word by word."""
    for _ in range(v.some(1, 4)):
        c = await v.connect()
        whole, size = v.post('/report', v.noise(30, 200), 'application/octet-stream', agent='none'), v.pick(1, 3, 8, 20)
        await c.ask(*(whole[at:at + size] for at in range(0, len(whole), size)))
        await c.answer(v.response(200, 'OK', 'text/plain'))
        await c.end()


@scripted('oddities', visits=150)
async def pipelined(v):
    """Several questions before the first answer."""
    c = await v.connect()
    count = v.some(2, 8)
    await c.ask(b''.join(v.get('/item/%d' % n) for n in range(count)))
    for _ in range(count):
        await c.answer(v.response(200, v.facts()))
    await c.end()


@scripted('oddities', visits=200)
async def said_all(v):
    """The client closes its side at once and waits for the answer."""
    c = await v.connect()
    await c.ask(v.post('/print', v.noise(100, 5000), v.pick('application/octet-stream', 'application/ipp'), Connection='close'))
    c.half_close()
    await v.pause(0, .5)
    await c.answer(v.response(200, v.pick(b'', b'\2\0\0\0\0\0\0\1\3'), 'application/ipp', Connection='close'))
    await c.end('server')


@scripted('oddities', visits=200)
async def upgrade_ignored(v):
    """HTTP/2 or a WebSocket is offered, and the server answers as if it were not."""
    talk = v.talk()
    for _ in range(v.some(1, 3)):
        offer = v.pick({'Connection': 'Upgrade, HTTP2-Settings', 'Upgrade': 'h2c', 'HTTP2_Settings': 'AAMAAABkAAQAAP__'},
                       {'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec_WebSocket_Version': 13, 'Sec_WebSocket_Key': v.base64(16)})
        await talk(v.get('/', agent='none', User_Agent='client/1', **offer),
                   v.response(v.pick(200, 404), '<html>' + v.words(30), 'text/html'))
    await talk.end()


@scripted('oddities', visits=150)
async def retries(v):
    """The server is busy: the same POST again after longer and longer pauses."""
    talk, body, pause = v.talk(), v.noise(500, 8000), .2
    for _ in range(v.some(2, 5)):
        await talk(v.post('/ingest', body, 'application/octet-stream'), v.response(v.pick(429, 503), b'', Retry_After=1))
        await v.pause(pause)
        pause *= 2
    await talk(v.post('/ingest', body, 'application/octet-stream'), v.response(200, {'ok': True}))
    await talk.end()


@scripted('oddities', visits=200)
async def through_a_proxy(v):
    """Absolute form, as clients of a forward proxy write."""
    talk = v.talk()
    for _ in range(v.some(2, 6)):
        await talk(v.get('http://%s/%s' % (v.host, v.words(1)), Proxy_Connection='keep-alive'),
                   v.response(200, '<html>' + v.words(20, 300), 'text/html', Via='1.1 proxy'))
        await talk(v.post('http://%s/form' % v.host, 'a=%s&b=%s' % (v.words(1), v.hex(20)), 'application/x-www-form-urlencoded'),
                   v.response(200, v.facts(), Via='1.1 proxy'))
    await talk.end()


@scripted('oddities', visits=60, lasts=45)
async def idle_connection(v):
    """Kept alive for long between two questions, then closed by the server."""
    c = await v.connect()
    await c.exchange(v.get('/'), v.response(200, v.facts()))
    await v.pause(5, 30)
    await c.exchange(v.get('/again'), v.response(200, v.facts()))
    await v.pause(5, 15)
    await c.end('server')


@scripted('oddities', visits=100)
async def waited_in_vain(v):
    """The client waits for 100-continue, which never comes; some send the content after a second all the same."""
    c = await v.connect()
    await c.ask(v.post('/upload', None, 'application/octet-stream', agent='curl', Expect='100-continue', Content_Length=3000))
    await v.pause(1)
    if v.chance.random() < .6:
        await c.exchange(v.noise(3000), v.response(201))
    await c.end()
