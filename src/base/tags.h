/* tags -- numbers found by a hash, in one open table, at most half full.
 *
 * Who has the numbers compares what they stand for; the tag decides before that memory is touched, so that a search reads one
 * line of this table and one of theirs.  Removal shifts back what was pushed on: there are no tombstones for a flood to pile up.
 *
 * The table is as large as what it has held at once asks for: few entries lie in the processor's caches, and of a table
 * for a million nearly every search waits for memory.  It doubles in room that was reserved for it, which nothing can refuse.
 */
#ifndef BASE_TAGS_H
#define BASE_TAGS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct tagged {
	uint32_t tag, index; /* index 0: empty */
};

struct tags {
	struct tagged *at;
	uint32_t mask;
	uint32_t used;
	uint32_t most; /* places of the largest table */
	struct tagged *room;
};

/* So many entries are promised to fit. */
bool tags_init(struct tags *t, const char *what, size_t entries, struct err *e) MUST_CHECK;
void tags_fini(struct tags *t);
size_t tags_reserved(const struct tags *t); /* bytes */

static inline uint32_t tags_next(const struct tags *t, uint32_t at)
{
	return (at + 1) & t->mask;
}

/* Begins to fetch where this tag would stand: a table that is larger than the caches answers 100 ns later. */
static inline void tags_expect(const struct tags *t, uint32_t tag)
{
	__builtin_prefetch(&t->at[tag & t->mask]);
}

/* `at` is the empty place that a search from `tag & mask` on came to.  Everything may move: no place holds beyond this. */
void tags_put(struct tags *t, uint32_t at, uint32_t tag, uint32_t index);

/* The entry must be there. */
void tags_remove(struct tags *t, uint32_t tag, uint32_t index);
void tags_renumber(struct tags *t, uint32_t tag, uint32_t before, uint32_t index);

/* The table is as small as what it holds allows, with room to grow, and the kernel gets the pages back.  Everything may move. */
void tags_shrink(struct tags *t);

#endif
