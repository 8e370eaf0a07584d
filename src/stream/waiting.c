/* What waits is kept as pieces that never overlap, by offset, each remembering the segment it came from: so the winner
 * of an overlap is found byte by byte, as if every segment were still whole (policies: stream.h).
 *
 * Bytes mostly come in order behind a hole, so the end is tried first.  When many pieces wait, those that touch are
 * joined: a stream sent byte by byte backwards then costs no more than one sent in large segments. */
#include "stream/inside.h"

enum { JOIN_FROM = MAX_HOLES, PIECE = sizeof((struct waiting *)0)->bytes };

static uint64_t end_of(const struct waiting *w)
{
	return w->offset + w->len;
}

static uint64_t piece_end(const struct piece *p)
{
	return p->offset + p->bytes.len;
}

static void insert(struct unrest *u, struct waiting **link, struct waiting *w)
{
	w->next = *link;
	*link = w;
	if (w->next == NULL)
		u->last = w;
	u->waiting_count++;
	u->waiting_bytes += w->len;
}

/* Puts bytes from..to of the segment before *link; returns where more would go, NULL without memory. */
static struct waiting **store(
    struct stream_kit *k, struct unrest *u, struct waiting **link, const struct piece *p, uint64_t from, uint64_t to)
{
	while (from < to) {
		struct waiting *w = pool_take(&k->waiting);
		if (w == NULL)
			return NULL;
		w->offset = from;
		w->start = p->start;
		w->span = p->span;
		w->len = (uint32_t)min_u64(to - from, PIECE);
		memcpy(w->bytes, p->bytes.at + (from - p->offset), w->len);
		from += w->len;
		w->cut = from == piece_end(p) ? p->cut : 0;
		insert(u, link, w);
		link = &w->next;
	}
	return link;
}

static bool new_wins(enum overlap_policy policy, const struct piece *p, const struct waiting *w)
{
	switch (policy) {
	case OVERLAP_FIRST:
		return false;
	case OVERLAP_LAST:
		return true;
	case OVERLAP_BSD:
		return p->start < w->start;
	case OVERLAP_WINDOWS:
		return p->start < w->start && p->start + p->span > w->start + w->span;
	case OVERLAP_LINUX:
	case OVERLAP_ACKED:
		break;
	}
	return p->start < w->start || (p->start == w->start && p->span > w->span);
}

/* Makes [.., to) the piece, and what is behind a piece of its own.  Without memory that is forgotten. */
static bool split(struct stream_kit *k, struct unrest *u, struct waiting *w, uint64_t to)
{
	const uint32_t keep = (uint32_t)(to - w->offset), rest = w->len - keep;
	u->waiting_bytes -= rest;
	w->len = keep;
	struct waiting *tail = pool_take(&k->waiting);
	if (tail == NULL)
		return false;
	tail->offset = to;
	tail->start = w->start;
	tail->span = w->span;
	tail->len = rest;
	tail->cut = w->cut;
	memcpy(tail->bytes, w->bytes + keep, rest);
	w->cut = 0;
	insert(u, &w->next, tail);
	return true;
}

/* The segment's bytes from..to, all within `w`, take the place of those there. */
static bool overwrite(
    struct stream_kit *k, struct unrest *u, struct waiting *w, const struct piece *p, uint64_t from, uint64_t to)
{
	bool kept = true;
	if (k->policy != OVERLAP_LAST) {
		/* It starts lower or at the same place, so it covers the piece from its beginning. */
		if (never(from != w->offset))
			return true;
		if (to < end_of(w))
			kept = split(k, u, w, to);
		w->start = p->start;
		w->span = p->span;
	}
	memcpy(w->bytes + (from - w->offset), p->bytes.at + (from - p->offset), to - from);
	return kept;
}

static bool same_bytes(const struct waiting *w, const struct slice bytes, uint64_t offset, uint64_t from, uint64_t to)
{
	return memcmp(w->bytes + (from - w->offset), bytes.at + (from - offset), to - from) == 0;
}

/* Moves the beginning of the piece behind `a` into `a`, as much as has room.  True when that piece is used up. */
static bool join_next(struct stream_kit *k, struct unrest *u, struct waiting *a)
{
	struct waiting *b = a->next;
	const uint32_t n = (uint32_t)min_u64(PIECE - a->len, b->len);
	const uint32_t span = (uint32_t)max_u64(a->span, b->start + b->span - a->start);
	memcpy(a->bytes + a->len, b->bytes, n);
	a->len += n;
	a->span = span;
	if (n < b->len) {
		memmove(b->bytes, b->bytes + n, b->len - n);
		b->offset += n;
		b->len -= n;
		b->start = a->start;
		b->span = span;
		return false;
	}
	a->cut = b->cut;
	a->next = b->next;
	if (b->next == NULL)
		u->last = a;
	u->waiting_count--;
	pool_give(&k->waiting, b);
	return true;
}

