/* clock -- seconds of packet time.
 *
 * It never goes back, and does not believe every time it is shown: captures are joined, sorted badly, and taken while somebody
 * sets the time.  What it shows is told by the frames alone, so that two who are shown the same frames agree.
 */
#ifndef FLOW_CLOCK_H
#define FLOW_CLOCK_H

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

/* Begin anew at the next time shown. */
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

#endif
