/* inside -- the parts, each with its own foreign library or none.  Private to guard. */
#ifndef GUARD_INSIDE_H
#define GUARD_INSIDE_H

#include "base/attributes.h"
#include "guard/guard.h"

/* A sanitizer's run-time opens files, forks and traces when it has something to say: such a build is not shut in. */
#define GUARD_SANITIZED BASE_SANITIZED

/* All as bits of what could not be had. */
uint32_t rights_drop(const struct guard *g); /* rights.c, libcap-ng */
uint32_t files_close(struct guard *g);       /* files.c, Landlock */
uint32_t calls_close(const struct guard *g); /* calls.c, libseccomp */

#endif
