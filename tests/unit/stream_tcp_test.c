/* Closing, resetting, beginning anew, and what forgers try meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "said.h"

static void test_fin(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	talk_say(&k, CLIENT, 0, "abc");
	/* Ahead of missing bytes: the end waits for them. */
	assert_int_equal(talk_flags(&k, CLIENT, 6, TCP_FIN | TCP_ACK), 0);
	assert_false(k.got[CLIENT].ended);
	assert_int_equal(k.s.state, STREAM_OPEN);
	assert_int_equal(talk_say(&k, CLIENT, 3, "def"), 0);
	assert_true(k.got[CLIENT].ended);
	assert_int_equal(k.s.state, STREAM_CLOSING);
	assert_int_equal(talk_flags(&k, CLIENT, 6, TCP_FIN | TCP_ACK), 0);
	assert_int_equal(talk_flags(&k, CLIENT, 7, TCP_FIN | TCP_ACK), 0);
	assert_int_equal(talk_say(&k, CLIENT, 6, "ghi"), ODD_BIT(DATA_AFTER_FIN));
	assert_int_equal(talk_say(&k, CLIENT, 7, "hi"), ODD_BIT(DATA_AFTER_FIN));
	assert_true(talk_got(&k, CLIENT, "abcdef"));
	/* The other side goes on. */
	talk_say(&k, SERVER, 0, "xyz");
	assert_true(talk_got(&k, SERVER, "xyz"));
	k.acks[CLIENT] = 4;
	assert_int_equal(say_at(&k, SERVER, 3, "!", TCP_FIN | TCP_ACK), 0);
	assert_int_equal(k.s.state, STREAM_CLOSED);
	assert_int_equal(stream_total(&k.s, CLIENT), 6);
	talk_end(&k);
}

static void test_fin_forged(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	talk_say(&k, CLIENT, 0, "abcdef");
	assert_int_equal(talk_flags(&k, CLIENT, 3, TCP_FIN | TCP_ACK), ODD_BIT(FIN_INVALID));
	assert_int_equal(talk_flags(&k, CLIENT, 3000000, TCP_FIN | TCP_ACK), ODD_BIT(FIN_INVALID));
	/* In the window, but then the bytes run over it. */
	assert_int_equal(talk_flags(&k, CLIENT, 8, TCP_FIN | TCP_ACK), 0);
	assert_int_equal(talk_say(&k, CLIENT, 6, "ghijkl"), ODD_BIT(FIN_INVALID));
	assert_true(talk_got(&k, CLIENT, "abcdefghijkl"));
	assert_int_equal(k.s.state, STREAM_OPEN);
	assert_int_equal(talk_flags(&k, CLIENT, 12, TCP_FIN | TCP_ACK), 0);
	assert_int_equal(k.s.state, STREAM_CLOSING);
	talk_end(&k);
}

static void test_rst(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int64_t at;
		unsigned flags;
		bool closes;
		uint64_t odd;
	} rows[] = {
		{ "exact", 6, TCP_RST, true, 0 },
		{ "exact, with ACK", 6, TCP_RST | TCP_ACK, true, 0 },
		{ "in the window", 7, TCP_RST, false, ODD_BIT(RST_INJECTION) },
		{ "at the window's end", 65000, TCP_RST, false, ODD_BIT(RST_INJECTION) },
		{ "behind", 5, TCP_RST, false, ODD_BIT(OUT_OF_WINDOW) },
		{ "ahead of the window", 10000000, TCP_RST, false, ODD_BIT(OUT_OF_WINDOW) },
		{ "half the numbers away", INT64_C(0x80000000), TCP_RST, false, ODD_BIT(OUT_OF_WINDOW) },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int data = 0; data < 2; data++) {
			struct talk k;
			begin_open(&k);
			talk_say(&k, CLIENT, 0, "abcdef");
			if (say_at(&k, CLIENT, rows[i].at, data ? "data" : "", rows[i].flags) != rows[i].odd)
				fail_msg("%s", rows[i].name);
			assert_int_equal(k.s.state, rows[i].closes ? STREAM_RESET : STREAM_OPEN);
			assert_true(talk_got(&k, CLIENT, "abcdef"));
			talk_finish(&k);
			assert_true(k.got[CLIENT].ended && k.got[SERVER].ended);
			talk_end(&k);
		}
	}
}

