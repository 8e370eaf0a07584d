#include "http/balancer.h"

enum {
	LINE_MOST = 107, /* with its end: two addresses of IPv6 and two ports */
	BINARY_HEAD = 16,
	BINARY_MOST = 4096 /* of addresses and what is said of the client's TLS; without certificates it is 500 */
};

static enum parsed so_far(struct slice in, struct slice start)
{
	if (in.len < start.len)
		return slice_starts(start, in) ? PARSE_MORE : PARSE_NOT_HTTP;
	return slice_starts(in, start) ? PARSED : PARSE_NOT_HTTP;
}

static enum parsed line(struct slice in, size_t *used)
{
	static const char *const starts[] = { "PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN" };
	enum parsed best = PARSE_NOT_HTTP;
	for (size_t i = 0; i < sizeof starts / sizeof *starts && best != PARSED; i++) {
		const enum parsed p = so_far(in, (struct slice){ (const uint8_t *)starts[i], strlen(starts[i]) });
		best = p != PARSE_NOT_HTTP ? p : best;
	}
	if (best != PARSED)
		return best;
	const size_t end = slice_find(slice_head(in, LINE_MOST), '\n');
	if (end >= LINE_MOST)
		return PARSE_NOT_HTTP;
	if (end == in.len)
		return PARSE_MORE;
	*used = end + 1;
	return in.at[end - 1] == '\r' ? PARSED : PARSE_NOT_HTTP;
}

static enum parsed binary(struct slice in, size_t *used)
{
	const enum parsed p = so_far(in, SLICE("\r\n\r\n\0\r\nQUIT\n"));
	if (p != PARSED)
		return p;
	if (in.len < BINARY_HEAD)
		return PARSE_MORE;
	const size_t len = BINARY_HEAD + (size_t)read_be16(in.at + 14);
	if (in.at[12] >> 4 != 2 || (in.at[12] & 15) > 1 || len > BINARY_MOST)
		return PARSE_NOT_HTTP;
	*used = len;
	return in.len < len ? PARSE_MORE : PARSED;
}

enum parsed balancer_preface(struct slice in, size_t *used)
{
	if (in.len == 0 || (in.at[0] != 'P' && in.at[0] != '\r'))
		return PARSE_NOT_HTTP;
	return in.at[0] == 'P' ? line(in, used) : binary(in, used);
}
