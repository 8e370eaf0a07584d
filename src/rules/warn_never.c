/* A rule that can never match: two of its conditions exclude each other.  Only what is certain is told: tests that cannot both
 * hold of one value, a test and its own contrary, a value where `present` says that there is none, and what the label rules
 * out. */
#include "rules/warn.h"

#include "rules/quantity.h"

enum {
	MAX_PAIRS = 4096,    /* of alternatives of two conditions */
	MAX_STEPS = 1 << 24, /* pairs of all rules together: then the rest is not looked at */
};

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	if (memcmp(a, b, bits / 8) != 0)
		return false;
	const unsigned rest = bits % 8;
	return rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0;
}

static unsigned prefix_of(const struct test *t)
{
	return t->op == OP_NETWORK ? t->prefix : t->ipv6 ? 128 : 32;
}

static bool networks_disjoint(const struct test *a, const struct test *b)
{
	const unsigned x = prefix_of(a), y = prefix_of(b);
	return a->ipv6 != b->ipv6 || !bits_equal(a->addr, b->addr, x < y ? x : y);
}

static bool is_address(const struct test *t)
{
	return t->op == OP_IS || t->op == OP_NETWORK;
}

/* Can no single value meet both? */
static bool tests_disjoint(const struct test *a, const struct test *b)
{
	const enum fact_kind kind = a->fact->kind;
	if (kind == FACT_ADDRESS)
		return is_address(a) && is_address(b) && networks_disjoint(a, b);
	if (quantity_is(kind))
		return a->op <= OP_RANGE && b->op <= OP_RANGE && (a->high < b->low || b->high < a->low);
	return a->op == OP_IS && b->op == OP_IS && !slice_eq(a->text, b->text);
}

static bool tests_equal(const struct test *a, const struct test *b)
{
	return a->fact == b->fact && a->op == b->op && a->low == b->low && a->high == b->high &&
	       slice_eq(a->text, b->text) && a->ipv6 == b->ipv6 && a->prefix == b->prefix &&
	       memcmp(a->addr, b->addr, sizeof a->addr) == 0 && a->set == b->set && a->other == b->other;
}

/* The alternatives of a test or of an ANY of tests; NULL: it is neither. */
static const struct condition *alternatives(const struct condition *c, unsigned *count)
{
	*count = c->kind == COND_TEST ? 1 : c->count;
	if (c->kind == COND_TEST)
		return c;
	for (unsigned i = 0; i < c->count; i++)
		if (c->child[i].kind != COND_TEST)
			return NULL;
	return c->kind == COND_ANY ? c->child : NULL;
}

static bool all_disjoint(const struct condition *a, const struct condition *b)
{
	unsigned n = 0, m = 0;
	const struct condition *x = alternatives(a, &n), *y = alternatives(b, &m);
	if (x == NULL || y == NULL || (uint64_t)n * m > MAX_PAIRS)
		return false;
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < m; k++)
			if (!tests_disjoint(&x[i].test, &y[k].test))
				return false;
	return true;
}

static bool has_equal(const struct condition *list, unsigned count, const struct test *t)
{
	for (unsigned i = 0; i < count; i++)
		if (tests_equal(&list[i].test, t))
			return true;
	return false;
}

/* Is every way in which `a` can hold one that `b` denies? */
static bool denies(const struct condition *a, const struct condition *b)
{
	unsigned n = 0, m = 0;
	if (b->kind != COND_NOT)
		return false;
	const struct condition *child = b->child;
	while (child->kind == COND_ALL && child->count == 1)
		child = child->child;
	const struct condition *x = alternatives(a, &n), *y = alternatives(child, &m);
	if (x == NULL || y == NULL || (uint64_t)n * m > MAX_PAIRS)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!has_equal(y, m, &x[i].test))
			return false;
	return true;
}

static bool is_absent(const struct condition *c)
{
	return c->kind == COND_TEST && c->test.op == OP_PRESENT && c->test.low == 0;
}

