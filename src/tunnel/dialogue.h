/* dialogue -- protocols whose first words are short, or everyday enough to be quoted or stored: two sides that say their own
 * parts, in that order, are needed to tell them.  Private to tunnel.
 *
 * HTTP is one of them: requests as content, answered with responses as content, are a pipe in a pipe.  A CONNECT is not
 * counted: quoted handshakes are content, and what follows a real one is told by itself.
 */
#ifndef TUNNEL_DIALOGUE_H
#define TUNNEL_DIALOGUE_H

#include "tunnel/foreign.h"

enum part { PART_NONE, PART_OPENS, PART_ANSWERS };

struct dialogue {
	const char *name; /* NULL: none of them */
	enum part part;
	uint8_t
	    needed; /* so many times must the one part answer the other: what is said in words may be said once by accident */
	const char *other; /* may be this one's as well; NULL: no other's */
};

/* `whole`: the bytes are all there is. */
struct dialogue dialogue_of(struct slice bytes, bool whole);

/* The same of what may be nothing but base64.  `*inner` is what was read, as it is or in `plain`. */
struct dialogue dialogue_inside(struct slice bytes, bool whole, uint8_t plain[FOREIGN_SAMPLE], struct slice *inner);

#endif
