#include "tunnel/base64.h"

enum { CAPITAL = 1, SMALL = 2, OTHER = 4, ALL_KINDS = 7, RICH_LEAST = 15 };

/* Padding stands in the last two places only, and nothing but padding follows it in the quantum. */
static size_t take_pad(struct base64 *b, uint8_t *out)
{
	b->kinds |= OTHER;
	b->pads++;
	if (b->have < 2 || b->have + b->pads > 4) {
		b->bad = true;
		return 0;
	}
	if (b->have + b->pads < 4)
		return 0;
	size_t n = 0;
	if (b->have == 3) {
		out[n++] = (uint8_t)(b->bits >> 10);
		out[n++] = (uint8_t)(b->bits >> 2);
	} else {
		out[n++] = (uint8_t)(b->bits >> 4);
	}
	b->bits = b->have = b->pads = 0;
	return n;
}

static size_t take_value(struct base64 *b, unsigned value, uint8_t *out)
{
	if (b->pads != 0) {
		b->bad = true;
		return 0;
	}
	b->bits = b->bits << 6 | value;
	b->have++;
	b->kinds |= value < 26 ? CAPITAL : value < 52 ? SMALL : OTHER;
	if (b->count != UINT32_MAX)
		b->count++;
	if (b->have < 4)
		return 0;
	for (unsigned i = 0; i < 3; i++)
		out[i] = (uint8_t)(b->bits >> (16 - 8 * i));
	b->bits = b->have = 0;
	return 3;
}

size_t base64_read(struct base64 *b, struct slice *in, uint8_t *out, size_t size)
{
	size_t n = 0, at = 0;
	for (; at < in->len && !b->bad && n + 3 <= size; at++) {
		const uint8_t c = in->at[at];
		const int value = base64_value(c);
		if (value >= 0)
			n += take_value(b, (unsigned)value, out + n);
		else if (c == '=')
			n += take_pad(b, out + n);
		else if (c != '\r' && c != '\n')
			b->bad = true;
	}
	*in = b->bad ? slice_from(*in, in->len) : slice_from(*in, at);
	return n;
}

bool base64_whole(const struct base64 *b)
{
	return !b->bad && b->have == 0 && b->pads == 0;
}

bool base64_rich(const struct base64 *b)
{
	return b->count >= RICH_LEAST && b->kinds == ALL_KINDS;
}
