/* Tests on values, and logic with three values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include <time.h>
#include "rules/match.h"
#include "rule_text.h"
#include "story.h"

static struct made_up x;
static struct view view;
static struct judge_counters counters;

static enum truth weigh(const char *match, const struct handshake_record *h)
{
	struct ruleset *r = rule_from(match);
	assert_non_null(r);
	view.counters = &counters;
	view_begin(&view, &x.f, h);
	const enum truth t = condition_weigh(&r->rule[0].match, &view);
	ruleset_free(r);
	return t;
}

struct row {
	const char *match;
	enum truth truth;
};

static void expect_rows(const struct row *rows, size_t count, const struct handshake_record *h)
{
	for (size_t i = 0; i < count; i++)
		if (weigh(rows[i].match, h) != rows[i].truth)
			fail_msg("%s is not %d", rows[i].match, rows[i].truth);
}

#define ROWS(h, ...)                                              \
	do {                                                      \
		const struct row rows[] = { __VA_ARGS__ };        \
		expect_rows(rows, sizeof rows / sizeof *rows, h); \
	} while (0)

#define NO    TRUTH_NO
#define MAYBE TRUTH_UNKNOWN
#define YES   TRUTH_YES

static void begin(const char *host, unsigned port)
{
	story_begin(&x, LABEL_BLIND_RELAY);
	story_connect(&x, 0, host, port);
}

static void hosts(void **state)
{
	(void)state;
	begin("WWW.Example.com.", 443);
	ROWS(x.records[0], { "{ handshake.host: www.example.com }", YES },
	    { "{ handshake.host: WWW.example.COM. }", YES }, { "{ handshake.host: example.com }", NO },
	    { "{ handshake.host: { suffix: example.com } }", YES },
	    { "{ handshake.host: { suffix: www.example.com } }", YES },
	    { "{ handshake.host: { suffix: ample.com } }", NO },
	    { "{ handshake.host: { suffix: a.www.example.com } }", NO }, { "{ handshake.host: { prefix: www } }", YES },
	    { "{ handshake.host: { glob: 'w*.example.*' } }", YES }, { "{ handshake.host: { glob: '*.net' } }", NO },
	    { "{ handshake.host: { regex: '^www[.]' } }", YES }, { "{ handshake.host: { regex: 'com$' } }", YES },
	    { "{ handshake.host: [a.b, www.example.com] }", YES },
	    { "{ handshake.host: { not: www.example.com } }", NO });
}

static void numbers(void **state)
{
	(void)state;
	begin("a", 8080);
	ROWS(x.records[0], { "{ handshake.port: 8080 }", YES }, { "{ handshake.port: 8000-8079 }", NO },
	    { "{ handshake.port: 8000-8080 }", YES }, { "{ handshake.port: { above: 8080 } }", NO },
	    { "{ handshake.port: { at_least: 8080 } }", YES },
	    { "{ handshake.port: { below: 8081, above: 8079 } }", YES }, { "{ flow.age: { at_least: 3.5s } }", YES },
	    { "{ flow.age: { above: 3.5s } }", NO }, { "{ flow.bytes_toserver: { below: 2kB } }", YES },
	    { "{ flow.bytes_toserver: { above: 2KiB } }", NO }, { "{ handshake.port: { same_as: dest_port } }", NO },
	    { "{ handshake.port: { not: { same_as: dest_port } } }", YES });
}

static void addresses(void **state)
{
	(void)state;
	begin("a", 1);
	ROWS(x.records[0], { "{ src_ip: 10.1.0.2 }", YES }, { "{ src_ip: 10.1.0.0/24 }", YES },
	    { "{ src_ip: 10.1.0.2/32 }", YES }, { "{ src_ip: 0.0.0.0/0 }", YES }, { "{ src_ip: 10.1.0.3 }", NO },
	    { "{ src_ip: 10.1.0.0/31 }", NO }, { "{ src_ip: '::/0' }", NO }, { "{ src_ip: { not: 10.0.0.0/8 } }", NO },
	    { "{ src_ip: { same_as: dest_ip } }", NO });
}

/* A proxy's resolver takes more spellings of an address than one. */
static void addresses_in_hosts(void **state)
{
	(void)state;
	static const struct {
		const char *host, *addr; /* NULL: none */
	} rows[] = { { "10.0.0.1", "\x0a\0\0\1" }, { "0x0a000001", "\x0a\0\0\1" }, { "167772161", "\x0a\0\0\1" },
		{ "10.1", "\x0a\0\0\1" }, { "012.0.0.1", "\x0a\0\0\1" }, { "10.0.0.1.", "\x0a\0\0\1" },
		{ "::ffff:10.0.0.1", "\x0a\0\0\1" }, { "[::ffff:a00:1]", "\x0a\0\0\1" }, { "10.0.0.1 x", NULL },
		{ "a10.0.0.1", NULL }, { "", NULL }, { ".", NULL }, { "[", NULL }, { "10.0.0.256", NULL },
		{ "1.2.3.4.5", NULL }, { "localhost", NULL }, { ":::", NULL } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct value v;
		const bool got =
		    host_address((struct slice){ (const uint8_t *)rows[i].host, strlen(rows[i].host) }, &v);
		if (got != (rows[i].addr != NULL))
			fail_msg("%s", rows[i].host);
		if (got) {
			assert_false(v.ipv6);
			assert_memory_equal(v.addr, rows[i].addr, 4);
		}
	}
	struct value v;
	assert_true(host_address(SLICE("fe80::1%eth0"), &v) && v.ipv6 && v.addr[0] == 0xfe && v.addr[15] == 1);
}

