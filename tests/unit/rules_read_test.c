/* What stands in memory for what was written: rules, tests of facts, sets, limits, quantities. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "rules/quantity.h"
#include "rules/read.h"

static struct ruleset *load(const char *text)
{
	struct problems p = { 0 };
	struct ruleset *r = ruleset_load_text("dir/f.yaml", slice_of(text), &p);
	if (r == NULL)
		fprintf(stderr, "%u:%u: %s\n", p.list[0].line, p.list[0].column, p.list[0].what);
	assert_non_null(r);
	problems_fini(&p);
	return r;
}

/* The one condition of the one rule with this match. */
static const struct condition *only(struct ruleset *r)
{
	assert_int_equal(r->count, 1);
	assert_int_equal(r->rule[0].match.kind, COND_ALL);
	assert_int_equal(r->rule[0].match.count, 1);
	return r->rule[0].match.child;
}

static struct ruleset *load_match(const char *match)
{
	char text[1024];
	snprintf(text, sizeof text,
	    "version: 1\nsets: { ports: { ports: [1] }, hosts: { hosts: [a.example] } }\n"
	    "rules: [ { id: 1, title: t, match: { %s } } ]\n",
	    match);
	return load(text);
}

static void defaults(void **state)
{
	(void)state;
	struct ruleset *r = load("version: 1\nrules:\n  - id: 7\n    title: A title\n    match: { label: not-http }\n");
	const struct rule_info *i = ruleset_rule(r, 0);
	assert_int_equal(ruleset_count(r), 1);
	assert_ptr_equal(ruleset_find(r, 7), i);
	assert_null(ruleset_find(r, 8));
	assert_null(ruleset_rule(r, 1));
	assert_int_equal(i->rev, 1);
	assert_int_equal(i->act, ACT_ALERT);
	assert_int_equal(i->severity, SEVERITY_MEDIUM);
	assert_int_equal(i->mark, 0);
	assert_int_equal(i->reject_with, REPLY_NONE);
	assert_string_equal(i->title, "A title");
	assert_string_equal(i->why, "");
	assert_string_equal(i->falsepositives, "");
	assert_int_equal(i->tag_count, 0);
	assert_string_equal(i->file, "dir/f.yaml");
	assert_int_equal(i->line, 3);
	assert_int_equal(r->rule[0].column, 5);
	assert_int_equal(r->rule[0].limit.count, 0);
	assert_int_equal(r->rule[0].threshold.count, 0);
	assert_false(r->rule[0].per_handshake);
	assert_false(ruleset_reads_request(r));
	assert_int_equal(ruleset_test_count(r), 0);
	assert_null(ruleset_test(r, 0));
	ruleset_free(r);
}

static void every_key(void **state)
{
	(void)state;
	struct ruleset *r =
	    load("version: 1\nrules:\n  - id: 4294967295\n    rev: 3\n    title: ' t '\n    severity: info\n"
		 "    match: { handshake.port: 1, request.path: /x }\n    action: mark\n    mark: 0xFFFFFFFF\n"
		 "    limit: { per: client, count: 5, every: 60s }\n    threshold: { per: pair, count: 2 }\n"
		 "    tags: [T1572, T1071.001, own-tag]\n    why: |\n      a\n      b\n    falsepositives: none\n");
	const struct rule *rule = &r->rule[0];
	assert_int_equal(rule->info.id, UINT32_MAX);
	assert_int_equal(rule->info.rev, 3);
	assert_string_equal(rule->info.title, "t");
	assert_int_equal(rule->info.severity, SEVERITY_INFO);
	assert_int_equal(rule->info.act, ACT_MARK);
	assert_int_equal(rule->info.mark, UINT32_MAX);
	assert_int_equal(rule->limit.per, PER_CLIENT);
	assert_int_equal(rule->limit.count, 5);
	assert_int_equal(rule->limit.every, 60000000000);
	assert_int_equal(rule->threshold.per, PER_PAIR);
	assert_int_equal(rule->threshold.every, 0);
	assert_int_equal(rule->info.tag_count, 3);
	assert_string_equal(rule->info.tags[1], "T1071.001");
	assert_string_equal(rule->info.why, "a\nb");
	assert_string_equal(rule->info.falsepositives, "none");
	assert_true(rule->per_handshake);
	assert_true(ruleset_reads_request(r));
	assert_true((ruleset_moments(r) & MOMENT_BIT(MOMENT_ASKED)) != 0);
	assert_true((ruleset_moments(r) & MOMENT_BIT(MOMENT_REQUEST)) != 0);
	ruleset_free(r);
}

