"""Envelopes, and the binary protocols of offices and telephones."""
from scenario import scripted

SOAP = '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>%s</s:Body></s:Envelope>'


def sealed(v, least, most):
    """An encrypted envelope as WinRM sends it."""
    data = v.noise(least, most)
    head = ('--Encrypted Boundary\r\nContent-Type: application/HTTP-SPNEGO-session-encrypted\r\nOriginalContent: '
            'type=application/soap+xml;charset=UTF-8;Length=%d\r\n--Encrypted Boundary\r\nContent-Type: application/octet-stream\r\n' %
            len(data))
    return head.encode() + b'\x10\0\0\0\1\0\0\0' + v.noise(8) + data + b'--Encrypted Boundary--\r\n'


SEALED = 'multipart/encrypted;protocol="application/HTTP-SPNEGO-session-encrypted";boundary="Encrypted Boundary"'


@scripted('soap', visits=24, lasts=125)
async def winrm(v):
    """Remote administration: empty POSTs to prove who one is, then sealed envelopes, every second or so; four are at it for long."""
    c = await v.connect()
    for step in range(2):
        await c.exchange(v.post('/wsman', b'', 'application/soap+xml;charset=UTF-8', agent='none', User_Agent='Microsoft WinRM Client',
                                Authorization='Negotiate ' + v.base64(40, 1200)),
                         v.response(200 if step else 401, b'', WWW_Authenticate='Negotiate ' + v.base64(150)))
    for _ in range(110 if v.some(1, 6) == 1 else v.some(10, 40)):
        empty = v.chance.random() < .1
        await c.exchange(v.post('/wsman', b'' if empty else sealed(v, 600, 2500),
                                'application/soap+xml;charset=UTF-8' if empty else SEALED, agent='none',
                                User_Agent='Microsoft WinRM Client'), v.response(200, sealed(v, 400, 3000), SEALED))
        await v.pause(1, 1.2)
    await c.end()


@scripted('soap', visits=200)
async def soap_with_base64(v):
    """Documents in one large element."""
    talk = v.talk()
    for _ in range(v.some(1, 6)):
        await talk(v.post('/service.asmx', SOAP % '<Store><Content>%s</Content></Store>' % v.base64(300, 12000),
                          'application/soap+xml; charset=utf-8', SOAPAction='"urn:Store"'),
                   v.response(200, SOAP % ('<StoreResponse><Receipt>%s</Receipt></StoreResponse>' % v.base64(40, 3000)),
                              'application/soap+xml; charset=utf-8'))
        await v.pause(0, .3)
    await talk.end()


@scripted('soap', visits=100)
async def camera_control(v):
    """ONVIF: many small envelopes to one path, events pulled at a beat."""
    talk = v.talk()
    for _ in range(v.some(4, 12)):
        action = v.pick('GetProfiles', 'PullMessages', 'ContinuousMove', 'GetSystemDateAndTime')
        await talk(v.post('/onvif/device_service', SOAP % '<%s>%s</%s>' % (action, v.words(2, 12), action),
                          'application/soap+xml; charset=utf-8', agent='none'),
                   v.response(200, SOAP % '<%sResponse>%s</%sResponse>' % (action, v.words(5, 80), action),
                              'application/soap+xml; charset=utf-8'))
        await v.pause(.1, .5)
    await talk.end()


@scripted('soap', visits=120)
async def proven_posts(v):
    """NTLM and Negotiate: the same POST three times, first without content."""
    way, n = v.pick('NTLM', 'Negotiate'), v.some(1, 4)
    for _ in range(n):
        c = await v.connect()
        body = SOAP % '<FindItem>%s</FindItem>' % v.words(5, 60)
        for step, empty in enumerate((True, True, False)):
            more = {'Authorization': '%s TlRMTVNTUAAB%s' % (way, v.base64(24, 400))} if step else {}
            await c.exchange(v.post('/EWS/Exchange.asmx', b'' if empty else body, 'text/xml; charset=utf-8', **more),
                             v.response(200, SOAP % v.words(20, 200), 'text/xml') if step == 2 else
                             v.response(401, b'', WWW_Authenticate=way + (' TlRMTVNTUAAC' + v.base64(120) if step else '')))
        await c.end()


@scripted('soap', visits=120)
async def mail_to_telephone(v):
    """ActiveSync: WBXML both ways, and pings that wait."""
    talk, device = v.talk(keep=True), v.hex(32)
    for _ in range(v.some(3, 9)):
        command = v.pick('Sync', 'Ping', 'FolderSync', 'SendMail')
        kind = 'application/vnd.ms-sync.wbxml'
        await talk(v.post('/Microsoft-Server-ActiveSync?Cmd=%s&DeviceId=%s' % (command, device), b'\3\1j\0' + v.noise(10, 300), kind,
                          MS_ASProtocolVersion='14.1'),
                   v.response(200, v.pick(b'', b'\3\1j\0' + v.noise(20, 4000)), kind))
        await v.pause(.1, 2)
    await talk.end()


@scripted('soap', visits=120)
async def picture_messages(v):
    """MMS: binary POSTs through a gateway, in absolute form, answered by small binary."""
    talk = v.talk(keep=False)
    for _ in range(v.some(1, 4)):
        kind = 'application/vnd.wap.mms-message'
        await talk(v.post('http://mms.example/mms', b'\x8c\x80\x98' + v.hex(12).encode() + b'\0\x8d\x92' + v.png(v.some(500, 15000)), kind,
                          agent='none', User_Agent='Phone/1.0'),
                   v.response(200, b'\x8c\x81\x98' + v.hex(12).encode() + b'\0\x8d\x92\x92\x80', kind))
    await talk.end()


@scripted('soap', visits=80)
async def messenger(v):
    """A messenger on a telephone: short connections, sealed questions and answers behind a few fixed bytes."""
    for _ in range(v.some(3, 9)):
        await v.talk(keep=False)(v.post('/cgi-bin/micromsg-bin/' + v.pick('newsync', 'sendmsg', 'heartbeat', 'getcontact'),
                                        b'\xbf\xb6\x5f' + v.noise(80, 900),
                                        'application/octet-stream', agent='none', User_Agent='MicroMessenger Client', Connection='close'),
                                 v.response(200, b'\xbf\x82\x5f' + v.noise(60, 2500), 'application/octet-stream', Connection='close'))
        await v.pause(.2, 1.5)
