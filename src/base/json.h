/* json -- writes one bounded JSON object on one line, correctly escaped whatever bytes it is given.
 *
 * Strings from the wire may hold anything: control bytes, DEL and C1, U+2028/9 and bidirectional marks become \u escapes,
 * every byte that is no UTF-8 becomes U+FFFD.  So a line can neither break out of its string nor its line, nor drive a
 * terminal.  A line that would pass `size` is closed properly and marked (`json_end` returns 0): nothing is ever cut in
 * the middle.  NULL as key means an array element.
 *
 * A key that the compiler sees letter by letter, a literal, must be a plain word: it is copied as it is, in a move or two.
 * Any other key is escaped like a string.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "base/attributes.h"
#include "base/pen.h"
#include "base/slice.h"

enum { JSON_PIECE = 512 /* bytes that are claimed at once; no piece of a record is as long */ };

struct json {
	char *out;
	size_t size, len; /* once something did not fit, `size` is `len`: nothing is written behind the lack */
	bool comma;       /* the next value needs a comma first */
	bool full;        /* something did not fit */
	char spare[JSON_PIECE];
};

/* Begins with `{`. */
void json_begin(struct json *j, char *out, size_t size);

/* Ends with `}` and a newline; returns the length of the line, or 0 when it did not fit. */
size_t json_end(struct json *j);

void json_object_end(struct json *j);
void json_array_end(struct json *j);

/* For the functions below only. */
char *json_refuse(struct json *j);
void json_lead(struct json *j, const char *key);
void json_open(struct json *j, char bracket);
void json_put_uint(struct json *j, uint64_t value);
void json_put_fixed(struct json *j, int64_t value, unsigned decimals);
void json_put_string(struct json *j, const char *value);
bool json_put_slice(struct json *j, struct slice value);
void json_put(struct json *j, const char *text, size_t len);

/* Room for `n` more bytes, all of which the caller writes at once; NULL when they do not fit. */
static inline char *json_room(struct json *j, size_t n)
{
	const size_t len = j->len;
	if (__builtin_expect(n > j->size - len, 0))
		return json_refuse(j);
	j->len = len + n;
	return j->out + len;
}

/* Room for JSON_PIECE bytes, for a pen; near the line's end it lies aside, so that what does not fit is still told by the byte.
 * Whoever claims writes commas, quotes and brackets himself. */
static ALWAYS_INLINE char *json_claim(struct json *j)
{
	return j->size - j->len >= JSON_PIECE ? j->out + j->len : j->spare;
}

/* The same for a value that may be the first; its comma is written. */
static ALWAYS_INLINE char *json_claim_value(struct json *j)
{
	char *at = json_claim(j);
	*at = ',';
	return at + j->comma;
}

/* What was claimed has been written, up to here. */
static ALWAYS_INLINE void json_settle(struct json *j, const char *end)
{
	j->comma = end[-1] != '{' && end[-1] != '[';
	if (j->size - j->len >= JSON_PIECE)
		j->len = (size_t)(end - j->out);
	else
		json_put(j, j->spare, (size_t)(end - j->spare));
}

/* What stands before a value: the comma, and its key when it is a member of an object. */
static ALWAYS_INLINE void json_key(struct json *j, const char *key)
{
	if (key == NULL && !j->comma) {
		j->comma = true;
		return;
	}
	if (key == NULL || !__builtin_constant_p(strlen(key))) {
		json_lead(j, key);
		return;
	}
	const size_t len = strlen(key), comma = j->comma;
	char *at = json_room(j, comma + len + 3);
	if (at == NULL)
		return;
	/* Overwritten by the quote when there is no comma. */
	at[0] = ',';
	at += comma;
	at[0] = '"';
	memcpy(at + 1, key, len);
	memcpy(at + 1 + len, "\":", 2);
	j->comma = true;
}

static ALWAYS_INLINE void json_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_open(j, '{');
}

static ALWAYS_INLINE void json_array(struct json *j, const char *key)
{
	json_key(j, key);
	json_open(j, '[');
}

/* Text of the program's own making, known to be plain: nothing in it is looked at. */
static ALWAYS_INLINE void json_plain(struct json *j, const char *key, const char *text, size_t len)
{
	json_key(j, key);
	char *at = json_room(j, len + 2);
	if (at == NULL)
		return;
	at[0] = '"';
	memcpy(at + 1, text, len);
	at[1 + len] = '"';
}

/* A plain word of the program's own vocabulary. */
static ALWAYS_INLINE void json_word(struct json *j, const char *key, const char *word)
{
	json_plain(j, key, word, strlen(word));
}

/* Trusted or not, always escaped; NULL: null. */
static ALWAYS_INLINE void json_string(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_put_string(j, value);
}

/* Cut at MAX_STRING; true when it was cut. */
static ALWAYS_INLINE bool json_slice(struct json *j, const char *key, struct slice value)
{
	json_key(j, key);
	return json_put_slice(j, value);
}

static ALWAYS_INLINE void json_uint(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_put_uint(j, value);
}

/* 31415, 4 -> 3.1415 */
static ALWAYS_INLINE void json_fixed(struct json *j, const char *key, int64_t value, unsigned decimals)
{
	json_key(j, key);
	json_put_fixed(j, value, decimals);
}

static ALWAYS_INLINE void json_int(struct json *j, const char *key, int64_t value)
{
	json_fixed(j, key, value, 0);
}

static ALWAYS_INLINE void json_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	char *at = json_room(j, value ? 4 : 5);
	if (at != NULL)
		memcpy(at, value ? "true" : "false", value ? 4 : 5);
}

static ALWAYS_INLINE void json_null(struct json *j, const char *key)
{
	json_key(j, key);
	json_put_string(j, NULL);
}

void json_printf(struct json *j, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
