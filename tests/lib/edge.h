/* edge -- bytes laid so that the next one cannot be read: one byte too far faults, with or without sanitizers. */
#ifndef LIB_EDGE_H
#define LIB_EDGE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/slice.h"

struct edge {
	uint8_t *map;
	size_t size; /* bytes that can be read */
};

static inline struct edge edge_new(size_t most)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct edge e = { NULL, (most + page) / page * page };
	void *const map = mmap(NULL, e.size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED || mprotect((uint8_t *)map + e.size, page, PROT_NONE) != 0)
		abort();
	e.map = map;
	return e;
}

static inline void edge_free(struct edge *e)
{
	munmap(e->map, e->size + (size_t)sysconf(_SC_PAGESIZE));
}

static inline struct slice edge_lay(const struct edge *e, struct slice s)
{
	uint8_t *const at = e->map + e->size - s.len;
	if (s.len > e->size)
		abort();
	if (s.len != 0)
		memcpy(at, s.at, s.len);
	return (struct slice){ at, s.len };
}

#endif
