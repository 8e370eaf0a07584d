/* pen -- text put down where its writer knows that there is room: each function writes at `at` and answers where the next goes,
 * so the place stays in a register and nothing is counted or compared.  For what stands in every record; json_claim gives the
 * room.  Nothing is escaped.  Bytes behind the answer may be overwritten, PEN_OVER of them at most.
 */
#ifndef BASE_PEN_H
#define BASE_PEN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>
#include "base/attributes.h"

enum { PEN_OVER = 8, PEN_UINT = 20 + PEN_OVER /* room for a number */ };

/* A literal: a move or two. */
static ALWAYS_INLINE char *pen_text(char *at, const char *text)
{
	memcpy(at, text, strlen(text));
	return at + strlen(text);
}

static inline char *pen_bytes(char *at, const char *text, size_t len)
{
	memcpy(at, text, len);
	return at + len;
}

/* A word of a few letters, as most names are: for those, two calls of the C library are dearer. */
static inline char *pen_word(char *at, const char *word)
{
	while (*word != '\0')
		*at++ = *word++;
	return at;
}

/* The eight digits of a number below 10^8, the first in the lowest byte and as numbers: halved into fours, twos and ones, all at
 * once. */
static inline uint64_t pen_eight(uint32_t value)
{
	const uint64_t fours = value / 10000 | (uint64_t)(value % 10000) << 32;
	const uint64_t hundreds = (fours * 10486) >> 20 & UINT64_C(0x7f0000007f);
	const uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
	const uint64_t tens = (twos * 103) >> 10 & UINT64_C(0x000f000f000f000f);
	return tens | (twos - tens * 10) << 8;
}

static inline char *pen_put_eight(char *at, uint64_t digits, unsigned from)
{
	const uint64_t text = htole64((digits | UINT64_C(0x3030303030303030)) >> 8 * from);
	memcpy(at, &text, sizeof text);
	return at + 8 - from;
}

/* Without leading zeros.  A port by pairs of digits was 25 instructions more, and two mistaken branches. */
static inline char *pen_below_e8(char *at, uint32_t value)
{
	const uint64_t digits = pen_eight(value);
	return pen_put_eight(at, digits, (unsigned)__builtin_ctzll(digits | UINT64_C(1) << 56) / 8);
}

char *pen_large(char *at, uint64_t value);

/* PEN_UINT bytes must be there.  Most are small. */
static inline char *pen_uint(char *at, uint64_t value)
{
	if (value < 10) {
		*at = (char)('0' + value);
		return at + 1;
	}
	return value < 100000000 ? pen_below_e8(at, (uint32_t)value) : pen_large(at, value);
}

/* A number below a million with leading zeros. */
static inline char *pen_six(char *at, uint32_t value)
{
	return pen_put_eight(at, pen_eight(value), 2);
}

/* 3141592 -> 3.141592 */
static inline char *pen_millionths(char *at, uint64_t value)
{
	at = pen_uint(at, value / 1000000);
	*at = '.';
	return pen_six(at + 1, (uint32_t)(value % 1000000));
}

#endif
