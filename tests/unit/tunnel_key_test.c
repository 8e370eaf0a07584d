/* A token is the same number however it comes; another one, another number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "tunnel/key.h"

static void whole_or_in_pieces(void **state)
{
	(void)state;
	const struct slice token = SLICE("a token, 19 bytes..");
	for (size_t i = 0; i <= token.len; i++)
		assert_true(key_on(key_on(KEY_START, slice_head(token, i)), slice_from(token, i)) == tunnel_key(token));
}

static void twelve_zeros(void **state)
{
	(void)state;
	static const uint8_t zeros[12];
	for (unsigned i = 0; i < 256; i++) {
		const uint64_t key = key_byte(KEY_START, (uint8_t)i);
		assert_true(key_twelve_zeros(key) == key_on(key, (struct slice){ zeros, sizeof zeros }));
	}
}

/* Whatever byte of it is another one, or lacks, or stands where another stood: so is the number. */
static void every_byte_counts(void **state)
{
	(void)state;
	uint8_t bytes[40];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 7);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		const struct slice token = { bytes, len };
		const uint64_t key = key_whole(KEY_START, token);
		assert_true(key != key_whole(key, token));
		if (len != 0)
			assert_true(key != key_whole(KEY_START, slice_head(token, len - 1)));
		for (size_t i = 0; i < len; i++) {
			bytes[i] ^= 0x80;
			assert_true(key != key_whole(KEY_START, token));
			bytes[i] ^= 0x80;
		}
		for (size_t i = 1; i < len; i++) {
			const uint8_t before = bytes[i - 1];
			bytes[i - 1] = bytes[i];
			bytes[i] = before;
			assert_true(key != key_whole(KEY_START, token));
			bytes[i] = bytes[i - 1];
			bytes[i - 1] = before;
		}
	}
}

/* Zeros are not nothing. */
static void zeros_are_counted(void **state)
{
	(void)state;
	static const uint8_t zeros[40];
	for (size_t len = 1; len <= sizeof zeros; len++)
		assert_true(key_whole(KEY_START, (struct slice){ zeros, len }) !=
			    key_whole(KEY_START, (struct slice){ zeros, len - 1 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_or_in_pieces),
		cmocka_unit_test(twelve_zeros),
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(zeros_are_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
