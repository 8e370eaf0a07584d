/* senders -- what each sender has shown of its checksums, for as many as there is room for.
 *
 * Which sender gives way to a newcomer hangs on the order of packets alone, never on the key of the hash: two runs over
 * one capture must agree.  So the places are a ring in order of arrival, and the hash only finds them again.  A hand goes
 * round the ring and takes the first place whose sender was not heard of since it last came by.
 */
#ifndef DECODE_SENDERS_H
#define DECODE_SENDERS_H

#include <stdbool.h>
#include "base/hash.h"

enum { SENDERS = 4096, SENDER_CHAINS = 8192, SENDERS_RECENT = 64 };

struct sender {
	uint64_t address[2];
	uint32_t space;
	uint16_t next; /* in its chain: 1 + place; 0: the last */
	uint8_t shown; /* of checksums: checksum.c */
	bool heard;    /* since the hand came by */
};

/* Zeroed memory and a key are an empty table. */
struct senders {
	struct hash_key key;
	uint16_t count, hand;
	uint16_t recent[SENDERS_RECENT]; /* places asked for lately: most packets are from one of them */
	uint16_t chain[SENDER_CHAINS];   /* 1 + place; 0: empty */
	struct sender sender[SENDERS];
};

struct sender *senders_find(struct senders *t, const uint64_t address[2], uint32_t space, uint16_t *recent);

/* The address as 16 bytes.  A newcomer has shown nothing.  Valid until the next call. */
static inline struct sender *senders_get(struct senders *t, const uint64_t address[2], uint32_t space)
{
	/* By the last byte of an address of either family. */
	uint16_t *recent = &t->recent[(address[0] >> 24 ^ address[1] >> 56) % SENDERS_RECENT];
	struct sender *s = &t->sender[*recent];
	if (*recent >= t->count || s->address[0] != address[0] || s->address[1] != address[1] || s->space != space)
		return senders_find(t, address, space, recent);
	s->heard = true;
	return s;
}

#endif
