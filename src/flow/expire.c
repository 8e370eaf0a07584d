/* The wheel: a flow is put in the list of the second in which its time would be over if nothing more came.  A packet only
 * stores `seen`; when the second comes, a flow that was seen since is put where its time is over now.  Beyond one
 * turn, a flow is put at the turn's end and looked at again there.  A jump of the clock looks at each list once.
 *
 * What becomes due together is looked at in the order in which it was made, which does not hang on when other flows were
 * put where. */
#include "flow/expire.h"

#include "flow/inside.h"

enum { SLOT_MASK = (1 << 14) - 1 };
_Static_assert((int)WHEEL_LISTS < (int)SLOT_MASK, "a list's number fits");

void wheel_put(struct flow_table *t, struct flow *f, uint32_t list)
{
	struct wheel *w = &t->wheel;
	const uint32_t index = flow_index(t, f);
	f->slot = (list + 1) & SLOT_MASK;
	w->gathered = false;
	f->wheel_next = 0;
	f->wheel_prev = w->list[list].last;
	if (f->wheel_prev != 0)
		flow_at(t, f->wheel_prev)->wheel_next = index;
	else
		w->list[list].first = index;
	w->list[list].last = index;
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
	f->slot = 0;
	f->wheel_next = f->wheel_prev = 0;
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

static uint32_t *link_of(struct flow_table *t, uint32_t i)
{
	return &flow_at(t, i)->wheel_next;
}

/* Two lists in order become one. */
static uint32_t merge(struct flow_table *t, uint32_t a, uint32_t b)
{
	uint32_t first = 0, *end = &first;
	while (a != 0 && b != 0) {
		uint32_t *least = flow_at(t, a)->turn <= flow_at(t, b)->turn ? &a : &b;
		*end = *least;
		end = link_of(t, *least);
		*least = *end;
	}
	*end = a != 0 ? a : b;
	return first;
}

/* Cuts off the longest beginning that is in order. */
static uint32_t cut_run(struct flow_table *t, uint32_t *rest)
{
	const uint32_t first = *rest;
	uint32_t last = first;
	while (*link_of(t, last) != 0 && flow_at(t, last)->turn <= flow_at(t, *link_of(t, last))->turn)
		last = *link_of(t, last);
	*rest = *link_of(t, last);
	*link_of(t, last) = 0;
	return first;
}

/* Nearly all lists are in order already, or are a few of them; runs of equal rank are merged as in a binary count. */
static uint32_t sort(struct flow_table *t, uint32_t list)
{
	uint32_t run[32] = { 0 };
	while (list != 0) {
		uint32_t more = cut_run(t, &list);
		unsigned i = 0;
		for (; i < 31 && run[i] != 0; i++) {
			more = merge(t, run[i], more);
			run[i] = 0;
		}
		run[i] = merge(t, run[i], more);
	}
	uint32_t all = 0;
	for (unsigned i = 0; i < 32; i++)
		all = merge(t, run[i], all);
	return all;
}

static void append_to_due(struct flow_table *t, uint32_t list)
{
	struct wheel *w = &t->wheel;
	if (w->list[list].first == 0)
		return;
	if (w->list[WHEEL_DUE].first == 0)
		w->list[WHEEL_DUE] = w->list[list];
	else
		*link_of(t, w->list[WHEEL_DUE].last) = w->list[list].first;
	w->list[WHEEL_DUE].last = w->list[list].last;
	w->list[list].first = w->list[list].last = 0;
}

/* So many lists become due, from that of `at` on. */
static void make_due(struct flow_table *t, uint32_t lists)
{
	struct wheel *w = &t->wheel;
	for (uint32_t i = 0; i < lists && i < WHEEL_SLOTS; i++)
		append_to_due(t, (w->at + i) % WHEEL_SLOTS);
	w->list[WHEEL_DUE].first = sort(t, w->list[WHEEL_DUE].first);
	uint32_t before = 0;
	for (uint32_t i = w->list[WHEEL_DUE].first; i != 0; before = i, i = *link_of(t, i)) {
		flow_at(t, i)->slot = (WHEEL_DUE + 1) & SLOT_MASK;
		flow_at(t, i)->wheel_prev = before;
	}
	w->list[WHEEL_DUE].last = before;
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
	struct flow *f = first_due(t, now);
	if (f != NULL || t->wheel.at == now + 1)
		return f;
	/* All up to that of `now` at once, so that what is armed anew meanwhile is not looked at twice. */
	make_due(t, now + 1 - t->wheel.at);
	t->wheel.at = now + 1;
	return first_due(t, now);
}

struct flow *wheel_oldest(struct flow_table *t)
{
	struct wheel *w = &t->wheel;
	if (!w->gathered)
		make_due(t, WHEEL_SLOTS);
	w->gathered = true;
	return w->list[WHEEL_DUE].first != 0 ? flow_at(t, w->list[WHEEL_DUE].first) : NULL;
}
