/* The state table: every pair, against the rules written out once more by hand. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "handshake/handshake.h"

struct row {
	enum hs_state from;
	enum hs_sign sign;
	enum hs_state to;
};

/* All that moves; every other pair must stay where it is. */
static const struct row moves[] = {
	{ HS_HTTP, HS_SIGN_ASK_CONNECT, HS_CONNECT_ASKED },
	{ HS_HTTP, HS_SIGN_ASK_UPGRADE, HS_UPGRADE_ASKED },
	{ HS_HTTP, HS_SIGN_DISGUISE, HS_DISGUISED },
	{ HS_CONNECT_ASKED, HS_SIGN_ACCEPT, HS_CONNECTED },
	{ HS_CONNECT_ASKED, HS_SIGN_UNSURE, HS_CONNECT_UNSURE },
	{ HS_CONNECT_ASKED, HS_SIGN_REFUSE, HS_HTTP },
	{ HS_UPGRADE_ASKED, HS_SIGN_ACCEPT, HS_UPGRADED },
	{ HS_UPGRADE_ASKED, HS_SIGN_ACCEPT_HTTP2, HS_UPGRADED_HTTP2 },
	{ HS_UPGRADE_ASKED, HS_SIGN_UNSURE, HS_UPGRADE_UNSURE },
	{ HS_UPGRADE_ASKED, HS_SIGN_REFUSE, HS_HTTP },
	{ HS_CONNECT_UNSURE, HS_SIGN_NOT_HTTP_FOLLOWS, HS_CONNECTED },
	{ HS_CONNECT_UNSURE, HS_SIGN_HTTP_FOLLOWS, HS_HTTP },
	{ HS_UPGRADE_UNSURE, HS_SIGN_NOT_HTTP_FOLLOWS, HS_UPGRADED },
	{ HS_UPGRADE_UNSURE, HS_SIGN_HTTP_FOLLOWS, HS_HTTP },
	{ HS_UPGRADED_HTTP2, HS_SIGN_NOT_HTTP_FOLLOWS, HS_UPGRADED },
};

static enum hs_state expected(enum hs_state from, enum hs_sign sign)
{
	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++)
		if (moves[i].from == from && moves[i].sign == sign)
			return moves[i].to;
	return from;
}

static void every_pair(void **state)
{
	(void)state;
	for (unsigned from = 0; from < HS_STATES; from++)
		for (unsigned sign = 0; sign < HS_SIGNS; sign++)
			assert_int_equal(hs_table((enum hs_state)from, (enum hs_sign)sign),
			    expected((enum hs_state)from, (enum hs_sign)sign));
}

/* A relay never returns to HTTP (RFC 9110, 9.3.6), whatever comes. */
static void relay_is_for_ever(void **state)
{
	(void)state;
	const enum hs_state last[] = { HS_CONNECTED, HS_UPGRADED, HS_DISGUISED };
	for (size_t i = 0; i < sizeof last / sizeof *last; i++)
		for (unsigned sign = 0; sign < HS_SIGNS; sign++)
			assert_int_equal(hs_table(last[i], (enum hs_sign)sign), last[i]);
}

static void names_are_distinct(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HS_STATES; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(hs_state_name((enum hs_state)i), hs_state_name((enum hs_state)j));
	for (unsigned i = 0; i < HS_SIGNS; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(hs_sign_name((enum hs_sign)i), hs_sign_name((enum hs_sign)j));
	assert_string_equal(hs_state_name(HS_CONNECT_ASKED), "connect-asked");
	assert_string_equal(hs_sign_name(HS_SIGN_NOT_HTTP_FOLLOWS), "not-http-follows");
	assert_string_equal(hs_kind_name(HS_KIND_UPGRADE), "upgrade");
	assert_string_equal(hs_result_name(HS_REQUIRED), "required");
	assert_string_equal(hs_state_name(HS_STATES), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair),
		cmocka_unit_test(relay_is_for_ever),
		cmocka_unit_test(names_are_distinct),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
