/* inside -- what tunnel.c and sight.c share.  Private to tunnel. */
#ifndef TUNNEL_INSIDE_H
#define TUNNEL_INSIDE_H

#include "tunnel/join.h"
#include "tunnel/tunnel.h"

/* The connection's finding learns which peers joined since. */
void tunnel_tell_peers(const struct sight *s);

#endif