/* A reset that its "sender" does not know of was somebody else's. */
static void test_rst_then_more(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	talk_say(&k, CLIENT, 0, "abc");
	talk_flags(&k, CLIENT, 3, TCP_RST);
	assert_int_equal(k.s.state, STREAM_RESET);
	/* What the other side had under way proves nothing. */
	assert_int_equal(talk_say(&k, SERVER, 0, "xyz"), 0);
	assert_int_equal(k.s.state, STREAM_RESET);
	assert_int_equal(talk_say(&k, CLIENT, 0, "abc"), 0);
	assert_int_equal(k.s.state, STREAM_RESET);
	assert_int_equal(talk_say(&k, CLIENT, 3, "def"), ODD_BIT(RST_INJECTION));
	assert_int_equal(k.s.state, STREAM_OPEN);
	assert_true(talk_got(&k, CLIENT, "abcdef"));
	talk_end(&k);
}

static void test_flags_and_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int64_t at, ack;
		unsigned flags;
		const char *text;
		uint64_t odd;
	} rows[] = {
		{ "no flags", 3, 0, 0, "evil", ODD_BIT(BAD_FLAGS) },
		{ "xmas", 3, 0, TCP_FIN | TCP_PSH | TCP_URG, "evil", ODD_BIT(BAD_FLAGS) },
		{ "FIN alone", 3, 0, TCP_FIN, "", ODD_BIT(BAD_FLAGS) },
		{ "SYN and FIN", 3, 0, TCP_SYN | TCP_FIN, "evil", ODD_BIT(BAD_FLAGS) },
		{ "SYN and RST", 3, 0, TCP_SYN | TCP_RST, "evil", ODD_BIT(BAD_FLAGS) },
		{ "no ACK", 3, 0, TCP_PSH, "evil", ODD_BIT(BAD_FLAGS) },
		{ "SYN", 3, 0, TCP_SYN, "evil", ODD_BIT(SYN_ON_LIVE) },
		{ "SYN and ACK", 3, 0, TCP_SYN | TCP_ACK, "evil", ODD_BIT(SYN_ON_LIVE) },
		{ "acknowledges the future", 3, 3000000, TCP_ACK, "evil", ODD_BIT(OUT_OF_WINDOW) },
		{ "acknowledges the past", 3, -3000000, TCP_ACK, "evil", ODD_BIT(OUT_OF_WINDOW) },
		{ "far ahead", 5000000, 0, TCP_ACK, "evil", ODD_BIT(OUT_OF_WINDOW) },
		{ "half the numbers ahead", 0x7ffffff0, 0, TCP_ACK, "evil", ODD_BIT(OUT_OF_WINDOW) },
		{ "far behind", -5000000, 0, TCP_ACK, "evil", ODD_BIT(OUT_OF_WINDOW) },
		{ "keep-alive", 2, 0, TCP_ACK, "", 0 },
		{ "keep-alive with a byte", 2, 0, TCP_ACK, "?", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct talk k;
		begin_open(&k);
		talk_say(&k, CLIENT, 0, "abc");
		struct segment seg = talk_segment(&k, CLIENT, 0, rows[i].text, strlen(rows[i].text), rows[i].flags);
		seg.seq += (uint32_t)rows[i].at;
		seg.ack += (uint32_t)rows[i].ack;
		if (talk_push(&k, &seg, SIZE_MAX) != rows[i].odd)
			fail_msg("%s", rows[i].name);
		talk_say(&k, CLIENT, 3, "def");
		if (!talk_got(&k, CLIENT, "abcdef"))
			fail_msg("%s: bytes", rows[i].name);
		assert_int_equal(k.s.state, STREAM_OPEN);
		talk_end(&k);
	}
}

