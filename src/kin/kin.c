/* Pairs lie in a pool and hang in a table of chains by keyed hash.  A pair with living connections is on no list; when
 * the last leaves, it goes to the young end of the idle list, which is thereby ordered by the time of leaving.
 *
 * A pair idle for longer than KIN_LINGER is forgotten, whether or not somebody needs its place: what a detector
 * remembers then depends on the traffic alone and not on how full the table is.  Only a pair that gives way earlier is
 * counted as evicted.
 */
#include "kin/kin.h"

#include <stdlib.h>
#include <string.h>
#include "base/pool.h"

/* ns of packet time.  Tools that poll reconnect within a second or two; ten covers a lost SYN and its repeats. */
#define KIN_LINGER INT64_C(10000000000)

/* How many forgotten pairs one join clears away: more than the one it may add, so that the list cannot grow old. */
enum { KIN_REAP = 2 };

struct pair_name {
	uint8_t client[16], server[16];
	uint32_t space;
	uint32_t port; /* no padding: the name is hashed and compared as bytes */
};

_Static_assert(sizeof(struct pair_name) == 40, "compared as bytes");

struct pair {
	struct pair_name name;
	struct pair *chain; /* next in the same bucket */
	struct pair *older, *younger;
	int64_t left; /* when the last connection went */
	size_t bucket;
	uint32_t alive; /* connections */
	_Alignas(16) unsigned char payload[];
};

struct kin_table {
	struct pool pairs;
	struct pair **buckets;
	size_t mask;
	struct hash_key key;
	struct pair *oldest, *youngest;
	size_t payload;
	uint64_t evicted;
};

static size_t buckets_for(size_t pairs)
{
	size_t n = 16;
	while (n < pairs && n <= SIZE_MAX / 4)
		n *= 2;
	return n;
}

struct kin_table *kin_table_new(size_t pairs, size_t payload, struct hash_key key, struct err *e)
{
	static const char what[] = "pairs of hosts";
	if (payload > SIZE_MAX - sizeof(struct pair)) {
		err_set(e, what, "%zu bytes each are too many", payload);
		return NULL;
	}
	struct kin_table *const t = calloc(1, sizeof *t);
	if (t == NULL) {
		err_set_sys(e, what, "no memory for the table");
		return NULL;
	}
	t->key = key;
	t->payload = payload;
	if (!pool_init(&t->pairs, what, sizeof(struct pair) + payload, pairs, e))
		goto no_pairs;
	const size_t buckets = buckets_for(pairs);
	t->mask = buckets - 1;
	t->buckets = calloc(buckets, sizeof(struct pair *));
	if (t->buckets == NULL) {
		err_set_sys(e, what, "no memory for a table of %zu", buckets);
		goto no_buckets;
	}
	return t;

no_buckets:
	pool_fini(&t->pairs);
no_pairs:
	free(t);
	return NULL;
}

void kin_table_free(struct kin_table *t)
{
	if (t == NULL)
		return;
	pool_fini(&t->pairs);
	free(t->buckets);
	free(t);
}

static void idle_append(struct kin_table *t, struct pair *p)
{
	p->older = t->youngest;
	p->younger = NULL;
	if (t->youngest != NULL)
		t->youngest->younger = p;
	else
		t->oldest = p;
	t->youngest = p;
}

static void idle_remove(struct kin_table *t, struct pair *p)
{
	if (p->older != NULL)
		p->older->younger = p->younger;
	else
		t->oldest = p->younger;
	if (p->younger != NULL)
		p->younger->older = p->older;
	else
		t->youngest = p->older;
	p->older = p->younger = NULL;
}

static void forget(struct kin_table *t, struct pair *p)
{
	struct pair **at = &t->buckets[p->bucket];
	while (*at != p)
		at = &(*at)->chain;
	*at = p->chain;
	idle_remove(t, p);
	pool_give(&t->pairs, p);
}

/* Time may run backwards in a capture; then nothing is stale. */
static bool is_stale(const struct pair *p, int64_t now)
{
	return p->alive == 0 && now > p->left && (uint64_t)now - (uint64_t)p->left > (uint64_t)KIN_LINGER;
}

static void reap(struct kin_table *t, int64_t now)
{
	for (unsigned i = 0; i < KIN_REAP && t->oldest != NULL && is_stale(t->oldest, now); i++)
		forget(t, t->oldest);
}

static struct pair_name name_of(const struct endpoint *client, const struct endpoint *server, uint32_t space)
{
	struct pair_name n = { .space = space, .port = server->port };
	memcpy(n.client, client->addr, sizeof n.client);
	memcpy(n.server, server->addr, sizeof n.server);
	return n;
}

static struct pair *find(const struct kin_table *t, const struct pair_name *name, size_t bucket)
{
	struct pair *p = t->buckets[bucket];
	while (p != NULL && memcmp(&p->name, name, sizeof *name) != 0)
		p = p->chain;
	return p;
}

static struct pair *add(struct kin_table *t, const struct pair_name *name, size_t bucket)
{
	if (t->pairs.used == t->pairs.count && t->oldest != NULL) {
		forget(t, t->oldest);
		t->evicted++;
	}
	struct pair *const p = pool_take(&t->pairs);
	if (p == NULL)
		return NULL;
	p->name = *name;
	p->bucket = bucket;
	p->chain = t->buckets[bucket];
	t->buckets[bucket] = p;
	return p;
}

void *kin_join(
    struct kin_table *t, const struct endpoint *client, const struct endpoint *server, uint32_t space, int64_t now)
{
	const struct pair_name name = name_of(client, server, space);
	const size_t bucket = (size_t)hash_bytes(t->key, &name, sizeof name) & t->mask;
	reap(t, now);

	struct pair *p = find(t, &name, bucket);
	if (p == NULL) {
		p = add(t, &name, bucket);
		if (p == NULL)
			return NULL;
	} else if (p->alive == 0) {
		if (is_stale(p, now))
			memset(p->payload, 0, t->payload);
		idle_remove(t, p);
	}
	p->alive++;
	return p->payload;
}

void kin_leave(struct kin_table *t, void *payload, int64_t now)
{
	if (payload == NULL)
		return;
	struct pair *const p = (void *)((unsigned char *)payload - offsetof(struct pair, payload));
	if (never(p->alive == 0))
		return;
	p->alive--;
	if (p->alive != 0)
		return;
	p->left = now;
	idle_append(t, p);
}

uint64_t kin_evicted(const struct kin_table *t)
{
	return t->evicted;
}
