/* progress -- what a long replay shows: on a terminal how far it is, and its counters when the operator asks. */
#ifndef MAIN_PROGRESS_H
#define MAIN_PROGRESS_H

#include <time.h>
#include "main/run.h"

struct progress {
	bool on;
	struct timespec begun;
	double shown;
};

void progress_begin(struct progress *g, const struct options *o);

/* If it is time: it is at `at` of `total` bytes (0: not known) of the capture of that name. */
void progress_show(struct progress *g, const struct run *r, const char *name, uint64_t at, uint64_t total);

/* Leaves the terminal as it was. */
void progress_end(struct progress *g);

#endif
