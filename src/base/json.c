/* The writer only ever appends, and each piece is appended whole or not at all.  The first piece that does not fit makes
 * the line `full`: from then on nothing is written and json_end answers 0, so a broken line cannot leave the program.
 *
 * Numbers are spelt here, digit by digit: printf's would follow the locale.
 */
#include "base/json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/limits.h"
#include "base/utf8.h"

char *json_refuse(struct json *j)
{
	j->full = true;
	j->size = j->len;
	return NULL;
}

void json_put(struct json *j, const char *text, size_t len)
{
	char *at = json_room(j, len);
	if (at != NULL)
		memcpy(at, text, len);
}

static void put_byte(struct json *j, char byte)
{
	char *at = json_room(j, 1);
	if (at != NULL)
		*at = byte;
}

/* Eight bytes at once: is there one that may not stand as it is?  A byte is found by the borrow that subtracting leaves
 * in its top bit; a borrow can only make this say yes too often, never too seldom. */
static bool word_is_plain(uint64_t w)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	const uint64_t quote = w ^ ones * '"', backslash = w ^ ones * '\\', del = w ^ ones * 0x7f;
	const uint64_t hits = w | (w - ones * 0x20) | (quote - ones) | (backslash - ones) | (del - ones);
	return (hits & tops) == 0;
}

static bool eight_are_plain(const uint8_t *at)
{
	uint64_t w;
	memcpy(&w, at, sizeof w);
	return word_is_plain(w);
}

/* Three to eight bytes, as names are: the first four and the last, or two, may be the same ones twice. */
static bool few_are_plain(const uint8_t *at, size_t len)
{
	const size_t n = len >= 4 ? 4 : 2;
	uint32_t first = 0x20202020, last = 0x20202020;
	memcpy(&first, at, n == 4 ? 4 : 2);
	memcpy(&last, at + len - n, n == 4 ? 4 : 2);
	return word_is_plain((uint64_t)first << 32 | last);
}

static bool is_plain(uint8_t b)
{
	return b >= 0x20 && b < 0x7f && b != '"' && b != '\\';
}

static size_t plain_run(struct slice s)
{
	size_t n = 0;
	while (s.len - n >= 8 && eight_are_plain(s.at + n))
		n += 8;
	if (s.len - n < 8 && (s.len >= 8 ? eight_are_plain(s.at + s.len - 8) : s.len > 2 && few_are_plain(s.at, s.len)))
		return s.len;
	while (n < s.len && is_plain(s.at[n]))
		n++;
	return n;
}

/* Only code points below U+10000 are ever escaped, so four digits are enough (RFC 8259, 7). */
static void put_escape(struct json *j, uint32_t point)
{
	static const char digits[] = "0123456789abcdef";
	const char text[6] = { '\\', 'u', digits[point >> 12 & 15], digits[point >> 8 & 15], digits[point >> 4 & 15],
		digits[point & 15] };
	json_put(j, text, sizeof text);
}

/* One character that is no plain run; returns how many bytes of `s` it took. */
static size_t put_special(struct json *j, struct slice s)
{
	uint32_t point;
	const size_t len = utf8_decode(s, &point);
	if (len == 0) {
		json_put(j, "\xef\xbf\xbd", 3);
		return 1;
	}
	if (point == '"' || point == '\\') {
		put_byte(j, '\\');
		put_byte(j, (char)point);
	} else if (utf8_is_harmless(point)) {
		json_put(j, (const char *)s.at, len);
	} else {
		put_escape(j, point);
	}
	return len;
}

/* Returns how many bytes of `s` were written: all, or as many whole characters as lie within `limit`. */
static size_t put_pieces(struct json *j, struct slice s, size_t limit)
{
	size_t done = 0;
	put_byte(j, '"');
	while (done < s.len && done < limit && !j->full) {
		const size_t run = plain_run(slice_head(slice_from(s, done), limit - done));
		if (run != 0) {
			json_put(j, (const char *)s.at + done, run);
			done += run;
			continue;
		}
		uint32_t point;
		if (utf8_decode(slice_from(s, done), &point) > limit - done)
			break;
		done += put_special(j, slice_from(s, done));
	}
	put_byte(j, '"');
	return done;
}

/* Most strings are plain from end to end. */
static size_t put_quoted(struct json *j, struct slice s, size_t limit)
{
	if (s.len > limit || plain_run(s) != s.len)
		return put_pieces(j, s, limit);
	char *at = json_room(j, s.len + 2);
	if (at == NULL)
		return s.len;
	at[0] = '"';
	if (s.len != 0)
		memcpy(at + 1, s.at, s.len);
	at[1 + s.len] = '"';
	return s.len;
}

static struct slice slice_of(const char *text)
{
	return (struct slice){ (const uint8_t *)text, strlen(text) };
}

void json_lead(struct json *j, const char *key)
{
	if (j->comma)
		put_byte(j, ',');
	j->comma = true;
	if (key == NULL)
		return;
	put_quoted(j, slice_of(key), SIZE_MAX);
	put_byte(j, ':');
}

void json_begin(struct json *j, char *out, size_t size)
{
	/* One by one: nobody reads what lies in `spare`. */
	j->out = out;
	j->size = size;
	j->len = 0;
	j->comma = j->full = false;
	put_byte(j, '{');
}

size_t json_end(struct json *j)
{
	json_put(j, "}\n", 2);
	if (j->full)
		j->len = 0;
	return j->len;
}

void json_open(struct json *j, char bracket)
{
	put_byte(j, bracket);
	j->comma = false;
}

void json_object_end(struct json *j)
{
	put_byte(j, '}');
	j->comma = true;
}

void json_array_end(struct json *j)
{
	put_byte(j, ']');
	j->comma = true;
}

void json_put_string(struct json *j, const char *value)
{
	if (value != NULL)
		put_quoted(j, slice_of(value), SIZE_MAX);
	else
		json_put(j, "null", 4);
}

bool json_put_slice(struct json *j, struct slice value)
{
	return put_quoted(j, value, MAX_STRING) < value.len;
}

void json_put_uint(struct json *j, uint64_t value)
{
	char aside[PEN_UINT], *const at = j->size - j->len >= PEN_UINT ? j->out + j->len : aside;
	const size_t len = (size_t)(pen_uint(at, value) - at);
	if (at == aside)
		json_put(j, aside, len);
	else
		j->len += len;
}

/* A number with `decimals` digits after the point, at least one before it. */
enum { MAX_DECIMALS = 19, NUMBER_SIZE = MAX_DECIMALS + 24 };

void json_put_fixed(struct json *j, int64_t value, unsigned decimals)
{
	/* Negated as unsigned: INT64_MIN has no positive twin. */
	uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
	const unsigned after = decimals < MAX_DECIMALS ? decimals : MAX_DECIMALS;
	char text[NUMBER_SIZE];
	size_t at = sizeof text;
	for (unsigned digits = 0; size != 0 || digits <= after; digits++) {
		if (digits == after && after != 0)
			text[--at] = '.';
		text[--at] = (char)('0' + size % 10);
		size /= 10;
	}
	if (value < 0)
		text[--at] = '-';
	json_put(j, text + at, sizeof text - at);
}

void json_printf(struct json *j, const char *key, const char *format, ...)
{
	char text[MAX_STRING + 1];
	va_list args;
	va_start(args, format);
	const int len = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	json_string(j, key, len >= 0 ? text : NULL);
}
