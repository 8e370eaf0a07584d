/* rulebook -- the rules of a run: read before anything is opened, exchanged on a signal. */
#ifndef MAIN_RULEBOOK_H
#define MAIN_RULEBOOK_H

#include "engine/pipeline.h"

enum { MAX_RULE_PATHS = 64 };

struct rulebook {
	const char *path[MAX_RULE_PATHS]; /* files and folders, as named by -r */
	size_t paths;
	struct ruleset *set;      /* NULL: none */
	uint64_t loaded, refused; /* sets; refused: for their errors */
	bool gathers;             /* keep the files' text for workers, in `text` */
	int text;                 /* one file in memory, sealed; of no use without `gathers` */
};

/* False when there is an error; all are told.  No paths: nothing is done. */
bool rulebook_load(struct rulebook *b);

/* Between two frames: reads everything anew, and takes it if there is no error.  `p` may be NULL: the rules are only kept
 * here.  False: nothing has changed. */
bool rulebook_reload(struct rulebook *b, struct pipeline *p);

/* A worker's: takes what was gathered. */
void rulebook_take(struct rulebook *b, int text, struct pipeline *p);

void rulebook_close(struct rulebook *b);

#endif