/* A condition that holds only of a fact that is known; not so the contrary of a list, which may be known and empty. */
static bool needs_value(const struct condition *c, const struct fact *f)
{
	if (c->kind == COND_NOT)
		return !f->list && c->child->kind == COND_TEST && c->child->test.op != OP_PRESENT;
	unsigned n = 0;
	const struct condition *x = alternatives(c, &n);
	for (unsigned i = 0; x != NULL && i < n; i++)
		if (is_absent(&x[i]))
			return false;
	return x != NULL;
}

/* Of one fact each, the same. */
static bool same_fact_excludes(const struct condition *a, const struct condition *b, const struct fact *f)
{
	if (is_absent(a) && needs_value(b, f))
		return true;
	return (!f->list && all_disjoint(a, b)) || denies(a, b) || denies(b, a);
}

/* plain-http and not-http have neither a channel nor a tunnel. */
static bool label_excludes(const struct condition *label, const struct condition *other, const struct fact *f)
{
	static const struct slice bare[] = { { (const uint8_t *)"plain-http", 10 },
		{ (const uint8_t *)"not-http", 8 } };
	unsigned n = 0;
	const struct slice name = slice_of(f->name);
	if (!slice_starts(name, SLICE("tunnel.")) && !slice_starts(name, SLICE("relay.")))
		return false;
	const struct condition *x = alternatives(label, &n);
	for (unsigned i = 0; x != NULL && i < n; i++)
		if (x[i].test.op != OP_IS || !(slice_eq(x[i].test.text, bare[0]) || slice_eq(x[i].test.text, bare[1])))
			return false;
	return x != NULL && needs_value(other, f);
}

static bool excludes(const struct condition *a, const struct condition *b)
{
	const struct fact *f = sole_fact(a), *g = sole_fact(b);
	if (f == NULL || g == NULL)
		return false;
	if (f == g)
		return same_fact_excludes(a, b, f) || same_fact_excludes(b, a, f);
	if (strcmp(f->name, "label") == 0)
		return label_excludes(a, b, g);
	return strcmp(g->name, "label") == 0 && label_excludes(b, a, f);
}

static bool is_empty_set(const struct condition *c)
{
	return c->kind == COND_TEST && c->test.op == OP_SET && c->test.set->count == 0;
}

/* Why it never holds; both the same when it is one condition alone. */
struct clash {
	const struct condition *first, *second;
	uint64_t *steps;
};

static unsigned width(const struct condition *c)
{
	return c->kind == COND_TEST ? 1 : c->kind == COND_NOT ? width(c->child) : c->count;
}

static bool never_holds(const struct condition *c, struct clash *why);

static bool any_never_holds(const struct condition *c, struct clash *why)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!never_holds(&c->child[i], why))
			return false;
	return c->count != 0;
}

/* No deeper than reading let the tree become. */
static bool never_holds(const struct condition *c, struct clash *why)
{
	struct parts p = { .count = 0 };
	parts_of(c, &p);
	for (unsigned i = 0; i < p.count; i++) {
		*why = (struct clash){ p.part[i], p.part[i], why->steps };
		if (is_empty_set(p.part[i]))
			return true;
		if (p.part[i]->kind == COND_ANY && any_never_holds(p.part[i], why))
			return true;
	}
	for (unsigned i = 0; i < p.count; i++)
		for (unsigned k = 0; k < i; k++) {
			*why = (struct clash){ p.part[k], p.part[i], why->steps };
			*why->steps += 1 + (uint64_t)width(p.part[k]) * width(p.part[i]);
			if (*why->steps > MAX_STEPS)
				return false;
			if (excludes(p.part[k], p.part[i]))
				return true;
		}
	return false;
}

void warn_never(struct reader *r)
{
	uint64_t steps = 0;
	for (size_t i = 0; i < r->set->count; i++) {
		const struct rule *rule = &r->set->rule[i];
		struct clash why = { NULL, NULL, &steps };
		if (!never_holds(&rule->match, &why))
			continue;
		if (why.first == why.second)
			warn(r, rule->info.file, why.first->line, why.first->column,
			    "rule %u never matches: the set is empty", rule->info.id);
		else
			warn(r, rule->info.file, why.second->line, why.second->column,
			    "rule %u never matches: %s and %s (%u:%u) exclude each other", rule->info.id,
			    sole_fact(why.second)->name, sole_fact(why.first)->name, why.first->line,
			    why.first->column);
	}
}
