/* Bytes in order are not copied: `packet` points at them until stream_settle.  They are copied only when they must stand
 * next to others: behind what a reader left, or before what waited for them. */
#include "stream/inside.h"

enum {
	PATIENCE = 3,       /* packets after the acknowledgement that shows a hole will stay */
	WORTH_MOVING = 4096 /* a full buffer is moved down for that much, so that small bites stay cheap */
};

bool order_is_compared(const struct stream_side *x, uint64_t offset, uint64_t end)
{
	return x->unrest->left_len != 0 || recent_has(x, offset, end);
}

/* Bytes that were there before: do they say something else now?  Exactly where they are still unread; by their sums
 * where they are gone. */
static bool is_second_version(const struct stream_side *x, const struct piece *p)
{
	const struct unrest *u = x->unrest;
	const uint64_t read = side_read(x), from = max_u64(p->offset, read);
	const uint64_t to = min_u64(p->offset + p->bytes.len, read + u->left_len);
	if (from < to && memcmp(u->left + u->left_at + (from - read), p->bytes.at + (from - p->offset), to - from) != 0)
		return true;
	return recent_differs(x, p);
}

static void cut_front(struct piece *p, uint64_t n)
{
	const uint64_t bytes = min_u64(n, p->bytes.len);
	p->bytes = slice_from(p->bytes, bytes);
	p->offset += n;
	p->cut -= (uint32_t)(n - bytes);
}

/* Nothing is unread: what lies before `to` is missing, and a hole where it is not dull.  Before the first byte of a side
 * that was joined midway nothing is missing: that is where it begins. */
static void jump(struct stream_kit *k, struct stream_side *x, uint64_t to)
{
	const uint64_t from = max_u64(x->next, min_u64(x->dull, to));
	if (to != from && (x->next != 0 || !(x->flags & SIDE_GUESS)))
		unrest_of(k, x)->hole += to - from;
	x->next = to;
	side_forget_past(x);
}

/* True when bytes of the hole before `to` would be told as lost. */
static bool is_told(const struct stream_side *x, uint64_t to)
{
	return to > max_u64(x->next, x->dull) && (x->next != 0 || !(x->flags & SIDE_GUESS));
}

/* Part of `want` that may be copied behind what is left: all, or as much as has room if that is worth moving bytes. */
static size_t fitting(const struct stream_side *x, size_t want)
{
	const size_t room = left_room(x);
	if (want <= room)
		return want;
	return x->unrest->left_at == 0 || x->unrest->left_at >= WORTH_MOVING ? room : 0;
}

static bool packet_to_left(struct stream_kit *k, struct stream_side *x)
{
	const struct slice packet = side_packet(k, x);
	const size_t n = fitting(x, packet.len);
	if (n == 0 || !left_add(k, x, packet.at, n))
		return x->packet_len == 0;
	k->packet += n;
	side_set_packet(x, x->packet_len - (uint32_t)n);
	return x->packet_len == 0;
}

/* Copies what waits at `next` behind what is readable. */
static void pull(struct stream_kit *k, struct stream_side *x)
{
	for (struct waiting *w; (w = x->unrest->waiting) != NULL && w->offset == x->next;) {
		if (x->packet_len != 0 && !packet_to_left(k, x))
			return;
		const size_t n = fitting(x, w->len);
		if (n == 0 || !left_add(k, x, w->bytes, n))
			return;
		if (n == w->len)
			recent_add(x, (struct slice){ w->bytes, n }, w->offset);
		x->next += n;
		waiting_pass(k, x, x->next);
	}
}

/* The first thing that waits has found no buffer to go to: it is lost. */
static void lose_first(struct stream_kit *k, struct stream_side *x)
{
	struct unrest *u = unrest_held(x);
	const uint64_t end = u->waiting->offset + u->waiting->len;
	u->hole += end - x->next;
	x->next = end;
	waiting_pass(k, x, end);
}

/* At the end nothing is waited for, memory neither. */
static bool is_stuck_at_end(const struct stream_side *x)
{
	return x->flags & SIDE_OVER && x->unrest->waiting != NULL && x->unrest->waiting->offset == x->next;
}

