/* Bytes behind holes, skipped, cut off, given up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "said.h"

static void test_hole_waits_then_fills(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	talk_say(&k, CLIENT, 9, "there");
	talk_say(&k, CLIENT, 6, "you");
	assert_int_equal(k.got[CLIENT].at, 0);
	const struct segment seg = talk_segment(&k, CLIENT, 0, "Hello ", 6, TCP_ACK);
	talk_push_only(&k, &seg);
	struct chunk c;
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_true(slice_eq(c.bytes, SLICE("Hello youthere")));
	talk_read(&k, SIZE_MAX);
	talk_settle(&k);
	assert_true(talk_got(&k, CLIENT, "Hello youthere"));
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

static void test_hole_given_up_when_acknowledged(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	talk_say(&k, CLIENT, 0, "abc");
	talk_say(&k, CLIENT, 10, "later");
	k.acks[SERVER] = 15;
	for (int i = 0; i < 3; i++)
		assert_int_equal(talk_flags(&k, SERVER, 0, TCP_ACK), 0);
	assert_int_equal(k.got[CLIENT].at, 3);
	assert_int_equal(talk_flags(&k, CLIENT, 15, TCP_ACK), ODD_BIT(HOLE));
	assert_int_equal(k.odd_from, CLIENT);
	assert_int_equal(k.odd_at, 3);
	assert_int_equal(k.got[CLIENT].hole_bytes, 7);
	assert_int_equal(k.got[CLIENT].at, 15);
	/* The bytes come after all: too late. */
	assert_int_equal(talk_say(&k, CLIENT, 3, "defghij"), 0);
	assert_int_equal(k.got[CLIENT].at, 15);
	talk_end(&k);
}

/* What a reader still wants stays, marked `cut`, until the reader takes it or too much waits. */
static void test_hole_behind_unread(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	struct segment seg = talk_segment(&k, CLIENT, 0, "GET /", 5, TCP_ACK);
	talk_push(&k, &seg, 0);
	seg = talk_segment(&k, CLIENT, 8, "more", 4, TCP_ACK);
	k.acks[SERVER] = 12;
	talk_push(&k, &seg, 0);
	struct chunk c;
	for (int i = 0; i < 8; i++) {
		seg = talk_segment(&k, SERVER, 0, NULL, 0, TCP_ACK);
		talk_push(&k, &seg, 0);
		assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
		assert_int_equal(c.bytes.len, 5);
		assert_int_equal(c.cut, i >= 3);
	}
	assert_int_equal(k.odd, ODD_BIT(HOLE));
	stream_eat(&k.kit, &k.s, CLIENT, 5);
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_int_equal(c.hole, 3);
	assert_int_equal(c.offset, 8);
	assert_false(c.cut);
	assert_true(slice_eq(c.bytes, SLICE("more")));
	stream_eat(&k.kit, &k.s, CLIENT, 0);
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_int_equal(c.hole, 0);
	talk_end(&k);
}

static void test_too_many_holes(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	uint64_t odd = 0;
	unsigned i = 0;
	for (; odd == 0; i++)
		odd = say_bytes(&k, CLIENT, 1 + 2 * i, 1, SIZE_MAX);
	assert_int_equal(i, MAX_HOLES + 1);
	assert_int_equal(odd, ODD_BIT(HOLE) | ODD_BIT(STREAM_CAP));
	assert_int_equal(k.got[CLIENT].at, 2);
	assert_int_equal(k.got[CLIENT].hole_bytes, 1);
	talk_finish(&k);
	assert_int_equal(k.got[CLIENT].hole_bytes, i);
	assert_true(k.got[CLIENT].ended && k.got[SERVER].ended);
	talk_end(&k);
}

static void test_too_much_behind_a_hole(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	k.window[CLIENT] = k.window[SERVER] = 65535;
	struct segment syn = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN);
	syn.window_shift = 7;
	talk_push(&k, &syn, 0);
	syn = talk_segment(&k, SERVER, 0, NULL, 0, TCP_SYN | TCP_ACK);
	syn.window_shift = 7;
	talk_push(&k, &syn, 0);
	talk_flags(&k, CLIENT, 0, TCP_ACK);
	uint64_t at = 100, odd = 0;
	for (; odd == 0; at += 1460)
		odd = say_bytes(&k, SERVER, at, 1460, 1000);
	assert_int_equal(odd, ODD_BIT(HOLE) | ODD_BIT(STREAM_CAP));
	assert_in_range(at, MAX_HOLE_BYTES - 2 * 1460, MAX_HOLE_BYTES + 2 * 1460);
	assert_read(&k, SERVER, 100, at);
	assert_int_equal(k.got[SERVER].hole_bytes, 100);
	talk_end(&k);
}

