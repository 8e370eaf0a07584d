/* Which conversations are to be marked, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "enforce/sanction.h"

#define MS INT64_C(1000000)

static enum mark_kind at(struct sanction *s, int64_t ms, bool settled, bool carried, bool *again)
{
	const struct sanction_view v = { .now = ms * MS, .settled = settled, .carried = carried };
	return sanction_next(s, &v, again);
}

static enum mark_kind look(struct sanction *s, int64_t ms, bool settled)
{
	bool again = false;
	return at(s, ms, settled, false, &again);
}

static void test_nothing_by_itself(void **state)
{
	(void)state;
	struct sanction s = { .kind = MARK_NONE };
	assert_int_equal(look(&s, 1000, false), MARK_NONE);
	sanction_judged(&s, ACT_ALERT, MOMENT_LABEL);
	sanction_judged(&s, ACT_MARK, MOMENT_LABEL);
	assert_int_equal(look(&s, 2000, false), MARK_NONE);
}

static void test_drop_and_reject_forbid(void **state)
{
	(void)state;
	for (int reject = 0; reject < 2; reject++) {
		struct sanction s = { .kind = MARK_NONE };
		sanction_judged(&s, reject ? ACT_REJECT : ACT_DROP, MOMENT_ANSWERED);
		assert_int_equal(look(&s, 1000, false), MARK_FORBIDDEN);
		assert_int_equal(look(&s, 1001, false), MARK_NONE);
	}
}

static void test_at_the_end_it_is_too_late(void **state)
{
	(void)state;
	struct sanction s = { .kind = MARK_NONE };
	sanction_judged(&s, ACT_DROP, MOMENT_END);
	sanction_judged(&s, ACT_PASS, MOMENT_END);
	assert_int_equal(look(&s, 1000, false), MARK_NONE);
}

static void test_who_speaks_first(void **state)
{
	(void)state;
	struct sanction passed = { .kind = MARK_NONE }, dropped = { .kind = MARK_NONE };
	sanction_judged(&passed, ACT_PASS, MOMENT_BEGIN);
	sanction_judged(&passed, ACT_DROP, MOMENT_LABEL);
	assert_int_equal(look(&passed, 1000, false), MARK_SETTLED);
	sanction_judged(&dropped, ACT_DROP, MOMENT_ASKED);
	sanction_judged(&dropped, ACT_PASS, MOMENT_LABEL);
	assert_int_equal(look(&dropped, 1000, true), MARK_FORBIDDEN);
}

static void test_settled_may_be_forbidden_later(void **state)
{
	(void)state;
	bool again = true;
	struct sanction s = { .kind = MARK_NONE };
	assert_int_equal(look(&s, 1000, true), MARK_SETTLED);
	sanction_judged(&s, ACT_DROP, MOMENT_ODD);
	assert_int_equal(at(&s, 1001, true, false, &again), MARK_FORBIDDEN);
	assert_false(again);
}

static void test_never_inside_an_encapsulation(void **state)
{
	(void)state;
	bool again;
	struct sanction s = { .kind = MARK_NONE };
	sanction_judged(&s, ACT_DROP, MOMENT_ANSWERED);
	for (int64_t ms = 0; ms < 100000; ms += 1000)
		assert_int_equal(at(&s, ms, true, true, &again), MARK_NONE);
	struct sanction settled = { .kind = MARK_NONE };
	assert_int_equal(at(&settled, 1, true, true, &again), MARK_NONE);
	/* And who has begun inside one is not settled by a bare packet; but a wrapped one is no way out of being forbidden. */
	assert_int_equal(at(&settled, 2, true, false, &again), MARK_NONE);
	assert_int_equal(at(&s, 100001, true, false, &again), MARK_FORBIDDEN);
}

/* Askings in so many seconds, with a packet every ten milliseconds. */
static unsigned askings(struct sanction *s, unsigned seconds, bool settled)
{
	unsigned count = 0, first = 0;
	for (int64_t ms = 0; ms < seconds * 1000; ms += 10) {
		bool again = false;
		const bool asked = at(s, 5000 + ms, settled, false, &again) != MARK_NONE;
		count += asked;
		first += asked && !again;
	}
	assert_int_equal(first, 1);
	return count;
}

static void test_asked_again_more_and_more_rarely(void **state)
{
	(void)state;
	struct sanction s = { .kind = MARK_NONE };
	sanction_judged(&s, ACT_DROP, MOMENT_ANSWERED);
	/* At 0, 0.25, 1.25, 5.25, 21.25, 37.25. */
	assert_int_equal(askings(&s, 40, false), 6);
	/* A thousand such pauses: the count of them does not begin anew. */
	for (int64_t i = 1; i <= 1000; i++)
		assert_int_equal(look(&s, 45000 + i * 16000, false), MARK_FORBIDDEN);
	assert_int_equal(look(&s, 45000 + 1000 * 16000 + 15999, false), MARK_NONE);
}

static void test_settled_is_not_worth_it(void **state)
{
	(void)state;
	struct sanction s = { .kind = MARK_NONE };
	assert_int_equal(askings(&s, 100, true), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_by_itself),
		cmocka_unit_test(test_drop_and_reject_forbid),
		cmocka_unit_test(test_at_the_end_it_is_too_late),
		cmocka_unit_test(test_who_speaks_first),
		cmocka_unit_test(test_settled_may_be_forbidden_later),
		cmocka_unit_test(test_never_inside_an_encapsulation),
		cmocka_unit_test(test_asked_again_more_and_more_rarely),
		cmocka_unit_test(test_settled_is_not_worth_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
