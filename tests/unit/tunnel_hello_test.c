/* Openings of protocols in unwrapped bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/hello.h"

#define CLIENT_HELLO SLICE("\x16\x03\x01\x00\x80\x01\x00\x00\x7c\x03\x03")
#define SERVER_HELLO SLICE("\x16\x03\x03\x00\x5a\x02\x00\x00\x56\x03\x03")

static void tls_on_both_sides(void **state)
{
	(void)state;
	assert_true(hello_both(CLIENT_HELLO, SERVER_HELLO));
	assert_true(hello_both(CLIENT_HELLO, SLICE("\x15\x03\x03\x00\x02\x02\x28\x00\x00")));
	assert_false(hello_both(CLIENT_HELLO, CLIENT_HELLO));
	assert_false(hello_both(SERVER_HELLO, CLIENT_HELLO));
	assert_false(hello_both(CLIENT_HELLO, SLICE("SSH-2.0-x\r\n")));
	assert_false(hello_both(CLIENT_HELLO, SLICE("")));
	assert_false(hello_both((struct slice){ NULL, 0 }, (struct slice){ NULL, 0 }));
}

static void ssh_on_both_sides(void **state)
{
	(void)state;
	assert_true(hello_both(SLICE("SSH-2.0-OpenSSH_9.6\r\n"), SLICE("SSH-1.99-Cisco-1.25\n")));
	assert_false(hello_both(SLICE("SSH-2.0-OpenSSH_9.6\r\n"), SLICE("login: ")));
	assert_false(hello_both(SLICE("SSH-2.0"), SLICE("SSH-2.0-x\r\n")));
}

static void lengths_must_agree(void **state)
{
	(void)state;
	assert_int_equal(hello_client(SLICE("\x16\x03\x01\x00\x80\x01\x00\x00\x7d\x03\x03")), HELLO_NONE);
	assert_int_equal(hello_client(SLICE("\x16\x03\x01\x00\x10\x01\x00\x00\x0c\x03\x03")), HELLO_NONE);
	assert_int_equal(hello_client(SLICE("\x16\x02\x01\x00\x80\x01\x00\x00\x7c\x03\x03")), HELLO_NONE);
	assert_int_equal(hello_client(SLICE("\x16\x03\x05\x00\x80\x01\x00\x00\x7c\x03\x03")), HELLO_NONE);
	assert_int_equal(hello_server(SLICE("\x15\x03\x03\x00\x02\x03\x28\x00\x00")), HELLO_NONE);
	assert_int_equal(hello_client(SLICE("\x16\x03\x01\x00\x80")), HELLO_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_on_both_sides),
		cmocka_unit_test(ssh_on_both_sides),
		cmocka_unit_test(lengths_must_agree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
