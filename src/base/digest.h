/* digest -- SHA-1, SHA-256 and base64, as the standards that culvert checks use them (RFC 6455, 4.2.2; Community ID;
 * JA4).  Nothing here protects a secret. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/slice.h"

void digest_sha1(struct slice in, uint8_t out[20]);
void digest_sha256(struct slice in, uint8_t out[32]);

/* Standard alphabet with padding, and a NUL.  `size` must hold (len + 2) / 3 * 4 + 1; returns the length written, 0 when
 * it does not fit. */
size_t base64_encode(struct slice in, char *out, size_t size);

/* Standard or URL alphabet; padding optional; stops at the first byte that is neither.  Returns bytes written, at most
 * `size`; *used is how much of `in` was read. */
size_t base64_decode(struct slice in, uint8_t *out, size_t size, size_t *used);

/* Lower-case hexadecimal and a NUL; `out` holds 2 * len + 1. */
void hex_encode(struct slice in, char *out);

#endif
