#include "tunnel/groups.h"

#include <sys/mman.h>

enum { WAYS = 4, SHARE = 16, LEAST_SETS = 64 };

bool groups_init(struct groups *g, size_t connections, struct err *e)
{
	size_t sets = LEAST_SETS;
	while (sets < connections / SHARE)
		sets *= 2;
	*g = (struct groups){ .sets = sets };
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

struct group *groups_find(struct groups *g, uint64_t key)
{
	struct group *set = set_of(g, key);
	for (unsigned i = 0; i < WAYS && key != 0; i++)
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
	*spare = (struct group){ .key = key, .last = t };
	return spare;
}
