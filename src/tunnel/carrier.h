/* carrier -- tools that ask for an Upgrade, get it, and speak their own protocol from there on: named by what both heads say.
 *
 * They wrap nothing.  The label is a relay's by the handshake; here is only noted who talks in the channel and, where the
 * request says so, to whom.  A tool is one struct of what its request and its 101 must be. */
#ifndef TUNNEL_CARRIER_H
#define TUNNEL_CARRIER_H

#include "tunnel/sight.h"

struct carrier_tool {
	struct sign sign;
	bool (*asks)(const struct head *h);    /* a request with a field Upgrade: is it the tool's? */
	bool (*answers)(const struct head *h); /* the 101 to it; NULL: any will do */
	size_t (*aims)(const struct head *h, char *to, size_t size); /* the target, NUL-terminated; NULL: shows none */
};

struct carrier_mine {
	bool asked;
	uint32_t ordinal;
};

enum interest carrier_see(const struct sight *s, const struct carrier_tool *c);
bool carrier_idle(const void *mine);

/* Does any element of that field begin so?  Any case. */
bool carrier_lists(const struct head *h, struct slice field, struct slice prefix);

/* Copies, with %XX resolved, what is printable and no blank. */
size_t carrier_decode(struct slice s, char *to, size_t size);

#endif
