#include "http/target.h"

static struct slice host_without_port(struct slice s)
{
	if (s.len != 0 && s.at[0] == '[')
		return slice_head(slice_from(s, 1), slice_find(s, ']') - 1);
	return slice_head(s, slice_find(s, ':'));
}

static struct slice host_of_field(const struct head *h)
{
	return host_without_port(slice_trim(head_field(h, SLICE("Host"))));
}

/* What stands between "://" and the path, less user and password; false for any other form. */
static bool split_absolute(struct slice target, struct slice *host, struct slice *path)
{
	if (target.len == 0 || target.at[0] == '/')
		return false;
	const size_t scheme = slice_search(target, SLICE("://"));
	if (scheme >= target.len || scheme > slice_find(target, '?'))
		return false;
	target = slice_from(target, scheme + 3);
	size_t end = 0;
	while (end < target.len && target.at[end] != '/' && target.at[end] != '?')
		end++;
	*host = slice_head(target, end);
	*path = slice_from(target, end);
	for (size_t at = slice_find(*host, '@'); at < host->len; at = slice_find(*host, '@'))
		*host = slice_from(*host, at + 1);
	return true;
}

void target_split(const struct head *request, struct slice *host, struct slice *path)
{
	if (request->method == METHOD_CONNECT) {
		*host = host_without_port(request->target);
		*path = (struct slice){ NULL, 0 };
	} else if (split_absolute(request->target, host, path)) {
		*host = host_without_port(*host);
	} else {
		*host = host_of_field(request);
		*path = request->target;
	}
}

bool target_differs_from_host(const struct head *request)
{
	struct slice host, path;
	if (request->method != METHOD_CONNECT && (request->target.len == 0 || request->target.at[0] == '/'))
		return false;
	const struct slice field = host_of_field(request);
	target_split(request, &host, &path);
	return field.len != 0 && host.len != 0 && !slice_eq_nocase(host, field);
}
