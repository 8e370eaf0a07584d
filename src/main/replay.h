/* replay -- `culvert replay`: captures, one after the other. */
#ifndef MAIN_REPLAY_H
#define MAIN_REPLAY_H

#include "main/options.h"

/* `paths` end with a NULL.  Returns an exit status. */
int replay(struct options *o, char **paths);

#endif
