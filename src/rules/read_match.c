/* What stands below `match`: a tree of conditions.
 *
 * The tree keeps how it was written: what a mapping says is an ALL even of one, what one fact's value says is never an ALL of
 * one.  So print.c can tell `not: {a: 1}` from `a: {not: 1}`.
 *
 * Conditions nest, and so do these functions: no deeper than MAX_CONDITION_DEPTH.
 */
#include "rules/read.h"

#include "rules/quantity.h"

static bool read_condition(struct reader *r, const struct node *map, unsigned depth, struct condition *out);
static bool read_test(
    struct reader *r, const struct fact *fact, const struct node *n, unsigned depth, struct condition *out);

static bool too_deep(struct reader *r, const struct node *n, unsigned depth)
{
	if (depth <= MAX_CONDITION_DEPTH)
		return false;
	wrong(r, n, "conditions are nested deeper than %d levels", MAX_CONDITION_DEPTH);
	return true;
}

static bool children(
    struct reader *r, const struct node *n, enum condition_kind kind, size_t count, struct condition *out)
{
	out->kind = kind;
	out->line = n->line;
	out->column = n->column;
	out->child = take(r, count, sizeof *out->child);
	out->count = out->child != NULL ? (unsigned)count : 0;
	return out->child != NULL;
}

static struct test *leaf(const struct fact *fact, const struct node *n, enum op op, struct condition *out)
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

/* Does a set of this kind hold values of that one? */
static bool set_fits(enum set_kind set, enum fact_kind fact)
{
	switch (set) {
	case SET_HOSTS:
		return fact == FACT_HOST;
	case SET_NETWORKS:
		return fact == FACT_ADDRESS;
	case SET_PORTS:
		return fact == FACT_PORT || fact == FACT_NUMBER;
	case SET_NAMES:
		return fact == FACT_NAME;
	case SET_TEXTS:
		return fact == FACT_TEXT;
	}
	return false;
}

static bool unknown_set(struct reader *r, const struct node *n, struct slice name)
{
	if (r->partial)
		return false;
	struct near near = near_begin(name);
	for (size_t i = 0; i < r->names; i++)
		near_try(&near, r->name[i].set->name);
	if (near.best != NULL)
		return wrong(r, n, "no set is named '%s' (did you mean '$%s'?)", show(name).text, near.best);
	return wrong(r, n, "no set is named '%s' (sets: names them; a text that begins with $ is written with $$)",
	    show(name).text);
}

static bool read_reference(struct reader *r, const struct fact *fact, const struct node *n, struct condition *out)
{
	const struct slice name = slice_from(n->text, 1);
	struct named_set *found = find_set(r, name);
	if (found == NULL)
		return unknown_set(r, n, name);
	found->used = true;
	if (!set_fits(found->set->kind, fact->kind))
		return wrong(r, n, "the set '%s' holds %s, and %s is %s", found->set->name,
		    set_kind_name(found->set->kind), fact->name, fact_kind_name(fact->kind));
	leaf(fact, n, OP_SET, out)->set = found->set;
	return true;
}

static bool known_word(struct reader *r, const struct fact *fact, const struct node *n)
{
	struct near near = near_begin(n->text);
	const char *word;
	for (unsigned i = 0; fact->word != NULL && (word = fact->word(i)) != NULL; i++) {
		if (slice_eq_nocase(n->text, slice_of(word)))
			return true;
		near_try(&near, word);
	}
	if (fact->word == NULL)
		return true;
	if (near.best != NULL)
		return wrong(r, n, "%s is never '%s' (did you mean '%s'?)", fact->name, show(n->text).text, near.best);
	return wrong(r, n, "%s is never '%s' (culvert-rules(5) lists its words)", fact->name, show(n->text).text);
}

/* `$name` is a set, `$$...` a text that begins with `$`: quotes make no difference. */
static bool read_single(struct reader *r, const struct fact *fact, const struct node *n, struct condition *out)
{
	struct node plain = *n;
	if (n->text.len > 1 && n->text.at[0] == '$') {
		if (n->text.at[1] != '$')
			return read_reference(r, fact, n, out);
		plain.text = slice_from(n->text, 1);
	}
	struct test *t = leaf(fact, n, OP_IS, out);
	if (!read_scalar(r, fact->kind, fact->name, &plain, t))
		return false;
	return fact->kind != FACT_NAME || known_word(r, fact, &plain);
}

static bool read_any(
    struct reader *r, const struct fact *fact, const struct node *list, unsigned depth, struct condition *out)
{
	if (list->count == 0)
		return wrong(r, list, "%s: the list is empty (expected at least one value)", fact->name);
	if (list->count > 1 && !children(r, list, COND_ANY, list->count, out))
		return false;
	struct condition *to = list->count > 1 ? out->child : out;
	bool fine = true;
	for (const struct node *n = list->first; n != NULL; n = n->next, to++) {
		if (n->kind == NODE_LIST)
			fine = wrong(r, n, "%s: a list within a list (expected values)", fact->name);
		else
			fine = read_test(r, fact, n, depth + 1, to) && fine;
	}
	return fine;
}

