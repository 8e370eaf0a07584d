#include "flow/tags.h"

#include <sys/mman.h>

enum {
	FEW = 1 << 18,  /* places to begin with: one large page */
	MANY = 1 << 21, /* a table of more does not grow: who moves them all would have to be waited for */
};

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
	const size_t places = n > FEW && n <= MANY ? FEW : n;
	*t = (struct tags){ .at = room, .mask = (uint32_t)(places - 1), .most = (uint32_t)(n - 1) };
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
	return ((size_t)t->most + 1) * sizeof *t->at;
}

static uint32_t empty_place(const struct tags *t, uint32_t at)
{
	while (t->at[at].index != 0)
		at = tags_next(t, at);
	return at;
}

/* Each entry stays where it was, or a table's length behind.  From an empty place on, so that none is met before those that it was
 * pushed on by. */
static void grow(struct tags *t)
{
	const uint32_t before = t->mask, start = empty_place(t, 0);
	t->mask = before * 2 + 1;
	for (uint32_t i = 1; i <= before; i++) {
		struct tagged *const from = &t->at[(start + i) & before];
		const struct tagged moved = *from;
		if (moved.index == 0)
			continue;
		*from = (struct tagged){ 0 };
		t->at[empty_place(t, moved.tag & t->mask)] = moved;
	}
}

void tags_put(struct tags *t, uint32_t place, uint32_t tag, uint32_t index)
{
	t->at[place] = (struct tagged){ tag, index };
	t->count++;
	if (t->count > t->mask / 2 && t->mask < t->most)
		grow(t);
}

void tags_rest(struct tags *t)
{
	if (t->count == 0)
		madvise(t->at, ((size_t)t->mask + 1) * sizeof *t->at, MADV_DONTNEED);
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
	t->count--;
}
