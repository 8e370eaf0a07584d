"""Asking again and again, and waiting for what comes."""
import json

from scenario import scripted


@scripted('polling', visits=60, lasts=65)
async def empty_lists(v):
    """A list asked for at a strict beat, nearly always `[]`; some clients send `[]` too."""
    talk, beat = v.talk(keep=v.chance.random() < .7), v.pick(.2, .5, 1)
    sends = v.chance.random() < .5
    for _ in range(v.pick(10, 20, 40, int(65 / beat))):
        answer = [] if v.chance.random() < .9 else [v.facts()]
        ask = v.post('/api/queue', [] if v.chance.random() < .9 else [v.facts()]) if sends else v.get('/api/notifications')
        await talk(ask, v.response(200, answer))
        await v.pause(beat)
    await talk.end()


@scripted('polling', visits=80, lasts=32)
async def long_poll(v):
    """A question that waits for its answer, up to a few seconds."""
    c = await v.connect()
    for n in range(v.some(3, 8)):
        await c.ask(v.get('/updates?since=%d' % n) if n % 2 else v.post('/updates', {'since': n}))
        await v.pause(.3, 4)
        await c.answer(v.response(200, [v.facts()]) if v.chance.random() < .5 else v.response(204))
    await c.end()


@scripted('polling', visits=80)
async def event_stream(v):
    """Server-sent events, and comments to keep the line."""
    c = await v.connect()
    await c.ask(v.get('/events', agent='chrome', Cache_Control='no-cache'))
    await c.answer(v.response(200, None, 'text/event-stream', length=False, Transfer_Encoding='chunked', Cache_Control='no-cache'))
    for n in range(v.some(5, 30)):
        text = ': beat\n\n' if v.chance.random() < .3 else 'id: %d\nevent: %s\ndata: %s\n\n' % (n, v.pick('a', 'b'), json.dumps(v.facts()))
        await c.answer(v.chunks(text.encode(), 9999)[0])
        await v.pause(.1, .6)
    await c.end(v.pick('client', 'server'))


@scripted('polling', visits=70)
async def engine_io(v):
    """The polling transport of chat libraries: a waiting GET on one connection, POSTs on another, one session id in both."""
    sid, down, up = v.base64(15)[:20], await v.connect(), await v.connect()
    path = '/socket.io/?EIO=4&transport=polling&t=%s' % v.hex(7)
    await down.exchange(v.get(path), v.response(200, '0{"sid":"%s","upgrades":[],"pingInterval":25000}' % sid, 'text/plain; charset=UTF-8'))
    path += '&sid=' + sid
    await up.exchange(v.post(path, '40', 'text/plain;charset=UTF-8'), v.response(200, 'ok', 'text/html'))
    for _ in range(v.some(3, 15)):
        await down.ask(v.get(path))
        for _ in range(v.some(0, 2)):
            await v.pause(.05, .3)
            await up.exchange(v.post(path, '42' + json.dumps(['message', v.words(1, 20)]), 'text/plain;charset=UTF-8'),
                              v.response(200, 'ok', 'text/html'))
        await v.pause(.1, .5)
        await down.answer(v.response(200, v.pick('2', '42' + json.dumps(['message', v.words(1, 30)]), 'b' + v.base64(50, 900)),
                                     'text/plain; charset=UTF-8'))
    await down.end()
    await up.end()


@scripted('polling', visits=70, lasts=55)
async def backing_off(v):
    """Waiting for a job: each pause half as long again as the one before."""
    talk, ratio, pause = v.talk(), v.pick(1.5, 1.5, 2), .1
    await talk(v.post('/jobs', v.facts()), v.response(202, {'job': v.uuid()}))
    for _ in range(v.some(4, 9)):
        await v.pause(pause)
        pause *= ratio
        await talk(v.get('/jobs/' + v.hex(8)) if v.chance.random() < .5 else v.post('/jobs/status', {'job': v.hex(8)}),
                   v.response(200, {'state': 'running'}))
    await talk.end()


@scripted('polling', visits=40, lasts=70)
async def json_rpc(v):
    """Every call to one path, each with another body, batches among them, with words that tunnels use too; some for long."""
    talk, beat, n = v.talk(keep=v.chance.random() < .7), v.chance.uniform(.1, .4), 0
    for _ in range(v.pick(10, 20, 30, 40, 60, int(70 / beat))):
        calls = []
        for _ in range(v.some(1, 3)):
            n += 1
            calls.append({'jsonrpc': '2.0', 'id': n, 'method': v.pick('open', 'data', 'end', 'close', 'eth_call', 'getblock'),
                          'params': [v.pick(v.hex(64), v.base64(30), v.facts())]})
        answers = [{'jsonrpc': '2.0', 'id': c['id'], 'result': v.pick('0x' + v.hex(64), v.facts(), None)} for c in calls]
        one = len(calls) == 1
        await talk(v.post('/rpc', calls[0] if one else calls), v.response(200, answers[0] if one else answers))
        await v.pause(beat)
    await talk.end()


