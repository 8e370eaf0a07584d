/* options -- the words of the command line. */
#ifndef MAIN_OPTIONS_H
#define MAIN_OPTIONS_H

#include "base/log.h"
#include "capture/source.h"
#include "engine/pipeline.h"
#include "guard/guard.h"
#include "main/inline_options.h"
#include "main/rulebook.h"
#include "report/out.h"

enum { WORKERS_UNSAID = 0, WATCHDOG_UNSAID = UINT16_MAX };

struct options {
	const char *filter, *output;
	enum report_format format;
	enum log_level verbosity;
	struct pipeline_options pipeline;
	struct rulebook rules;
	struct live_options live;
	struct inline_options in_line;
	struct rotation rotation; /* of the output of live */
	const char *metrics;      /* where they are served; NULL: nowhere */
	uint32_t stats_interval;  /* seconds; 0: only at the end */
	uint32_t fail_on;         /* 1 << enum label */
	unsigned fail_on_alert;   /* 1 << enum severity; 0: never */
	enum guard_mode sandbox;
	uint32_t workers; /* of live and replay */
	bool ordered;     /* replay: records of several workers as one would write them */
	uint64_t memory;  /* bytes that one process may take; 0: as conversations need */
	bool alerts_given;
	uint32_t watchdog;  /* seconds that one may stand still; 0: for ever */
	const char *fates;  /* file for the fate of each frame; NULL: none */
	const char *unwrap; /* folder; NULL: none */
	const char *verb;   /* that an option stands for; NULL: the first word is one */
	bool fail_on_anomaly, states, table, strict, require_tests, selftest;
	bool format_given; /* and not what it is without --format */
};

extern const char help_text[];

/* Reads the options; the words that are none begin at argv[optind].  -h and --version make a verb of that name.  False,
 * after saying why, when one cannot be. */
bool options_read(struct options *o, int argc, char **argv);

#endif
