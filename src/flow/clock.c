/* A time more than a day ahead is somebody setting the clock, and counts as no time; times that stay well behind for long
 * are, too.  A few packets out of order are neither. */
#include "flow/clock.h"

#define SECOND ((uint64_t)CLOCK_SECOND)
#define A_DAY  (UINT64_C(86400) * SECOND)

enum { JITTER_S = 10, BEHIND_MAX = 128 };

void clock_stop(struct clock *c)
{
	c->running = false;
}

bool clock_turn(struct clock *c, int64_t now)
{
	if (!c->running) {
		c->running = true;
		c->high = now;
		c->behind = 0;
		return false;
	}
	if (now < c->high) {
		const uint64_t back = (uint64_t)c->high - (uint64_t)now;
		c->behind = back > JITTER_S * SECOND ? c->behind + 1 : 0;
		if (c->behind > BEHIND_MAX) {
			c->high = now;
			c->behind = 0;
		}
		return false;
	}
	const uint64_t ahead = (uint64_t)now - (uint64_t)c->high;
	c->high = now;
	c->behind = 0;
	if (ahead > A_DAY)
		return false;
	const uint64_t ns = c->fraction + ahead;
	if (ns < SECOND) {
		c->fraction = (uint32_t)ns;
		return false;
	}
	c->second += (uint32_t)(ns / SECOND);
	c->fraction = (uint32_t)(ns % SECOND);
	return true;
}
