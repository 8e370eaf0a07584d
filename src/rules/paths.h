/* paths -- what the operator named, as a list of rule files, and their text.  Private to rules. */
#ifndef RULES_PATHS_H
#define RULES_PATHS_H

#include "base/slice.h"
#include "rules/problem.h"

struct path {
	char *name;
	uint64_t device, inode; /* 0: standard input */
};

struct paths {
	struct path *list;
	size_t count, room;
	uint32_t *slot; /* by device and inode: 1 + the place in `list`; 0: free */
	size_t slots;   /* a power of two, at least twice `room` */
};

/* A file as it is; of a folder the *.yaml and *.yml in it, by name, none that begins with a dot.  A file that is there already is
 * not added again.  False after saying in `out` what is wrong. */
bool paths_add(struct paths *p, const char *path, struct problems *out);
void paths_fini(struct paths *p);

/* The whole file; "-" is standard input.  The caller frees *text.  False after saying what is wrong. */
bool paths_read(const char *path, char **text, size_t *len, struct problems *out);

#endif
