/* Bytes in order, left over and counted; memory that runs out; any order at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "said.h"

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void test_in_order_is_not_copied(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	static const char text[] = "GET / HTTP/1.1\r\n\r\n";
	const struct segment seg = talk_segment(&k, CLIENT, 0, text, sizeof text - 1, TCP_ACK);
	assert_int_equal(talk_push_only(&k, &seg), 0);
	struct chunk c;
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_ptr_equal(c.bytes.at, text);
	assert_int_equal(c.bytes.len, sizeof text - 1);
	assert_int_equal(c.offset, 0);
	stream_eat(&k.kit, &k.s, CLIENT, 4);
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_ptr_equal(c.bytes.at, text + 4);
	assert_int_equal(c.offset, 4);
	assert_int_equal(k.kit.small.used, 0);
	assert_true(stream_settle(&k.kit, &k.s));
	assert_int_equal(k.kit.small.used, 1);
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_ptr_not_equal(c.bytes.at, text + 4);
	assert_true(slice_eq(c.bytes, SLICE("/ HTTP/1.1\r\n\r\n")));
	stream_eat(&k.kit, &k.s, CLIENT, c.bytes.len);
	assert_false(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_int_equal(k.kit.small.used, 0);
	talk_end(&k);
}

static void test_left_over_grows(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	uint64_t at = 0;
	struct chunk c;
	while (at + 1000 <= MAX_FLOW_BUFFER) {
		assert_int_equal(say_bytes(&k, CLIENT, at, 1000, 0), 0);
		at += 1000;
		assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
		assert_int_equal(c.bytes.len, at);
		assert_int_equal(c.offset, 0);
	}
	assert_int_equal(k.kit.small.used + k.kit.medium.used, 0);
	assert_int_equal(k.kit.large.used, 1);
	for (size_t i = 0; i < c.bytes.len; i++)
		assert_int_equal(c.bytes.at[i], byte_at(i));
	/* One packet more than there is room for: all that is unread is lost, and that is told. */
	uint8_t *b = bytes_from(at, 1000);
	const struct segment seg = talk_segment(&k, CLIENT, at, b, 1000, TCP_ACK);
	assert_int_equal(talk_push_only(&k, &seg), 0);
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_int_equal(c.bytes.len, MAX_FLOW_BUFFER);
	assert_false(talk_settle(&k));
	free(b);
	at += 1000;
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_int_equal(c.bytes.len, 0);
	assert_int_equal(c.hole, at);
	assert_int_equal(c.offset, at);
	assert_int_equal(k.kit.large.used, 0);
	say_bytes(&k, CLIENT, at, 10, SIZE_MAX);
	assert_read(&k, CLIENT, at, at + 10);
	talk_end(&k);
}

/* A side takes room for what is missing, unread or ending when there is any, and gives it back afterwards. */
static void test_at_rest(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	assert_int_equal(talk_say(&k, CLIENT, 0, "GET"), 0);
	assert_int_equal(k.kit.unrests.peak, 0);
	/* Unread. */
	assert_int_equal(say_bytes(&k, SERVER, 0, 10, 0), 0);
	assert_int_equal(k.kit.unrests.used, 1);
	assert_int_equal(say_bytes(&k, SERVER, 10, 10, SIZE_MAX), 0);
	assert_int_equal(k.kit.unrests.used, 0);
	/* Behind a hole, which is filled. */
	assert_int_equal(talk_say(&k, CLIENT, 6, "DEF"), 0);
	assert_int_equal(k.kit.unrests.used, 1);
	assert_int_equal(side_seen(&k.s.side[CLIENT]), 9);
	assert_int_equal(talk_say(&k, CLIENT, 3, "ABC"), 0);
	assert_int_equal(k.kit.unrests.used, 0);
	assert_true(talk_got(&k, CLIENT, "GETABCDEF"));
	/* It ends. */
	talk_flags(&k, CLIENT, 9, TCP_ACK | TCP_FIN);
	assert_int_equal(k.s.state, STREAM_CLOSING);
	assert_int_equal(k.kit.unrests.used, 1);
	talk_end(&k);
}

/* There is room for both sides of every conversation, and one more conversation in its making. */
static void test_room_for_every_side(void **state)
{
	(void)state;
	struct stream_kit k;
	struct err e;
	assert_true(stream_kit_init(&k, 100, OVERLAP_LINUX, &e));
	assert_true(k.unrests.count >= 2 * 101);
	stream_kit_fini(&k);
}

