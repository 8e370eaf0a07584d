/* decode -- peels a frame to the TCP segment inside it: link headers, VLANs, encapsulations, IP, fragments.
 *
 * Encapsulation (GRE, VXLAN, IP in IP, ...) is never called tunnel here: that word is for foreign protocols inside HTTP.
 * Anything malformed is counted and passed over; nothing is an error.
 */
#ifndef DECODE_DECODE_H
#define DECODE_DECODE_H

#include "base/err.h"
#include "base/hash.h"
#include "capture/frame.h"
#include "decode/segment.h"

struct decoder;

enum decoded {
	DECODED_SEGMENT,
	DECODED_OTHER,     /* not TCP over IP: nothing for us */
	DECODED_FRAGMENT,  /* a piece of a datagram: kept until the rest comes */
	DECODED_MALFORMED, /* lengths that cannot be, or cut inside a header */
	DECODED_TOO_DEEP,  /* more than MAX_ENCAPSULATION layers or MAX_IPV6_EXTENSIONS */
	DECODED_UNKNOWN_LINK,
	DECODED_ELSEWHERE, /* a segment that falls to another part (decoder_share) */
	DECODED_KINDS,
	DECODED_LATER = DECODED_KINDS /* not yet: decode_early only */
};

enum checksum_policy { CHECKSUM_AUTO, CHECKSUM_ALL, CHECKSUM_NONE };

struct decode_counters {
	uint64_t frames, by_result[DECODED_KINDS];
	uint64_t fragments_dropped;                     /* expired, over a bound, or overlapping */
	uint64_t datagrams_evicted, datagrams_too_many; /* given up at MAX_FRAGMENT_SETS, MAX_FRAGMENTS */
	uint64_t bad_ip_checksum, bad_tcp_checksum;
};

struct decoder *decoder_new(enum checksum_policy policy, struct hash_key key, struct err *e) MUST_CHECK;
void decoder_free(struct decoder *d);
size_t decoder_reserved(const struct decoder *d); /* bytes at most */

/* Another capture begins: what senders have shown in the one before says nothing of those in this one. */
void decoder_begin(struct decoder *d);

/* Another policy from the next frame on. */
void decoder_policy(struct decoder *d, enum checksum_policy policy);

/* Segments fall to `parts` decoders by the two addresses of the innermost IP header and the network that they belong to, so that
 * both ways of a conversation and all between two hosts meet in one.  This one, of number `part` from 0, gives its own and knows the
 * others no further than that they are whole. */
void decoder_share(struct decoder *d, unsigned part, unsigned parts);

/* The segment's payload points into the frame, or into the decoder's own memory after reassembly of fragments; it is
 * valid until the next decode. */
enum decoded decode(struct decoder *d, const struct frame *f, struct segment *out);

/* The same in two parts: what frames are, before their turn has come; and that it has, of so many with the same result.  What is
 * DECODED_LATER hangs on frames before it, or may; it is to be decoded in its turn.  Nothing is changed or counted early, and a
 * segment's payload points into its frame.
 *
 * Most that are DECODED_ELSEWHERE are left out of `out`, which has room for all.  Returns how many are in it, in their order. */
struct early {
	size_t frame; /* which of them */
	enum decoded result;
	struct slice datagram;  /* the decoder's own */
	struct segment segment; /* of DECODED_SEGMENT */
};
size_t decode_early(struct decoder *d, const struct frame *f, size_t count, struct early *out);
void decode_turns(struct decoder *d, enum decoded result, uint64_t count);

/* May these bytes be believed?  Touches every byte of the segment, so ask only for bytes that matter.  `auto` lets pass
 * what a sender that leaves checksums to its network card writes (it never shows a right one); from a sender that has
 * shown the same receiver right ones a wrong one is refused.  A segment that was cut by the capture cannot be checked and passes. */
bool decode_checksum(struct decoder *d, const struct segment *s);

const struct decode_counters *decode_counters(struct decoder *d);
const char *decoded_name(enum decoded d);

/* Text of an address, as RFC 5952 says; `out` holds 46 bytes.  Returns its length. */
size_t endpoint_text(const struct endpoint *e, bool ipv6, char *out);

#endif
