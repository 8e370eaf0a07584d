/* What is kept of what is wrong: cleaned, bounded, counted, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "rules/problem.h"

static void kept(void **state)
{
	(void)state;
	struct problems p = { 0 };
	assert_false(problem_add(&p, PROBLEM_ERROR, "a.yaml", 3, 5, "%s is %d", "x", 7));
	assert_false(problem_add(&p, PROBLEM_WARNING, "a.yaml", 0, 0, "odd"));
	assert_int_equal(p.count, 2);
	assert_int_equal(p.errors, 1);
	assert_int_equal(p.warnings, 1);
	assert_string_equal(p.list[0].file, "a.yaml");
	assert_string_equal(p.list[0].what, "x is 7");
	assert_int_equal(p.list[0].line, 3);
	assert_int_equal(p.list[0].column, 5);
	assert_int_equal(p.list[1].level, PROBLEM_WARNING);
	problems_fini(&p);
	assert_null(p.list);
	assert_int_equal(p.count, 0);
}

/* Nothing that could drive a terminal or turn a line around leaves. */
static void cleaned(void **state)
{
	(void)state;
	struct problems p = { 0 };
	problem_add(&p, PROBLEM_ERROR, "a\x1b[31m\n", 1, 1, "%s",
	    "esc \x1b[0m nl \n c1 \xc2\x9b rlo \xe2\x80\xae bad \xff\xfe e \xc3\xa9");
	assert_string_equal(p.list[0].file, "a?[31m?");
	assert_string_equal(p.list[0].what, "esc ?[0m nl ? c1 ? rlo ? bad ?? e \xc3\xa9");
	problems_fini(&p);
}

/* Cut before a character that would not fit whole. */
static void cut(void **state)
{
	(void)state;
	struct problems p = { 0 };
	char text[1200];
	for (unsigned lead = 0; lead < 2; lead++) {
		size_t n = lead;
		memset(text, 'x', lead);
		while (n + 2 < sizeof text) {
			memcpy(text + n, "\xc3\xa9", 2);
			n += 2;
		}
		text[n] = '\0';
		problem_add(&p, PROBLEM_ERROR, text, 1, 1, "%s", text);
		const struct problem *last = &p.list[p.count - 1];
		assert_int_equal(strlen(last->file), lead == 0 ? 254 : 255);
		assert_int_equal(strlen(last->what), lead == 0 ? 510 : 511);
		assert_memory_equal(last->what, text, strlen(last->what));
	}
	problems_fini(&p);
}

static void bounded(void **state)
{
	(void)state;
	struct problems p = { 0 };
	for (unsigned i = 0; i < MAX_PROBLEMS + 25; i++)
		problem_add(&p, i % 2 == 0 ? PROBLEM_ERROR : PROBLEM_WARNING, "f", i + 1, 1, "%u", i);
	assert_int_equal(p.count, MAX_PROBLEMS);
	assert_int_equal(p.dropped, 25);
	assert_int_equal(p.errors + p.warnings, MAX_PROBLEMS + 25);
	assert_string_equal(p.list[MAX_PROBLEMS - 1].what, "999");
	problems_fini(&p);
}

static void sorted(void **state)
{
	(void)state;
	static const struct {
		const char *file, *what;
		unsigned line, column;
	} rows[] = {
		{ "b", "5", 9, 1 },
		{ "a", "6", 1, 1 },
		{ "b", "2", 2, 7 },
		{ "b", "1", 2, 3 },
		{ "b", "3", 2, 7 },
		{ "a", "7", 1, 2 },
		{ "b", "4", 2, 7 },
		{ "b", "0", 0, 0 },
	};
	struct problems p = { 0 };
	problems_sort(&p);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		problem_add(&p, PROBLEM_ERROR, rows[i].file, rows[i].line, rows[i].column, "%s", rows[i].what);
	problems_sort(&p);
	for (size_t i = 0; i < p.count; i++)
		assert_int_equal(p.list[i].what[0], '0' + i);
	assert_string_equal(p.list[0].file, "b");
	assert_string_equal(p.list[7].file, "a");
	problems_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept),
		cmocka_unit_test(cleaned),
		cmocka_unit_test(cut),
		cmocka_unit_test(bounded),
		cmocka_unit_test(sorted),
	};
	return cmocka_run_group_tests_name("rules/problem", tests, NULL, NULL);
}
