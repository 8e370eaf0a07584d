/* A text becomes a tree: what it holds, where each part stands, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "edge.h"
#include "rules/yaml.h"

struct tree {
	struct memory *memory;
	struct problems problems;
	const struct node *root;
};

/* From bytes behind which nothing can be read. */
static struct tree parse_bytes(const void *bytes, size_t len)
{
	struct tree p = { .memory = memory_new() };
	assert_non_null(p.memory);
	struct edge e = edge_new(len);
	p.root = yaml_read(p.memory, "f", edge_lay(&e, (struct slice){ bytes, len }), &p.problems);
	edge_free(&e);
	return p;
}

static struct tree parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void done(struct tree *p)
{
	memory_free(p->memory);
	problems_fini(&p->problems);
}

/* Writes the tree: {k:v}, [a], text, with !line:column before each node. */
static void describe(const struct node *n, bool places, FILE *to)
{
	if (places)
		fprintf(to, "%u:%u ", n->line, n->column);
	if (n->kind == NODE_SCALAR) {
		fprintf(to, n->quoted ? "'%.*s'" : "%.*s", (int)n->text.len, (const char *)n->text.at);
		return;
	}
	fputs(n->kind == NODE_MAP ? "{" : "[", to);
	unsigned i = 0;
	for (const struct node *c = n->first; c != NULL; c = c->next, i++) {
		if (i != 0)
			fputs(n->kind == NODE_MAP && i % 2 == 1 ? ": " : ", ", to);
		describe(c, places, to);
	}
	assert_int_equal(i, n->kind == NODE_MAP ? 2 * n->count : n->count);
	fputs(n->kind == NODE_MAP ? "}" : "]", to);
}

static void check_tree(const char *text, bool places, const char *wanted)
{
	char got[1024] = "";
	struct tree p = parse(text);
	assert_non_null(p.root);
	assert_int_equal(p.problems.count, 0);
	FILE *to = fmemopen(got, sizeof got, "w");
	assert_non_null(to);
	describe(p.root, places, to);
	fclose(to);
	assert_string_equal(got, wanted);
	done(&p);
}