static void unknown_is_neither(void **state)
{
	(void)state;
	begin("a", 1);
	ROWS(x.records[0], { "{ tunnel.tool: meek }", MAYBE }, { "{ tunnel.tool: { not: meek } }", MAYBE },
	    { "{ not: { tunnel.tool: meek } }", MAYBE }, { "{ tunnel.tool: { present: true } }", NO },
	    { "{ tunnel.tool: { present: false } }", YES },
	    { "{ any: [ { tunnel.tool: meek }, { label: blind-relay } ] }", YES },
	    { "{ any: [ { tunnel.tool: meek }, { label: plain-http } ] }", MAYBE },
	    { "{ all: [ { tunnel.tool: meek }, { label: plain-http } ] }", NO },
	    { "{ all: [ { tunnel.tool: meek }, { label: blind-relay } ] }", MAYBE },
	    { "{ not: { any: [ { tunnel.tool: meek }, { label: blind-relay } ] } }", NO },
	    { "{ tunnel.host: { same_as: handshake.host } }", MAYBE }, { "{}", YES });
	/* The whole tables: a is true, false or unknown. */
	static const char *const atoms[3] = { "{ label: plain-http }", "{ tunnel.tool: meek }",
		"{ label: blind-relay }" };
	for (int a = 0; a < 3; a++)
		for (int b = 0; b < 3; b++) {
			char text[200];
			snprintf(text, sizeof text, "{ all: [ %s, %s ] }", atoms[a], atoms[b]);
			assert_int_equal(weigh(text, NULL), a < b ? a : b);
			snprintf(text, sizeof text, "{ any: [ %s, %s ] }", atoms[a], atoms[b]);
			assert_int_equal(weigh(text, NULL), a > b ? a : b);
			snprintf(text, sizeof text, "{ not: %s }", atoms[a]);
			assert_int_equal(weigh(text, NULL), 2 - a);
		}
}

static void lists(void **state)
{
	(void)state;
	begin("a", 1);
	ROWS(NULL, { "{ doubt: gap }", NO }, { "{ doubt: { not: gap } }", YES }, { "{ doubt: { present: true } }", NO },
	    { "{ doubt: { present: false } }", YES });
	x.dossier.doubts = DOUBT_GAP | DOUBT_CAP;
	ROWS(NULL, { "{ doubt: gap }", YES }, { "{ doubt: cap }", YES }, { "{ doubt: overlap }", NO },
	    { "{ doubt: { not: cap } }", NO }, { "{ doubt: { present: true } }", YES },
	    { "{ evidence: { prefix: handshake/ } }", NO });
	dossier_add(&x.dossier, &story_sign, SERVER, 0, 0);
	ROWS(
	    NULL, { "{ evidence: { prefix: handshake/ } }", YES }, { "{ evidence: HANDSHAKE/connect-accepted }", YES });
}

