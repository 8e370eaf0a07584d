/* A time more than a day ahead is somebody setting the clock, and counts as no time; times that stay well behind for long
 * are, too.  A few packets out of order are neither. */
#include "flow/clock.h"

#define SECOND ((uint64_t)CLOCK_SECOND)
#define A_DAY  (UINT64_C(86400) * SECOND)

enum { JITTER_S = 10, BEHIND_MAX = 128 };

/* What of the second has gone by stays so, whatever time it is now. */
static void set(struct clock *c, int64_t now)
{
	const uint64_t gone = (uint64_t)c->high - c->began;
	c->high = now;
	c->began = (uint64_t)now - gone;
	c->behind = 0;
}

void clock_stop(struct clock *c)
{
	set(c, INT64_MAX);
	c->running = false;
}

bool clock_show(struct clock *c, int64_t now)
{
	if (clock_stays(c, now))
		return false;
	if (!c->running) {
		c->running = true;
		set(c, now);
		return false;
	}
	if (now < c->high) {
		const uint64_t back = (uint64_t)c->high - (uint64_t)now;
		c->behind = back > JITTER_S * SECOND ? c->behind + 1 : 0;
		if (c->behind > BEHIND_MAX)
			set(c, now);
		return false;
	}
	if ((uint64_t)now - (uint64_t)c->high > A_DAY) {
		set(c, now);
		return false;
	}
	const uint64_t seconds = ((uint64_t)now - c->began) / SECOND;
	c->high = now;
	c->began += seconds * SECOND;
	c->second += (uint32_t)seconds;
	c->behind = 0;
	return seconds != 0;
}
