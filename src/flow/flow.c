/* Slots are equal blocks of one pool, named by number; tags find them. */
#include "flow/flow.h"

#include <stdlib.h>
#include <string.h>
#include "flow/inside.h"

enum {
	PAYLOAD_AT = (sizeof(struct flow) + 7) / 8 * 8,
	FLOWS_MAX = 1 << 28,
	ASKED_AT_MOST = 64,
	LINE = 64 /* of the cache */
};

_Static_assert(sizeof(struct flow_key) == 44, "keys are hashed and compared as bytes: no padding");

static bool table_init(struct flow_table *t, size_t flows, size_t payload, struct err *e)
{
	if (flows == 0 || flows > FLOWS_MAX || payload > SIZE_MAX / 2)
		return err_set(e, "flow table", "%zu conversations cannot be held", flows);
	if (!pool_init(&t->slots, "flow table", PAYLOAD_AT + payload, flows, e))
		return false;
	pool_of_large_pages(&t->slots);
	return tags_init(&t->tags, "flow table", flows, e);
}

static uint32_t hash_key_of(const struct flow_table *t, const struct flow_key *key)
{
	return (uint32_t)hash_bytes(t->key, key, sizeof *key);
}

struct flow_table *flow_table_new(size_t flows, size_t payload, struct hash_key key, struct err *e)
{
	struct flow_table *t = calloc(1, sizeof *t);
	if (t == NULL) {
		err_set_sys(e, "flow table", "no memory");
		return NULL;
	}
	t->key = key;
	clock_stop(&t->clock);
	t->asked_tag = hash_key_of(t, &t->asked);
	if (!table_init(t, flows, payload, e)) {
		flow_table_free(t);
		return NULL;
	}
	return t;
}

void flow_table_free(struct flow_table *t)
{
	if (t == NULL)
		return;
	tags_fini(&t->tags);
	pool_fini(&t->slots);
	free(t);
}

void *flow_payload(struct flow *f)
{
	return (unsigned char *)f + PAYLOAD_AT;
}

typedef uint64_t pair __attribute__((vector_size(16)));

/* Where sixteen bytes of both differ, from this one on. */
static inline pair difference(const struct flow_key *a, const struct flow_key *b, size_t from)
{
	pair x, y;
	memcpy(&x, (const unsigned char *)a + from, sizeof x);
	memcpy(&y, (const unsigned char *)b + from, sizeof y);
	return x ^ y;
}

/* As memcmp, without a call: it is asked of every packet, twice.  The last sixteen overlap those before. */
static inline bool same_key(const struct flow_key *a, const struct flow_key *b)
{
	const pair any =
	    difference(a, b, 0) | difference(a, b, sizeof(pair)) | difference(a, b, sizeof *a - sizeof(pair));
	return (any[0] | any[1]) == 0;
}

/* The place of this key among the tags, or the empty one where it belongs. */
static uint32_t find(const struct flow_table *t, const struct flow_key *key, uint32_t tag)
{
	const struct tagged *const tags = t->tags.at;
	uint32_t at = tag & t->tags.mask;
	for (; tags[at].index != 0; at = tags_next(&t->tags, at))
		if (tags[at].tag == tag && same_key(&flow_at(t, tags[at].index)->key, key))
			break;
	return at;
}

/* The same in every run, so the key is no secret: it names a conversation, it does not protect a table. */
uint64_t flow_id(const struct flow *f)
{
	const struct hash_key open_key = { UINT64_C(0x63756c7665727420), UINT64_C(0x666c6f7720696473) };
	unsigned char bytes[sizeof f->key + 2 * sizeof(uint64_t)];
	memcpy(bytes, &f->key, sizeof f->key);
	memcpy(bytes + sizeof f->key, &f->first, sizeof f->first);
	memcpy(bytes + sizeof f->key + sizeof f->first, &f->turn, sizeof f->turn);
	return hash_bytes(open_key, bytes, sizeof bytes) >> 13;
}

