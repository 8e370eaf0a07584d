/* What receivers do with overlapping pieces differs, so a datagram that means two things is not believed where the
 * standard lets us: of IPv6, pieces that overlap spoil the whole datagram (RFC 5722, 4), except an exact copy of what is
 * there (RFC 8200, 4.5).  IPv4 has no such rule; the bytes that came first stay and the contradiction is counted.
 *
 * Fragments are rare, so sets are found by a walk along an array of tags that fills one KiB: no chains to flood.  A set
 * keeps its buffer once it has one; nothing is cleared between datagrams, as only bytes that came are ever handed out. */
#include "decode/frag.h"

#include <stdlib.h>

enum { MAX_DATAGRAM = 65535, NO_END = 0 };

static const int64_t LIFETIME = INT64_C(30000000000);

struct range {
	uint32_t from, to;
};

struct frag_set {
	struct frag_key key;
	int64_t first, last;
	uint8_t *bytes;
	uint32_t end; /* length of the datagram, once its last piece came */
	uint16_t pieces, ranges;
	uint8_t next;
	bool spoilt;                       /* later pieces are refused as well */
	struct range range[MAX_FRAGMENTS]; /* what is there, in order, neighbours joined */
};

bool frag_init(struct frag *f, struct hash_key key, struct err *e)
{
	*f = (struct frag){ .key = key };
	if (!pool_init(&f->memory, "fragments", MAX_DATAGRAM + 1, MAX_FRAGMENT_SETS, e))
		return false;
	f->sets = calloc(MAX_FRAGMENT_SETS, sizeof *f->sets);
	if (f->sets == NULL) {
		pool_fini(&f->memory);
		return err_set_sys(e, "fragments", "no memory for %d sets", MAX_FRAGMENT_SETS);
	}
	return true;
}

size_t frag_reserved(const struct frag *f)
{
	return pool_reserved(&f->memory) + MAX_FRAGMENT_SETS * sizeof *f->sets;
}

void frag_fini(struct frag *f)
{
	free(f->sets);
	pool_fini(&f->memory);
	*f = (struct frag){ 0 };
}

static void spoil(struct frag *f, struct frag_set *s)
{
	f->dropped += s->pieces;
	s->pieces = 0;
	s->spoilt = true;
}

static struct frag_set *begin(struct frag *f, size_t at, uint32_t tag, const struct frag_key *key, int64_t t)
{
	struct frag_set *s = &f->sets[at];
	f->dropped += s->pieces;
	if (s->bytes == NULL)
		s->bytes = pool_take(&f->memory);
	s->key = *key;
	s->first = s->last = t;
	s->end = NO_END;
	s->pieces = s->ranges = 0;
	s->next = 0;
	s->spoilt = false;
	f->tag[at] = tag;
	return s;
}

/* A free place, or that of the set that has waited longest; never the datagram that is being read. */
static size_t choose(const struct frag *f)
{
	size_t best = MAX_FRAGMENT_SETS;
	for (size_t i = 0; i < MAX_FRAGMENT_SETS; i++) {
		if (&f->sets[i] == f->done)
			continue;
		if (f->tag[i] == 0)
			return i;
		if (best == MAX_FRAGMENT_SETS || f->sets[i].last < f->sets[best].last)
			best = i;
	}
	return best;
}

static struct frag_set *find(struct frag *f, const struct frag_key *key, int64_t t)
{
	const uint32_t tag = (uint32_t)hash_bytes(f->key, key, sizeof *key) | 1;
	for (size_t i = 0; i < MAX_FRAGMENT_SETS; i++) {
		struct frag_set *s = &f->sets[i];
		if (f->tag[i] != tag || memcmp(&s->key, key, sizeof *key) != 0)
			continue;
		if (t > s->first && t - s->first > LIFETIME)
			return begin(f, i, tag, key, t);
		if (t > s->last)
			s->last = t;
		return s;
	}
	const size_t at = choose(f);
	f->evicted += f->tag[at] != 0;
	return begin(f, at, tag, key, t);
}

/* Does this piece agree with what is known about where the datagram ends? */
static bool end_agrees(const struct frag_set *s, uint32_t to, bool more)
{
	if (s->end != NO_END)
		return more ? to < s->end : to == s->end;
	return more || s->ranges == 0 || s->range[s->ranges - 1].to <= to;
}

struct overlap {
	bool any, differs, covered;
};

