/* json_check -- is this one strict JSON object on one line (RFC 8259), and safe to show?  A second opinion, written apart
 * from the writer it judges. */
#ifndef LIB_JSON_CHECK_H
#define LIB_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { JSON_CHECK_DEPTH = 64 };

struct json_check {
	const uint8_t *at, *end;
};

static inline bool json_check_utf8(struct json_check *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const uint8_t first = *c->at;
	const unsigned len = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
	if (len == 0 || (size_t)(c->end - c->at) < len)
		return false;
	uint32_t point = len == 1 ? first : first & (0xffu >> (len + 1));
	for (unsigned i = 1; i < len; i++) {
		if (c->at[i] >> 6 != 2)
			return false;
		point = point << 6 | (c->at[i] & 63u);
	}
	c->at += len;
	const bool character = point >= least[len] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
	const bool control = point < 0x20 || (point >= 0x7f && point < 0xa0);
	const bool direction =
	    point == 0x61c || point == 0x200e || point == 0x200f || (point >= 0x2066 && point <= 0x2069);
	return character && !control && !direction && !(point >= 0x2028 && point <= 0x202e);
}

static inline bool json_check_hex(struct json_check *c)
{
	if (c->end - c->at < 4)
		return false;
	for (unsigned i = 0; i < 4; i++)
		if (memchr("0123456789abcdefABCDEF", c->at[i], 22) == NULL)
			return false;
	/* A surrogate could stand here only in a pair. */
	const bool surrogate = (c->at[0] | 32) == 'd' && memchr("89abcdefABCDEF", c->at[1], 14) != NULL;
	c->at += 4;
	return !surrogate;
}

static inline bool json_check_string(struct json_check *c)
{
	if (c->at == c->end || *c->at++ != '"')
		return false;
	while (c->at < c->end && *c->at != '"') {
		if (*c->at != '\\') {
			if (!json_check_utf8(c))
				return false;
			continue;
		}
		c->at++;
		if (c->at == c->end)
			return false;
		const uint8_t kind = *c->at++;
		if (kind == 'u' ? !json_check_hex(c) : memchr("\"\\/bfnrt", kind, 8) == NULL)
			return false;
	}
	return c->at < c->end && *c->at++ == '"';
}

static inline size_t json_check_digits(struct json_check *c)
{
	const uint8_t *const from = c->at;
	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	return (size_t)(c->at - from);
}

static inline bool json_check_number(struct json_check *c)
{
	if (c->at < c->end && *c->at == '-')
		c->at++;
	const uint8_t *const first = c->at;
	const size_t whole = json_check_digits(c);
	if (whole == 0 || (whole > 1 && *first == '0'))
		return false;
	if (c->at == c->end || *c->at != '.')
		return true;
	c->at++;
	return json_check_digits(c) != 0;
}

static inline bool json_check_word(struct json_check *c, const char *word)
{
	const size_t len = strlen(word);
	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return false;
	c->at += len;
	return true;
}

static inline bool json_check_scalar(struct json_check *c)
{
	if (c->at == c->end)
		return false;
	if (*c->at == '"')
		return json_check_string(c);
	return json_check_word(c, "true") || json_check_word(c, "false") || json_check_word(c, "null") ||
	       json_check_number(c);
}

/* After a value: closes what ends here.  True when a comma follows (or, at depth 0, nothing more is due). */
static inline bool json_check_close(struct json_check *c, const char *stack, unsigned *depth)
{
	while (*depth != 0 && c->at < c->end && *c->at == (uint8_t)stack[*depth - 1]) {
		c->at++;
		(*depth)--;
	}
	if (*depth == 0)
		return true;
	return c->at < c->end && *c->at++ == ',';
}

static inline bool json_check_line(const char *line, size_t len)
{
	char stack[JSON_CHECK_DEPTH];
	unsigned depth = 0;
	if (len < 3 || line[0] != '{' || line[len - 1] != '\n')
		return false;
	struct json_check c = { (const uint8_t *)line, (const uint8_t *)line + len - 1 };
	do {
		if (depth != 0 && stack[depth - 1] == '}' && (!json_check_string(&c) || !json_check_word(&c, ":")))
			return false;
		if (c.at == c.end || depth == JSON_CHECK_DEPTH)
			return false;
		if (*c.at == '{' || *c.at == '[') {
			stack[depth++] = *c.at++ == '{' ? '}' : ']';
			if (c.at == c.end)
				return false;
			if (*c.at != (uint8_t)stack[depth - 1])
				continue;
		} else if (!json_check_scalar(&c)) {
			return false;
		}
		if (!json_check_close(&c, stack, &depth))
			return false;
	} while (depth != 0);
	return c.at == c.end;
}

#endif
