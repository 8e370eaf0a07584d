#include "rules/warn.h"

#include <stdlib.h>

struct member {
	const struct test *test;
	const struct node *node;
};

static int order(const struct test *a, const struct test *b)
{
	if (a->op != b->op)
		return a->op < b->op ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	if (a->prefix != b->prefix || a->ipv6 != b->ipv6)
		return a->prefix + 256 * a->ipv6 < b->prefix + 256 * b->ipv6 ? -1 : 1;
	const int addresses = memcmp(a->addr, b->addr, sizeof a->addr);
	if (addresses != 0 || a->text.len != b->text.len)
		return addresses != 0 ? addresses : a->text.len < b->text.len ? -1 : 1;
	return a->text.len != 0 ? memcmp(a->text.at, b->text.at, a->text.len) : 0;
}

static int by_test(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	const int first = order(x->test, y->test);
	return first != 0 ? first : x->test < y->test ? -1 : 1;
}

static void warn_twins(struct reader *r, const struct named_set *n)
{
	const size_t count = n->set->count;
	struct member *list = memory_take(r->scratch, count * sizeof *list);
	if (list == NULL || n->members == NULL || count < 2)
		return;
	const struct node *node = n->members->first;
	for (size_t i = 0; i < count && node != NULL; i++, node = node->next)
		list[i] = (struct member){ &n->set->member[i], node };
	qsort(list, count, sizeof *list, by_test);
	for (size_t i = 1; i < count; i++)
		if (order(list[i - 1].test, list[i].test) == 0)
			warn(r, n->set->file, list[i].node->line, list[i].node->column,
			    "'%s' stands twice in the set '%s' (first at %u:%u)", show(list[i].node->text).text,
			    n->set->name, list[i - 1].node->line, list[i - 1].node->column);
}

static bool has_word(const struct fact *f, struct slice text)
{
	const char *word;
	for (unsigned i = 0; (word = f->word(i)) != NULL; i++)
		if (slice_eq_nocase(text, slice_of(word)))
			return true;
	return false;
}

/* Once for each set, by the first fact that uses it. */
static void warn_words(struct reader *r, struct named_set *n, const struct fact *f)
{
	const struct node *node = n->members != NULL ? n->members->first : NULL;
	for (size_t i = 0; i < n->set->count && node != NULL; i++, node = node->next)
		if (!has_word(f, n->set->member[i].text))
			warn(r, n->set->file, node->line, node->column, "%s is never '%s'", f->name,
			    show(node->text).text);
}

/* No deeper than reading let the tree become. */
static void warn_uses(struct reader *r, const struct condition *c)
{
	for (unsigned i = 0; c->kind != COND_TEST && i < c->count; i++)
		warn_uses(r, &c->child[i]);
	if (c->kind != COND_TEST || c->test.op != OP_SET || c->test.set->kind != SET_NAMES ||
	    c->test.fact->word == NULL)
		return;
	struct named_set *n = find_set(r, slice_of(c->test.set->name));
	if (n == NULL || n->words_seen)
		return;
	n->words_seen = true;
	warn_words(r, n, c->test.fact);
}

void warn_sets(struct reader *r)
{
	for (size_t i = 0; i < r->names; i++) {
		const struct named_set *n = &r->name[i];
		warn_twins(r, n);
		if (!n->used && r->set->count != 0)
			warn(r, n->set->file, n->set->line, n->set->column, "the set '%s' is never used", n->set->name);
	}
	for (size_t i = 0; i < r->set->count; i++)
		warn_uses(r, &r->set->rule[i].match);
}
