/* probe -- tries what a process in a sandbox must not be able to do. */
#ifndef GUARD_PROBE_H
#define GUARD_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* Before the sandbox closes: what has to be open for the tries. */
struct probe {
	int socket, netfilter;
};
void probe_begin(struct probe *p);

/* Number n: its name, and whether it was refused.  NULL: there is none any more. */
const char *probe_try(const struct probe *p, size_t n, bool *refused);

#endif
