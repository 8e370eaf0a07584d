"""Small messages sent home at a steady beat: telemetry, licences, heartbeats."""
from scenario import scripted


@scripted('beacons', visits=300)
async def telemetry_json(v):
    """Events in JSON, answered 204; sometimes a connection for each."""
    alone = v.chance.random() < .5
    c = await v.connect()
    for _ in range(v.some(3, 12)):
        await c.exchange(v.post(v.pick('/v1/events', '/collect'), {'events': [v.facts() for _ in range(v.some(1, 4))]}), v.response(204))
        await v.pause(.2, .6)
        if alone:
            await c.end()
            c = await v.connect()
    await c.exchange(v.post('/v1/bye', {}), v.response(204))
    await c.end()
