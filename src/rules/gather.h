/* gather -- rule files one after the other in one file, each with its name.  Private to rules. */
#ifndef RULES_GATHER_H
#define RULES_GATHER_H

#include <stdbool.h>
#include "base/slice.h"

/* All of it; `rest` is what gathered_next has not given yet. */
struct gathered {
	struct slice all, rest;
};

struct gathered_file {
	const char *name;
	struct slice text;
	bool read; /* false: it could not be */
};

bool gathered_open(struct gathered *g, int from);
bool gathered_next(struct gathered *g, struct gathered_file *file);
void gathered_close(struct gathered *g);

#endif