/* A packet larger than the room behind what is left is still shown whole, to a reader that eats. */
static void test_large_packet_behind_left_over(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	for (size_t bite = 1; bite < 3000; bite += 997) {
		const uint64_t at = k.s.side[SERVER].next;
		assert_int_equal(say_bytes(&k, SERVER, at, 3000, 0), 0);
		assert_int_equal(say_bytes(&k, SERVER, at + 3000, 65000, bite), 0);
		assert_read(&k, SERVER, at, at + 68000);
		k.acks[CLIENT] = k.s.side[SERVER].next;
	}
	talk_end(&k);
}

static void test_end_is_told(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	const struct segment seg = talk_segment(&k, SERVER, 0, "bye", 3, TCP_ACK | TCP_FIN);
	talk_push_only(&k, &seg);
	struct chunk c;
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_true(c.end && c.bytes.len == 3);
	stream_eat(&k.kit, &k.s, SERVER, 1);
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_true(c.end && c.bytes.len == 2);
	stream_eat(&k.kit, &k.s, SERVER, 2);
	for (int i = 0; i < 2; i++) {
		assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
		assert_true(c.end && c.bytes.len == 0 && c.offset == 3);
	}
	stream_eat(&k.kit, &k.s, SERVER, 0);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	talk_finish(&k);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	talk_end(&k);
}

static void test_count_only(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	say_bytes(&k, SERVER, 0, 100, 0);
	say_bytes(&k, SERVER, 200, 100, 0);
	stream_count_only(&k.kit, &k.s);
	assert_int_equal(k.kit.small.used + k.kit.waiting.used, 0);
	struct chunk c;
	const uint64_t gib = UINT64_C(1) << 30;
	uint64_t at = 300;
	for (int i = 0; i < 100; i++, at += 60000) {
		k.acks[CLIENT] = at;
		assert_int_equal(say_bytes(&k, SERVER, at, 60000, 0), 0);
		assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	}
	assert_int_equal(stream_total(&k.s, SERVER), at);
	say_bytes(&k, SERVER, at - 60000, 60000, 0);
	say_bytes(&k, SERVER, at + gib, 100, 0);
	assert_int_equal(stream_total(&k.s, SERVER), at);
	talk_flags(&k, SERVER, at, TCP_ACK | TCP_FIN);
	assert_int_equal(k.s.state, STREAM_CLOSING);
	talk_flags(&k, CLIENT, 0, TCP_ACK | TCP_FIN);
	assert_int_equal(k.s.state, STREAM_CLOSED);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	talk_end(&k);
}

static void test_count_past_4_gib(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	talk_skip(&k, SERVER, UINT64_MAX);
	uint8_t *b = calloc(1, 60000);
	uint64_t at = 0;
	for (; at < UINT64_C(5) << 30; at += 60000) {
		k.acks[CLIENT] = at;
		const struct segment seg = talk_segment(&k, SERVER, at, b, 60000, TCP_ACK);
		assert_int_equal(talk_push_only(&k, &seg), 0);
	}
	free(b);
	assert_int_equal(stream_total(&k.s, SERVER), at);
	assert_int_equal(side_read(&k.s.side[SERVER]), at);
	talk_end(&k);
}

/* Takes all blocks of a pool but `leave`; given back by release. */
static void **exhaust(struct pool *p, size_t leave)
{
	void **held = calloc(p->count + 1, sizeof *held);
	assert_non_null(held);
	for (size_t i = 0; p->used + leave < p->count; i++)
		held[i] = pool_take(p);
	return held;
}

static void release(struct pool *p, void **held)
{
	for (size_t i = 0; held[i] != NULL; i++)
		pool_give(p, held[i]);
	free(held);
}

