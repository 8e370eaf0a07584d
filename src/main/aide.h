/* aide -- a process beside a worker that has one right which the worker lacks, and looks at no packet: porters and markers.
 *
 * It obeys items of fixed size in a ring that the worker fills, and says by a beat that it is alive.
 */
#ifndef MAIN_AIDE_H
#define MAIN_AIDE_H

#include <sys/types.h>
#include "base/page.h"
#include "base/ring.h"
#include "main/descriptors.h"
#include "main/options.h"

/* Of one place among the workers: processes come and go there. */
struct aide {
	const char *what; /* "porter" */
	pid_t pid;        /* 0: none */
	int leave;        /* an eventfd: it is to go */
	struct ring orders;
	uint64_t rounds_before; /* its beats as seen last */
	unsigned still;         /* looks at which they stood */
};

bool aide_init(struct aide *a, const char *what, size_t ring, struct err *e) MUST_CHECK;
void aide_fini(struct aide *a);

/* The place is made ready for another one: what the one before did not take is forgotten. */
bool aide_anew(struct aide *a, struct err *e) MUST_CHECK;

/* Forks it, to do `work` with `duty` once it has given up all rights but the one to tell the kernel's netfilter, and all
 * descriptors of its parent's that were open `before`.  It ends with its parent, however that ends. */
struct aide_task {
	const struct options *options;
	const struct descriptors *before;
	int (*work)(void *duty);
	void *duty;
};
bool aide_fork(struct aide *a, const struct aide_task *t, struct err *e) MUST_CHECK;

/* It does what is left in its ring, and ends; or is ended. */
void aide_end(struct aide *a);

/* About once a second: it has died, or its `beats` have stood for `most` looks. */
bool aide_is_lost(struct aide *a, uint64_t beats, unsigned most);

/* The aide's own: waits for an order, `ms` at most, and for `more`, when it is there.  True when it is to go. */
struct pollfd;
bool aide_rest(struct aide *a, struct pollfd *more, int ms);

#endif
