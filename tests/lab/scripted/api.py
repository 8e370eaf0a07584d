"""Programs that talk to programs."""
import base64, struct

from scenario import scripted


@scripted('api', visits=300)
async def rest(v):
    """An ordinary API with a session id in a field; some calls, such as keep-alives, have no content."""
    talk, session = v.talk(), v.pick(v.hex(32), v.uuid(), v.base64(32), v.base64(16)[:22].replace('/', '_').replace('+', '-'))
    more = {'X_Session_Id': session}
    for _ in range(v.some(3, 12)):
        item = '/items/%d' % v.some(1, 999)
        await talk(*v.pick((v.get(item, **more), v.response(200, v.facts())),
                           (v.post('/items', v.facts(), **more), v.response(201, v.facts())),
                           (v.request('PUT', item, v.facts(), **more), v.response(204)),
                           (v.request('DELETE', item, **more), v.response(204)),
                           (v.post('/session/keep', b'', None, **more), v.response(200, {}))))
        await v.pause(0, .4)
    await talk.end()


@scripted('api', visits=80, lasts=50)
async def session_keep_alive(v):
    """Empty POSTs at a steady beat, so that a session does not end; now and then a call with content, all to one path."""
    talk, session, beat = v.talk(keep=True), v.hex(32), v.pick(.5, 1, 2)
    for _ in range(v.some(6, 25)):
        busy = v.chance.random() < .2
        await talk(v.post('/session', v.facts() if busy else b'', X_Session_Id=session), v.response(200, v.facts() if busy else {}))
        await v.pause(beat)
    await talk.end()


@scripted('api', visits=150)
async def mcp(v):
    """Tool servers for assistants: JSON-RPC to one path, with a session id in a field, answers as JSON or as one event."""
    talk, session = v.talk(), v.uuid()
    for n in range(v.some(4, 14)):
        call = {'jsonrpc': '2.0', 'id': n, 'method': v.pick('tools/list', 'tools/call', 'resources/read', 'ping'), 'params': v.facts()}
        answer = {'jsonrpc': '2.0', 'id': n, 'result': {'content': [{'type': 'text', 'text': v.words(3, 80)}]}}
        event = 'event: message\ndata: %s\n\n' % v.bytes(answer).decode()
        await talk(v.post('/mcp', call, Accept='application/json, text/event-stream', Mcp_Session_Id=session),
                   v.pick(v.response(200, answer), v.response(200, event, 'text/event-stream', Mcp_Session_Id=session)))
        await v.pause(.05, .6)
    await talk.end()


@scripted('api', visits=200)
async def grpc_web(v):
    """Frames of a flag, a length and protobuf; the answer ends with a frame of trailers.  Half of it as base64 text."""
    text = v.chance.random() < .5
    kind = 'application/grpc-web-text' if text else 'application/grpc-web+proto'
    talk = v.talk()

    def frame(flag, data):
        return struct.pack('>BI', flag, len(data)) + data

    def coded(data):
        return base64.b64encode(data) if text else data

    for _ in range(v.some(3, 12)):
        answer = b''.join(frame(0, v.protobuf(v.some(2, 25))) for _ in range(v.some(1, 4))) + frame(128, b'grpc-status: 0\r\n')
        await talk(v.post('/shop.v1.Orders/' + v.pick('Get', 'List', 'Watch'), coded(frame(0, v.protobuf(v.some(1, 20)))), kind,
                          agent='chrome', X_Grpc_Web=1),
                   v.response(200, coded(answer), kind))
        await v.pause(0, .3)
    await talk.end()


@scripted('api', visits=150)
async def metrics_scrape(v):
    """Numbers in text, fetched at a steady beat."""
    talk = v.talk()
    for _ in range(v.some(3, 10)):
        text = ''.join('%s_total{path="/%s"} %d\n' % (v.words(1), v.words(1), v.some(0, 99999)) for _ in range(v.some(20, 200)))
        await talk(v.get('/metrics', agent='go', X_Prometheus_Scrape_Timeout_Seconds=10),
                   v.response(200, text, 'text/plain; version=0.0.4'))
        await v.pause(.5)
    await talk.end()


@scripted('api', visits=120)
async def calendar(v):
    """CalDAV: PROPFIND, REPORT, PUT of appointments."""
    talk = v.talk()
    multi = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">%s</d:multistatus>'
    for _ in range(v.some(2, 6)):
        entries = ''.join('<d:response><d:href>/cal/%s.ics</d:href></d:response>' % v.uuid() for _ in range(v.some(1, 12)))
        await talk(v.request('PROPFIND', '/cal/', '<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>', 'application/xml', Depth=1),
                   v.response(207, multi % entries, 'application/xml'))
        await talk(v.request('PUT', '/cal/%s.ics' % v.uuid(), 'BEGIN:VCALENDAR\r\n%s\r\nEND:VCALENDAR\r\n' % v.words(20), 'text/calendar'),
                   v.response(201))
    await talk.end()


@scripted('api', visits=200)
async def xml_rpc(v):
    """Calls in XML, base64 values among them."""
    talk = v.talk()
    for _ in range(v.some(2, 8)):
        value = v.pick('<int>%d</int>' % v.some(0, 999), '<base64>%s</base64>' % v.base64(50, 2000), '<string>%s</string>' % v.words(3, 30))
        call = '<methodCall><methodName>a.b</methodName><params><param><value>%s</value></param></params></methodCall>' % value
        answer = '<methodResponse><params><param><value>%s</value></param></params></methodResponse>' % value
        await talk(v.post('/RPC2', '<?xml version="1.0"?>' + call, 'text/xml', agent='none'),
                   v.response(200, '<?xml version="1.0"?>' + answer, 'text/xml'))
    await talk.end()


