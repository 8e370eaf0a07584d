/* record -- looks into one JSON line, as far as the tests need it.  A path is keys and array places joined by dots. */
#ifndef TALK_RECORD_H
#define TALK_RECORD_H

#include <stdbool.h>
#include <stddef.h>

struct text {
	const char *at;
	size_t len;
};

/* The value at that path as it is written, strings without their quotes; at == NULL when there is none (or null). */
struct text record_get(struct text line, const char *path);

bool text_is(struct text t, const char *value);

/* Is the value an array with this element: a string, or an object in which some member is this string? */
bool record_has(struct text line, const char *path, const char *value);

#endif