/* Backwards, a byte at a time, and every second byte: few holes, so nothing is lost. */
static void test_byte_by_byte_backwards(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	for (uint64_t at = 5000; at-- > 0;)
		assert_int_equal(say_bytes(&k, CLIENT, at, 1, SIZE_MAX), 0);
	assert_read(&k, CLIENT, 0, 5000);
	for (uint64_t at = 0; at < 60; at += 2)
		assert_int_equal(say_bytes(&k, SERVER, at, 1, SIZE_MAX), 0);
	for (uint64_t at = 1; at < 60; at += 2)
		assert_int_equal(say_bytes(&k, SERVER, at, 1, SIZE_MAX), 0);
	assert_read(&k, SERVER, 0, 60);
	talk_end(&k);
}

static void test_cut_by_the_capture(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	struct segment seg = talk_segment(&k, SERVER, 0, "HTTP/1.1 200 OK", 15, TCP_ACK);
	seg.cut = 1445;
	talk_push_only(&k, &seg);
	struct chunk c;
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_int_equal(c.bytes.len, 15);
	assert_true(c.cut);
	talk_read(&k, SIZE_MAX);
	talk_settle(&k);
	assert_int_equal(k.got[SERVER].at, 1460);
	assert_int_equal(k.got[SERVER].hole_bytes, 1445);
	assert_int_equal(k.odd, ODD_BIT(HOLE));
	/* Only headers were kept; the FIN is at the end of what was sent. */
	seg = talk_segment(&k, SERVER, 1460, NULL, 0, TCP_ACK | TCP_FIN);
	seg.cut = 100;
	talk_push(&k, &seg, SIZE_MAX);
	assert_int_equal(k.got[SERVER].at, 1560);
	assert_true(k.got[SERVER].ended);
	assert_int_equal(stream_total(&k.s, SERVER), 1560);
	/* Out of order: the cut tail is told in its turn. */
	seg = talk_segment(&k, CLIENT, 10, "cd", 2, TCP_ACK);
	seg.cut = 8;
	talk_push(&k, &seg, SIZE_MAX);
	talk_say(&k, CLIENT, 20, "ef");
	assert_int_equal(k.got[CLIENT].at, 0);
	talk_say(&k, CLIENT, 0, "0123456789");
	assert_int_equal(k.got[CLIENT].at, 22);
	assert_int_equal(k.got[CLIENT].hole_bytes, 8);
	talk_end(&k);
}

static void test_skip(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	struct chunk c;
	say_bytes(&k, SERVER, 0, 100, 40);
	talk_skip(&k, SERVER, 10000 - 100);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	say_bytes(&k, SERVER, 100, 1000, SIZE_MAX);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	/* A hole in the range is none, and nothing of the range is kept. */
	assert_int_equal(say_bytes(&k, SERVER, 5000, 1000, SIZE_MAX), 0);
	assert_int_equal(k.kit.waiting.used, 0);
	assert_false(stream_matters(&k.s, &(struct segment){ .way = HI_TO_LO,
					      .flags = TCP_ACK,
					      .seq = k.isn[SERVER] + 6000,
					      .payload = { (const uint8_t *)"x", 1 } }));
	assert_int_equal(say_bytes(&k, SERVER, 9990, 20, 0), 0);
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_int_equal(c.offset, 10000);
	assert_int_equal(c.bytes.len, 10);
	assert_int_equal(c.hole, 0);
	talk_read(&k, SIZE_MAX);
	assert_read(&k, SERVER, 10000, 10010);
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

static void test_skip_is_told_once(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	struct chunk c;
	say_bytes(&k, SERVER, 0, 100, 0);
	talk_skip(&k, SERVER, 100);
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_int_equal(c.offset, 100);
	assert_int_equal(c.bytes.len, 0);
	stream_eat(&k.kit, &k.s, SERVER, 0);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	stream_skip(&k.kit, &k.s, SERVER, 50);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	say_bytes(&k, SERVER, 100, 30, 0);
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &c));
	uint8_t *b = bytes_from(130, 20);
	const struct segment seg = talk_segment(&k, SERVER, 130, b, 20, TCP_ACK);
	talk_push_only(&k, &seg);
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &c));
	assert_int_equal(c.offset, 150);
	free(b);
	talk_end(&k);
}