/* The capture lost more than a window of the other side: its acknowledgement is believed when repeated. */
static void test_far_acknowledgement_repeated(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	talk_say(&k, SERVER, 0, "abc");
	k.acks[CLIENT] = 4000000;
	assert_int_equal(talk_flags(&k, CLIENT, 0, TCP_ACK), ODD_BIT(OUT_OF_WINDOW));
	assert_int_equal(talk_flags(&k, CLIENT, 0, TCP_ACK), ODD_BIT(OUT_OF_WINDOW));
	assert_int_equal(talk_flags(&k, CLIENT, 0, TCP_ACK), 0);
	talk_say(&k, SERVER, 4000000, "def");
	for (int i = 0; i < 4; i++)
		talk_say(&k, SERVER, 4000003 + (uint64_t)i, "x");
	k.acks[CLIENT] = 4000007;
	for (int i = 0; i < 4; i++)
		talk_flags(&k, CLIENT, 0, TCP_ACK);
	assert_int_equal(k.got[SERVER].at, 4000007);
	assert_int_equal(k.got[SERVER].hole_bytes, 4000000 - 3);
	talk_end(&k);
}

static void test_urgent(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	struct segment seg = talk_segment(&k, CLIENT, 0, "CON!NECT", 8, TCP_ACK | TCP_URG);
	seg.urgent = 4;
	assert_int_equal(talk_push(&k, &seg, SIZE_MAX), ODD_BIT(URGENT));
	assert_true(talk_got(&k, CLIENT, "CON!NECT"));
	talk_end(&k);
}

static void test_window_scale(void **state)
{
	(void)state;
	/* Both options count, one alone does not; 15 is 14. */
	static const struct {
		int8_t client, server;
		uint64_t at;
		bool inside;
	} rows[] = {
		{ 7, 7, 60000 * 128, true },
		{ 7, 7, 60000 * 256, false },
		{ 7, -1, 60000 * 4, false },
		{ -1, 7, 60000 * 4, false },
		{ 15, 0, UINT64_C(60000) << 14, true },
		{ 15, 0, UINT64_C(1) << 30, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct talk k;
		talk_begin(&k, OVERLAP_LINUX, 4);
		k.window[CLIENT] = 60000;
		struct segment syn = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN);
		syn.window_shift = rows[i].client;
		talk_push(&k, &syn, SIZE_MAX);
		syn = talk_segment(&k, SERVER, 0, NULL, 0, TCP_SYN | TCP_ACK);
		syn.window_shift = rows[i].server;
		talk_push(&k, &syn, SIZE_MAX);
		talk_flags(&k, CLIENT, 0, TCP_ACK);
		assert_int_equal(talk_say(&k, SERVER, rows[i].at, "x"), rows[i].inside ? 0 : ODD_BIT(OUT_OF_WINDOW));
		talk_end(&k);
	}
}

