/* How a conversation opens, as forgers would like it not to: several SYNs before the answer, several answers, data on the
 * SYN, both at once.  Until the other side has acknowledged it, a side's beginning may be any of those it sent. */
#include "stream/inside.h"

/* Several SYNs before the answer: which one counts is what the other side acknowledges. */
static void add_candidate(struct stream_kit *k, struct stream_side *x, uint32_t isn)
{
	struct unrest *u = unrest_of(k, x);
	u->isn[u->candidates % CANDIDATES] = isn;
	u->candidates = (uint8_t)(u->candidates + 1 < 2 * CANDIDATES ? u->candidates + 1 : CANDIDATES);
}

void syn_firm(struct stream_side *x)
{
	if (x->unrest->candidates != 0) {
		unrest_held(x)->candidates = 0;
		x->recent = (struct recent){ .span = 0 };
	}
	x->flags |= SIDE_FIRM;
}

bool syn_elect(struct stream_kit *k, struct stream_side *x, uint32_t isn)
{
	if (x->flags & (SIDE_FIRM | SIDE_DATA) && !(x->flags & SIDE_HELD))
		return false;
	for (unsigned i = 0; i < CANDIDATES && i < x->unrest->candidates; i++) {
		if (x->unrest->isn[i] != isn)
			continue;
		waiting_drop(k, x);
		x->isn = isn;
		unrest_held(x)->end_seen = 0;
		syn_firm(x);
		return true;
	}
	return false;
}

/* Does this acknowledge a SYN of that side that was not acknowledged before, and nothing it has not sent? */
bool syn_is_confirmed(struct stream_kit *k, struct stream_side *x, uint32_t ack)
{
	const int64_t at = side_offset(x, ack);
	if (at >= 0 && (uint64_t)at <= max_u64(side_seen(x), x->acked))
		return true;
	return syn_elect(k, x, ack);
}

static void take_options(struct stream_side *x, const struct segment *seg)
{
	x->flags |= SIDE_SYN;
	x->window = seg->window;
	if (seg->window_shift < 0)
		return;
	x->flags |= SIDE_SCALE;
	x->shift = (unsigned)(seg->window_shift < SHIFT_MAX ? seg->window_shift : SHIFT_MAX) & 15;
}

/* Out of the opening states, or past a refusal: bytes may be delivered. */
void syn_open_up(struct stream *s)
{
	if (s->state == STREAM_NEW || s->state == STREAM_SYN)
		s->state = STREAM_OPEN;
	for (enum side side = CLIENT; side <= SERVER; side++)
		s->side[side].flags &= (uint16_t)~SIDE_HELD;
}

static void hold_syn_data(struct stream_kit *k, struct stream_side *x, const struct segment *seg)
{
	if (seg->payload.len == 0 || x->unrest->waiting != NULL || x->next != 0)
		return;
	const struct piece p = { .bytes = seg->payload, .span = (uint32_t)seg->payload.len, .cut = seg->cut };
	waiting_keep(k, x, &p);
	unrest_of(k, x)->end_seen = seg->payload.len + seg->cut;
	x->flags |= SIDE_HELD | SIDE_DATA;
}

/* What the other side did not acknowledge with the SYN, it did not take: it will be sent again (RFC 7413, 3). */
static void answer_syn_data(struct stream_kit *k, struct stream_side *x, uint32_t ack)
{
	if (!(x->flags & SIDE_HELD))
		return;
	x->flags &= (uint16_t)~SIDE_HELD;
	if (side_offset(x, ack) <= 0) {
		waiting_drop(k, x);
		if (!is_calm(x))
			unrest_held(x)->end_seen = 0;
	}
	order_go_on(k, x);
}

/* A SYN in the middle of a conversation changes nothing (RFC 5961, 4); only its answer would (stream_reopens). */
static void foreign_syn(
    struct stream_kit *k, struct stream *s, enum side from, const struct segment *seg, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	odds_add(odds, ODD_BIT(SYN_ON_LIVE), from, x->next);
	if (seg->flags & TCP_ACK)
		return;
	x->flags |= SIDE_LIVE_SYN;
	unrest_of(k, x)->live_syn = seg->seq;
}

/* The true answer after a refusal: the refusal was forged. */
static void doubt_refusal(
    struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	const bool refused = s->state == STREAM_RESET && x->flags & SIDE_RESET && !(x->flags & SIDE_ANCHORED);
	if (!refused || !(seg->flags & TCP_ACK) || !syn_is_confirmed(k, &s->side[OTHER(from)], seg->ack))
		return;
	x->flags &= (uint16_t)~SIDE_RESET;
	s->state = STREAM_SYN;
	odds_add(odds, ODD_BIT(RST_INJECTION), from, 0);
}

void syn_take(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds)
{
	struct stream_side *x = &s->side[from], *o = &s->side[OTHER(from)];
	doubt_refusal(k, s, seg, from, odds);
	const bool ack = seg->flags & TCP_ACK, opening = s->state == STREAM_NEW || s->state == STREAM_SYN;
	const uint32_t isn = seg->seq + 1;
	const bool other = x->flags & SIDE_ANCHORED && x->isn != isn;
	/* Whoever has begun does not answer himself; he answers a SYN only. */
	const bool answers_nothing = ack && x->flags & SIDE_SYN && !(o->flags & SIDE_SYN);
	if ((other && x->flags & (SIDE_FIRM | SIDE_DATA) && !(x->flags & SIDE_HELD)) || (opening && answers_nothing)) {
		foreign_syn(k, s, from, seg, odds);
		return;
	}
	if (!opening && !other && x->flags & SIDE_SYN)
		return;
	if (ack && !(o->flags & SIDE_ANCHORED)) {
		side_anchor(o, seg->ack, SIDE_FIRM);
	} else if (ack && !syn_is_confirmed(k, o, seg->ack)) {
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, x->next);
		return;
	}
	if (other) {
		add_candidate(k, x, isn);
		return;
	}
	if (!(x->flags & SIDE_ANCHORED))
		side_anchor(x, isn, 0);
	if (!(x->flags & SIDE_SYN))
		take_options(x, seg);
	if (!ack) {
		if (o->flags & SIDE_SYN && opening)
			s->sides_known = 0;
		if (s->state == STREAM_NEW)
			s->state = STREAM_SYN;
		if (s->state == STREAM_SYN)
			hold_syn_data(k, x, seg);
		return;
	}
	if (!(o->flags & SIDE_FIRM))
		syn_firm(o);
	answer_syn_data(k, o, seg->ack);
	syn_open_up(s);
	if (seg->payload.len + seg->cut != 0) {
		x->flags |= SIDE_DATA;
		order_put(k, s, from, seg, 0, (int64_t)seg->payload.len + seg->cut, odds);
	}
}
