/* SipHash with one round a word and three at the end (Aumasson and Bernstein, 2012; the 1-3 variant is the authors'
 * own proposal for tables).  Words are read as little endian, so a key gives the same hashes everywhere. */
#include "base/hash.h"

#include <endian.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

static inline uint64_t word_at(const unsigned char *at, size_t len)
{
	uint64_t word = 0;
	memcpy(&word, at, len);
	return le64toh(word);
}

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t len)
{
	struct sip s = { key.k0 ^ UINT64_C(0x736f6d6570736575), key.k1 ^ UINT64_C(0x646f72616e646f6d),
		key.k0 ^ UINT64_C(0x6c7967656e657261), key.k1 ^ UINT64_C(0x7465646279746573) };
	const unsigned char *at = bytes;
	size_t left = len;
	for (; left >= 8; left -= 8, at += 8)
		sip_word(&s, word_at(at, 8));

	uint64_t last = (uint64_t)len << 56;
	if (left != 0)
		last |= word_at(at, left);
	sip_word(&s, last);

	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Only for a kernel that has no random bytes yet (early boot): better than a constant, and no attack can wait for it. */
static struct hash_key key_from_surroundings(void)
{
	struct timespec wall = { 0 }, up = { 0 };
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &up);
	const struct hash_key seed = { (uint64_t)(uintptr_t)&wall, (uint64_t)(uintptr_t)&getrandom };
	const uint64_t seen[] = { (uint64_t)wall.tv_sec, (uint64_t)wall.tv_nsec, (uint64_t)up.tv_sec,
		(uint64_t)up.tv_nsec, (uint64_t)getpid() };
	const uint64_t k0 = hash_bytes(seed, seen, sizeof seen);
	return (struct hash_key){ k0, hash_bytes((struct hash_key){ seed.k1, k0 }, seen, sizeof seen) };
}

struct hash_key hash_key_random(void)
{
	struct hash_key key;
	if (getrandom(&key, sizeof key, GRND_NONBLOCK) == (ssize_t)sizeof key)
		return key;
	return key_from_surroundings();
}
