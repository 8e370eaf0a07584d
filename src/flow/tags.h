/* tags -- the room's own: numbers found by a hash, in one open table, at most half full.  Unless it is for very many it begins small
 * and doubles, to a most that is reserved at the start: where few are in it, it should not take the room of many, nor lie as far away.
 *
 * Who has the numbers compares what they stand for; the tag decides before that memory is touched, so that a search reads one
 * line of this table and one of theirs.  Removal shifts back what was pushed on: there are no tombstones for a flood to pile up.
 */
#ifndef FLOW_TAGS_H
#define FLOW_TAGS_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct tagged {
	uint32_t tag, index; /* index 0: empty */
};

struct tags {
	struct tagged *at;
	uint32_t mask;
	uint32_t count;
	uint32_t most; /* the mask when it is at its largest */
};

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

/* At an empty place where that tag may stand, in a table that is not full.  Afterwards places may be others. */
void tags_put(struct tags *t, uint32_t place, uint32_t tag, uint32_t index);

/* None is in it: the kernel gets its pages back. */
void tags_rest(struct tags *t);

/* The entry must be there. */
void tags_remove(struct tags *t, uint32_t tag, uint32_t index);

#endif
