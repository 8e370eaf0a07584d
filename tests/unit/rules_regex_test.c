/* Regular expressions: what they find, what does not compile, and that none takes long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>
#include <time.h>
#include "rules/ruleset.h"

static struct slice slice_of(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static enum regex_result match(const char *pattern, bool any_case, const char *text)
{
	char why[256] = "";
	size_t at = 0;
	struct regex *r = regex_new(slice_of(pattern), any_case, why, &at);
	if (r == NULL)
		fail_msg("%s: %s", pattern, why);
	const enum regex_result got = regex_match(r, slice_of(text));
	regex_free(r);
	return got;
}

static void finds_anywhere(void **state)
{
	(void)state;
	assert_int_equal(match("b+", false, "abbc"), REGEX_YES);
	assert_int_equal(match("^b", false, "abbc"), REGEX_NO);
	assert_int_equal(match("B", false, "abbc"), REGEX_NO);
	assert_int_equal(match("B", true, "abbc"), REGEX_YES);
	assert_int_equal(match("(?i)B", false, "abbc"), REGEX_YES);
	assert_int_equal(match("", false, ""), REGEX_YES);
	assert_int_equal(match("(a)(b)(c)", false, "abc"), REGEX_YES);
	assert_int_equal(match("\\xff\\x00?$", false, "a\xff"), REGEX_YES);
}

static void empty_text_may_have_no_address(void **state)
{
	(void)state;
	char why[256];
	size_t at;
	struct regex *r = regex_new(SLICE("^$"), false, why, &at);
	assert_non_null(r);
	assert_int_equal(regex_match(r, (struct slice){ NULL, 0 }), REGEX_YES);
	regex_free(r);
	regex_free(NULL);
}

static void says_what_does_not_compile(void **state)
{
	(void)state;
	static const char *const wrong[] = { "(", "a)", "[", "*", "\\C", "(*UTF)a", "(*UCP)a", "(?<n>a)(?<n>b)", "\\" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		char why[256] = "";
		size_t at = 999;
		if (regex_new(slice_of(wrong[i]), false, why, &at) != NULL)
			fail_msg("%s compiles", wrong[i]);
		assert_true(why[0] != '\0' && at <= strlen(wrong[i]));
	}
}

static void bounds_what_it_compiles(void **state)
{
	(void)state;
	static char text[2000];
	char why[256] = "";
	size_t at;
	memset(text, 'a', 1025);
	assert_null(regex_new(slice_of(text), false, why, &at));
	text[1024] = '\0';
	struct regex *r = regex_new(slice_of(text), false, why, &at);
	assert_non_null(r);
	regex_free(r);
	for (int i = 0; i < 100; i++) {
		text[i] = '(';
		text[100 + i] = ')';
	}
	text[200] = '\0';
	assert_null(regex_new(slice_of(text), false, why, &at));
	/* As large as it gets, and still read in no time. */
	const clock_t begun = clock();
	r = regex_new(SLICE("(((a{1,200}){1,200}){1,200}){1,200}"), false, why, &at);
	assert_null(r);
	r = regex_new(SLICE("((?:abc|d){1,100}){1,20}x"), false, why, &at);
	assert_non_null(r);
	regex_free(r);
	assert_true(clock() - begun < CLOCKS_PER_SEC);
}

/* These would take until the end of the world. */
static void stops_what_takes_long(void **state)
{
	(void)state;
	static const char *const slow[] = { "(a+)+$", "(a|aa)+$", "(a*)*b", "(.*)*\\1x", "(a+)+\\d", "^(?:(?:a+)+)+!",
		"(?:.*?.*?.*?.*?.*?.*?.*?.*?)z", "((a?){30}){30}q" };
	static char text[257];
	memset(text, 'a', 256);
	text[255] = '!';
	for (size_t i = 0; i < sizeof slow / sizeof *slow; i++) {
		char why[256];
		size_t at;
		struct regex *r = regex_new(slice_of(slow[i]), false, why, &at);
		assert_non_null(r);
		const clock_t begun = clock();
		for (int n = 0; n < 10; n++)
			regex_match(r, slice_of(text));
		const double ms = (double)(clock() - begun) * 1000 / CLOCKS_PER_SEC / 10;
		if (ms > 20)
			fail_msg("%s takes %.1f ms", slow[i], ms);
		regex_free(r);
	}
	assert_int_equal(match("(a+)+$", false, text), REGEX_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_anywhere),
		cmocka_unit_test(empty_text_may_have_no_address),
		cmocka_unit_test(says_what_does_not_compile),
		cmocka_unit_test(bounds_what_it_compiles),
		cmocka_unit_test(stops_what_takes_long),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
