#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "segments.h"

enum { STAMP = 500 << 16 };

/* What there is to a segment besides its bytes. */
struct looks {
	unsigned ttl;
	uint32_t stamp; /* 0: none */
	bool md5;
};

static void dress(struct segment *seg, struct looks looks)
{
	seg->ttl = (uint8_t)looks.ttl;
	seg->has_timestamp = looks.stamp != 0;
	seg->ts_value = looks.stamp;
	seg->has_md5 = looks.md5;
}

/* Both ways of asking must agree: what is usual at a glance is not doubted. */
static bool doubted(struct talk *k, const struct segment *seg, enum side from, uint64_t *odd)
{
	bool strange;
	const bool usual = stream_is_usual(&k->s, seg, from);
	*odd = stream_doubts(&k->s, seg, from, &strange);
	if (usual)
		assert_false(strange);
	return strange;
}

static void open_with(struct talk *k, struct looks client, struct looks server)
{
	uint64_t odd;
	talk_begin(k, OVERLAP_LINUX, 4);
	struct segment syn = talk_segment(k, CLIENT, 0, NULL, 0, TCP_SYN);
	dress(&syn, client);
	stream_init(&k->s, &syn);
	k->begun = true;
	assert_false(doubted(k, &syn, CLIENT, &odd));
	talk_push(k, &syn, SIZE_MAX);
	struct segment answer = talk_segment(k, SERVER, 0, NULL, 0, TCP_SYN | TCP_ACK);
	dress(&answer, server);
	assert_false(doubted(k, &answer, SERVER, &odd));
	talk_push(k, &answer, SIZE_MAX);
	talk_flags(k, CLIENT, 0, TCP_ACK);
}

static void test_each_doubt(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct looks syn, said;
		bool strange;
		uint64_t odd;
	} rows[] = {
		{ "nothing", { 64, STAMP, false }, { 64, STAMP, false }, false, 0 },
		{ "four hops more", { 64, STAMP, false }, { 60, STAMP, false }, false, 0 },
		{ "four hops less", { 64, STAMP, false }, { 68, STAMP, false }, false, 0 },
		{ "five hops more", { 64, STAMP, false }, { 59, STAMP, false }, true, ODD_BIT(TTL_JUMP) },
		{ "five hops less", { 64, STAMP, false }, { 69, STAMP, false }, true, ODD_BIT(TTL_JUMP) },
		{ "near the top", { 255, STAMP, false }, { 251, STAMP, false }, false, 0 },
		{ "one hop to go", { 3, STAMP, false }, { 1, STAMP, false }, false, 0 },
		{ "a later stamp", { 64, STAMP, false }, { 64, STAMP + (9 << 16), false }, false, 0 },
		{ "no stamp", { 64, STAMP, false }, { 64, 0, false }, false, 0 },
		{ "a stamp of before", { 64, STAMP, false }, { 64, STAMP - (9 << 16), false }, true,
		    ODD_BIT(OLD_STAMP) },
		{ "a stamp that went round", { 64, 0xffff0000, false }, { 64, 5 << 16, false }, false, 0 },
		{ "stamps were not agreed on", { 64, 0, false }, { 64, 0xfff00000, false }, false, 0 },
		{ "a signature nobody asked for", { 64, STAMP, false }, { 64, STAMP, true }, true,
		    ODD_BIT(UNASKED_MD5) },
		{ "a signature as agreed", { 64, STAMP, true }, { 64, STAMP, true }, false, 0 },
		{ "all of it: the stamp is named", { 64, STAMP, false }, { 9, STAMP - (9 << 16), true }, true,
		    ODD_BIT(OLD_STAMP) },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct talk k;
		uint64_t odd;
		open_with(&k, rows[i].syn, rows[i].syn);
		for (enum side side = CLIENT; side <= SERVER; side++) {
			struct segment seg = talk_segment(&k, side, 0, "x", 1, TCP_ACK);
			dress(&seg, rows[i].said);
			if (doubted(&k, &seg, side, &odd) != rows[i].strange || odd != rows[i].odd)
				fail_msg("%s", rows[i].what);
			/* Without bytes there is nothing to doubt, and resets have rules of their own. */
			seg.payload.len = 0;
			assert_false(doubted(&k, &seg, side, &odd));
			seg.payload.len = 1;
			seg.flags |= TCP_RST;
			bool strange;
			assert_int_equal(stream_doubts(&k.s, &seg, side, &strange), 0);
			assert_false(strange);
		}
		talk_end(&k);
	}
}

