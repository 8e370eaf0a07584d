/* hand -- a worker of replay: a process that reads the captures, like its fellows, and follows its part of the conversations.  All
 * that it tells goes through memory. */
#ifndef MAIN_HAND_H
#define MAIN_HAND_H

#include "capture/files.h"
#include "main/pour.h"
#include "main/worker.h"

/* What its page shows; whole words. */
struct hand_numbers {
	struct report_stats stats; /* its pointers mean nothing to others */
	uint64_t unwrap_lost;
	uint64_t files; /* begun; how far it is in the latest, in bytes, and of how many */
	uint64_t at, total;
	uint64_t failures; /* captures that could not be read, or not whole */
	uint64_t over;     /* it has read and told all */
};

struct hand_duty {
	struct options *options;
	const struct files *files;
	const struct pour *pour; /* those that cannot be opened twice */
	unsigned number;         /* of this one, from 0 */
	struct ring *lines;
	struct page *numbers;
	const struct page *stop; /* a word: not 0, what has been read is enough */
	pid_t parent;
	int alive; /* a pipe's end that it holds as long as it lives */
	bool record_colours, table_colours;
};

/* Returns an exit status of the process. */
int hand_run(const struct hand_duty *d);

#endif
