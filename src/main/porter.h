/* porter -- a process that has the right to answer for the packets of one queue, and looks at none of them.
 *
 * A worker without rights decides, and puts what it decided into a ring; the porter tells the kernel.  Failing open, it lets
 * everything pass while the worker does not move: a process that sleeps still owns the queue, and the kernel knows no
 * better than to let packets wait for it. */
#ifndef MAIN_PORTER_H
#define MAIN_PORTER_H

#include "main/aide.h"

/* Of one place among the workers; what both map stays, processes come and go. */
struct porter {
	struct aide aide;
	struct page life;   /* of the worker's reading */
	struct page rounds; /* of the porter's own */
};

bool porter_init(struct porter *p, struct err *e) MUST_CHECK;
void porter_fini(struct porter *p);

/* Opens the queue, and forks a porter for it.  It ends with its parent, however that ends. */
struct source *porter_open(
    struct porter *p, const struct options *o, const struct queue_options *queue, struct err *e) MUST_CHECK;

/* What its worker has decided is still answered.  The queue's other holders close it themselves. */
void porter_close(struct porter *p);

/* About once a second: it has died, or hangs.  Its worker is of no use any more. */
bool porter_is_lost(struct porter *p);

#endif
