/* follow -- carries the bytes of one conversation from the streams to the rooms that read them.
 *
 * One side is read until it waits, then the other, round and round until neither moves: one side's answer may release
 * what the other side holds.  Notes about a dialogue inside a channel are put aside: the conversation's label is the
 * outermost dialogue's affair, the inner one is told in the record. */
#include "engine/watch.h"

/* A conversation joined midway may be inside a message; these many packets are looked at for the beginning of one, fewer
 * when both sides have shown something else. */
enum { MIDSTREAM_TRIES = 256, MIDSTREAM_TRIES_BOTH = 16, BOTH_SIDES = 3, NAME_LOOK = 5 };

/* A first line that is longer tells no more by its end. */
enum { LINE_ENOUGH = 512 };

/* Of what a server sends before a client that was offered HTTP/2 begins it, so much is kept. */
enum { HTTP2_PATIENCE = 16384 };

void watch_begin(const struct seat *at, const struct segment *first)
{
	struct watch *w = at->w;
	stream_init(&w->stream, first);
	http_conn_init(&w->top.http, w->stream.midstream);
	w->top.further = &no_further;
	dossier_init(&w->dossier, &at->p->notes);
	if (w->stream.midstream)
		w->dossier.doubts |= DOUBT_MIDSTREAM;
	struct encapsulation *encap = first->encap.count != 0 ? pool_take(&at->p->encaps) : NULL;
	if (encap == NULL)
		return;
	*encap = first->encap;
	further_of(at->p, &w->top)->encap = encap;
}

const struct further no_further = { .rival = 0 };

/* There is one for every dialogue. */
struct further *further_of(struct pipeline *p, struct dialogue *d)
{
	struct further *more;
	if (d->further != &no_further) {
		memcpy(&more, &d->further, sizeof more);
		return more;
	}
	more = pool_take_own(&p->furthers);
	if (never(more == NULL))
		return &p->nowhere;
	*more = no_further;
	d->further = more;
	return more;
}

static void dialogue_end(struct pipeline *p, struct dialogue *d)
{
	http_conn_fini(&p->https, &d->http);
	tunnel_fini(&p->tunnels, &d->tunnel);
	pool_give(&p->records, d->further->shake.records);
	pool_give(&p->relays, d->further->relay);
	if (d->further != &no_further)
		pool_give(&p->furthers, further_of(p, d));
	d->further = &no_further;
}

void watch_end(const struct seat *at)
{
	struct watch *w = at->w;
	struct pipeline *p = at->p;
	if (w->top.tunnel.ours != NULL)
		kin_leave(p->kin, w->top.tunnel.ours, at->flow->last);
	for (struct dialogue *d = w->top.further->inner, *inner; d != NULL; d = inner) {
		inner = d->further->inner;
		dialogue_end(p, d);
		pool_give(&p->dialogues, d);
	}
	dossier_fini(&w->dossier);
	pool_give(&p->encaps, w->top.further->encap);
	pool_give(&p->masks, w->top.further->mask);
	rival_leave(at);
	judging_leave(at);
	dialogue_end(p, &w->top);
	stream_fini(&p->streams, &w->stream);
}

void settle(const struct seat *at)
{
	at->w->phase = WATCH_SETTLED;
	stream_count_only(&at->p->streams, &at->w->stream);
}

/* The dossier that a dialogue's notes go to: the conversation's own, or one that is thrown away. */
static struct dossier *dossier_of(const struct seat *at, const struct dialogue *d, struct dossier *aside)
{
	if (d == &at->w->top)
		return &at->w->dossier;
	*aside = (struct dossier){ .odd = at->w->dossier.odd };
	return aside;
}

