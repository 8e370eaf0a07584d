/* Tables of all sizes lie behind each other in one reservation, each twice as long as the one before: the next one begins where
 * this one ends.  Pages that are not written cost nothing, and a table that was left gives its pages back. */
#include "base/tags.h"

#include <string.h>
#include <sys/mman.h>

enum {
	FIRST = 1 << 11, /* places: 16 KiB, half of what a core's nearest cache holds */
	LARGE = 1 << 21, /* bytes */
	MOST = 1 << 29   /* entries; twice as many places have numbers of 32 bits */
};

static size_t places_for(size_t entries)
{
	size_t n = 16;
	while (n < 2 * entries)
		n *= 2;
	return n;
}

static size_t places_at_first(size_t most)
{
	return most < FIRST ? most : FIRST;
}

static size_t bytes_of(size_t most)
{
	return (2 * most - places_at_first(most)) * sizeof(struct tagged);
}

bool tags_init(struct tags *t, const char *what, size_t entries, struct err *e)
{
	if (entries > MOST)
		return err_set(e, what, "%zu cannot be held", entries);
	const size_t n = places_for(entries);
	void *room =
	    mmap(NULL, bytes_of(n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return err_set_sys(e, what, "cannot reserve %zu entries", n);
	*t = (struct tags){ .at = room, .room = room, .mask = (uint32_t)(places_at_first(n) - 1), .most = (uint32_t)n };
	return true;
}

void tags_fini(struct tags *t)
{
	if (t->room != NULL)
		munmap(t->room, tags_reserved(t));
	*t = (struct tags){ 0 };
}

size_t tags_reserved(const struct tags *t)
{
	return bytes_of(t->most);
}

static void clear(struct tagged *at, size_t places)
{
	if (madvise(at, places * sizeof *at, MADV_DONTNEED) != 0)
		memset(at, 0, places * sizeof *at);
}

static uint32_t empty_place(const struct tags *t, uint32_t tag)
{
	uint32_t at = tag & t->mask;
	while (t->at[at].index != 0)
		at = tags_next(t, at);
	return at;
}

/* The places that a tag may have in the larger table are those it had, or as far behind its middle: both are filled from the
 * front on, so that this is two streams of writes and not a search for each. */
static void grow(struct tags *t)
{
	const struct tagged *const before = t->at;
	const uint32_t places = t->mask + 1;
	t->at += places;
	t->mask = 2 * places - 1;
	/* Asked for at random: with small pages the processor looks up the address each time as well. */
	if (2 * places * sizeof *t->at >= LARGE)
		madvise(t->at, 2 * places * sizeof *t->at, MADV_HUGEPAGE);
	for (uint32_t i = 0; i < places; i++)
		if (before[i].index != 0)
			t->at[empty_place(t, before[i].tag)] = before[i];
	clear(t->at - places, places);
}

void tags_put(struct tags *t, uint32_t at, uint32_t tag, uint32_t index)
{
	t->at[at] = (struct tagged){ tag, index };
	t->used++;
	if (t->used > t->mask / 2 + 1 && t->mask + 1 < t->most)
		grow(t);
}

void tags_shrink(struct tags *t)
{
	struct tagged *const before = t->at;
	const uint32_t mask = t->mask, first = (uint32_t)places_at_first(t->most);
	uint32_t places = t->mask + 1;
	while (places > first && t->used <= places / 8)
		places /= 2;
	if (places == mask + 1)
		return;
	t->at = t->room + (places - first);
	t->mask = places - 1;
	for (uint32_t i = 0; t->used != 0 && i <= mask; i++)
		if (before[i].index != 0)
			t->at[empty_place(t, before[i].tag)] = before[i];
	clear(before, (size_t)mask + 1);
}

void tags_renumber(struct tags *t, uint32_t tag, uint32_t before, uint32_t index)
{
	uint32_t at = tag & t->mask;
	while (t->at[at].index != before) {
		if (never(t->at[at].index == 0))
			return;
		at = tags_next(t, at);
	}
	t->at[at].index = index;
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
	t->used--;
}
