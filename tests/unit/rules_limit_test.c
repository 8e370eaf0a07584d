/* How often a rule may speak, and from which match on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rules/limit.h"
#include "story.h"

#define S INT64_C(1000000000)

static struct made_up x;
static struct judge_counters counters;

static struct rule_limits *begin(size_t entries)
{
	struct err e;
	story_begin(&x, LABEL_BLIND_RELAY);
	counters = (struct judge_counters){ 0 };
	struct rule_limits *l = limits_new(entries, &e);
	assert_non_null(l);
	return l;
}

static struct rule limited(enum per per, uint32_t count, int64_t every)
{
	return (struct rule){ .info = { .id = 1, .rev = 1 }, .limit = { per, count, every } };
}

static struct rule from(enum per per, uint32_t count, int64_t every)
{
	return (struct rule){ .info = { .id = 1, .rev = 1 }, .threshold = { per, count, every } };
}

static bool allow(struct rule_limits *l, const struct rule *r, int64_t now, uint64_t *suppressed)
{
	x.f.now = now;
	return limits_allow(l, r, &x.f, suppressed, &counters);
}

static void counts_what_it_holds_back(void **state)
{
	(void)state;
	struct rule_limits *l = begin(100);
	const struct rule r = limited(PER_CLIENT, 2, 60 * S);
	uint64_t n = 99;
	assert_true(allow(l, &r, 100 * S, &n) && n == 0);
	assert_true(allow(l, &r, 101 * S, &n) && n == 0);
	for (int i = 0; i < 7; i++)
		assert_false(allow(l, &r, 102 * S, &n));
	assert_false(allow(l, &r, 160 * S - 1, &n));
	assert_true(allow(l, &r, 160 * S, &n));
	assert_int_equal(n, 8);
	assert_true(allow(l, &r, 160 * S, &n) && n == 0);
	assert_false(allow(l, &r, 219 * S, &n));
	limits_free(l);
}

static void knows_whom_it_counts(void **state)
{
	(void)state;
	static const enum per pers[] = { PER_RULE, PER_FLOW, PER_CLIENT, PER_SERVER, PER_PAIR };
	/* Another flow; another client; another server; both. */
	static const bool apart[5][4] = { { 0, 0, 0, 0 }, { 1, 0, 0, 0 }, { 0, 1, 0, 1 }, { 0, 0, 1, 1 },
		{ 0, 1, 1, 1 } };
	for (size_t p = 0; p < 5; p++)
		for (size_t c = 0; c < 4; c++) {
			struct rule_limits *l = begin(100);
			const struct rule r = limited(pers[p], 1, 0);
			uint64_t n;
			assert_true(allow(l, &r, S, &n));
			x.f.flow_id += c == 0;
			x.key.hi.addr[3] = (uint8_t)(c == 1 || c == 3 ? 9 : 2);
			x.key.lo.addr[2] = c == 2 || c == 3;
			assert_int_equal(allow(l, &r, S, &n), apart[p][c]);
			limits_free(l);
		}
}

static void rules_count_apart(void **state)
{
	(void)state;
	struct rule_limits *l = begin(100);
	struct rule r = limited(PER_RULE, 1, 0);
	uint64_t n;
	assert_true(allow(l, &r, S, &n));
	assert_false(allow(l, &r, S * 1000000, &n));
	r.info.rev = 2;
	assert_true(allow(l, &r, S, &n));
	r.info.id = 2;
	assert_true(allow(l, &r, S, &n));
	limits_free(l);
}

static void a_clock_that_goes_back_begins_anew(void **state)
{
	(void)state;
	struct rule_limits *l = begin(100);
	const struct rule r = limited(PER_RULE, 1, 60 * S);
	uint64_t n;
	assert_true(allow(l, &r, 1000 * S, &n));
	assert_true(allow(l, &r, 10 * S, &n));
	assert_false(allow(l, &r, 11 * S, &n));
	assert_true(allow(l, &r, INT64_MAX, &n));
	assert_true(allow(l, &r, INT64_MIN, &n));
	limits_free(l);
}

