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

/* The last offset that it may send. */
static uint64_t farthest(const struct stream *s, enum side from)
{
	return max_u64(s->side[from].next, s->side[from].acked) + reach(s, from);
}

/* An acknowledgement `ahead` of what was seen; one that is far ahead is believed when it stays: the capture has lost that much. */
static bool is_wild(struct stream_kit *k, struct stream *s, enum side of, uint32_t ack, uint64_t ahead)
{
	struct stream_side *x = &s->side[of];
	const uint64_t far = reach(s, of);
	if (ahead <= far)
		return false;
	struct unrest *u = unrest_of(k, x);
	u->wild_count = u->wild_count != 0 && ack - u->wild <= far ? (uint8_t)(u->wild_count + 1) : 1;
	u->wild = ack;
	if (u->wild_count < WILD_MAX)
		return true;
	u->wild_count = 0;
	return false;
}

/* Keep-alive probes repeat the last byte (RFC 9293, 3.8.4): a side first seen by one began a byte too early. */
static void pass_probe(struct stream_side *x, uint64_t acked)
{
	if (x->flags & SIDE_GUESS && !(x->flags & SIDE_DATA) && x->next == 0 && acked == 1)
		x->next = 1;
}

/* Takes note of an acknowledgement by the other side of `of`.  False when the segment that carries it cannot be from a
 * peer of this conversation (RFC 5961, 5). */
static bool take_ack(struct stream_kit *k, struct stream *s, enum side of, uint32_t ack)
{
	struct stream_side *x = &s->side[of];
	if (!(x->flags & SIDE_ANCHORED)) {
		side_anchor(x, ack, SIDE_FIRM | SIDE_GUESS);
		return true;
	}
	if (!(x->flags & SIDE_FIRM)) {
		const int64_t from_syn = side_offset(x, ack);
		if (!syn_is_confirmed(k, x, ack) && (from_syn < 0 || (uint64_t)from_syn > reach(s, of)))
			return false;
		syn_firm(x);
	}
	const int64_t at = side_offset(x, ack);
	if (at <= (int64_t)x->acked)
		return at == (int64_t)x->acked || at >= (int64_t)x->acked - (int64_t)reach(s, of);
	const uint64_t seen = max_u64(side_seen(x), x->acked);
	if ((uint64_t)at > seen && x->flags & SIDE_SPOKE && is_wild(k, s, of, ack, (uint64_t)at - seen))
		return false;
	x->acked = min_u64((uint64_t)at, x->unrest->fin);
	if (x->unrest->wild_count != 0)
		unrest_held(x)->wild_count = 0;
	pass_probe(x, x->acked);
	return true;
}

/* A connection refused: RFC 9293, 3.10.7.3, a reset that acknowledges the SYN. */
static bool refuses(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from)
{
	struct stream_side *o = &s->side[OTHER(from)];
	return seg->flags & TCP_ACK && o->flags & SIDE_ANCHORED && syn_is_confirmed(k, o, seg->ack);
}

static void take_rst(
    struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	if (s->state == STREAM_CLOSED || s->state == STREAM_RESET)
		return;
	if (s->state == STREAM_NEW || (!(x->flags & SIDE_ANCHORED) && refuses(k, s, seg, from))) {
		s->state = STREAM_RESET;
		x->flags |= SIDE_RESET;
		return;
	}
	if (!(x->flags & SIDE_ANCHORED)) {
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, 0);
		return;
	}
	/* RFC 5961, 3.2: only at the very number that the receiver expects; elsewhere in its window it would ask back. */
	const int64_t at = side_offset(x, seg->seq), next = (int64_t)x->next;
	const bool after_fin = x->next >= x->unrest->fin && at == next + 1;
	const bool of_syn = s->state == STREAM_SYN && (at == -1 || at == (int64_t)side_seen(x));
	if (at == next || at == (int64_t)max_u64(x->acked, x->next) || after_fin || of_syn) {
		s->state = STREAM_RESET;
		x->flags |= SIDE_RESET;
		return;
	}
	const bool within = at > next && (uint64_t)at <= farthest(s, from);
	if (within)
		odds_add(odds, ODD_BIT(RST_INJECTION), from, (uint64_t)at);
	else if (s->state != STREAM_CLOSING)
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, x->next);
}

/* `end` is where the segment's bytes end.  Returns where its bytes are cut off: those behind a FIN are no bytes. */
static int64_t take_fin(struct stream_kit *k, struct stream_side *x, const struct segment *seg, enum side from,
    int64_t at, int64_t end, struct odds *odds)
{
	const uint64_t next = x->next;
	const bool in_order = at <= (int64_t)next;
	if (seg->flags & TCP_FIN && x->unrest->fin != (uint64_t)end) {
		const uint64_t before = x->unrest->fin;
		if (end >= (int64_t)next && (before == NO_FIN || (in_order && next < before)))
			unrest_of(k, x)->fin = (uint64_t)end;
		else
			odds_add(odds, ODD_BIT(FIN_INVALID), from, end < 0 ? 0 : (uint64_t)end);
	}
	const uint64_t fin = x->unrest->fin;
	if (fin == NO_FIN || end <= (int64_t)fin)
		return end;
	/* Bytes in order run over a FIN that came out of order: the receiver finds it old, and so it never counted. */
	if (in_order && next < fin) {
		odds_add(odds, ODD_BIT(FIN_INVALID), from, fin);
		unrest_held(x)->fin = NO_FIN;
		return end;
	}
	odds_add(odds, ODD_BIT(DATA_AFTER_FIN), from, fin);
	return (int64_t)fin;
}