void begin_channel(const struct seat *at, struct dialogue *d, const struct http_event *last)
{
	struct watch *w = at->w;
	const struct handshake_record *h = hs_decisive(&d->further->shake);
	struct relay *r = further_of(at->p, d)->relay = pool_take(&at->p->relays);
	if (r == NULL) {
		w->dossier.doubts |= DOUBT_CAP;
		settle(at);
		return;
	}
	r->at[CLIENT] = side_read(&w->stream.side[CLIENT]);
	r->at[SERVER] = side_read(&w->stream.side[SERVER]);
	r->at[last->from] += last->eat;
	r->from = r->to = at->t;
	const struct slice protocol = { (const uint8_t *)(h != NULL ? h->protocol : ""),
		h != NULL ? h->protocol_len : 0 };
	if (slice_eq(protocol, SLICE("tls")))
		r->channel.agreed = AGREED_TLS;
	else if (slice_eq(protocol, SLICE("websocket")))
		r->channel.agreed = AGREED_WEBSOCKET;
	else if (slice_starts(protocol, SLICE("connect-")))
		r->channel.agreed = AGREED_CAPSULES;
	else if (slice_eq(protocol, SLICE("h2c")))
		r->channel.agreed = AGREED_HTTP2;
	w->phase = WATCH_CHANNEL;
}

/* Where the handshake stands after an event that may have moved it. */
static void after_handshake(const struct seat *at, struct dialogue *d, const struct http_event *ev)
{
	struct watch *w = at->w;
	if (!hs_still_http(&d->further->shake)) {
		begin_channel(at, d, ev);
		return;
	}
	if (hs_unsure(&d->further->shake)) {
		w->phase = WATCH_UNSURE;
		return;
	}
	if (d->further->shake.state == HS_UPGRADED_HTTP2) {
		further_of(at->p, d)->http2 = true;
		w->phase = WATCH_HTTP2;
		return;
	}
	if (ev->may_switch)
		http_refused(&d->http);
}

static void step_handshake(
    const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes)
{
	if (d->further == &no_further && !hs_concerns(ev))
		return;
	struct handshake none = { .count = 0 }; /* while nobody has asked, no event moves it */
	const bool asks = hs_asks(ev), has = asks || d->further != &no_further;
	struct handshake *h = has ? &further_of(at->p, d)->shake : &none;
	if (h->records == NULL && asks)
		h->records = pool_take(&at->p->records);
	const unsigned count = h->records != NULL ? h->count : 0;
	const int result = count != 0 ? h->records[count - 1].result : HS_PENDING;
	hs_step(h, ev, notes);
	if (h->count == 0 || h->records == NULL)
		return;
	const struct handshake_record *last = &h->records[h->count - 1];
	if (h->count != count || last->result != result)
		tell_handshake(at, d, last);
}

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
static void show_tunnels(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes)
{
	if (at->p->watch_tunnels && !tunnel_ends_unseen(&d->tunnel, ev))
		show_watched(at, d, ev, notes);
}

/* The first bytes of this side are no HTTP.  In a conversation that was joined midway they may lie inside a message:
 * the beginning of a later packet may be the beginning of one. */
static void not_http(const struct seat *at, struct dialogue *d, struct http_event *ev, const struct chunk *in)
{
	struct watch *w = at->w;
	if (d != &w->top) {
		settle(at);
		return;
	}
	w->failed = (w->failed | 1u << ev->from) & BOTH_SIDES;
	if (w->stream.midstream && w->tries < (w->failed == BOTH_SIDES ? MIDSTREAM_TRIES_BOTH : MIDSTREAM_TRIES)) {
		w->tries++;
		http_restart(&d->http, ev->from);
		ev->eat = in->bytes.len;
		return;
	}
	http_witness(ev, &w->dossier);
	/* A server's greeting settles nothing: HTTP/2 servers may speak first (RFC 9113, 3.4). */
	if (ev->from == CLIENT || w->stream.midstream)
		settle(at);
}

void watch_last_words(const struct seat *at)
{
	struct watch *w = at->w;
	if (w->failed == 0 || w->dossier.count != 0)
		return;
	const struct http_event none = {
		.kind = HTTP_NOT, .from = w->failed & 1 << CLIENT ? CLIENT : SERVER, .t = at->t
	};
	http_witness(&none, &w->dossier);
}

static void take_lost(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes)
{
	http_witness(ev, notes);
	show_tunnels(at, d, ev, notes);
	if (d == &at->w->top)
		disguise_lost(at, ev);
}

