/* Which word was meant: how far two words are apart, and when a guess is better not made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "rules/near.h"

static struct slice of(const char *text)
{
	return (struct slice){ (const uint8_t *)text, strlen(text) };
}

static void distances(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		unsigned most, wanted;
	} rows[] = {
		{ "", "", 3, 0 },
		{ "abc", "abc", 3, 0 },
		{ "abc", "ABC", 3, 0 },
		{ "", "abc", 3, 3 },
		{ "abc", "", 3, 3 },
		{ "abc", "abd", 3, 1 },
		{ "abc", "ab", 3, 1 },
		{ "abc", "abxc", 3, 1 },
		{ "abcd", "abdc", 3, 1 },
		{ "abcd", "badc", 3, 2 },
		{ "ca", "abc", 5, 3 }, /* no letter is touched twice */
		{ "severity", "serverity", 3, 1 },
		{ "kitten", "sitting", 5, 3 },
		{ "kitten", "sitting", 2, 3 },
		{ "a", "bcdefgh", 2, 3 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(near_distance(of(rows[i].a), of(rows[i].b), rows[i].most), rows[i].wanted);
		assert_int_equal(near_distance(of(rows[i].b), of(rows[i].a), rows[i].most), rows[i].wanted);
	}
}

static void long_words(void **state)
{
	(void)state;
	static char word[100000];
	memset(word, 'x', sizeof word - 1);
	assert_int_equal(near_distance(of(word), of("x"), 3), 4);
	assert_int_equal(near_distance(of("x"), of(word), 3), 4);
	char forty[41], more[42];
	memset(forty, 'x', sizeof forty);
	memset(more, 'x', sizeof more);
	forty[40] = more[41] = '\0';
	assert_int_equal(near_distance(of(forty), of(forty), 3), 0);
	assert_int_equal(near_distance(of(more), of(forty), 3), 4);
}

static const char *best(const char *word, const char *const *candidates)
{
	struct near n = near_begin(of(word));
	for (; *candidates != NULL; candidates++)
		near_try(&n, *candidates);
	return n.best;
}

static void guesses(void **state)
{
	(void)state;
	static const char *const words[] = { "high", "medium", "low", "info", "severity", NULL };
	assert_string_equal(best("hgih", words), "high");
	assert_string_equal(best("HIGH", words), "high");
	assert_string_equal(best("lov", words), "low");
	assert_string_equal(best("serverity", words), "severity");
	assert_string_equal(best("mediums", words), "medium");
	assert_null(best("", words));
	assert_null(best("x", words));
	assert_null(best("lxx", words));
	assert_null(best("colour", words));
}

/* The nearest of several, and of equals the first. */
static void nearest(void **state)
{
	(void)state;
	static const char *const words[] = { "port-ab", "port-x", "port-y", NULL };
	assert_string_equal(best("port-a", words), "port-ab");
	static const char *const equals[] = { "aaaab", "aaaac", NULL };
	assert_string_equal(best("aaaad", equals), "aaaab");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(long_words),
		cmocka_unit_test(guesses),
		cmocka_unit_test(nearest),
	};
	return cmocka_run_group_tests_name("rules/near", tests, NULL, NULL);
}
