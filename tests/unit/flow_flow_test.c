/* The flow table against a plain list, its clock, and its orders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow/inside.h"

#define SECOND INT64_C(1000000000)

static const struct hash_key key_one = { 1, 2 }, key_two = { 0xfeedfacecafebeef, 0x0123456789abcdef };

static struct segment packet(uint32_t who, int64_t t)
{
	struct segment s = { .t = t };
	memcpy(s.key.lo.addr, &who, sizeof who);
	s.key.hi.addr[0] = 200;
	s.key.lo.port = 1000;
	s.key.hi.port = 80;
	return s;
}

static uint32_t who_is(const struct flow *f)
{
	uint32_t who;
	memcpy(&who, f->key.lo.addr, sizeof who);
	return who;
}

static struct flow *expired(struct flow_table *t, int64_t now)
{
	return flow_idle(t, now) ? NULL : flow_expired(t);
}

static struct flow_table *table(size_t flows, struct hash_key key)
{
	struct err e;
	struct flow_table *t = flow_table_new(flows, 40, key, &e);
	assert_non_null(t);
	return t;
}

static struct flow *touch(struct flow_table *t, uint32_t who, int64_t at, uint16_t timeout_s, bool expect_fresh)
{
	const struct segment s = packet(who, at);
	bool fresh;
	(void)flow_idle(t, at);
	struct flow *f = flow_touch(t, &s, &fresh);
	assert_non_null(f);
	assert_int_equal(fresh, expect_fresh);
	f->timeout_s = timeout_s;
	return f;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void test_found_again(void **state)
{
	(void)state;
	struct flow_table *t = table(100, key_one);
	struct flow *f = touch(t, 7, 5 * SECOND, 10, true);
	assert_int_equal((uintptr_t)flow_payload(f) % 8, 0);
	for (int i = 0; i < 40; i++)
		assert_int_equal(((unsigned char *)flow_payload(f))[i], 0);
	memset(flow_payload(f), 0xff, 40);
	assert_ptr_equal(touch(t, 7, 6 * SECOND, 10, false), f);
	assert_ptr_equal(touch(t, 7, 4 * SECOND, 10, false), f);
	assert_int_equal(f->first, 5 * SECOND);
	assert_int_equal(f->last, 6 * SECOND);
	assert_int_equal(flow_id(f) >> 51, 0);
	assert_int_equal(flow_count(t), 1);
	flow_drop(t, f);
	f = touch(t, 7, 6 * SECOND, 10, true);
	for (int i = 0; i < 40; i++)
		assert_int_equal(((unsigned char *)flow_payload(f))[i], 0);
	flow_drop(t, f);
	assert_int_equal(flow_count(t), 0);
	assert_int_equal(flow_peak(t), 1);
	flow_table_free(t);
}

static void test_refused_sizes(void **state)
{
	(void)state;
	struct err e;
	assert_null(flow_table_new(0, 40, key_one, &e));
	assert_null(flow_table_new(SIZE_MAX / 2, 40, key_one, &e));
	assert_null(flow_table_new(1 << 20, SIZE_MAX - 8, key_one, &e));
	flow_table_free(NULL);
}

static void test_full(void **state)
{
	(void)state;
	struct flow_table *t = table(3, key_one);
	for (uint32_t i = 0; i < 3; i++)
		touch(t, i, SECOND, 10, true);
	touch(t, 0, 2 * SECOND, 10, false);
	const struct segment s = packet(3, SECOND);
	bool fresh;
	assert_null(flow_touch(t, &s, &fresh));
	assert_false(fresh);
	struct flow *oldest = flow_oldest(t);
	assert_int_equal(who_is(oldest), 0);
	flow_drop(t, oldest);
	touch(t, 3, SECOND, 10, true);
	for (uint32_t i = 1; i <= 3; i++) {
		assert_int_equal(who_is(flow_oldest(t)), i);
		flow_drop(t, flow_oldest(t));
	}
	assert_null(flow_oldest(t));
	flow_table_free(t);
}

/* At the end all go in the order in which they came, whatever their timeouts are and whoever was heard of since. */
static void test_oldest(void **state)
{
	(void)state;
	enum { FLOWS = 500 };
	struct flow_table *t = table(FLOWS, key_one);
	for (unsigned round = 0; round < 2; round++) {
		uint32_t seed = 7;
		for (uint32_t i = 0; i < FLOWS; i++) {
			struct segment s = packet(i, SECOND * (int64_t)i / 10);
			bool fresh;
			s.turn = 1000 * round + i;
			struct flow *f = flow_touch(t, &s, &fresh);
			assert_true(f != NULL && fresh);
			f->timeout_s = (uint16_t)(60 + next_random(&seed) % 5000);
		}
		for (uint32_t i = 0; i < FLOWS; i += 3)
			touch(t, i, 60 * SECOND, 600, false);
		for (uint32_t i = 0; i < FLOWS; i++) {
			struct flow *f = flow_oldest(t);
			assert_int_equal(who_is(f), i);
			/* It is heard of once more meanwhile. */
			if (i == FLOWS / 2) {
				touch(t, i, 60 * SECOND, 10, false);
				assert_ptr_equal(flow_oldest(t), f);
			}
			flow_drop(t, f);
		}
		assert_null(flow_oldest(t));
		flow_rest(t);
	}
	flow_table_free(t);
}

