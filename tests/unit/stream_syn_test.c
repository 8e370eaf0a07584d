/* Opening, being refused, joining midway, and what forgers try meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "said.h"

static void test_handshake(void **state)
{
	(void)state;
	struct talk k;
	begin_open(&k);
	assert_int_equal(k.s.client_way, LO_TO_HI);
	assert_true(k.s.sides_known);
	assert_false(k.s.midstream);
	assert_true(stream_spoke(&k.s, CLIENT) && stream_spoke(&k.s, SERVER));
	talk_say(&k, CLIENT, 0, "ping");
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, CLIENT, "ping") && talk_got(&k, SERVER, "pong"));
	assert_int_equal(stream_total(&k.s, CLIENT), 4);
	/* The opening segments again, as after a loss. */
	assert_int_equal(talk_flags(&k, CLIENT, 0, TCP_SYN), 0);
	assert_int_equal(talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK), 0);
	assert_int_equal(k.s.state, STREAM_OPEN);
	talk_end(&k);
}

static void test_answer_seen_first(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	assert_int_equal(talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK), 0);
	assert_int_equal(k.s.client_way, LO_TO_HI);
	assert_true(k.s.sides_known);
	assert_int_equal(talk_flags(&k, CLIENT, 0, TCP_SYN), 0);
	talk_say(&k, CLIENT, 0, "ping");
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, CLIENT, "ping") && talk_got(&k, SERVER, "pong"));
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

static void test_answer_not_seen(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	talk_say(&k, CLIENT, 0, "ping");
	assert_int_equal(k.s.state, STREAM_OPEN);
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, CLIENT, "ping") && talk_got(&k, SERVER, "pong"));
	talk_end(&k);
}

static void test_two_syns(void **state)
{
	(void)state;
	for (int acked = 0; acked < 3; acked++) {
		struct talk k;
		talk_begin(&k, OVERLAP_LINUX, 4);
		for (int i = 0; i < 3; i++) {
			struct segment syn = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN);
			syn.seq += (uint32_t)i * 1000000;
			if (i > 0)
				assert_false(stream_reopens(&k.s, &syn, k.t));
			assert_int_equal(talk_push(&k, &syn, SIZE_MAX), 0);
		}
		k.isn[CLIENT] += (uint32_t)acked * 1000000;
		talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
		talk_say(&k, CLIENT, 0, "ping");
		assert_true(talk_got(&k, CLIENT, "ping"));
		assert_int_equal(k.odd, 0);
		talk_end(&k);
	}
}

/* A forged answer before the true one: the client says which it took. */
static void test_two_answers(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	struct segment forged = talk_segment(&k, SERVER, 0, NULL, 0, TCP_SYN | TCP_ACK);
	forged.seq += 77777777;
	talk_push(&k, &forged, SIZE_MAX);
	talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
	talk_flags(&k, CLIENT, 0, TCP_ACK);
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, SERVER, "pong"));
	talk_end(&k);
}

static void test_answer_to_nothing(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	/* Acknowledges what was never sent. */
	struct segment wrong = talk_segment(&k, SERVER, 0, NULL, 0, TCP_SYN | TCP_ACK);
	wrong.ack += 5000;
	wrong.seq += 99;
	assert_int_equal(talk_push(&k, &wrong, SIZE_MAX), ODD_BIT(OUT_OF_WINDOW));
	/* The client "answers" itself. */
	struct segment own = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN | TCP_ACK);
	own.ack = 123456789;
	assert_int_equal(talk_push(&k, &own, SIZE_MAX), ODD_BIT(SYN_ON_LIVE));
	assert_int_equal(k.s.state, STREAM_SYN);
	talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, SERVER, "pong"));
	talk_end(&k);
}

static void test_simultaneous_open(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	talk_flags(&k, SERVER, 0, TCP_SYN);
	talk_flags(&k, CLIENT, 0, TCP_SYN | TCP_ACK);
	talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
	assert_int_equal(k.s.state, STREAM_OPEN);
	assert_false(k.s.sides_known);
	talk_say(&k, CLIENT, 0, "ping");
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, CLIENT, "ping") && talk_got(&k, SERVER, "pong"));
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

