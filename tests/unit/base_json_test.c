/* Lines: what they say exactly, that hostile strings stay inside, that nothing is ever cut in the middle.  With the name
 * of a file as argument it also writes lines of hostile strings there, for another parser to read. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <locale.h>
#include <cmocka.h>
#include "base/json.h"
#include "base/limits.h"
#include "json_check.h"

enum { ROOM = 8192 };

struct line {
	struct json j;
	char text[ROOM];
};

static const char *ended(struct line *l)
{
	const size_t len = json_end(&l->j);
	assert_true(len != 0 && len < ROOM);
	assert_true(json_check_line(l->text, len));
	l->text[len - 1] = '\0';
	return l->text;
}

static void begin(struct line *l)
{
	json_begin(&l->j, l->text, sizeof l->text);
}

static void an_empty_object(void **state)
{
	(void)state;
	struct line l;
	begin(&l);
	assert_string_equal(ended(&l), "{}");
}

static void commas_and_nesting(void **state)
{
	(void)state;
	struct line l;
	begin(&l);
	json_object(&l.j, "a");
	json_object_end(&l.j);
	json_array(&l.j, "b");
	json_array_end(&l.j);
	json_array(&l.j, "c");
	json_uint(&l.j, NULL, 1);
	json_string(&l.j, NULL, "x");
	json_object(&l.j, NULL);
	json_bool(&l.j, "t", true);
	json_bool(&l.j, "f", false);
	json_null(&l.j, "n");
	json_object_end(&l.j);
	json_array(&l.j, NULL);
	json_array(&l.j, NULL);
	json_array_end(&l.j);
	json_array_end(&l.j);
	json_slice(&l.j, NULL, SLICE("y"));
	json_array_end(&l.j);
	json_string(&l.j, "d", NULL);
	json_printf(&l.j, "e", "%d-%s", 7, "\"");
	assert_string_equal(ended(&l), "{\"a\":{},\"b\":[],\"c\":[1,\"x\",{\"t\":true,\"f\":false,\"n\":null},[[]],"
				       "\"y\"],\"d\":null,\"e\":\"7-\\\"\"}");
}

static void numbers(void **state)
{
	(void)state;
	static const struct {
		int64_t value;
		unsigned decimals;
		const char *text;
	} rows[] = {
		{ 0, 0, "{\"n\":0}" },
		{ -1, 0, "{\"n\":-1}" },
		{ INT64_MAX, 0, "{\"n\":9223372036854775807}" },
		{ INT64_MIN, 0, "{\"n\":-9223372036854775808}" },
		{ 31415, 4, "{\"n\":3.1415}" },
		{ -31415, 4, "{\"n\":-3.1415}" },
		{ 5, 1, "{\"n\":0.5}" },
		{ -5, 2, "{\"n\":-0.05}" },
		{ 0, 3, "{\"n\":0.000}" },
		{ 1000, 3, "{\"n\":1.000}" },
		{ INT64_MIN, 9, "{\"n\":-9223372036.854775808}" },
		{ INT64_MIN, 19, "{\"n\":-0.9223372036854775808}" },
		{ 1, UINT_MAX, "{\"n\":0.0000000000000000001}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct line l;
		begin(&l);
		json_fixed(&l.j, "n", rows[i].value, rows[i].decimals);
		assert_string_equal(ended(&l), rows[i].text);
		if (rows[i].decimals != 0)
			continue;
		begin(&l);
		json_int(&l.j, "n", rows[i].value);
		assert_string_equal(ended(&l), rows[i].text);
	}
	struct line l;
	begin(&l);
	json_uint(&l.j, "n", UINT64_MAX);
	assert_string_equal(ended(&l), "{\"n\":18446744073709551615}");
}

static const struct {
	struct slice in;
	const char *out;
} hostile[] = {
	{ { NULL, 0 }, "" },
	{ SLICE(""), "" },
	{ SLICE("plain text, longer than eight bytes"), "plain text, longer than eight bytes" },
	{ SLICE("\",\"label\":\"plain-http"), "\\\",\\\"label\\\":\\\"plain-http" },
	{ SLICE("\\"), "\\\\" },
	{ SLICE("1234567\"12345678\\"), "1234567\\\"12345678\\\\" },
	{ SLICE("a\nb\r\t"), "a\\u000ab\\u000d\\u0009" },
	{ SLICE("a\0b"), "a\\u0000b" },
	{ SLICE("\x1b]0;title\a"), "\\u001b]0;title\\u0007" },
	{ SLICE("12345678\x1f"
		"12345678\x7f"),
	    "12345678\\u001f12345678\\u007f" },
	{ SLICE("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0"), "\\u0080\\u009b\\u009f\xc2\xa0" },
	{ SLICE("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029" },
	{ SLICE("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae\xe2\x80\xaf"),
	    "\\u202a\\u202b\\u202c\\u202d\\u202e\xe2\x80\xaf" },
	{ SLICE("\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9"), "\\u2066\\u2067\\u2068\\u2069" },
	{ SLICE("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u200e\\u200f\\u061c" },
	{ SLICE("caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80"), "caf\xc3\xa9 \xe6\xbc\xa2 \xf0\x9f\x98\x80" },
	{ SLICE("\xff\xfe"), "\xef\xbf\xbd\xef\xbf\xbd" },
	{ SLICE("caf\xe9"), "caf\xef\xbf\xbd" },
	{ SLICE("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd" },
	{ SLICE("\xe0\x80\xaf"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ SLICE("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ SLICE("\xf4\x90\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ SLICE("\xe2\x80"), "\xef\xbf\xbd\xef\xbf\xbd" },
	{ SLICE("\xe2\x80\""), "\xef\xbf\xbd\xef\xbf\xbd\\\"" },
	{ SLICE("\xf0\x9f\x98"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

static void hostile_strings(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct line l;
		char want[256];
		uint8_t *const in = malloc(hostile[i].in.len + 1);
		assert_non_null(in);
		if (hostile[i].in.len != 0)
			memcpy(in + 1, hostile[i].in.at, hostile[i].in.len);
		begin(&l);
		assert_false(json_slice(&l.j, "s", (struct slice){ in + 1, hostile[i].in.len }));
		snprintf(want, sizeof want, "{\"s\":\"%s\"}", hostile[i].out);
		assert_string_equal(ended(&l), want);
		free(in);
	}
}

/* Each byte value at each place of the eight that are looked at together. */
static void every_byte_everywhere(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		for (unsigned place = 0; place < 24; place++) {
			char in[25] = "aaaaaaaaaaaaaaaaaaaaaaaa";
			struct line l;
			in[place] = (char)byte;
			begin(&l);
			json_slice(&l.j, "s", (struct slice){ (const uint8_t *)in, 24 });
			const char *const out = ended(&l) + strlen("{\"s\":\"");
			const bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
			assert_memory_equal(out, in, place);
			assert_int_equal(strlen(out) == 24 + strlen("\"}"), plain);
		}
	}
}

