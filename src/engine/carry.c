/* carry -- one segment into its conversation, what it changes, and the conversation's end. */
#include "engine/gate.h"

enum {
	/* Packet-time seconds after the last packet.  Half-open connections are what a flood is made of. */
	TIMEOUT_NEW = KNOCK_S,
	TIMEOUT_OPEN = 600,
	TIMEOUT_CLOSING = 60,
	TIMEOUT_CLOSED = 10
};

static bool has_unread(const struct watch *w, enum side side)
{
	return stream_total(&w->stream, side) > side_read(&w->stream.side[side]);
}

/* Does the answer to a request that may end HTTP still lack, while either side has gone on or only one is seen? */
static bool awaiting(const struct watch *w)
{
	if (w->phase == WATCH_UNSURE)
		return true;
	if (w->phase != WATCH_HTTP || w->depth != 0 || !http_holds(&w->top.http))
		return false;
	return has_unread(w, CLIENT) || has_unread(w, SERVER) || !stream_spoke(&w->stream, SERVER) ||
	       (w->dossier.doubts & DOUBT_GAP) != 0;
}

static uint16_t timeout_of(const struct stream *s)
{
	switch ((enum stream_state)s->state) {
	case STREAM_OPEN:
		return TIMEOUT_OPEN;
	case STREAM_CLOSING:
		return TIMEOUT_CLOSING;
	case STREAM_CLOSED:
	case STREAM_RESET:
		return TIMEOUT_CLOSED;
	default:
		return TIMEOUT_NEW;
	}
}

/* What would be lost with it: nothing, it is over or only one side speaks; nothing known yet; HTTP; what an operator asks about. */
static unsigned rank_of(const struct watch *w)
{
	if (w->stream.state >= STREAM_CLOSED || !stream_spoke(&w->stream, CLIENT) || !stream_spoke(&w->stream, SERVER))
		return 0;
	if (w->label >= LABEL_BLIND_RELAY)
		return 3;
	if (w->label == LABEL_PLAIN_HTTP)
		return 2;
	return w->stream.state >= STREAM_OPEN ? 1 : 0;
}

/* Weighs the evidence if there is any news, and tells a label that was set or raised. */
static void conclude(const struct seat *at, bool over)
{
	struct watch *w = at->w;
	const bool waits = awaiting(w);
	if (waits && http_doubts_hold(&w->top.http, over))
		w->dossier.doubts |= DOUBT_READINGS;
	const uint32_t news = (uint32_t)dossier_score(&w->dossier) << 22 | (uint32_t)w->dossier.doubts << 12 |
			      (uint32_t)w->dossier.count << 4 | (uint32_t)waits << 1 | 1;
	if (news == w->verdict.state && !over)
		return;
	const struct verdict v = verdict_weigh(&w->dossier, waits, over);
	/* At the end nobody knows what the bytes were that waited for an answer, whatever HTTP went before. */
	if (v.label >= w->verdict.label || v.readings != 0 || v.lack == LACKS_ANSWER_STILL)
		w->verdict = v;
	w->verdict.state = news;
	w->weighed = true;
	if (w->verdict.label > w->label) {
		const enum label before = (enum label)w->label;
		w->label = (unsigned)w->verdict.label & 7;
		flow_set_rank(at->p->flows, at->flow, rank_of(w));
		tell_label(at, before);
	}
}

void finish(const struct seat *at, enum ended why)
{
	struct watch *w = at->w;
	/* While its record is written, what flow_drop will look for is fetched. */
	flow_expect_drop(at->p->flows, at->flow);
	rival_ends(at);
	if (w->phase != WATCH_SETTLED) {
		const uint64_t before = w->dossier.odd;
		w->dossier.odd |= stream_finish(&at->p->streams, &w->stream);
		tell_odd(at, before, CLIENT, side_read(&w->stream.side[CLIENT]));
		follow(at, true);
	}
	watch_last_words(at);
	tunnels_end(at);
	if (stream_spoke(&w->stream, CLIENT) != stream_spoke(&w->stream, SERVER))
		w->dossier.doubts |= DOUBT_ONE_WAY;
	if (why == ENDED_EVICTED)
		w->dossier.doubts |= DOUBT_EVICTED;
	conclude(at, true);
	if (w->stream.state == STREAM_RESET)
		why = ENDED_RST;
	else if (w->stream.state == STREAM_CLOSED)
		why = ENDED_FIN;
	tell_flow(at, why);
	watch_end(at);
	flow_drop(at->p->flows, at->flow);
}