/* Random comings and goings against an array; keys are few enough to meet in the table. */
static void test_against_array(void **state)
{
	(void)state;
	enum { WHO = 400 };
	struct flow_table *t = table(WHO / 2, key_two);
	struct flow *known[WHO] = { 0 };
	size_t count = 0;
	uint32_t seed = 3;
	for (int i = 0; i < 200000; i++) {
		const uint32_t who = next_random(&seed) % WHO;
		if (known[who] != NULL && next_random(&seed) % 2 == 0) {
			flow_drop(t, known[who]);
			known[who] = NULL;
			count--;
			continue;
		}
		const struct segment s = packet(who, SECOND * i / 100);
		bool fresh;
		struct flow *f = flow_touch(t, &s, &fresh);
		if (f == NULL) {
			assert_int_equal(count, WHO / 2);
			continue;
		}
		assert_int_equal(fresh, known[who] == NULL);
		assert_true(fresh || f == known[who]);
		f->timeout_s = 65535;
		known[who] = f;
		count += fresh;
		assert_int_equal(flow_count(t), count);
	}
	flow_table_free(t);
}

static void test_timeouts(void **state)
{
	(void)state;
	struct flow_table *t = table(10, key_one);
	touch(t, 1, 100 * SECOND, 10, true);
	touch(t, 2, 101 * SECOND, 5, true);
	assert_null(expired(t, 105 * SECOND));
	/* Seen again: its time begins anew. */
	touch(t, 2, 106 * SECOND, 5, false);
	assert_null(expired(t, 110 * SECOND - 1));
	assert_null(expired(t, 110 * SECOND));
	struct flow *f = expired(t, 111 * SECOND);
	assert_non_null(f);
	assert_int_equal(who_is(f), 1);
	assert_ptr_equal(expired(t, 111 * SECOND), f);
	flow_drop(t, f);
	assert_null(expired(t, 111 * SECOND));
	f = expired(t, 112 * SECOND);
	assert_non_null(f);
	assert_int_equal(who_is(f), 2);
	flow_drop(t, f);
	flow_table_free(t);
}

/* A timeout made shorter holds, though the wheel stood far ahead; made longer, too. */
static void test_timeout_changed(void **state)
{
	(void)state;
	struct flow_table *t = table(10, key_one);
	touch(t, 1, 100 * SECOND, 3600, true);
	touch(t, 2, 100 * SECOND, 5, true);
	assert_null(expired(t, 101 * SECOND));
	touch(t, 1, 102 * SECOND, 4, false);
	touch(t, 2, 102 * SECOND, 60000, false);
	assert_null(expired(t, 105 * SECOND));
	struct flow *f = expired(t, 107 * SECOND);
	assert_non_null(f);
	assert_int_equal(who_is(f), 1);
	flow_drop(t, f);
	for (int64_t s = 108; s < 60000 + 102; s += 1000)
		assert_null(expired(t, s * SECOND));
	f = expired(t, (60000 + 104) * SECOND);
	assert_non_null(f);
	flow_drop(t, f);
	flow_table_free(t);
}

/* Against a list: at every second, exactly those whose time is over, never early and at most two seconds late. */
static void test_expiry_against_array(void **state)
{
	(void)state;
	enum { WHO = 200 };
	struct {
		int64_t last;
		uint16_t timeout;
		bool alive;
	} m[WHO] = { 0 };
	struct flow_table *t = table(WHO, key_one);
	uint32_t seed = 11;
	int64_t now = 1000 * SECOND;
	for (int i = 0; i < 100000; i++) {
		now += next_random(&seed) % 500 == 0 ? 5000 * SECOND : next_random(&seed) % (SECOND / 2);
		for (struct flow *f; (f = expired(t, now)) != NULL;) {
			const uint32_t who = who_is(f);
			assert_true(m[who].alive && now > m[who].last + m[who].timeout * SECOND);
			m[who].alive = false;
			flow_drop(t, f);
		}
		for (uint32_t w = 0; w < WHO; w++)
			assert_true(!m[w].alive || now < m[w].last + (m[w].timeout + 3) * SECOND);
		const uint32_t who = next_random(&seed) % WHO;
		const uint16_t timeout = (uint16_t)(next_random(&seed) % 10 == 0 ? 9000 : next_random(&seed) % 60);
		touch(t, who, now, timeout, !m[who].alive);
		m[who].alive = true;
		m[who].last = now;
		m[who].timeout = timeout;
	}
	flow_table_free(t);
}

