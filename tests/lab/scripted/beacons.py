"""Small messages sent home, often at a steady beat: telemetry, licences, heartbeats, look-ups."""
import struct, zlib

from scenario import scripted


@scripted('beacons', visits=250)
async def telemetry_json(v):
    """Events in JSON, answered 204."""
    talk = v.talk()
    for _ in range(v.some(3, 12)):
        await talk(v.post(v.pick('/v1/events', '/collect'), {'events': [v.facts() for _ in range(v.some(1, 4))]}), v.response(204))
        await v.pause(.2, .6)
    await talk.end()


@scripted('beacons', visits=60, lasts=75)
async def telemetry_binary(v):
    """Protobuf as octet-stream at a strict beat; one in six is at it for long."""
    talk, beat = v.talk(), v.pick(.5, 1, 2)
    for _ in range(v.pick(5, 8, 12, 15, 20, int(75 / beat))):
        await talk(v.post('/ingest', v.protobuf(v.some(8, 40)), 'application/octet-stream'), v.response(v.pick(200, 202, 204)))
        await v.pause(beat)
    await talk.end()


@scripted('beacons', visits=150)
async def otlp(v):
    """OpenTelemetry: traces and metrics as gzipped protobuf, with an empty protobuf for an answer."""
    talk = v.talk()
    for _ in range(v.some(4, 10)):
        body = v.gzip(v.protobuf(v.some(15, 31)).decode('latin1') * 3)
        await talk(v.post(v.pick('/v1/traces', '/v1/metrics'), body, 'application/x-protobuf', agent='go', Content_Encoding='gzip'),
                   v.response(200, b'', 'application/x-protobuf'))
        await v.pause(.1, .5)
    await talk.end()


@scripted('beacons', visits=200)
async def sentry_envelope(v):
    """Lines of JSON, an envelope for each crash."""
    talk, project = v.talk(), v.some(1, 99)
    for _ in range(v.some(2, 6)):
        lines = '{"event_id":"%s"}\n{"type":"event"}\n%s\n' % (v.hex(32), v.bytes(v.facts(10, 20)).decode())
        await talk(v.post('/api/%d/envelope/' % project, lines, 'application/x-sentry-envelope',
                          X_Sentry_Auth='Sentry sentry_key=' + v.hex(32)),
                   v.response(200, {'id': v.hex(32)}))
        await v.pause(.05, 1)
    await talk.end()


@scripted('beacons', visits=180)
async def antivirus_lookup(v):
    """Small encrypted questions about files, small encrypted answers."""
    talk = v.talk()
    for _ in range(v.some(3, 14)):
        await talk(v.post('/lookup', v.noise(80, 400), 'application/octet-stream', agent='none', User_Agent='Guard/7.2'),
                   v.response(200, v.noise(40, 200), 'application/octet-stream'))
        await v.pause(.02, .8)
    await talk.end()


@scripted('beacons', visits=60, lasts=70)
async def licence_heartbeat(v):
    """An encrypted blob behind a fixed head, at a strict beat, answered in kind."""
    talk, beat, head = v.talk(), v.pick(.5, 1, 3), b'LIC1' + v.noise(12)
    for _ in range(v.pick(6, 9, 15, int(70 / beat))):
        await talk(v.post('/check', head + v.noise(112), 'application/octet-stream', agent='none'),
                   v.response(200, b'LIC1' + v.noise(48), 'application/octet-stream'))
        await v.pause(beat)
    await talk.end()


@scripted('beacons', visits=120)
async def counting_pixel(v):
    """GETs with long queries, answered with a picture of one point."""
    talk = v.talk()
    for _ in range(v.some(3, 15)):
        await talk(v.get('/pixel.gif?v=1&cid=%d.%d&d=%s' % (v.some(1, 9 ** 9), v.some(1, 9 ** 9), v.hex(v.some(8, 300)))),
                   v.response(200, b'GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;', 'image/gif'))
        await v.pause(.1, .7)
    await talk.end()


@scripted('beacons', visits=100)
async def framed_log_records(v):
    """Batches of log records, each behind its length: what a tunnel's frames look like."""
    talk = v.talk()
    for _ in range(v.some(4, 12)):
        records = [v.protobuf(v.some(3, 20)) for _ in range(v.some(1, 12))]
        await talk(v.post('/logs', b''.join(struct.pack('>I', len(r)) + r for r in records), 'application/octet-stream', agent='go'),
                   v.response(204))
        await v.pause(.1, .5)
    await talk.end()


