/* What looks like a cipher's bytes, and what only is not text. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "channel/channel.h"

#define NOISE "\x9f\x02\xe1\x7c\x55\x10\xb3\xfe\x08\x21\xd4\x6a\x90\x33\xcd\x7f\x18\xa2\x5b\xee"

static void ciphers(void **state)
{
	(void)state;
	assert_true(channel_is_opaque(SLICE(NOISE)));
	assert_true(channel_is_opaque(slice_head(SLICE(NOISE), 16)));
}

static void no_ciphers(void **state)
{
	(void)state;
	assert_false(channel_is_opaque((struct slice){ NULL, 0 }));
	assert_false(channel_is_opaque(slice_head(SLICE(NOISE), 15)));
	assert_false(channel_is_opaque(SLICE("abcdefghijklmnopqrstuvwxyz")));
	assert_false(channel_is_opaque(SLICE("gr\xc3\xbc\xc3\x9f\x65 aus m\xc3\xbcnchen und ulm")));
	assert_false(channel_is_opaque(SLICE("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")));
	assert_false(
	    channel_is_opaque(SLICE("\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02\x01\x02")));
	assert_false(channel_is_opaque(SLICE("\x1f\x8b" NOISE)));
	assert_false(channel_is_opaque(SLICE("\x89PNG\r\n\x1a\n" NOISE)));
	assert_false(channel_is_opaque(SLICE("\0\0\0\x18"
					     "ftypmp42" NOISE)));
}

static void unknown(void **state)
{
	(void)state;
	struct channel c = { 0 };
	channel_unknown(&c, slice_head(SLICE(NOISE), 16));
	assert_string_equal(c.name, "unknown");
	assert_int_equal(c.entropy8, 4 * 16);
	assert_int_equal(c.settled, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ciphers),
		cmocka_unit_test(no_ciphers),
		cmocka_unit_test(unknown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
