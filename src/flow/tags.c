#include "flow/tags.h"

#include <sys/mman.h>

static size_t places_for(size_t entries)
{
	size_t n = 16;
	while (n < 2 * entries)
		n *= 2;
	return n;
}

bool tags_init(struct tags *t, const char *what, size_t entries, struct err *e)
{
	const size_t n = places_for(entries);
	void *room =
	    mmap(NULL, n * sizeof *t->at, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, what, "cannot reserve %zu entries", n);
	/* Asked for at random: with small pages the processor looks up the address each time as well. */
	madvise(room, n * sizeof *t->at, MADV_HUGEPAGE);
	*t = (struct tags){ .at = room, .mask = (uint32_t)(n - 1) };
	return true;
}

void tags_fini(struct tags *t)
{
	if (t->at != NULL)
		munmap(t->at, tags_reserved(t));
	*t = (struct tags){ 0 };
}

size_t tags_reserved(const struct tags *t)
{
	return ((size_t)t->mask + 1) * sizeof *t->at;
}

/* Knuth's algorithm R (6.4): what stands behind the freed place, but could stand in it, moves up. */
void tags_remove(struct tags *t, uint32_t tag, uint32_t index)
{
	uint32_t hole = tag & t->mask;
	while (t->at[hole].index != index) {
		if (never(t->at[hole].index == 0))
			return;
		hole = tags_next(t, hole);
	}
	for (uint32_t at = tags_next(t, hole); t->at[at].index != 0; at = tags_next(t, at)) {
		const uint32_t home = t->at[at].tag & t->mask;
		if (((at - home) & t->mask) < ((at - hole) & t->mask))
			continue;
		t->at[hole] = t->at[at];
		hole = at;
	}
	t->at[hole] = (struct tagged){ 0 };
}
