/* SYNs at the door: what comes out is what went in, in the order of the packets whatever the secret, within bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "flow/knock.h"

#define SECOND INT64_C(1000000000)

enum { PLACES = 16 };

static const struct hash_key key_one = { 1, 2 }, key_two = { 0xfeedfacecafebeef, 0x0123456789abcdef };

static struct segment knock_of(uint32_t who, int64_t t)
{
	static const uint8_t head[32];
	struct segment s = { .t = t, .flags = TCP_SYN, .seq = who * 3, .window_shift = -1 };
	memcpy(s.key.lo.addr, &who, sizeof who);
	s.key.hi.addr[0] = 200;
	s.key.lo.port = 1000;
	s.key.hi.port = 80;
	s.tcp = (struct slice){ head, sizeof head };
	return s;
}

/* As flow_tag makes them; nothing may hang on the secret. */
static struct hash_key secret;

static uint32_t tag_of(const struct segment *s)
{
	return (uint32_t)hash_bytes(secret, &s->key, sizeof s->key);
}

static uint32_t who_is(const struct knock *k)
{
	uint32_t who;
	memcpy(&who, k->syn.key.lo.addr, sizeof who);
	return who;
}

static struct knocks *with(struct hash_key key)
{
	struct err e;
	struct knocks *k = knocks_new(PLACES, &e);
	secret = key;
	assert_non_null(k);
	return k;
}

static void comes_back_as_it_was(void **state)
{
	(void)state;
	struct knocks *k = with(key_one);
	struct segment s = knock_of(7, 5 * SECOND);
	s.way = HI_TO_LO;
	s.window = 12345;
	s.window_shift = 9;
	s.ttl = 63;
	s.flags = TCP_SYN | TCP_ECE | TCP_CWR;
	s.has_timestamp = s.has_md5 = true;
	s.ts_value = 0xdeadbeef;
	s.key.ipv6 = 1;
	s.key.space = 99;
	s.turn = UINT64_C(0xabcdef12345678);
	s.encap = (struct encapsulation){ .count = 1, .kind = { CARRIER_VXLAN }, .id = { 42 } };
	assert_true(knock_fits(&s));
	assert_true(knocks_put(k, &s, tag_of(&s), 3, 77));
	struct knock out;
	const struct segment other = knock_of(8, 0);
	assert_false(knocks_take(k, &other.key, tag_of(&other), &out));
	assert_true(knocks_take(k, &s.key, tag_of(&s), &out));
	assert_int_equal(out.interface, 3);
	assert_memory_equal(&out.syn.key, &s.key, sizeof s.key);
	assert_int_equal(out.syn.way, HI_TO_LO);
	assert_int_equal(out.syn.seq, s.seq);
	assert_int_equal(out.syn.window, 12345);
	assert_int_equal(out.syn.window_shift, 9);
	assert_int_equal(out.syn.ttl, 63);
	assert_int_equal(out.syn.flags, s.flags);
	assert_true(out.syn.has_timestamp && out.syn.has_md5);
	assert_int_equal(out.syn.ts_value, 0xdeadbeef);
	assert_int_equal(out.syn.t, 5 * SECOND);
	assert_int_equal(out.syn.turn, s.turn);
	assert_int_equal(out.syn.tcp.len, 32);
	assert_int_equal(out.syn.payload.len, 0);
	assert_memory_equal(&out.syn.encap, &s.encap, sizeof s.encap);
	assert_false(knocks_take(k, &s.key, tag_of(&s), &out));
	assert_int_equal(knocks_count(k), 0);
	assert_int_equal(knocks_peak(k), 1);
	knocks_free(k);
}

static void only_bare_ones_fit(void **state)
{
	(void)state;
	struct segment s = knock_of(1, 0);
	assert_true(knock_fits(&s));
	s.flags = TCP_SYN | TCP_ACK;
	assert_false(knock_fits(&s));
	s.flags = TCP_SYN | TCP_RST;
	assert_false(knock_fits(&s));
	s.flags = TCP_ACK;
	assert_false(knock_fits(&s));
	s = knock_of(1, 0);
	s.payload.len = 1;
	assert_false(knock_fits(&s));
	s = knock_of(1, 0);
	s.cut = 1;
	assert_false(knock_fits(&s));
	s = knock_of(1, 0);
	s.encap.count = 2;
	assert_false(knock_fits(&s));
}