/* RFC 7413: data on the SYN counts when the answer acknowledges it. */
static void test_syn_data(void **state)
{
	(void)state;
	for (int taken = 0; taken < 2; taken++) {
		struct talk k;
		talk_begin(&k, OVERLAP_LINUX, 4);
		struct segment syn = talk_segment(&k, CLIENT, 0, "GET /fast", 9, TCP_SYN);
		talk_push(&k, &syn, SIZE_MAX);
		assert_int_equal(k.got[CLIENT].at, 0);
		k.acks[SERVER] = taken ? 9 : 0;
		talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
		assert_int_equal(k.got[CLIENT].at, taken ? 9 : 0);
		if (!taken)
			talk_say(&k, CLIENT, 0, "GET /slow");
		assert_true(talk_got(&k, CLIENT, taken ? "GET /fast" : "GET /slow"));
		talk_end(&k);
	}
}

static void test_syn_data_answer_lost(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	struct segment syn = talk_segment(&k, CLIENT, 0, "GET ", 4, TCP_SYN);
	talk_push(&k, &syn, SIZE_MAX);
	talk_say(&k, CLIENT, 4, "/fast");
	assert_true(talk_got(&k, CLIENT, "GET /fast"));
	talk_end(&k);
	talk_begin(&k, OVERLAP_LINUX, 4);
	syn = talk_segment(&k, CLIENT, 0, "GET ", 4, TCP_SYN);
	talk_push(&k, &syn, SIZE_MAX);
	talk_finish(&k);
	assert_true(talk_got(&k, CLIENT, "GET "));
	talk_end(&k);
}

static void test_refused(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	struct segment rst = talk_segment(&k, SERVER, 0, NULL, 0, TCP_RST | TCP_ACK);
	rst.seq = 0;
	rst.ack += 12345;
	assert_int_equal(talk_push(&k, &rst, SIZE_MAX), ODD_BIT(OUT_OF_WINDOW));
	assert_int_equal(k.s.state, STREAM_SYN);
	rst.ack -= 12345;
	assert_int_equal(talk_push(&k, &rst, SIZE_MAX), 0);
	assert_int_equal(k.s.state, STREAM_RESET);
	talk_end(&k);
}

/* A forged refusal and a forged end before the true answer. */
static void test_refusal_forged(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	struct segment forged = talk_segment(&k, SERVER, 0, NULL, 0, TCP_RST | TCP_ACK);
	forged.seq = 0;
	talk_push(&k, &forged, SIZE_MAX);
	assert_int_equal(k.s.state, STREAM_RESET);
	forged.flags = TCP_FIN | TCP_ACK;
	assert_int_equal(talk_push(&k, &forged, SIZE_MAX), ODD_BIT(OUT_OF_WINDOW));
	assert_int_equal(talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK), ODD_BIT(RST_INJECTION));
	assert_int_equal(k.s.state, STREAM_OPEN);
	talk_say(&k, CLIENT, 0, "ping");
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, CLIENT, "ping") && talk_got(&k, SERVER, "pong"));
	talk_end(&k);
}

/* What came on a refused SYN is held no longer than until its sender goes on. */
static void test_refused_syn_data(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	struct segment seg = talk_segment(&k, CLIENT, 0, "GET ", 4, TCP_SYN);
	talk_push(&k, &seg, SIZE_MAX);
	seg = talk_segment(&k, SERVER, 0, NULL, 0, TCP_RST | TCP_ACK);
	talk_push(&k, &seg, SIZE_MAX);
	assert_int_equal(k.s.state, STREAM_RESET);
	for (uint64_t at = 5; at < 200; at += 2)
		talk_say(&k, CLIENT, at, "x");
	assert_true(k.odd & ODD_BIT(STREAM_CAP));
	assert_memory_equal(k.got[CLIENT].bytes, "GET ", 4);
	talk_end(&k);
}

