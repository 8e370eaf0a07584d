/* What a segment's flags and numbers mean, with the receiver's eyes as far as they can be had from the wire: its window
 * and what it acknowledged.  A capture loses segments that the hosts did not lose, so numbers are trusted a window ahead of
 * what was seen, and an acknowledgement further ahead when it is said WILD_MAX times. */
#include "stream/inside.h"

enum { WILD_MAX = 3 };

/* How far beyond what was acknowledged this side may send: the other side's window (RFC 9293, 3.8.6). */
static uint64_t reach(const struct stream *s, enum side from)
{
	const struct stream_side *sender = &s->side[from], *receiver = &s->side[OTHER(from)];
	if (!(receiver->flags & SIDE_SPOKE))
		return FAR_AHEAD;
	/* RFC 7323, 2.2: scaling needs the option on both SYNs.  Unseen SYNs: it may be anything. */
	unsigned shift = SHIFT_MAX;
	if (sender->flags & receiver->flags & SIDE_SYN)
		shift = sender->flags & receiver->flags & SIDE_SCALE ? receiver->shift : 0;
	return min_u64(((uint64_t)receiver->window << shift) + WINDOW_SLACK, FAR_AHEAD);
}

static void anchor(struct stream_side *x, uint32_t isn, unsigned flags)
{
	x->isn = isn;
	x->flags = (uint16_t)(x->flags | SIDE_ANCHORED | flags);
}

/* Several SYNs before the answer: which one counts is what the other side acknowledges. */
static void add_candidate(struct stream_side *x, uint32_t isn)
{
	x->history[x->history_at].offset = isn;
	x->history[x->history_at].len = CANDIDATE;
	x->history_at = (uint8_t)((x->history_at + 1) % 4);
}

static void make_firm(struct stream_side *x)
{
	memset(x->history, 0, sizeof x->history);
	x->history_at = 0;
	x->flags |= SIDE_FIRM;
}

static bool take_candidate(struct stream_kit *k, struct stream_side *x, uint32_t isn)
{
	if (x->flags & (SIDE_FIRM | SIDE_DATA) && !(x->flags & SIDE_HELD))
		return false;
	for (int i = 0; i < 4; i++) {
		if (x->history[i].len != CANDIDATE || x->history[i].offset != isn)
			continue;
		waiting_drop(k, x);
		x->isn = isn;
		x->end_seen = 0;
		make_firm(x);
		return true;
	}
	return false;
}

/* Does this acknowledge a SYN of that side that was not acknowledged before, and nothing it has not sent? */
static bool confirms_syn(struct stream_kit *k, struct stream_side *x, uint32_t ack)
{
	const int64_t at = side_offset(x, ack);
	if (at >= 0 && (uint64_t)at <= max_u64(x->end_seen, x->acked))
		return true;
	return take_candidate(k, x, ack);
}

/* An acknowledgement far ahead is believed when it stays: the capture has lost that much. */
static bool is_wild(struct stream_side *x, uint32_t ack, uint64_t reach_of)
{
	const uint32_t ahead = ack - x->wild;
	x->wild_count = x->wild_count != 0 && ahead <= reach_of ? (uint8_t)(x->wild_count + 1) : 1;
	x->wild = ack;
	if (x->wild_count < WILD_MAX)
		return true;
	x->wild_count = 0;
	return false;
}

/* Keep-alive probes repeat the last byte (RFC 9293, 3.8.4): a side first seen by one began a byte too early. */
static void pass_probe(struct stream_side *x, uint64_t acked)
{
	if (x->flags & SIDE_GUESS && !(x->flags & SIDE_DATA) && x->next == 0 && acked == 1)
		x->next = x->read = 1;
}

/* Takes note of an acknowledgement by the other side of `of`.  False when the segment that carries it cannot be from a
 * peer of this conversation (RFC 5961, 5). */
