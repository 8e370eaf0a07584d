/* Tokens of request targets and fields. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/query.h"

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static void is(struct slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.at, want, got.len);
}

static void finds_values(void **state)
{
	(void)state;
	const struct slice target = text("/a?x=1&token=abc&&tok=&token=def#token=ghi");
	is(query_value(target, text("x")), "1");
	is(query_value(target, text("token")), "abc");
	is(query_value(target, text("tok")), "");
	assert_non_null(query_value(target, text("tok")).at);
	assert_null(query_value(target, text("a")).at);
	assert_null(query_value(text("/token=1"), text("token")).at);
	assert_null(query_value(text("/?token"), text("token")).at);
	assert_null(query_value(text(""), text("token")).at);
	assert_null(query_value(text("/#a?token=1"), text("x")).at);
}

static void finds_cookies(void **state)
{
	(void)state;
	const struct slice field = text("a=1; x_session=abc;b=;x_seq=7");
	is(query_cookie(field, text("x_session")), "abc");
	is(query_cookie(field, text("x_seq")), "7");
	assert_null(query_cookie(field, text("session")).at);
	assert_null(query_cookie((struct slice){ NULL, 0 }, text("a")).at);
}

static void takes_segments(void **state)
{
	(void)state;
	struct slice path = query_path(text("/a/b/7?c=d/e"));
	is(query_last_segment(&path), "7");
	is(path, "/a/b");
	is(query_last_segment(&path), "b");
	is(query_last_segment(&path), "a");
	assert_int_equal(query_last_segment(&path).len, 0);
	assert_int_equal(query_last_segment(&path).len, 0);
	path = text("/a/");
	assert_int_equal(query_last_segment(&path).len, 0);
	is(query_last_segment(&path), "a");
}

static void knows_uuids(void **state)
{
	(void)state;
	assert_true(query_is_uuid(text("7c9e6679-7425-40de-944b-e07fc1f90ae7")));
	assert_true(query_is_uuid(text("7C9E6679-7425-40DE-944B-E07FC1F90AE7")));
	assert_false(query_is_uuid(text("7c9e6679-7425-40de-944b-e07fc1f90ae")));
	assert_false(query_is_uuid(text("7c9e6679-7425-40de-944b-e07fc1f90ae70")));
	assert_false(query_is_uuid(text("7c9e6679-7425-40de-944be-07fc1f90ae7")));
	assert_false(query_is_uuid(text("7c9e6679-7425-40de-944b-e07fc1f90aeg")));
	assert_false(query_is_uuid(text("")));
}

static void decodes(void **state)
{
	(void)state;
	uint8_t out[16];
	is((struct slice){ out, query_decode(text("a%3a%3B%"), out, sizeof out) }, "a:;%");
	is((struct slice){ out, query_decode(text("%4"), out, sizeof out) }, "%4");
	is((struct slice){ out, query_decode(text("%zz1"), out, sizeof out) }, "%zz1");
	is((struct slice){ out, query_decode(text("%41%42%43"), out, 2) }, "AB");
	assert_int_equal(query_decode(text("abc"), out, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_values),
		cmocka_unit_test(finds_cookies),
		cmocka_unit_test(takes_segments),
		cmocka_unit_test(knows_uuids),
		cmocka_unit_test(decodes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