static void forgets_the_one_asked_about_longest_ago(void **state)
{
	(void)state;
	struct rule_limits *l = begin(3);
	const struct rule r = limited(PER_FLOW, 1, 0);
	uint64_t n;
	for (x.f.flow_id = 1; x.f.flow_id <= 3; x.f.flow_id++)
		assert_true(allow(l, &r, S, &n));
	x.f.flow_id = 1;
	assert_false(allow(l, &r, S, &n));
	assert_int_equal(counters.limits_evicted, 0);
	x.f.flow_id = 4;
	assert_true(allow(l, &r, S, &n));
	assert_int_equal(counters.limits_evicted, 1);
	x.f.flow_id = 1;
	assert_false(allow(l, &r, S, &n));
	x.f.flow_id = 2;
	assert_true(allow(l, &r, S, &n));
	limits_free(l);
	/* Many over few: no entry is lost or found twice. */
	l = begin(50);
	for (int i = 0; i < 10000; i++) {
		x.f.flow_id = (uint64_t)(i % 75);
		assert_int_equal(allow(l, &r, S, &n), true);
	}
	assert_int_equal(counters.limits_evicted, 10000 - 50);
	limits_free(l);
}

static bool reached(struct rule_limits *l, const struct rule *r, int64_t now)
{
	x.f.now = now;
	return limits_reached(l, r, &x.f, &counters);
}

static void speaks_from_the_nth_on(void **state)
{
	(void)state;
	struct rule_limits *l = begin(100);
	const struct rule r = from(PER_CLIENT, 3, 10 * S), one = from(PER_SERVER, 1, 10 * S);
	assert_false(reached(l, &r, 0 * S));
	assert_false(reached(l, &r, 6 * S));
	assert_false(reached(l, &r, 12 * S));
	assert_true(reached(l, &r, 15 * S)); /* 6, 12, 15 */
	assert_true(reached(l, &r, 16 * S));
	assert_false(reached(l, &r, 40 * S));
	assert_false(reached(l, &r, 41 * S));
	assert_true(reached(l, &r, 42 * S));
	assert_true(reached(l, &one, 0));
	limits_free(l);
}

/* Against counting every match: exact up to 16, never early and at most a sixteenth late above. */
static void agrees_with_counting(void **state)
{
	(void)state;
	static const uint32_t counts[] = { 1, 2, 7, 15, 16, 17, 31, 33, 100, 255, 1000 };
	static int64_t times[6000];
	uint32_t random = 1;
	for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
		struct rule_limits *l = begin(4);
		const uint32_t count = counts[c], slack = count <= 16 ? 0 : (count + 15) / 16;
		const struct rule r = from(PER_RULE, count, 1000 * S);
		int64_t now = 0;
		for (int i = 0; i < 6000; i++) {
			random = random * 1664525 + 1013904223;
			now += (int64_t)((random >> 8) % (2000 / count + 2)) * S * (i / 1000 % 2 == 0 ? 1 : 2) / 2;
			times[i] = now;
			const int first = i + 1 - (int)count, sure = i + 1 - (int)(count + slack);
			const bool exact = first >= 0 && now - times[first] < 1000 * S;
			const bool late = sure >= 0 && now - times[sure] < 1000 * S;
			const bool got = reached(l, &r, now);
			if ((got && !exact) || (late && !got))
				fail_msg("count %u, match %d: %d", count, i, got);
		}
		limits_free(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_what_it_holds_back),
		cmocka_unit_test(knows_whom_it_counts),
		cmocka_unit_test(rules_count_apart),
		cmocka_unit_test(a_clock_that_goes_back_begins_anew),
		cmocka_unit_test(forgets_the_one_asked_about_longest_ago),
		cmocka_unit_test(speaks_from_the_nth_on),
		cmocka_unit_test(agrees_with_counting),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
