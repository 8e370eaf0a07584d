/* crew_fork -- makes a worker.  Private to crew. */
#ifndef MAIN_CREW_FORK_H
#define MAIN_CREW_FORK_H

#include "main/crew.h"

/* Opens what place `i` reads from and forks.  In the worker it does not return. */
bool crew_fork(struct crew *c, unsigned i, bool again, struct err *e) MUST_CHECK;

#endif
