/* A table of tags that grows finds what it found before, wherever that stood, and is as empty at the end as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "flow/tags.h"

static uint32_t place_of(const struct tags *t, uint32_t tag, uint32_t index)
{
	uint32_t at = tag & t->mask;
	while (t->at[at].index != 0 && t->at[at].index != index)
		at = tags_next(t, at);
	return at;
}

static void put(struct tags *t, uint32_t tag, uint32_t index)
{
	tags_put(t, place_of(t, tag, index), tag, index);
}

static uint32_t scattered(uint32_t i)
{
	return i * UINT32_C(2654435761) ^ i >> 7;
}

/* Many at the end of the table, so that some stand at its beginning, and half of those move behind when it grows. */
static uint32_t crowded(uint32_t i, uint32_t mask)
{
	return i % 64 == 0 ? (mask - i / 64 % 4) | (i / 64 % 2) * (mask + 1) : scattered(i);
}

static void it_grows(void **state)
{
	(void)state;
	enum { MANY = 600000 };
	struct err e;
	struct tags t;
	assert_true(tags_init(&t, "tags", MANY, &e));
	const uint32_t first = t.mask;
	assert_true(first < t.most && tags_reserved(&t) == ((size_t)t.most + 1) * sizeof *t.at);
	uint32_t *const tag = calloc(MANY + 1, sizeof *tag);
	assert_non_null(tag);
	for (uint32_t i = 1; i <= MANY; i++) {
		/* A crowd in a nearly half full table would be long to walk; the first growth has one. */
		tag[i] = i < 16384 ? crowded(i, first) : scattered(i);
		put(&t, tag[i], i);
		assert_true(t.count == i && (t.mask == t.most || t.count <= t.mask / 2 + 1));
	}
	assert_int_equal(t.mask, t.most);
	for (uint32_t i = 1; i <= MANY; i++)
		assert_int_equal(t.at[place_of(&t, tag[i], i)].index, i);
	for (uint32_t i = 1; i <= MANY; i += 2)
		tags_remove(&t, tag[i], i);
	for (uint32_t i = 1; i <= MANY; i++)
		assert_int_equal(t.at[place_of(&t, tag[i], i)].index, i % 2 == 0 ? i : 0);
	tags_rest(&t);
	assert_int_equal(t.at[place_of(&t, tag[2], 2)].index, 2);
	for (uint32_t i = 2; i <= MANY; i += 2)
		tags_remove(&t, tag[i], i);
	assert_int_equal(t.count, 0);
	for (uint32_t at = 0; at <= t.mask; at++)
		assert_int_equal(t.at[at].index, 0);
	tags_rest(&t);
	put(&t, 7, 1);
	assert_int_equal(t.at[7].index, 1);
	free(tag);
	tags_fini(&t);
}

/* Few are never more. */
static void it_stays_small(void **state)
{
	(void)state;
	struct err e;
	struct tags t;
	assert_true(tags_init(&t, "tags", 16, &e));
	assert_true(t.mask == t.most && t.mask == 31);
	for (uint32_t i = 1; i <= 16; i++)
		put(&t, 31, i);
	assert_int_equal(t.mask, 31);
	for (uint32_t i = 1; i <= 16; i++)
		assert_int_equal(place_of(&t, 31, i), (30 + i) % 32);
	tags_fini(&t);
}

/* Of very many, none has to be moved. */
static void it_is_large_at_once(void **state)
{
	(void)state;
	struct err e;
	struct tags t;
	assert_true(tags_init(&t, "tags", 2000000, &e));
	assert_true(t.mask == t.most && t.mask == (1 << 22) - 1);
	tags_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(it_grows), cmocka_unit_test(it_stays_small),
		cmocka_unit_test(it_is_large_at_once) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