static void test_skip_over_what_waits(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	say_bytes(&k, SERVER, 0, 10, SIZE_MAX);
	say_bytes(&k, SERVER, 100, 100, SIZE_MAX);
	say_bytes(&k, SERVER, 300, 100, SIZE_MAX);
	talk_skip(&k, SERVER, 140);
	talk_read(&k, SIZE_MAX);
	assert_read(&k, SERVER, 150, 200);
	assert_int_equal(k.got[SERVER].hole_bytes, 0);
	say_bytes(&k, SERVER, 200, 100, SIZE_MAX);
	assert_read(&k, SERVER, 150, 400);
	/* All that follows; the end is still told. */
	talk_skip(&k, SERVER, UINT64_MAX);
	say_bytes(&k, SERVER, 400, 100, SIZE_MAX);
	say_bytes(&k, SERVER, 700, 100, SIZE_MAX);
	assert_false(k.got[SERVER].ended);
	talk_flags(&k, SERVER, 800, TCP_ACK | TCP_FIN);
	assert_true(k.got[SERVER].ended);
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

/* A hole that begins in a skipped range and ends behind it is a hole from the range's end. */
static void test_hole_over_the_end_of_a_skip(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	talk_skip(&k, SERVER, 1000);
	say_bytes(&k, SERVER, 1200, 100, SIZE_MAX);
	assert_int_equal(k.got[SERVER].at, 1000);
	talk_finish(&k);
	assert_int_equal(k.got[SERVER].hole_bytes, 200);
	assert_read(&k, SERVER, 1200, 1300);
	talk_end(&k);
}

static void test_finish_gives_up_all(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	say_bytes(&k, CLIENT, 0, 10, SIZE_MAX);
	say_bytes(&k, CLIENT, 20, 10, SIZE_MAX);
	say_bytes(&k, CLIENT, 40, 10, SIZE_MAX);
	k.acks[SERVER] = 70;
	talk_flags(&k, SERVER, 0, TCP_ACK);
	talk_finish(&k);
	assert_read(&k, CLIENT, 0, 10);
	assert_read(&k, CLIENT, 20, 30);
	assert_read(&k, CLIENT, 40, 50);
	assert_int_equal(k.got[CLIENT].holes, 3);
	assert_int_equal(k.got[CLIENT].hole_bytes, 40);
	assert_int_equal(k.got[CLIENT].at, 70);
	assert_true(k.got[CLIENT].ended && k.got[SERVER].ended);
	assert_int_equal(k.odd, ODD_BIT(HOLE));
	talk_end(&k);
}

/* Bytes left unread are the last ones: nothing can join them. */
static void test_finish_with_unread(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	say_bytes(&k, CLIENT, 0, 10, 0);
	say_bytes(&k, CLIENT, 20, 10, 0);
	assert_int_equal(stream_finish(&k.kit, &k.s), ODD_BIT(HOLE));
	struct chunk c;
	assert_true(stream_peek(&k.kit, &k.s, CLIENT, &c));
	assert_true(c.end && c.bytes.len == 10 && c.offset == 0 && !c.cut);
	talk_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hole_waits_then_fills),
		cmocka_unit_test(test_hole_given_up_when_acknowledged),
		cmocka_unit_test(test_hole_behind_unread),
		cmocka_unit_test(test_too_many_holes),
		cmocka_unit_test(test_too_much_behind_a_hole),
		cmocka_unit_test(test_byte_by_byte_backwards),
		cmocka_unit_test(test_cut_by_the_capture),
		cmocka_unit_test(test_skip),
		cmocka_unit_test(test_skip_is_told_once),
		cmocka_unit_test(test_skip_over_what_waits),
		cmocka_unit_test(test_hole_over_the_end_of_a_skip),
		cmocka_unit_test(test_finish_gives_up_all),
		cmocka_unit_test(test_finish_with_unread),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