static void judge_state(struct stream *s)
{
	if (s->state != STREAM_OPEN && s->state != STREAM_CLOSING)
		return;
	const bool client = s->side[CLIENT].next >= s->side[CLIENT].unrest->fin,
		   server = s->side[SERVER].next >= s->side[SERVER].unrest->fin;
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

static void count_bytes(struct stream_side *x, int64_t end)
{
	if (end > (int64_t)x->next)
		x->next = (uint64_t)end;
}

/* An empty segment says how far its sender has come. */
static void take_bare(struct stream_kit *k, struct stream *s, enum side from, int64_t at)
{
	struct stream_side *x = &s->side[from];
	uint64_t seen = side_seen(x);
	if (at > (int64_t)seen && (uint64_t)at <= farthest(s, from))
		seen = min_u64((uint64_t)at, x->unrest->fin);
	if (x->flags & SIDE_COUNT)
		count_bytes(x, (int64_t)seen);
	else if (seen != side_seen(x))
		unrest_of(k, x)->end_seen = seen;
}

/* Of a segment that is not the next in order. */
static bool is_out_of_reach(const struct stream *s, enum side from, int64_t at, int64_t end)
{
	const int64_t next = (int64_t)s->side[from].next;
	if (at > next && ((uint64_t)end > farthest(s, from) || end - next > FAR_AHEAD))
		return true;
	return end < next - (int64_t)reach(s, from);
}

static void take_data(
    struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	if (!(x->flags & SIDE_FIRM))
		syn_elect(k, x, seg->seq);
	const int64_t at = side_offset(x, seg->seq), next = (int64_t)x->next;
	const int64_t len = (int64_t)seg->payload.len + seg->cut, end = at + len;
	const bool fin = seg->flags & TCP_FIN;
	/* Some stacks number a repeated FIN as if the first were a byte. */
	if (len == 0 && fin && x->next >= x->unrest->fin && at == next + 1)
		return;
	if (len == 0 && !fin) {
		take_bare(k, s, from, at);
		return;
	}
	/* A keep-alive probe repeats the last number used, with or without a byte (RFC 9293, 3.8.4). */
	if (len <= 1 && !fin && at == (x->next >= x->unrest->fin ? next : next - 1))
		return;
	if (at != next && is_out_of_reach(s, from, at, end)) {
		odds_add(odds, fin ? ODD_BIT(FIN_INVALID) : ODD_BIT(OUT_OF_WINDOW), from, x->next);
		return;
	}
	if (seg->flags & TCP_URG && seg->payload.len != 0)
		odds_add(odds, ODD_BIT(URGENT), from, x->next);
	if (end > next)
		doubt_reset(s, x, from, odds);
	if (len != 0)
		x->flags |= SIDE_DATA;
	const int64_t upto = take_fin(k, x, seg, from, at, end, odds);
	if (x->flags & SIDE_COUNT)
		count_bytes(x, upto);
	else if (upto >= at)
		order_put(k, s, from, seg, at, upto, odds);
}

/* RFC 9293, 3.10.7.4: behind the SYN every segment but a reset carries an acknowledgement. */
static bool flags_make_sense(unsigned flags)
{
	if (flags & TCP_SYN)
		return !(flags & (TCP_FIN | TCP_RST));
	return flags & (TCP_RST | TCP_ACK);
}

/* A SYN is answered by a SYN; before that, only what the one who began says shows where the other is. */
static bool speaks_too_soon(const struct stream *s, enum side from)
{
	const bool opening = s->state == STREAM_SYN || s->state == STREAM_RESET;
	return opening && !(s->side[from].flags & SIDE_ANCHORED) && s->side[OTHER(from)].flags & SIDE_SYN;
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
		syn_take(k, s, seg, from, odds);
		return;
	}
	if (seg->flags & TCP_RST) {
		take_rst(k, s, seg, from, odds);
		return;
	}
	if (speaks_too_soon(s, from) || !take_ack(k, s, OTHER(from), seg->ack)) {
		odds_add(odds, ODD_BIT(OUT_OF_WINDOW), from, x->next);
		return;
	}
	if (!(x->flags & SIDE_ANCHORED))
		side_anchor(x, seg->seq, SIDE_FIRM | SIDE_GUESS);
	x->window = seg->window;
	syn_open_up(s);
	take_data(k, s, seg, from, odds);
	order_go_on(k, &s->side[OTHER(from)]);
	order_go_on(k, x);
	order_judge_hole(k, s, CLIENT, odds);
	order_judge_hole(k, s, SERVER, odds);
	judge_state(s);
}
