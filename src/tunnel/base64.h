/* base64 -- decodes RFC 4648 in pieces as they come, both alphabets, with two bytes of state.
 *
 * Line breaks are passed over.  Padding ends a quantum; more may follow it, as tools concatenate what they encode.
 * Anything else makes it `bad`, for good.
 */
#ifndef TUNNEL_BASE64_H
#define TUNNEL_BASE64_H

#include "base/digit.h"
#include "base/slice.h"

struct base64 {
	uint32_t bits;
	uint8_t have;  /* characters of the quantum at hand */
	uint8_t pads;  /* '=' seen in it */
	uint8_t kinds; /* of characters met: small, capital, other */
	bool bad;
	uint32_t count; /* characters decoded, line breaks and padding left out; stops at its largest */
};

/* Decodes from `*in`, which it advances, at most `size` bytes; how many there are.  Call until `*in` is empty. */
size_t base64_read(struct base64 *b, struct slice *in, uint8_t *out, size_t size);

/* Does what was read so far end where a quantum does? */
bool base64_whole(const struct base64 *b);

/* Was what was read no word and no number: long enough, of small letters and capitals, with digits, signs or padding among
 * them?  Four letters are base64, too. */
bool base64_rich(const struct base64 *b);

#endif