static void full_and_the_oldest_goes(void **state)
{
	(void)state;
	const struct hash_key keys[] = { key_one, key_two };
	for (unsigned i = 0; i < 2; i++) {
		struct knocks *k = with(keys[i]);
		struct knock out;
		for (uint32_t who = 0; who < PLACES; who++) {
			const struct segment s = knock_of(who, SECOND);
			assert_true(knocks_put(k, &s, tag_of(&s), 0, 1));
		}
		const struct segment more = knock_of(PLACES, SECOND), middle = knock_of(5, 0);
		assert_false(knocks_put(k, &more, tag_of(&more), 0, 1));
		assert_true(knocks_take(k, &middle.key, tag_of(&middle), &out));
		assert_true(knocks_put(k, &more, tag_of(&more), 0, 1));
		for (uint32_t who = 0; who <= PLACES; who++) {
			if (who == 5)
				continue;
			assert_true(knocks_oldest(k, &out));
			assert_int_equal(who_is(&out), who);
		}
		assert_false(knocks_oldest(k, &out));
		knocks_free(k);
	}
}

static void time_is_shorter_in_a_crowd(void **state)
{
	(void)state;
	struct knocks *k = with(key_one);
	struct knock out;
	for (uint32_t who = 0; who < 12; who++) {
		const struct segment s = knock_of(who, 100 * SECOND);
		assert_true(knocks_put(k, &s, tag_of(&s), 0, 100));
	}
	assert_false(knocks_crowded(k));
	assert_false(knocks_expired(k, 100 + KNOCK_S, &out));
	const struct segment s = knock_of(12, (100 + KNOCK_S) * SECOND);
	assert_true(knocks_put(k, &s, tag_of(&s), 0, 100 + KNOCK_S));
	assert_true(knocks_crowded(k));
	assert_true(knocks_expired(k, 100 + KNOCK_S, &out));
	assert_int_equal(who_is(&out), 0);
	/* No crowd any more: the others have as long as ever. */
	assert_false(knocks_expired(k, 100 + KNOCK_S, &out));
	assert_true(knocks_expired(k, 101 + KNOCK_S, &out));
	assert_true(knocks_expired(k, 101 + KNOCK_S, &out));
	knocks_free(k);
}

/* Seconds are compared by difference. */
static void seconds_wrap(void **state)
{
	(void)state;
	struct knocks *k = with(key_one);
	struct knock out;
	const struct segment s = knock_of(1, 100 * SECOND);
	assert_true(knocks_put(k, &s, tag_of(&s), 0, UINT32_MAX - 3));
	assert_false(knocks_expired(k, UINT32_MAX, &out));
	assert_false(knocks_expired(k, KNOCK_S - 4, &out));
	assert_true(knocks_expired(k, KNOCK_S - 3, &out));
	knocks_free(k);
}

static void none_at_all(void **state)
{
	(void)state;
	struct err e;
	assert_null(knocks_new(SIZE_MAX / 2, &e));
	struct knocks *k = knocks_new(0, &e);
	assert_non_null(k);
	const struct segment s = knock_of(1, 0);
	struct knock out;
	assert_false(knocks_put(k, &s, tag_of(&s), 0, 1));
	assert_false(knocks_oldest(k, &out));
	knocks_free(k);
	knocks_free(NULL);
}

