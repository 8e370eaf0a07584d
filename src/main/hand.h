/* hand -- a worker of replay: a process without rights that is given segments and tells what they are.  All that it needs is
 * open when it is forked. */
#ifndef MAIN_HAND_H
#define MAIN_HAND_H

#include "capture/files.h"
#include "decode/segment.h"
#include "main/loan.h"
#include "main/worker.h"

/* What lies in a lane: a segment that nothing had carried, or one that something had; or that the clock shows another second, a
 * capture begins, it is over, or all are. */
enum errand { ERRAND_BARE, ERRAND_CARRIED, ERRAND_SECOND, ERRAND_SOURCE, ERRAND_DRAIN, ERRAND_END };

/* A segment's bytes lie in a room of the loan, or behind it.  Of what nothing had carried only the beginning is there.  Where the
 * payload begins in it is told with the errand. */
enum {
	ERRAND_BITS = 8,
	ERRAND_KIND = (1 << ERRAND_BITS) - 1,
	BARE_LEN = offsetof(struct segment, payload), /* with the head of its item: two lines of the cache */
	CARRIED_LEN = sizeof(struct segment)
};

struct errand_moment {
	uint64_t turn;
	uint32_t second; /* or the number of a file */
};

/* In its ring beside lines, when these are to be put in order: it is at this place and has nothing more to tell of earlier ones. */
enum { LINE_SO_FAR = LINES };

struct hand_duty {
	struct options *options;
	const struct files *files;
	struct lane *lane;
	struct loan *loan;
	struct ring *lines;
	struct page *numbers;
	size_t shared; /* bytes of all of these at most */
	int bell;      /* wakes it */
	int alive;     /* a pipe's end that it holds as long as it lives */
	bool record_colours, table_colours;
};

/* Works until it is told to end.  Returns an exit status of the process. */
int hand_run(const struct hand_duty *d);

#endif
