/* Every code point comes back; every form that is none is refused (RFC 3629). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/utf8.h"

static size_t spell(uint32_t point, size_t len, uint8_t out[4])
{
	static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	if (len == 1) {
		out[0] = (uint8_t)point;
		return 1;
	}
	for (size_t i = len - 1; i > 0; i--, point >>= 6)
		out[i] = (uint8_t)(0x80 | (point & 0x3f));
	out[0] = (uint8_t)(lead[len] | point);
	return len;
}

static size_t shortest(uint32_t point)
{
	return point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
}

/* All that a form of 1 to 4 bytes can spell: only the shortest form of a code point that is no surrogate is one. */
static void every_spelling(void **state)
{
	(void)state;
	static const uint32_t ends[] = { 0, 0x80, 0x800, 0x10000, 0x200000 };
	for (size_t len = 1; len <= 4; len++) {
		for (uint32_t point = 0; point < ends[len]; point++) {
			uint8_t bytes[4];
			uint32_t got = 0;
			spell(point, len, bytes);
			const bool good =
			    len == shortest(point) && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
			const size_t n = utf8_decode((struct slice){ bytes, len }, &got);
			if (n != (good ? len : 0) || (good && got != point))
				fail_msg("U+%04X in %zu bytes: %zu", point, len, n);
			if (good && utf8_decode((struct slice){ bytes, len - 1 }, &got) != 0)
				fail_msg("U+%04X cut short", point);
		}
	}
}

static void what_is_no_character(void **state)
{
	(void)state;
	static const char *const rows[] = { "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe2\x28\xa1",
		"\xe2\x82\x28", "\xf0\x90\x28\xbc", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff" };
	uint32_t point;
	assert_int_equal(utf8_decode((struct slice){ NULL, 0 }, &point), 0);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const size_t len = strlen(rows[i]);
		uint8_t *const in = malloc(len);
		assert_non_null(in);
		memcpy(in, rows[i], len);
		assert_int_equal(utf8_decode((struct slice){ in, len }, &point), 0);
		free(in);
	}
}

static void what_may_be_shown(void **state)
{
	(void)state;
	static const struct {
		uint32_t from, to;
	} harmful[] = { { 0, 0x1f }, { 0x7f, 0x9f }, { 0x61c, 0x61c }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
		{ 0x2066, 0x2069 } };
	size_t row = 0;
	for (uint32_t point = 0; point <= 0x10ffff; point++) {
		while (row < sizeof harmful / sizeof harmful[0] && point > harmful[row].to)
			row++;
		const bool harmless = row == sizeof harmful / sizeof harmful[0] || point < harmful[row].from;
		if (utf8_is_harmless(point) != harmless)
			fail_msg("U+%04X", point);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling),
		cmocka_unit_test(what_is_no_character),
		cmocka_unit_test(what_may_be_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
