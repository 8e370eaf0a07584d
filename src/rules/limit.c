/* A limit counts in windows: the first alert begins one, and it is over `every` later.  A threshold looks back over `every`
 * from each match: exactly for counts up to STAMPS; for larger ones several matches share a stamp, the time of their first,
 * so that the rule may speak up to one sixteenth of its count late, never early. */
#include "rules/limit.h"

#include <stdlib.h>
#include "base/hash.h"

enum { STAMPS = 16, RING = STAMPS + 1, NONE = 0 };

struct entry {
	uint64_t key;
	uint32_t next;         /* in its bucket; numbers are from 1 */
	uint32_t older, newer; /* by when it was asked about */
	union {
		struct {
			int64_t from;
			uint64_t suppressed;
			uint32_t passed;
		} limit;
		struct {
			int64_t stamp[RING];
			uint32_t stamps, matches; /* ever; of the latest stamp */
		} threshold;
	};
};

struct rule_limits {
	struct hash_key secret;
	uint32_t *bucket;
	size_t buckets; /* a power of two */
	struct entry *entry;
	uint32_t room, used, oldest, newest;
};

struct rule_limits *limits_new(size_t entries, struct err *e)
{
	struct rule_limits *l = calloc(1, sizeof *l);
	if (l == NULL) {
		err_set_sys(e, "memory", "no room for the limits of rules");
		return NULL;
	}
	for (l->buckets = 16; l->buckets < entries; l->buckets *= 2)
		continue;
	l->room = (uint32_t)entries;
	l->secret = hash_key_random();
	l->bucket = calloc(l->buckets, sizeof *l->bucket);
	l->entry = calloc(entries + 1, sizeof *l->entry);
	if (l->bucket != NULL && l->entry != NULL)
		return l;
	err_set_sys(e, "memory", "no room for the limits of rules");
	limits_free(l);
	return NULL;
}

void limits_free(struct rule_limits *l)
{
	if (l == NULL)
		return;
	free(l->bucket);
	free(l->entry);
	free(l);
}

size_t limits_reserved(const struct rule_limits *l)
{
	return l->buckets * sizeof *l->bucket + (l->room + (size_t)1) * sizeof *l->entry;
}

/* Padding would be hashed too: only bytes. */
struct name {
	uint8_t bytes[64];
	size_t len;
};

static void name_add(struct name *n, const void *bytes, size_t len)
{
	memcpy(n->bytes + n->len, bytes, len);
	n->len += len;
}

static uint64_t key_of(
    const struct rule_limits *l, const struct rule *r, const struct facts *f, enum per per, uint8_t threshold)
{
	struct name n = { .len = 0 };
	name_add(&n, &threshold, 1);
	name_add(&n, &r->info.id, sizeof r->info.id);
	name_add(&n, &r->info.rev, sizeof r->info.rev);
	if (per == PER_FLOW)
		name_add(&n, &f->flow_id, sizeof f->flow_id);
	if (per == PER_CLIENT || per == PER_PAIR)
		name_add(&n, facts_client(f)->addr, 16);
	if (per == PER_SERVER || per == PER_PAIR)
		name_add(&n, facts_server(f)->addr, 16);
	if (per != PER_RULE && per != PER_FLOW) {
		name_add(&n, &f->key->space, sizeof f->key->space);
		name_add(&n, &f->key->ipv6, 1);
	}
	return hash_bytes(l->secret, n.bytes, n.len);
}

static void age_unlink(struct rule_limits *l, uint32_t at)
{
	struct entry *e = &l->entry[at];
	*(e->older != NONE ? &l->entry[e->older].newer : &l->oldest) = e->newer;
	*(e->newer != NONE ? &l->entry[e->newer].older : &l->newest) = e->older;
}

static void age_link(struct rule_limits *l, uint32_t at)
{
	struct entry *e = &l->entry[at];
	e->older = l->newest;
	e->newer = NONE;
	*(l->newest != NONE ? &l->entry[l->newest].newer : &l->oldest) = at;
	l->newest = at;
}

static uint32_t *bucket_of(struct rule_limits *l, uint64_t key)
{
	return &l->bucket[key & (l->buckets - 1)];
}

static uint32_t evict(struct rule_limits *l)
{
	const uint32_t at = l->oldest;
	uint32_t *link = bucket_of(l, l->entry[at].key);
	while (*link != at)
		link = &l->entry[*link].next;
	*link = l->entry[at].next;
	age_unlink(l, at);
	return at;
}

static struct entry *find(struct rule_limits *l, uint64_t key, bool *fresh, struct judge_counters *c)
{
	uint32_t *bucket = bucket_of(l, key), at = *bucket;
	while (at != NONE && l->entry[at].key != key)
		at = l->entry[at].next;
	*fresh = at == NONE;
	if (!*fresh) {
		age_unlink(l, at);
		age_link(l, at);
		return &l->entry[at];
	}
	if (l->used < l->room) {
		at = ++l->used;
	} else {
		at = evict(l);
		c->limits_evicted++;
	}
	l->entry[at] = (struct entry){ .key = key, .next = *bucket };
	*bucket = at;
	age_link(l, at);
	return &l->entry[at];
}

/* 0: for ever.  A clock that goes back begins anew. */
static bool is_within(int64_t from, int64_t now, int64_t every)
{
	return every == 0 || (now >= from && (uint64_t)now - (uint64_t)from < (uint64_t)every);
}

bool limits_allow(
    struct rule_limits *l, const struct rule *r, const struct facts *f, uint64_t *suppressed, struct judge_counters *c)
{
	bool fresh;
	struct entry *e = find(l, key_of(l, r, f, r->limit.per, 0), &fresh, c);
	if (fresh || !is_within(e->limit.from, f->now, r->limit.every)) {
		e->limit.from = f->now;
		e->limit.passed = 0;
	}
	if (e->limit.passed >= r->limit.count) {
		e->limit.suppressed++;
		return false;
	}
	e->limit.passed++;
	*suppressed = e->limit.suppressed;
	e->limit.suppressed = 0;
	return true;
}

bool limits_reached(struct rule_limits *l, const struct rule *r, const struct facts *f, struct judge_counters *c)
{
	bool fresh;
	struct entry *e = find(l, key_of(l, r, f, r->threshold.per, 1), &fresh, c);
	const uint32_t count = r->threshold.count, share = (count + STAMPS - 1) / STAMPS;
	const uint32_t wanted = (count + share - 1) / share; /* stamps that a full count makes */
	if (e->threshold.stamps == 0 || e->threshold.matches >= share) {
		e->threshold.stamp[e->threshold.stamps++ % RING] = f->now;
		e->threshold.matches = 0;
	}
	e->threshold.matches++;
	/* All stamps but the latest are full ones; when that has only begun, one more before them is needed. */
	const bool begun = (uint64_t)(wanted - 1) * share + e->threshold.matches < count;
	const uint32_t back = begun ? wanted + 1 : wanted;
	return e->threshold.stamps >= back &&
	       is_within(e->threshold.stamp[(e->threshold.stamps - back) % RING], f->now, r->threshold.every);
}