static void rank_append(struct flow_table *t, struct flow *f, unsigned rank)
{
	const uint32_t index = flow_index(t, f);
	f->rank = rank & (FLOW_RANKS - 1);
	f->placed = (uint16_t)t->clock.second;
	f->rank_next = 0;
	f->rank_prev = t->ranks[rank].last;
	*(f->rank_prev != 0 ? &flow_at(t, f->rank_prev)->rank_next : &t->ranks[rank].first) = index;
	t->ranks[rank].last = index;
}

static void rank_remove(struct flow_table *t, const struct flow *f)
{
	*(f->rank_prev != 0 ? &flow_at(t, f->rank_prev)->rank_next : &t->ranks[f->rank].first) = f->rank_next;
	*(f->rank_next != 0 ? &flow_at(t, f->rank_next)->rank_prev : &t->ranks[f->rank].last) = f->rank_prev;
}

static struct flow *make(struct flow_table *t, const struct segment *s, uint64_t turn, uint32_t tag, uint32_t at)
{
	struct flow *f = pool_take(&t->slots);
	if (f == NULL)
		return NULL;
	f->key = s->key;
	f->first = f->last = s->t;
	f->turn = turn;
	tags_put(&t->tags, at, tag, flow_index(t, f));
	rank_append(t, f, 0);
	return f;
}

/* A flow goes into the wheel, or to an earlier place there, when the call after its own comes: only then has the caller
 * set timeout_s.  A later place is found when the wheel comes by. */
static void arm_touched(struct flow_table *t)
{
	struct flow *const f = t->touched;
	if (f == NULL)
		return;
	t->touched = NULL;
	/* While its timeout is no less than when it was put there, its time is over later than that, or then. */
	if (f->slot != 0 && f->timeout_s >= f->armed_s)
		return;
	if (!wheel_stands_well(&t->wheel, f, t->clock.second))
		wheel_arm(t, f, t->clock.second);
}

/* Segments of a conversation often come in a row. */
static struct flow *same_again(const struct flow_table *t, const struct flow_key *key)
{
	struct flow *const f = t->latest;
	return f != NULL && same_key(&f->key, key) ? f : NULL;
}

/* A SYN and its answer ask for theirs five times: 350 instructions less for a connection. */
uint32_t flow_tag(struct flow_table *t, const struct flow_key *key)
{
	if (!same_key(&t->asked, key)) {
		t->asked = *key;
		t->asked_tag = hash_key_of(t, key);
	}
	return t->asked_tag;
}

static uint32_t tag_of(struct flow_table *t, const struct segment *s)
{
	return s->tag != 0 ? s->tag : flow_tag(t, &s->key);
}

static struct flow *find_or_make(struct flow_table *t, const struct segment *s, bool *fresh)
{
	const uint32_t tag = tag_of(t, s);
	const uint32_t at = find(t, &s->key, tag);
	if (t->tags.at[at].index != 0)
		return flow_at(t, t->tags.at[at].index);
	*fresh = true;
	return make(t, s, s->turn, tag, at);
}

static void mark_seen(struct flow_table *t, struct flow *f, const struct segment *s)
{
	f->last = s->t > f->last ? s->t : f->last;
	f->seen = t->clock.second;
	t->touched = t->latest = f;
}

struct flow *flow_touch(struct flow_table *t, const struct segment *s, bool *fresh)
{
	arm_touched(t);
	*fresh = false;
	struct flow *f = same_again(t, &s->key);
	if (f == NULL)
		f = find_or_make(t, s, fresh);
	if (f == NULL) {
		*fresh = false;
		return NULL;
	}
	mark_seen(t, f, s);
	return f;
}

struct flow *flow_find(struct flow_table *t, const struct segment *s, int64_t *before)
{
	arm_touched(t);
	struct flow *f = same_again(t, &s->key);
	if (f == NULL) {
		const uint32_t tag = tag_of(t, s);
		const uint32_t index = t->tags.at[find(t, &s->key, tag)].index;
		if (index == 0)
			return NULL;
		f = flow_at(t, index);
	}
	*before = f->last;
	mark_seen(t, f, s);
	return f;
}