@scripted('beacons', visits=100)
async def remote_write(v):
    """Samples to a time series store: compressed protobuf, the same path for ever."""
    talk = v.talk(keep=v.chance.random() < .7)
    for _ in range(v.some(5, 15)):
        await talk(v.post('/api/v1/write', zlib.compress(v.protobuf(30) * 5), 'application/x-protobuf', agent='go',
                          Content_Encoding='snappy',
                          X_Prometheus_Remote_Write_Version='0.1.0'), v.response(204))
        await v.pause(.2, .4)
    await talk.end()


@scripted('beacons', visits=150)
async def certificate_status(v):
    """OCSP and time stamps: small DER, both ways."""
    talk = v.talk()
    for _ in range(v.some(1, 4)):
        what = v.pick('ocsp', 'timestamp')
        await talk(v.post('/' + what, b'0Q0O0M0K0I0\t\6\5+\x0e\3\2\x1a\5\0\4\x14' + v.noise(60),
                          'application/%s-request' % what.replace('timestamp', 'timestamp-query')),
                   v.response(200, b'0\x82\5\xd4\n\1\0\xa0\x82\5\xcd0\x82\5\xc9' + v.noise(1400), 'application/%s-response' % what))
    await talk.end()


@scripted('beacons', visits=100)
async def sensor_samples(v):
    """Numbers as they lie in memory: small ones, and many zeros."""
    talk = v.talk()
    for _ in range(v.some(3, 10)):
        body = b''.join(struct.pack('<h', n - 3) if n % 3 else b'\0\0' for n in v.noise(20, 400))
        await talk(v.post('/samples', body, 'application/octet-stream', agent='none', Device=v.hex(8)),
                   v.response(200, v.pick('', 'OK', b'\0\0\0\1'), 'text/plain'))
        await v.pause(.2, .4)
    await talk.end()


@scripted('beacons', visits=120)
async def health_check(v):
    """A load balancer asks whether all is well: one short connection after the other."""
    beat = v.pick(.3, .5, 1)
    for _ in range(v.some(6, 20)):
        await v.talk(keep=False)(v.get('/health', version=v.pick('1.0', '1.1'), agent='none', Connection='close'),
                                 v.response(200, 'OK', 'text/plain', Connection='close'))
        await v.pause(beat)


@scripted('beacons', visits=40, lasts=75)
async def advertising_bids(v):
    """Bids in JSON or protobuf to one path, many in a second, mostly answered with nothing; some for long."""
    talk, binary = v.talk(keep=v.chance.random() < .8), v.chance.random() < .4
    for _ in range(v.pick(20, 40, 80, 350)):
        ask = v.post('/bid', v.protobuf(v.some(10, 40)),
                     'application/x-protobuf') if binary else v.post('/bid', {'id': v.hex(24), 'imp': [v.facts()]})
        await talk(ask, v.response(204) if v.chance.random() < .7 else v.response(200, {'id': v.hex(24), 'seatbid': [v.facts()]}))
        await v.pause(.05, .35)
    await talk.end()


@scripted('beacons', visits=100)
async def endpoint_manager(v):
    """A managed workstation reports: encrypted content, encoded words in the query, answers of the same kind or none."""
    talk = v.talk()
    for _ in range(v.some(2, 7)):
        target = '/secars/secars.dll?h=%s' % v.hex(160).upper()
        await talk(*v.pick((v.get(target, agent='none', User_Agent='Smc'), v.response(200, v.noise(100, 2000), 'application/octet-stream')),
                           (v.post(target, v.noise(300, 5000), 'application/octet-stream', agent='none', User_Agent='Smc'),
                            v.response(200, b''))))
        await v.pause(.1, 1)
    await talk.end()


@scripted('beacons', visits=100)
async def hex_reports(v):
    """Meters and gateways that send their readings as hexadecimal digits."""
    talk = v.talk()
    for _ in range(v.some(3, 9)):
        await talk(v.post('/up', v.hex(2 * v.some(20, 200)),
                          v.pick('text/plain', 'application/octet-stream', 'application/x-www-form-urlencoded'), agent='none'),
                   v.response(200, v.pick('', v.hex(16), 'ACK'), 'text/plain'))
        await v.pause(.3)
    await talk.end()


@scripted('beacons', visits=100)
async def inventory(v):
    """What a scanner of networks found: greetings of other protocols, in lists and alone."""
    talk = v.talk()
    for _ in range(v.some(1, 4)):
        greetings = ['%s:22 SSH-2.0-OpenSSH_9.2p1' % v.hex(4), 'SSH-2.0-dropbear', '220 mail ESMTP Postfix', 'HTTP/1.1 200 OK',
                     'RFB 003.008', '+OK ready']
        body, type = v.pick(('\r\n'.join(v.chance.sample(greetings, 4)), 'text/plain'), ({'found': v.chance.sample(greetings, 3)}, None))
        await talk(v.post('/findings', body, type), v.response(201, {'stored': v.some(1, 9)}))
    await talk.end()