static void join(struct stream_kit *k, struct unrest *u, struct waiting *a, uint64_t upto)
{
	while (a != NULL && a->next != NULL && a->offset <= upto) {
		const bool touch = end_of(a) == a->next->offset && a->cut == 0 && a->len < PIECE;
		if (!touch || !join_next(k, u, a))
			a = a->next;
	}
}

static uint64_t lay(struct stream_kit *k, struct unrest *u, struct waiting **link, const struct piece *p)
{
	const uint64_t end = piece_end(p);
	uint64_t odd = 0;
	for (uint64_t at = p->offset; at < end;) {
		while (*link != NULL && end_of(*link) <= at)
			link = &(*link)->next;
		struct waiting *w = *link;
		const uint64_t gap_end = w != NULL ? min_u64(w->offset, end) : end;
		if (at < gap_end) {
			link = store(k, u, link, p, at, gap_end);
			if (link == NULL)
				return odd | ODD_BIT(STREAM_CAP);
			at = gap_end;
			continue;
		}
		const uint64_t to = min_u64(end, end_of(w));
		if (!same_bytes(w, p->bytes, p->offset, at, to))
			odd |= ODD_BIT(OVERLAP_DIFFERS);
		if (new_wins(k->policy, p, w) && !overwrite(k, u, w, p, at, to))
			odd |= ODD_BIT(STREAM_CAP);
		at = to;
	}
	return odd;
}

bool waiting_over_cap(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	return u->waiting_bytes > MAX_HOLE_BYTES || u->waiting_count > MAX_HOLES + u->waiting_bytes / PIECE;
}

uint64_t waiting_keep(struct stream_kit *k, struct stream_side *x, const struct piece *p)
{
	struct unrest *u = unrest_of(k, x);
	struct waiting *near = u->last;
	struct waiting **link = &u->waiting;
	if (near != NULL && end_of(near) <= p->offset) {
		link = &near->next;
	} else {
		near = u->waiting;
		for (; *link != NULL && end_of(*link) < p->offset; link = &(*link)->next)
			near = *link;
	}
	const uint64_t odd = lay(k, u, link, p);
	if (u->waiting_count >= JOIN_FROM)
		join(k, u, near != NULL ? near : u->waiting, piece_end(p));
	if (waiting_over_cap(x))
		join(k, u, u->waiting, UINT64_MAX);
	return odd;
}

bool waiting_overlaps(const struct stream_side *x, uint64_t from, uint64_t to)
{
	for (const struct waiting *w = x->unrest->waiting; w != NULL && w->offset < to; w = w->next)
		if (end_of(w) > from)
			return true;
	return false;
}

bool waiting_differs(const struct stream_side *x, struct slice bytes, uint64_t offset)
{
	const uint64_t end = offset + bytes.len;
	for (const struct waiting *w = x->unrest->waiting; w != NULL && w->offset < end; w = w->next) {
		const uint64_t from = max_u64(offset, w->offset), to = min_u64(end, end_of(w));
		if (from < to && !same_bytes(w, bytes, offset, from, to))
			return true;
	}
	return false;
}

static void forget_first(struct stream_kit *k, struct unrest *u)
{
	struct waiting *w = u->waiting;
	u->waiting = w->next;
	if (w->next == NULL)
		u->last = NULL;
	u->waiting_count--;
	u->waiting_bytes -= w->len;
	pool_give(&k->waiting, w);
}

void waiting_pass(struct stream_kit *k, struct stream_side *x, uint64_t upto)
{
	struct unrest *u = unrest_held(x);
	struct waiting *w;
	while ((w = u->waiting) != NULL && end_of(w) <= upto) {
		if (w->cut != 0)
			u->lost = max_u64(u->lost, end_of(w) + w->cut);
		forget_first(k, u);
	}
	if (w == NULL || w->offset >= upto)
		return;
	const uint32_t n = (uint32_t)(upto - w->offset);
	memmove(w->bytes, w->bytes + n, w->len - n);
	w->offset = upto;
	w->len -= n;
	u->waiting_bytes -= n;
}

void waiting_drop(struct stream_kit *k, struct stream_side *x)
{
	while (x->unrest->waiting != NULL)
		forget_first(k, unrest_held(x));
}