static bool read_pattern(
    struct reader *r, const struct fact *fact, const struct node *n, enum op op, struct condition *out)
{
	struct test *t = leaf(fact, n, op, out);
	if (n->kind != NODE_SCALAR)
		return wrong(r, n, "%s: %s must be a text, not %s", fact->name, op_name(op), node_kind_name(n->kind));
	if (n->text.len == 0)
		return wrong(r, n, "%s: %s is empty (expected a text)", fact->name, op_name(op));
	if (op != OP_REGEX && fact->kind == FACT_HOST)
		return read_host(r, fact->name, n, &t->text);
	struct test plain = { .op = op };
	if (!read_scalar(r, op == OP_REGEX ? FACT_TEXT : fact->kind, fact->name, n, &plain))
		return false;
	t->text = plain.text;
	if (op != OP_REGEX)
		return true;
	char why[256];
	size_t at = 0;
	t->regex = regex_new(t->text, fact->kind != FACT_TEXT, why, &at);
	return t->regex != NULL || wrong(r, n, "%s: the regular expression does not compile: %s (at its character %zu)",
				       fact->name, why, at + 1);
}

/* A list: any of them. */
static bool read_patterns(
    struct reader *r, const struct fact *fact, const struct node *n, enum op op, struct condition *out)
{
	if (!textual(fact->kind))
		return wrong(
		    r, n, "%s cannot be compared by %s: it is %s", fact->name, op_name(op), fact_kind_name(fact->kind));
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
		    fact_kind_name(fact->kind));
	if (!want_quantity(r, n, fact->kind, fact->name, &value))
		return false;
	return set_bound(r, n, bound, value, t);
}

static bool unknown_fact(struct reader *r, const struct node *n, bool in_match)
{
	struct near near = near_begin(n->text);
	const struct fact *f;
	for (unsigned i = 0; (f = fact_at(i)) != NULL; i++)
		near_try(&near, f->name);
	if (in_match) {
		near_try(&near, "all");
		near_try(&near, "any");
		near_try(&near, "not");
	}
	if (near.best != NULL)
		return wrong(r, n, "no fact is named '%s' (did you mean '%s'?)", show(n->text).text, near.best);
	return wrong(r, n, "no fact is named '%s' (culvert-rules(5) lists them)", show(n->text).text);
}

static int family(enum fact_kind k)
{
	if (textual(k))
		return 0;
	return k == FACT_NUMBER || k == FACT_PORT || k == FACT_BYTES ? 1 : 2 + (int)k;
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
	if (family(fact->kind) != family(other->kind))
		return wrong(r, n, "%s is %s, and %s is %s: they cannot be compared", fact->name,
		    fact_kind_name(fact->kind), other->name, fact_kind_name(other->kind));
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
	struct near near = near_begin(key->text);
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

static bool read_operators(
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

static bool read_test(
    struct reader *r, const struct fact *fact, const struct node *n, unsigned depth, struct condition *out)
{
	if (too_deep(r, n, depth))
		return false;
	switch (n->kind) {
	case NODE_SCALAR:
		return read_single(r, fact, n, out);
	case NODE_LIST:
		return read_any(r, fact, n, depth, out);
	case NODE_MAP:
		return read_operators(r, fact, n, depth, out);
	}
	return false;
}

static bool read_inner(struct reader *r, const struct node *n, unsigned depth, struct condition *out)
{
	if (n->kind == NODE_MAP && n->count == 0)
		return wrong(r, n, "no condition (expected a mapping of facts)");
	return read_condition(r, n, depth + 1, out);
}

static bool read_group(
    struct reader *r, const struct node *key, enum condition_kind kind, unsigned depth, struct condition *out)
{
	const struct node *list = key->next;
	const char *const what = kind == COND_ALL ? "all" : "any";
	if (!want_kind(r, list, NODE_LIST, what))
		return false;
	if (list->count == 0)
		return wrong(r, list, "%s: the list is empty (expected at least one condition)", what);
	if (!children(r, list, kind, list->count, out))
		return false;
	struct condition *to = out->child;
	bool fine = true;
	for (const struct node *n = list->first; n != NULL; n = n->next)
		fine = read_inner(r, n, depth, to++) && fine;
	return fine;
}

static bool read_entry(struct reader *r, const struct node *key, unsigned depth, struct condition *out)
{
	if (slice_eq(key->text, SLICE("all")))
		return read_group(r, key, COND_ALL, depth, out);
	if (slice_eq(key->text, SLICE("any")))
		return read_group(r, key, COND_ANY, depth, out);
	if (slice_eq(key->text, SLICE("not")))
		return children(r, key->next, COND_NOT, 1, out) && read_inner(r, key->next, depth, out->child);
	const struct fact *fact = fact_find(key->text);
	if (fact == NULL)
		return unknown_fact(r, key, true);
	return read_test(r, fact, key->next, depth + 1, out);
}

static bool read_condition(struct reader *r, const struct node *map, unsigned depth, struct condition *out)
{
	if (too_deep(r, map, depth) || !want_kind(r, map, NODE_MAP, "a condition"))
		return false;
	if (!children(r, map, COND_ALL, map->count, out))
		return false;
	struct condition *to = out->child;
	bool fine = true;
	for (const struct node *key = map->first; key != NULL; key = key->next->next)
		fine = read_entry(r, key, depth, to++) && fine;
	return fine;
}

bool read_match(struct reader *r, const struct node *n, struct condition *out)
{
	return want_kind(r, n, NODE_MAP, "match") && read_condition(r, n, 1, out);
}
