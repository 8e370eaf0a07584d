/* What a pen writes is what printf would, and nothing farther behind than it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "base/pen.h"

enum { ROOM = 64 };

static void check(char text[ROOM], const char *end, const char *want)
{
	const size_t len = strlen(want);
	if ((size_t)(end - text) != len || memcmp(text, want, len) != 0)
		fail_msg("%.*s instead of %s", (int)(end - text), text, want);
	for (size_t i = len + PEN_OVER; i < ROOM; i++)
		assert_int_equal(text[i], '#');
}

static void check_uint(uint64_t value)
{
	char text[ROOM], want[ROOM];
	memset(text, '#', sizeof text);
	snprintf(want, sizeof want, "%llu", (unsigned long long)value);
	check(text, pen_uint(text, value), want);
}

static void numbers_of_any_size(void **state)
{
	(void)state;
	for (unsigned value = 0; value < 200000; value++)
		check_uint(value);
	uint64_t power = 1;
	for (unsigned i = 0; i < 20; i++, power *= 10)
		for (uint64_t off = 0; off < 3; off++)
			check_uint(power + off - 1);
	for (unsigned bit = 0; bit < 64; bit++)
		for (uint64_t off = 0; off < 3; off++)
			check_uint((UINT64_C(1) << bit) + off - 1);
	for (uint64_t value = 1; value < UINT64_MAX / 3; value = value * 3 + 1)
		check_uint(value);
}

static void leading_zeros(void **state)
{
	(void)state;
	for (unsigned value = 0; value < 1000000; value += value < 2000 ? 1 : 997) {
		char text[ROOM], want[ROOM];
		memset(text, '#', sizeof text);
		snprintf(want, sizeof want, "%06u", value);
		check(text, pen_six(text, value), want);
	}
}

static void fractions(void **state)
{
	(void)state;
	static const struct {
		uint64_t value;
		const char *text;
	} rows[] = {
		{ 0, "0.000000" },
		{ 60, "0.000060" },
		{ 1000000, "1.000000" },
		{ 86400999999, "86400.999999" },
		{ UINT64_MAX, "18446744073709.551615" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[ROOM];
		memset(text, '#', sizeof text);
		check(text, pen_millionths(text, rows[i].value), rows[i].text);
	}
}

static void words_and_bytes(void **state)
{
	(void)state;
	char text[ROOM];
	memset(text, '#', sizeof text);
	char *at = pen_text(text, "\"a\":");
	at = pen_word(at, "");
	at = pen_word(at, "word");
	check(text, pen_bytes(at, "end", 2), "\"a\":worden");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_any_size),
		cmocka_unit_test(leading_zeros),
		cmocka_unit_test(fractions),
		cmocka_unit_test(words_and_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
