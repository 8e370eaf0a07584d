/* Blocks: zeroed, aligned, apart from each other, bounded, used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/pool.h"

static struct pool made(size_t size, size_t count)
{
	struct pool p;
	struct err e;
	assert_true(pool_init(&p, "test", size, count, &e));
	return p;
}

static void assert_zero(const unsigned char *block, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(block[i], 0);
}

static void sizes_are_rounded_up(void **state)
{
	(void)state;
	static const struct {
		size_t asked, got;
	} rows[] = { { 0, 8 }, { 1, 8 }, { 16, 16 }, { 17, 24 }, { 4097, 4104 } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pool p = made(rows[i].asked, 3);
		assert_int_equal(p.size, rows[i].got);
		pool_fini(&p);
	}
}

static void blocks_are_zero_even_when_used_before(void **state)
{
	(void)state;
	struct pool p = made(40, 4);
	unsigned char *blocks[4];
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 4; i++) {
			blocks[i] = pool_take(&p);
			assert_non_null(blocks[i]);
			assert_int_equal((uintptr_t)blocks[i] % 8, 0);
			assert_zero(blocks[i], p.size);
			memset(blocks[i], 0xa5 + (int)i, p.size);
		}
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(blocks[i][0], 0xa5 + i);
			assert_int_equal(blocks[i][p.size - 1], 0xa5 + i);
			pool_give(&p, blocks[i]);
		}
	}
	pool_fini(&p);
}

/* The same block again, as it was left but for what the pool wrote into it: whoever takes it so clears it. */
static void uncleared_blocks_count_alike(void **state)
{
	(void)state;
	struct pool p;
	struct err e;
	assert_true(pool_init(&p, "blocks", 64, 1, &e));
	unsigned char *const first = pool_take_uncleared(&p);
	memset(first, 0xee, 64);
	pool_give(&p, first);
	unsigned char *const again = pool_take_uncleared(&p);
	assert_ptr_equal(again, first);
	assert_int_equal(p.used, 1);
	assert_null(pool_take_uncleared(&p));
	assert_int_equal(p.refused, 1);
	pool_give(&p, again);
	assert_zero(pool_take(&p), 64);
	pool_fini(&p);
}

static void it_counts_and_refuses(void **state)
{
	(void)state;
	struct pool p = made(16, 2);
	void *const a = pool_take(&p), *const b = pool_take(&p);
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	assert_null(pool_take(&p));
	assert_null(pool_take(&p));
	assert_int_equal(p.refused, 2);
	assert_int_equal(p.used, 2);
	pool_give(&p, a);
	assert_int_equal(p.used, 1);
	assert_ptr_equal(pool_take(&p), a);
	pool_give(&p, a);
	pool_give(&p, b);
	pool_give(&p, NULL);
	assert_int_equal(p.used, 0);
	assert_int_equal(p.peak, 2);
	pool_fini(&p);
}

static void freed_blocks_come_before_new_ones(void **state)
{
	(void)state;
	struct pool p = made(64, 1000);
	for (unsigned i = 0; i < 1000; i++) {
		void *const block = pool_take(&p);
		assert_non_null(block);
		pool_give(&p, block);
	}
	assert_int_equal(p.fresh, 1);
	assert_int_equal(p.peak, 1);
	pool_fini(&p);
}

static void a_pool_of_none(void **state)
{
	(void)state;
	struct pool p = made(64, 0);
	assert_null(pool_take(&p));
	assert_int_equal(p.refused, 1);
	pool_fini(&p);
	pool_fini(&p);
}

static void what_cannot_be_is_an_error(void **state)
{
	(void)state;
	static const struct {
		size_t size, count;
	} rows[] = { { SIZE_MAX, 1 }, { SIZE_MAX - 15, 1 }, { SIZE_MAX / 2, 3 }, { 16, SIZE_MAX / 16 },
		{ 16, SIZE_MAX } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct pool p;
		struct err e = { .what = "" };
		assert_false(pool_init(&p, "test", rows[i].size, rows[i].count, &e));
		assert_string_equal(e.where, "test");
		assert_true(e.what[0] != '\0');
		assert_null(pool_take(&p));
		pool_fini(&p);
	}
}

static size_t resident_pages(void)
{
	size_t all = 0, resident = 0;
	FILE *const f = fopen("/proc/self/statm", "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%zu %zu", &all, &resident), 2);
	fclose(f);
	return resident;
}

static void untouched_blocks_cost_nothing(void **state)
{
	(void)state;
	const size_t before = resident_pages(), page = (size_t)sysconf(_SC_PAGESIZE);
	struct pool p = made(65536, 65536); /* 4 GiB */
	unsigned char *const block = pool_take(&p);
	assert_non_null(block);
	block[0] = 1;
	assert_true((resident_pages() - before) * page < (size_t)8 << 20);
	pool_fini(&p);
}