static void trees(void **state)
{
	(void)state;
	static const struct {
		const char *text, *wanted;
	} rows[] = {
		{ "a", "a" },
		{ "'a'", "'a'" },
		{ "---\n", "" },
		{ "a: 1\nb: [x, 'y', {c: d}]\n", "{a: 1, b: [x, 'y', {c: d}]}" },
		{ "- a\n- b:\n    - c\n- \n", "[a, {b: [c]}, ]" },
		{ "{}", "{}" },
		{ "[]", "[]" },
		{ "a: |\n  x\n  y\n", "{a: 'x\ny\n'}" },
		{ "a: >-\n  x\n  y\n", "{a: 'x y'}" },
		{ "# c\na: b # c\n...\n", "{a: b}" },
		{ "\xef\xbb\xbf"
		  "a: b\n",
		    "{a: b}" },
		{ "a: b\r\nc: d\r\n", "{a: b, c: d}" },
		{ "a: \"\\x41\\u00e9\"", "{a: 'A\xc3\xa9'}" },
		{ "{a, b: }", "{a: , b: }" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_tree(rows[i].text, false, rows[i].wanted);
}

static void places(void **state)
{
	(void)state;
	check_tree(
	    "a: 1\nbb:\n  - x\n  - {c: d}\n", true, "1:1 {1:1 a: 1:4 1, 2:1 bb: 3:3 [3:5 x, 4:5 {4:6 c: 4:9 d}]}");
	/* Characters, not bytes. */
	check_tree("\xc3\xa9\xe4\xb8\xad: x\n", true, "1:1 {1:1 \xc3\xa9\xe4\xb8\xad: 1:5 x}");
	check_tree("\xef\xbb\xbf"
		   "a: b",
	    true, "1:1 {1:1 a: 1:4 b}");
	check_tree("a: b\r\nc: d\rddd: e\r\n", true, "1:1 {1:1 a: 1:4 b, 2:1 c: 2:4 d, 3:1 ddd: 3:6 e}");
}

static void nul_escape(void **state)
{
	(void)state;
	struct tree p = parse("\"a\\0b\"");
	assert_non_null(p.root);
	assert_int_equal(p.root->text.len, 3);
	assert_memory_equal(p.root->text.at, "a\0b", 4);
	done(&p);
}

static void check_refused(const void *bytes, size_t len, unsigned line, unsigned column, const char *words)
{
	struct tree p = parse_bytes(bytes, len);
	assert_true(p.problems.errors >= 1);
	assert_int_equal(p.problems.list[0].line, line);
	assert_int_equal(p.problems.list[0].column, column);
	assert_non_null(strstr(p.problems.list[0].what, words));
	done(&p);
}

static void refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		unsigned line, column;
		const char *words;
	} rows[] = {
		{ "", 1, 1, "empty file" },
		{ "  \n# x\n", 1, 1, "empty file" },
		{ "a: b: c\n", 1, 5, "a ': ' that cannot stand here" },
		{ "a: 'b\n", 1, 4, "without its closing quote" },
		{ "a: [b\n", 2, 1, "expected ',' or ']'" },
		{ "a: b\n c: d\n", 2, 3, "a ': ' that cannot stand here" },
		{ "\ta: b\n", 1, 1, "a tab cannot indent" },
		{ "a: *b\n", 1, 4, "aliases are not allowed" },
		{ "a: *.b\n", 1, 4, "begins with * must be quoted" },
		{ "a: &b c\n", 1, 4, "anchors are not allowed" },
		{ "a: !!str c\n", 1, 4, "tags are not allowed" },
		{ "a: @b\n", 1, 4, "begins with @ must be quoted" },
		{ "a: `b\n", 1, 4, "begins with ` must be quoted" },
		{ "[a]: b\n", 1, 1, "a key must be a text" },
		{ "a: b\n---\nc: d\n", 2, 1, "a second document" },
		{ "a: b\n...\n%YAML 1.1\n---\n", 3, 1, "a line may not begin with %" },
		{ "a: b\na: c\n", 2, 1, "the key 'a' stands twice (first at 1:1)" },
		{ "a: {b: 1, 'b': 2}\n", 1, 11, "the key 'b' stands twice (first at 1:5)" },
		{ "a: \"\\q\"\n", 1, 5, "no such escape" },
		{ "x: \xff\n", 1, 4, "0xFF is no UTF-8" },
		{ "\xc3\xa9 \xed\xa0\x80", 1, 3, "0xED is no UTF-8" },
		{ "a\x7f", 1, 2, "U+007F" },
		{ "a\xc2\x85", 1, 2, "U+0085" },
		{ "a\n\xe2\x80\xa8", 2, 1, "U+2028" },
		{ "a\xef\xbb\xbf", 1, 2, "U+FEFF" },
		{ "\xff\xfe"
		  "a",
		    1, 1, "UTF-16" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_refused(rows[i].text, strlen(rows[i].text), rows[i].line, rows[i].column, rows[i].words);
	check_refused("a: b\0c", 6, 1, 5, "a NUL byte");
}

/* Whatever is cut off a good text: an answer, never a crash. */
static void cut_short(void **state)
{
	(void)state;
	static const char text[] =
	    "version: 1\n\"q\\x41\": 'it''s'\nlist: [a, {b: c}, \"\xc3\xa9\"]\nb: |\n  x\n  \xe4\xb8\xad\n# c\n";
	for (size_t n = 0; n < sizeof text; n++) {
		struct tree p = parse_bytes(text, n);
		assert_true((p.root != NULL) != (p.problems.errors != 0));
		done(&p);
	}
}

static char *repeat(const char *piece, size_t times, size_t *len)
{
	const size_t n = strlen(piece);
	*len = n * times;
	char *text = malloc(*len + 1);
	assert_non_null(text);
	for (size_t i = 0; i < times; i++)
		memcpy(text + i * n, piece, n);
	text[*len] = '\0';
	return text;
}

static void depth(void **state)
{
	(void)state;
	for (unsigned n = MAX_YAML_DEPTH - 1; n <= MAX_YAML_DEPTH + 1; n++) {
		char text[2 * MAX_YAML_DEPTH + 4];
		memset(text, '[', n);
		memset(text + n, ']', n);
		struct tree p = parse_bytes(text, 2 * n);
		assert_int_equal(p.root != NULL, n <= MAX_YAML_DEPTH);
		done(&p);
	}
	size_t len;
	char *text = repeat("[", 200000, &len);
	check_refused(text, len, 1, MAX_YAML_DEPTH + 1, "nested deeper than 32 levels");
	free(text);
}

static void size(void **state)
{
	(void)state;
	size_t len;
	char *text = repeat("#", MAX_RULE_FILE + 1, &len);
	struct tree p = parse_bytes(text, len);
	assert_null(p.root);
	assert_non_null(strstr(p.problems.list[0].what, "larger than 16 MiB"));
	done(&p);
	free(text);
	text = repeat("-\n", MAX_YAML_NODES, &len);
	check_refused(text, len, MAX_YAML_NODES, 2, "more than 524288 values");
	p = parse_bytes(text, len - 2);
	assert_non_null(p.root);
	assert_int_equal(p.root->count, MAX_YAML_NODES - 1);
	done(&p);
	free(text);
}

/* Many keys are compared by their hash; each twin names the first. */
static void twins(void **state)
{
	(void)state;
	char text[8192];
	size_t n = 0;
	for (unsigned i = 0; i < 500; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "k%u: 1\n", i % 400);
	struct tree p = parse_bytes(text, n);
	assert_int_equal(p.problems.errors, 100);
	for (unsigned i = 0; i < 100; i++) {
		char wanted[64];
		snprintf(wanted, sizeof wanted, "the key 'k%u' stands twice (first at %u:1)", i, i + 1);
		assert_string_equal(p.problems.list[i].what, wanted);
		assert_int_equal(p.problems.list[i].line, 401 + i);
	}
	done(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(places),
		cmocka_unit_test(nul_escape),
		cmocka_unit_test(refused),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(depth),
		cmocka_unit_test(size),
		cmocka_unit_test(twins),
	};
	return cmocka_run_group_tests_name("rules/yaml", tests, NULL, NULL);
}
