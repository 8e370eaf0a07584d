/* seeds -- the talks as starting points for fuzzing. */
#ifndef TALK_SEEDS_H
#define TALK_SEEDS_H

#include <stdbool.h>

/* Writes OUT/NAME.client and OUT/NAME.server (the bytes of each side of the first flow) and OUT/NAME.streams (what
 * tests/fuzz/engine_fuzz.c takes). */
bool seeds_write(const char *folder, const char *file, const char *out);

#endif
