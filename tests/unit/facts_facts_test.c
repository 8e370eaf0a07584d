#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "facts/facts.h"

static void every_end_has_its_name(void **state)
{
	(void)state;
	static const struct {
		enum ended ended;
		const char *name;
	} rows[] = {
		{ ENDED_NOT, "" },
		{ ENDED_FIN, "fin" },
		{ ENDED_RST, "rst" },
		{ ENDED_TIMEOUT, "timeout" },
		{ ENDED_INPUT, "end-of-input" },
		{ ENDED_EVICTED, "evicted" },
		{ ENDED_REUSED, "reused" },
		{ (enum ended)77, "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(ended_name(rows[i].ended), rows[i].name);
}

static void client_and_server_are_told_apart(void **state)
{
	(void)state;
	const struct flow_key key = { .lo = { .port = 1 }, .hi = { .port = 2 } };
	struct facts f = { .key = &key, .client_is_lo = true };
	assert_int_equal(facts_client(&f)->port, 1);
	assert_int_equal(facts_server(&f)->port, 2);
	f.client_is_lo = false;
	assert_int_equal(facts_client(&f)->port, 2);
	assert_int_equal(facts_server(&f)->port, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end_has_its_name),
		cmocka_unit_test(client_and_server_are_told_apart),
	};
	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
