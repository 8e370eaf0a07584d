/* Heads: every input is laid against an unreadable page, and every way to deliver it in pieces must say the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "edge.h"
#include "http/head.h"

typedef enum parsed parse_fn(struct slice in, size_t *scanned, struct head *out, size_t *used);

#define B(name)       ODD_BIT(name)
#define TEXT(literal) literal, sizeof(literal) - 1
#define REST          "\r\nHost: a\r\n\r\n"

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static const struct {
	const char *in;
	size_t len;
	enum parsed parsed;
	enum method method;
	const char *target;
	uint8_t major, minor;
	uint64_t odd;
} requests[] = {
	{ TEXT("GET / HTTP/1.1" REST), PARSED, METHOD_GET, "/", 1, 1, 0 },
	{ TEXT("HEAD /a?b=c HTTP/1.0\r\n\r\n"), PARSED, METHOD_HEAD, "/a?b=c", 1, 0, 0 },
	{ TEXT("POST http://a/b HTTP/1.1" REST), PARSED, METHOD_POST, "http://a/b", 1, 1, 0 },
	{ TEXT("PUT /x HTTP/1.1" REST), PARSED, METHOD_PUT, "/x", 1, 1, 0 },
	{ TEXT("OPTIONS * HTTP/1.1" REST), PARSED, METHOD_OPTIONS, "*", 1, 1, 0 },
	{ TEXT("CONNECT a:443 HTTP/1.1" REST), PARSED, METHOD_CONNECT, "a:443", 1, 1, 0 },
	{ TEXT("CONNECT [::1]:443 HTTP/1.0" REST), PARSED, METHOD_CONNECT, "[::1]:443", 1, 0, 0 },
	{ TEXT("BREW /pot HTTP/1.1" REST), PARSED, METHOD_OTHER, "/pot", 1, 1, 0 },
	{ TEXT("M!#$%&'*+-.^_`|~9 / HTTP/1.1" REST), PARSED, METHOD_OTHER, "/", 1, 1, 0 },
	/* spelled in ways that no standard has */
	{ TEXT("CONNECT example.com 443 HTTP/1.1" REST), PARSED, METHOD_CONNECT, "example.com 443", 1, 1,
	    B(REQUEST_LINE) },
	{ TEXT("CONNECT host:25 / HTTP/1.0\r\n\r\n"), PARSED, METHOD_CONNECT, "host:25 /", 1, 0, B(REQUEST_LINE) },
	{ TEXT("GET  / HTTP/1.1" REST), PARSED, METHOD_GET, "/", 1, 1, B(REQUEST_LINE) },
	{ TEXT("GET\t/\tHTTP/1.1" REST), PARSED, METHOD_GET, "/", 1, 1, B(REQUEST_LINE) },
	{ TEXT("GET / HTTP/1.1 " REST), PARSED, METHOD_GET, "/", 1, 1, B(REQUEST_LINE) },
	{ TEXT("GET HTTP/1.1" REST), PARSED, METHOD_GET, "", 1, 1, B(REQUEST_LINE) },
	{ TEXT("GET /a\rb HTTP/1.1" REST), PARSED, METHOD_GET, "/a\rb", 1, 1, B(REQUEST_LINE) | B(BARE_CR) },
	{ TEXT("GET / HTTP/1.1\r" REST), PARSED, METHOD_GET, "/", 1, 1, B(REQUEST_LINE) | B(BARE_CR) },
	{ TEXT("GET /\xc3\xa9 HTTP/1.1" REST), PARSED, METHOD_GET, "/\xc3\xa9", 1, 1, B(FIELD_CONTROL) },
	{ TEXT("connect a:443 HTTP/1.1" REST), PARSED, METHOD_OTHER, "a:443", 1, 1, B(METHOD_CASE) },
	{ TEXT("CoNNecT a:443 HTTP/1.1" REST), PARSED, METHOD_OTHER, "a:443", 1, 1, B(METHOD_CASE) },
	{ TEXT("CON a:443 HTTP/1.1" REST), PARSED, METHOD_OTHER, "a:443", 1, 1, 0 },
	{ TEXT("CONNECTED a:443 HTTP/1.1" REST), PARSED, METHOD_OTHER, "a:443", 1, 1, 0 },
	/* versions */
	{ TEXT("GET / HTTP/1.9" REST), PARSED, METHOD_GET, "/", 1, 9, 0 },
	{ TEXT("GET / HTTP/2.0" REST), PARSED, METHOD_GET, "/", 2, 0, B(VERSION) },
	{ TEXT("GET / HTTP/01.1" REST), PARSED, METHOD_GET, "/", 1, 1, B(VERSION) },
	{ TEXT("GET / HTTP/1.256" REST), PARSED, METHOD_GET, "/", 1, 255, B(VERSION) },
	{ TEXT("GET / HTTP/257.99999999999999999999" REST), PARSED, METHOD_GET, "/", 255, 255, B(VERSION) },
	{ TEXT("GET / HTTP/1.1x" REST), PARSED, METHOD_GET, "/", 1, 1, B(VERSION) },
	{ TEXT("GET / HTTP/1" REST), PARSED, METHOD_GET, "/", 1, 0, B(VERSION) },
	{ TEXT("GET / http/1.1" REST), PARSED, METHOD_GET, "/", 1, 1, B(VERSION) },
	{ TEXT("GET /\r\n"), PARSED, METHOD_GET, "/", 0, 9, B(HTTP09) },
	{ TEXT("GET /a.html\n"), PARSED, METHOD_GET, "/a.html", 0, 9, B(HTTP09) | B(BARE_LF) },
	{ TEXT("GET http://a/\r\n"), PARSED, METHOD_GET, "http://a/", 0, 9, B(HTTP09) },
	/* line ends and fields */
	{ TEXT("GET / HTTP/1.1\nHost: a\n\n"), PARSED, METHOD_GET, "/", 1, 1, B(BARE_LF) },
	{ TEXT("GET / HTTP/1.1\r\nHost: a\n\r\n"), PARSED, METHOD_GET, "/", 1, 1, B(BARE_LF) },
	{ TEXT("GET / HTTP/1.1\r\nHost: a\r\n\n"), PARSED, METHOD_GET, "/", 1, 1, B(BARE_LF) },
	{ TEXT("GET / HTTP/1.1\r\nA: a\rb" REST), PARSED, METHOD_GET, "/", 1, 1, B(BARE_CR) },
	{ TEXT("GET / HTTP/1.1\r\nA: a\r" REST), PARSED, METHOD_GET, "/", 1, 1, B(BARE_CR) },
	{ TEXT("GET / HTTP/1.1\r\n\r" REST), PARSED, METHOD_GET, "/", 1, 1, B(BARE_CR) | B(FIELD_NO_COLON) },
	{ TEXT("GET / HTTP/1.1\r\nA: a\r\n b" REST), PARSED, METHOD_GET, "/", 1, 1, B(FOLDED) },
	{ TEXT("GET / HTTP/1.1\r\n A: a" REST), PARSED, METHOD_GET, "/", 1, 1, B(FOLDED) },
	{ TEXT("GET / HTTP/1.1\r\nA : a" REST), PARSED, METHOD_GET, "/", 1, 1, B(FIELD_SPACE) },
	{ TEXT("GET / HTTP/1.1\r\nnonsense" REST), PARSED, METHOD_GET, "/", 1, 1, B(FIELD_NO_COLON) },
	{ TEXT("GET / HTTP/1.1\r\nnonsense\r\n fold" REST), PARSED, METHOD_GET, "/", 1, 1,
	    B(FIELD_NO_COLON) | B(FOLDED) },
	{ TEXT("GET / HTTP/1.1\r\nA: a\0b" REST), PARSED, METHOD_GET, "/", 1, 1, B(FIELD_CONTROL) },
	{ TEXT("GET / HTTP/1.1\r\nA: 0123456789abcdef\x7f" REST), PARSED, METHOD_GET, "/", 1, 1, B(FIELD_CONTROL) },
	{ TEXT("GET / HTTP/1.1\r\nA: \xc3\xa9" REST), PARSED, METHOD_GET, "/", 1, 1, 0 },
	{ TEXT("GET / HTTP/1.1\r\nA\0: a" REST), PARSED, METHOD_GET, "/", 1, 1, B(FIELD_CONTROL) },
	{ TEXT("GET / HTTP/1.1\r\n: a" REST), PARSED, METHOD_GET, "/", 1, 1, 0 },
	{ TEXT("GET / HTTP/1.1\r\nA:" REST), PARSED, METHOD_GET, "/", 1, 1, 0 },
	/* not whole */
	{ TEXT(""), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("G"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("GET"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("GET / HTTP/1.1\r\n"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("GET / HTTP/1.1\r\nHost: a\r\n\r"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("GET / HTTP/1.1\r\nHost: a\r\n \r\n"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("12345678901234567890123456789012"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	/* other protocols */
	{ TEXT("123456789012345678901234567890123"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("\x16\x03\x01"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("\0"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT(" GET / HTTP/1.1"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("\r\nGET / HTTP/1.1" REST), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET\r/"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET /\0"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET /\x01 HTTP/1.1"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET / HTTP/1.1\0"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("SSH-2.0-OpenSSH_9.6\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("EHLO mail.example\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("USER anonymous\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET key\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("get /key\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("PUT /key\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET /key /other\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("*1\r\n$4\r\nPING\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("OPTIONS rtsp://a/b RTSP/1.0\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("INVITE sip:a@b SIP/2.0\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("REQMOD icap://a/b ICAP/1.0\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET / HTTP/x\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET / HTTP/\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("CONN,CT a:1 HTTP/1.1" REST), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET\xff a HTTP/1.1" REST), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("GET\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
};

static const struct {
	const char *in;
	size_t len;
	enum parsed parsed;
	uint16_t status;
	const char *reason;
	uint8_t major, minor;
	uint64_t odd;
} responses[] = {
	{ TEXT("HTTP/1.1 200 OK\r\n\r\n"), PARSED, 200, "OK", 1, 1, 0 },
	{ TEXT("HTTP/1.0 200\r\n\r\n"), PARSED, 200, "", 1, 0, 0 },
	{ TEXT("HTTP/1.1 200 \r\n\r\n"), PARSED, 200, "", 1, 1, 0 },
	{ TEXT("HTTP/1.1 404 Not Found\n\n"), PARSED, 404, "Not Found", 1, 1, B(BARE_LF) },
	{ TEXT("HTTP/1.1 999 x\r\n\r\n"), PARSED, 999, "x", 1, 1, 0 },
	{ TEXT("HTTP/1.1 OK\r\n\r\n"), PARSED, 0, "OK", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1\r\n\r\n"), PARSED, 0, "", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1 2OO OK\r\n\r\n"), PARSED, 0, "2OO OK", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1 0200 OK\r\n\r\n"), PARSED, 0, "0200 OK", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1 99 x\r\n\r\n"), PARSED, 0, "99 x", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1 099 x\r\n\r\n"), PARSED, 0, "099 x", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1 1000 x\r\n\r\n"), PARSED, 0, "1000 x", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1  200 OK\r\n\r\n"), PARSED, 0, "200 OK", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/1.1\t200 OK\r\n\r\n"), PARSED, 0, "200 OK", 1, 1, B(STATUS_LINE) },
	{ TEXT("HTTP/2.0 200 OK\r\n\r\n"), PARSED, 200, "OK", 2, 0, B(VERSION) },
	{ TEXT("HTTP/1.1200 OK\r\n\r\n"), PARSED, 0, "OK", 1, 255, B(VERSION) | B(STATUS_LINE) },
	{ TEXT("ICY 200 OK\r\n\r\n"), PARSED, 200, "OK", 1, 0, B(VERSION) },
	{ TEXT("HTTP/1.1 200 O\0K\r\n\r\n"), PARSED, 200, NULL, 1, 1, B(FIELD_CONTROL) },
	{ TEXT("HTTP/1.1 200 \xc3\xa9\r\n\r\n"), PARSED, 200, "\xc3\xa9", 1, 1, 0 },
	{ TEXT("HTTP/1.1 200 OK\r\r\n\r\n"), PARSED, 200, "OK", 1, 1, B(BARE_CR) },
	{ TEXT("HTT"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("HTTP/"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("IC"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("HTTP/1.1 200 OK\r\n"), PARSE_MORE, 0, NULL, 0, 0, 0 },
	{ TEXT("HTTX"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("HTTP/x"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("HTTP\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("ICY\r\n\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("ICYX"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("http/1.1 200 OK\r\n\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("RTSP/1.0 200 OK\r\n\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("SSH-2.0-x\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("220 mail.example\r\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
	{ TEXT("\n"), PARSE_NOT_HTTP, 0, NULL, 0, 0, 0 },
};

static bool slice_same(struct slice a, const uint8_t *base_a, struct slice b, const uint8_t *base_b)
{
	return a.len == b.len && (a.at == NULL) == (b.at == NULL) && (a.at == NULL || a.at - base_a == b.at - base_b);
}

static void assert_same_head(const struct head *a, const uint8_t *base_a, const struct head *b, const uint8_t *base_b)
{
	assert_int_equal(a->response, b->response);
	assert_int_equal(a->method, b->method);
	assert_true(slice_same(a->method_text, base_a, b->method_text, base_b));
	assert_true(slice_same(a->target, base_a, b->target, base_b));
	assert_true(slice_same(a->reason, base_a, b->reason, base_b));
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->major, b->major);
	assert_int_equal(a->minor, b->minor);
	assert_int_equal(a->odd, b->odd);
	assert_int_equal(a->length, b->length);
	assert_int_equal(a->has_length << 3 | a->length_valid << 2 | a->chunked << 1 | a->has_coding,
	    b->has_length << 3 | b->length_valid << 2 | b->chunked << 1 | b->has_coding);
	assert_int_equal(a->field_count, b->field_count);
	for (unsigned i = 0; i < a->field_count; i++) {
		assert_true(slice_same(a->fields[i].name, base_a, b->fields[i].name, base_b));
		assert_true(slice_same(a->fields[i].value, base_a, b->fields[i].value, base_b));
	}
}

/* Parses the first `upto` bytes laid at the edge. */
static enum parsed parse_part(parse_fn *parse, const struct edge *e, struct slice in, size_t upto, size_t *scanned,
    struct head *out, size_t *used)
{
	return parse(edge_lay(e, slice_head(in, upto)), scanned, out, used);
}

/* Whole, byte by byte, and cut once anywhere: the same outcome, and never anything but "more" on the way to it. */
static void play(parse_fn *parse, const struct edge *e, struct slice in, enum parsed want, struct head *out)
{
	static struct head other;
	size_t scanned = 0, used = 0;
	assert_int_equal(parse_part(parse, e, in, in.len, &scanned, out, &used), want);
	const uint8_t *const end = e->map + e->size, *const base = end - in.len;
	if (want == PARSED)
		assert_true(used <= in.len);
	size_t carried = 0;
	for (size_t n = 0; n <= in.len; n++) {
		size_t used_now = 0;
		const enum parsed now = parse_part(parse, e, in, n, &carried, &other, &used_now);
		if (now == PARSE_NOT_HTTP) {
			assert_int_equal(want, PARSE_NOT_HTTP);
			break;
		}
		if (now == PARSED) {
			assert_int_equal(want, PARSED);
			assert_int_equal(n, used);
			assert_int_equal(used_now, used);
			assert_same_head(out, base, &other, end - n);
			break;
		}
		assert_int_equal(now, PARSE_MORE);
		assert_true(want != PARSED || n < used);
	}
	for (size_t n = 0; n <= in.len; n++) {
		size_t from = 0, used_now = 0;
		if (parse_part(parse, e, in, n, &from, &other, &used_now) != PARSE_MORE)
			continue;
		assert_int_equal(parse_part(parse, e, in, in.len, &from, &other, &used_now), want);
		if (want == PARSED) {
			assert_int_equal(used_now, used);
			assert_same_head(out, base, &other, base);
		}
	}
	/* The slices point into what is laid there now. */
	scanned = 0;
	parse_part(parse, e, in, in.len, &scanned, out, &used);
}

static void request_lines(void **state)
{
	(void)state;
	struct edge e = edge_new(8192);
	static struct head h;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		const struct slice in = { (const uint8_t *)requests[i].in, requests[i].len };
		play(head_parse_request, &e, in, requests[i].parsed, &h);
		assert_int_equal(head_maybe_request(edge_lay(&e, in)),
		    requests[i].parsed != PARSE_NOT_HTTP || slice_starts(in, SLICE("\r\n")));
		if (requests[i].parsed != PARSED)
			continue;
		assert_false(h.response);
		assert_int_equal(h.method, requests[i].method);
		assert_true(slice_eq(h.target, text(requests[i].target)));
		assert_int_equal(h.major, requests[i].major);
		assert_int_equal(h.minor, requests[i].minor);
		assert_int_equal(h.odd, requests[i].odd);
	}
	edge_free(&e);
}

static void status_lines(void **state)
{
	(void)state;
	struct edge e = edge_new(8192);
	static struct head h;
	for (size_t i = 0; i < sizeof responses / sizeof *responses; i++) {
		const struct slice in = { (const uint8_t *)responses[i].in, responses[i].len };
		play(head_parse_response, &e, in, responses[i].parsed, &h);
		assert_int_equal(head_maybe_response(edge_lay(&e, in)),
		    responses[i].parsed != PARSE_NOT_HTTP || slice_starts(in, SLICE("\n")));
		if (responses[i].parsed != PARSED)
			continue;
		assert_true(h.response);
		assert_int_equal(h.status, responses[i].status);
		if (responses[i].reason != NULL)
			assert_true(slice_eq(h.reason, text(responses[i].reason)));
		assert_int_equal(h.major, responses[i].major);
		assert_int_equal(h.minor, responses[i].minor);
		assert_int_equal(h.odd, responses[i].odd);
	}
	edge_free(&e);
}

enum { HAS = 1, VALID = 2, CHUNKED = 4, CODING = 8 };

static const struct {
	const char *fields;
	unsigned framing;
	uint64_t length, odd;
} framings[] = {
	{ "", 0, 0, 0 },
	{ "Content-Length: 5\r\n", HAS | VALID, 5, 0 },
	{ "content-length:5\r\n", HAS | VALID, 5, 0 },
	{ "Content-Length: \t 0005 \t \r\n", HAS | VALID, 5, 0 },
	{ "Content-Length:\r\n 5\r\n", HAS | VALID, 5, B(FOLDED) },
	{ "Content-Length: 1\r\n 5\r\n", HAS, 0, B(FOLDED) | B(LENGTH_INVALID) },
	{ "Content-Length : 5\r\n", HAS | VALID, 5, B(FIELD_SPACE) },
	{ "Content-Length: 5\r\r\n", HAS | VALID, 5, B(BARE_CR) },
	{ "Content-Length: 5, 5\r\n", HAS | VALID, 5, 0 },
	{ "Content-Length: 5\r\nContent-Length: 5\r\n", HAS | VALID, 5, 0 },
	{ "Content-Length: 5,6\r\n", HAS, 5, B(LENGTH_CONFLICT) | B(LENGTH_INVALID) },
	{ "Content-Length: 5\r\nContent-Length: 6\r\n", HAS, 5, B(LENGTH_CONFLICT) },
	{ "Content-Length: x\r\nContent-Length: 6\r\n", HAS, 0, B(LENGTH_INVALID) | B(LENGTH_CONFLICT) },
	{ "Content-Length: 6\r\nContent-Length: x\r\n", HAS, 6, B(LENGTH_INVALID) },
	{ "Content-Length: +5\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: -1\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: 0x5\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: 5_0\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: 5 0\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: 5,\r\n", HAS, 5, B(LENGTH_INVALID) },
	{ "Content-Length: ,5\r\n", HAS, 0, B(LENGTH_INVALID) | B(LENGTH_CONFLICT) },
	{ "Content-Length:\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: \"\"\r\n", HAS, 0, B(LENGTH_INVALID) },
	{ "Content-Length: 18446744073709551614\r\n", HAS | VALID, UINT64_MAX - 1, 0 },
	{ "Content-Length: 18446744073709551615\r\n", HAS | VALID, UINT64_MAX, 0 },
	{ "Content-Length: 18446744073709551616\r\n", HAS | VALID, UINT64_MAX, B(LENGTH_INVALID) },
	{ "Content-Length: 99999999999999999999999\r\n", HAS | VALID, UINT64_MAX, B(LENGTH_INVALID) },
	{ "Transfer-Encoding: chunked\r\n", CHUNKED | CODING, 0, 0 },
	{ "transfer-encoding: CHUNKED\r\n", CHUNKED | CODING, 0, 0 },
	{ "Transfer-Encoding:\r\n\tchunked\r\n", CHUNKED | CODING, 0, B(FOLDED) },
	{ "Transfer-Encoding: gzip, chunked\r\n", CHUNKED | CODING, 0, 0 },
	{ "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", CHUNKED | CODING, 0, 0 },
	{ "Transfer-Encoding: chunked, gzip\r\n", CODING, 0, B(CODING_INVALID) },
	{ "Transfer-Encoding: chunked, chunked\r\n", CHUNKED | CODING, 0, B(CODING_INVALID) },
	{ "Transfer-Encoding: gzip\r\n", CODING, 0, 0 },
	{ "Transfer-Encoding: ,chunked\r\n", CHUNKED | CODING, 0, 0 },
	{ "Transfer-Encoding: xchunked\r\n", CODING, 0, B(CODING_INVALID) },
	{ "Transfer-Encoding: chunked;q=1\r\n", CODING, 0, B(CODING_INVALID) },
	{ "Transfer-Encoding: \x0b"
	  "chunked\r\n",
	    CODING, 0, B(CODING_INVALID) | B(FIELD_CONTROL) },
	{ "Transfer-Encoding: \"a, chunked\"\r\n", CODING, 0, B(CODING_INVALID) },
	{ "Transfer-Encoding:\r\n", 0, 0, B(CODING_INVALID) },
	{ "Transfer-Encoding: identity\r\nContent-Length: 7\r\n", HAS | VALID, 7, B(CODING_INVALID) },
	{ "Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", HAS | VALID | CHUNKED | CODING, 7,
	    B(LENGTH_AND_CHUNKED) },
	{ "X: Content-Length: 5\r\nContent-Lengthy: 6\r\nContent-Length\r\n", 0, 0, B(FIELD_NO_COLON) },
};

static void framing(void **state)
{
	(void)state;
	struct edge e = edge_new(8192);
	static struct head h;
	for (size_t i = 0; i < sizeof framings / sizeof *framings; i++) {
		char in[512];
		const int n = snprintf(in, sizeof in, "HTTP/1.1 200 OK\r\n%s\r\n", framings[i].fields);
		play(head_parse_response, &e, (struct slice){ (const uint8_t *)in, (size_t)n }, PARSED, &h);
		assert_int_equal((h.has_length ? HAS : 0) | (h.length_valid ? VALID : 0) | (h.chunked ? CHUNKED : 0) |
				     (h.has_coding ? CODING : 0),
		    framings[i].framing);
		assert_int_equal(h.odd, framings[i].odd);
		if (framings[i].framing & VALID)
			assert_int_equal(h.length, framings[i].length);
	}
	edge_free(&e);
}

static const char some_fields[] = "GET / HTTP/1.1\r\n"
				  "Host: a\r\n"
				  "Connection: keep-alive ,, Upgrade\r\n"
				  "Upgrade: foo/2;x=\"a,websocket\", TLS/1.0\r\n"
				  "EMPTY:\r\n"
				  "upgrade: ,\r\n"
				  "UPGRADE: h2c,\r\n\tWebSocket \r\n"
				  "\r\n";

static void fields_are_found(void **state)
{
	(void)state;
	struct edge e = edge_new(8192);
	static struct head h;
	play(head_parse_request, &e, text(some_fields), PARSED, &h);
	assert_int_equal(h.field_count, 6);
	assert_true(slice_eq(head_field(&h, SLICE("HOST")), SLICE("a")));
	assert_true(head_has(&h, SLICE("empty")));
	assert_int_equal(head_field(&h, SLICE("empty")).len, 0);
	assert_false(head_has(&h, SLICE("Hos")));
	assert_null(head_field(&h, SLICE("absent")).at);
	assert_true(h.connection_upgrade && h.connection_keep_alive && !h.connection_close);
	static const struct {
		struct slice token;
		bool listed;
	} rows[] = {
		{ SLICE("foo"), true },
		{ SLICE("FOO/2"), true },
		{ SLICE("foo/1"), false },
		{ SLICE("foo/2;x=\"a,websocket\""), true },
		{ SLICE("tls"), true },
		{ SLICE("TLS/1.0"), true },
		{ SLICE("TLS/1.1"), false },
		{ SLICE("h2c"), true },
		{ SLICE("websocket"), true },
		{ SLICE("web"), false },
		{ SLICE(""), false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(head_lists(&h, SLICE("Upgrade"), rows[i].token), rows[i].listed);
	static const char *const elements[] = { "foo/2;x=\"a,websocket\"", "TLS/1.0", "h2c", "WebSocket" };
	unsigned at_field = 0;
	size_t at_byte = 0, n = 0;
	struct slice element;
	while (head_next_element(&h, SLICE("Upgrade"), &at_field, &at_byte, &element)) {
		assert_true(n < 4);
		assert_true(slice_eq(element, text(elements[n++])));
	}
	assert_int_equal(n, 4);
	edge_free(&e);
}

static void an_open_quote_hides_the_rest_of_its_line_only(void **state)
{
	(void)state;
	struct edge e = edge_new(4096);
	static struct head h;
	play(head_parse_request, &e,
	    SLICE("GET / HTTP/1.1\r\nUpgrade: \"a, b\\\r\nUpgrade: c\\\", \"d\\\",e\"\r\n\r\n"), PARSED, &h);
	assert_false(head_lists(&h, SLICE("Upgrade"), SLICE("b")));
	assert_false(head_lists(&h, SLICE("Upgrade"), SLICE("e\"")));
	edge_free(&e);
}

/* Field lines too many to keep still frame. */
static void too_many_fields(void **state)
{
	(void)state;
	struct edge e = edge_new(65536);
	static struct head h;
	for (int count = MAX_FIELDS - 1; count <= MAX_FIELDS + 1; count++) {
		char in[8192] = "HTTP/1.1 200 OK\r\n";
		size_t n = strlen(in);
		for (int i = 0; i < count; i++)
			n += (size_t)snprintf(in + n, sizeof in - n, "F%d: %d\r\n", i, i);
		n += (size_t)snprintf(in + n, sizeof in - n, "Content-Length: 3\r\n\r\n");
		size_t scanned = 0, used = 0;
		assert_int_equal(
		    head_parse_response(edge_lay(&e, (struct slice){ (uint8_t *)in, n }), &scanned, &h, &used), PARSED);
		assert_int_equal(h.field_count, MAX_FIELDS);
		assert_true(h.length_valid && h.length == 3);
		assert_int_equal(h.odd, count < MAX_FIELDS ? 0 : B(TOO_MANY_FIELDS));
	}
	edge_free(&e);
}

/* A head of `size` bytes: `line` of them in the first line's target, the rest in one field. */
static struct slice big_head(uint8_t *room, const char *begin, size_t line, size_t size)
{
	memset(room, 'x', size);
	memcpy(room, begin, strlen(begin));
	memcpy(room + line - 11, " HTTP/1.1\r\n", 11);
	memcpy(room + line, "A: ", 3);
	memcpy(room + size - 4, "\r\n\r\n", 4);
	return (struct slice){ room, size };
}

/* In pieces of `step` bytes, carried. */
static enum parsed in_pieces(struct slice in, size_t step, size_t *at)
{
	static struct head h;
	size_t scanned = 0, used = 0;
	enum parsed p = PARSE_MORE;
	for (*at = 0; p == PARSE_MORE && *at < in.len;) {
		*at = *at + step < in.len ? *at + step : in.len;
		p = head_parse_request(slice_head(in, *at), &scanned, &h, &used);
	}
	return p;
}

static void long_heads(void **state)
{
	(void)state;
	static const struct {
		const char *begin;
		size_t line, size;
		enum parsed parsed;
	} rows[] = {
		{ "GET /", 1000, MAX_HEAD, PARSED },
		{ "GET /", 1000, MAX_HEAD + 1, PARSE_TOO_LONG },
		{ "GET /", 1000, MAX_HEAD + 5000, PARSE_TOO_LONG },
		{ "GET /", 60000, 61000, PARSED },
		{ "GET https://a/", 60000, 61000, PARSED },
		{ "GET /", MAX_HEAD + 100, MAX_HEAD + 300, PARSE_TOO_LONG },
		{ "GET a", 16000, 17000, PARSED },
		{ "GET a", 16500, 17000, PARSE_NOT_HTTP },
		{ "GET a", MAX_HEAD + 100, MAX_HEAD + 300, PARSE_NOT_HTTP },
	};
	uint8_t *const room = malloc(2 * MAX_HEAD);
	assert_non_null(room);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct slice in = big_head(room, rows[i].begin, rows[i].line, rows[i].size);
		static const size_t steps[] = { 2 * MAX_HEAD, 1, 7, 1460, 4096, 65535 };
		for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
			size_t at;
			assert_int_equal(in_pieces(in, steps[k], &at), rows[i].parsed);
			if (steps[k] == 1 && rows[i].parsed != PARSED)
				assert_true(at <= MAX_HEAD);
		}
	}
	free(room);
}

static void the_preface(void **state)
{
	(void)state;
	struct edge e = edge_new(4096);
#define MAGIC "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	const struct slice preface = SLICE(MAGIC "\0\0\x12\x04\0\0\0\0\0");
	for (size_t n = 0; n < preface.len; n++)
		assert_int_equal(head_is_h2_preface(edge_lay(&e, slice_head(preface, n))), PARSE_MORE);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, preface)), PARSED);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE(MAGIC "\0\0\0\x04\0\0\0\0\0more"))), PARSED);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE(MAGIC "\0\0\0\x04\x01\0\0\0\0"))), PARSED);
	/* Other flags, another frame, another stream, another protocol. */
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE(MAGIC "\0\0\0\x04\x02"))), PARSE_NOT_HTTP);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE(MAGIC "\0\0\0\x01\0"))), PARSE_NOT_HTTP);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE(MAGIC "\0\0\0\x04\0\0\0\0\x01"))), PARSE_NOT_HTTP);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE(MAGIC "SSH-2.0-x\r\n"))), PARSE_NOT_HTTP);
#undef MAGIC
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE("PRI * HTTP/2.0\r\n\r\nSX"))), PARSE_NOT_HTTP);
	assert_int_equal(head_is_h2_preface(edge_lay(&e, SLICE("GET"))), PARSE_NOT_HTTP);
	edge_free(&e);
}

