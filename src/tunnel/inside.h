/* inside -- what tunnel.c and sight.c share.  Private to tunnel. */
#ifndef TUNNEL_INSIDE_H
#define TUNNEL_INSIDE_H

#include "tunnel/join.h"
#include "tunnel/tunnel.h"

/* The connection's finding learns which peers joined since. */
void tunnel_tell_peers(const struct sight *s);

/* Content begins: there is a sample of it, if one can be had. */
void tunnel_begin_sample(const struct sight *s, enum side side, bool parts, bool text);
void tunnel_give_sample(const struct sight *s, enum side side);

/* NULL: there is none. */
static inline struct sample *tunnel_sample(const struct sight *s, enum side side)
{
	return s->tunnel->notebook != NULL ? s->tunnel->notebook->sample[side] : NULL;
}

static inline void tunnel_return_sample(const struct sight *s, enum side side)
{
	if (tunnel_sample(s, side) != NULL)
		tunnel_give_sample(s, side);
}

#endif
