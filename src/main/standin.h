/* standin -- a process of its own that lets packets pass while the one that should decide does not move. */
#ifndef MAIN_STANDIN_H
#define MAIN_STANDIN_H

#include "capture/source.h"

struct standin;

/* NULL, and said, when there can be none.  It ends with its parent, however that ends. */
struct standin *standin_start(struct source *queue);

/* The parent moves.  NULL is nothing. */
void standin_beat(struct standin *s, int64_t now);
void standin_stop(struct standin *s);

#endif
