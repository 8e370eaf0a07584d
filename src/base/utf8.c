#include "base/utf8.h"

/* RFC 3629, 4: only the second byte has a narrower range, and only after these first bytes. */
static bool second_fits(uint8_t first, uint8_t second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return second >= 0x80 && second <= 0xbf;
	}
}

static size_t length_after(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

size_t utf8_decode(struct slice s, uint32_t *point)
{
	if (s.len == 0)
		return 0;
	const uint8_t first = s.at[0];
	const size_t len = length_after(first);
	if (len == 0 || len > s.len)
		return 0;
	if (len == 1) {
		*point = first;
		return 1;
	}
	if (!second_fits(first, s.at[1]))
		return 0;
	uint32_t bits = first & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((s.at[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (s.at[i] & 0x3fu);
	}
	*point = bits;
	return len;
}

bool utf8_is_harmless(uint32_t point)
{
	if (point < 0x20 || (point >= 0x7f && point <= 0x9f))
		return false;
	if (point == 0x061c || point == 0x200e || point == 0x200f)
		return false;
	return !(point >= 0x2028 && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069);
}
