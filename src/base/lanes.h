/* lanes -- SHA-1 of eight short messages side by side, for little more than that of one. */
#ifndef BASE_LANES_H
#define BASE_LANES_H

#include "base/slice.h"

enum { LANES = 8, LANE_MOST = 55 /* bytes of a message: it fills one block with its padding */ };

/* Word by word, so that one word of all is one vector; zero at first. */
struct lanes {
	uint32_t word[16][LANES];
};

/* Of at most LANE_MOST bytes. */
void lanes_set(struct lanes *l, unsigned lane, struct slice message);

/* The digests of all, also of those that were not set again. */
void lanes_sha1(const struct lanes *l, uint8_t out[LANES][20]);

#endif
