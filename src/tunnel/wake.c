#include "tunnel/wake.h"

/* Letters alike in either case, other bytes mixed as they come: it is a hash. */
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
	return ((unsigned)name.len * 37 + first * 5 + middle * 11 + last * 23) % WAKE_PLACES;
}

void wake_add(struct wake *w, unsigned which, const struct detector *d)
{
	const uint64_t bit = UINT64_C(1) << which;
	if (d->fields == NULL)
		w->always |= bit;
	for (unsigned i = 0; d->fields != NULL && d->fields[i] != NULL; i++) {
		const struct slice name = { (const uint8_t *)d->fields[i], strlen(d->fields[i]) };
		if (slice_eq(name, SLICE(WAKE_METHOD)))
			w->by_method |= bit;
		else
			w->at[place_of(name)] |= bit;
	}
}

uint64_t wake_ask(const struct wake *w, const struct head *h)
{
	uint64_t bits = !h->response && h->method == METHOD_OTHER ? w->by_method : 0;
	for (unsigned i = 0; i < h->field_count; i++)
		bits |= w->at[place_of(h->fields[i].name)];
	return bits;
}
