/* merge -- the lines of replay's workers become one output: as they come, or in the order in which one worker would have
 * written them. */
#ifndef MAIN_MERGE_H
#define MAIN_MERGE_H

#include "main/worker.h"

/* What one worker has told. */
struct strand {
	struct ring lines;
	bool over;     /* nothing more will come */
	bool holds;    /* a line that was taken, but whose turn has not come */
	bool broken;   /* what it wrote makes no sense */
	bool told;     /* its user's: that it is broken */
	uint64_t said; /* with nothing in its ring then: it has told all before this turn, and of it what comes first */
	uint32_t tag;  /* of the line */
	size_t len;    /* with its place */
	char *line;
};

struct merge {
	bool ordered;
	struct reporter *to[LINES]; /* NULL: such lines do not come */
	unsigned count;
	struct strand *strand;
	uint64_t lines; /* ever moved */
};

/* Bytes of a worker's ring. */
size_t merge_ring(bool ordered);

bool merge_init(struct merge *m, unsigned count, bool ordered, int wake, struct err *e) MUST_CHECK;
void merge_fini(struct merge *m);

/* Moves what can be moved. */
void merge_move(struct merge *m);

#endif
