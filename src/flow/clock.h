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
	int64_t high;    /* ns: latest time believed; while it does not run, later than all */
	uint64_t began;  /* ns: when `second` did, by the times shown since.  Wraps; less than a second before `high` */
	uint32_t second; /* wraps; compared by difference only */
	uint32_t behind; /* times shown in a row that lay well before `high` */
};

/* Begin anew at the next time shown. */
void clock_stop(struct clock *c);

/* Shows it a time.  True when at least one second has gone by. */
bool clock_show(struct clock *c, int64_t now);

/* Is this time, as that of most packets, a later one of the same second?  Then it has been shown; else nothing is done. */
static inline bool clock_stays(struct clock *c, int64_t now)
{
	if (now < c->high || (uint64_t)now - c->began >= CLOCK_SECOND)
		return false;
	c->high = now;
	c->behind = 0;
	return true;
}

#endif
