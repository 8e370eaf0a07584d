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

enum { KNOCK_SIZE = 96, KNOCK_S = 30, KNOCK_HURRY_S = 5, KNOCKS_TOLD = 1 << 16 };

struct knocks;

/* A tag is a keyed hash of the key (flow_tag). */
struct knocks *knocks_new(size_t most, struct err *e) MUST_CHECK;
void knocks_free(struct knocks *k);

bool knock_fits(const struct segment *s);

/* Of an address pair that has none yet; `second` is what the clock shows (flow_clock).  False when it is full: take the oldest, and ask again. */
bool knocks_put(struct knocks *k, const struct segment *s, uint32_t tag, unsigned interface, uint32_t second);

struct knock {
	struct segment syn; /* without bytes: only the length of `tcp` is known */
	uint32_t tag;
	uint8_t interface;
};

/* Takes out the one with this key, if there is one. */
bool knocks_take(struct knocks *k, const struct flow_key *key, uint32_t tag, struct knock *out);

/* Begins to fetch what knocks_take will ask for. */
void knocks_expect(const struct knocks *k, uint32_t tag);

/* Takes out the oldest: if its time is over in that second; or whatever its age, to make room or because all is over. */
bool knocks_expired(struct knocks *k, uint32_t second, struct knock *out);
bool knocks_oldest(struct knocks *k, struct knock *out);

/* The tag of the oldest; begins to fetch what knocks_oldest will ask for.  False: there is none. */
bool knocks_ahead(struct knocks *k, uint32_t *tag);

/* Are most places taken? */
bool knocks_crowded(const struct knocks *k);

/* Crowded, or more than anybody would read about (KNOCKS_TOLD)? */
bool knocks_are_flood(const struct knocks *k);

size_t knocks_count(const struct knocks *k);
size_t knocks_peak(const struct knocks *k);
size_t knocks_reserved(const struct knocks *k); /* bytes at most */

#endif
