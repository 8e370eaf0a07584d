/* What stands below `match`: a tree of conditions.
 *
 * The tree keeps how it was written: what a mapping says is an ALL even of one, what one fact's value says is never an ALL of
 * one.  So print.c can tell `not: {a: 1}` from `a: {not: 1}`.
 *
 * Conditions nest, and so do these functions: no deeper than MAX_CONDITION_DEPTH.
 */
#include "rules/read_match.h"

enum { MAX_GUESSES = 256 }; /* sets that an unknown name is compared with */

static bool read_condition(struct reader *r, const struct node *map, unsigned depth, struct condition *out);

static bool too_deep(struct reader *r, const struct node *n, unsigned depth)
{
	if (depth <= MAX_CONDITION_DEPTH)
		return false;
	wrong(r, n, "conditions are nested deeper than %d levels", MAX_CONDITION_DEPTH);
	return true;
}

/* Does a set of this kind hold values of that one? */
static bool set_fits(enum set_kind set, enum fact_kind fact)
{
	switch (set) {
	case SET_HOSTS:
		return fact == FACT_HOST;
	case SET_NETWORKS:
		return fact == FACT_ADDRESS || fact == FACT_HOST;
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
	struct near near = guess(r, name);
	for (size_t i = 0; i < r->names && i < MAX_GUESSES; i++)
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
		    set_kind_name(found->set->kind), fact->name, value_looks(fact->kind));
	leaf(fact, n, OP_SET, out)->set = found->set;
	return true;
}

static bool known_word(struct reader *r, const struct fact *fact, const struct node *n)
{
	struct near near = guess(r, n->text);
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

/* A group of facts for one of it, or the last part of a name for the whole; NULL: neither. */
static const char *kin_of(struct slice name)
{
	const struct fact *f;
	for (unsigned i = 0; (f = fact_at(i)) != NULL; i++) {
		const struct slice whole = slice_of(f->name);
		const size_t dot = slice_find(whole, '.');
		if (dot != whole.len &&
		    (slice_eq(slice_head(whole, dot), name) || slice_eq(slice_from(whole, dot + 1), name)))
			return f->name;
	}
	return NULL;
}

bool unknown_fact(struct reader *r, const struct node *n, bool in_match)
{
	struct near near = guess(r, n->text);
	const struct fact *f;
	for (unsigned i = 0; (f = fact_at(i)) != NULL; i++)
		near_try(&near, f->name);
	if (in_match) {
		near_try(&near, "all");
		near_try(&near, "any");
		near_try(&near, "not");
	}
	const char *const kin = kin_of(n->text), *const meant = kin != NULL ? kin : near.best;
	if (meant != NULL)
		return wrong(r, n, "no fact is named '%s' (did you mean '%s'?)", show(n->text).text, meant);
	return wrong(r, n, "no fact is named '%s' (culvert-rules(5) lists them)", show(n->text).text);
}

bool read_test(struct reader *r, const struct fact *fact, const struct node *n, unsigned depth, struct condition *out)
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