static void take_event(const struct seat *at, struct dialogue *d, struct http_event *ev, const struct chunk *in)
{
	struct watch *w = at->w;
	struct dossier aside;
	struct dossier *notes = dossier_of(at, d, &aside);
	const uint64_t odd = notes->odd;
	notes->odd |= ev->odd;
	switch (ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
	case HTTP_MESSAGE_END:
		ev->alone = stream_total(&w->stream, CLIENT) == 0 || !stream_spoke(&w->stream, CLIENT);
		http_witness(ev, notes);
		if (d == &w->top)
			judging_message(at, ev);
		step_handshake(at, d, ev, notes);
		show_tunnels(at, d, ev, notes);
		if (d == &w->top)
			disguise_head(at, ev);
		if (ev->kind == HTTP_RESPONSE)
			after_handshake(at, d, ev);
		/* Only now is it known whether it is HTTP that a relay carries, or one more relay. */
		if (d != &w->top)
			judging_at(at, MOMENT_CHANNEL);
		break;
	case HTTP_BODY:
		show_tunnels(at, d, ev, notes);
		break;
	case HTTP_H2:
		http_witness(ev, notes);
		further_of(at->p, d)->http2 = true;
		settle(at);
		if (d != &w->top)
			judging_at(at, MOMENT_CHANNEL);
		break;
	case HTTP_LOST:
		take_lost(at, d, ev, notes);
		break;
	case HTTP_NOT:
		not_http(at, d, ev, in);
		break;
	case HTTP_WAIT:
	case HTTP_EAT:
		break;
	}
	if (notes != &w->dossier) {
		w->dossier.doubts |= notes->doubts;
		w->dossier.odd |= notes->odd;
	}
	tell_odd(at, odd, ev->from, ev->offset);
}

/* Do the bytes of this side look as if the other side's name were its own? */
static bool speaks_as_other(enum side side, struct slice in)
{
	if (in.len < NAME_LOOK)
		return false;
	const bool asks = head_maybe_request(in), answers = head_maybe_response(in);
	return asks != answers && answers == (side == CLIENT);
}

/* Who the client is was never said by a SYN: then the side that asks is.  Where both sides look the same, nothing is said:
 * to swap them would only bring the same question back. */
static bool swap_by_content(const struct seat *at, enum side side, const struct chunk *in)
{
	struct watch *w = at->w;
	struct chunk other;
	if (w->stream.sides_known || http_asked(&w->top.http) != 0 || w->top.http.answered != 0)
		return false;
	if (!speaks_as_other(side, in->bytes))
		return false;
	if (stream_peek(&at->p->streams, &w->stream, OTHER(side), &other) && speaks_as_other(side, other.bytes))
		return false;
	stream_swap(&w->stream);
	http_conn_init(&w->top.http, w->stream.midstream);
	return true;
}

static bool follow_http(const struct seat *at, enum side side, const struct chunk *in)
{
	struct watch *w = at->w;
	struct dialogue *d = watch_now(w);
	if (!w->stream.sides_known && swap_by_content(at, side, in))
		return true;
	if (w->top.further->mask != NULL && disguise_holds(at, side, in))
		return false;
	if (http_rests(&d->http, in))
		return false;
	struct http_event ev;
	http_next(&at->p->https, &d->http, in, &ev);
	if (ev.kind == HTTP_WAIT) {
		if (ev.eat != 0)
			stream_eat(&at->p->streams, &w->stream, side, ev.eat);
		return false;
	}
	/* The event's slices lie in the stream's buffer, so it is taken before they are eaten.  Mere framing tells nothing: 60
	 * instructions less for a message. */
	if (ev.kind != HTTP_EAT || ev.odd != 0)
		take_event(at, d, &ev, in);
	if (w->phase == WATCH_SETTLED)
		return true;
	stream_eat(&at->p->streams, &w->stream, side, ev.eat);
	if (ev.skip != 0)
		stream_skip(&at->p->streams, &w->stream, side, ev.skip);
	return true;
}

bool first_line_is_whole(struct slice s)
{
	return s.len > LINE_ENOUGH || slice_find(s, '\n') < s.len;
}

