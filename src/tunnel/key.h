/* key -- a token as a number: what joins connections is compared by hash.  FNV-1a: a wrong match costs nothing that an
 * attacker could want.
 */
#ifndef TUNNEL_KEY_H
#define TUNNEL_KEY_H

#include <string.h>
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

/* Fewer than eight bytes as one number; the first and the last may be the same ones twice. */
static inline uint64_t key_few(struct slice s)
{
	uint32_t first, last;
	if (s.len < sizeof first)
		return s.len == 0 ? 0 : (uint64_t)s.at[0] << 16 | (uint64_t)s.at[s.len / 2] << 8 | s.at[s.len - 1];
	memcpy(&first, s.at, sizeof first);
	memcpy(&last, s.at + s.len - sizeof last, sizeof last);
	return (uint64_t)first << 32 | last;
}

/* Another number, of a token that is there whole: eight bytes at a step.  Byte by byte each waits for the multiplication of the
 * one before, which every request would do for its host, its path and its target. */
static inline uint64_t key_whole(uint64_t key, struct slice token)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t word;
	key ^= token.len;
	for (; token.len >= sizeof word; token = slice_from(token, sizeof word)) {
		memcpy(&word, token.at, sizeof word);
		key = (key ^ word) * odd;
		key ^= key >> 32;
	}
	key = (key ^ key_few(token)) * odd;
	return key ^ key >> 32;
}

/* Of a whole one; never 0. */
static inline uint64_t tunnel_key(struct slice token)
{
	const uint64_t key = key_on(KEY_START, token);
	return key != 0 ? key : 1;
}

#endif