@scripted('api', visits=150)
async def tokens(v):
    """Signed and sealed tokens alone in bodies: base64url and dots, nothing else."""
    talk = v.talk()

    def token(parts):
        return '.'.join(v.base64(30, 300).rstrip('=').replace('+', '-').replace('/', '_') for _ in range(parts))

    for _ in range(v.some(2, 7)):
        await talk(v.post(v.pick('/acme/new-order', '/token'), token(v.pick(1, 3, 5)),
                          v.pick('application/jose', 'application/jose+json', 'text/plain'), Cache_Control='no-store'),
                   v.response(200, token(3), v.pick('application/jwt', 'text/plain')))
    await talk.end()


@scripted('api', visits=120)
async def batch(v):
    """Several calls in one: requests and answers as parts of a multipart body."""
    talk, edge = v.talk(), 'batch_' + v.uuid()
    for _ in range(v.some(1, 5)):
        calls = range(v.some(2, 6))
        up = ''.join('--%s\r\nContent-Type: application/http\r\n\r\nGET /items/%d HTTP/1.1\r\nHost: %s\r\n\r\n' %
                     (edge, v.some(1, 99), v.host) for _ in calls)
        down = ''.join('--%s\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n%s\r\n' %
                       (edge, v.bytes(v.facts()).decode()) for _ in calls)
        await talk(v.post('/$batch', up + '--%s--\r\n' % edge, 'multipart/mixed; boundary=' + edge),
                   v.response(200, down + '--%s--\r\n' % edge, 'multipart/mixed; boundary=' + edge))
    await talk.end()


@scripted('api', visits=100)
async def message_pack(v):
    """MessagePack both ways, answers of other lengths than questions."""
    talk = v.talk()
    for _ in range(v.some(3, 12)):
        def pack():
            return b'\x83' + b''.join(bytes((0xa0 + len(w),)) + w.encode() + b'\xcd' + v.noise(2) for w in v.words(3).split())
        await talk(v.post('/rpc', pack(), 'application/msgpack'),
                   v.response(200, b''.join(pack() for _ in range(v.some(1, 9))), 'application/msgpack'))
        await v.pause(0, .2)
    await talk.end()


@scripted('api', visits=60, lasts=55)
async def binary_calls(v):
    """Thrift, Hessian or AMF: binary questions and answers that all begin alike, one path, some for long."""
    head, kind = v.pick((b'\x80\1\0\1\0\0\0\7getData', 'application/x-thrift'), (b'c\1\0m\0\7getData', 'x-application/hessian'),
                        (b'\0\3\0\0\0\1\0\4null\0\2/1\0\0', 'application/x-amf'))
    talk = v.talk()
    for _ in range(v.pick(5, 10, 20, 40, 250)):
        await talk(v.post('/service', head + v.noise(20, 400), kind, agent='java'), v.response(200, head + v.noise(20, 1500), kind))
        await v.pause(.05, .35)
    await talk.end()


@scripted('api', visits=250)
async def web_hook(v):
    """One signed POST on a connection of its own."""
    await v.talk(keep=False)(v.post('/hooks/' + v.hex(8), v.facts(5, 20), agent='go', X_Hub_Signature_256='sha256=' + v.hex(64),
                                    X_Event=v.words(1)),
                             v.response(v.pick(200, 202, 204), b''))


@scripted('api', visits=120)
async def line_protocol(v):
    """Measured values as lines of text into a data base; queries come back in columns."""
    talk = v.talk()
    for _ in range(v.some(3, 8)):
        lines = '\n'.join('cpu,host=%s value=%d %d' % (v.words(1), v.some(0, 100), v.some(1, 9 ** 18)) for _ in range(v.some(5, 60)))
        await talk(v.post('/write?db=lab', v.gzip(lines), 'text/plain', agent='go', Content_Encoding='gzip'), v.response(204))
        await talk(v.post('/?query=SELECT', b'', None),
                   v.response(200, v.noise(8, 2000), 'application/octet-stream', X_ClickHouse_Format='RowBinary'))
    await talk.end()


@scripted('api', visits=100)
async def home_devices(v):
    """UPnP: descriptions, subscriptions and notices, with methods and answers that are seldom seen."""
    talk = v.talk()
    await talk(v.get('/description.xml', agent='none'), v.response(200, '<?xml version="1.0"?><root>%s</root>' % v.words(80), 'text/xml'))
    await talk(v.request('SUBSCRIBE', '/event', agent='none', CALLBACK='<http://10.0.0.1:49152/>', NT='upnp:event', TIMEOUT='Second-300'),
               v.response(200, b'', SID='uuid:' + v.uuid()))
    for n in range(v.some(1, 6)):
        await talk(v.request('NOTIFY', '/', '<e:propertyset><v>%s</v></e:propertyset>' % v.words(3, 30), 'text/xml', agent='none',
                             NTS='upnp:propchange', SEQ=n),
                   v.response(200, b''))
        await v.pause(.1, .5)
    await talk.end()