/* All but literals, which are the program's own words. */
static void keys_are_escaped_too(void **state)
{
	(void)state;
	struct line l;
	const char *volatile const key = "a\"b\n";
	begin(&l);
	json_string(&l.j, key, "c\"d\n");
	assert_string_equal(ended(&l), "{\"a\\\"b\\u000a\":\"c\\\"d\\u000a\"}");
}

static void long_strings_are_cut_between_characters(void **state)
{
	(void)state;
	static const struct {
		const char *character;
		size_t whole; /* bytes of it that fit */
	} rows[] = { { "x", MAX_STRING }, { "\xc3\xa9", MAX_STRING }, { "\xe6\xbc\xa2", MAX_STRING / 3 * 3 },
		{ "\xf0\x9f\x98\x80", MAX_STRING } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const size_t one = strlen(rows[i].character), len = (MAX_STRING + 8) / one * one;
		uint8_t in[MAX_STRING + 8];
		struct line l;
		for (size_t n = 0; n < len; n += one)
			memcpy(in + n, rows[i].character, one);
		begin(&l);
		assert_true(json_slice(&l.j, "s", (struct slice){ in, len }));
		assert_int_equal(strlen(ended(&l)), strlen("{\"s\":\"\"}") + rows[i].whole);
		begin(&l);
		assert_false(json_slice(&l.j, "s", (struct slice){ in, rows[i].whole }));
		assert_int_equal(strlen(ended(&l)), strlen("{\"s\":\"\"}") + rows[i].whole);
	}
	uint8_t bad[MAX_STRING + 1];
	struct line l;
	memset(bad, 0xff, sizeof bad);
	begin(&l);
	assert_true(json_slice(&l.j, "s", (struct slice){ bad, sizeof bad }));
	assert_int_equal(strlen(ended(&l)), strlen("{\"s\":\"\"}") + 3 * MAX_STRING);
}

static void write_piece(struct json *j, const char *text)
{
	json_settle(j, pen_word(json_claim_value(j), text));
}

