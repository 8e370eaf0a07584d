/* leave -- how a dialogue ends HTTP: the handshake that may end it, what is read while nobody knows, and the channel behind it. */
#include "engine/watch.h"

/* A first line that is longer tells no more by its end. */
enum { LINE_ENOUGH = 512 };

/* Of what a server sends before a client that was offered HTTP/2 begins it, so much is kept. */
enum { HTTP2_PATIENCE = 16384 };

struct dossier *dossier_of(const struct seat *at, const struct dialogue *d, struct dossier *aside)
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
void after_handshake(const struct seat *at, struct dialogue *d, const struct http_event *ev)
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

void step_handshake(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes)
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

bool first_line_is_whole(struct slice s)
{
	return s.len > LINE_ENOUGH || slice_find(s, '\n') < s.len;
}

/* A handshake was answered in a form no standard has: bytes that are not HTTP, from either side, make it a switch. */
bool follow_unsure(const struct seat *at, bool over)
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
bool follow_http2(const struct seat *at, bool over)
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

bool follow_channel(const struct seat *at, bool over)
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
