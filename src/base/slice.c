#include "base/slice.h"

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

bool slice_starts_nocase(struct slice s, struct slice with)
{
	if (s.len < with.len)
		return false;
	for (size_t i = 0; i < with.len; i++)
		if (lower(s.at[i]) != lower(with.at[i]))
			return false;
	return true;
}

size_t slice_find(struct slice s, uint8_t byte)
{
	const uint8_t *hit = s.len != 0 ? memchr(s.at, byte, s.len) : NULL;
	return hit != NULL ? (size_t)(hit - s.at) : s.len;
}

/* memmem is linear in what it reads: a needle that almost fits everywhere costs no more than another. */
size_t slice_search(struct slice s, struct slice what)
{
	if (what.len == 0)
		return 0;
	const uint8_t *hit = s.len != 0 ? memmem(s.at, s.len, what.at, what.len) : NULL;
	return hit != NULL ? (size_t)(hit - s.at) : s.len;
}

static bool blank(uint8_t b)
{
	return b == ' ' || b == '\t';
}

struct slice slice_trim(struct slice s)
{
	while (s.len != 0 && blank(s.at[0]))
		s = slice_from(s, 1);
	while (s.len != 0 && blank(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool slice_cut(struct slice *rest, uint8_t sep, struct slice *part)
{
	if (rest->at == NULL)
		return false;
	const size_t end = slice_find(*rest, sep);
	*part = slice_head(*rest, end);
	*rest = end < rest->len ? slice_from(*rest, end + 1) : (struct slice){ NULL, 0 };
	return true;
}

bool slice_decimal(struct slice s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		const uint64_t digit = (uint64_t)(s.at[i] - '0');
		if (n > (max - digit) / 10 || digit > max)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return s.len != 0;
}

size_t slice_copy(struct slice s, char *to, size_t size)
{
	if (size == 0)
		return 0;
	const size_t n = s.len < size - 1 ? s.len : size - 1;
	if (n != 0)
		memcpy(to, s.at, n);
	to[n] = '\0';
	return n;
}

struct slice cursor_take(struct cursor *c, size_t n)
{
	if (!c->ok || c->rest.len < n) {
		c->ok = false;
		return (struct slice){ c->rest.at, 0 };
	}
	const struct slice taken = slice_head(c->rest, n);
	c->rest = slice_from(c->rest, n);
	return taken;
}

static uint32_t take_number(struct cursor *c, size_t n)
{
	const struct slice s = cursor_take(c, n);
	uint32_t v = 0;
	for (size_t i = 0; i < s.len; i++)
		v = v << 8 | s.at[i];
	return v;
}

uint8_t cursor_u8(struct cursor *c)
{
	return (uint8_t)take_number(c, 1);
}

uint16_t cursor_be16(struct cursor *c)
{
	return (uint16_t)take_number(c, 2);
}

uint32_t cursor_be24(struct cursor *c)
{
	return take_number(c, 3);
}

uint32_t cursor_be32(struct cursor *c)
{
	return take_number(c, 4);
}