/* What expires, in which order and under which name must not depend on the secret. */
static void test_same_whatever_the_secret(void **state)
{
	(void)state;
	struct flow_table *a = table(300, key_one), *b = table(300, key_two);
	uint32_t seed = 5;
	int64_t now = SECOND;
	for (int i = 0; i < 50000; i++) {
		now += next_random(&seed) % (SECOND / 20);
		struct flow *fa, *fb;
		do {
			fa = expired(a, now);
			fb = expired(b, now);
			assert_int_equal(fa == NULL, fb == NULL);
			if (fa == NULL)
				break;
			assert_int_equal(flow_id(fa), flow_id(fb));
			assert_memory_equal(&fa->key, &fb->key, sizeof fa->key);
			flow_drop(a, fa);
			flow_drop(b, fb);
		} while (true);
		const struct segment s = packet(next_random(&seed) % 600, now);
		bool fresh;
		fa = flow_touch(a, &s, &fresh);
		fb = flow_touch(b, &s, &fresh);
		assert_int_equal(fa == NULL, fb == NULL);
		if (fa != NULL)
			fa->timeout_s = fb->timeout_s = (uint16_t)(1 + next_random(&seed) % 20);
	}
	flow_table_free(a);
	flow_table_free(b);
}

/* The clock is set years ahead and back: no flow is forgotten for it, none is kept for ever, nothing takes long. */
static void test_clock_jumps(void **state)
{
	(void)state;
	struct flow_table *t = table(1000, key_one);
	for (uint32_t i = 0; i < 500; i++)
		touch(t, i, SECOND, 60, true);
	static const int64_t jumps[] = { 3 * 365 * 86400 * SECOND, 0, INT64_MAX, INT64_MIN, -1, 2 * SECOND };
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		assert_null(expired(t, jumps[i]));
		struct flow *f = touch(t, 1000 + (uint32_t)i, jumps[i], 60, true);
		assert_true(f->last >= f->first);
	}
	/* Time goes on from where it was set to. */
	int64_t now = 100 * SECOND;
	size_t gone = 0;
	for (int i = 0; i < 2000; i++, now += SECOND / 10)
		for (struct flow *f; (f = expired(t, now)) != NULL; gone++)
			flow_drop(t, f);
	assert_int_equal(gone, 506);
	/* Another capture may begin at another time. */
	flow_rest(t);
	touch(t, 1, 5 * SECOND, 3, true);
	assert_null(expired(t, 8 * SECOND));
	struct flow *f = expired(t, 9 * SECOND);
	assert_non_null(f);
	flow_drop(t, f);
	flow_table_free(t);
}

/* A few packets out of order neither stop the clock nor speed it up. */
static void test_packets_out_of_order(void **state)
{
	(void)state;
	struct flow_table *t = table(10, key_one);
	touch(t, 1, 1000 * SECOND, 50, true);
	for (int i = 0; i < 400; i++) {
		assert_null(expired(t, 1000 * SECOND + i * SECOND / 10));
		assert_null(expired(t, 900 * SECOND + i * SECOND / 10));
	}
	struct flow *f = expired(t, 1052 * SECOND);
	assert_non_null(f);
	flow_drop(t, f);
	flow_table_free(t);
}

/* Dropping any flow in the middle of expiry, as a reopened or evicted one. */
static void test_drop_while_expiring(void **state)
{
	(void)state;
	struct flow_table *t = table(100, key_one);
	for (uint32_t i = 0; i < 100; i++)
		touch(t, i, SECOND, 5, true);
	size_t left = 100;
	uint32_t want = 0;
	while (left > 0) {
		struct flow *f = expired(t, 60 * SECOND);
		assert_non_null(f);
		assert_int_equal(who_is(f), want);
		struct flow *next = flow_at(t, f->wheel_next);
		flow_drop(t, f);
		flow_drop(t, next);
		want += 2;
		left -= 2;
	}
	assert_null(expired(t, 61 * SECOND));
	flow_table_free(t);
}

