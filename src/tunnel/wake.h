/* wake -- which detectors a message head concerns, in one look at each field name.  Private to tunnel.
 *
 * A table by a small hash of the name; two names in one place wake each other's detectors, which costs them a look and
 * nothing else.
 */
#ifndef TUNNEL_WAKE_H
#define TUNNEL_WAKE_H

#include "tunnel/detector.h"

enum { WAKE_PLACES = 256 };

struct wake {
	uint64_t always;                /* bit i: detector i is shown every message */
	uint64_t by_method;             /* woken by a method other than the usual ones */
	uint64_t content, query, longs; /* woken by enum when */
	uint64_t names;                 /* 1 << field_bit of each name in `at` */
	uint64_t at[WAKE_PLACES];       /* by hash of a field's name */
};

void wake_add(struct wake *w, unsigned which, const struct detector *d);

/* Bits of those whom nearly every request wakes. */
uint64_t wake_usual(const struct wake *w);

/* Bits of those whom this request or response wakes. */
uint64_t wake_ask(const struct wake *w, const struct http_event *ev);

#endif
