/* descriptors -- what a forked process holds is told by what it does not: of all that was open before its own things were, only
 * what is named stays open. */
#ifndef MAIN_DESCRIPTORS_H
#define MAIN_DESCRIPTORS_H

#include <stddef.h>
#include <stdint.h>

enum { MAX_FD = 1024 };

/* Those that are open. */
struct descriptors {
	uint64_t bit[MAX_FD / 64];
};

void descriptors_note(struct descriptors *d);

/* Closes those noted but for `keep`; standard input and output lead nowhere then. */
void descriptors_leave(const struct descriptors *d, const int *keep, size_t kept);

/* If it is open; -1 then. */
void descriptor_close(int *fd);

#endif