static void first_bytes(void **state)
{
	(void)state;
	struct edge e = edge_new(4096);
	assert_true(head_maybe_request(edge_lay(&e, SLICE("\r\n\r\n"))));
	assert_true(head_maybe_request(edge_lay(&e, SLICE("\r\nGE"))));
	assert_false(head_maybe_request(edge_lay(&e, SLICE("\r\n\x16"))));
	assert_true(head_maybe_response(edge_lay(&e, SLICE("\n"))));
	assert_true(head_maybe_response(edge_lay(&e, SLICE("\r\nHT"))));
	assert_false(head_maybe_response(edge_lay(&e, SLICE("TTP/1.1"))));
	edge_free(&e);
}

/* A control byte that some take for a blank is one behind the method only, whether a look began before it or with it. */
static void blanks_behind_the_method(void **state)
{
	(void)state;
	struct edge e = edge_new(4096);
	static struct head h;
	const struct slice in[] = { SLICE("GET \v/ "), SLICE("GET\f\v /"), SLICE("GET /\f"), SLICE("GET /a\v/b") };
	for (size_t i = 0; i < sizeof in / sizeof *in; i++) {
		const bool may = i < 2;
		assert_int_equal(head_maybe_request(edge_lay(&e, in[i])), may);
		for (size_t first = 0; first <= in[i].len; first++) {
			size_t scanned = 0, used = 0;
			const bool more =
			    parse_part(head_parse_request, &e, in[i], first, &scanned, &h, &used) == PARSE_MORE;
			assert_true(more || !may);
			if (more)
				assert_int_equal(
				    parse_part(head_parse_request, &e, in[i], in[i].len, &scanned, &h, &used),
				    may ? PARSE_MORE : PARSE_NOT_HTTP);
		}
	}
	edge_free(&e);
}

