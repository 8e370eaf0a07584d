/* expire -- the wheel behind flow_expired.  Private to flow. */
#ifndef FLOW_EXPIRE_H
#define FLOW_EXPIRE_H

#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_SLOTS = 4096, WHEEL_DUE = WHEEL_SLOTS, WHEEL_LISTS };

struct flow_table;
struct flow;

/* Lists of flows by the second in which to look at them, in the order in which they were put there.  Flow numbers begin
 * at 1; list numbers in a flow too, so that 0 is in no list. */
struct wheel {
	struct {
		uint32_t first, last;
	} list[WHEEL_LISTS];
	uint32_t at;   /* the next second to be looked at */
	bool gathered; /* all are in WHEEL_DUE, in the order of their turns */
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

/* That of all in the wheel which was made first, or NULL. */
struct flow *wheel_oldest(struct flow_table *t);

#endif