/* One in five is left, anywhere; moved to the front they keep what they hold, and the rest is as at first. */
static void few_of_many_lie_together(void **state)
{
	(void)state;
	enum { COUNT = 2048, SIZE = 4096 + 8, LEFT = 5 };
	static unsigned char *block[COUNT];
	struct pool p = made(SIZE, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		memset(block[i] = pool_take(&p), (int)(i % LEFT == 0 ? i / LEFT % 255 + 1 : 0xff), SIZE);
	for (size_t i = 0; i < COUNT; i++) {
		assert_int_equal(pool_is_sparse(&p), p.used < COUNT / 4);
		if (i % LEFT != 0)
			pool_give(&p, block[i]);
	}
	assert_true(pool_is_sparse(&p));
	for (size_t i = 0; i < COUNT; i += LEFT)
		if (block[i] >= p.blocks + p.used * SIZE) {
			unsigned char *const low = pool_take_low(&p);
			assert_true(low < p.blocks + p.used * SIZE);
			memcpy(low, block[i], SIZE);
			block[i] = low;
		}
	pool_cut(&p);
	assert_false(pool_is_sparse(&p));
	assert_int_equal(p.fresh, p.used);
	for (size_t i = 0; i < COUNT; i += LEFT)
		assert_true(block[i][0] == i / LEFT % 255 + 1 && memcmp(block[i], block[i] + 1, SIZE - 1) == 0);
	while (p.used < COUNT)
		assert_zero(pool_take(&p), SIZE);
	assert_null(pool_take(&p));
	assert_int_equal(p.peak, COUNT);
	pool_fini(&p);
}

/* None is out: all goes back, but only where that is worth a call. */
static void a_resting_pool_costs_nothing(void **state)
{
	(void)state;
	enum { COUNT = 2048, SIZE = 4096 };
	static void *block[COUNT];
	struct pool p = made(SIZE, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		memset(block[i] = pool_take(&p), 0xff, SIZE);
	assert_false(pool_is_sparse(&p));
	for (size_t i = 0; i < COUNT; i++)
		pool_give(&p, block[i]);
	assert_true(pool_is_sparse(&p));
	pool_cut(&p);
	assert_int_equal(p.fresh, 0);
	assert_int_equal(p.peak, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		assert_zero(pool_take(&p), SIZE);
	assert_null(pool_take(&p));
	pool_fini(&p);
	p = made(SIZE, COUNT);
	pool_give(&p, pool_take(&p));
	assert_false(pool_is_sparse(&p));
	pool_fini(&p);
}

/* Of sizes with many twos in them and with none but the least. */
static void each_block_has_its_number(void **state)
{
	(void)state;
	static const size_t sizes[] = { 8, 16, 24, 96, 488, 496, 1000, 4096, 65536, 65528 };
	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct pool p = made(sizes[s], 300);
		for (size_t i = 0; i < 300; i++)
			assert_int_equal(pool_number(&p, pool_take_uncleared(&p)), i);
		pool_fini(&p);
	}
}

/* What lies within a block, before the first or behind the last that was out is none. */
static void what_is_no_block_has_no_number_of_one(void **state)
{
	(void)state;
	enum { SIZE = 488, OUT = 5 };
	struct pool p = made(SIZE, 9);
	for (unsigned i = 0; i < OUT; i++)
		pool_take(&p);
	for (uintptr_t at = (uintptr_t)p.blocks - 2 * SIZE; at < (uintptr_t)p.blocks + 9 * SIZE; at++) {
		const size_t number = pool_number(&p, (const void *)at);
		const bool is_block = number < p.fresh && at == (uintptr_t)p.blocks + number * p.size;
		const uintptr_t offset = at - (uintptr_t)p.blocks;
		assert_int_equal(is_block, at >= (uintptr_t)p.blocks && offset < OUT * SIZE && offset % SIZE == 0);
	}
	pool_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_rounded_up),
		cmocka_unit_test(blocks_are_zero_even_when_used_before),
		cmocka_unit_test(uncleared_blocks_count_alike),
		cmocka_unit_test(it_counts_and_refuses),
		cmocka_unit_test(freed_blocks_come_before_new_ones),
		cmocka_unit_test(a_pool_of_none),
		cmocka_unit_test(what_cannot_be_is_an_error),
		cmocka_unit_test(untouched_blocks_cost_nothing),
		cmocka_unit_test(few_of_many_lie_together),
		cmocka_unit_test(a_resting_pool_costs_nothing),
		cmocka_unit_test(each_block_has_its_number),
		cmocka_unit_test(what_is_no_block_has_no_number_of_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
