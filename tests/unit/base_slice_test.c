/* Slices and cursors: every input lies in a buffer of its exact size, so that a byte too far is reported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/slice.h"

static const struct slice nowhere = { NULL, 0 };

static struct slice exact(const char *bytes, size_t len)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, bytes, len);
	return (struct slice){ copy, len };
}

static void drop(struct slice s)
{
	free((void *)(uintptr_t)s.at);
}

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static void what_lies_outside_is_not_there(void **state)
{
	(void)state;
	const struct slice s = exact("abc", 3);
	assert_int_equal(slice_from(s, 1).len, 2);
	assert_int_equal(slice_from(s, 3).len, 0);
	assert_int_equal(slice_from(s, SIZE_MAX).len, 0);
	assert_ptr_equal(slice_from(s, SIZE_MAX).at, s.at + 3);
	assert_int_equal(slice_head(s, 2).len, 2);
	assert_int_equal(slice_head(s, SIZE_MAX).len, 3);
	drop(s);
}

static void an_empty_slice_needs_no_address(void **state)
{
	(void)state;
	struct slice rest = nowhere, part;
	assert_null(slice_from(nowhere, 5).at);
	assert_true(slice_eq(nowhere, SLICE("")));
	assert_true(slice_starts(nowhere, nowhere));
	assert_false(slice_starts(nowhere, SLICE("a")));
	assert_true(slice_eq_nocase(nowhere, nowhere));
	assert_int_equal(slice_find(nowhere, 'a'), 0);
	assert_int_equal(slice_search(nowhere, SLICE("a")), 0);
	assert_int_equal(slice_trim(nowhere).len, 0);
	assert_false(slice_cut(&rest, ',', &part));
}

static void comparing(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool same, nocase, starts, starts_nocase;
	} rows[] = {
		{ "", "", true, true, true, true },
		{ "abc", "abc", true, true, true, true },
		{ "abc", "ABC", false, true, false, true },
		{ "abcd", "AB", false, false, false, true },
		{ "abcd", "ab", false, false, true, true },
		{ "ab", "abc", false, false, false, false },
		{ "@[`{", "`{@[", false, false, false, false },
		{ "\xe4", "\xc4", false, false, false, false },
		{ "k", "\xe2\x84\xaa", false, false, false, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct slice a = exact(rows[i].a, strlen(rows[i].a)), b = exact(rows[i].b, strlen(rows[i].b));
		assert_int_equal(slice_eq(a, b), rows[i].same);
		assert_int_equal(slice_eq_nocase(a, b), rows[i].nocase);
		assert_int_equal(slice_starts(a, b), rows[i].starts);
		assert_int_equal(slice_starts_nocase(a, b), rows[i].starts_nocase);
		drop(a);
		drop(b);
	}
}

static void finding(void **state)
{
	(void)state;
	static const struct {
		const char *in, *what;
		size_t at;
	} rows[] = {
		{ "abc", "", 0 },
		{ "", "a", 0 },
		{ "abc", "a", 0 },
		{ "abc", "c", 2 },
		{ "abc", "d", 3 },
		{ "aab", "ab", 1 },
		{ "ababac", "abac", 2 },
		{ "aaaa", "aab", 4 },
		{ "ab", "abc", 2 },
		{ "\r\r\n\r\n", "\r\n\r\n", 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct slice in = exact(rows[i].in, strlen(rows[i].in)), what = text(rows[i].what);
		assert_int_equal(slice_search(in, what), rows[i].at);
		if (what.len == 1)
			assert_int_equal(slice_find(in, what.at[0]), rows[i].at);
		drop(in);
	}
	const struct slice nul = exact("a\0b", 3);
	assert_int_equal(slice_find(nul, 'b'), 2);
	drop(nul);
}

static void trimming(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = { { "", "" }, { " \t ", "" }, { "a", "a" }, { "\t a b \t", "a b" }, { "\r\na\v", "\r\na\v" } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct slice in = exact(rows[i].in, strlen(rows[i].in));
		assert_true(slice_eq(slice_trim(in), text(rows[i].out)));
		drop(in);
	}
}

static void cutting(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		const char *parts[4];
		unsigned count;
	} rows[] = {
		{ "", { "" }, 1 },
		{ "a", { "a" }, 1 },
		{ "a,", { "a", "" }, 2 },
		{ ",a", { "", "a" }, 2 },
		{ "a,,b", { "a", "", "b" }, 3 },
		{ ",,", { "", "", "" }, 3 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct slice in = exact(rows[i].in, strlen(rows[i].in));
		struct slice rest = in, part;
		unsigned n = 0;
		while (slice_cut(&rest, ',', &part)) {
			assert_true(n < rows[i].count);
			assert_true(slice_eq(part, text(rows[i].parts[n])));
			n++;
		}
		assert_int_equal(n, rows[i].count);
		assert_null(rest.at);
		drop(in);
	}
}

static void decimals(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		uint64_t max, value;
		bool ok;
	} rows[] = {
		{ "0", 0, 0, true },
		{ "1", 0, 0, false },
		{ "7", 5, 0, false },
		{ "5", 5, 5, true },
		{ "10", 9, 0, false },
		{ "65535", 65535, 65535, true },
		{ "65536", 65535, 0, false },
		{ "000000000000000000000000000042", 42, 42, true },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX, true },
		{ "18446744073709551616", UINT64_MAX, 0, false },
		{ "99999999999999999999999999999", UINT64_MAX, 0, false },
		{ "", 9, 0, false },
		{ "+1", 9, 0, false },
		{ "-1", 9, 0, false },
		{ " 1", 9, 0, false },
		{ "1 ", 9, 0, false },
		{ "0x1", 99, 0, false },
		{ "1\xb2", 99, 0, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct slice in = exact(rows[i].in, strlen(rows[i].in));
		uint64_t value = 0;
		assert_int_equal(slice_decimal(in, rows[i].max, &value), rows[i].ok);
		if (rows[i].ok)
			assert_true(value == rows[i].value);
		drop(in);
	}
}

static void copying(void **state)
{
	(void)state;
	char to[4];
	assert_int_equal(slice_copy(SLICE("abcdef"), to, sizeof to), 3);
	assert_string_equal(to, "abc");
	assert_int_equal(slice_copy(SLICE("ab"), to, sizeof to), 2);
	assert_string_equal(to, "ab");
	assert_int_equal(slice_copy(nowhere, to, sizeof to), 0);
	assert_string_equal(to, "");
	to[0] = 'x';
	assert_int_equal(slice_copy(SLICE("ab"), to, 1), 0);
	assert_string_equal(to, "");
	to[0] = 'x';
	assert_int_equal(slice_copy(SLICE("ab"), to, 0), 0);
	assert_int_equal(to[0], 'x');
}

static void a_cursor_reads_big_endian(void **state)
{
	(void)state;
	const struct slice in = exact("\xff\x01\x02\x80\x00\x01\xff\xfe\xfd\xfcrest", 14);
	struct cursor c = cursor_on(in);
	assert_int_equal(cursor_u8(&c), 0xff);
	assert_int_equal(cursor_be16(&c), 0x0102);
	assert_int_equal(cursor_be24(&c), 0x800001);
	assert_true(cursor_be32(&c) == 0xfffefdfc);
	assert_true(slice_eq(cursor_take(&c, 4), SLICE("rest")));
	assert_true(c.ok);
	assert_int_equal(c.rest.len, 0);
	assert_int_equal(read_be16(in.at), 0xff01);
	assert_true(read_be32(in.at + 6) == 0xfffefdfc);
	drop(in);
}

static void a_cursor_goes_bad_once_and_stays_bad(void **state)
{
	(void)state;
	const struct slice in = exact("\x01\x02\x03", 3);
	struct cursor c = cursor_on(in);
	assert_int_equal(cursor_be32(&c), 0);
	assert_false(c.ok);
	assert_int_equal(cursor_u8(&c), 0);
	assert_int_equal(cursor_take(&c, 0).len, 0);
	assert_false(c.ok);

	c = cursor_on(in);
	assert_int_equal(cursor_take(&c, SIZE_MAX).len, 0);
	assert_false(c.ok);
	drop(in);

	c = cursor_on(nowhere);
	assert_int_equal(cursor_take(&c, 0).len, 0);
	assert_true(c.ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_lies_outside_is_not_there),
		cmocka_unit_test(an_empty_slice_needs_no_address),
		cmocka_unit_test(comparing),
		cmocka_unit_test(finding),
		cmocka_unit_test(trimming),
		cmocka_unit_test(cutting),
		cmocka_unit_test(decimals),
		cmocka_unit_test(copying),
		cmocka_unit_test(a_cursor_reads_big_endian),
		cmocka_unit_test(a_cursor_goes_bad_once_and_stays_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
