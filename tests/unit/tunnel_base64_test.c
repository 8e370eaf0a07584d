/* base64 in pieces: the same bytes however they are cut, and nothing accepted that is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/base64.h"

struct row {
	const char *text, *plain;
	bool bad, whole;
};

static const struct row rows[] = {
	{ "", "", false, true },
	{ "U1NILTIu", "SSH-2.", false, true },
	{ "U1NI\r\nLTIu\n", "SSH-2.", false, true },
	{ "Zg==", "f", false, true },
	{ "Zm8=", "fo", false, true },
	{ "Zm8=Zm8=", "fofo", false, true },
	{ "Pz8_Pz8-", "??\x3f??\x3e", false, true },
	{ "Zm9", "", false, false },
	{ "Zg=", "", false, false },
	{ "Z===", "", true, false },
	{ "Zg=a", "", true, false },
	{ "=", "", true, false },
	{ "Zm9v!", "foo", true, false },
};

static void decode(const struct row *r, size_t step)
{
	struct base64 b = { 0 };
	uint8_t out[64];
	size_t n = 0;
	const struct slice text = { (const uint8_t *)r->text, strlen(r->text) };
	for (size_t at = 0; at < text.len; at += step)
		for (struct slice in = slice_head(slice_from(text, at), step); in.len != 0;)
			n += base64_read(&b, &in, out + n, sizeof out - n);
	assert_int_equal(b.bad, r->bad);
	assert_int_equal(base64_whole(&b), r->whole);
	if (r->bad && strlen(r->plain) == 0)
		return;
	assert_int_equal(n, strlen(r->plain));
	assert_memory_equal(out, r->plain, n);
}

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t step = 1; step <= 9; step++)
			decode(&rows[i], step);
}

/* A small buffer is no loss: what does not fit is still in the input. */
static void small_buffer(void **state)
{
	(void)state;
	struct base64 b = { 0 };
	struct slice in = SLICE("U1NILTIuMC1PcGVu");
	uint8_t out[12];
	size_t n = 0;
	while (in.len != 0)
		n += base64_read(&b, &in, out + n, 3);
	assert_int_equal(n, 12);
	assert_memory_equal(out, "SSH-2.0-Open", 12);
	assert_int_equal(b.count, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table), cmocka_unit_test(small_buffer) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
