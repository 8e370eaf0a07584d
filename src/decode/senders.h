/* senders -- what each sender has shown one receiver of its checksums, for as many as there is room for.
 *
 * To one receiver, so that all that bears upon a conversation is between its two hosts, where one worker sees it: many of them come
 * to the same opinion as one.
 *
 * Which of them gives way to a newcomer hangs on the order of packets alone, never on the key of the hash: two runs over
 * one capture must agree.  So the places are a ring in order of arrival, and the hash only finds them again.  A hand goes
 * round the ring and takes the first place that was not asked for since it last came by.
 */
#ifndef DECODE_SENDERS_H
#define DECODE_SENDERS_H

#include <stdbool.h>
#include <string.h>
#include "base/hash.h"

enum { SENDERS = 8192, SENDER_CHAINS = 16384, SENDERS_RECENT = 64 };

/* Sender, receiver and the network that they belong to, mixed with a key: that two are the same is as likely as that somebody
 * guesses 64 bits. */
struct sender {
	uint64_t who;
	uint16_t next; /* in its chain: 1 + place; 0: the last */
	uint8_t shown; /* of checksums: checksum.c */
	bool heard;    /* since the hand came by */
};

/* Zeroed memory and a key, which is not zero, are an empty table. */
struct senders {
	struct hash_key key;
	uint16_t count, hand;
	uint16_t recent[SENDERS_RECENT]; /* places asked for lately: most packets are from one of them */
	uint16_t chain[SENDER_CHAINS];   /* 1 + place; 0: empty */
	struct sender sender[SENDERS];
};

struct sender *senders_find(struct senders *t, uint64_t who, uint16_t *recent);

/* Folded multiplications: nobody who lacks the key can choose addresses that meet. */
static inline uint64_t senders_mix(uint64_t a, uint64_t b)
{
	const __uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Addresses of 16 bytes, or of 4. */
static inline uint64_t senders_who(
    const struct senders *t, const uint8_t *from, const uint8_t *to, bool ipv6, uint32_t space)
{
	uint64_t word[4] = { 0 };
	if (ipv6) {
		memcpy(&word[0], from, 16);
		memcpy(&word[2], to, 16);
		word[0] = senders_mix(word[0] ^ t->key.k0, word[1] ^ t->key.k1) ^ word[2];
		word[1] = word[3];
	} else {
		memcpy(&word[0], from, 4);
		memcpy(&word[1], to, 4);
	}
	return senders_mix(senders_mix(word[0] ^ t->key.k0, word[1] ^ t->key.k1) ^ space ^ t->key.k1, t->key.k0 | 1);
}

/* A newcomer has shown nothing.  Valid until the next call. */
static inline struct sender *senders_get(struct senders *t, uint64_t who)
{
	uint16_t *recent = &t->recent[(who >> 32) % SENDERS_RECENT];
	struct sender *s = &t->sender[*recent];
	if (*recent >= t->count || s->who != who)
		return senders_find(t, who, recent);
	s->heard = true;
	return s;
}

#endif
