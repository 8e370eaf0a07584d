/* follow -- carries the bytes of one conversation from the streams to the rooms that read them.
 *
 * One side is read until it waits, then the other, round and round until neither moves: one side's answer may release
 * what the other side holds.  Notes about a dialogue inside a channel are put aside: the conversation's label is the
 * outermost dialogue's affair, the inner one is told in the record. */
#include "engine/watch.h"

/* A conversation joined midway may be inside a message; these many packets are looked at for the beginning of one, fewer
 * when both sides have shown something else. */
enum { MIDSTREAM_TRIES = 256, MIDSTREAM_TRIES_BOTH = 16, BOTH_SIDES = 3, NAME_LOOK = 5 };

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

static void take_message(const struct seat *at, struct dialogue *d, struct http_event *ev, struct dossier *notes)
{
	struct watch *w = at->w;
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
		take_message(at, d, ev, notes);
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

static bool follow_side(const struct seat *at, enum side side, bool over)
{
	struct chunk in;
	if (at->w->phase != WATCH_HTTP || !stream_peek(&at->p->streams, &at->w->stream, side, &in))
		return false;
	/* What gives way to others is concluded long after it was last heard of. */
	in.t = at->t < at->flow->last ? at->t : at->flow->last;
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