static void test_who_gives_way(void **state)
{
	(void)state;
	struct flow_table *t = table(10, key_one);
	assert_null(flow_least(t));
	struct flow *f[6];
	for (uint32_t i = 0; i < 6; i++)
		f[i] = touch(t, i, SECOND, 600, true);
	flow_set_rank(t, f[0], 3);
	flow_set_rank(t, f[1], 1);
	flow_set_rank(t, f[2], 1);
	flow_set_rank(t, f[3], 2);
	/* Of the lowest rank the one that came first, unless it was heard of since. */
	assert_ptr_equal(flow_least(t), f[4]);
	touch(t, 4, 3 * SECOND, 600, false);
	assert_ptr_equal(flow_least(t), f[5]);
	flow_drop(t, f[5]);
	assert_ptr_equal(flow_least(t), f[4]);
	flow_drop(t, f[4]);
	touch(t, 1, 4 * SECOND, 600, false);
	touch(t, 2, 5 * SECOND, 600, false);
	assert_ptr_equal(flow_least(t), f[1]);
	flow_drop(t, f[1]);
	flow_drop(t, f[2]);
	assert_ptr_equal(flow_least(t), f[3]);
	flow_set_rank(t, f[3], 3);
	assert_ptr_equal(flow_least(t), f[0]);
	flow_set_rank(t, f[3], 0);
	assert_ptr_equal(flow_least(t), f[3]);
	flow_table_free(t);
}

/* What began a while ago is no news of the time: nothing is forgotten by it. */
static void test_made_late(void **state)
{
	(void)state;
	struct flow_table *t = table(1000, key_one);
	int64_t before;
	touch(t, 0, 100 * SECOND, 60, true);
	for (uint32_t i = 1; i < 600; i++) {
		const struct segment s = packet(i, 50 * SECOND);
		assert_null(flow_find(t, &(struct segment){ .key = s.key, .t = 100 * SECOND }, &before));
		struct flow *f = flow_make(t, &s, flow_tag(t, &s.key), i);
		assert_non_null(f);
		assert_int_equal(f->first, 50 * SECOND);
		f->timeout_s = 60;
	}
	assert_null(expired(t, 101 * SECOND));
	assert_null(expired(t, 159 * SECOND));
	assert_non_null(expired(t, 162 * SECOND));
	flow_table_free(t);
}

/* Addresses chosen to look alike fall together no more than chance has it, whoever chooses: the secret is not theirs. */
static void test_chosen_keys(void **state)
{
	(void)state;
	enum { WHO = 20000, MOST = 64 };
	for (uint32_t pattern = 0; pattern < 4; pattern++)
		for (uint64_t secret = 1; secret <= 25; secret++) {
			struct flow_table *t = table(WHO, (struct hash_key){ secret, ~secret });
			uint32_t longest = 0, run = 0;
			for (uint32_t i = 0; i < WHO; i++) {
				struct segment s = packet(pattern == 0 ? i : pattern == 1 ? i << 16 : 0, SECOND);
				bool fresh;
				if (pattern == 2)
					s.key.lo.port = (uint16_t)i;
				if (pattern == 3)
					memcpy(s.key.hi.addr + 8, &i, sizeof i);
				assert_non_null(flow_touch(t, &s, &fresh));
				assert_true(fresh);
			}
			for (uint32_t at = 0; at <= t->tags.mask; at++) {
				run = t->tags.at[at].index != 0 ? run + 1 : 0;
				longest = run > longest ? run : longest;
			}
			assert_in_range(longest, 1, MOST);
			flow_table_free(t);
		}
}

/* The tag asked for last is kept: whether it is asked for again, or another between, it is the same. */
static void test_tags_asked_again(void **state)
{
	(void)state;
	struct flow_table *t = table(10, key_one), *fresh = table(10, key_one);
	const struct flow_key none = { 0 };
	const uint32_t tag_of_none = flow_tag(t, &none);
	uint32_t tags[50];
	for (uint32_t i = 0; i < 50; i++) {
		tags[i] = flow_tag(t, &(struct flow_key){ .space = i + 1 });
		assert_int_equal(flow_tag(t, &(struct flow_key){ .space = i + 1 }), tags[i]);
		assert_int_not_equal(tags[i], tag_of_none);
	}
	for (uint32_t i = 50; i-- > 0;)
		assert_int_equal(flow_tag(fresh, &(struct flow_key){ .space = i + 1 }), tags[i]);
	assert_int_equal(flow_tag(fresh, &none), tag_of_none);
	flow_table_free(t);
	flow_table_free(fresh);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tags_asked_again),
		cmocka_unit_test(test_found_again),
		cmocka_unit_test(test_refused_sizes),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_against_array),
		cmocka_unit_test(test_timeouts),
		cmocka_unit_test(test_timeout_changed),
		cmocka_unit_test(test_expiry_against_array),
		cmocka_unit_test(test_same_whatever_the_secret),
		cmocka_unit_test(test_clock_jumps),
		cmocka_unit_test(test_packets_out_of_order),
		cmocka_unit_test(test_drop_while_expiring),
		cmocka_unit_test(test_who_gives_way),
		cmocka_unit_test(test_made_late),
		cmocka_unit_test(test_chosen_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
