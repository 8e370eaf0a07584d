/* The second opinion: known from bytes alone, nothing from chance, and no conversation colours the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/limits.h"
#include "channel/ndpi.h"

static const struct slice nothing = { NULL, 0 };

static int begin(void **state)
{
	struct err e;
	*state = dpi_new(&e);
	return *state == NULL;
}

static int end(void **state)
{
	dpi_free(*state);
	return 0;
}

static void fill(uint64_t *x, uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		*x ^= *x << 13;
		*x ^= *x >> 7;
		*x ^= *x << 17;
		at[i] = (uint8_t)(*x >> 32);
	}
}

static struct slice mining(void)
{
	return SLICE("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"cpuminer/2.5.1\"]}\n");
}

static void known_bytes(void **state)
{
	const char *name = dpi_name(*state, mining(), nothing, CLIENT);
	assert_non_null(name);
	assert_string_equal(name, "mining");
	name = dpi_name(*state, SLICE("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"), nothing, CLIENT);
	assert_non_null(name);
	assert_string_equal(name, "rdp");
}

static void chance_is_unknown(void **state)
{
	uint64_t x = UINT64_C(88172645463325252);
	for (int round = 0; round < 3000; round++) {
		uint8_t *client = malloc(200), *server = malloc(300);
		assert_non_null(client);
		assert_non_null(server);
		fill(&x, client, 200);
		fill(&x, server, 300);
		const char *name = dpi_name(*state, (struct slice){ client, 200 }, (struct slice){ server, 300 },
		    round % 2 == 0 ? CLIENT : SERVER);
		if (name != NULL)
			fail_msg("round %d: '%s'", round, name);
		free(client);
		free(server);
	}
}

/* nDPI remembers addresses: each conversation shown to it must have its own. */
static void one_hit_does_not_colour_the_next(void **state)
{
	uint64_t x = 42;
	for (int round = 0; round < 200; round++) {
		uint8_t bytes[600];
		fill(&x, bytes, sizeof bytes);
		assert_non_null(dpi_name(*state, mining(), nothing, CLIENT));
		assert_null(dpi_name(*state, (struct slice){ bytes, 300 }, (struct slice){ bytes + 300, 300 }, CLIENT));
	}
}

static void any_length_will_do(void **state)
{
	static uint8_t bytes[3 * MAX_NDPI_BYTES];
	uint64_t x = 7;
	fill(&x, bytes, sizeof bytes);
	assert_null(dpi_name(*state, nothing, nothing, CLIENT));
	assert_null(
	    dpi_name(*state, (struct slice){ bytes, sizeof bytes }, (struct slice){ bytes, sizeof bytes }, SERVER));
	for (size_t n = 0; n < 64; n++) {
		uint8_t *copy = malloc(n != 0 ? n : 1);
		assert_non_null(copy);
		memcpy(copy, bytes, n);
		dpi_name(*state, (struct slice){ copy, n }, nothing, CLIENT);
		dpi_name(*state, nothing, (struct slice){ copy, n }, SERVER);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_bytes),
		cmocka_unit_test(chance_is_unknown),
		cmocka_unit_test(one_hit_does_not_colour_the_next),
		cmocka_unit_test(any_length_will_do),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
