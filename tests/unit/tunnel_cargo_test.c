/* Content that is whole so far, and content with holes, in each framing. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/cargo.h"

static struct http_event head_at(uint64_t offset, enum body_rule rule, const struct head *h)
{
	return (struct http_event){ .kind = HTTP_REQUEST, .offset = offset, .eat = 100, .rule = rule, .head = h };
}

static struct http_event body_at(uint64_t offset, size_t len)
{
	static const uint8_t bytes[64];
	return (struct http_event){ .kind = HTTP_BODY, .offset = offset, .eat = len, .bytes = { bytes, len } };
}

static void a_hole_tears_what_follows(void **state)
{
	(void)state;
	struct cargo c = { 0 };
	const struct http_event head = head_at(1000, BODY_LENGTH, NULL);
	const struct http_event first = body_at(1100, 10), far = body_at(1115, 10), next = body_at(1125, 10);
	cargo_begin(&c, &head);
	assert_true(c.on);
	assert_true(cargo_goes_on(&c, &first));
	assert_int_equal(cargo_missing(&c, &far), 5);
	assert_int_equal(cargo_missing(&c, &next), 0);
	assert_true(c.torn);
	assert_false(cargo_goes_on(&c, &next));
}

static void the_next_message_is_whole_or_follows(void **state)
{
	(void)state;
	struct cargo c = { 0 };
	const struct http_event head = head_at(0, BODY_UNTIL_CLOSE, NULL), far = body_at(101, 1);
	const struct http_event second = head_at(200, BODY_LENGTH, NULL), body = body_at(300, 1);
	cargo_begin(&c, &head);
	assert_false(cargo_goes_on(&c, &far));
	cargo_follow(&c, &second);
	assert_false(cargo_goes_on(&c, &body));
	cargo_begin(&c, &second);
	assert_true(cargo_goes_on(&c, &body));
}

/* "\r\n10\r\n" between two chunks is no hole; a packet's worth is. */
static void framing_of_chunks_is_no_hole(void **state)
{
	(void)state;
	struct cargo c = { 0 };
	const struct http_event head = head_at(0, BODY_CHUNKED, NULL);
	const struct http_event first = body_at(104, 16), next = body_at(126, 16), far = body_at(142 + 64, 16);
	cargo_begin(&c, &head);
	assert_true(cargo_goes_on(&c, &first));
	assert_true(cargo_goes_on(&c, &next));
	assert_false(cargo_goes_on(&c, &far));
}

static void content_that_is_none(void **state)
{
	(void)state;
	const struct head some = { .has_length = true, .length = 1 }, none = { .has_length = true };
	const struct http_event with = head_at(0, BODY_LENGTH, &some), without = head_at(0, BODY_LENGTH, &none);
	const struct http_event bare = head_at(0, BODY_NONE, &none), chunked = head_at(0, BODY_CHUNKED, &none);
	assert_true(cargo_any(&with));
	assert_true(cargo_any(&chunked));
	assert_false(cargo_any(&without));
	assert_false(cargo_any(&bare));
}

static void parse(struct head *h, const char *text)
{
	size_t scanned = 0, used = 0;
	const struct slice in = { (const uint8_t *)text, strlen(text) };
	assert_int_equal(head_parse_request(in, &scanned, h, &used), PARSED);
}

static void what_the_head_calls_it(void **state)
{
	(void)state;
	static struct head h;
	parse(&h, "POST / HTTP/1.1\r\nContent-Type: Text/Plain ; charset=x\r\nContent-Encoding: Identity\r\n\r\n");
	assert_true(cargo_is(&h, SLICE("text/plain")));
	assert_false(cargo_is(&h, SLICE("text")));
	assert_true(cargo_uncoded(&h));
	parse(&h, "POST / HTTP/1.1\r\nContent-Encoding: gzip\r\n\r\n");
	assert_int_equal(cargo_type(&h).len, 0);
	assert_false(cargo_uncoded(&h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hole_tears_what_follows),
		cmocka_unit_test(the_next_message_is_whole_or_follows),
		cmocka_unit_test(framing_of_chunks_is_no_hole),
		cmocka_unit_test(content_that_is_none),
		cmocka_unit_test(what_the_head_calls_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
