/* marker -- a process that has the right to mark connections in the kernel, and looks at no packet.
 *
 * As a porter (porter.h), but for who only listens: its worker, which has no rights, puts orders of a fixed size into a ring; the
 * marker sees that each can be one, and tells the kernel.  Nobody waits for it. */
#ifndef MAIN_MARKER_H
#define MAIN_MARKER_H

#include "main/aide.h"

/* Of one place among the workers; what both map stays, processes come and go. */
struct marker {
	struct aide aide;
	struct page numbers;         /* struct enforce_stats, and a beat for each round */
	struct enforce_stats before; /* of those that had this place */
};

bool marker_init(struct marker *m, struct err *e) MUST_CHECK;
void marker_fini(struct marker *m);

/* Forks one.  It ends with its parent, however that ends. */
bool marker_open(struct marker *m, const struct options *o, struct err *e) MUST_CHECK;

/* What its worker has asked for is still done. */
void marker_close(struct marker *m);

/* About once a second: it has died, or hangs. */
bool marker_is_lost(struct marker *m);

/* What was done in this place. */
void marker_sum(const struct marker *m, struct enforce_stats *sum);

#endif
