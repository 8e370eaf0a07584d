/* Where content ends: the rules as a table, and chunked coding delivered in every way it can be cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "edge.h"
#include "http/body.h"

#define B(name) ODD_BIT(name)

static void parse(const char *first, const char *fields, bool response, struct head *h)
{
	char in[512];
	const int n = snprintf(in, sizeof in, "%s\r\n%s\r\n", first, fields);
	const struct slice bytes = { (const uint8_t *)in, (size_t)n };
	size_t scanned = 0, used = 0;
	assert_int_equal(
	    response ? head_parse_response(bytes, &scanned, h, &used) : head_parse_request(bytes, &scanned, h, &used),
	    PARSED);
}

static const char length[] = "Content-Length: 5\r\n", chunked[] = "Transfer-Encoding: chunked\r\n",
		  both[] = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", bad[] = "Content-Length: +5\r\n",
		  gzip[] = "Transfer-Encoding: gzip\r\n",
		  gzip_length[] = "Transfer-Encoding: gzip\r\nContent-Length: 5\r\n",
		  identity[] = "Transfer-Encoding: identity\r\nContent-Length: 5\r\n", none[] = "";

static void requests(void **state)
{
	(void)state;
	static const struct {
		const char *method, *fields;
		enum body_rule rule;
	} rows[] = {
		{ "POST", none, BODY_NONE },
		{ "POST", length, BODY_LENGTH },
		{ "GET", length, BODY_LENGTH },
		{ "HEAD", length, BODY_LENGTH },
		{ "POST", chunked, BODY_CHUNKED },
		{ "POST", both, BODY_CHUNKED },
		{ "POST", bad, BODY_NONE },
		{ "POST", gzip, BODY_NONE },
		{ "POST", gzip_length, BODY_LENGTH },
		{ "POST", identity, BODY_LENGTH },
	};
	static struct head h;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[64];
		snprintf(line, sizeof line, "%s / HTTP/1.1", rows[i].method);
		parse(line, rows[i].fields, false, &h);
		assert_int_equal(body_rule_request(&h), rows[i].rule);
	}
}

static void responses(void **state)
{
	(void)state;
	static const struct {
		const char *status, *fields;
		enum method asked;
		bool known;
		enum body_rule rule;
	} rows[] = {
		{ "200", none, METHOD_GET, true, BODY_UNTIL_CLOSE },
		{ "200", length, METHOD_GET, true, BODY_LENGTH },
		{ "200", chunked, METHOD_GET, true, BODY_CHUNKED },
		{ "200", both, METHOD_GET, true, BODY_CHUNKED },
		{ "200", bad, METHOD_GET, true, BODY_UNTIL_CLOSE },
		{ "200", gzip, METHOD_GET, true, BODY_UNTIL_CLOSE },
		{ "200", gzip_length, METHOD_GET, true, BODY_UNTIL_CLOSE },
		{ "200", identity, METHOD_GET, true, BODY_LENGTH },
		{ "200", length, METHOD_HEAD, true, BODY_NONE },
		{ "200", chunked, METHOD_HEAD, true, BODY_NONE },
		{ "200", length, METHOD_HEAD, false, BODY_LENGTH },
		{ "404", none, METHOD_HEAD, true, BODY_NONE },
		{ "100", length, METHOD_POST, true, BODY_NONE },
		{ "101", chunked, METHOD_GET, true, BODY_NONE },
		{ "204", length, METHOD_GET, true, BODY_NONE },
		{ "205", length, METHOD_GET, true, BODY_LENGTH },
		{ "304", length, METHOD_GET, true, BODY_NONE },
		{ "200", length, METHOD_CONNECT, true, BODY_NONE },
		{ "299", chunked, METHOD_CONNECT, true, BODY_NONE },
		{ "200", length, METHOD_CONNECT, false, BODY_LENGTH },
		{ "407", length, METHOD_CONNECT, true, BODY_LENGTH },
		{ "407", none, METHOD_CONNECT, true, BODY_UNTIL_CLOSE },
		{ "OK", none, METHOD_CONNECT, true, BODY_NONE },
		{ "OK", length, METHOD_CONNECT, true, BODY_LENGTH },
		{ "OK", none, METHOD_GET, true, BODY_UNTIL_CLOSE },
	};
	static struct head h;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char line[64];
		snprintf(line, sizeof line, "HTTP/1.1 %s", rows[i].status);
		parse(line, rows[i].fields, true, &h);
		assert_int_equal(body_rule_response(&h, rows[i].asked, rows[i].known), rows[i].rule);
	}
}

struct outcome {
	struct chunked c;
	char data[256];
	size_t data_len, used;
	uint64_t odd;
};

/* Feeds `in` in pieces: the first of `cut` bytes, then `step` at a time; each laid against an unreadable page. */
static void feed(const struct edge *e, struct slice in, size_t cut, size_t step, struct outcome *o)
{
	*o = (struct outcome){ 0 };
	size_t end = cut;
	while (o->used < in.len && o->c.state < CHUNK_DONE) {
		if (o->used == end)
			end += step;
		if (end > in.len)
			end = in.len;
		const struct slice piece = edge_lay(e, slice_from(slice_head(in, end), o->used));
		const size_t n = chunked_framing(&o->c, piece, &o->odd);
		assert_true(n <= piece.len);
		o->used += n;
		if (o->c.state != CHUNK_DATA)
			continue;
		size_t take = piece.len - n;
		if (take > o->c.left)
			take = (size_t)o->c.left;
		if (o->data_len + take <= sizeof o->data)
			memcpy(o->data + o->data_len, piece.at + n, take);
		o->data_len += take;
		o->used += take;
		if (take != 0)
			chunked_data(&o->c, take);
	}
}

