/* A token is the same number however it comes. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_or_in_pieces),
		cmocka_unit_test(twelve_zeros),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
