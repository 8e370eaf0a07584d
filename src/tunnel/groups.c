#include "tunnel/groups.h"

#include <sys/mman.h>

enum {
	WAYS = 4,
	SHARE = 16,
	LEAST_SETS = 64,
	COLLECTED = 3 /* messages that begin in another protocol, if most do */
};
static const int64_t MS = 1000000, SECOND = 1000000000;

bool groups_init(struct groups *g, size_t connections, struct err *e)
{
	size_t sets = LEAST_SETS;
	while (sets < connections / SHARE)
		sets *= 2;
	*g = (struct groups){ .sets = sets, .made = 1 };
	/* Reserved, not bought: a page is committed when a group on it is first written. */
	void *room = mmap(NULL, sets * WAYS * sizeof(struct group), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, "tunnel groups", "cannot reserve %zu", sets * WAYS);
	g->at = room;
	return true;
}

void groups_fini(struct groups *g)
{
	if (g->at != NULL)
		munmap(g->at, g->sets * WAYS * sizeof(struct group));
	g->at = NULL;
}

size_t groups_reserved(const struct groups *g)
{
	return g->sets * WAYS * sizeof(struct group);
}

static struct group *set_of(const struct groups *g, uint64_t key)
{
	return g->at + (key >> 8 & (g->sets - 1)) * WAYS;
}

/* The upper 16 bits: the word, and the bit in it. */
static uint64_t *word_of(struct groups *g, uint64_t key)
{
	return &g->known[key >> 54];
}

static uint64_t bit_of(uint64_t key)
{
	return UINT64_C(1) << (key >> 48 & 63);
}

struct group *groups_find(struct groups *g, uint64_t key)
{
	struct group *set = set_of(g, key);
	if (key == 0 || (*word_of(g, key) & bit_of(key)) == 0)
		return NULL;
	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].key == key)
			return &set[i];
	return NULL;
}

struct group *groups_get(struct groups *g, uint64_t key, int64_t t)
{
	struct group *found = groups_find(g, key);
	if (found != NULL || key == 0)
		return found;
	struct group *set = set_of(g, key), *spare = set;
	for (unsigned i = 0; i < WAYS && spare->key != 0; i++)
		if (set[i].key == 0 || set[i].last < spare->last)
			spare = &set[i];
	g->evicted += spare->key != 0;
	*word_of(g, key) |= bit_of(key);
	*spare = (struct group){ .key = key, .last = t };
	if (++g->made == 0)
		g->made = 1;
	return spare;
}

void group_asked(struct group *g, int64_t t)
{
	const int64_t gap = t - g->asked;
	g->asked = t;
	if (g->requests < 2 || gap < 20 * MS || gap > 10 * SECOND) {
		g->even = g->growing = 0;
		g->gap_us = 0;
		return;
	}
	const uint64_t now = (uint64_t)gap / 1000, before = g->gap_us;
	const uint64_t off = now > before ? now - before : before - now;
	g->even = before != 0 && off * 100 < before * 15 ? (uint8_t)(g->even + (g->even < UINT8_MAX)) : 0;
	const bool half_more = now * 10 >= before * 14 && now * 10 <= before * 16;
	g->growing = before != 0 && half_more ? (uint8_t)(g->growing + (g->growing < UINT8_MAX)) : 0;
	g->gap_us = (uint32_t)now;
}

bool group_is_collection(const struct group *g, enum side side)
{
	const uint32_t messages = g->in_query && side == CLIENT ? g->requests : g->bodies[side];
	return g->foreigns[side] >= COLLECTED && g->foreigns[side] * 2 > messages;
}