void order_advance(struct stream_kit *k, struct stream_side *x)
{
	if (x->flags & (SIDE_HELD | SIDE_COUNT))
		return;
	if (x->unrest->left_len != 0 && x->packet_len != 0)
		packet_to_left(k, x);
	for (;;) {
		pull(k, x);
		if (side_unread(x) != 0)
			break;
		if (is_stuck_at_end(x)) {
			lose_first(k, x);
			continue;
		}
		const struct unrest *u = x->unrest;
		if (u->lost <= x->next)
			break;
		const uint64_t to = u->waiting != NULL ? min_u64(u->lost, u->waiting->offset) : u->lost;
		if (to <= x->next)
			break;
		jump(k, x, to);
	}
	if (x->next >= x->unrest->fin) {
		waiting_drop(k, x);
		unrest_of(k, x)->lost = x->next;
	}
}

void order_read(struct stream_kit *k, struct stream_side *x, uint64_t n)
{
	const uint64_t of_left = min_u64(n, x->unrest->left_len);
	const uint64_t of_packet = min_u64(n - of_left, x->packet_len);
	left_eat(k, x, of_left);
	if (of_packet == 0)
		return;
	k->packet += of_packet;
	side_set_packet(x, x->packet_len - (uint32_t)of_packet);
}

void order_skip(struct stream_kit *k, struct stream_side *x, uint64_t upto)
{
	x->dull = upto;
	order_read(k, x, upto - side_read(x));
	const struct unrest *u = x->unrest;
	if (x->next < upto && u->waiting != NULL)
		x->next = min_u64(upto, u->last->offset + u->last->len);
	if (x->next < upto)
		x->next = max_u64(x->next, min_u64(upto, u->lost));
	waiting_pass(k, x, x->next);
	order_go_on(k, x);
}

void order_drop_unread(struct stream_kit *k, struct stream_side *x)
{
	const uint64_t unread = side_unread(x);
	if (unread == 0)
		return;
	unrest_of(k, x)->hole += unread;
	order_read(k, x, unread);
}

/* A bound is reached: the first hole is given up now, and with it what a reader left before it. */
static void force(struct stream_kit *k, struct stream_side *x)
{
	order_drop_unread(k, x);
	struct unrest *u = unrest_held(x);
	if (u->waiting->offset > x->next)
		u->lost = max_u64(u->lost, u->waiting->offset);
	order_go_on(k, x);
	if (u->left_len == 0 && u->waiting != NULL && u->waiting->offset == x->next)
		lose_first(k, x);
}

static void in_order(
    struct stream_kit *k, struct stream_side *x, const struct piece *p, enum side from, struct odds *odds)
{
	const uint64_t end = p->offset + p->bytes.len;
	if (waiting_differs(x, p->bytes, p->offset))
		odds_add(odds, ODD_BIT(OVERLAP_DIFFERS), from, p->offset);
	if (p->bytes.len != 0) {
		k->packet = p->bytes.at;
		side_set_packet(x, (uint32_t)p->bytes.len);
		x->next = end;
		side_forget_past(x);
		recent_add(x, p->bytes, p->offset);
		waiting_pass(k, x, end);
	}
	if (p->cut == 0)
		return;
	struct unrest *u = unrest_of(k, x);
	u->lost = max_u64(u->lost, end + p->cut);
	if (is_told(x, u->lost))
		odds_add(odds, ODD_BIT(HOLE), from, x->next);
}

/* Out of order.  Without memory the hole before it is given up at once, which needs none. */
static void keep(struct stream_kit *k, struct stream_side *x, const struct piece *p, enum side from, struct odds *odds)
{
	const bool alone = x->unrest->waiting == NULL;
	const uint64_t odd = waiting_keep(k, x, p);
	odds_add(odds, odd, from, p->offset);
	if (odd & ODD_BIT(STREAM_CAP) && alone && x->unrest->waiting == NULL && p->offset > x->next) {
		odds_add(odds, ODD_BIT(HOLE), from, x->next);
		order_drop_unread(k, x);
		jump(k, x, p->offset);
		in_order(k, x, p, from, odds);
		return;
	}
	if (never(x->flags & SIDE_HELD))
		return;
	if (waiting_over_cap(x))
		*(x->unrest->waiting_bytes > MAX_HOLE_BYTES ? &k->over_bytes : &k->over_holes) += 1;
	while (x->unrest->waiting != NULL && (waiting_over_cap(x) || odd & ODD_BIT(STREAM_CAP))) {
		odds_add(odds, ODD_BIT(STREAM_CAP) | ODD_BIT(HOLE), from, x->next);
		force(k, x);
		if (!waiting_over_cap(x))
			break;
	}
}

