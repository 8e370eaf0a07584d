/* order -- "mark this connection": what a process without rights says to the one that may, of a fixed size.
 *
 * It names a kind of mark and no mark: which bits that is, is known to who obeys, so that nobody else has a say about them. */
#ifndef ENFORCE_ORDER_H
#define ENFORCE_ORDER_H

#include <stdbool.h>
#include <stdint.h>
#include "decode/segment.h"

enum mark_kind { MARK_NONE, MARK_FORBIDDEN, MARK_SETTLED, MARKS };
const char *mark_name(enum mark_kind k); /* "none", "forbidden", "settled" */

/* A connection as a packet of it was seen, in either of its ways. */
struct mark_order {
	uint8_t source[16], target[16]; /* IPv4 in the first four bytes, the rest zero */
	uint16_t source_port, target_port;
	uint16_t zone; /* of conntrack; not known, so always 0 */
	uint8_t kind;  /* enum mark_kind, but for MARK_NONE */
	uint8_t ipv6;  /* 1 or 0 */
	uint8_t again; /* 1: it was asked for before, and the conversation goes on all the same */
	uint8_t zero[3];
};

void order_make(const struct segment *seg, enum mark_kind kind, bool again, struct mark_order *o);

/* Can it be one?  It comes from a process that may be anybody's by now. */
bool order_is_sane(const struct mark_order *o);

/* The same connection in its other way. */
void order_turn(struct mark_order *o);

#endif
