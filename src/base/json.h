/* json -- writes one bounded JSON object on one line, correctly escaped whatever bytes it is given.
 *
 * Strings from the wire may hold anything: control bytes, DEL and C1, U+2028/9 and bidirectional marks become \u escapes,
 * every byte that is no UTF-8 becomes U+FFFD.  So a line can neither break out of its string nor its line, nor drive a
 * terminal.  A line that would pass `size` is closed properly and marked (`json_end` returns 0): nothing is ever cut in
 * the middle.  NULL as key means an array element.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/slice.h"

struct json {
	char *out;
	size_t size, len;
	bool comma;      /* the next value needs a comma first */
	bool full;       /* something did not fit */
};

/* Begins with `{`. */
void json_begin(struct json *j, char *out, size_t size);

/* Ends with `}` and a newline; returns the length of the line, or 0 when it did not fit. */
size_t json_end(struct json *j);

void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);

void json_string(struct json *j, const char *key, const char *value);   /* trusted or not, always escaped; NULL: null */
bool json_slice(struct json *j, const char *key, struct slice value);   /* cut at MAX_STRING; true when it was cut */
void json_uint(struct json *j, const char *key, uint64_t value);
void json_int(struct json *j, const char *key, int64_t value);
void json_fixed(struct json *j, const char *key, int64_t value, unsigned decimals); /* 31415, 4 -> 3.1415 */
void json_bool(struct json *j, const char *key, bool value);
void json_null(struct json *j, const char *key);
void json_printf(struct json *j, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
