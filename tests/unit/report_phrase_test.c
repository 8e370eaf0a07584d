/* A phrase that is found is the one that was kept, whatever else was kept meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "report/phrase.h"

enum { THINGS = 200 };

static void what_is_found_was_kept(void **state)
{
	(void)state;
	static struct phrases p;
	static const uint64_t things[THINGS];
	char text[PHRASE_MOST], at[PHRASE_MOST];
	unsigned found = 0;
	assert_null(phrase_put(&p, NULL, PHRASE_VERDICT, at));
	for (unsigned round = 0; round < 3; round++)
		for (unsigned i = 0; i < THINGS; i++) {
			const uint32_t manner = (i % 2 == 0 ? PHRASE_NOTE : PHRASE_VERDICT) | (i % 3);
			const void *about = i % 7 == 0 ? NULL : &things[i / 2];
			const size_t len = 1 + (i * 5 + manner) % (PHRASE_MOST - 1);
			memset(text, (int)('a' + (manner + i / 2 * (i % 7 != 0)) % 26), len);
			phrase_keep(&p, about, manner, text, len);
			const char *end = phrase_put(&p, about, manner, at);
			assert_non_null(end);
			assert_int_equal(end - at, len);
			assert_memory_equal(at, text, len);
			assert_null(phrase_put(&p, about, manner ^ PHRASE_NOTE ^ PHRASE_VERDICT ^ 8, at));
			found += i > 1 && phrase_put(&p, &things[(i - 2) / 2], PHRASE_NOTE, at) != NULL;
		}
	assert_true(found != 0);
}

static void too_long_is_not_kept(void **state)
{
	(void)state;
	static struct phrases p;
	char text[PHRASE_MOST + 1] = { 0 }, at[PHRASE_MOST];
	phrase_keep(&p, text, PHRASE_NOTE, text, sizeof text);
	assert_null(phrase_put(&p, text, PHRASE_NOTE, at));
	phrase_keep(&p, text, PHRASE_NOTE, text, PHRASE_MOST);
	assert_non_null(phrase_put(&p, text, PHRASE_NOTE, at));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found_was_kept),
		cmocka_unit_test(too_long_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
