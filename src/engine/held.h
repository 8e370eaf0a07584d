/* held -- packets that wait for the answer to a handshake, oldest first: a short list for each conversation, its places from
 * one room for all.  Knows them by token and sequence numbers; their bytes are the kernel's. */
#ifndef ENGINE_HELD_H
#define ENGINE_HELD_H

#include <stdbool.h>
#include <stdint.h>
#include "base/limits.h"

/* Zeroed at first. */
struct held_list {
	uint16_t first, last; /* places, from 1 on; 0: none */
	uint16_t count;
};

struct held_room {
	struct {
		uint32_t token, seq, span;
		uint16_t next;
	} place[MAX_HELD + 1]; /* the first is no place */
	uint16_t free, fresh;
	unsigned used;
};

enum held_put {
	HELD_KEPT,
	HELD_AGAIN, /* all its bytes wait already */
	HELD_FULL   /* MAX_HELD_FLOW of its own, or MAX_HELD in all */
};
enum held_put held_put(struct held_room *r, struct held_list *l, uint32_t token, uint32_t seq, uint32_t span);

/* The oldest; false when there is none. */
bool held_take(struct held_room *r, struct held_list *l, uint32_t *token);

#endif
