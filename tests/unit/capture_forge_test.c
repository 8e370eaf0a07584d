#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/slice.h"
#include "capture/forge.h"

static const struct passage v4 = { .source = { 10, 0, 0, 1 },
	.target = { 10, 0, 0, 2 },
	.source_port = 40000,
	.target_port = 3128,
	.seq = 0x01020304,
	.ack = 0xfffffff0,
	.span = 100,
	.acks = true };

static uint32_t be(const uint8_t *at, size_t n)
{
	uint32_t x = 0;
	for (size_t i = 0; i < n; i++)
		x = x << 8 | at[i];
	return x;
}

/* What a receiver adds up: with the checksum in it, all ones. */
static bool sums_up(const uint8_t *packet, size_t len, bool ipv6)
{
	const size_t at = ipv6 ? 40 : 20, from = ipv6 ? 8 : 12;
	uint64_t sum = 6 + (len - at);
	for (size_t i = from; i < at; i += 2)
		sum += be(packet + i, 2);
	for (size_t i = at; i < len; i++)
		sum += (i - at) % 2 != 0 ? packet[i] : (uint64_t)packet[i] << 8;
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	uint64_t header = 0;
	for (size_t i = 0; !ipv6 && i < at; i += 2)
		header += be(packet + i, 2);
	while (header >> 16 != 0)
		header = (header & 0xffff) + (header >> 16);
	return sum == 0xffff && (ipv6 || header == 0xffff);
}

static void a_reset_to_the_target_stands_where_the_packet_stood(void **state)
{
	uint8_t p[FORGED_LEN];
	(void)state;
	assert_int_equal(forge_to_target(&v4, REPLY_RST, p), 40);
	assert_memory_equal(p + 12, v4.source, 4);
	assert_memory_equal(p + 16, v4.target, 4);
	assert_int_equal(be(p + 20, 2), 40000);
	assert_int_equal(be(p + 22, 2), 3128);
	assert_int_equal(be(p + 24, 4), v4.seq);
	assert_int_equal(be(p + 28, 4), v4.ack);
	assert_int_equal(p[33], 0x14);
	assert_int_equal(be(p + 2, 2), 40);
	assert_true(sums_up(p, 40, false));
}

static void a_reset_to_the_source_stands_where_it_listens(void **state)
{
	uint8_t p[FORGED_LEN];
	(void)state;
	assert_int_equal(forge_to_source(&v4, REPLY_RST, p), 40);
	assert_memory_equal(p + 12, v4.target, 4);
	assert_memory_equal(p + 16, v4.source, 4);
	assert_int_equal(be(p + 20, 2), 3128);
	assert_int_equal(be(p + 24, 4), v4.ack);
	assert_int_equal(be(p + 28, 4), v4.seq + 100);
	assert_true(sums_up(p, 40, false));
}

static void who_is_asked_where_it_stands_is_told_what_it_knows(void **state)
{
	uint8_t p[FORGED_LEN];
	(void)state;
	assert_int_equal(forge_to_target(&v4, REPLY_ASK, p), 40);
	assert_int_equal(be(p + 24, 4), v4.seq - 1);
	assert_int_equal(be(p + 28, 4), v4.ack);
	assert_int_equal(p[33], 0x10);
	assert_true(sums_up(p, 40, false));
}

/* RFC 9293, 3.10.7.1. */
static void a_syn_is_refused_to_its_sender_alone(void **state)
{
	uint8_t p[FORGED_LEN];
	struct passage syn = v4;
	(void)state;
	syn.acks = false;
	syn.span = 1;
	assert_int_equal(forge_to_target(&syn, REPLY_RST, p), 0);
	assert_int_equal(forge_to_source(&syn, REPLY_RST, p), 40);
	assert_int_equal(be(p + 24, 4), 0);
	assert_int_equal(be(p + 28, 4), syn.seq + 1);
	assert_int_equal(p[33], 0x14);
}

static void a_403_is_a_whole_answer_and_ends_the_stream(void **state)
{
	uint8_t p[FORGED_LEN];
	(void)state;
	const size_t len = forge_to_source(&v4, REPLY_403, p);
	const struct slice text = { p + 40, len - 40 };
	assert_int_equal(p[33], 0x19);
	assert_true(sums_up(p, len, false));
	assert_true(slice_starts(text, SLICE("HTTP/1.1 403 Forbidden\r\n")));
	const size_t end = slice_search(text, SLICE("\r\n\r\n"));
	assert_true(end < text.len);
	assert_int_equal(text.len - end - 4, 39);
	assert_true(slice_search(text, SLICE("\r\nContent-Length: 39\r\n")) < text.len);
}

static void ipv6_has_the_same(void **state)
{
	uint8_t p[FORGED_LEN];
	struct passage l = v4;
	(void)state;
	l.ipv6 = true;
	l.source[15] = 1;
	l.target[15] = 2;
	assert_int_equal(forge_to_target(&l, REPLY_RST, p), 60);
	assert_int_equal(p[0], 0x60);
	assert_int_equal(be(p + 4, 2), 20);
	assert_memory_equal(p + 8, l.source, 16);
	assert_true(sums_up(p, 60, true));
	const size_t len = forge_to_source(&l, REPLY_403, p);
	assert_true(sums_up(p, len, true));
}

static void nothing_is_nothing(void **state)
{
	uint8_t p[FORGED_LEN];
	(void)state;
	assert_int_equal(forge_to_target(&v4, REPLY_NONE, p), 0);
	assert_int_equal(forge_to_source(&v4, REPLY_NONE, p), 0);
	assert_string_equal(fate_name(FATE_DROP), "drop");
	assert_string_equal(reply_name(REPLY_403), "403");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reset_to_the_target_stands_where_the_packet_stood),
		cmocka_unit_test(a_reset_to_the_source_stands_where_it_listens),
		cmocka_unit_test(who_is_asked_where_it_stands_is_told_what_it_knows),
		cmocka_unit_test(a_syn_is_refused_to_its_sender_alone),
		cmocka_unit_test(a_403_is_a_whole_answer_and_ends_the_stream),
		cmocka_unit_test(ipv6_has_the_same),
		cmocka_unit_test(nothing_is_nothing),
	};
	return cmocka_run_group_tests_name("forge", tests, NULL, NULL);
}
