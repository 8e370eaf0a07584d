/* pool -- equal blocks of memory, counted at start and never grown: traffic cannot make the program buy more.
 *
 * The room for all blocks is reserved at once, but the kernel commits a page only when a block on it is first used, so
 * an idle program stays small.  Freed blocks are used again before new ones.  Not shared between threads.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct pool {
	unsigned char *blocks;
	void *free;         /* list through the first word of each free block */
	size_t size, count; /* bytes of a block, rounded up to 8; blocks in all */
	size_t fresh;       /* blocks never handed out start here */
	size_t used, peak;  /* blocks out now, and at most */
	size_t refused;     /* requests that found nothing left */
	unsigned twos;      /* with these pool_number divides by `size`, which is an odd number << twos: */
	uint64_t inverse;   /* of that one, modulo 2^64 */
};

bool pool_init(struct pool *p, const char *what, size_t size, size_t count, struct err *e) MUST_CHECK;
/* For a pool that fills from its beginning and is used for every packet: a fault and a look-up in 2 MiB, not in 4 KiB.  A wish
 * only; nothing is lost where the kernel does not grant it. */
void pool_of_large_pages(struct pool *p);

void pool_fini(struct pool *p);

/* A block of zeros, or NULL when all are out (counted). */
void *pool_take(struct pool *p);

/* The same, of whatever bytes: for large blocks of which most are never used. */
void *pool_take_uncleared(struct pool *p);

/* The same, from a pool that has a block for each who may ask: NULL would be a mistake, not a lack. */
void *pool_take_own(struct pool *p);

/* NULL is allowed and does nothing. */
void pool_give(struct pool *p, void *block);

/* Of many that were out few are left, or none, lying anywhere: were they the first `used` ones, the kernel could have the rest.  For
 * that, whoever knows them moves each that is not into a free one among those (pool_take_low; there are as many), and then calls
 * pool_cut: what is taken after that is as if it had never been out. */
bool pool_is_sparse(const struct pool *p);
void *pool_take_low(struct pool *p);
void pool_cut(struct pool *p);

/* Which block this is, from 0; any number when it is none.  What leaves no rest is divided by multiplying, modulo 2^64: to divide is
 * slow on many processors, and a conversation gives six blocks back. */
static inline size_t pool_number(const struct pool *p, const void *block)
{
	const size_t offset = (size_t)((uintptr_t)block - (uintptr_t)p->blocks);
	return (offset >> p->twos) * p->inverse;
}

/* Bytes at most. */
static inline size_t pool_reserved(const struct pool *p)
{
	return p->count * p->size;
}

#endif
