/* tags: whatever comes and goes is found, before the table grows, while it does and after, and up to the last that was promised. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "base/tags.h"

enum { ENTRIES = 20000 };

/* The place of this number, or the empty one that ends the search for it. */
static uint32_t find(const struct tags *t, uint32_t tag, uint32_t index)
{
	uint32_t at = tag & t->mask;
	for (; t->at[at].index != 0; at = tags_next(t, at))
		if (t->at[at].tag == tag && t->at[at].index == index)
			break;
	return at;
}

static bool holds(const struct tags *t, uint32_t tag, uint32_t index)
{
	return t->at[find(t, tag, index)].index == index;
}

static void put(struct tags *t, uint32_t tag, uint32_t index)
{
	tags_put(t, find(t, tag, index), tag, index);
}

static struct tags of(size_t entries)
{
	struct tags t;
	struct err e;
	assert_true(tags_init(&t, "entries", entries, &e));
	return t;
}

/* Well spread, or all near one another: at the table's end, so that they go round. */
static uint32_t spread(uint32_t i)
{
	return i * UINT32_C(2654435761);
}

static uint32_t crowd(uint32_t i)
{
	return UINT32_MAX - i % 7;
}

static void goes_through(uint32_t (*tag)(uint32_t), uint32_t entries)
{
	struct tags t = of(entries);
	for (uint32_t i = 1; i <= entries; i++) {
		put(&t, tag(i), i);
		assert_true(2 * t.used <= t.mask + 1);
		if (i % 3 != 0)
			continue;
		tags_remove(&t, tag(i - 1), i - 1);
		assert_false(holds(&t, tag(i - 1), i - 1));
	}
	for (uint32_t i = 1; i <= entries; i++)
		assert_int_equal(holds(&t, tag(i), i), i % 3 != 2 || i + 1 > entries);
	assert_int_equal(t.used, entries - entries / 3);
	tags_fini(&t);
}

static void test_all_are_found(void **state)
{
	(void)state;
	goes_through(spread, ENTRIES);
	goes_through(crowd, 1500);
	goes_through(spread, 1);
}

/* As many as were promised fit, however large the table was at first. */
static void test_as_many_as_promised(void **state)
{
	(void)state;
	struct tags t = of(ENTRIES);
	for (uint32_t i = 1; i <= ENTRIES; i++)
		put(&t, spread(i), i);
	for (uint32_t i = 1; i <= ENTRIES; i++)
		assert_true(holds(&t, spread(i), i));
	assert_true((t.mask + 1) * sizeof *t.at < tags_reserved(&t));
	for (uint32_t i = 1; i <= ENTRIES; i++)
		tags_remove(&t, spread(i), i);
	assert_int_equal(t.used, 0);
	for (uint32_t i = 0; i <= t.mask; i++)
		assert_int_equal(t.at[i].index, 0);
	tags_fini(&t);
}

/* As the flood goes, so does the table; what is left is found in each size, under a new number as well. */
static void test_shrinks(void **state)
{
	(void)state;
	struct tags t = of(ENTRIES);
	const uint32_t first = t.mask;
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= ENTRIES; i++)
			put(&t, spread(i + round), i);
		const uint32_t full = t.mask;
		tags_shrink(&t);
		assert_int_equal(t.mask, full);
		assert_true(t.mask > first);
		for (uint32_t i = ENTRIES; i >= 1; i--) {
			tags_remove(&t, spread(i + round), i);
			if (i % 1000 == 0)
				tags_shrink(&t);
			if (i > 1) {
				tags_renumber(&t, spread(1 + round), 1, ENTRIES + 1);
				tags_renumber(&t, spread(1 + round), ENTRIES + 1, 1);
			}
			assert_int_equal(t.used, i - 1);
		}
		tags_shrink(&t);
		assert_int_equal(t.mask, first);
		for (uint32_t i = 0; i <= t.mask; i++)
			assert_int_equal(t.at[i].index, 0);
	}
	tags_fini(&t);
}

/* Few entries lie close together: that is what a table that grows is for. */
static void test_few_need_little(void **state)
{
	(void)state;
	struct tags t = of(ENTRIES * 100);
	for (uint32_t i = 1; i <= 1000; i++)
		put(&t, spread(i), i);
	assert_true((t.mask + 1) * sizeof *t.at <= 16384);
	tags_fini(&t);
}

static void test_more_than_numbers_for(void **state)
{
	(void)state;
	struct tags t;
	struct err e;
	assert_false(tags_init(&t, "entries", SIZE_MAX / 2, &e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_are_found),
		cmocka_unit_test(test_as_many_as_promised),
		cmocka_unit_test(test_shrinks),
		cmocka_unit_test(test_few_need_little),
		cmocka_unit_test(test_more_than_numbers_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
