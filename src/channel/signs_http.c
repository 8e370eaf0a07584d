/* Protocols that begin with a line `METHOD target PROTOCOL/digit.digit`: HTTP/1 (RFC 9112, 3), RTSP (RFC 7826), SIP
 * (RFC 3261), ICAP (RFC 3507).  What follows the last space of that line tells them apart. */
#include "channel/sign.h"

enum { MOST_METHOD = 24, MOST_LINE = 8192, MOST_EMPTY = 8 };

static bool is_method_char(uint8_t b)
{
	return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-' || b == '_';
}

static struct slice skip_empty_lines(struct slice s)
{
	size_t n = 0;
	while (n < s.len && n < MOST_EMPTY && (s.at[n] == '\r' || s.at[n] == '\n'))
		n++;
	return slice_from(s, n);
}

/* Takes `METHOD ` off the line. */
static enum says take_method(struct slice *line, bool whole, struct slice *method)
{
	size_t n = 0;
	while (n < line->len && n <= MOST_METHOD && is_method_char(line->at[n]))
		n++;
	if (n == line->len)
		return whole || n > MOST_METHOD ? SAYS_NO : SAYS_WAIT;
	if (n == 0 || n > MOST_METHOD || line->at[n] != ' ')
		return SAYS_NO;
	*method = slice_head(*line, n);
	*line = slice_from(*line, n + 1);
	return SAYS_YES;
}

static bool has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.at[i] < 0x20 && s.at[i] != '\t') || s.at[i] == 0x7f)
			return true;
	return false;
}

/* "HTTP/1.1": the name, a slash, a digit, a dot, a digit. */
static bool is_version(struct slice s, struct slice protocol)
{
	return s.len == protocol.len + 3 && slice_starts(s, protocol) && s.at[protocol.len] >= '0' &&
	       s.at[protocol.len] <= '9' && s.at[protocol.len + 1] == '.' && s.at[protocol.len + 2] >= '0' &&
	       s.at[protocol.len + 2] <= '9';
}

static struct slice last_word(struct slice line)
{
	size_t n = line.len;
	while (n > 0 && line.at[n - 1] == ' ')
		n--;
	line.len = n;
	while (n > 0 && line.at[n - 1] != ' ')
		n--;
	return slice_from(line, n);
}

struct shape {
	struct slice protocol;
	struct slice
	    targets[3]; /* how a target begins that is this protocol's beyond doubt, before the version is seen */
};

/* What a request line says.  *rest is what follows the method. */
static enum says ask_request(struct slice client, const struct shape *shape, struct slice *method, struct slice *rest)
{
	bool whole;
	struct slice line = sign_line(slice_head(skip_empty_lines(client), MOST_LINE), &whole);
	if (client.len == 0)
		return SAYS_NO;
	const enum says begins = take_method(&line, whole, method);
	*rest = line;
	if (begins != SAYS_YES)
		return begins;
	if (has_control(slice_head(line, line.len - (!whole && line.len != 0 && line.at[line.len - 1] == '\r'))))
		return SAYS_NO;
	if (whole)
		return sign_if(is_version(last_word(line), shape->protocol));
	for (size_t i = 0; i < sizeof shape->targets / sizeof *shape->targets; i++)
		if (shape->targets[i].len != 0 && slice_starts_nocase(line, shape->targets[i]))
			return SAYS_LIKELY;
	return method->len + 1 + line.len < MOST_LINE ? SAYS_WAIT : SAYS_NO;
}

static bool is_common_method(struct slice method)
{
	static const char *const common[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH" };
	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (slice_eq(method, (struct slice){ (const uint8_t *)common[i], strlen(common[i]) }))
			return true;
	return false;
}

/* A request line without a version is believed when a common method stands in it and the answer is HTTP's: so some
 * clients of proxies spell CONNECT. */
static enum says ask_unversioned(struct slice client, struct slice server, struct slice method)
{
	bool whole;
	sign_line(skip_empty_lines(client), &whole);
	if (!whole || !is_common_method(method))
		return SAYS_NO;
	if (server.len == 0)
		return SAYS_WAIT;
	return sign_literal(server, SLICE("HTTP/1."));
}

enum says sign_http(struct slice client, struct slice server)
{
	const struct shape http = { SLICE("HTTP/"), { SLICE("/"), SLICE("http://"), SLICE("*") } };
	struct slice method, rest;
	if (client.len == 0) {
		const enum says answer = sign_literal(server, SLICE("HTTP/1."));
		return answer == SAYS_YES ? SAYS_LIKELY : answer;
	}
	const enum says says = ask_request(client, &http, &method, &rest);
	if (says == SAYS_LIKELY && !is_common_method(method))
		return SAYS_WAIT;
	if (says != SAYS_NO || rest.len == 0)
		return says;
	return ask_unversioned(client, server, method);
}

static enum says ask_both(struct slice client, struct slice server, const struct shape *shape, struct slice status)
{
	struct slice method, rest;
	const enum says by_request = ask_request(client, shape, &method, &rest);
	const enum says by_status = sign_literal(server, status);
	return by_request > by_status ? by_request : by_status;
}

enum says sign_rtsp(struct slice client, struct slice server)
{
	const struct shape rtsp = { SLICE("RTSP/"), { SLICE("rtsp://"), SLICE("rtsps://") } };
	return ask_both(client, server, &rtsp, SLICE("RTSP/1.0 "));
}

enum says sign_sip(struct slice client, struct slice server)
{
	const struct shape sip = { SLICE("SIP/"), { SLICE("sip:"), SLICE("sips:"), SLICE("tel:") } };
	return ask_both(client, server, &sip, SLICE("SIP/2.0 "));
}

enum says sign_icap(struct slice client, struct slice server)
{
	const struct shape icap = { SLICE("ICAP/"), { SLICE("icap://") } };
	return ask_both(client, server, &icap, SLICE("ICAP/1.0 "));
}
