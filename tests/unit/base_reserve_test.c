#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/reserve.h"

enum { ROOM = 1 << 20, PIECES = 200 };

static void test_pieces_do_not_touch(void **state)
{
	(void)state;
	struct reserve r;
	struct err e;
	unsigned char *piece[PIECES];
	assert_true(reserve_open(&r, "test", ROOM, &e));
	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < PIECES; i++) {
			piece[i] = reserve_take(&r, i * 13);
			assert_non_null(piece[i]);
			assert_int_equal((uintptr_t)piece[i] % 16, 0);
			memset(piece[i], (int)i, i * 13);
		}
		for (size_t i = 0; i < PIECES; i++)
			for (size_t at = 0; at < i * 13; at++)
				assert_int_equal(piece[i][at], i);
		/* Given back in another order than taken. */
		for (size_t i = 0; i < PIECES; i++)
			reserve_give(&r, piece[(i * 7) % PIECES]);
	}
	/* What was given back was used again: one round has room, twenty had not. */
	assert_true(r.used < ROOM);
	reserve_close(&r);
}

static void test_it_ends(void **state)
{
	(void)state;
	struct reserve r;
	struct err e;
	assert_true(reserve_open(&r, "test", ROOM, &e));
	assert_null(reserve_take(&r, SIZE_MAX));
	assert_null(reserve_take(&r, ROOM + 1));
	assert_null(reserve_take(&r, ROOM)); /* its head has no room */
	unsigned n = 0;
	void *last = NULL;
	for (void *p; (p = reserve_take(&r, 4096)) != NULL; n++)
		last = p;
	assert_int_equal(n, ROOM / (4096 + 16));
	reserve_give(&r, NULL);
	reserve_give(&r, last);
	assert_ptr_equal(reserve_take(&r, 3000), last);
	assert_null(reserve_take(&r, 3000));
	reserve_close(&r);
	assert_null(reserve_take(&r, 1));
	reserve_close(&r);
}

static void test_too_much(void **state)
{
	(void)state;
	struct reserve r;
	struct err e;
	assert_false(reserve_open(&r, "everything", SIZE_MAX / 2, &e));
	assert_string_equal(e.where, "everything");
	reserve_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces_do_not_touch),
		cmocka_unit_test(test_it_ends),
		cmocka_unit_test(test_too_much),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
