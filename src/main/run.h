/* run -- what replay and live share: from options to a pipeline that reports, and back to an exit status. */
#ifndef MAIN_RUN_H
#define MAIN_RUN_H

#include <stdio.h>
#include "capture/source.h"
#include "main/options.h"

enum exit_status { EXIT_DONE = 0, EXIT_INCOMPLETE = 1, EXIT_USAGE = 2, EXIT_DENIED = 3, EXIT_FOUND = 10 };

struct run {
	struct options *options;
	struct reporter *reporter, *table; /* table: NULL unless asked for */
	struct pipeline *pipeline;         /* NULL: `share` has them */
	struct share *share;               /* NULL: one pipeline does it all */
	struct report_stats stats;         /* as told at the end */
	FILE *fates;                       /* NULL unless asked for */
	uint64_t unwrap_lost;              /* by workers: bytes */
	size_t besides;                    /* bytes that it shares with other processes */
	bool counted;                      /* there is something to sum up */
};

/* Says where to read on; EXIT_USAGE. */
int run_usage(void);

/* An input could not be opened: `otherwise` is the status when it is nobody's fault.  The second one tells it as well. */
int run_blame(const struct err *e, int otherwise);
int run_refused(const struct err *e, int otherwise);

/* Opens what is written to.  False, and told, when it cannot be; run_end is due all the same. */
bool run_open(struct run *r, struct options *o, bool live) MUST_CHECK;

/* Bytes taken whatever the traffic. */
size_t run_taken_anyway(const struct options *o);

/* Makes the pipeline, which reports to what is set in `r`.  The rules are loaded before, and closed after. */
bool run_start(struct run *r, struct err *e) MUST_CHECK;

/* Carries frames from the source to the pipeline until there are `most`, or a signal has come (GOT_FRAME), or the source has
 * something else to say. */
enum source_got run_frames(const struct run *r, struct source *s, unsigned most, struct err *e);

/* The counters by now; and those that are told at the end. */
void run_counters(const struct run *r, struct report_stats *now);
void run_count(struct run *r);

/* "NAME: 10 frames, 2 conversations", to standard error, without a newline. */
void run_print_counters(const struct report_stats *now, const char *name);

/* Is what --fail-on names among them? */
bool run_matched(const struct run *r);

/* Closes everything.  Returns `status`, or a worse one when records or bytes were lost. */
int run_end(struct run *r, int status);

#endif
