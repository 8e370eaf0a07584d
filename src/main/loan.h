/* loan -- memory that replay's reader reads files into and its hands look at: what lies in a room stays until every hand is past
 * it.
 *
 * Nothing is counted and nothing is given back: when a room is full, the reader notes how far each lane is by then.  A hand that
 * has read its lane so far holds nothing of the room any more.
 */
#ifndef MAIN_LOAN_H
#define MAIN_LOAN_H

#include "base/lane.h"

struct loan {
	struct lane **lane; /* of each hand; to be set */
	unsigned hands, rooms;
	uint8_t *at;
	int fd;       /* of the memory */
	unsigned now; /* the room that is read into */
	bool any;     /* there is such a room */
	unsigned
	    *back; /* rooms that nobody looks at; the last one that came back, which caches know best, goes out first */
	unsigned backs;
	unsigned *out; /* a ring: the full ones, from the first that was */
	unsigned first, outs;
	uint64_t *until; /* of each room, of each hand: the place in its lane */
};

bool loan_init(struct loan *l, unsigned hands, struct err *e) MUST_CHECK;
void loan_fini(struct loan *l);

/* The hand's: it can look, and no more. */
bool loan_look_only(struct loan *l) MUST_CHECK;

/* Bytes that so many hands may find in their memory. */
size_t loan_reserved(unsigned hands);

/* The room is full.  What is in it has been put into the lanes. */
void loan_end(struct loan *l);

/* Another one to be read into; NULL: hands look at all of them. */
uint8_t *loan_next(struct loan *l);

/* What is to be waited for until half of them are back: that a hand has read so far.  NULL: they are back. */
struct lane *loan_awaits(struct loan *l, uint64_t *place);

/* Does this byte lie there? */
bool loan_has(const struct loan *l, const uint8_t *byte);

#endif