static struct overlap overlap_of(const struct frag_set *s, const struct frag_piece *p)
{
	struct overlap o = { 0 };
	const uint32_t start = p->offset, stop = start + (uint32_t)p->bytes.len;
	for (size_t i = 0; i < s->ranges; i++) {
		const uint32_t from = s->range[i].from > start ? s->range[i].from : start;
		const uint32_t to = s->range[i].to < stop ? s->range[i].to : stop;
		if (from >= to)
			continue;
		o.any = true;
		o.covered = o.covered || (from == start && to == stop);
		o.differs = o.differs || memcmp(s->bytes + from, p->bytes.at + (from - start), to - from) != 0;
	}
	return o;
}

/* Copies what is not there yet: the bytes that came first stay. */
static void fill(struct frag_set *s, const struct frag_piece *p)
{
	const uint32_t start = p->offset, stop = start + (uint32_t)p->bytes.len;
	uint32_t at = start;
	for (size_t i = 0; i < s->ranges && s->range[i].from < stop; i++) {
		const struct range r = s->range[i];
		if (r.from > at)
			memcpy(s->bytes + at, p->bytes.at + (at - start), r.from - at);
		if (r.to > at)
			at = r.to;
	}
	if (at < stop)
		memcpy(s->bytes + at, p->bytes.at + (at - start), stop - at);
}

/* There is room for one more: every range came from a piece of its own, and `pieces` was below MAX_FRAGMENTS. */
static void join(struct frag_set *s, struct range r)
{
	size_t first = 0;
	while (first < s->ranges && s->range[first].to < r.from)
		first++;
	size_t after = first;
	while (after < s->ranges && s->range[after].from <= r.to) {
		r.from = s->range[after].from < r.from ? s->range[after].from : r.from;
		r.to = s->range[after].to > r.to ? s->range[after].to : r.to;
		after++;
	}
	memmove(&s->range[first + 1], &s->range[after], (s->ranges - after) * sizeof r);
	s->range[first] = r;
	s->ranges = (uint16_t)(s->ranges + 1 - (after - first));
}

enum judged { JUDGED_NEW, JUDGED_COPY, JUDGED_BAD };

static enum judged judge(struct frag *f, struct frag_set *s, const struct frag_piece *p)
{
	if (s->bytes == NULL || s->spoilt)
		return JUDGED_BAD;
	if (s->pieces == MAX_FRAGMENTS) {
		f->too_many++;
		spoil(f, s);
		return JUDGED_BAD;
	}
	const bool ends_well = end_agrees(s, p->offset + (uint32_t)p->bytes.len, p->more);
	const struct overlap o = overlap_of(s, p);
	if (o.covered && !o.differs && ends_well)
		return p->more || s->end != NO_END ? JUDGED_COPY : JUDGED_NEW;
	if (s->key.ipv6 != 0 && (o.any || !ends_well)) {
		spoil(f, s);
		return JUDGED_BAD;
	}
	if (!ends_well)
		return JUDGED_BAD;
	f->dropped += o.differs;
	return JUDGED_NEW;
}

static enum frag_got hand_out(struct frag *f, struct frag_set *s, struct slice *whole, uint8_t *next)
{
	frag_release(f);
	f->tag[s - f->sets] = 0;
	f->done = s;
	*whole = (struct slice){ s->bytes, s->end };
	*next = s->next;
	s->pieces = 0;
	return FRAG_WHOLE;
}

enum frag_got frag_add(
    struct frag *f, const struct frag_key *key, const struct frag_piece *piece, struct slice *whole, uint8_t *next)
{
	const size_t len = piece->bytes.len;
	/* All pieces but the last are whole units of eight bytes (RFC 791, 3.2), and none may reach beyond what a datagram
	 * can hold. */
	if (len == 0 || len > MAX_DATAGRAM || piece->offset + len > MAX_DATAGRAM || (piece->more && len % 8 != 0)) {
		f->dropped++;
		return FRAG_REFUSED;
	}
	struct frag_set *s = find(f, key, piece->t);
	const enum judged judged = judge(f, s, piece);
	if (judged == JUDGED_BAD)
		f->dropped++;
	if (judged != JUDGED_NEW)
		return judged == JUDGED_COPY ? FRAG_KEPT : FRAG_REFUSED;

	const uint32_t stop = piece->offset + (uint32_t)len;
	if (piece->offset == 0 && (s->ranges == 0 || s->range[0].from != 0))
		s->next = piece->next;
	if (!piece->more)
		s->end = stop;
	fill(s, piece);
	join(s, (struct range){ piece->offset, stop });
	s->pieces++;
	if (s->end == NO_END || s->ranges != 1 || s->range[0].from != 0 || s->range[0].to != s->end)
		return FRAG_KEPT;
	return hand_out(f, s, whole, next);
}

void frag_release(struct frag *f)
{
	f->done = NULL;
}
