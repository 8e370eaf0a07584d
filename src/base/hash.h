/* hash -- keyed hash (SipHash-1-3), so that nobody who lacks the key can fill one bucket of a table. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* From the kernel; falls back to time and addresses only if the kernel has no random bytes to give. */
struct hash_key hash_key_random(void);

uint64_t hash_bytes(struct hash_key key, const void *bytes, size_t len);

#endif
