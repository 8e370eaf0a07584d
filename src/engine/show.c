/* show -- the events of a dialogue, shown to those who look for tunnels. */
#include "engine/watch.h"

/* Of whose dialogue somebody asks for names. */
struct named {
	const struct seat *at;
	const struct dialogue *d;
};

static uint64_t id_of(const void *of)
{
	return flow_id(((const struct named *)of)->at->flow);
}

/* An IPv4 address has twelve zeros behind it. */
static uint64_t key_address(uint64_t key, const struct endpoint *e, bool ipv6)
{
	if (ipv6)
		return key_on(key, (struct slice){ e->addr, sizeof e->addr });
	return key_twelve_zeros(key_on(key, (struct slice){ e->addr, sizeof e->addr - 12 }));
}

/* A hash of the two hosts and the server's port. */
static uint64_t hash_of_pair(const struct seat *at)
{
	const struct flow_key *k = &at->flow->key;
	const bool client_lo = at->w->stream.client_way == LO_TO_HI;
	const struct endpoint *client = client_lo ? &k->lo : &k->hi, *server = client_lo ? &k->hi : &k->lo;
	uint8_t rest[sizeof server->port + sizeof k->space];
	memcpy(rest, &server->port, sizeof server->port);
	memcpy(rest + sizeof server->port, &k->space, sizeof k->space);
	const uint64_t hosts = key_address(key_address(KEY_START, client, k->ipv6), server, k->ipv6);
	const uint64_t key = key_on(hosts, (struct slice){ rest, sizeof rest });
	return key != 0 ? key : 1;
}

/* Of a dialogue inside a channel, of that channel.  Made once for the pair, where that is known. */
static uint64_t pair_of(const void *of)
{
	const struct named *const n = of;
	if (n->d != &n->at->w->top)
		return hash_of_pair(n->at) ^ flow_id(n->at->flow);
	if (n->d->tunnel.ours == NULL)
		return hash_of_pair(n->at);
	uint64_t *const mark = kin_mark(n->at->p->kin, n->d->tunnel.ours);
	if (*mark == 0)
		*mark = hash_of_pair(n->at);
	return *mark;
}

static void begin_tunnel(const struct seat *at, struct dialogue *d)
{
	const struct flow_key *k = &at->flow->key;
	const bool client_lo = at->w->stream.client_way == LO_TO_HI;
	void *ours = NULL;
	if (d == &at->w->top)
		ours = kin_join(at->p->kin, client_lo ? &k->lo : &k->hi, client_lo ? &k->hi : &k->lo, k->space, at->t);
	tunnel_init(&d->tunnel, ours);
}

void tunnels_end(const struct seat *at)
{
	for (struct dialogue *d = &at->w->top; d != NULL; d = d->further->inner) {
		const struct named named = { at, d };
		const struct tunnel_owner owner = { pair_of, id_of, &named };
		if (d->tunnel.ready)
			tunnel_end(&at->p->tunnels, &d->tunnel, &at->w->dossier, &owner);
	}
}

static void show_watched(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes)
{
	if (!d->tunnel.ready)
		begin_tunnel(at, d);
	const bool judged = judging_waits(at, MOMENT_TUNNEL);
	const struct finding *before = judged ? tunnel_finding(&d->tunnel) : NULL;
	const struct named named = { at, d };
	const struct tunnel_owner owner = { pair_of, id_of, &named };
	const bool listening = tunnel_see(&at->p->tunnels, &d->tunnel, ev, notes, &owner);
	if (judged && before == NULL && tunnel_finding(&d->tunnel) != NULL)
		judging_at(at, MOMENT_TUNNEL);
	if (listening != (d->http.side[ev->from].wants_bodies != 0))
		http_want_bodies(&d->http, ev->from, listening);
}

/* Of the five events of an ordinary exchange one needs nothing done, and is let go here. */
void show_tunnels(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes)
{
	if (at->p->watch_tunnels && !tunnel_ends_unseen(&at->p->tunnels, &d->tunnel, ev))
		show_watched(at, d, ev, notes);
}
