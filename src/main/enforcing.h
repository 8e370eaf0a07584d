/* enforcing -- `culvert live --enforce`: frames whose conversations may have to be marked, and the rules for the firewall. */
#ifndef MAIN_ENFORCING_H
#define MAIN_ENFORCING_H

#include "base/ring.h"
#include "main/run.h"

/* As run_frames; what is to be marked is put into `orders`.  *lost: orders that found no room, counted. */
enum source_got enforcing_frames(
    const struct run *r, struct source *s, unsigned most, struct ring *orders, uint64_t *lost, struct err *e);

/* Are the two marks to be told apart?  Says so when not. */
bool enforcing_marks_differ(const struct inline_options *o);

/* A rule set to load, for o->print. */
void enforcing_print(const struct inline_options *o, FILE *out);

#endif