/* A handshake was answered in a form no standard has: bytes that are not HTTP, from either side, make it a switch. */
static bool follow_unsure(const struct seat *at, bool over)
{
	struct watch *w = at->w;
	struct dialogue *d = watch_now(w);
	struct chunk next[2];
	bool there[2];
	for (enum side side = CLIENT; side <= SERVER; side++) {
		next[side] = (struct chunk){ .offset = side_read(&w->stream.side[side]) };
		there[side] = stream_peek(&at->p->streams, &w->stream, side, &next[side]) && next[side].bytes.len != 0;
	}
	if (!there[CLIENT] && !there[SERVER] && !over)
		return false;
	const bool client_http = !there[CLIENT] || head_maybe_request(next[CLIENT].bytes);
	const bool server_http = !there[SERVER] || head_maybe_response(next[SERVER].bytes);
	const bool told = first_line_is_whole(next[CLIENT].bytes) || first_line_is_whole(next[SERVER].bytes);
	if (client_http && server_http && !told && !over)
		return false;
	struct dossier aside;
	struct dossier *notes = dossier_of(at, d, &aside);
	const uint64_t odd = notes->odd;
	hs_judge_next(&further_of(at->p, d)->shake, client_http && server_http, next[CLIENT].offset,
	    next[SERVER].offset, at->t, notes);
	if (d->further->shake.records != NULL && d->further->shake.count != 0)
		tell_handshake(at, d, &d->further->shake.records[d->further->shake.count - 1]);
	if (notes != &w->dossier) {
		w->dossier.doubts |= notes->doubts;
		w->dossier.odd |= notes->odd;
	}
	tell_odd(at, odd, SERVER, next[SERVER].offset);
	w->phase = WATCH_HTTP;
	const struct http_event answered = { .from = SERVER, .may_switch = true };
	after_handshake(at, d, &answered);
	return true;
}

/* What one side says meanwhile may become more than a stream holds. */
static void pass_when_much(const struct seat *at, enum side side, size_t much)
{
	struct chunk in;
	if (stream_peek(&at->p->streams, &at->w->stream, side, &in) && in.bytes.len > much)
		stream_eat(&at->p->streams, &at->w->stream, side, in.bytes.len);
}

/* h2c was agreed on: the client begins with HTTP/2's preface (RFC 7540, 3.2), or what follows is a channel. */
static bool follow_http2(const struct seat *at, bool over)
{
	struct watch *w = at->w;
	struct dialogue *d = watch_now(w);
	struct chunk in = { .bytes.len = 0 };
	const bool there = stream_peek(&at->p->streams, &w->stream, CLIENT, &in);
	const bool no_more = over || in.end || in.cut || in.hole != 0;
	const enum parsed preface = there && in.hole == 0 ? head_is_h2_preface(in.bytes) : PARSE_MORE;
	if (preface == PARSE_MORE && !no_more) {
		pass_when_much(at, SERVER, HTTP2_PATIENCE);
		return false;
	}
	if (preface != PARSE_NOT_HTTP) {
		settle(at);
		return true;
	}
	struct dossier aside;
	const struct http_event last = { .from = CLIENT };
	further_of(at->p, d)->http2 = false;
	hs_not_http2(&further_of(at->p, d)->shake, at->t, dossier_of(at, d, &aside));
	begin_channel(at, d, &last);
	return true;
}

static void begin_inner(const struct seat *at, struct dialogue *d)
{
	struct watch *w = at->w;
	if (w->depth == MAX_NESTING || (further_of(at->p, d)->inner = pool_take(&at->p->dialogues)) == NULL) {
		const uint64_t odd = w->dossier.odd;
		w->dossier.odd |= ODD_BIT(NESTED_TOO_DEEP);
		w->dossier.doubts |= DOUBT_CAP;
		tell_odd(at, odd, CLIENT, side_read(&w->stream.side[CLIENT]));
		settle(at);
		return;
	}
	w->depth++;
	d->further->inner->further = &no_further;
	http_conn_init(&d->further->inner->http, false);
	w->phase = WATCH_HTTP;
}

/* The host that CONNECT asked for against the one that TLS names. */
static void compare_names(const struct seat *at, const struct dialogue *d)
{
	const struct handshake_record *h = hs_decisive(&d->further->shake);
	if (h == NULL || h->kind != HS_KIND_CONNECT || h->host_len == 0)
		return;
	const struct slice host = { (const uint8_t *)h->target + h->host_at, h->host_len };
	if (channel_sni_match(&d->further->relay->channel, host) != SNI_DIFFERS)
		return;
	const uint64_t odd = at->w->dossier.odd;
	at->w->dossier.odd |= ODD_BIT(SNI_DIFFERS);
	tell_odd(at, odd, CLIENT, d->further->relay->at[CLIENT]);
}

