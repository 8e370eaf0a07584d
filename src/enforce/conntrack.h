/* conntrack -- the kernel's table of connections: a mark is set in it, by who has the right. */
#ifndef ENFORCE_CONNTRACK_H
#define ENFORCE_CONNTRACK_H

#include "base/err.h"
#include "enforce/order.h"

/* These bits of a connection's mark become so; the others stay. */
struct conn_mark {
	uint32_t value, mask;
};

struct conntrack;

/* Tries whether the kernel answers: e->sys is EPERM without the right, else it has no netlink for its table. */
struct conntrack *conntrack_open(struct err *e) MUST_CHECK;
void conntrack_close(struct conntrack *c);

enum marked {
	MARKED,         /* the kernel has set it */
	MARKED_BEFORE,  /* an order that comes again: it is set already */
	MARKED_UNKNOWN, /* the kernel knows no such connection, in neither way */
	MARKED_FAILED
};

/* Looks for the connection as it was seen, then turned round: both tuples of a connection are found so, on either side of a
 * translation of addresses. */
enum marked conntrack_mark(struct conntrack *c, const struct mark_order *o, struct conn_mark mark);

#endif
