/* What a load balancer writes before a client's first byte: taken whole, waited for, and nothing else taken for it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "http/balancer.h"

#define MAGIC "\r\n\r\n\0\r\nQUIT\n"

static const struct row {
	struct slice in;
	enum parsed want;
	size_t used;
} rows[] = {
#define ROW(text, want, used)                                                 \
	{                                                                     \
		{ (const uint8_t *)(text), sizeof(text) - 1 }, (want), (used) \
	}
	ROW("PROXY TCP4 192.0.2.7 198.51.100.1 56078 80\r\nGET", PARSED, 44),
	ROW("PROXY UNKNOWN\r\n", PARSED, 15),
	ROW("P", PARSE_MORE, 0),
	ROW("PROXY TCP6 2001:db8::7", PARSE_MORE, 0),
	ROW("POST / HTTP/1.1\r\n", PARSE_NOT_HTTP, 0),
	ROW("PROXY / HTTP/1.1\r\n", PARSE_NOT_HTTP, 0),
	ROW("PROXY TCP4 192.0.2.7\n", PARSE_NOT_HTTP, 0),
	ROW("PROXY TCP4 "
	    "....................................................................................................",
	    PARSE_NOT_HTTP, 0),
	ROW(MAGIC "\x21\x11\0\x0c............GET", PARSED, 28),
	ROW(MAGIC "\x20\0\0\0", PARSED, 16),
	ROW(MAGIC "\x21\x11\0\x0c...........", PARSE_MORE, 0),
	ROW(MAGIC "\x21\x11\0", PARSE_MORE, 0),
	ROW("\r\n\r\n", PARSE_MORE, 0),
	ROW("\r\n\r\nGET / HTTP/1.1\r\n", PARSE_NOT_HTTP, 0),
	ROW(MAGIC "\x31\x11\0\x0c............", PARSE_NOT_HTTP, 0),
	ROW(MAGIC "\x22\x11\0\x0c............", PARSE_NOT_HTTP, 0),
	ROW(MAGIC "\x21\x11\xff\xff............", PARSE_NOT_HTTP, 0),
	ROW("GET / HTTP/1.1\r\n", PARSE_NOT_HTTP, 0),
	ROW("", PARSE_NOT_HTTP, 0),
};

static void each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t used = 0;
		const enum parsed p = balancer_preface(rows[i].in, &used);
		if (p != rows[i].want || (p == PARSED && used != rows[i].used))
			fail_msg("row %zu: %d, %zu bytes", i, (int)p, used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_row) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
