#include "engine/held.h"

static bool waits_already(const struct held_room *r, const struct held_list *l, uint32_t seq, uint32_t span)
{
	for (unsigned i = l->first; i != 0; i = r->place[i].next) {
		const uint32_t into = seq - r->place[i].seq;
		if (into <= r->place[i].span && span <= r->place[i].span - into)
			return true;
	}
	return false;
}

static unsigned take_place(struct held_room *r)
{
	const unsigned at = r->free;
	if (at != 0) {
		r->free = r->place[at].next;
		return at;
	}
	return r->fresh < MAX_HELD ? ++r->fresh : 0;
}

enum held_put held_put(struct held_room *r, struct held_list *l, uint32_t token, uint32_t seq, uint32_t span)
{
	if (waits_already(r, l, seq, span))
		return HELD_AGAIN;
	const unsigned at = l->count < MAX_HELD_FLOW ? take_place(r) : 0;
	if (at == 0)
		return HELD_FULL;
	r->place[at].token = token;
	r->place[at].seq = seq;
	r->place[at].span = span;
	r->place[at].next = 0;
	if (l->count == 0)
		l->first = (uint16_t)at;
	else
		r->place[l->last].next = (uint16_t)at;
	l->last = (uint16_t)at;
	l->count++;
	r->used++;
	return HELD_KEPT;
}

bool held_take(struct held_room *r, struct held_list *l, uint32_t *token)
{
	const unsigned at = l->first;
	if (at == 0)
		return false;
	*token = r->place[at].token;
	l->first = r->place[at].next;
	l->count--;
	r->place[at].next = r->free;
	r->free = (uint16_t)at;
	r->used--;
	return true;
}
