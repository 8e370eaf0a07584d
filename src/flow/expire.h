/* expire -- the clock and the wheel behind flow_expired.  Private to flow.
 *
 * The clock counts seconds of packet time.  It never goes back, and does not believe every time it is shown: captures
 * are joined, sorted badly, and taken while somebody sets the time.
 */
#ifndef FLOW_EXPIRE_H
#define FLOW_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_SECOND = 1000000000 }; /* ns */

struct clock {
	bool running;
	int64_t high;      /* ns: latest time believed */
	uint32_t fraction; /* ns since `second` began */
	uint32_t second;   /* wraps; compared by difference only */
	uint32_t behind;   /* times shown in a row that lay well before `high` */
};

/* Begin anew at the next time shown: nothing is waiting to be forgotten. */
void clock_stop(struct clock *c);

bool clock_turn(struct clock *c, int64_t now);

/* True when at least one second has gone by.  Most packets are of the second of the one before. */
static inline bool clock_show(struct clock *c, int64_t now)
{
	const uint64_t ahead = (uint64_t)now - (uint64_t)c->high;
	if (!c->running || now < c->high || ahead >= CLOCK_SECOND - c->fraction)
		return clock_turn(c, now);
	c->high = now;
	c->fraction += (uint32_t)ahead;
	c->behind = 0;
	return false;
}

enum { WHEEL_SLOTS = 4096, WHEEL_DUE = WHEEL_SLOTS, WHEEL_LISTS };

struct flow_table;
struct flow;

/* Lists of flows by the second in which to look at them, in the order in which they were put there.  Flow numbers begin
 * at 1; list numbers in a flow too, so that 0 is in no list. */
struct wheel {
	struct {
		uint32_t first, last;
	} list[WHEEL_LISTS];
	uint32_t at;            /* the next second to be looked at */
	uint32_t target, steps; /* lists left to look at before the wheel stands after `target` */
};

void wheel_put(struct flow_table *t, struct flow *f, uint32_t list);
void wheel_take(struct flow_table *t, struct flow *f);

/* Puts the flow where its time is over, seen from `now`. */
void wheel_arm(struct flow_table *t, struct flow *f, uint32_t now);

/* Is the flow's time over later than where it stands in the wheel, or there? */
bool wheel_stands_well(const struct wheel *w, const struct flow *f, uint32_t now);

/* Nothing to look at before the next second. */
bool wheel_idle(const struct wheel *w, uint32_t now);

/* The next flow whose time is over, still in the wheel; NULL: none. */
struct flow *wheel_next(struct flow_table *t, uint32_t now);

#endif
