/* knock -- SYNs that nobody has answered yet: what a flood is made of.  One costs KNOCK_SIZE bytes, not a conversation's
 * six hundred; whatever comes next on the same addresses turns it into a conversation that began with this SYN.
 *
 * Bounded, oldest first, and in an order that depends on the packets alone.  Only bare SYNs fit (knock_fits): no data, at
 * most one carrier.  They are forgotten after KNOCK_S seconds of packet time, or KNOCK_HURRY_S while most places are taken.
 */
#ifndef FLOW_KNOCK_H
#define FLOW_KNOCK_H

#include "base/err.h"
#include "base/hash.h"
#include "decode/segment.h"

enum { KNOCK_SIZE = 96, KNOCK_S = 30, KNOCK_HURRY_S = 5 };

struct knocks;

struct knocks *knocks_new(size_t most, struct hash_key key, struct err *e) MUST_CHECK;
void knocks_free(struct knocks *k);

bool knock_fits(const struct segment *s);

/* Of an address pair that has none yet; `second` is what the clock shows (flow_clock).  False when it is full: take the oldest, and ask again. */
bool knocks_put(struct knocks *k, const struct segment *s, unsigned interface, uint32_t second);

struct knock {
	struct segment syn; /* without bytes: only the length of `tcp` is known */
	uint8_t interface;
};

/* Takes out the one with this key, if there is one. */
bool knocks_take(struct knocks *k, const struct flow_key *key, struct knock *out);

/* Takes out the oldest: if its time is over in that second; or whatever its age. */
bool knocks_expired(struct knocks *k, uint32_t second, struct knock *out);
bool knocks_oldest(struct knocks *k, struct knock *out);

/* Are most places taken? */
bool knocks_crowded(const struct knocks *k);

size_t knocks_count(const struct knocks *k);
size_t knocks_peak(const struct knocks *k);
size_t knocks_reserved(const struct knocks *k); /* bytes at most */

#endif
