/* frag -- puts the fragments of IP datagrams together again, within bounds that traffic cannot move.
 *
 * MAX_FRAGMENT_SETS datagrams at once, MAX_FRAGMENTS pieces and 64 KiB each; the one that waited longest for its next
 * piece gives way, and none lives longer than 30 s of packet time (RFC 8200, 4.5).
 */
#ifndef DECODE_FRAG_H
#define DECODE_FRAG_H

#include "base/err.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/pool.h"
#include "base/slice.h"

/* Which datagram a fragment belongs to (RFC 791, 3.2; RFC 8200, 4.5).  No padding: compared and hashed as bytes. */
struct frag_key {
	uint8_t src[16], dst[16];
	uint32_t id, space;
	uint8_t protocol; /* IPv4 only; 0 with IPv6 */
	uint8_t ipv6;
	uint8_t zero[2];
};

struct frag_piece {
	struct slice bytes;
	uint32_t offset; /* in bytes, at most 65528 */
	bool more;       /* others follow */
	uint8_t next;    /* protocol of the datagram, if this is its first piece */
	int64_t t;
};

struct frag_set;

struct frag {
	struct hash_key key;
	struct pool memory; /* one buffer for every set that was ever used */
	struct frag_set *sets;
	struct frag_set *done;           /* the datagram handed out last */
	uint64_t dropped;                /* pieces given up */
	uint64_t evicted, too_many;      /* datagrams given up: for another's sake; for MAX_FRAGMENTS */
	uint32_t tag[MAX_FRAGMENT_SETS]; /* 0: free */
};

enum frag_got { FRAG_KEPT, FRAG_WHOLE, FRAG_REFUSED };

bool frag_init(struct frag *f, struct hash_key key, struct err *e) MUST_CHECK;
void frag_fini(struct frag *f);
size_t frag_reserved(const struct frag *f); /* bytes at most */

/* FRAG_WHOLE: *whole is the datagram without its IP header, *next its protocol.  It is valid until the next FRAG_WHOLE or
 * frag_release; a piece may itself lie in it. */
enum frag_got frag_add(
    struct frag *f, const struct frag_key *key, const struct frag_piece *piece, struct slice *whole, uint8_t *next);

void frag_release(struct frag *f);

#endif
