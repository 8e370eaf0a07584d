/* Pairs lie in a pool and hang in a table of chains by keyed hash.  A pair with living connections is on no list; when
 * the last leaves, it goes to the young end of the idle list, which is thereby ordered by the time of leaving.
 *
 * A pair idle for longer than KIN_LINGER is forgotten, whether or not somebody needs its place: what a detector
 * remembers then depends on the traffic alone and not on how full the table is.  Only a pair that gives way earlier is
 * counted as evicted.
 *
 * Payloads lie apart from the pairs: most are never written, and a page that is only read costs no memory.
 */
#include "kin/kin.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
	int64_t left;  /* when the last connection went */
	uint64_t mark; /* whatever its owner wants */
	size_t bucket;
	uint32_t alive; /* connections */
};

struct kin_table {
	struct pool pairs;
	struct pair **buckets;
	size_t mask;
	struct hash_key key;
	struct pair *oldest, *youngest;
	unsigned char *payloads; /* in the order of the pool's blocks */
	size_t payload;          /* bytes of one */
	uint64_t evicted;
};

static size_t buckets_for(size_t pairs)
{
	size_t n = 16;
	while (n < pairs && n <= SIZE_MAX / 4)
		n *= 2;
	return n;
}

static bool table_init(struct kin_table *t, size_t pairs, struct err *e)
{
	static const char what[] = "pairs of hosts";
	if (t->payload > SIZE_MAX / 2 / (pairs + 1) - 16)
		return err_set(e, what, "%zu bytes each are too many", t->payload);
	t->payload = (t->payload + 15) & ~(size_t)15;
	if (!pool_init(&t->pairs, what, sizeof(struct pair), pairs, e))
		return false;
	const size_t buckets = buckets_for(pairs);
	t->mask = buckets - 1;
	t->buckets = calloc(buckets, sizeof(struct pair *));
	if (t->buckets == NULL)
		return err_set_sys(e, what, "no memory for a table of %zu", buckets);
	void *const room = mmap(
	    NULL, t->payload * pairs + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, what, "cannot reserve %zu notebooks", pairs);
	t->payloads = room;
	return true;
}

struct kin_table *kin_table_new(size_t pairs, size_t payload, struct hash_key key, struct err *e)
{
	struct kin_table *const t = calloc(1, sizeof *t);
	if (t == NULL) {
		err_set_sys(e, "pairs of hosts", "no memory for the table");
		return NULL;
	}
	t->key = key;
	t->payload = payload;
	if (table_init(t, pairs, e))
		return t;
	kin_table_free(t);
	return NULL;
}

void kin_table_free(struct kin_table *t)
{
	if (t == NULL)
		return;
	if (t->payloads != NULL)
		munmap(t->payloads, t->payload * t->pairs.count + 1);
	pool_fini(&t->pairs);
	free(t->buckets);
	free(t);
}

static unsigned char *payload_of(const struct kin_table *t, const struct pair *p)
{
	const size_t index = (size_t)((const unsigned char *)p - t->pairs.blocks) / t->pairs.size;
	return t->payloads + index * t->payload;
}

/* Writes nothing where nothing was written. */
static void clear_payload(const struct kin_table *t, const struct pair *p)
{
	unsigned char *const at = payload_of(t, p);
	for (size_t i = 0; i < t->payload; i++)
		if (at[i] != 0) {
			memset(at, 0, t->payload);
			return;
		}
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
	clear_payload(t, p);
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
			clear_payload(t, p);
		idle_remove(t, p);
	}
	p->alive++;
	return payload_of(t, p);
}

static struct pair *pair_at(const struct kin_table *t, const void *payload)
{
	const size_t index = t->payload != 0 ? (size_t)((const unsigned char *)payload - t->payloads) / t->payload : 0;
	return (void *)(t->pairs.blocks + index * t->pairs.size);
}

uint64_t *kin_mark(const struct kin_table *t, const void *payload)
{
	return &pair_at(t, payload)->mark;
}

void kin_leave(struct kin_table *t, void *payload, int64_t now)
{
	if (payload == NULL)
		return;
	struct pair *const p = pair_at(t, payload);
	if (never(p->alive == 0))
		return;
	p->alive--;
	if (p->alive != 0)
		return;
	p->left = now;
	idle_append(t, p);
}

size_t kin_reserved(const struct kin_table *t)
{
	return pool_reserved(&t->pairs) + t->pairs.count * t->payload + (t->mask + 1) * sizeof *t->buckets;
}

uint64_t kin_evicted(const struct kin_table *t)
{
	return t->evicted;
}

uint64_t kin_refused(const struct kin_table *t)
{
	return t->pairs.refused;
}