static void test_a_new_route_is_trusted(void **state)
{
	(void)state;
	struct talk k;
	uint64_t odd;
	open_with(&k, (struct looks){ .ttl = 64 }, (struct looks){ .ttl = 64 });
	struct segment seg = talk_segment(&k, SERVER, 0, "x", 1, TCP_ACK);
	dress(&seg, (struct looks){ .ttl = 50 });
	assert_true(doubted(&k, &seg, SERVER, &odd));
	stream_trust_ttl(&k.s, SERVER, 50);
	assert_false(doubted(&k, &seg, SERVER, &odd));
	seg.ttl = 64;
	assert_true(doubted(&k, &seg, SERVER, &odd));
	talk_end(&k);
}

static void test_before_the_answer(void **state)
{
	(void)state;
	struct talk k;
	uint64_t odd;
	const struct looks looks = { .ttl = 64 };
	talk_begin(&k, OVERLAP_LINUX, 4);
	struct segment syn = talk_segment(&k, CLIENT, 0, NULL, 0, TCP_SYN);
	dress(&syn, looks);
	stream_init(&k.s, &syn);
	k.begun = true;
	doubted(&k, &syn, CLIENT, &odd);
	talk_push(&k, &syn, SIZE_MAX);
	struct segment seg = talk_segment(&k, CLIENT, 0, "GET", 3, TCP_ACK);
	dress(&seg, looks);
	assert_true(doubted(&k, &seg, CLIENT, &odd));
	assert_int_equal(odd, 0);
	talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
	assert_false(doubted(&k, &seg, CLIENT, &odd));
	talk_end(&k);
}

static void test_places(void **state)
{
	(void)state;
	struct talk k;
	uint64_t offset;
	talk_begin(&k, OVERLAP_LINUX, 4);
	assert_false(stream_offset(&k.s, CLIENT, 1000, &offset));
	talk_open(&k);
	assert_true(stream_offset(&k.s, CLIENT, 1007, &offset));
	assert_int_equal(offset, 7);
	assert_false(stream_offset(&k.s, CLIENT, 999, &offset));
	assert_int_equal(offset, 0);
	talk_end(&k);
}

/* Unread bytes may be exchanged and cut off; what was read and what is not there is left alone. */
static void test_unread_is_replaced_and_cut(void **state)
{
	(void)state;
	struct talk k;
	struct chunk in;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	const struct segment seg = talk_segment(&k, SERVER, 0, "HTTP/1.1 200 OK", 15, TCP_ACK);
	talk_push(&k, &seg, 0);
	stream_eat(&k.kit, &k.s, SERVER, 5);
	stream_replace(&k.s, SERVER, 0, SLICE("####/2.0"));
	stream_replace(&k.s, SERVER, 9, SLICE("403 OK and more"));
	stream_replace(&k.s, SERVER, 40, SLICE("far away"));
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &in));
	assert_true(slice_eq(in.bytes, SLICE("2.0 403 OK")));
	stream_cut(&k.kit, &k.s, SERVER, 12);
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &in));
	assert_int_equal(in.offset + in.bytes.len, 12);
	stream_cut(&k.kit, &k.s, SERVER, 2); /* no further than what was read */
	assert_false(stream_peek(&k.kit, &k.s, SERVER, &in));
	assert_int_equal(k.s.side[SERVER].next, 5);
	/* What was cut off may come again, as something else. */
	const struct segment again = talk_segment(&k, SERVER, 5, "1.1 403 No", 10, TCP_ACK);
	talk_push(&k, &again, 0);
	assert_true(stream_peek(&k.kit, &k.s, SERVER, &in));
	assert_true(slice_eq(in.bytes, SLICE("1.1 403 No")));
	talk_end(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_doubt),
		cmocka_unit_test(test_a_new_route_is_trusted),
		cmocka_unit_test(test_before_the_answer),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_unread_is_replaced_and_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