static bool follow_channel(const struct seat *at, bool over)
{
	struct watch *w = at->w;
	struct dialogue *d = watch_now(w);
	struct chunk next[2] = { { .from = CLIENT }, { .from = SERVER } };
	bool ended[2] = { over, over };
	for (enum side side = CLIENT; side <= SERVER; side++) {
		if (!stream_peek(&at->p->streams, &w->stream, side, &next[side]))
			continue;
		ended[side] |= next[side].end;
		if (next[side].hole != 0) {
			w->dossier.doubts |= DOUBT_GAP;
			stream_eat(&at->p->streams, &w->stream, side, 0);
		}
	}
	const uint64_t odd = w->dossier.odd;
	struct channel *c = &d->further->relay->channel;
	const enum channel_want want =
	    channel_look(at->p->channels, c, slice_head(next[CLIENT].bytes, MAX_CHANNEL_LOOK),
		slice_head(next[SERVER].bytes, MAX_CHANNEL_LOOK), ended[CLIENT] && ended[SERVER]);
	w->dossier.odd |= c->odd;
	tell_odd(at, odd, CLIENT, next[CLIENT].offset);
	if (want == CHANNEL_MORE)
		return false;
	if (want == CHANNEL_IS_HTTP) {
		begin_inner(at, d);
		judging_at(at, MOMENT_CHANNEL);
		return true;
	}
	compare_names(at, d);
	settle(at);
	judging_at(at, MOMENT_CHANNEL);
	return true;
}

static bool follow_side(const struct seat *at, enum side side, bool over)
{
	struct chunk in;
	if (at->w->phase != WATCH_HTTP || !stream_peek(&at->p->streams, &at->w->stream, side, &in))
		return false;
	if (side == SERVER && awaits_answer(at->w) && rival_contests(at, &in, over))
		return true;
	/* Both opened at once: whose bytes these are takes a word of them. */
	if (!at->w->stream.sides_known && !at->w->stream.midstream && in.bytes.len < NAME_LOOK && !in.end &&
	    in.offset == 0)
		return false;
	return follow_http(at, side, &in);
}

/* The server has moved, behind the client: does anybody have to be asked again?  Mostly the client has nothing there. */
static bool may_go_on(const struct seat *at)
{
	struct chunk in;
	return at->w->top.further->mask != NULL || awaits_answer(at->w) ||
	       stream_peek(&at->p->streams, &at->w->stream, CLIENT, &in);
}

static bool follow_once(const struct seat *at, bool over)
{
	switch (at->w->phase) {
	case WATCH_UNSURE:
		return follow_unsure(at, over);
	case WATCH_HTTP2:
		return follow_http2(at, over);
	case WATCH_CHANNEL:
		return follow_channel(at, over);
	case WATCH_SETTLED:
		return false;
	default:
		break;
	}
	bool moved[2] = { false, false };
	/* What the client sends with the acknowledgement of an answer comes after that answer. */
	const enum side first = awaits_answer(at->w) ? SERVER : CLIENT;
	for (unsigned turn = 0; turn < 2; turn++) {
		const enum side side = turn == 0 ? first : OTHER(first);
		while (follow_side(at, side, over))
			moved[side] = true;
	}
	if (at->w->phase != WATCH_HTTP || (moved[SERVER] && (first == SERVER || may_go_on(at))))
		return true;
	if (at->w->top.further->mask == NULL)
		return false; /* the server was asked after the client had moved, and only it could release the client */
	return moved[CLIENT] || disguise_weigh(at, over);
}

bool follow_rests(const struct seat *at)
{
	const struct watch *w = at->w;
	struct chunk in;
	if (w->phase != WATCH_HTTP || w->top.further != &no_further || !w->stream.sides_known ||
	    http_holds(&w->top.http))
		return false;
	for (enum side side = CLIENT; side <= SERVER; side++)
		if (stream_peek(&at->p->streams, &w->stream, side, &in) && !http_rests(&w->top.http, &in))
			return false;
	return true;
}

void follow(const struct seat *at, bool over)
{
	if (at->w->top.further->mask != NULL)
		disguise_hear(at);
	while (follow_once(at, over))
		continue;
}