static const struct {
	const char *in, *data;
	enum chunk_state state;
	size_t behind; /* bytes that are not the message's */
	uint64_t odd;
} codings[] = {
	{ "5\r\nhello\r\n0\r\n\r\n", "hello", CHUNK_DONE, 0, 0 },
	{ "5\r\nhello\r\n0\r\n\r\nGET", "hello", CHUNK_DONE, 3, 0 },
	{ "0\r\n\r\n", "", CHUNK_DONE, 0, 0 },
	{ "1\r\na\r\nA\r\n0123456789\r\n000\r\n\r\n", "a0123456789", CHUNK_DONE, 0, 0 },
	{ "00000000000005\r\nhello\r\n0\r\n\r\n", "hello", CHUNK_DONE, 0, 0 },
	{ "5\nhello\n0\n\n", "hello", CHUNK_DONE, 0, B(BARE_LF) },
	{ "5;a=b;c=\"d\"\r\nhello\r\n0;x\r\n\r\n", "hello", CHUNK_DONE, 0, 0 },
	{ "5 \t;a\r\nhello\r\n0 \r\n\r\n", "hello", CHUNK_DONE, 0, 0 },
	{ "5;a\rb\r\nhello\r\n0\r\n\r\n", "hello", CHUNK_DONE, 0, B(BARE_CR) },
	{ "5\r\nhello\r\n0\r\nA: b\r\nUpgrade: c\r\n\r\n", "hello", CHUNK_DONE, 0, 0 },
	{ "0\r\nA: b\r\n", "", CHUNK_TRAILER, 0, 0 },
	{ "0\r\n\r", "", CHUNK_TRAILER, 0, 0 },
	{ "0\r\n\rA\r\n\r\n", "", CHUNK_DONE, 0, B(BARE_CR) },
	{ "5\r\nhel", "hel", CHUNK_DATA, 0, 0 },
	{ "5\r\nhello", "hello", CHUNK_DATA_END, 0, 0 },
	{ "5\r\nhello\r", "hello", CHUNK_DATA_END, 0, 0 },
	{ "5\r\nhello!", "hello", CHUNK_BROKEN, 0, B(CHUNK_INVALID) },
	{ "5\r\nhello\r\r", "hello", CHUNK_BROKEN, 0, B(CHUNK_INVALID) },
	{ "\r\n", "", CHUNK_BROKEN, 1, B(CHUNK_INVALID) },
	{ "\n", "", CHUNK_BROKEN, 0, B(CHUNK_INVALID) },
	{ ";a\r\n", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
	{ " 5\r\n", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
	{ "0x5\r\n", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
	{ "-1\r\n", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
	{ "+5\r\n", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
	{ "5 5\r\n", "", CHUNK_BROKEN, 2, B(CHUNK_INVALID) },
	{ "5\r5\r\n", "", CHUNK_BROKEN, 2, B(CHUNK_INVALID) },
	{ "g\r\n", "", CHUNK_BROKEN, 2, B(CHUNK_INVALID) },
	{ "ffffffffffffffff\r\nx", "x", CHUNK_DATA, 0, 0 },
	{ "fffffffffffffffff\r\nx", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
	{ "00000000000000005\r\nx", "", CHUNK_BROKEN, 3, B(CHUNK_INVALID) },
};

static void chunked_coding(void **state)
{
	(void)state;
	struct edge e = edge_new(8192);
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++) {
		const struct slice in = { (const uint8_t *)codings[i].in, strlen(codings[i].in) };
		for (size_t cut = 0; cut <= in.len; cut++) {
			for (size_t step = 1; step <= in.len; step += step == 1 ? in.len : 1) {
				struct outcome o;
				feed(&e, in, cut, step, &o);
				assert_int_equal(o.c.state, codings[i].state);
				assert_int_equal(o.odd, codings[i].odd);
				assert_int_equal(in.len - o.used, codings[i].behind);
				assert_int_equal(o.data_len, strlen(codings[i].data));
				assert_memory_equal(o.data, codings[i].data, o.data_len);
			}
		}
	}
	edge_free(&e);
}

static void sizes_are_64_bits(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		uint64_t left;
	} rows[] = { { "7fffffffffffffff\n", INT64_MAX }, { "ffffffffffffffff\n", UINT64_MAX },
		{ "aBcDeF\n", 0xabcdef } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct chunked c = { 0 };
		uint64_t odd = 0;
		const struct slice in = { (const uint8_t *)rows[i].in, strlen(rows[i].in) };
		assert_int_equal(chunked_framing(&c, in, &odd), in.len);
		assert_int_equal(c.state, CHUNK_DATA);
		assert_true(c.left == rows[i].left);
		chunked_data(&c, c.left);
		assert_int_equal(c.state, CHUNK_DATA_END);
	}
}

/* Without bounds one could keep us reading lines for ever. */
static void lines_are_bounded(void **state)
{
	(void)state;
	enum { MANY = MAX_HEAD + 4096 };
	uint8_t *const room = malloc(MANY);
	assert_non_null(room);
	uint64_t odd = 0;
	struct chunked c = { 0 };
	memset(room, 'x', MANY);
	memcpy(room, "5;", 2);
	assert_int_equal(chunked_framing(&c, (struct slice){ room, MANY }, &odd), MAX_CHUNK_LINE + 1);
	assert_int_equal(c.state, CHUNK_BROKEN);

	c = (struct chunked){ .state = CHUNK_TRAILER };
	memset(room, 'x', MANY);
	assert_int_equal(chunked_framing(&c, (struct slice){ room, MANY }, &odd), MAX_HEAD + 1);
	assert_int_equal(c.state, CHUNK_BROKEN);

	c = (struct chunked){ .state = CHUNK_TRAILER };
	for (size_t i = 0; i < MANY; i += 2)
		memcpy(room + i, "x\n", 2);
	assert_int_equal(chunked_framing(&c, (struct slice){ room, MANY }, &odd), MAX_HEAD + 1);
	assert_int_equal(c.state, CHUNK_BROKEN);
	free(room);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(responses),
		cmocka_unit_test(chunked_coding),
		cmocka_unit_test(sizes_are_64_bits),
		cmocka_unit_test(lines_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