struct flow *flow_make(struct flow_table *t, const struct segment *s, uint32_t tag, uint64_t turn)
{
	arm_touched(t);
	const uint32_t at = find(t, &s->key, tag);
	if (never(t->tags.at[at].index != 0))
		return NULL;
	struct flow *f = make(t, s, turn, tag, at);
	if (f != NULL)
		mark_seen(t, f, s);
	return f;
}

void flow_expect(const struct flow_table *t, uint32_t tag)
{
	tags_expect(&t->tags, tag);
}

void flow_set_rank(struct flow_table *t, struct flow *f, unsigned rank)
{
	if (rank == f->rank || never(rank >= FLOW_RANKS))
		return;
	rank_remove(t, f);
	rank_append(t, f, rank);
}

/* Lists in the order of the latest packet would cost every packet; so who is next to go but was heard of since it was put there
 * goes to the end once more.  Only so many are asked: of a table of which all speak, any may go. */
struct flow *flow_least(struct flow_table *t)
{
	unsigned rank = 0;
	while (rank < FLOW_RANKS && t->ranks[rank].first == 0)
		rank++;
	if (rank == FLOW_RANKS)
		return NULL;
	struct flow *f = flow_at(t, t->ranks[rank].first);
	for (unsigned i = 0; i < ASKED_AT_MOST && (uint16_t)f->seen != f->placed && f->rank_next != 0; i++) {
		rank_remove(t, f);
		rank_append(t, f, rank);
		f->placed = (uint16_t)f->seen;
		f = flow_at(t, t->ranks[rank].first);
	}
	return f;
}

bool flow_idle(struct flow_table *t, int64_t now)
{
	arm_touched(t);
	clock_show(&t->clock, now);
	return t->slots.used == 0 || wheel_idle(&t->wheel, t->clock.second);
}

static void fetch(const struct flow_table *t, uint32_t index)
{
	const char *const slot = (const char *)flow_at(t, index);
	for (size_t at = 0; at < t->slots.size; at += LINE)
		__builtin_prefetch(slot + at);
}

/* Another one's, of the same tag, does no harm. */
void flow_fetch(const struct flow_table *t, uint32_t tag)
{
	uint32_t at = tag & t->tags.mask;
	while (t->tags.at[at].index != 0 && t->tags.at[at].tag != tag)
		at = tags_next(&t->tags, at);
	if (t->tags.at[at].index != 0)
		fetch(t, t->tags.at[at].index);
}

void flow_expect_drop(struct flow_table *t, const struct flow *f)
{
	tags_expect(&t->tags, flow_tag(t, &f->key));
}

/* Whose turn comes next has been silent for long, and lies in no cache: it is fetched while the caller tells of this one. */
static struct flow *with_the_next(const struct flow_table *t, struct flow *f)
{
	if (f != NULL && f->wheel_next != 0)
		fetch(t, f->wheel_next);
	return f;
}

struct flow *flow_expired(struct flow_table *t)
{
	arm_touched(t);
	return t->slots.used != 0 ? with_the_next(t, wheel_next(t, t->clock.second)) : NULL;
}

struct clock *flow_clock_of(struct flow_table *t)
{
	return &t->clock;
}

uint32_t flow_clock(const struct flow_table *t)
{
	return t->clock.second;
}

void flow_rest(struct flow_table *t)
{
	clock_stop(&t->clock);
}

struct flow *flow_oldest(struct flow_table *t)
{
	arm_touched(t);
	return with_the_next(t, wheel_oldest(t));
}

void flow_drop(struct flow_table *t, struct flow *f)
{
	if (t->touched == f)
		t->touched = NULL;
	if (t->latest == f)
		t->latest = NULL;
	wheel_take(t, f);
	tags_remove(&t->tags, flow_tag(t, &f->key), flow_index(t, f));
	rank_remove(t, f);
	pool_give(&t->slots, f);
}

size_t flow_count(const struct flow_table *t)
{
	return t->slots.used;
}

size_t flow_peak(const struct flow_table *t)
{
	return t->slots.peak;
}

size_t flow_reserved(const struct flow_table *t)
{
	return pool_reserved(&t->slots) + tags_reserved(&t->tags);
}