static bool take_ack(struct stream_kit *k, struct stream *s, enum side of, uint32_t ack)
{
	struct stream_side *x = &s->side[of];
	if (!(x->flags & SIDE_ANCHORED)) {
		anchor(x, ack, SIDE_FIRM | SIDE_GUESS);
		return true;
	}
	const uint64_t far = reach(s, of);
	if (!(x->flags & SIDE_FIRM)) {
		const int64_t from_syn = side_offset(x, ack);
		if (!confirms_syn(k, x, ack) && (from_syn < 0 || (uint64_t)from_syn > far))
			return false;
		make_firm(x);
	}
	const int64_t at = side_offset(x, ack);
	if (at <= (int64_t)x->acked)
		return at >= (int64_t)x->acked - (int64_t)far;
	const uint64_t seen = max_u64(x->end_seen, x->acked);
	if ((uint64_t)at > seen + far && x->flags & SIDE_SPOKE && is_wild(x, ack, far))
		return false;
	x->acked = min_u64((uint64_t)at, x->fin);
	x->wild_count = 0;
	pass_probe(x, x->acked);
	return true;
}

static void take_options(struct stream_side *x, const struct segment *seg)
{
	x->flags |= SIDE_SYN;
	x->window = seg->window;
	if (seg->window_shift < 0)
		return;
	x->flags |= SIDE_SCALE;
	x->shift = (uint8_t)(seg->window_shift < SHIFT_MAX ? seg->window_shift : SHIFT_MAX);
}

/* Out of the opening states: bytes may be delivered.  SYN data that the other side did not acknowledge with the SYN is
 * forgotten: it will be sent again (RFC 7413, 3). */
static void open_up(struct stream_kit *k, struct stream *s)
{
	if (s->state != STREAM_NEW && s->state != STREAM_SYN)
		return;
	s->state = STREAM_OPEN;
	for (enum side side = CLIENT; side <= SERVER; side++)
		s->side[side].flags &= (uint16_t)~SIDE_HELD;
	(void)k;
}

static void hold_syn_data(struct stream_kit *k, struct stream_side *x, const struct segment *seg)
{
	if (seg->payload.len == 0 || x->waiting != NULL || x->next != 0)
		return;
	const struct piece p = { .bytes = seg->payload, .span = (uint32_t)seg->payload.len, .cut = seg->cut };
	waiting_keep(k, x, &p);
	x->end_seen = seg->payload.len + seg->cut;
	x->flags |= SIDE_HELD | SIDE_DATA;
}

static void answer_syn_data(struct stream_kit *k, struct stream_side *x, uint32_t ack)
{
	if (!(x->flags & SIDE_HELD))
		return;
	x->flags &= (uint16_t)~SIDE_HELD;
	if (side_offset(x, ack) <= 0) {
		waiting_drop(k, x);
		x->end_seen = 0;
	}
	order_go_on(k, x);
}

static void put_bytes(struct stream_kit *k, struct stream *s, enum side from, const struct segment *seg, int64_t at,
    struct odds *odds)
{
	struct piece p = { .bytes = seg->payload, .cut = seg->cut };
	p.span = (uint32_t)(seg->payload.len + seg->cut);
	if (at < 0) {
		const uint64_t before = min_u64((uint64_t)-at, p.span), bytes = min_u64(before, p.bytes.len);
		p.bytes = slice_from(p.bytes, bytes);
		p.cut -= (uint32_t)(before - bytes);
		p.span -= (uint32_t)before;
		at = 0;
	}
	p.offset = p.start = (uint64_t)at;
	order_take(k, s, from, p, odds);
}

/* A SYN in the middle of a conversation changes nothing (RFC 5961, 4); only its answer would (stream_reopens). */
static void foreign_syn(struct stream *s, enum side from, const struct segment *seg, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	odds_add(odds, ODD_BIT(SYN_ON_LIVE), from, x->next);
	if (seg->flags & TCP_ACK)
		return;
	x->flags |= SIDE_LIVE_SYN;
	x->live_syn = seg->seq;
}