static void parse_lines(
    const struct edge *e, struct head *h, const char *name, size_t name_len, const char *value, size_t value_len)
{
	char in[256];
	const int n = snprintf(
	    in, sizeof in, "GET / HTTP/1.1\r\n%.*s:%.*s\r\nA: b\r\n\r\n", (int)name_len, name, (int)value_len, value);
	size_t scanned = 0, used = 0;
	const struct slice s = edge_lay(e, (struct slice){ (const uint8_t *)in, (size_t)n });
	assert_int_equal(head_parse_request(s, &scanned, h, &used), PARSED);
	assert_int_equal(used, n);
}

/* Lines are looked at in pieces: any byte at any place of a name and of a value, of any length, is seen for what it is. */
static void any_byte_anywhere(void **state)
{
	(void)state;
	enum { MOST = 40 };
	struct edge e = edge_new(256);
	struct head *h = calloc(1, sizeof *h);
	char word[MOST];
	for (size_t len = 1; len <= MOST; len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned b = 1; b < 256; b++) {
				if (b == '\n' || b == '\r')
					continue;
				memset(word, 'x', sizeof word);
				word[at] = (char)b;
				parse_lines(&e, h, "Name", 4, word, len);
				const bool control = (b < 0x20 && b != '\t') || b == 0x7f;
				assert_int_equal(h->odd, control ? B(FIELD_CONTROL) : 0);
				assert_int_equal(h->field_count, 2);
				if (b != ':' || at == 0)
					continue;
				parse_lines(&e, h, word, len, "v", 1);
				assert_int_equal(h->fields[0].name.len, at);
				assert_int_equal(h->odd, 0);
			}
	memset(word, 'x', sizeof word);
	for (size_t at = 0; at < MOST; at++) {
		word[at] = (char)0xe4;
		parse_lines(&e, h, word, MOST, "v", 1);
		assert_int_equal(h->odd, B(FIELD_CONTROL));
		word[at] = 'X';
		parse_lines(&e, h, word, MOST, "v", 1);
		assert_int_equal(h->odd, 0);
	}
	free(h);
	edge_free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_lines),
		cmocka_unit_test(status_lines),
		cmocka_unit_test(framing),
		cmocka_unit_test(fields_are_found),
		cmocka_unit_test(an_open_quote_hides_the_rest_of_its_line_only),
		cmocka_unit_test(too_many_fields),
		cmocka_unit_test(long_heads),
		cmocka_unit_test(the_preface),
		cmocka_unit_test(first_bytes),
		cmocka_unit_test(blanks_behind_the_method),
		cmocka_unit_test(any_byte_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
