/* ring -- items from one process to another, through memory that both map: one writer, one reader, no lock.
 *
 * An item is published whole, by one store.  A writer that is killed while it writes has published nothing of what it was
 * at, and what it had published before stays readable.  The writer is not trusted: what the reader must believe -- its own
 * place, the size -- it keeps for itself, and a length that cannot be ends the ring as broken.
 *
 * A reader that finds nothing says that it sleeps, and polls `wake`; only then does publishing cost a system call.  Or it never
 * says so, but looks now and then (`looks`): then publishing is a store and nothing else, until half the ring is full.
 */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct ring_shared;

/* What one of the two holds; made before the fork, then each uses its own copy. */
struct ring {
	struct ring_shared *shared;
	size_t size;   /* a power of two */
	uint64_t at;   /* the writer's or the reader's place */
	uint64_t tail; /* the writer's: where the reader was when it was last asked; it never goes back */
	uint64_t head; /* the reader's: where the writer was when it was last asked */
	uint64_t rung; /* the writer's: its place when it last woke a reader that looks */
	uint64_t lost; /* as the reader has been told */
	int wake;      /* an eventfd, which may be that of many rings; -1: none */
	bool looks;    /* the reader comes by itself, and is woken only so that the ring does not get full */
};

bool ring_init(struct ring *r, size_t size, int wake, struct err *e) MUST_CHECK;
void ring_fini(struct ring *r);

/* As new.  Nobody must write any more. */
void ring_reset(struct ring *r);

/* The writer's.  False: there is no room, and nothing was written. */
bool ring_put(struct ring *r, uint32_t tag, const void *item, size_t len);

/* How far the writer is, in a measure of its own: what it said first is in the ring before that.  It is no item, takes no room, and
 * only the latest is kept. */
void ring_say(struct ring *r, uint64_t place);

/* Waits until there may be room.  False: there is still none after so many milliseconds. */
bool ring_wait(struct ring *r, size_t len, unsigned ms);

/* Counts an item that was given up. */
void ring_lose(struct ring *r);

enum ring_got { RING_ITEM, RING_EMPTY, RING_BROKEN };

/* The reader's.  Copies the next item; one that is longer than `room` cannot be the writer's doing as agreed: broken. */
enum ring_got ring_take(struct ring *r, uint32_t *tag, void *item, size_t room, size_t *len);

/* The latest that was said; 0 at first.  What was put before is seen by those who look afterwards. */
uint64_t ring_said(const struct ring *r);

/* Items lost since it was last asked. */
uint64_t ring_losses(struct ring *r);

/* From now on the writer wakes the reader, once.  Not for one that looks.  False: there is something to take already. */
bool ring_sleep(struct ring *r);

#endif