static void take(struct stream_kit *k, struct stream *s, enum side from, struct piece *p, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	const uint64_t end = p->offset + p->bytes.len + p->cut;
	if (p->offset < x->next) {
		struct piece old = *p;
		old.bytes = slice_head(p->bytes, min_u64(end, x->next) - p->offset);
		if (is_second_version(x, end > x->next ? &old : p))
			odds_add(odds, ODD_BIT(OVERLAP_DIFFERS), from, p->offset);
		if (end <= x->next)
			return;
		cut_front(p, x->next - p->offset);
	}
	if (x->next < x->dull) {
		const uint64_t to = min_u64(x->dull, end);
		x->next = to;
		if (p->offset < to)
			cut_front(p, to - p->offset);
	}
	const bool first_wins = k->policy == OVERLAP_FIRST && waiting_overlaps(x, p->offset, p->offset + p->bytes.len);
	if (p->bytes.len != 0 && (p->offset > x->next || first_wins))
		keep(k, x, p, from, odds);
	else if (p->offset == x->next)
		in_order(k, x, p, from, odds);
	side_see(k, x, end);
	order_go_on(k, x);
}

/* The segment's bytes, as far as `upto`. */
void order_put(struct stream_kit *k, struct stream *s, enum side from, const struct segment *seg, int64_t at,
    int64_t upto, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	/* Next in order and dull to its end, as most of what there is. */
	if (at == (int64_t)x->next && (uint64_t)upto <= x->dull) {
		x->next = (uint64_t)upto;
		order_go_on(k, x);
		return;
	}
	struct piece p = { .span = (uint32_t)(upto - at) };
	p.bytes = slice_head(seg->payload, min_u64(p.span, PACKET_MOST));
	p.cut = p.span - (uint32_t)p.bytes.len;
	if (at < 0) {
		const uint64_t before = min_u64((uint64_t)-at, p.span), bytes = min_u64(before, p.bytes.len);
		p.bytes = slice_from(p.bytes, bytes);
		p.cut -= (uint32_t)(before - bytes);
		p.span -= (uint32_t)before;
		at = 0;
	}
	p.offset = p.start = (uint64_t)at;
	take(k, s, from, &p, odds);
}

void order_judge_waiting(struct stream_kit *k, struct stream *s, enum side from, struct odds *odds)
{
	struct stream_side *x = &s->side[from];
	struct unrest *u = unrest_held(x);
	if (u->waiting->offset <= max_u64(x->next, u->lost) || x->flags & SIDE_HELD)
		return;
	if (x->acked < u->waiting->offset) {
		u->past_hole = 0;
		return;
	}
	u->past_hole++;
	if (u->past_hole <= PATIENCE)
		return;
	u->past_hole = 0;
	if (is_told(x, u->waiting->offset))
		odds_add(odds, ODD_BIT(HOLE), from, x->next);
	u->lost = u->waiting->offset;
	order_go_on(k, x);
}

bool order_settle(struct stream_kit *k, struct stream_side *x)
{
	const struct slice packet = side_packet(k, x);
	const bool kept = left_add(k, x, packet.at, packet.len);
	if (kept) {
		x->packet_len = 0;
		order_go_on(k, x);
	}
	const bool held = x->flags & SIDE_HELD;
	if (kept && (held || x->unrest->waiting == NULL || x->unrest->waiting->offset != x->next))
		return true;
	order_drop_unread(k, x);
	order_go_on(k, x);
	while (x->unrest->left_len == 0 && x->unrest->waiting != NULL && x->unrest->waiting->offset == x->next)
		lose_first(k, x);
	return false;
}

bool order_finish(struct stream_kit *k, struct stream_side *x)
{
	x->flags = (uint16_t)((x->flags | SIDE_OVER) & ~SIDE_HELD);
	order_go_on(k, x);
	const uint64_t sent = x->flags & SIDE_SPOKE ? max_u64(side_seen(x), x->acked) : x->next;
	const uint64_t to = min_u64(x->unrest->fin, sent);
	if (x->unrest->waiting == NULL && to <= x->next)
		return false;
	struct unrest *u = unrest_of(k, x);
	const bool told = is_told(x, max_u64(to, u->lost));
	if (side_unread(x) != 0) {
		waiting_drop(k, x);
		u->lost = x->next;
		return told;
	}
	u->lost = max_u64(u->lost, to);
	order_go_on(k, x);
	return told;
}