/* Long enough that the same piece is claimed with room for more behind it, and without. */
static size_t write_sample(struct json *j, char *out, size_t size)
{
	json_begin(j, out, size);
	write_piece(j, "\"first\":{");
	write_piece(j, "\"second\":1");
	json_uint(j, "third", UINT64_MAX);
	json_object_end(j);
	json_array(j, "list");
	for (unsigned i = 0; i < 64; i++)
		write_piece(j, "\"filler\"");
	json_string(j, NULL, "two words");
	json_fixed(j, NULL, -12345, 3);
	json_slice(j, NULL, SLICE("\xff\n\xe6\xbc\xa2"));
	json_array_end(j);
	json_object(j, "o");
	json_bool(j, "b", false);
	json_null(j, "z");
	json_object_end(j);
	json_printf(j, "p", "%s", "q");
	return json_end(j);
}

/* In any room that is too small, the answer is 0 and no byte beyond the room is touched. */
static void what_does_not_fit_is_not_a_line(void **state)
{
	(void)state;
	struct json j;
	char whole[2048];
	const size_t len = write_sample(&j, whole, sizeof whole);
	assert_true(len > JSON_PIECE && len + JSON_PIECE < sizeof whole);
	assert_true(memcmp(whole, "{\"first\":{\"second\":1,\"third\":18446744073709551615},\"list\":[\"filler\",\"f",
			70) == 0);
	assert_true(json_check_line(whole, len));
	for (size_t size = 0; size < len; size++) {
		char *const out = malloc(size + (size == 0));
		assert_non_null(out);
		assert_int_equal(write_sample(&j, out, size), 0);
		assert_true(j.full);
		free(out);
	}
	char *const exact = malloc(len);
	assert_non_null(exact);
	assert_int_equal(write_sample(&j, exact, len), len);
	assert_memory_equal(exact, whole, len);
	free(exact);
}

static void numbers_do_not_follow_the_locale(void **state)
{
	(void)state;
	static const char *const commas[] = { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C.UTF-8" };
	for (size_t i = 0; i < sizeof commas / sizeof commas[0]; i++) {
		if (setlocale(LC_ALL, commas[i]) == NULL)
			continue;
		struct line l;
		begin(&l);
		json_fixed(&l.j, "n", 1234567, 3);
		assert_string_equal(ended(&l), "{\"n\":1234.567}");
	}
	setlocale(LC_ALL, "C");
}

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* Bytes of the kinds that matter, thrown together. */
static size_t random_bytes(uint64_t *x, char *out, size_t most)
{
	static const char *const pieces[] = { "abc", "12345678", "\"", "\\", "\n", "\x1b[", "\x7f", "\xc2\x9b",
		"\xe2\x80\xa8", "\xe2\x80", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "\xf0\x9f", "\xff", "\xc3\xa9",
		"\xf4\x90\x80\x80", "}", "]," };
	size_t len = 0;
	const size_t want = next_random(x) % most;
	while (len < want) {
		const char *const piece = pieces[next_random(x) % (sizeof pieces / sizeof pieces[0])];
		const size_t n = strlen(piece);
		if (len + n > most)
			break;
		memcpy(out + len, piece, n);
		len += n;
	}
	return len;
}

static void random_strings(void **state)
{
	FILE *const copy = *state;
	uint64_t x = UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned i = 0; i < 50000; i++) {
		char in[128], out[1024];
		struct json j;
		const size_t len = random_bytes(&x, in, sizeof in);
		json_begin(&j, out, sizeof out);
		json_slice(&j, "s", (struct slice){ (const uint8_t *)in, len });
		const size_t n = json_end(&j);
		assert_true(n != 0 && json_check_line(out, n));
		if (copy != NULL)
			assert_int_equal(fwrite(out, 1, n, copy), n);
	}
}

int main(int argc, char **argv)
{
	FILE *const copy = argc > 1 ? fopen(argv[1], "w") : NULL;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_object),
		cmocka_unit_test(commas_and_nesting),
		cmocka_unit_test(numbers),
		cmocka_unit_test(hostile_strings),
		cmocka_unit_test(every_byte_everywhere),
		cmocka_unit_test(keys_are_escaped_too),
		cmocka_unit_test(long_strings_are_cut_between_characters),
		cmocka_unit_test(what_does_not_fit_is_not_a_line),
		cmocka_unit_test(numbers_do_not_follow_the_locale),
		cmocka_unit_test_prestate(random_strings, copy),
	};
	const int failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (copy != NULL)
		fclose(copy);
	return failed;
}
