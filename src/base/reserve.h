/* reserve -- memory for a library that does not bear being refused any: room is set aside at once, so that to be out of memory is
 * known before the library begins, not in its midst.
 *
 * The kernel gives a page only when it is first written.  What is given back is used again for pieces of the same size; nothing
 * is joined.  Not shared between threads.
 */
#ifndef BASE_RESERVE_H
#define BASE_RESERVE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

enum {
	RESERVE_GRAIN = 16,
	RESERVE_FINE = 1024, /* to here a list for each size, in grains; from here for each power of two */
	RESERVE_LISTS = RESERVE_FINE / RESERVE_GRAIN + 40
};

struct reserve {
	unsigned char *room;
	size_t size, used;
	void *free[RESERVE_LISTS]; /* through the first word of each piece */
};

bool reserve_open(struct reserve *r, const char *what, size_t size, struct err *e) MUST_CHECK;
void reserve_close(struct reserve *r);

/* NULL when the room is used up. */
void *reserve_take(struct reserve *r, size_t size);

/* NULL is allowed and does nothing. */
void reserve_give(struct reserve *r, void *piece);

#endif