/* No memory: holes, never a lie, and nothing stays behind. */
static void test_pools_run_out(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	void **waiting = exhaust(&k.kit.waiting, 3);
	say_bytes(&k, CLIENT, 10, 10, SIZE_MAX);
	say_bytes(&k, CLIENT, 30, 10, SIZE_MAX);
	say_bytes(&k, CLIENT, 50, 10, SIZE_MAX);
	assert_int_equal(say_bytes(&k, CLIENT, 70, 10, SIZE_MAX), ODD_BIT(STREAM_CAP) | ODD_BIT(HOLE));
	assert_read(&k, CLIENT, 10, 20);
	/* That gave one block up; with it gone, a hole is given up at once. */
	void *last = pool_take(&k.kit.waiting);
	assert_int_equal(say_bytes(&k, SERVER, 10, 10, SIZE_MAX), ODD_BIT(STREAM_CAP) | ODD_BIT(HOLE));
	assert_read(&k, SERVER, 10, 20);
	assert_int_equal(k.got[SERVER].hole_bytes, 10);
	/* Nowhere to keep what is left unread. */
	void **small = exhaust(&k.kit.small, 0), **medium = exhaust(&k.kit.medium, 0),
	     **large = exhaust(&k.kit.large, 0);
	uint8_t *b = bytes_from(20, 30);
	const struct segment seg = talk_segment(&k, SERVER, 20, b, 30, TCP_ACK);
	talk_push_only(&k, &seg);
	assert_false(talk_settle(&k));
	free(b);
	struct chunk c;
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_int_equal(c.hole, 30);
	/* Nowhere to put what waited, when its hole is filled. */
	say_bytes(&k, CLIENT, 20, 10, SIZE_MAX);
	assert_read(&k, CLIENT, 10, 30);
	talk_finish(&k);
	/* Nor at the end: it is lost, and the end is told. */
	assert_true(k.got[CLIENT].ended);
	assert_int_equal(k.got[CLIENT].at, 80);
	assert_null(memchr(k.got[CLIENT].seen + 30, 1, 50));
	pool_give(&k.kit.waiting, last);
	release(&k.kit.waiting, waiting);
	release(&k.kit.small, small);
	release(&k.kit.medium, medium);
	release(&k.kit.large, large);
	talk_end(&k);
}

/* Any order, any cuts, repeats, either side, across the wrap of sequence numbers: the same bytes. */
static void shuffled_stream(uint32_t seed)
{
	struct talk k;
	talk_begin(&k, (enum overlap_policy)(seed % 3), 4);
	k.isn[CLIENT] = UINT32_MAX - next_random(&seed) % 2000;
	k.isn[SERVER] = next_random(&seed) % 2 ? 0x7fffff00 : UINT32_MAX;
	talk_open(&k);
	uint64_t base[2] = { 0, 0 };
	const size_t most = next_random(&seed) % 3 == 0 ? 1 + next_random(&seed) % 700 : SIZE_MAX;
	for (int round = 0; round < 6; round++) {
		const enum side from = (enum side)(next_random(&seed) % 2);
		const size_t total = 1 + next_random(&seed) % 4000;
		struct {
			uint64_t at;
			size_t len;
		} cut[24];
		unsigned n = 0;
		for (uint64_t at = 0; at < total && n < 20; n++) {
			size_t len = 1 + next_random(&seed) % (total / 8 + 1);
			len = n == 19 || at + len > total ? total - at : len;
			cut[n].at = base[from] + at;
			cut[n].len = len;
			at += len;
		}
		for (unsigned extra = 0; extra < 4; extra++, n++) {
			cut[n].at = base[from] + next_random(&seed) % total;
			cut[n].len = 1 + next_random(&seed) % (base[from] + total - cut[n].at);
		}
		for (unsigned i = n; i-- > 0;) {
			const unsigned j = next_random(&seed) % (i + 1);
			const uint64_t at = cut[j].at;
			const size_t len = cut[j].len;
			assert_int_equal(say_bytes(&k, from, at, len, most), 0);
			cut[j] = cut[i];
		}
		assert_int_equal(k.got[from].at, base[from] + total);
		assert_read(&k, from, base[from], base[from] + total);
		base[from] += total;
		k.acks[OTHER(from)] = base[from];
	}
	for (enum side side = CLIENT; side <= SERVER; side++)
		talk_flags(&k, side, base[side], TCP_FIN | TCP_ACK);
	assert_true(k.got[CLIENT].ended && k.got[SERVER].ended);
	assert_int_equal(k.s.state, STREAM_CLOSED);
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

static void test_shuffled_streams(void **state)
{
	(void)state;
	for (uint32_t seed = 0; seed < 1000; seed++)
		shuffled_stream(seed * 104729 + 1);
}

static void test_sizes(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct stream), 1, 352);
	assert_string_equal(stream_state_name(STREAM_NEW), "new");
	assert_string_equal(stream_state_name(STREAM_RESET), "reset");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order_is_not_copied),
		cmocka_unit_test(test_left_over_grows),
		cmocka_unit_test(test_large_packet_behind_left_over),
		cmocka_unit_test(test_end_is_told),
		cmocka_unit_test(test_count_only),
		cmocka_unit_test(test_count_past_4_gib),
		cmocka_unit_test(test_pools_run_out),
		cmocka_unit_test(test_shuffled_streams),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_at_rest),
		cmocka_unit_test(test_room_for_every_side),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
