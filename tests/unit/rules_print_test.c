/* What is printed is read back as it was: scalars of every sort, and rules put together at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rules/print_text.h"
#include "rules/read.h"

static void texts(void **state)
{
	(void)state;
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "word", "word" },
		{ "two words", "two words" },
		{ "a.b/c-d_e 1", "a.b/c-d_e 1" },
		{ "", "\"\"" },
		{ " x", "\" x\"" },
		{ "x ", "\"x \"" },
		{ "1", "\"1\"" },
		{ "-", "\"-\"" },
		{ "true", "\"true\"" },
		{ "No", "\"No\"" },
		{ "null", "\"null\"" },
		{ "truest", "truest" },
		{ "a: b", "\"a: b\"" },
		{ "a #b", "\"a #b\"" },
		{ "$x", "\"$x\"" },
		{ "\"\\", "\"\\\"\\\\\"" },
		{ "a\nb\tc\r", "\"a\\nb\\tc\\x0D\"" },
		{ "\x1b\x7f", "\"\\x1B\\x7F\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "\xc2\x85", "\"\\x85\"" },
		{ "\xe2\x80\xae", "\"\\u202E\"" },
		{ "\xef\xbb\xbf", "\"\\uFEFF\"" },
		{ "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char got[128] = "";
		struct printer p = { fmemopen(got, sizeof got, "w"), 0, 0 };
		assert_non_null(p.out);
		print_string(&p, rows[i].text);
		fclose(p.out);
		assert_string_equal(got, rows[i].wanted);
		assert_int_equal(p.column, strlen(got));
	}
}

/* The text that a set prints; the caller frees it. */
static char *print(const struct ruleset *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);
	assert_non_null(to);
	ruleset_print(r, to);
	fclose(to);
	return text;
}

static struct ruleset *load(const char *text)
{
	struct problems p = { 0 };
	struct ruleset *r = ruleset_load_text("f", slice_of(text), &p);
	if (r == NULL)
		fprintf(stderr, "%u:%u: %s\n%s", p.list[0].line, p.list[0].column, p.list[0].what, text);
	problems_fini(&p);
	return r;
}

static bool conditions_equal(const struct condition *a, const struct condition *b)
{
	if (a->kind != b->kind || (a->kind != COND_TEST && a->count != b->count))
		return false;
	for (unsigned i = 0; a->kind != COND_TEST && i < a->count; i++)
		if (!conditions_equal(&a->child[i], &b->child[i]))
			return false;
	const struct test *x = &a->test, *y = &b->test;
	return a->kind != COND_TEST ||
	       (x->fact == y->fact && x->op == y->op && x->low == y->low && x->high == y->high &&
		   slice_eq(x->text, y->text) && memcmp(x->addr, y->addr, 16) == 0 && x->ipv6 == y->ipv6 &&
		   x->prefix == y->prefix && x->other == y->other &&
		   (x->set != NULL ? strcmp(x->set->name, y->set->name) == 0 : y->set == NULL));
}

static void check_same(const struct ruleset *a, const struct ruleset *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct rule *x = &a->rule[i], *y = &b->rule[i];
		assert_int_equal(x->info.id, y->info.id);
		assert_int_equal(x->info.rev, y->info.rev);
		assert_int_equal(x->info.act, y->info.act);
		assert_int_equal(x->info.severity, y->info.severity);
		assert_int_equal(x->info.mark, y->info.mark);
		assert_int_equal(x->info.reject_with, y->info.reject_with);
		assert_string_equal(x->info.title, y->info.title);
		assert_string_equal(x->info.why, y->info.why);
		assert_true(conditions_equal(&x->match, &y->match));
		assert_memory_equal(&x->limit, &y->limit, sizeof x->limit);
		assert_int_equal(x->moments, y->moments);
		assert_int_equal(x->per_handshake, y->per_handshake);
	}
	assert_int_equal(a->set_count, b->set_count);
	for (size_t i = 0; i < a->set_count; i++)
		assert_int_equal(a->set[i]->count, b->set[i]->count);
}

/* print -> load gives the same set, and printing that the same text. */
static void check_text(const char *text)
{
	struct ruleset *first = load(text);
	assert_non_null(first);
	char *printed = print(first);
	struct ruleset *second = load(printed);
	assert_non_null(second);
	check_same(first, second);
	char *again = print(second);
	assert_string_equal(printed, again);
	free(printed);
	free(again);
	ruleset_free(first);
	ruleset_free(second);
}

struct writer {
	char *text;
	size_t len, room;
	uint32_t random;
};

static unsigned pick(struct writer *w, unsigned n)
{
	w->random = w->random * 1664525 + 1013904223;
	return (w->random >> 16) % n;
}

static void add(struct writer *w, const char *text)
{
	const size_t n = strlen(text);
	assert_true(w->len + n < w->room);
	memcpy(w->text + w->len, text, n + 1);
	w->len += n;
}

#define ANY_OF(w, ...) \
	((const char *const[]){ __VA_ARGS__ })[pick(w, sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))]

static const char *value_of(struct writer *w, unsigned fact)
{
	switch (fact) {
	case 0:
		return ANY_OF(w, "blind-relay", "NOT-http", "plain-http", "$words");
	case 1:
		return ANY_OF(w, "0", "443", "80-90", "0-65535", "1-1", "$ports");
	case 2:
		return ANY_OF(w, "a.example", "B.example.", "10.0.0.0/8", "10.1.2.3", "'::1'", "$hosts", "$nets");
	case 3:
		return ANY_OF(w, "''", "$$x", "'a: \"b\"'", "\"\\x01\\n\"", "yes", "'#'", "$texts", "' '");
	case 4:
		return ANY_OF(w, "0", "90", "1.5h", "1ms-2d", "0.25s-9", "7ns");
	default:
		return ANY_OF(w, "10.0.0.1", "0.0.0.0/0", "fe80::/10", "'::'", "$nets");
	}
}

