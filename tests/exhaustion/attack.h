/* attack -- a capture on its way to standard output, and the conversations in it. */
#ifndef EXHAUSTION_ATTACK_H
#define EXHAUSTION_ATTACK_H

#include <stdio.h>
#include "wire.h"

enum { MSS = 1448 };

struct attack {
	int64_t t, shift; /* ns: of the next packet; added to it */
	int64_t step_ns;
	FILE *to;
	int reader; /* process; 0: none */
	uint64_t random;
	uint8_t frame[WIRE_MOST];
};

struct talk {
	struct wire wire;
	uint32_t seq[2];
};

/* To standard output; or to a command that reads from its standard input (NULL: none), whose CPU seconds, peak memory in KiB, and
 * exit status are printed at the end.  It is started here since a process counts as its peak what it was before it became
 * another program, and this one is small. */
bool attack_begin(struct attack *a, char **command);
bool attack_end(struct attack *a);
uint32_t attack_random(struct attack *a);

/* A SYN in as many carriers as fit in a frame. */
void attack_nested(struct attack *a, uint64_t n, const char *variant);

struct talk talk_begin(struct attack *a, unsigned client, uint16_t port);
void talk_segment(struct attack *a, struct talk *t, unsigned from, uint8_t flags, const void *at, size_t len);
void talk_say(struct attack *a, struct talk *t, unsigned from, const char *text);
void talk_exchange(struct attack *a, struct talk *t, const char *what); /* GET and 200 */
void talk_end(struct attack *a, struct talk *t);

#endif
