/* share -- several workers (hands) for captures: `culvert replay -j N`.
 *
 * Each hand reads all captures and follows its part of the conversations (pipeline_share).  Their lines become one output here,
 * their numbers one sum; besides that, this process sleeps.
 */
#ifndef MAIN_SHARE_H
#define MAIN_SHARE_H

#include "capture/files.h"
#include "main/progress.h"
#include "main/run.h"

struct share;

/* Forks the hands.  What they write to is open in `r`.  NULL: it cannot be. */
struct share *share_new(struct run *r, const struct files *files, struct err *e) MUST_CHECK;

/* Allows what this process opens itself. */
struct guard;
void share_allow(const struct share *s, struct guard *g);

/* Until all is written.  Returns an exit status. */
int share_run(struct share *s, struct progress *g);

/* The counters: of all hands, as they have shown them. */
void share_stats(const struct share *s, struct report_stats *to);
uint64_t share_unwrap_lost(const struct share *s);

void share_free(struct share *s);

#endif
