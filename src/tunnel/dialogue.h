/* dialogue -- protocols whose first words are short, or everyday enough to be quoted or stored: two sides that say their own
 * parts, in that order, are needed to tell them.  Private to tunnel.
 *
 * HTTP is one of them: requests as content, answered with responses as content, are a pipe in a pipe.  A CONNECT is not
 * counted: quoted handshakes are content, and what follows a real one is told by itself.
 */
#ifndef TUNNEL_DIALOGUE_H
#define TUNNEL_DIALOGUE_H

#include "evidence/evidence.h"
#include "tunnel/foreign.h"

/* PART_GOES_ON answers what the other side opened, and opens in turn; where nothing was opened it opens. */
enum part { PART_NONE, PART_OPENS, PART_ANSWERS, PART_GOES_ON };

struct dialogue {
	const char *name;  /* NULL: none of them */
	const char *other; /* or this one, if the other side says so; NULL: no other */
	bool alike;        /* both sides say the very same; else that is an echo */
	enum part part;
	uint8_t
	    needed; /* so many times must the one part answer the other: what is said in words may be said once by accident */
	uint32_t to, number; /* an answer bears the number of what opened; 0: they have none */
};

/* `whole`: the bytes are all there is.  `from`: whose they are, since who greets is a server, and who commands is none. */
struct dialogue dialogue_of(struct slice bytes, bool whole, enum side from);

/* The same of what may be nothing but base64.  `*inner` is what was read, as it is or in `plain`. */
struct dialogue dialogue_inside(
    struct slice bytes, bool whole, enum side from, uint8_t plain[FOREIGN_SAMPLE], struct slice *inner);

#endif
