/* Blocks that grow as more is asked, so that a small set costs little and a large one few calls; whatever is larger than a
 * block gets one of its own.  Nothing is given back but all at once. */
#include "rules/ruleset.h"

#include <stdlib.h>

enum { FIRST_BLOCK = 4096, LAST_BLOCK = 1 << 20 };

struct block {
	struct block *before;
	size_t size, used; /* of the bytes behind */
	max_align_t bytes[];
};

struct memory {
	struct block *now;
	size_t next; /* size of the next block */
};

struct memory *memory_new(void)
{
	struct memory *m = calloc(1, sizeof *m);
	if (m != NULL)
		m->next = FIRST_BLOCK;
	return m;
}

static struct block *block_new(struct memory *m, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	struct block *b = calloc(1, sizeof *b + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->before = m->now;
	m->now = b;
	return b;
}

void *memory_take(struct memory *m, size_t size)
{
	const size_t unit = sizeof(max_align_t);
	if (size > SIZE_MAX / 2)
		return NULL;
	const size_t whole = (size + (size == 0) + unit - 1) / unit * unit;
	struct block *b = m->now;
	if (b == NULL || b->size - b->used < whole) {
		b = block_new(m, whole > m->next ? whole : m->next);
		if (b == NULL)
			return NULL;
		if (m->next < LAST_BLOCK)
			m->next *= 2;
	}
	void *const taken = (unsigned char *)b->bytes + b->used;
	b->used += whole;
	return taken;
}

struct slice memory_text(struct memory *m, struct slice s)
{
	uint8_t *copy = s.len < SIZE_MAX ? memory_take(m, s.len + 1) : NULL;
	if (copy != NULL && s.len != 0)
		memcpy(copy, s.at, s.len);
	return (struct slice){ copy, copy != NULL ? s.len : 0 };
}

void memory_free(struct memory *m)
{
	if (m == NULL)
		return;
	for (struct block *b = m->now; b != NULL;) {
		struct block *const before = b->before;
		free(b);
		b = before;
	}
	free(m);
}