static void texts_mind_their_case(void **state)
{
	(void)state;
	static const struct facts_request r = {
		.method_len = 3, .host_len = 1, .path_len = 9, .method = "GET", .host = "h", .path = "/Index.pl"
	};
	begin("a", 1);
	x.f.request = &r;
	ROWS(NULL, { "{ request.path: /Index.pl }", YES }, { "{ request.path: /index.pl }", NO },
	    { "{ request.path: { suffix: .pl } }", YES }, { "{ request.path: { suffix: .PL } }", NO },
	    { "{ request.path: { glob: '/I?dex*' } }", YES }, { "{ request.path: { glob: '/i*' } }", NO },
	    { "{ request.path: { regex: 'dex[.]' } }", YES }, { "{ request.path: { regex: 'DEX' } }", NO },
	    { "{ request.path: { regex: '(?i)DEX' } }", YES }, { "{ label: BLIND-RELAY }", YES });
}

static void globs(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = { { "", "", true }, { "", "a", false }, { "*", "", true }, { "*", "abc", true }, { "?", "", false },
		{ "?", "a", true }, { "a*", "a", true }, { "*a", "ba", true }, { "*a", "ab", false },
		{ "a*b*c", "aXbYbZc", true }, { "a*b*c", "aXcYb", false }, { "**", "x", true }, { "a**b", "ab", true },
		{ "*ab", "aab", true }, { "?*?", "a", false }, { "?*?", "ab", true } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct slice p = { (const uint8_t *)rows[i].pattern, strlen(rows[i].pattern) };
		const struct slice t = { (const uint8_t *)rows[i].text, strlen(rows[i].text) };
		if (glob_matches(p, t, false) != rows[i].matches)
			fail_msg("%s on %s", rows[i].pattern, rows[i].text);
	}
	assert_true(glob_matches(SLICE("a*z"), SLICE("ABZ"), true));
	assert_false(glob_matches(SLICE("a*z"), SLICE("ABZ"), false));
	/* What takes for ever with one step back a star: here not even a blink. */
	static char text[4096];
	memset(text, 'a', sizeof text);
	const clock_t begun = clock();
	assert_false(glob_matches(
	    SLICE("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b"), (struct slice){ (const uint8_t *)text, sizeof text }, false));
	assert_true(clock() - begun < CLOCKS_PER_SEC / 4);
}

/* More values than can be kept are still read. */
static void many_values(void **state)
{
	(void)state;
	static char text[8192];
	begin("a", 1);
	x.dossier.odd = (UINT64_C(1) << ODDS) - 1;
	x.dossier.doubts = (1u << DOUBTS) - 1;
	size_t used = (size_t)snprintf(text, sizeof text, "{ all: [ { doubt: gap }");
	const struct fact *f;
	for (unsigned i = 0; (f = fact_at(i)) != NULL; i++)
		used += (size_t)snprintf(text + used, sizeof text - used,
		    ", { any: [ { %s: { present: true } }, "
		    "{ %s: { present: false } } ] }",
		    f->name, f->name);
	snprintf(text + used, sizeof text - used, ", { anomalies: desync }, { flow.state: closed } ] }");
	char whole[8192];
	snprintf(whole, sizeof whole, "rules:\n  - id: 1\n    title: t\n    match: %.8000s\n", text);
	struct ruleset *r = rules_from(whole);
	assert_non_null(r);
	for (int i = 0; i < 3; i++) {
		view_begin(&view, &x.f, x.records[0]);
		assert_int_equal(condition_weigh(&r->rule[0].match, &view), TRUTH_YES);
	}
	ruleset_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(numbers),
		cmocka_unit_test(addresses),
		cmocka_unit_test(addresses_in_hosts),
		cmocka_unit_test(unknown_is_neither),
		cmocka_unit_test(lists),
		cmocka_unit_test(texts_mind_their_case),
		cmocka_unit_test(globs),
		cmocka_unit_test(many_values),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
