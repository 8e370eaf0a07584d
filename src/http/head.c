/* How a head is found and believed.
 *
 * The end is the first empty line; only when it is there the lines are taken apart, so a head that comes in pieces costs
 * one search per byte and one reading.  Until then the first line is looked at as far as it goes, because bytes that can
 * be no HTTP must be told from HTTP that is not complete.
 *
 * A request line is what begins with a method and ends with HTTP/digit; what lies between is the target, blanks and all:
 * peers do write `CONNECT host 443 HTTP/1.1`, and a proxy that splits there finds what it wants.  Other protocols use
 * the same line with another last word (RTSP, SIP, ICAP), so without it only one line is HTTP: the simple request of
 * HTTP/0.9, GET and a path. */
#include "base/digit.h"
#include "http/inside.h"
#include "http/sixteen.h"

enum {
	MOST_METHOD = 32, /* the longest registered one has 17 bytes */
	MOST_BLANKS = 32, /* between method and target, in which bytes pass that are control bytes elsewhere */
	MOST_LINE = 16384 /* of a first line whose target is neither a path nor a URL */
};

static const struct slice h2_preface = { (const uint8_t *)"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24 };

/* RFC 9112, 3: what lenient readers take for a blank between the words of a first line. */
static bool is_space(uint8_t b)
{
	return b == ' ' || (b >= '\t' && b <= '\r' && b != '\n');
}

static size_t method_len(struct slice s)
{
	size_t n = 0;
	while (n < s.len && n <= MOST_METHOD && field_tchar[s.at[n]])
		n++;
	return n;
}

static bool is_method_end(struct slice line, size_t n)
{
	return n < line.len && line.at[n] != '\r' && is_space(line.at[n]);
}

/* Control bytes behind `from` (bytes looked at before), but for those behind the method that some take for blanks: `n` is
 * where the method ends. */
static bool has_control(struct slice line, size_t n, size_t from)
{
	if ((field_oddities(slice_from(line, from > n ? from : n)) & ODD_BIT(FIELD_CONTROL)) == 0)
		return false;
	size_t target = n;
	while (target < line.len && target - n < MOST_BLANKS && is_space(line.at[target]))
		target++;
	return (field_oddities(slice_from(line, from > target ? from : target)) & ODD_BIT(FIELD_CONTROL)) != 0;
}

/* Could a request line go on like this?  `from`: bytes looked at before. */
static bool maybe_request_line(struct slice line, size_t from)
{
	const size_t n = method_len(line);
	if (n == line.len)
		return n <= MOST_METHOD;
	if (n == 0 || n > MOST_METHOD || !is_method_end(line, n))
		return false;
	return !has_control(line, n, from);
}

/* Long targets are paths or URLs. */
static bool is_long_target(struct slice line)
{
	const struct slice target = slice_trim(slice_from(line, method_len(line)));
	return slice_starts(target, SLICE("/")) || slice_starts_nocase(target, SLICE("http"));
}

static bool is_text(struct slice s, const char *text)
{
	return memcmp(s.at, text, s.len) == 0;
}

static enum method method_of(struct slice m)
{
	switch (m.len) {
	case 3:
		return is_text(m, "GET") ? METHOD_GET : is_text(m, "PUT") ? METHOD_PUT : METHOD_OTHER;
	case 4:
		return is_text(m, "POST") ? METHOD_POST : is_text(m, "HEAD") ? METHOD_HEAD : METHOD_OTHER;
	case 7:
		return is_text(m, "CONNECT") ? METHOD_CONNECT : is_text(m, "OPTIONS") ? METHOD_OPTIONS : METHOD_OTHER;
	default:
		return METHOD_OTHER;
	}
}

/* RFC 9110, 9.1: methods are case-sensitive. */
static bool is_method_in_other_case(struct slice m)
{
	char upper[8];
	if (m.len >= sizeof upper)
		return false;
	for (size_t i = 0; i < m.len; i++)
		upper[i] = (char)(m.at[i] >= 'a' && m.at[i] <= 'z' ? m.at[i] - 32 : m.at[i]);
	return method_of((struct slice){ (const uint8_t *)upper, m.len }) != METHOD_OTHER;
}

static uint8_t read_number(struct slice s, size_t *at)
{
	unsigned n = 0;
	for (; *at < s.len && is_digit(s.at[*at]); ++*at)
		n = n > UINT8_MAX ? n : n * 10 + (unsigned)(s.at[*at] - '0');
	return (uint8_t)(n > UINT8_MAX ? UINT8_MAX : n);
}

/* "HTTP/1.1" (RFC 9112, 2.3); other forms that begin so are read as far as they go. */
static bool read_version(struct slice s, struct head *out)
{
	const size_t name = sizeof "HTTP/" - 1;
	if (s.len == name + 3 && slice_starts(s, SLICE("HTTP/1.")) && is_digit(s.at[name + 2])) {
		out->major = 1;
		out->minor = (uint8_t)(s.at[name + 2] - '0');
		return true;
	}
	if (!slice_starts_nocase(s, SLICE("HTTP/")) || s.len == name || !is_digit(s.at[name]))
		return false;
	out->odd |= ODD_BIT(VERSION);
	size_t at = name;
	out->major = read_number(s, &at);
	if (at < s.len && s.at[at] == '.') {
		at++;
		out->minor = read_number(s, &at);
	}
	return true;
}

static struct slice trim_spaces(struct slice s)
{
	while (s.len != 0 && is_space(s.at[0]))
		s = slice_from(s, 1);
	while (s.len != 0 && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

/* The last word of `s`, which has no space at its end. */
static struct slice last_word(struct slice s)
{
	size_t n = s.len;
	while (n != 0 && !is_space(s.at[n - 1]))
		n--;
	return slice_from(s, n);
}

static bool has_space(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_space(s.at[i]))
			return true;
	return false;
}

/* A target has no blanks and no 8-bit bytes (RFC 3986). */
static uint64_t target_oddities(struct slice s)
{
	bool space = false;
	uint8_t bits = 0;
	for (size_t i = 0; i < s.len; i++) {
		space |= s.at[i] <= ' ';
		bits |= s.at[i];
	}
	return (space ? ODD_BIT(REQUEST_LINE) : 0) | (bits & 0x80 ? ODD_BIT(FIELD_CONTROL) : 0);
}

void head_begin(struct head *out, bool response)
{
	out->response = response;
	out->method = METHOD_OTHER;
	out->method_text = out->target = out->reason = (struct slice){ NULL, 0 };
	out->status = 0;
	out->major = out->minor = 0;
	out->field_count = 0;
	out->names = 0;
	out->odd = 0;
	out->has_length = out->length_valid = out->chunked = out->has_coding = false;
	out->length = 0;
	out->connection_close = out->connection_keep_alive = out->connection_upgrade = false;
}

/* A simple request (RFC 1945, 4.1): GET, a space, a path, and the line's end. */
static bool is_simple_request(struct slice method, struct slice target)
{
	return slice_eq(method, SLICE("GET")) && !has_space(target) &&
	       (slice_starts(target, SLICE("/")) || slice_starts(target, SLICE("http://")));
}

/* The first line without its line end.  False when it is no request. */
static bool read_request_line(struct slice line, struct head *out)
{
	head_begin(out, false);
	const size_t n = method_len(line);
	out->odd = field_oddities(line);
	if (n == 0 || n > MOST_METHOD || !is_method_end(line, n))
		return false;
	if ((out->odd & ODD_BIT(FIELD_CONTROL)) != 0 && has_control(line, n, 0))
		return false;
	if (line.len >= MOST_LINE && !is_long_target(line))
		return false;
	out->method_text = slice_head(line, n);
	out->method = method_of(out->method_text);
	if (out->method == METHOD_OTHER && is_method_in_other_case(out->method_text))
		out->odd |= ODD_BIT(METHOD_CASE);
	const struct slice rest = trim_spaces(slice_from(line, n));
	const struct slice version = last_word(rest);
	if (!read_version(version, out)) {
		out->target = rest;
		out->minor = 9;
		out->odd = ODD_BIT(HTTP09);
		return is_simple_request(out->method_text, rest);
	}
	out->target = trim_spaces(slice_head(rest, rest.len - version.len));
	if (line.len != n + out->target.len + version.len + 2 || out->target.len == 0 || line.at[n] != ' ' ||
	    line.at[line.len - version.len - 1] != ' ')
		out->odd |= ODD_BIT(REQUEST_LINE);
	out->odd |= target_oddities(out->target);
	return true;
}

/* RFC 9112, 4: three digits after one space.  Without them there is no status to act on. */
static void read_status(struct slice rest, struct head *out)
{
	const bool spaced = rest.len >= 4 && rest.at[0] == ' ';
	const bool digits = spaced && is_digit(rest.at[1]) && is_digit(rest.at[2]) && is_digit(rest.at[3]);
	const bool ends = rest.len == 4 || (rest.len > 4 && is_space(rest.at[4]));
	if (!digits || !ends || rest.at[1] == '0') {
		out->odd |= ODD_BIT(STATUS_LINE);
		out->reason = trim_spaces(rest);
		return;
	}
	out->status = (uint16_t)((rest.at[1] - '0') * 100 + (rest.at[2] - '0') * 10 + (rest.at[3] - '0'));
	out->reason = trim_spaces(slice_from(rest, 4));
}

static bool read_status_line(struct slice line, struct head *out)
{
	head_begin(out, true);
	size_t n = 0;
	while (n < line.len && !is_space(line.at[n]))
		n++;
	const struct slice version = slice_head(line, n);
	out->odd |= field_oddities(line);
	if (slice_starts(line, SLICE("ICY "))) {
		/* Shoutcast's answer to an HTTP request. */
		out->major = 1;
		out->odd |= ODD_BIT(VERSION);
	} else if (!slice_starts(version, SLICE("HTTP/")) || !read_version(version, out)) {
		return false;
	}
	read_status(slice_from(line, n), out);
	return true;
}

/* Nothing but what a target may have? */
static bool is_plain_target(struct slice s)
{
	size_t at = 0;
	for (; at + SIXTEEN <= s.len; at += SIXTEEN)
		if (sixteen_bits(sixteen_in(sixteen_at(s.at + at), '!', 0x7f - '!')) != 0xffff)
			return false;
	/* The last sixteen overlap those before. */
	if (s.len >= SIXTEEN)
		return sixteen_bits(sixteen_in(sixteen_at(s.at + s.len - SIXTEEN), '!', 0x7f - '!')) == 0xffff;
	for (; at < s.len; at++)
		if (s.at[at] <= ' ' || s.at[at] >= 0x7f)
			return false;
	return true;
}

/* "HTTP/1." and a digit. */
static bool is_version_1(const uint8_t *at)
{
	return memcmp(at, "HTTP/1.", 7) == 0 && is_digit(at[7]);
}

/* "GET target HTTP/1.1" or the like, in the form that nearly all have: what read_request_line would find, in less than half of
 * its instructions.  False says nothing. */
static bool read_plain_request_line(struct slice line, struct head *out)
{
	enum { VERSION_LEN = 8 };
	if (line.len < sizeof "GET / HTTP/1.1" - 1 || line.len >= MOST_LINE)
		return false;
	const size_t n = line.at[3] == ' ' ? 3 : 4, end = line.len - VERSION_LEN - 1;
	if (line.at[n] != ' ' || line.at[end] != ' ' || n + 1 >= end || !is_version_1(line.at + end + 1))
		return false;
	const enum method method = method_of(slice_head(line, n));
	const struct slice target = { line.at + n + 1, end - n - 1 };
	if (method == METHOD_OTHER || !is_plain_target(target))
		return false;
	head_begin(out, false);
	out->method = method;
	out->method_text = slice_head(line, n);
	out->target = target;
	out->major = 1;
	out->minor = (uint8_t)(line.at[line.len - 1] - '0');
	return true;
}

/* The same of "HTTP/1.1 200 OK". */
static bool read_plain_status_line(struct slice line, struct head *out)
{
	const size_t status = sizeof "HTTP/1.1 " - 1, reason = status + 4;
	if (line.len <= reason || !is_version_1(line.at) || line.at[status - 1] != ' ' || line.at[reason - 1] != ' ' ||
	    line.at[reason] <= ' ' || line.at[line.len - 1] <= ' ')
		return false;
	const unsigned a = (unsigned)line.at[status] - '0', b = (unsigned)line.at[status + 1] - '0',
		       c = (unsigned)line.at[status + 2] - '0';
	if (a - 1 > 8 || b > 9 || c > 9 || field_oddities(line) != 0)
		return false;
	head_begin(out, true);
	out->major = 1;
	out->minor = (uint8_t)(line.at[status - 2] - '0');
	out->status = (uint16_t)(a * 100 + b * 10 + c);
	out->reason = slice_from(line, reason);
	return true;
}

/* Where the empty line ends that begins after an LF at or after *scanned; 0 when it is not there.  Then *scanned is where the
 * next search may begin. */
static size_t find_end(struct slice in, size_t *scanned)
{
	size_t from = *scanned;
	for (;;) {
		const struct slice rest = slice_from(in, from);
		const size_t lf = slice_find(rest, '\n');
		if (lf == rest.len) {
			*scanned = in.len;
			return 0;
		}
		from += lf + 1;
		const struct slice next = slice_from(in, from);
		const size_t cr = next.len != 0 && next.at[0] == '\r';
		if (next.len > cr && next.at[cr] == '\n')
			return from + cr + 1;
		if (next.len <= cr) {
			*scanned = from - 1;
			return 0;
		}
	}
}

/* Could these bytes, without an LF, become a first line? */
static bool maybe_first_line(struct slice line, bool response, size_t from)
{
	if (!response)
		return maybe_request_line(line, from) && (line.len < MOST_LINE || is_long_target(line));
	const size_t name = sizeof "HTTP/" - 1;
	if (slice_starts(line, SLICE("HTTP/")))
		return line.len == name || is_digit(line.at[name]);
	return slice_starts(SLICE("HTTP/"), line) || slice_starts(SLICE("ICY "), slice_head(line, 4));
}

static bool read_first_line(struct slice in, size_t lf, bool response, struct head *out)
{
	const bool crlf = lf != 0 && in.at[lf - 1] == '\r';
	const struct slice line = slice_head(in, lf - crlf);
	if (crlf && (response ? read_plain_status_line(line, out) : read_plain_request_line(line, out)))
		return true;
	if (!(response ? read_status_line(line, out) : read_request_line(line, out)))
		return false;
	if (!crlf)
		out->odd |= ODD_BIT(BARE_LF);
	return true;
}

static enum parsed parse(struct slice in, bool response, size_t *scanned, struct head *out, size_t *used)
{
	const struct slice window = slice_head(in, MAX_HEAD);
	const enum parsed more = in.len >= MAX_HEAD ? PARSE_TOO_LONG : PARSE_MORE;
	const size_t lf = slice_find(window, '\n');
	if (lf == window.len) {
		if (!maybe_first_line(window, response, *scanned))
			return PARSE_NOT_HTTP;
		*scanned = window.len;
		return more;
	}
	/* Nothing but the first line was searched before: most heads come whole, so they are read at once. */
	if (*scanned <= lf) {
		if (!read_first_line(in, lf, response, out))
			return PARSE_NOT_HTTP;
		if (out->odd & ODD_BIT(HTTP09)) {
			*used = lf + 1;
			return PARSED;
		}
		*used = fields_read(window, lf + 1, scanned, out);
		return *used != 0 ? PARSED : more;
	}
	if (find_end(window, scanned) == 0)
		return more;
	size_t again;
	read_first_line(in, lf, response, out);
	*used = fields_read(window, lf + 1, &again, out);
	return PARSED;
}

enum parsed head_parse_request(struct slice in, size_t *scanned, struct head *out, size_t *used)
{
	return parse(in, false, scanned, out, used);
}

enum parsed head_parse_response(struct slice in, size_t *scanned, struct head *out, size_t *used)
{
	return parse(in, true, scanned, out, used);
}

static size_t skip_empty_lines(struct slice in)
{
	size_t n = 0;
	while (n < in.len && (in.at[n] == '\n' || in.at[n] == '\r'))
		n++;
	return n;
}

static bool maybe(struct slice in, bool response)
{
	struct head scratch;
	in = slice_from(in, skip_empty_lines(in));
	if (in.len == 0)
		return true;
	const size_t lf = slice_find(in, '\n');
	return lf == in.len ? maybe_first_line(in, response, 0) : read_first_line(in, lf, response, &scratch);
}

bool head_maybe_request(struct slice in)
{
	return maybe(in, false);
}

bool head_maybe_response(struct slice in)
{
	return maybe(in, true);
}

bool head_has_h2_magic(struct slice in)
{
	return slice_starts(in, h2_preface);
}

enum parsed head_is_h2_preface(struct slice in)
{
	/* Behind its length: its type, its flags, stream 0.  A server may have spoken first, and some clients acknowledge that
	 * before they send their own. */
	const struct slice begin = SLICE("\x04\0\0\0\0\0"), answer = SLICE("\x04\x01\0\0\0\0");
	const struct slice kind = slice_from(in, h2_preface.len + 3);
	if (!slice_starts(in, h2_preface))
		return slice_starts(h2_preface, in) ? PARSE_MORE : PARSE_NOT_HTTP;
	if (slice_starts(kind, begin) || slice_starts(kind, answer))
		return PARSED;
	return slice_starts(begin, kind) || slice_starts(answer, kind) ? PARSE_MORE : PARSE_NOT_HTTP;
}
