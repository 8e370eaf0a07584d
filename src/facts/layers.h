/* layers -- what runs in what, from the outermost inwards: the one reading of facts->level that all records share. */
#ifndef FACTS_LAYERS_H
#define FACTS_LAYERS_H

#include "facts/facts.h"

enum sits {
	SITS_CARRIED_BY, /* its bytes are the content of the layer below */
	SITS_REPLACES,   /* the layer below ended, this goes on in its place */
	SITS_WRAPPED_IN  /* spread over messages of the layer below */
};

struct layer {
	struct slice protocol, on; /* may hold bytes from the wire */
	enum sits sits;
	const struct facts_level *dialogue; /* a layer of HTTP: its messages; else NULL */
};

enum { MAX_LAYERS = 2 * (MAX_NESTING + 1) + 4 };

unsigned layers_list(const struct facts *f, struct layer out[MAX_LAYERS]);
const char *sits_name(enum sits s);

/* The protocols inside the relay; an inner relay shows as "connect" or its protocol. */
unsigned layers_inner(const struct facts *f, struct slice out[MAX_LAYERS]);

/* Was HTTP of this conversation replaced by a channel? */
bool layers_relayed(const struct facts *f);

/* The innermost channel, and the dialogue that it replaced; NULL when there is none. */
const struct facts_level *layers_innermost(const struct facts *f);

/* The decisive handshake of a dialogue; NULL when it had none. */
const struct handshake_record *layers_handshake(const struct facts_level *level);

/* The protocol that the tunnel is known to carry; empty when not known. */
struct slice layers_wrapped(const struct facts *f);

#endif