static void take_syn(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from,
    struct odds *odds)
{
	struct stream_side *x = &s->side[from], *o = &s->side[OTHER(from)];
	const bool ack = seg->flags & TCP_ACK, opening = s->state == STREAM_NEW || s->state == STREAM_SYN;
	const uint32_t isn = seg->seq + 1;
	const bool other = x->flags & SIDE_ANCHORED && x->isn != isn;
	/* Whoever has begun does not answer himself; he answers a SYN only. */
	const bool answers_nothing = ack && x->flags & SIDE_SYN && !(o->flags & SIDE_SYN);
	if ((other && x->flags & (SIDE_FIRM | SIDE_DATA) && !(x->flags & SIDE_HELD)) || (opening && answers_nothing)) {
		foreign_syn(s, from, seg, odds);
		return;
	}
	if (!opening && !other && x->flags & SIDE_SYN)
		return;
	if (ack && !(o->flags & SIDE_ANCHORED)) {
		anchor(o, seg->ack, SIDE_FIRM);
	} else if (ack && !confirms_syn(k, o, seg->ack)) {
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, x->next);
		return;
	}
	if (other) {
		add_candidate(x, isn);
		return;
	}
	if (!(x->flags & SIDE_ANCHORED))
		anchor(x, isn, 0);
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
		make_firm(o);
	answer_syn_data(k, o, seg->ack);
	open_up(k, s);
	if (seg->payload.len + seg->cut != 0) {
		x->flags |= SIDE_DATA;
		put_bytes(k, s, from, seg, 0, odds);
	}
}

/* A connection refused: RFC 9293, 3.10.7.3, a reset that acknowledges the SYN. */
static bool refuses(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from)
{
	struct stream_side *o = &s->side[OTHER(from)];
	return seg->flags & TCP_ACK && o->flags & SIDE_ANCHORED && confirms_syn(k, o, seg->ack);
}

static void take_rst(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from,
    struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	if (s->state == STREAM_CLOSED || s->state == STREAM_RESET)
		return;
	if (s->state == STREAM_NEW || (!(x->flags & SIDE_ANCHORED) && refuses(k, s, seg, from))) {
		s->state = STREAM_RESET;
		return;
	}
	if (!(x->flags & SIDE_ANCHORED)) {
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, 0);
		return;
	}
	/* RFC 5961, 3.2: only at the very number that the receiver expects; elsewhere in its window it would ask back. */
	const int64_t at = side_offset(x, seg->seq), next = (int64_t)x->next;
	const bool after_fin = x->next >= x->fin && at == next + 1;
	const bool of_syn = s->state == STREAM_SYN && (at == -1 || at == (int64_t)x->end_seen);
	if (at == next || at == (int64_t)max_u64(x->acked, x->next) || after_fin || of_syn) {
		s->state = STREAM_RESET;
		x->flags |= SIDE_RESET;
		return;
	}
	const uint64_t ahead = max_u64(x->next, x->acked) + reach(s, from);
	const bool within = at > next && (uint64_t)at <= ahead;
	if (within)
		odds_add(odds, ODD_BIT(RST_INJECTION), from, (uint64_t)at);
	else if (s->state != STREAM_CLOSING)
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, x->next);
}

/* `end` is where the segment's bytes end.  Returns where its bytes are cut off: those behind a FIN are no bytes. */
static int64_t take_fin(struct stream_side *x, const struct segment *seg, enum side from, int64_t at, int64_t end,
    struct odds *odds)
{
	const uint64_t next = x->next;
	const bool in_order = at <= (int64_t)next;
	if (seg->flags & TCP_FIN && x->fin != (uint64_t)end) {
		if (end >= (int64_t)next && (x->fin == NO_FIN || (in_order && next < x->fin)))
			x->fin = (uint64_t)end;
		else
			odds_add(odds, ODD_BIT(FIN_INVALID), from, end < 0 ? 0 : (uint64_t)end);
	}
	if (x->fin == NO_FIN || end <= (int64_t)x->fin)
		return end;
	/* Bytes in order run over a FIN that came out of order: the receiver finds it old, and so it never counted. */
	if (in_order && next < x->fin) {
		odds_add(odds, ODD_BIT(FIN_INVALID), from, x->fin);
		x->fin = NO_FIN;
		return end;
	}
	odds_add(odds, ODD_BIT(DATA_AFTER_FIN), from, x->fin);
	return (int64_t)x->fin;
}

static void judge_state(struct stream *s)
{
	if (s->state != STREAM_OPEN && s->state != STREAM_CLOSING)
		return;
	const bool client = s->side[CLIENT].next >= s->side[CLIENT].fin, server = s->side[SERVER].next >= s->side[SERVER].fin;
	if (client || server)
		s->state = client && server ? STREAM_CLOSED : STREAM_CLOSING;
}

