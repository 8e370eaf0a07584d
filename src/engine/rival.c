/* rival -- when the same bytes may be two things: what the receiver acknowledged is believed.
 *
 * Bytes that a host may not have taken (stream_doubts) are put aside.  When the other side acknowledges them and nothing else has
 * come in their place, they were true, and are read; when something else comes, that is read, and the others were forged.
 *
 * While a handshake waits for its answer, the server's bytes are read only as far as the client has acknowledged them.  Should
 * they come again as something else before, both versions are kept.  An acknowledgement that ends with one version and not with
 * the other shows which was taken; else, if one opens a relay and the other does not, the conversation is undecided, and says so.
 *
 * Inline nothing of this is needed: what passes is what arrives, and a second version never passes (gate.c). */
#include "engine/watch.h"

enum { RIVAL_MOST = 1536, NOT_YET = 0 };

struct rival {
	/* A segment put aside; `seg.payload` lies in `kept`. */
	struct segment seg;
	uint64_t at, odd; /* its offset; what it shows if it was forged */
	uint8_t from;
	bool parked;
	/* Another version of the server's bytes from `base` on. */
	bool answers;
	uint64_t base, first_end, end; /* where the version that is read ended when the other came; where that ends */
	uint8_t have[RIVAL_MOST];
	uint8_t other[RIVAL_MOST];
	uint8_t kept[RIVAL_MOST];
};

bool rival_init(struct pipeline *p, size_t flows, struct err *e)
{
	return pool_init(&p->rivals, "second versions", sizeof(struct rival), flows / 64 + 64, e);
}

static struct rival *rival_of(const struct seat *at)
{
	const uint32_t place = at->w->top.further->rival;
	return place == 0 ? NULL : (struct rival *)(void *)(at->p->rivals.blocks + (place - 1) * at->p->rivals.size);
}

static struct rival *rival_need(const struct seat *at)
{
	struct rival *r = rival_of(at);
	if (r != NULL || (r = pool_take_uncleared(&at->p->rivals)) == NULL)
		return r;
	r->parked = r->answers = false;
	/* There are far fewer than 2^32. */
	further_of(at->p, &at->w->top)->rival = (uint32_t)pool_number(&at->p->rivals, r) + 1;
	return r;
}

void rival_leave(const struct seat *at)
{
	pool_give(&at->p->rivals, rival_of(at));
	if (at->w->top.further->rival != 0)
		further_of(at->p, &at->w->top)->rival = 0;
}

static void leave_if_done(const struct seat *at, const struct rival *r)
{
	if (!r->parked && !r->answers)
		rival_leave(at);
}

static void tell(const struct seat *at, uint64_t odd, enum side from, uint64_t offset)
{
	struct watch *w = at->w;
	const uint64_t before = w->dossier.odd;
	w->dossier.odd |= odd;
	tell_odd(at, before, from, offset);
}

bool rival_parks(const struct seat *at, const struct segment *seg, enum side from)
{
	struct watch *w = at->w;
	bool strange;
	const uint64_t odd = stream_doubts(&w->stream, seg, from, &strange);
	const bool both = stream_spoke(&w->stream, OTHER(from)) || odd == 0;
	uint64_t offset;
	if (!strange || !both || at->p->gatekeeper != NULL || w->phase != WATCH_HTTP || seg->payload.len > RIVAL_MOST ||
	    !stream_offset(&w->stream, from, seg->seq, &offset) ||
	    offset + seg->payload.len <= w->stream.side[from].next)
		return false;
	struct rival *r = rival_need(at);
	if (r == NULL)
		return false;
	if (r->parked)
		return r->from == from && r->at == offset;
	r->parked = true;
	r->from = (uint8_t)from;
	r->at = offset;
	r->odd = odd;
	r->seg = *seg;
	memcpy(r->kept, seg->payload.at, seg->payload.len);
	r->seg.payload = (struct slice){ r->kept, seg->payload.len };
	return true;
}

/* The place of what was put aside is taken: was that the same? */
static void meet_parked(const struct seat *at, struct rival *r, const struct segment *seg, uint64_t offset)
{
	const uint64_t end = offset + seg->payload.len, parked_end = r->at + r->seg.payload.len;
	const uint64_t from = offset > r->at ? offset : r->at, to = end < parked_end ? end : parked_end;
	if (from >= to || memcmp(seg->payload.at + (from - offset), r->kept + (from - r->at), (size_t)(to - from)) == 0)
		return;
	r->parked = false;
	at->w->dossier.doubts |= DOUBT_OVERLAP;
	tell(at, r->odd | ODD_BIT(OVERLAP_DIFFERS), (enum side)r->from, from);
}

static void keep_other(struct rival *r, const struct segment *seg, uint64_t offset)
{
	for (size_t i = 0; i < seg->payload.len; i++) {
		const uint64_t place = offset + i - r->base;
		if (offset + i < r->base || place >= RIVAL_MOST)
			continue;
		r->have[place] = 1;
		r->other[place] = seg->payload.at[i];
	}
	if (offset + seg->payload.len > r->end)
		r->end = offset + seg->payload.len;
}

static bool is_waiting_for_answer(const struct watch *w)
{
	return w->phase == WATCH_HTTP && awaits_answer(w);
}

