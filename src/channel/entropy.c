#include "channel/entropy.h"

#include <math.h>
#include "base/utf8.h"

enum { MOST_TEXT = 256 };

uint8_t entropy_sixteenths(struct slice s)
{
	uint32_t seen[256] = { 0 };
	double bits = 0;
	if (s.len == 0)
		return 0;
	for (size_t i = 0; i < s.len; i++)
		seen[s.at[i]]++;
	for (int b = 0; b < 256; b++) {
		const double share = (double)seen[b] / (double)s.len;
		if (seen[b] != 0)
			bits -= share * log2(share);
	}
	return (uint8_t)(bits * 16 + 0.5);
}

bool entropy_is_binary(struct slice s)
{
	const struct slice head = slice_head(s, MOST_TEXT);
	size_t at = 0;
	while (at < head.len) {
		uint32_t point;
		const uint8_t b = head.at[at];
		if ((b < 0x20 && b != '\t' && b != '\r' && b != '\n') || b == 0x7f)
			return true;
		const size_t len = utf8_decode(slice_from(head, at), &point);
		if (len == 0) /* a character cut at the end of what is looked at is none against text */
			return head.len - at > 3 || b < 0xc2 || b > 0xf4;
		at += len;
	}
	return false;
}
