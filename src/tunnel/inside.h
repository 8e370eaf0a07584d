/* inside -- what tunnel.c and sight.c share.  Private to tunnel. */
#ifndef TUNNEL_INSIDE_H
#define TUNNEL_INSIDE_H

#include "tunnel/join.h"
#include "tunnel/tunnel.h"

/* The connection's finding learns which peers joined since. */
void tunnel_tell_peers(const struct sight *s);

/* The sample of the message at hand of that side: room for its bytes, which are not cleared.  NULL: there is none to be had, or not
 * lent (tunnel_sample). */
struct sample *tunnel_lend_sample(const struct sight *s, enum side side);
struct sample *tunnel_sample(const struct sight *s, enum side side);
void tunnel_return_sample(const struct sight *s, enum side side);

#endif