/* A host that reset its connection has nothing more to say: then the reset was not its own. */
static void doubt_reset(struct stream *s, struct stream_side *x, enum side from, struct odds *odds)
{
	if (s->state != STREAM_RESET || !(x->flags & SIDE_RESET))
		return;
	x->flags &= (uint16_t)~SIDE_RESET;
	s->state = STREAM_OPEN;
	odds_add(odds, ODD_BIT(RST_INJECTION), from, x->next);
}

static struct segment cut_behind(const struct segment *seg, int64_t from, int64_t upto)
{
	struct segment s = *seg;
	const uint64_t room = upto > from ? (uint64_t)(upto - from) : 0;
	s.payload = slice_head(s.payload, room);
	s.cut = (uint32_t)min_u64(s.cut, room - s.payload.len);
	return s;
}

static void count_bytes(struct stream_side *x, int64_t end)
{
	if (end > (int64_t)x->next)
		x->next = x->read = x->end_seen = (uint64_t)end;
}

/* An empty segment says how far its sender has come. */
static void take_bare(struct stream_side *x, int64_t at, uint64_t ahead)
{
	if (at > (int64_t)x->end_seen && (uint64_t)at <= ahead)
		x->end_seen = min_u64((uint64_t)at, x->fin);
	if (x->flags & SIDE_COUNT)
		count_bytes(x, (int64_t)x->end_seen);
}

static void take_data(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from,
    struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	if (!(x->flags & SIDE_FIRM))
		take_candidate(k, x, seg->seq);
	const int64_t at = side_offset(x, seg->seq), next = (int64_t)x->next;
	const int64_t len = (int64_t)seg->payload.len + seg->cut, end = at + len;
	const uint64_t far = reach(s, from), ahead = max_u64(x->next, x->acked) + far;
	const bool fin = seg->flags & TCP_FIN;
	if (len == 0 && !fin) {
		take_bare(x, at, ahead);
		return;
	}
	if (len <= 1 && !fin && at == next - 1)
		return;
	const bool too_far = at > next && ((uint64_t)end > ahead || end - next > FAR_AHEAD);
	if (too_far || end < next - (int64_t)far) {
		odds_add(odds, fin ? ODD_BIT(FIN_INVALID) : ODD_BIT(OUT_OF_WINDOW), from, x->next);
		return;
	}
	if (seg->flags & TCP_URG && seg->payload.len != 0)
		odds_add(odds, ODD_BIT(URGENT), from, x->next);
	if (end > next)
		doubt_reset(s, x, from, odds);
	if (len != 0)
		x->flags |= SIDE_DATA;
	const int64_t upto = take_fin(x, seg, from, at, end, odds);
	if (x->flags & SIDE_COUNT) {
		count_bytes(x, upto);
	} else if (upto < end) {
		const struct segment kept = cut_behind(seg, at, upto);
		put_bytes(k, s, from, &kept, min_u64((uint64_t)(at < 0 ? 0 : at), x->fin) == x->fin ? (int64_t)x->fin : at, odds);
	} else {
		put_bytes(k, s, from, seg, at, odds);
	}
}

/* RFC 9293, 3.10.7.4: behind the SYN every segment but a reset carries an acknowledgement. */
static bool flags_make_sense(unsigned flags)
{
	if (flags & TCP_SYN)
		return !(flags & (TCP_FIN | TCP_RST));
	return flags & (TCP_RST | TCP_ACK);
}

void tcp_take(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	x->flags |= SIDE_SPOKE;
	if (!flags_make_sense(seg->flags)) {
		odds_add(odds, ODD_BIT(BAD_FLAGS), from, x->next);
		return;
	}
	if (seg->flags & TCP_SYN) {
		take_syn(k, s, seg, from, odds);
		return;
	}
	if (seg->flags & TCP_RST) {
		take_rst(k, s, seg, from, odds);
		return;
	}
	if (!take_ack(k, s, OTHER(from), seg->ack)) {
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, x->next);
		return;
	}
	if (!(x->flags & SIDE_ANCHORED))
		anchor(x, seg->seq, SIDE_FIRM | SIDE_GUESS);
	x->window = seg->window;
	open_up(k, s);
	take_data(k, s, seg, from, odds);
	order_go_on(k, &s->side[OTHER(from)]);
	order_go_on(k, x);
	order_judge_hole(k, s, CLIENT, odds);
	order_judge_hole(k, s, SERVER, odds);
	judge_state(s);
}
