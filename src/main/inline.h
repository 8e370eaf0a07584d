/* inline -- `culvert inline`: packets wait in a queue of the kernel, and the rules say which go on. */
#ifndef MAIN_INLINE_H
#define MAIN_INLINE_H

#include "main/options.h"

/* `words` are those that are no option: there must be none.  Returns an exit status. */
int in_the_way(struct options *o, char **words);

#endif
