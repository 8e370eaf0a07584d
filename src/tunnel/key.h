/* key -- a token as a number: what joins connections is compared by hash.  FNV-1a: a wrong match costs nothing that an
 * attacker could want.
 */
#ifndef TUNNEL_KEY_H
#define TUNNEL_KEY_H

#include "base/slice.h"

/* Of a token that comes in pieces: begin with KEY_START, then byte by byte, or piece by piece. */
#define KEY_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t key_byte(uint64_t key, uint8_t byte)
{
	return (key ^ byte) * UINT64_C(0x100000001b3);
}

static inline uint64_t key_on(uint64_t key, struct slice token)
{
	for (size_t i = 0; i < token.len; i++)
		key = key_byte(key, token.at[i]);
	return key;
}

/* Zeros only multiply, so twelve of them are one multiplication. */
static inline uint64_t key_twelve_zeros(uint64_t key)
{
	return key * UINT64_C(0xf54383a05ace38b1);
}

/* Of a whole one; never 0. */
static inline uint64_t tunnel_key(struct slice token)
{
	const uint64_t key = key_on(KEY_START, token);
	return key != 0 ? key : 1;
}

#endif
