/* near -- the word that somebody may have meant: the candidate with the fewest letters changed, missing, added or swapped. */
#ifndef RULES_NEAR_H
#define RULES_NEAR_H

#include "base/slice.h"

struct near {
	struct slice word;
	const char *best;  /* NULL: none is near enough */
	unsigned distance; /* only a candidate nearer than this is taken */
};

/* Letters count the same in either case. */
struct near near_begin(struct slice word);
void near_try(struct near *n, const char *candidate);

/* The number of changes from one word to the other, or `most` + 1 when there are more. */
unsigned near_distance(struct slice a, struct slice b, unsigned most);

#endif
