/* problem -- what is wrong with rule files: every error and warning, each at its place, in the order of files and lines. */
#ifndef RULES_PROBLEM_H
#define RULES_PROBLEM_H

#include <stdbool.h>
#include <stddef.h>
#include "base/attributes.h"

enum problem_level { PROBLEM_WARNING, PROBLEM_ERROR };

struct problem {
	enum problem_level level;
	unsigned line, column; /* from 1; 0: of the file as a whole */
	char file[256], what[512];
};

/* Zeroed at first.  At most MAX_PROBLEMS are kept, the rest counted. */
enum { MAX_PROBLEMS = 1000 };
struct problems {
	struct problem *list;
	size_t count, room, dropped;
	unsigned errors, warnings;
	unsigned files, rules; /* that were looked at */
};

/* Always false, so that a caller may say `return problem_add(...)`. */
bool problem_add(struct problems *p, enum problem_level level, const char *file, unsigned line, unsigned column,
    const char *format, ...) PRINTF_LIKE(6, 7);
void problems_sort(struct problems *p); /* by file in order of first appearance, then line and column; stable */
void problems_fini(struct problems *p);

#endif
