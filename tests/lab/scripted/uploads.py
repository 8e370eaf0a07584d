"""Data that goes up, whole or in pieces."""
from scenario import scripted


@scripted('uploads', visits=100)
async def tus(v):
    """Resumable uploads: a POST makes the place, PATCH fills it piece by piece."""
    size, piece = v.some(3, 9), v.some(2000, 40000)
    c = await v.connect()
    place = '/files/' + v.hex(32)
    more = {'Tus_Resumable': '1.0.0'}
    await c.exchange(v.post('/files', b'', None, Upload_Length=size * piece, Upload_Metadata='filename ' + v.base64(12), **more),
                     v.response(201, Location=place, **more))
    for k in range(size):
        await c.exchange(v.request('PATCH', place, v.noise(piece), 'application/offset+octet-stream', Upload_Offset=k * piece, **more),
                         v.response(204, Upload_Offset=(k + 1) * piece, **more))
    await c.end()
