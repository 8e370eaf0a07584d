/* judge -- frames that wait for an answer, and their answers. */
#ifndef MAIN_JUDGE_H
#define MAIN_JUDGE_H

#include "main/run.h"

/* As run_frames. */
enum source_got judge_frames(const struct run *r, struct source *s, unsigned most, struct err *e);

/* What was decided without a frame: of those that waited, by time or at the end. */
void judge_answer(const struct run *r, struct source *s);

#endif
