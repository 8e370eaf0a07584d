/* pieces -- pieces of datagrams that wait for the others, where the kernel has not put them together (inline).
 *
 * Private to engine.  A piece passes only with its datagram: none that was refused can be made whole by saying a part of it
 * again.  Knows pieces by token, place and length; their bytes are the kernel's. */
#ifndef ENGINE_PIECES_H
#define ENGINE_PIECES_H

#include <stdbool.h>
#include <stdint.h>
#include "base/limits.h"
#include "base/slice.h"

/* Which datagram; no padding. */
struct piece_key {
	uint8_t source[16], target[16]; /* IPv4 in the first four bytes */
	uint32_t id;
	uint8_t protocol; /* IPv4 only */
	uint8_t ipv6;
	uint8_t zero[2];
};

struct piece {
	struct piece_key key;
	uint32_t from, to; /* bytes of the datagram */
};

/* A packet from its IP header on.  False: it is whole, or none. */
bool piece_of(struct slice packet, struct piece *out);

/* Zeroed at first. */
struct pieces {
	struct piece_set {
		struct piece_key key;
		int64_t since;
		unsigned count; /* 0: free */
		struct {
			uint32_t token, from, to;
		} waits[MAX_PIECES];
	} set[MAX_PIECE_SETS];
};

/* Does it say bytes of its datagram, the same or others, that one says that waits? */
bool pieces_overlap(struct pieces *p, const struct piece *piece);

/* False: MAX_PIECES of its datagram wait already.  For a datagram that is new, pieces_stale has made room. */
bool pieces_put(struct pieces *p, const struct piece *piece, uint32_t token, int64_t t);

/* One that waited for this datagram; false when there is none (more). */
bool pieces_take(struct pieces *p, const struct piece_key *key, uint32_t *token);

/* One that waits no more at this time, or has to make room for this datagram, if there is one; false when there is none (more). */
bool pieces_stale(struct pieces *p, const struct piece_key *key, int64_t now, uint32_t *token);

#endif