static void single_tests(void **state)
{
	(void)state;
	static const struct {
		const char *match;
		enum op op;
		uint64_t low, high;
		const char *text;
	} rows[] = {
		{ "label: Blind-Relay", OP_IS, 0, 0, "blind-relay" },
		{ "handshake.host: A.Example.", OP_IS, 0, 0, "a.example" },
		{ "request.path: A/b", OP_IS, 0, 0, "A/b" },
		{ "request.path: $$A", OP_IS, 0, 0, "$A" },
		{ "request.path: \"$$A\"", OP_IS, 0, 0, "$A" },
		{ "request.path: $", OP_IS, 0, 0, "$" },
		{ "request.path: \"\"", OP_IS, 0, 0, "" },
		{ "request.path: \"80\"", OP_IS, 0, 0, "80" },
		{ "handshake.port: 80", OP_IS, 80, 80, NULL },
		{ "handshake.port: \"80\"", OP_IS, 80, 80, NULL },
		{ "handshake.port: 0-65535", OP_RANGE, 0, 65535, NULL },
		{ "handshake.port: { above: 80 }", OP_RANGE, 81, 65535, NULL },
		{ "handshake.port: { below: 80, at_least: 1 }", OP_RANGE, 1, 79, NULL },
		{ "vlan: { at_most: 18446744073709551615 }", OP_RANGE, 0, UINT64_MAX, NULL },
		{ "vlan: 18446744073709551615", OP_IS, UINT64_MAX, UINT64_MAX, NULL },
		{ "relay.entropy: 7.25", OP_IS, 725, 725, NULL },
		{ "relay.entropy: { below: 7.5 }", OP_RANGE, 0, 749, NULL },
		{ "relay.seconds: 1.5h-2h", OP_RANGE, 5400000000000, 7200000000000, NULL },
		{ "relay.seconds: { above: 1 }", OP_RANGE, 1000000001, INT64_MAX, NULL },
		{ "relay.bytes_toserver: { at_least: 10 kB }", OP_RANGE, 10000, INT64_MAX, NULL },
		{ "handshake.host: { suffix: A.example. }", OP_SUFFIX, 0, 0, "a.example" },
		{ "handshake.host: { prefix: WWW. }", OP_PREFIX, 0, 0, "www." },
		{ "handshake.host: { glob: \"*.A?\" }", OP_GLOB, 0, 0, "*.a?" },
		{ "request.path: { glob: \"*.A?\" }", OP_GLOB, 0, 0, "*.A?" },
		{ "handshake.host: { regex: \"^A\\\\.\" }", OP_REGEX, 0, 0, "^A\\." },
		{ "label: { present: true }", OP_PRESENT, 1, 1, NULL },
		{ "label: { present: false }", OP_PRESENT, 0, 0, NULL },
		{ "label: [not-http]", OP_IS, 0, 0, "not-http" },
		{ "handshake.host: { suffix: [x.example] }", OP_SUFFIX, 0, 0, "x.example" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ruleset *r = load_match(rows[i].match);
		const struct condition *c = only(r);
		assert_int_equal(c->kind, COND_TEST);
		assert_int_equal(c->test.op, rows[i].op);
		assert_true(c->test.low == rows[i].low && c->test.high == rows[i].high);
		assert_true(rows[i].text == NULL || slice_eq(c->test.text, slice_of(rows[i].text)));
		assert_int_equal(c->test.regex != NULL, rows[i].op == OP_REGEX);
		ruleset_free(r);
	}
}

static void addresses(void **state)
{
	(void)state;
	static const struct {
		const char *match;
		enum op op;
		bool ipv6;
		unsigned prefix;
		uint8_t first, last;
	} rows[] = {
		{ "src_ip: 10.0.0.1", OP_IS, false, 0, 10, 0 },
		{ "src_ip: 10.0.0.0/8", OP_NETWORK, false, 8, 10, 0 },
		{ "src_ip: 0.0.0.0/0", OP_NETWORK, false, 0, 0, 0 },
		{ "src_ip: \"fe80::1\"", OP_IS, true, 0, 0xfe, 1 },
		{ "src_ip: fc00::/7", OP_NETWORK, true, 7, 0xfc, 0 },
		{ "src_ip: \"::1/128\"", OP_NETWORK, true, 128, 0, 1 },
		{ "handshake.host: 10.0.0.0/8", OP_NETWORK, false, 8, 10, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ruleset *r = load_match(rows[i].match);
		const struct test *t = &only(r)->test;
		assert_int_equal(t->op, rows[i].op);
		assert_int_equal(t->ipv6, rows[i].ipv6);
		assert_int_equal(t->prefix, rows[i].prefix);
		assert_int_equal(t->addr[0], rows[i].first);
		assert_int_equal(t->addr[15], rows[i].last);
		ruleset_free(r);
	}
}

/* The tree as letters: ALL &(..), ANY |(..), NOT !(..), a test by its operator. */
static void letters(const struct condition *c, FILE *to)
{
	static const char kinds[] = "&|!", ops[] = "=-/sp*rSfP";
	if (c->kind == COND_TEST) {
		fputc(ops[c->test.op], to);
		return;
	}
	fprintf(to, "%c(", kinds[c->kind]);
	for (unsigned i = 0; i < c->count; i++)
		letters(&c->child[i], to);
	fputc(')', to);
}

static void shapes(void **state)
{
	(void)state;
	static const struct {
		const char *match, *wanted;
	} rows[] = {
		{ "", "&()" },
		{ "label: not-http", "&(=)" },
		{ "label: [not-http, plain-http]", "&(|(==))" },
		{ "handshake.port: [1, 2-3, $ports, { not: 4 }]", "&(|(=-S!(=)))" },
		{ "handshake.port: { not: [1, 2] }", "&(!(|(==)))" },
		{ "handshake.port: { above: 1, below: 9, not: 5 }", "&(&(-!(=)))" },
		{ "handshake.host: { suffix: [a, b], prefix: x }", "&(&(|(ss)p))" },
		{ "handshake.host: { same_as: relay.sni, present: true }", "&(&(fP))" },
		{ "not: { label: not-http }", "&(!(&(=)))" },
		{ "any: [ { label: not-http }, { vlan: 1, dest_port: 2 } ]", "&(|(&(=)&(==)))" },
		{ "all: [ { not: { any: [ { vlan: 1 } ] } } ], vlan: 2", "&(&(&(!(&(|(&(=))))))=)" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[128] = "";
		struct ruleset *r = load_match(rows[i].match);
		FILE *to = fmemopen(got, sizeof got, "w");
		assert_non_null(to);
		letters(&r->rule[0].match, to);
		fclose(to);
		assert_string_equal(got, rows[i].wanted);
		ruleset_free(r);
	}
}

static void sets(void **state)
{
	(void)state;
	struct ruleset *r = load("version: 1\nsets:\n"
				 "  z: { hosts: [A.example., =B.example, '*.c'] }\n"
				 "  a: { networks: [10.0.0.1, 10.0.0.0/8] }\n"
				 "  p: { ports: [1, 2-3] }\n  t: { tools: [Meek] }\n  x: { texts: [$A, ''] }\n");
	assert_int_equal(r->set_count, 5);
	const struct set *z = r->set[0];
	assert_string_equal(z->name, "z");
	assert_int_equal(z->kind, SET_HOSTS);
	assert_int_equal(z->line, 3);
	assert_int_equal(z->column, 3);
	assert_int_equal(z->count, 3);
	assert_int_equal(z->member[0].op, OP_SUFFIX);
	assert_true(slice_eq(z->member[0].text, SLICE("a.example")));
	assert_int_equal(z->member[1].op, OP_IS);
	assert_true(slice_eq(z->member[1].text, SLICE("b.example")));
	assert_int_equal(z->member[2].op, OP_GLOB);
	assert_int_equal(r->set[1]->member[1].op, OP_NETWORK);
	assert_int_equal(r->set[2]->member[1].high, 3);
	assert_true(slice_eq(r->set[3]->member[0].text, SLICE("meek")));
	assert_true(slice_eq(r->set[4]->member[0].text, SLICE("$A")));
	assert_int_equal(r->set[4]->member[1].text.len, 0);
	ruleset_free(r);
}

static void tests_of_rules(void **state)
{
	(void)state;
	struct ruleset *r =
	    load("version: 1\nrules: [ { id: 1, title: t, match: {} }, { id: 2, title: u, match: {} } ]\ntests:\n"
		 "  - { capture: ../x.pcap, alerts: [1, 2] }\n  - { capture: /y.pcap, silent: [2] }\n");
	assert_int_equal(ruleset_test_count(r), 2);
	const struct rule_test *t = ruleset_test(r, 0);
	assert_string_equal(t->capture, "dir/../x.pcap");
	assert_string_equal(t->file, "dir/f.yaml");
	assert_int_equal(t->line, 4);
	assert_int_equal(t->alert_count, 2);
	assert_int_equal(t->alerts[1], 2);
	assert_int_equal(t->silent_count, 0);
	assert_string_equal(ruleset_test(r, 1)->capture, "/y.pcap");
	ruleset_free(r);
}

/* Everything at once, in order; and nothing is returned. */
static void all_errors(void **state)
{
	(void)state;
	struct problems p = { 0 };
	const char text[] = "version: 1\nrules:\n  - id: 0\n    titel: t\n    match: { lable: x, vlan: y }\n  - 5\n";
	assert_null(ruleset_load_text("f", slice_of(text), &p));
	static const unsigned places[][2] = { { 3, 5 }, { 3, 9 }, { 4, 5 }, { 5, 14 }, { 5, 30 }, { 6, 5 } };
	assert_int_equal(p.errors, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(p.list[i].line, places[i][0]);
		assert_int_equal(p.list[i].column, places[i][1]);
	}
	assert_int_equal(p.files, 1);
	assert_int_equal(p.rules, 2);
	problems_fini(&p);
}

static void quantities(void **state)
{
	(void)state;
	static const struct {
		enum fact_kind kind;
		const char *text;
		uint64_t wanted;
		const char *printed;
	} rows[] = {
		{ FACT_NUMBER, "0", 0, "0" },
		{ FACT_NUMBER, "18446744073709551615", UINT64_MAX, "18446744073709551615" },
		{ FACT_PORT, "65535", 65535, "65535" },
		{ FACT_BYTES, "0", 0, "0" },
		{ FACT_BYTES, "1.5kB", 1500, "1500" },
		{ FACT_BYTES, "10 kB", 10000, "10kB" },
		{ FACT_BYTES, "10KB", 10000, "10kB" },
		{ FACT_BYTES, "0.5KiB", 512, "512" },
		{ FACT_BYTES, "64KiB", 65536, "64KiB" },
		{ FACT_BYTES, "3000000000B", 3000000000, "3GB" },
		{ FACT_BYTES, "9223372036854775807", INT64_MAX, "9223372036854775807" },
		{ FACT_SECONDS, "0", 0, "0s" },
		{ FACT_SECONDS, "90", 90000000000, "90s" },
		{ FACT_SECONDS, "1.5h", 5400000000000, "90m" },
		{ FACT_SECONDS, "0.25s", 250000000, "250ms" },
		{ FACT_SECONDS, "1000ms", 1000000000, "1s" },
		{ FACT_SECONDS, "7ns", 7, "7ns" },
		{ FACT_SECONDS, "106751d", UINT64_C(9223286400000000000), "106751d" },
		{ FACT_RATIO, "0", 0, "0" },
		{ FACT_RATIO, "7.2", 720, "7.2" },
		{ FACT_RATIO, "7.05", 705, "7.05" },
		{ FACT_RATIO, "7.00", 700, "7" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t value = 1, again = 1;
		char text[QUANTITY_SIZE];
		assert_null(quantity_parse(rows[i].kind, slice_of(rows[i].text), &value));
		assert_true(value == rows[i].wanted);
		quantity_print(rows[i].kind, value, text);
		assert_string_equal(text, rows[i].printed);
		assert_null(quantity_parse(rows[i].kind, slice_of(text), &again));
		assert_true(again == value);
	}
}

static void no_quantities(void **state)
{
	(void)state;
	static const struct {
		enum fact_kind kind;
		const char *text;
	} rows[] = {
		{ FACT_NUMBER, "" },
		{ FACT_NUMBER, "-1" },
		{ FACT_NUMBER, "+1" },
		{ FACT_NUMBER, " 1" },
		{ FACT_NUMBER, "1 " },
		{ FACT_NUMBER, "01" },
		{ FACT_NUMBER, "00" },
		{ FACT_NUMBER, "1x" },
		{ FACT_NUMBER, "0x1" },
		{ FACT_NUMBER, "1.0" },
		{ FACT_NUMBER, "1e3" },
		{ FACT_NUMBER, "1_0" },
		{ FACT_NUMBER, "18446744073709551616" },
		{ FACT_PORT, "65536" },
		{ FACT_BYTES, "1.5" },
		{ FACT_BYTES, "kB" },
		{ FACT_BYTES, "1kb" },
		{ FACT_BYTES, "1kB " },
		{ FACT_BYTES, "1 " },
		{ FACT_BYTES, "9223372036854775808" },
		{ FACT_BYTES, "8589934592GiB" },
		{ FACT_SECONDS, "1.s" },
		{ FACT_SECONDS, ".5s" },
		{ FACT_SECONDS, "1.00001s" },
		{ FACT_SECONDS, "1.5ns" },
		{ FACT_SECONDS, "106752d" },
		{ FACT_SECONDS, "18446744073709551615d" },
		{ FACT_RATIO, "7.255" },
		{ FACT_RATIO, "7," },
		{ FACT_RATIO, "7 x" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t value;
		assert_non_null(quantity_parse(rows[i].kind, slice_of(rows[i].text), &value));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(every_key),
		cmocka_unit_test(single_tests),
		cmocka_unit_test(addresses),
		cmocka_unit_test(shapes),
		cmocka_unit_test(sets),
		cmocka_unit_test(tests_of_rules),
		cmocka_unit_test(all_errors),
		cmocka_unit_test(quantities),
		cmocka_unit_test(no_quantities),
	};
	return cmocka_run_group_tests_name("rules/read", tests, NULL, NULL);
}
