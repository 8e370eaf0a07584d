/* enforcing -- what is to be asked of who may mark connections: the conversation's own state, brought before enforce/sanction.h.
 *
 * Private to engine.  Docs: decision 0023. */
#ifndef ENGINE_ENFORCING_H
#define ENGINE_ENFORCING_H

#include "engine/watch.h"

struct enforcer {
	struct mark_order order; /* the latest */
	struct enforce_stats stats;
};

#endif
