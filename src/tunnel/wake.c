#include "tunnel/wake.h"

enum { UUID_LENGTH = 36 };

/* Letters alike in either case, other bytes mixed as they come: it is a hash.  With these factors no field that every browser or
 * server sends stands where a detector's does. */
static unsigned fold(uint8_t byte)
{
	return byte | 0x20u;
}

static unsigned place_of(struct slice name)
{
	if (name.len == 0)
		return 0;
	const unsigned first = fold(name.at[0]), middle = fold(name.at[name.len / 2]),
		       last = fold(name.at[name.len - 1]);
	return ((unsigned)name.len * 51 + first * 5 + middle * 11 + last * 23) % WAKE_PLACES;
}

void wake_add(struct wake *w, unsigned which, const struct detector *d)
{
	const uint64_t bit = UINT64_C(1) << which;
	if (d->fields == NULL && d->when == 0)
		w->always |= bit;
	w->content |= d->when & WHEN_CONTENT ? bit : 0;
	w->query |= d->when & WHEN_QUERY ? bit : 0;
	w->longs |= d->when & WHEN_LONG ? bit : 0;
	for (unsigned i = 0; d->fields != NULL && d->fields[i] != NULL; i++) {
		const struct slice name = { (const uint8_t *)d->fields[i], strlen(d->fields[i]) };
		if (slice_eq(name, SLICE(WAKE_METHOD))) {
			w->by_method |= bit;
		} else {
			w->names |= UINT64_C(1) << field_bit(name);
			w->at[place_of(name)] |= bit;
		}
	}
}

uint64_t wake_usual(const struct wake *w)
{
	return w->always | w->at[place_of(SLICE("Host"))] | w->at[place_of(SLICE("User-Agent"))] |
	       w->at[place_of(SLICE("Accept"))];
}

static uint64_t ask_request(const struct wake *w, const struct http_event *ev)
{
	const struct slice target = ev->head->target;
	uint64_t bits = ev->head->method == METHOD_OTHER ? w->by_method : 0;
	if (ev->rule != BODY_NONE && !(ev->rule == BODY_LENGTH && ev->head->length == 0))
		bits |= w->content;
	if (slice_find(target, '?') < target.len)
		bits |= w->query;
	return target.len >= UUID_LENGTH ? bits | w->longs : bits;
}

uint64_t wake_ask(const struct wake *w, const struct http_event *ev)
{
	uint64_t bits = w->always;
	if (ev->kind == HTTP_REQUEST)
		bits |= ask_request(w, ev);
	else if (!ev->ask.known)
		bits |= w->content | w->query | w->longs | w->by_method;
	/* Most heads have none of the names: 170 instructions less for an exchange (callgrind, as all such figures here). */
	if ((w->names & ev->head->names) == 0)
		return bits;
	for (unsigned i = 0; i < ev->head->field_count; i++)
		bits |= w->at[place_of(ev->head->fields[i].name)];
	return bits;
}
