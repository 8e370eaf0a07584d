/* fates -- `culvert replay --fates`: what would become of each packet of a capture, were it asked about.  A line for each
 * answer: the number of the frame, `pass`, `drop` or `hold`, what its source and its target hear instead, and the mark. */
#ifndef MAIN_FATES_H
#define MAIN_FATES_H

#include "main/run.h"

/* Nothing, where it is not asked for.  False, and told, when the file cannot be. */
bool fates_open(struct run *r) MUST_CHECK;
int fates_close(struct run *r, int status);

/* As run_frames. */
enum source_got fates_frames(const struct run *r, struct source *s, unsigned most, struct err *e);

/* The answers that are due; `f`: the frame at hand, which is held when none is about it. */
void fates_print(const struct run *r, const struct frame *f);

#endif