/* Data in place of the answer is not believed. */
static void test_data_before_answer(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_SYN);
	assert_int_equal(say_at(&k, SERVER, 888888, "evil", TCP_ACK), ODD_BIT(OUT_OF_WINDOW));
	assert_int_equal(k.s.state, STREAM_SYN);
	talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
	talk_say(&k, SERVER, 0, "pong");
	assert_true(talk_got(&k, SERVER, "pong"));
	talk_end(&k);
}

static void test_midstream(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	const struct segment first = talk_segment(&k, SERVER, 0, "response", 8, TCP_ACK);
	talk_push(&k, &first, 0);
	assert_true(k.s.midstream);
	assert_false(k.s.sides_known);
	/* The side with the first data is the client, until its words say otherwise. */
	assert_int_equal(k.s.client_way, HI_TO_LO);
	stream_swap(&k.s);
	assert_int_equal(k.s.client_way, LO_TO_HI);
	talk_say(&k, CLIENT, 0, "request");
	assert_true(talk_got(&k, CLIENT, "request") && talk_got(&k, SERVER, "response"));
	assert_int_equal(talk_say(&k, CLIENT, 7, " more"), 0);
	/* What lies before the first byte seen is ignored. */
	assert_int_equal(say_at(&k, CLIENT, -50, "older", TCP_ACK), 0);
	assert_int_equal(say_at(&k, SERVER, -4, "old,response!", TCP_ACK), 0);
	assert_true(talk_got(&k, CLIENT, "request more") && talk_got(&k, SERVER, "response!"));
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

static void test_midstream_silent_side_first(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, SERVER, 0, TCP_ACK);
	assert_int_equal(k.s.client_way, HI_TO_LO);
	/* Here CLIENT and SERVER are the harness's; the stream's change with the first data. */
	struct segment seg = talk_segment(&k, CLIENT, 0, "request", 7, TCP_ACK);
	talk_push(&k, &seg, SIZE_MAX);
	assert_int_equal(k.s.client_way, LO_TO_HI);
	assert_true(talk_got(&k, CLIENT, "request"));
	talk_end(&k);
}

/* Before the first byte of a side that was joined midway there is no hole. */
static void test_midstream_begins_late(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_flags(&k, CLIENT, 0, TCP_ACK);
	talk_say(&k, SERVER, 5000, "here");
	stream_swap(&k.s);
	k.acks[CLIENT] = 5004;
	for (int i = 0; i < 4; i++)
		talk_flags(&k, CLIENT, 0, TCP_ACK);
	assert_int_equal(k.odd, 0);
	assert_int_equal(k.got[SERVER].hole_bytes + k.got[CLIENT].hole_bytes, 0);
	assert_int_equal(k.got[SERVER].at, 5004);
	talk_end(&k);
}

static void test_midstream_probe_first(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	struct segment probe = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_ACK);
	probe.seq--;
	talk_push(&k, &probe, SIZE_MAX);
	talk_flags(&k, SERVER, 0, TCP_ACK);
	const struct segment seg = talk_segment(&k, CLIENT, 0, "GET", 3, TCP_ACK);
	talk_push(&k, &seg, SIZE_MAX);
	assert_int_equal(k.got[CLIENT].at, 4);
	assert_memory_equal(k.got[CLIENT].bytes + 1, "GET", 3);
	assert_int_equal(k.odd, 0);
	talk_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_answer_seen_first),
		cmocka_unit_test(test_answer_not_seen),
		cmocka_unit_test(test_two_syns),
		cmocka_unit_test(test_two_answers),
		cmocka_unit_test(test_answer_to_nothing),
		cmocka_unit_test(test_simultaneous_open),
		cmocka_unit_test(test_syn_data),
		cmocka_unit_test(test_syn_data_answer_lost),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_refusal_forged),
		cmocka_unit_test(test_refused_syn_data),
		cmocka_unit_test(test_data_before_answer),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_midstream_silent_side_first),
		cmocka_unit_test(test_midstream_begins_late),
		cmocka_unit_test(test_midstream_probe_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
