/* The clock: a time more than a day ahead is somebody setting the clock, and counts as no time; times that stay well
 * behind for long are, too.  A few packets out of order are neither.
 *
 * The wheel: a flow is put in the list of the second in which its time would be over if nothing more came.  A packet only
 * stores `seen`; when the second comes, a flow that was seen since is put where its time is over now.  Beyond one
 * turn, a flow is put at the turn's end and looked at again there.  A jump of the clock looks at each list once. */
#include "flow/expire.h"

#include "flow/inside.h"

#define SECOND ((uint64_t)CLOCK_SECOND)
#define A_DAY  (UINT64_C(86400) * SECOND)

enum { JITTER_S = 10, BEHIND_MAX = 256 };

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

void wheel_put(struct flow_table *t, struct flow *f, uint32_t list)
{
	struct wheel *w = &t->wheel;
	f->slot = list + 1;
	f->wheel_next = 0;
	f->wheel_prev = w->list[list].last;
	if (f->wheel_prev != 0)
		flow_at(t, f->wheel_prev)->wheel_next = f->index;
	else
		w->list[list].first = f->index;
	w->list[list].last = f->index;
}

void wheel_take(struct flow_table *t, struct flow *f)
{
	if (f->slot == 0)
		return;
	struct wheel *w = &t->wheel;
	const uint32_t list = f->slot - 1;
	if (f->wheel_prev != 0)
		flow_at(t, f->wheel_prev)->wheel_next = f->wheel_next;
	else
		w->list[list].first = f->wheel_next;
	if (f->wheel_next != 0)
		flow_at(t, f->wheel_next)->wheel_prev = f->wheel_prev;
	else
		w->list[list].last = f->wheel_prev;
	f->slot = f->wheel_next = f->wheel_prev = 0;
}

/* Seconds until its time is over; 0 when it is.  Whole seconds are one short of the truth at most, so `>` is never early. */
static uint32_t seconds_left(const struct flow *f, uint32_t now)
{
	const uint32_t idle = now - f->seen;
	if (idle > f->timeout_s)
		return 0;
	const uint32_t left = f->timeout_s - idle;
	return left == UINT32_MAX ? left : left + 1;
}

static uint32_t look_in(const struct flow *f, uint32_t now)
{
	const uint32_t left = seconds_left(f, now);
	if (left == 0)
		return 1;
	return left < WHEEL_SLOTS ? left : WHEEL_SLOTS - 1;
}

void wheel_arm(struct flow_table *t, struct flow *f, uint32_t now)
{
	wheel_take(t, f);
	f->armed_s = f->timeout_s;
	wheel_put(t, f, (now + look_in(f, now)) % WHEEL_SLOTS);
}

bool wheel_stands_well(const struct wheel *w, const struct flow *f, uint32_t now)
{
	if (f->slot == 0)
		return false;
	if (f->slot == WHEEL_DUE + 1)
		return true;
	const uint32_t from_at = (f->slot - 1 - w->at) % WHEEL_SLOTS;
	const uint32_t ahead = w->at + from_at - now;
	return (int32_t)ahead <= (int32_t)look_in(f, now);
}

/* Everything of one second becomes due at once, so that what is armed anew meanwhile is not looked at twice. */
static void list_to_due(struct flow_table *t, uint32_t list)
{
	struct wheel *w = &t->wheel;
	w->list[WHEEL_DUE] = w->list[list];
	w->list[list].first = w->list[list].last = 0;
	for (uint32_t i = w->list[WHEEL_DUE].first; i != 0; i = flow_at(t, i)->wheel_next)
		flow_at(t, i)->slot = WHEEL_DUE + 1;
}

static struct flow *first_due(struct flow_table *t, uint32_t now)
{
	const uint32_t *first = &t->wheel.list[WHEEL_DUE].first;
	while (*first != 0) {
		struct flow *f = flow_at(t, *first);
		if (seconds_left(f, now) == 0)
			return f;
		wheel_arm(t, f, now);
	}
	return NULL;
}

bool wheel_idle(const struct wheel *w, uint32_t now)
{
	return w->at == now + 1 && w->list[WHEEL_DUE].first == 0;
}

struct flow *wheel_next(struct flow_table *t, uint32_t now)
{
	struct wheel *w = &t->wheel;
	for (;;) {
		struct flow *f = first_due(t, now);
		if (f != NULL || w->at == now + 1)
			return f;
		if (w->steps == 0) {
			const uint32_t lag = now + 1 - w->at;
			w->target = now;
			w->steps = lag < WHEEL_SLOTS ? lag : WHEEL_SLOTS;
		}
		list_to_due(t, w->at % WHEEL_SLOTS);
		w->at++;
		w->steps--;
		if (w->steps == 0)
			w->at = w->target + 1;
	}
}
