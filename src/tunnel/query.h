/* query -- tokens in request targets and fields, read in place: pure, no opinion. */
#ifndef TUNNEL_QUERY_H
#define TUNNEL_QUERY_H

#include "base/slice.h"

/* Value of the first parameter of that name, as sent; an empty slice with at == NULL when there is none. */
struct slice query_value(struct slice target, struct slice name);

/* What stands before '?'. */
struct slice query_path(struct slice target);

/* Takes the last segment off `*path`, and the slash before it; empty when the path ends in a slash. */
struct slice query_last_segment(struct slice *path);

/* Value of the first cookie of that name in a Cookie field; as query_value. */
struct slice query_cookie(struct slice field, struct slice name);

/* 8-4-4-4-12 hexadecimal digits. */
bool query_is_uuid(struct slice s);

/* "%41" to "A" as far as `size` goes; how many bytes that made. */
size_t query_decode(struct slice s, uint8_t *out, size_t size);

#endif