void rival_hears(const struct seat *at, const struct segment *seg, enum side from, uint64_t odd, uint64_t next)
{
	struct watch *w = at->w;
	struct rival *r = rival_of(at);
	uint64_t offset;
	if (at->p->gatekeeper != NULL || seg->payload.len == 0 || !stream_offset(&w->stream, from, seg->seq, &offset))
		return;
	if (r != NULL && r->parked && r->from == from)
		meet_parked(at, r, seg, offset);
	const bool differs = (odd & ODD_BIT(OVERLAP_DIFFERS)) != 0 && w->stream.side[SERVER].acked <= offset;
	if (from == SERVER && is_waiting_for_answer(w) && (differs || (r != NULL && r->answers)) &&
	    (r = rival_need(at)) != NULL) {
		if (!r->answers) {
			r->answers = true;
			r->base = r->end = side_read(&w->stream.side[SERVER]);
			r->first_end = next;
			memset(r->have, 0, sizeof r->have);
		}
		keep_other(r, seg, offset);
	}
	if (r != NULL)
		leave_if_done(at, r);
}

/* Of both versions of the answer, what was acknowledged ends with one of them: then that was taken. */
static void weigh_answers(const struct seat *at, struct rival *r)
{
	struct stream *s = &at->w->stream;
	const uint64_t acked = s->side[SERVER].acked;
	if (!is_waiting_for_answer(at->w)) {
		r->answers = false;
		return;
	}
	if (at->p->streams.policy != OVERLAP_ACKED || acked <= r->base || r->first_end == r->end ||
	    (acked != r->end && acked != r->first_end))
		return;
	/* The shorter one is read until the longer one is acknowledged: that may be what followed it. */
	if (acked >= (r->end > r->first_end ? r->end : r->first_end))
		return;
	for (uint64_t i = 0; acked == r->end && i < RIVAL_MOST; i++)
		if (r->have[i])
			stream_replace(s, SERVER, r->base + i, (struct slice){ r->other + i, 1 });
	stream_cut(&at->p->streams, s, SERVER, acked);
	r->answers = false;
}

static void read_parked(const struct seat *at, struct rival *r)
{
	struct watch *w = at->w;
	enum side odd_from;
	uint64_t odd_at;
	r->parked = false;
	/* What came with the acknowledgement waits until this is read. */
	keep_unread(at, OTHER((enum side)r->from));
	if ((r->odd & ODD_BIT(TTL_JUMP)) != 0)
		stream_trust_ttl(&w->stream, (enum side)r->from, r->seg.ttl);
	stream_push(&at->p->streams, &w->stream, &r->seg, &odd_from, &odd_at);
	follow(at, false);
	if (w->phase != WATCH_SETTLED)
		keep_unread(at, (enum side)r->from);
}

/* Balancers answer a SYN for servers whose TTL is another, and not all that is said is acknowledged before the end. */
void rival_ends(const struct seat *at)
{
	struct watch *w = at->w;
	struct rival *r = rival_of(at);
	if (r == NULL || !r->parked || w->phase != WATCH_HTTP || awaits_answer(w))
		return;
	/* Its bytes come before the reset, if there was one. */
	const uint8_t state = w->stream.state;
	if (w->stream.side[r->from].next <= r->at)
		read_parked(at, r);
	w->stream.state = state;
}

void rival_acked(const struct seat *at)
{
	struct watch *w = at->w;
	struct rival *r = rival_of(at);
	if (r->answers)
		weigh_answers(at, r);
	if (!r->parked) {
		leave_if_done(at, r);
		return;
	}
	const enum side from = (enum side)r->from;
	const struct stream_side *x = &w->stream.side[from];
	const uint64_t end = r->at + r->seg.payload.len;
	if (x->next < end && x->acked < end)
		return;
	r->parked = false;
	if (x->next < end)
		read_parked(at, r);
	leave_if_done(at, r);
}

/* The answer as far as it was acknowledged. */
static void leave_acknowledged(const struct watch *w, struct chunk *in)
{
	const uint64_t acked = w->stream.side[SERVER].acked, end = in->offset + in->bytes.len;
	if (in->hole != 0 || in->bytes.len >= MAX_HEAD || end <= acked)
		return;
	in->bytes = slice_head(in->bytes, acked > in->offset ? (size_t)(acked - in->offset) : 0);
	in->end = in->cut = false;
}

/* 0: not to be told yet. */
static unsigned status_of(const struct seat *at, struct slice bytes)
{
	size_t scanned = 0, used = 0;
	const enum parsed p = head_parse_response(bytes, &scanned, &at->p->https.head, &used);
	return p == PARSED ? at->p->https.head.status : NOT_YET;
}

static bool opens(unsigned status)
{
	return status == 101 || status / 100 == 2;
}

bool rival_contests(const struct seat *at, struct chunk *in, bool over)
{
	struct watch *w = at->w;
	const struct rival *r = rival_of(at);
	/* What stands in the way lets nothing else arrive. */
	if (!over && at->p->gatekeeper == NULL)
		leave_acknowledged(w, in);
	if (r == NULL || !r->answers || at->p->streams.policy != OVERLAP_ACKED)
		return false;
	uint8_t other[RIVAL_MOST];
	const struct slice bytes = slice_head(in->bytes, RIVAL_MOST);
	if (bytes.len == 0)
		return false;
	memcpy(other, bytes.at, bytes.len);
	for (size_t i = 0; i < bytes.len; i++) {
		const uint64_t place = in->offset + i - r->base;
		if (in->offset + i >= r->base && place < RIVAL_MOST && r->have[place])
			other[i] = r->other[place];
	}
	const unsigned one = status_of(at, bytes), two = status_of(at, (struct slice){ other, bytes.len });
	if (opens(one) == opens(two))
		return false;
	w->dossier.doubts |= DOUBT_READINGS;
	settle(at);
	return true;
}
