#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "engine/held.h"

static struct held_room room;

static int forget(void **state)
{
	(void)state;
	memset(&room, 0, sizeof room);
	return 0;
}

static void the_oldest_goes_first(void **state)
{
	struct held_list l = { 0 };
	uint32_t token = 0;
	(void)state;
	assert_int_equal(held_put(&room, &l, 7, 1000, 10), HELD_KEPT);
	assert_int_equal(held_put(&room, &l, 9, 1010, 10), HELD_KEPT);
	assert_int_equal(room.used, 2);
	assert_true(held_take(&room, &l, &token));
	assert_int_equal(token, 7);
	assert_true(held_take(&room, &l, &token));
	assert_int_equal(token, 9);
	assert_false(held_take(&room, &l, &token));
	assert_int_equal(room.used, 0);
}

static void what_comes_again_is_known(void **state)
{
	struct held_list l = { 0 };
	(void)state;
	held_put(&room, &l, 1, 0xfffffff8, 16); /* around the end of the numbers */
	assert_int_equal(held_put(&room, &l, 2, 0xfffffff8, 16), HELD_AGAIN);
	assert_int_equal(held_put(&room, &l, 3, 2, 6), HELD_AGAIN);
	assert_int_equal(held_put(&room, &l, 4, 2, 7), HELD_KEPT); /* one byte more */
}

static void a_conversation_has_its_bound(void **state)
{
	struct held_list l = { 0 }, other = { 0 };
	uint32_t token;
	(void)state;
	for (uint32_t i = 0; i < MAX_HELD_FLOW; i++)
		assert_int_equal(held_put(&room, &l, i, i * 100, 100), HELD_KEPT);
	assert_int_equal(held_put(&room, &l, 99, 99999, 100), HELD_FULL);
	assert_int_equal(held_put(&room, &other, 99, 99999, 100), HELD_KEPT);
	assert_true(held_take(&room, &l, &token));
	assert_int_equal(held_put(&room, &l, 99, 99999, 100), HELD_KEPT);
}

static void so_have_all_together(void **state)
{
	static struct held_list lists[MAX_HELD + 1];
	uint32_t token;
	(void)state;
	for (uint32_t i = 0; i < MAX_HELD; i++)
		assert_int_equal(held_put(&room, &lists[i], i, 0, 1), HELD_KEPT);
	assert_int_equal(held_put(&room, &lists[MAX_HELD], 0, 0, 1), HELD_FULL);
	for (uint32_t i = 0; i < MAX_HELD; i++) {
		assert_true(held_take(&room, &lists[i], &token));
		assert_int_equal(token, i);
	}
	assert_int_equal(held_put(&room, &lists[MAX_HELD], 0, 0, 1), HELD_KEPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_oldest_goes_first, forget),
		cmocka_unit_test_setup(what_comes_again_is_known, forget),
		cmocka_unit_test_setup(a_conversation_has_its_bound, forget),
		cmocka_unit_test_setup(so_have_all_together, forget),
	};
	return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
