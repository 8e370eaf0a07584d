/* The value of a fact as a mapping: suffix, above, same_as, not, ...; all of them must hold. */
#include "rules/read_match.h"

#include "rules/quantity.h"

bool children(struct reader *r, const struct node *n, enum condition_kind kind, size_t count, struct condition *out)
{
	out->kind = kind;
	out->line = n->line;
	out->column = n->column;
	out->child = take(r, count, sizeof *out->child);
	out->count = out->child != NULL ? (unsigned)count : 0;
	return out->child != NULL;
}

struct test *leaf(const struct fact *fact, const struct node *n, enum op op, struct condition *out)
{
	out->kind = COND_TEST;
	out->line = n->line;
	out->column = n->column;
	out->test.fact = fact;
	out->test.op = op;
	return &out->test;
}

static bool textual(enum fact_kind k)
{
	return k == FACT_TEXT || k == FACT_NAME || k == FACT_HOST;
}

static bool read_regex(struct reader *r, const struct fact *fact, const struct node *n, struct test *t)
{
	char why[256];
	size_t at = 0;
	struct regex_list *l = take(r, 1, sizeof *l);
	if (l == NULL)
		return false;
	l->regex = t->regex = regex_new(t->text, fact->kind != FACT_TEXT, why, &at);
	l->next = r->set->regexes;
	r->set->regexes = l;
	return t->regex != NULL || wrong(r, n, "%s: the regular expression does not compile: %s (at its character %zu)",
				       fact->name, why, at + 1);
}

static bool read_pattern(
    struct reader *r, const struct fact *fact, const struct node *n, enum op op, struct condition *out)
{
	struct test *t = leaf(fact, n, op, out);
	if (n->kind != NODE_SCALAR)
		return wrong(r, n, "%s: %s must be a text, not %s", fact->name, op_name(op), node_kind_name(n->kind));
	if (n->text.len == 0)
		return wrong(r, n, "%s: %s is empty (expected a text)", fact->name, op_name(op));
	if (op == OP_SUFFIX && fact->kind == FACT_HOST)
		return want_host(r, fact->name, n, &t->text);
	/* A part of a host is no host: only its case does not count. */
	const enum fact_kind kind = fact->kind == FACT_HOST ? FACT_NAME : fact->kind;
	struct test plain = { .op = op };
	if (!read_scalar(r, op == OP_REGEX ? FACT_TEXT : kind, fact->name, n, &plain))
		return false;
	t->text = plain.text;
	if (op != OP_REGEX)
		return true;
	return read_regex(r, fact, n, t);
}

/* A list: any of them. */
static bool read_patterns(
    struct reader *r, const struct fact *fact, const struct node *n, enum op op, struct condition *out)
{
	if (!textual(fact->kind))
		return wrong(
		    r, n, "%s cannot be compared by %s: it is %s", fact->name, op_name(op), value_looks(fact->kind));
	if (n->kind != NODE_LIST)
		return read_pattern(r, fact, n, op, out);
	if (n->count == 0)
		return wrong(r, n, "%s: the list of %s is empty", fact->name, op_name(op));
	if (n->count > 1 && !children(r, n, COND_ANY, n->count, out))
		return false;
	struct condition *to = n->count > 1 ? out->child : out;
	bool fine = true;
	for (const struct node *item = n->first; item != NULL; item = item->next, to++)
		fine = read_pattern(r, fact, item, op, to) && fine;
	return fine;
}

/* above, below, at_least, at_most of one mapping are one range. */
enum bound { BOUND_ABOVE, BOUND_AT_LEAST, BOUND_BELOW, BOUND_AT_MOST, BOUNDS };
static const char *const bound_names[BOUNDS] = { "above", "at_least", "below", "at_most" };

static bool set_bound(struct reader *r, const struct node *n, enum bound bound, uint64_t value, struct test *t)
{
	const uint64_t most = quantity_most(t->fact->kind);
	const bool lower = bound <= BOUND_AT_LEAST;
	if ((bound == BOUND_ABOVE && value == most) || (bound == BOUND_BELOW && value == 0))
		return wrong(r, n, "%s: no value is %s '%s'", t->fact->name, bound_names[bound], show(n->text).text);
	if (lower ? t->low != 0 : t->high != most)
		return wrong(r, n, "%s: a second %s bound", t->fact->name, lower ? "lower" : "upper");
	if (lower)
		t->low = value + (bound == BOUND_ABOVE);
	else
		t->high = value - (bound == BOUND_BELOW);
	return t->low <= t->high || wrong(r, n, "%s: no value lies between the bounds", t->fact->name);
}

