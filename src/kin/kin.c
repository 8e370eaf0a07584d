/* Pairs lie in a pool, named by number, and tags find them.  A pair with living connections is on no list; when
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
#include "base/tags.h"

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
	struct pair *older, *younger;
	int64_t left;  /* when the last connection went */
	uint64_t mark; /* whatever its owner wants */
	uint32_t tag;
	uint32_t alive; /* connections */
};

struct kin_table {
	struct pool pairs;
	struct tags tags;
	struct hash_key key;
	struct pair *oldest, *youngest;
	unsigned char *payloads; /* in the order of the pool's blocks */
	size_t payload;          /* bytes of one */
	uint64_t evicted;
};

static bool table_init(struct kin_table *t, size_t pairs, struct err *e)
{
	static const char what[] = "pairs of hosts";
	if (t->payload > SIZE_MAX / 2 / (pairs + 1) - 16)
		return err_set(e, what, "%zu bytes each are too many", t->payload);
	t->payload = (t->payload + 15) & ~(size_t)15;
	if (!pool_init(&t->pairs, what, sizeof(struct pair), pairs, e))
		return false;
	if (!tags_init(&t->tags, what, pairs, e))
		return false;
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
	tags_fini(&t->tags);
	free(t);
}

/* From 1 on; 0 is none. */
static uint32_t number_of(const struct kin_table *t, const struct pair *p)
{
	return (uint32_t)pool_number(&t->pairs, p) + 1;
}

static struct pair *pair_at(const struct kin_table *t, uint32_t number)
{
	return (void *)(t->pairs.blocks + (size_t)(number - 1) * t->pairs.size);
}

static unsigned char *payload_of(const struct kin_table *t, const struct pair *p)
{
	return t->payloads + (size_t)(number_of(t, p) - 1) * t->payload;
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
	tags_remove(&t->tags, p->tag, number_of(t, p));
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

/* The place of this name among the tags, or the empty one where it belongs. */
static uint32_t find(const struct kin_table *t, const struct pair_name *name, uint32_t tag)
{
	const struct tagged *const tags = t->tags.at;
	uint32_t at = tag & t->tags.mask;
	for (; tags[at].index != 0; at = tags_next(&t->tags, at))
		if (tags[at].tag == tag && memcmp(&pair_at(t, tags[at].index)->name, name, sizeof *name) == 0)
			break;
	return at;
}

static struct pair *add(struct kin_table *t, const struct pair_name *name, uint32_t tag)
{
	if (t->pairs.used == t->pairs.count && t->oldest != NULL) {
		forget(t, t->oldest);
		t->evicted++;
	}
	struct pair *const p = pool_take(&t->pairs);
	if (p == NULL)
		return NULL;
	p->name = *name;
	p->tag = tag;
	/* Where it belongs is asked once more: what was forgotten may have moved it. */
	tags_put(&t->tags, find(t, name, tag), tag, number_of(t, p));
	return p;
}

void *kin_join(
    struct kin_table *t, const struct endpoint *client, const struct endpoint *server, uint32_t space, int64_t now)
{
	const struct pair_name name = name_of(client, server, space);
	const uint32_t tag = (uint32_t)hash_bytes(t->key, &name, sizeof name);
	reap(t, now);

	const uint32_t number = t->tags.at[find(t, &name, tag)].index;
	struct pair *p = number != 0 ? pair_at(t, number) : NULL;
	if (p == NULL) {
		p = add(t, &name, tag);
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

static struct pair *pair_of(const struct kin_table *t, const void *payload)
{
	const size_t index = t->payload != 0 ? (size_t)((const unsigned char *)payload - t->payloads) / t->payload : 0;
	return pair_at(t, (uint32_t)index + 1);
}

uint64_t *kin_mark(const struct kin_table *t, const void *payload)
{
	return &pair_of(t, payload)->mark;
}

void kin_leave(struct kin_table *t, void *payload, int64_t now)
{
	if (payload == NULL)
		return;
	struct pair *const p = pair_of(t, payload);
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
	return pool_reserved(&t->pairs) + t->pairs.count * t->payload + tags_reserved(&t->tags);
}

uint64_t kin_evicted(const struct kin_table *t)
{
	return t->evicted;
}

uint64_t kin_refused(const struct kin_table *t)
{
	return t->pairs.refused;
}
