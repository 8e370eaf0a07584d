#include "tunnel/query.h"

#include "base/digit.h"

/* The value of NAME=VALUE, if it is that name. */
static bool is_named(struct slice part, struct slice name, struct slice *value)
{
	if (part.len <= name.len || !slice_starts(part, name) || part.at[name.len] != '=')
		return false;
	*value = slice_from(part, name.len + 1);
	return true;
}

struct slice query_value(struct slice target, struct slice name)
{
	const size_t mark = slice_find(target, '?');
	struct slice value = { NULL, 0 }, part;
	if (mark == target.len)
		return value;
	struct slice rest = slice_from(target, mark + 1);
	rest = slice_head(rest, slice_find(rest, '#'));
	while (slice_cut(&rest, '&', &part))
		if (is_named(part, name, &value))
			return value;
	return value;
}

struct slice query_path(struct slice target)
{
	return slice_head(target, slice_find(target, '?'));
}

struct slice query_last_segment(struct slice *path)
{
	size_t at = path->len;
	while (at > 0 && path->at[at - 1] != '/')
		at--;
	const struct slice segment = slice_from(*path, at);
	*path = slice_head(*path, at > 0 ? at - 1 : 0);
	return segment;
}

struct slice query_cookie(struct slice field, struct slice name)
{
	struct slice value = { NULL, 0 }, part;
	while (slice_cut(&field, ';', &part))
		if (is_named(slice_trim(part), name, &value))
			return value;
	return value;
}

bool query_is_uuid(struct slice s)
{
	if (s.len != 36)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? s.at[i] != '-' : hex_value(s.at[i]) < 0)
			return false;
	}
	return true;
}

size_t query_decode(struct slice s, uint8_t *out, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len && n < size; i++) {
		const bool coded =
		    s.at[i] == '%' && i + 2 < s.len && hex_value(s.at[i + 1]) >= 0 && hex_value(s.at[i + 2]) >= 0;
		const int byte = coded ? hex_value(s.at[i + 1]) * 16 + hex_value(s.at[i + 2]) : s.at[i];
		out[n++] = (uint8_t)byte;
		if (coded)
			i += 2;
	}
	return n;
}
