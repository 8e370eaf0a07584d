/* worker -- a process without rights that reads packets.  All that it needs is open when it is forked. */
#ifndef MAIN_WORKER_H
#define MAIN_WORKER_H

#include "base/page.h"
#include "base/ring.h"
#include "main/orders.h"
#include "main/run.h"

/* Where a line belongs, as the ring's tag. */
enum worker_line { LINE_RECORD, LINE_TABLE, LINES };

/* What its page shows; whole words. */
struct worker_numbers {
	struct report_stats stats; /* its pointers mean nothing to others */
	struct inline_stats in_the_way;
	struct enforce_stats enforce; /* as far as it knows */
	uint64_t received, dropped, refused, unwrap_lost;
};

struct worker_duty {
	struct options *options;
	struct source *source;
	struct ring *lines;
	struct ring *marks; /* what is to be marked; NULL: nothing is */
	struct page *numbers;
	int orders;
	bool record_colours, table_colours;
};

/* Gives up its rights, says so, and works until it is told to end.  Returns an exit status of the process. */
int worker_run(const struct worker_duty *d);

/* Gives up its rights; the bits of what could not be had.  False: it was required. */
bool worker_shut_in(const struct options *o, uint32_t *missing);

#endif