@scripted('polling', visits=50, lasts=66)
async def graphql(v):
    """One path, POST for everything."""
    talk, beat = v.talk(keep=v.chance.random() < .8), v.chance.uniform(.1, .5)
    for _ in range(v.pick(6, 12, 25, 50, int(66 / beat))):
        query = 'query Q { %s(id: %d) { id %s } }' % (v.words(1), v.some(1, 9999), v.words(2, 9))
        await talk(v.post('/graphql', {'query': query, 'variables': v.facts()}, agent=v.pick('chrome', 'axios')),
                   v.response(200, {'data': v.facts(3, 20)}))
        await v.pause(beat)
    await talk.end()


@scripted('polling', visits=60)
async def sse_with_posts(v):
    """Tool servers for assistants, old style: one event stream down, messages up by POST, a session id in the query."""
    down, talk, session = await v.connect(), v.talk(), v.uuid()
    await down.ask(v.get('/sse', agent='none', Accept='text/event-stream', User_Agent='node'))
    await down.answer(v.response(200, None, 'text/event-stream', length=False, Transfer_Encoding='chunked'),
                      v.chunks(('event: endpoint\ndata: /messages?sessionId=%s\n\n' % session).encode(), 999)[0])
    for n in range(v.some(3, 10)):
        await talk(v.post('/messages?sessionId=' + session, {'jsonrpc': '2.0', 'id': n, 'method': 'tools/call', 'params': v.facts()}),
                   v.response(202, 'Accepted', 'text/plain'))
        await down.answer(v.chunks(('event: message\ndata: %s\n\n' %
                                    json.dumps({'jsonrpc': '2.0', 'id': n, 'result': v.facts()})).encode(), 9999)[0])
        await v.pause(.1, .5)
    await talk.end()
    await down.end()


@scripted('polling', visits=60)
async def screen_sharing(v):
    """A remote console in a browser: pictures by GET, keys and pointer by small POSTs, five in a second."""
    down, up = v.talk(keep=True), v.talk(keep=True)
    for n in range(v.some(15, 50)):
        await down(v.get('/screen.jpg?n=%d' % n, agent='firefox'),
                   v.response(200, b'\xff\xd8\xff\xe0\0\x10JFIF\0' + v.noise(1000, 5000), 'image/jpeg'))
        if v.chance.random() < .6:
            await up(v.post('/input', v.noise(4, 40), 'application/octet-stream', agent='firefox'), v.response(204))
        await v.pause(.2)
    await down.end()
    await up.end()


@scripted('polling', visits=60)
async def chat_rooms(v):
    """A chat: one connection waits for news again and again, another PUTs messages; a token in both."""
    down, up, token = await v.connect(), v.talk(), 'Bearer ' + v.hex(40)
    for n in range(v.some(3, 12)):
        await down.ask(v.get('/sync?since=s%d&timeout=30000' % n, Authorization=token))
        for k in range(v.some(0, 3)):
            await up(v.request('PUT', '/rooms/%s/send/m.room.encrypted/%d' % (v.hex(8), k), {'ciphertext': v.base64(100, 700)},
                               Authorization=token),
                     v.response(200, {'event_id': '$' + v.hex(40)}))
        await v.pause(.1, .8)
        await down.answer(v.response(200,
                                     {'next_batch': 's%d' % n, 'rooms': [{'ciphertext': v.base64(100, 900)} for _ in range(v.some(0, 4))]}))
    await down.end()
    await up.end()


@scripted('polling', visits=50)
async def folder_watch(v):
    """A synchroniser waits for changes on one connection and sends its own on another, all of it encrypted."""
    down, token = await v.connect(), v.hex(32)
    for _ in range(v.some(2, 6)):
        await down.ask(v.get('/subscribe?token=' + token, agent='none', User_Agent='Sync/1.4'))
        up = v.talk()
        for _ in range(v.some(1, 4)):
            await up(v.request('PUT', '/files/%s?token=%s' % (v.hex(20), token), v.noise(500, 12000), 'application/octet-stream',
                               agent='none'), v.response(201))
            await v.pause(.1, .5)
        await up.end()
        await down.answer(v.response(200, v.pick({'changed': True}, {'changed': False})))
    await down.end()


@scripted('polling', visits=60)
async def web_console(v):
    """A terminal in a page: keys go up in forms, what the screen shows comes down in JSON."""
    talk, session = v.talk(keep=True), v.base64(12)
    for _ in range(v.some(10, 40)):
        keys = v.hex(2 * v.some(1, 4)).upper() if v.chance.random() < .6 else ''
        await talk(v.post('/console?', 'width=80&height=24&session=%s%s' % (session, keys and '&keys=' + keys),
                          'application/x-www-form-urlencoded; charset=UTF-8',
                          agent='firefox'), v.response(200,
                                                       {'session': session,
                                                        'data': v.pick('', v.words(1, 40), '\x1b[31mSSH-2.0-OpenSSH\x1b[0m')}))
        await v.pause(.05, .4)
    await talk.end()