static void test_reopens(void **state)
{
	(void)state;
	enum { SECOND = 1000000000 };
	static const struct {
		const char *name;
		const char *history; /* s SYN, a answer, o open, d data, f and F the FINs, r RST */
		int64_t idle_s;
		bool reopens;
	} rows[] = {
		{ "live", "sao", 1, false },
		{ "live, with data", "saod", 100, false },
		{ "idle", "saod", 3600, true },
		{ "one FIN", "saodf", 1, true },
		{ "both FINs", "saodfF", 1, true },
		{ "reset", "saor", 1, true },
		{ "second SYN", "s", 3, false },
		{ "never answered", "s", 100, true },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct talk k;
		talk_begin(&k, OVERLAP_LINUX, 4);
		unsigned at = 0;
		for (const char *h = rows[i].history; *h != '\0'; h++) {
			switch (*h) {
			case 's':
				talk_flags(&k, CLIENT, 0, TCP_SYN);
				break;
			case 'a':
				talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
				break;
			case 'o':
				talk_flags(&k, CLIENT, 0, TCP_ACK);
				break;
			case 'd':
				talk_say(&k, CLIENT, 0, "data");
				at = 4;
				break;
			case 'f':
				talk_flags(&k, CLIENT, at, TCP_FIN | TCP_ACK);
				break;
			case 'F':
				talk_flags(&k, SERVER, 0, TCP_FIN | TCP_ACK);
				break;
			default:
				talk_flags(&k, SERVER, 0, TCP_RST);
				break;
			}
		}
		struct segment syn = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN);
		syn.t += rows[i].idle_s * SECOND;
		assert_false(stream_reopens(&k.s, &syn, k.t));
		syn.seq += 100000;
		if (stream_reopens(&k.s, &syn, k.t) != rows[i].reopens)
			fail_msg("%s", rows[i].name);
		syn.flags = TCP_ACK;
		assert_false(stream_reopens(&k.s, &syn, k.t));
		talk_end(&k);
	}
}

/* A SYN amid a conversation is nothing; its answer shows that the end was not captured. */
static void test_reopened_by_answer(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	talk_say(&k, CLIENT, 0, "data");
	struct segment answer = talk_segment(&k, SERVER, 0, NULL, 0, TCP_SYN | TCP_ACK);
	answer.seq += 424242;
	answer.ack = k.isn[CLIENT] + 777777;
	assert_false(stream_reopens(&k.s, &answer, k.t));
	struct segment syn = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN);
	syn.seq += 777777;
	assert_false(stream_reopens(&k.s, &syn, k.t));
	assert_int_equal(talk_push(&k, &syn, SIZE_MAX), ODD_BIT(SYN_ON_LIVE));
	assert_true(stream_reopens(&k.s, &answer, k.t));
	answer.ack++;
	assert_false(stream_reopens(&k.s, &answer, k.t));
	talk_end(&k);
}

static void test_matters(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	struct segment seg = talk_segment(&k, SERVER, 0, "abc", 3, TCP_ACK);
	assert_true(stream_matters(&k.s, &seg));
	talk_push(&k, &seg, SIZE_MAX);
	assert_true(stream_matters(&k.s, &seg)); /* a second version would be noticed */
	talk_skip(&k, SERVER, 100);
	seg = talk_segment(&k, SERVER, 3, "defghi", 6, TCP_ACK);
	assert_false(stream_matters(&k.s, &seg));
	seg = talk_segment(&k, SERVER, 99, "defghi", 6, TCP_ACK);
	assert_true(stream_matters(&k.s, &seg));
	seg = talk_segment(&k, SERVER, 3, "def", 3, TCP_ACK | TCP_FIN);
	assert_true(stream_matters(&k.s, &seg));
	seg = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_ACK);
	assert_false(stream_matters(&k.s, &seg));
	seg = talk_segment(&k, CLIENT, 0, "x", 1, TCP_ACK);
	assert_true(stream_matters(&k.s, &seg));
	stream_count_only(&k.kit, &k.s);
	assert_false(stream_matters(&k.s, &seg));
	seg = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_RST);
	assert_true(stream_matters(&k.s, &seg));
	talk_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fin),
		cmocka_unit_test(test_fin_forged),
		cmocka_unit_test(test_rst),
		cmocka_unit_test(test_rst_then_more),
		cmocka_unit_test(test_flags_and_numbers),
		cmocka_unit_test(test_far_acknowledgement_repeated),
		cmocka_unit_test(test_urgent),
		cmocka_unit_test(test_window_scale),
		cmocka_unit_test(test_reopens),
		cmocka_unit_test(test_reopened_by_answer),
		cmocka_unit_test(test_matters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
