/* flow -- finds, creates and forgets conversations; keeps `payload` bytes for its caller and never looks inside.
 *
 * The table is keyed with a secret, holds at most `flows`, and takes its memory at start.  Time comes from packets only.
 * What happens to one conversation does not hang on others, so that several tables which share a capture agree with one that has
 * it all.
 * Forgetting is pulled: unless flow_idle, flow_expired hands out what has timed out, oldest first, the caller reports it and calls
 * flow_drop.  All orders are those of the packets, so that two runs over one capture agree whatever the secret.
 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include "base/err.h"
#include "base/hash.h"
#include "decode/segment.h"
#include "flow/clock.h"

struct flow_table;

struct flow {
	struct flow_key key;
	uint16_t timeout_s; /* forgotten this long after `last`; the caller sets it after flow_touch */
	uint16_t
	    armed_s; /* the table's own, as are those below `turn`: what timeout_s was when it was put in the wheel */
	int64_t first, last; /* ns: first and latest segment; `last` does not go backwards */
	uint64_t turn;       /* when it was made: the place in the run; later ones have a higher one */
	uint32_t seen, wheel_next, wheel_prev, rank_next, rank_prev;
	/* Low half of the second in which it was put in the list of its rank: who was heard of after a multiple of 18 hours is
	 * taken for silent, and may give way too early once. */
	uint16_t placed;
	uint16_t slot : 14;
	uint16_t rank : 2;
	/* The payload follows, aligned to 8. */
};
_Static_assert(sizeof(struct flow) <= 96, "every conversation has one");

struct flow_table *flow_table_new(size_t flows, size_t payload, struct hash_key key, struct err *e) MUST_CHECK;
void flow_table_free(struct flow_table *t);

/* The conversation of this segment, made when new (payload zeroed, *fresh true).  NULL when the table is full: take
 * flow_least, report and drop it, and ask again. */
struct flow *flow_touch(struct flow_table *t, const struct segment *s, bool *fresh);

/* The same, but never made; *before: what its `last` was until now. */
struct flow *flow_find(struct flow_table *t, const struct segment *s, int64_t *before);

/* A keyed hash of the key, by which it is found here, and may be elsewhere. */
uint32_t flow_tag(struct flow_table *t, const struct flow_key *key);

/* Made of a segment that came earlier, with its tag: it says nothing about the time now, which is `turn`.  There must be none. */
struct flow *flow_make(struct flow_table *t, const struct segment *s, uint32_t tag, uint64_t turn);

/* Begin to fetch what a search for this tag will ask for; and, some time later, the conversation that it will find. */
void flow_expect(const struct flow_table *t, uint32_t tag);
void flow_fetch(const struct flow_table *t, uint32_t tag);

/* Begin to fetch what flow_drop will ask for. */
void flow_expect_drop(struct flow_table *t, const struct flow *f);

void *flow_payload(struct flow *f);

/* Its name: 51 bits, the same in every run over the same packets.  Made when it is asked for. */
uint64_t flow_id(const struct flow *f);

/* How much would be lost with it; its caller says so when it changes.  New ones have the lowest. */
enum { FLOW_RANKS = 4 };
void flow_set_rank(struct flow_table *t, struct flow *f, unsigned rank);

/* Which is to give way in a full table: of the lowest rank, one that has been silent for longest, more or less.  NULL when the
 * table is empty. */
struct flow *flow_least(struct flow_table *t);

/* Shows the clock this time; nothing else does.  True: no conversation's time is over, nothing is to be asked. */
bool flow_idle(struct flow_table *t, int64_t now);

/* The next conversation whose time is over by the clock, or NULL: of those whose time is over at once, the one that was made
 * first.  It stays in the table until flow_drop. */
struct flow *flow_expired(struct flow_table *t);

/* Whoever shows it a time for every frame asks this first: of a time for which clock_stays is true, flow_idle would be, too. */
struct clock *flow_clock_of(struct flow_table *t);

/* What the clock shows, in seconds, which wrap. */
uint32_t flow_clock(const struct flow_table *t);

/* The input is over; what comes next may be of any time. */
void flow_rest(struct flow_table *t);

/* The one with the least `turn` in the table, or NULL: for the end of input.  The first call takes its time. */
struct flow *flow_oldest(struct flow_table *t);

void flow_drop(struct flow_table *t, struct flow *f);

size_t flow_count(const struct flow_table *t);
size_t flow_peak(const struct flow_table *t);
size_t flow_reserved(const struct flow_table *t); /* bytes at most */

#endif
