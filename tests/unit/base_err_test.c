/* What an error says, and that it always fits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "base/err.h"

static void it_is_false_and_filled_in(void **state)
{
	(void)state;
	struct err e = { .sys = 99 };
	assert_false(err_set(&e, "base.yaml:12:5", "no such key '%s'", "colour"));
	assert_int_equal(e.sys, 0);
	assert_string_equal(e.where, "base.yaml:12:5");
	assert_string_equal(e.what, "no such key 'colour'");
}

static void the_system_says_its_word(void **state)
{
	(void)state;
	struct err e;
	char want[128] = "cannot open: ";
	strncat(want, strerror(ENOENT), sizeof want - strlen(want) - 1);
	errno = ENOENT;
	assert_false(err_set_sys(&e, "a.pcap", "cannot %s", "open"));
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.where, "a.pcap");
	assert_string_equal(e.what, want);
}

static void long_words_are_cut(void **state)
{
	(void)state;
	char words[1000];
	struct err e;
	memset(words, 'x', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	assert_false(err_set(&e, words, "%s", words));
	assert_int_equal(strlen(e.where), sizeof e.where - 1);
	assert_int_equal(strlen(e.what), sizeof e.what - 1);
	errno = EACCES;
	assert_false(err_set_sys(&e, words, "%s", words));
	assert_int_equal(e.sys, EACCES);
	assert_int_equal(strlen(e.what), sizeof e.what - 1);
}

static void it_may_quote_itself(void **state)
{
	(void)state;
	struct err e;
	err_set(&e, "line 3", "too long");
	assert_false(err_set(&e, e.where, "while reading: %s", e.what));
	assert_string_equal(e.where, "line 3");
	assert_string_equal(e.what, "while reading: too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_false_and_filled_in),
		cmocka_unit_test(the_system_says_its_word),
		cmocka_unit_test(long_words_are_cut),
		cmocka_unit_test(it_may_quote_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