static bool read_bound(
    struct reader *r, const struct fact *fact, const struct node *n, enum bound bound, struct test *t)
{
	uint64_t value = 0;
	if (!quantity_is(fact->kind))
		return wrong(r, n, "%s cannot be compared by %s: it is %s", fact->name, bound_names[bound],
		    value_looks(fact->kind));
	if (!want_quantity(r, n, fact->kind, fact->name, &value))
		return false;
	return set_bound(r, n, bound, value, t);
}

static int family(enum fact_kind k)
{
	if (textual(k))
		return 0;
	return k == FACT_NUMBER || k == FACT_PORT || k == FACT_BYTES ? 1 : 2 + (int)k;
}

/* A host may be an address in text. */
static bool comparable(enum fact_kind a, enum fact_kind b)
{
	if ((a == FACT_HOST && b == FACT_ADDRESS) || (a == FACT_ADDRESS && b == FACT_HOST))
		return true;
	return family(a) == family(b);
}

static bool read_same_as(struct reader *r, const struct fact *fact, const struct node *n, struct condition *out)
{
	if (!want_kind(r, n, NODE_SCALAR, "same_as"))
		return false;
	const struct fact *other = fact_find(n->text);
	if (other == NULL)
		return unknown_fact(r, n, false);
	if (other == fact)
		return wrong(r, n, "%s is always the same as itself", fact->name);
	if (!comparable(fact->kind, other->kind))
		return wrong(r, n, "%s is %s, and %s is %s: they cannot be compared", fact->name,
		    value_looks(fact->kind), other->name, value_looks(other->kind));
	leaf(fact, n, OP_FACT, out)->other = other;
	return true;
}

static bool read_present(struct reader *r, const struct fact *fact, const struct node *n, struct condition *out)
{
	static const char *const words[] = { "false", "true", NULL };
	const int which = want_word(r, n, "present", words);
	struct test *t = leaf(fact, n, OP_PRESENT, out);
	t->low = t->high = which > 0;
	return which >= 0;
}

static bool read_not(
    struct reader *r, const struct fact *fact, const struct node *n, unsigned depth, struct condition *out)
{
	return children(r, n, COND_NOT, 1, out) && read_test(r, fact, n, depth + 1, out->child);
}

static int word_index(const char *const *words, int count, struct slice text)
{
	for (int i = 0; i < count; i++)
		if (slice_eq(text, slice_of(words[i])))
			return i;
	return -1;
}

static bool unknown_operator(struct reader *r, const struct fact *fact, const struct node *key)
{
	static const char *const words[] = { "not", "suffix", "prefix", "glob", "regex", "above", "below", "at_least",
		"at_most", "same_as", "present" };
	struct near near = guess(r, key->text);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		near_try(&near, words[i]);
	if (near.best != NULL)
		return wrong(r, key, "%s: no test is named '%s' (did you mean '%s'?)", fact->name, show(key->text).text,
		    near.best);
	return wrong(r, key,
	    "%s: no test is named '%s' (expected not, suffix, prefix, glob, regex, above, below, at_least, at_most, "
	    "same_as or "
	    "present)",
	    fact->name, show(key->text).text);
}

static bool read_operator(
    struct reader *r, const struct fact *fact, const struct node *key, unsigned depth, struct condition *out)
{
	static const char *const patterns[] = { "suffix", "prefix", "glob", "regex" };
	const struct node *n = key->next;
	const int pattern = word_index(patterns, 4, key->text);
	if (pattern >= 0)
		return read_patterns(r, fact, n, (enum op)(OP_SUFFIX + pattern), out);
	if (slice_eq(key->text, SLICE("not")))
		return read_not(r, fact, n, depth, out);
	if (slice_eq(key->text, SLICE("same_as")))
		return read_same_as(r, fact, n, out);
	if (slice_eq(key->text, SLICE("present")))
		return read_present(r, fact, n, out);
	return unknown_operator(r, fact, key);
}

bool read_operators(
    struct reader *r, const struct fact *fact, const struct node *map, unsigned depth, struct condition *out)
{
	if (map->count == 0)
		return wrong(r, map, "%s: no test (expected not, suffix, above, ...)", fact->name);
	if (!children(r, map, COND_ALL, map->count, out))
		return false;
	struct condition *to = out->child, *range = NULL;
	bool fine = true;
	for (const struct node *key = map->first; key != NULL; key = key->next->next) {
		const int bound = word_index(bound_names, BOUNDS, key->text);
		if (bound >= 0 && range == NULL) {
			range = to++;
			leaf(fact, key, OP_RANGE, range)->high = quantity_most(fact->kind);
		}
		if (bound >= 0)
			fine = read_bound(r, fact, key->next, (enum bound)bound, &range->test) && fine;
		else
			fine = read_operator(r, fact, key, depth, to++) && fine;
	}
	out->count = (unsigned)(to - out->child);
	if (out->count == 1)
		*out = *out->child;
	return fine;
}