struct seat seat_of(struct pipeline *p, struct flow *f, int64_t t)
{
	return (struct seat){ p, f, flow_payload(f), t };
}

/* May a segment that shows nothing change what is weighed?  Nearly none does: the first, an odd one, and those that come
 * while an answer is awaited. */
static bool brings_news(const struct watch *w, const struct segment *seg, uint64_t odd)
{
	return !w->weighed || odd != 0 || seg->cut != 0 || http_holds(&w->top.http);
}

void keep_unread(const struct seat *at, enum side from)
{
	struct watch *w = at->w;
	if (stream_settle(&at->p->streams, &w->stream))
		return;
	const uint64_t before = w->dossier.odd;
	w->dossier.odd |= ODD_BIT(STREAM_CAP);
	w->dossier.doubts |= DOUBT_CAP;
	at->p->stats.stream_caps++;
	tell_odd(at, before, from, side_read(&w->stream.side[from]));
}

static inline void hear_relay(const struct seat *at)
{
	const struct further *more = at->w->top.further;
	if (more != &no_further && more->relay != NULL)
		more->relay->to = at->t;
}

static void carry_bytes(const struct seat *at, const struct segment *seg)
{
	struct watch *w = at->w;
	const enum side from = stream_side_of(&w->stream, seg);
	w->packets[from]++;
	w->bytes[from] += seg->tcp.len + seg->cut;
	if ((w->phase == WATCH_HTTP || w->phase == WATCH_SETTLED) && w->top.further->rival == 0 &&
	    stream_glide(&w->stream, seg, from)) {
		hear_relay(at);
		if (w->phase == WATCH_HTTP && brings_news(w, seg, 0))
			conclude(at, false);
		return;
	}
	if (seg->cut != 0)
		w->dossier.doubts |= DOUBT_TRUNCATED;
	if (!stream_is_usual(&w->stream, seg, from) && rival_parks(at, seg, from))
		return;
	const uint64_t before = w->dossier.odd, next = w->stream.side[from].next;
	enum side odd_from = from;
	uint64_t odd_at = 0;
	const uint64_t odd = stream_push(&at->p->streams, &w->stream, seg, &odd_from, &odd_at);
	if (odd != 0) {
		w->dossier.odd |= odd;
		if (odd & ODD_BIT(OVERLAP_DIFFERS))
			w->dossier.doubts |= DOUBT_OVERLAP;
		if (odd & ODD_BIT(OVERLAP_DIFFERS) && at->p->gatekeeper != NULL)
			at->p->gatekeeper->conflict = true;
		if (odd & ODD_BIT(STREAM_CAP))
			w->dossier.doubts |= DOUBT_CAP;
		tell_odd(at, before, odd_from, odd_at);
	}
	hear_relay(at);
	if (w->top.further->rival != 0 || (odd & ODD_BIT(OVERLAP_DIFFERS)) != 0)
		rival_hears(at, seg, from, odd, next);
	if (w->top.further->rival != 0)
		rival_acked(at);
	if (w->phase == WATCH_SETTLED)
		return;
	if (w->phase == WATCH_HTTP && stream_quiet(&w->stream)) {
		if (brings_news(w, seg, odd))
			conclude(at, false);
		return;
	}
	if (seg->payload.len != 0 || !follow_rests(at))
		follow(at, false);
	if (w->phase != WATCH_SETTLED)
		keep_unread(at, from);
	conclude(at, false);
}

struct seat take_seat(struct pipeline *p, struct flow *f, const struct segment *first, unsigned interface)
{
	const struct seat at = seat_of(p, f, first->t);
	at.w->interface = (uint8_t)interface;
	watch_begin(&at, first);
	return at;
}

void carry(const struct seat *at, const struct segment *seg)
{
	carry_bytes(at, seg);
	const uint16_t timeout_s = timeout_of(&at->w->stream);
	if (timeout_s == at->flow->timeout_s)
		return;
	at->flow->timeout_s = timeout_s;
	flow_set_rank(at->p->flows, at->flow, rank_of(at->w));
}