static const char *operator_of(struct writer *w, unsigned fact)
{
	switch (fact) {
	case 0:
		return ANY_OF(w, "prefix: Blind", "regex: [x, y]", "present: true", "same_as: certainty");
	case 1:
		return ANY_OF(w, "above: 10", "at_most: 1023", "present: false", "same_as: dest_port", "above: 65534");
	case 2:
		return ANY_OF(w, "suffix: [A.example, b]", "glob: '*.X'", "same_as: relay.sni", "regex: 'a+'");
	case 3:
		return ANY_OF(w, "prefix: $x", "suffix: [' ', x]", "glob: '?'", "regex: '\\\\d'", "suffix: y");
	case 4:
		return ANY_OF(w, "above: 1h", "below: 90s", "at_least: 0", "at_most: 106751d", "above: 1.5");
	default:
		return ANY_OF(w, "present: true", "same_as: dest_ip", "present: false", "same_as: handshake.host");
	}
}

static const char *const names[] = { "label", "handshake.port", "handshake.host", "request.path", "relay.seconds",
	"src_ip" };
enum { NAMES = sizeof names / sizeof *names };

static void write_value(struct writer *w, unsigned fact, unsigned depth, bool in_list)
{
	const unsigned form = depth == 0 ? 0 : pick(w, 5);
	if (form == 1 && !in_list) {
		add(w, "[");
		for (unsigned n = 1 + pick(w, 3); n != 0; n--) {
			write_value(w, fact, depth - 1, true);
			add(w, n > 1 ? ", " : "");
		}
		add(w, "]");
	} else if (form == 2 || form == 3) {
		add(w, "{ ");
		add(w, form == 2 ? operator_of(w, fact) : "not: ");
		if (form == 3)
			write_value(w, fact, depth - 1, false);
		if (form == 2 && pick(w, 3) == 0) {
			add(w, ", not: ");
			write_value(w, fact, depth - 1, false);
		}
		add(w, " }");
	} else {
		add(w, value_of(w, fact));
	}
}

static void write_mapping(struct writer *w, unsigned depth)
{
	const unsigned skip = pick(w, NAMES);
	bool any = false;
	add(w, "{ ");
	for (unsigned i = 0; i < NAMES; i++) {
		if (i == skip || pick(w, 3) != 0)
			continue;
		add(w, any ? ", " : "");
		add(w, names[i]);
		add(w, ": ");
		write_value(w, i, 3, false);
		any = true;
	}
	for (unsigned i = 0; i < 3 && depth != 0; i++) {
		if (pick(w, 2) != 0)
			continue;
		add(w, any ? ", " : "");
		add(w, i == 0 ? "all: [" : i == 1 ? "any: [" : "not: ");
		write_mapping(w, depth - 1);
		if (i != 2 && pick(w, 2) != 0) {
			add(w, ", ");
			write_mapping(w, depth - 1);
		}
		add(w, i == 2 ? "" : "]");
		any = true;
	}
	if (!any) {
		add(w, names[skip]);
		add(w, ": ");
		add(w, value_of(w, skip));
	}
	add(w, " }");
}

static void at_random(void **state)
{
	(void)state;
	enum { ROOM = 1 << 20, ROUNDS = 400 };
	struct writer w = { malloc(ROOM), 0, ROOM, 20261127 };
	assert_non_null(w.text);
	for (unsigned round = 0; round < ROUNDS; round++) {
		w.len = 0;
		add(&w, "version: 1\nsets:\n  ports: { ports: [1, 2-3] }\n  hosts: { hosts: [a, =b, 'c*'] }\n"
			"  nets: { networks: [10.0.0.0/8, '::1'] }\n  words: { tools: [Meek] }\n  texts: { texts: ['', "
			"$x] }\n"
			"rules:\n");
		for (unsigned i = 1; i <= 3; i++) {
			char head[64];
			snprintf(head, sizeof head, "  - { id: %u, title: t%u, match: ", i, i);
			add(&w, head);
			write_mapping(&w, 3);
			add(&w, " }\n");
		}
		check_text(w.text);
	}
	free(w.text);
}

/* One fact in every form that may stand twice in a mapping, if the tree did not tell them apart. */
static void never_twice(void **state)
{
	(void)state;
	static const char *const matches[] = {
		"{ vlan: 1, not: { vlan: 2 } }",
		"{ vlan: 1, not: { vlan: { not: 2 } }, any: [ { vlan: 3 } ], all: [ { vlan: 4 } ] }",
		"{ vlan: 1, any: [ { vlan: 3 }, { vlan: [4] } ] }",
		"{ vlan: 1, all: [ { any: [ { vlan: 3, not: { vlan: 5 } } ] } ] }",
		"{ vlan: { not: 1 }, not: { not: { vlan: { not: { not: 2 } } } } }",
		"{ vlan: { above: 1, not: [2, { above: 3, not: 4 }] }, all: [ { vlan: { above: 5 } }, { vlan: 6 } ] }",
		"{ all: [ { all: [ { all: [ { vlan: 1 } ] } ] } ] }",
		"{ relay.sni: { suffix: [a, b], not: { suffix: [c, d] } }, any: [ { relay.sni: [{ suffix: a }, { "
		"suffix: b }] } ] }",
	};
	for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
		char text[512];
		snprintf(text, sizeof text, "version: 1\nrules: [ { id: 1, title: t, match: %s } ]\n", matches[i]);
		check_text(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(at_random),
		cmocka_unit_test(never_twice),
	};
	return cmocka_run_group_tests_name("rules/print", tests, NULL, NULL);
}