static void more_than_anybody_reads_is_a_flood(void **state)
{
	(void)state;
	struct err e;
	struct knocks *k = knocks_new(2 * KNOCKS_TOLD, &e);
	struct knock out;
	assert_non_null(k);
	for (uint32_t who = 0; who < KNOCKS_TOLD; who++) {
		const struct segment s = knock_of(who, 0);
		assert_true(knocks_put(k, &s, tag_of(&s), 0, 1));
	}
	assert_false(knocks_are_flood(k));
	const struct segment s = knock_of(KNOCKS_TOLD, 0);
	assert_true(knocks_put(k, &s, tag_of(&s), 0, 1));
	assert_true(knocks_are_flood(k));
	assert_false(knocks_crowded(k));
	assert_true(knocks_oldest(k, &out));
	assert_false(knocks_are_flood(k));
	knocks_free(k);
}

/* Whatever is taken out meanwhile, from either end or the middle: it always tells the oldest's tag. */
static void looks_ahead_of_the_oldest(void **state)
{
	(void)state;
	struct knocks *k = with(key_one);
	struct knock out;
	uint32_t tag = 0;
	assert_false(knocks_ahead(k, &tag));
	for (uint32_t round = 0, first = 0; round < 200; round++) {
		for (; knocks_count(k) < PLACES; first++) {
			const struct segment s = knock_of(first, 0);
			assert_true(knocks_put(k, &s, tag_of(&s), 0, 1));
		}
		for (uint32_t i = 0; i < PLACES / 2; i++) {
			assert_true(knocks_ahead(k, &tag));
			const struct segment other = knock_of(first - 1 - (round * 7 + i * 5) % PLACES, 0);
			if (knocks_take(k, &other.key, tag_of(&other), &out))
				continue;
			assert_true(knocks_oldest(k, &out));
			assert_int_equal(out.tag, tag);
			assert_int_equal(out.tag, tag_of(&out.syn));
		}
	}
	while (knocks_ahead(k, &tag)) {
		assert_true(knocks_oldest(k, &out));
		assert_int_equal(out.tag, tag);
	}
	assert_int_equal(knocks_count(k), 0);
	knocks_free(k);
}

/* Of many one in eight is left, lying anywhere: they come out as they went in and in their order, and what comes after them as well. */
static void few_are_left_of_many(void **state)
{
	(void)state;
	enum { MANY = 60000, LEFT = 8, MORE = 50000 };
	struct err e;
	struct knocks *k = knocks_new(2 * MANY, &e);
	struct knock out;
	uint32_t tag;
	assert_non_null(k);
	for (uint32_t who = 0; who < MANY; who++) {
		const struct segment s = knock_of(who, who);
		assert_true(knocks_put(k, &s, tag_of(&s), 0, 1));
	}
	for (uint32_t who = 0; who < MANY; who++) {
		const struct segment s = knock_of(who * 7 % MANY, 0);
		if (s.seq / 3 % LEFT != 3)
			assert_true(knocks_take(k, &s.key, tag_of(&s), &out));
		assert_true(knocks_ahead(k, &tag) || knocks_count(k) == 0);
	}
	assert_int_equal(knocks_count(k), MANY / LEFT);
	for (uint32_t who = MANY; who < MANY + MORE; who++) {
		const struct segment s = knock_of(who, who);
		assert_true(knocks_put(k, &s, tag_of(&s), 0, 1));
	}
	for (uint32_t who = 0; who < MANY + MORE; who++)
		if (who >= MANY || who % LEFT == 3) {
			assert_true(knocks_ahead(k, &tag));
			assert_true(knocks_oldest(k, &out));
			assert_int_equal(who_is(&out), who);
			assert_int_equal(out.tag, tag);
			assert_int_equal(out.syn.t, who);
			assert_int_equal(out.syn.seq, who * 3);
		}
	assert_false(knocks_oldest(k, &out));
	knocks_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back_as_it_was),
		cmocka_unit_test(only_bare_ones_fit),
		cmocka_unit_test(full_and_the_oldest_goes),
		cmocka_unit_test(more_than_anybody_reads_is_a_flood),
		cmocka_unit_test(looks_ahead_of_the_oldest),
		cmocka_unit_test(few_are_left_of_many),
		cmocka_unit_test(time_is_shorter_in_a_crowd),
		cmocka_unit_test(seconds_wrap),
		cmocka_unit_test(none_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
