/* What changed from one set to the next, by ids.  Two rules are the same when everything but their place is; a named set
 * that one of them uses counts with its members. */
#include "rules/ruleset.h"

#include <stdlib.h>

static bool same_text(struct slice a, struct slice b)
{
	return slice_eq(a, b);
}

static bool same_test(const struct test *a, const struct test *b);

static bool same_set(const struct set *a, const struct set *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_test(&a->member[i], &b->member[i]))
			return false;
	return true;
}

static bool same_test(const struct test *a, const struct test *b)
{
	return a->fact == b->fact && a->op == b->op && a->low == b->low && a->high == b->high &&
	       same_text(a->text, b->text) && memcmp(a->addr, b->addr, sizeof a->addr) == 0 && a->ipv6 == b->ipv6 &&
	       a->prefix == b->prefix && a->other == b->other && same_set(a->set, b->set);
}

static bool same_condition(const struct condition *a, const struct condition *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == COND_TEST)
		return same_test(&a->test, &b->test);
	if (a->count != b->count)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!same_condition(&a->child[i], &b->child[i]))
			return false;
	return true;
}

static bool same_limit(const struct limit *a, const struct limit *b)
{
	return a->per == b->per && a->count == b->count && a->every == b->every;
}

static bool same_info(const struct rule_info *a, const struct rule_info *b)
{
	if (a->rev != b->rev || a->act != b->act || a->severity != b->severity || a->mark != b->mark ||
	    a->reject_with != b->reject_with || a->tag_count != b->tag_count)
		return false;
	for (unsigned i = 0; i < a->tag_count; i++)
		if (strcmp(a->tags[i], b->tags[i]) != 0)
			return false;
	return strcmp(a->title, b->title) == 0 && strcmp(a->why, b->why) == 0 &&
	       strcmp(a->falsepositives, b->falsepositives) == 0;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	return same_info(&a->info, &b->info) && same_limit(&a->limit, &b->limit) &&
	       same_limit(&a->threshold, &b->threshold) && same_condition(&a->match, &b->match);
}

static int by_id(const void *a, const void *b)
{
	const uint32_t x = (*(const struct rule *const *)a)->info.id, y = (*(const struct rule *const *)b)->info.id;
	return x < y ? -1 : x > y;
}

static const struct rule **in_order(const struct ruleset *r)
{
	const struct rule **list = calloc(r->count + 1, sizeof *list);
	for (size_t i = 0; list != NULL && i < r->count; i++)
		list[i] = &r->rule[i];
	if (list != NULL)
		qsort(list, r->count, sizeof *list, by_id);
	return list;
}

/* Both lists end with NULL. */
static struct ruleset_change compare(const struct rule *const *from, const struct rule *const *to)
{
	struct ruleset_change c = { 0, 0, 0 };
	while (*from != NULL || *to != NULL) {
		if (*to == NULL || (*from != NULL && (*from)->info.id < (*to)->info.id)) {
			c.removed++;
			from++;
		} else if (*from == NULL || (*to)->info.id < (*from)->info.id) {
			c.added++;
			to++;
		} else {
			c.changed += !same_rule(*from++, *to++);
		}
	}
	return c;
}

struct ruleset_change ruleset_compare(const struct ruleset *from, const struct ruleset *to)
{
	struct ruleset_change c = { 0, 0, 0 };
	const struct rule **old = in_order(from), **fresh = in_order(to);
	if (old != NULL && fresh != NULL)
		c = compare(old, fresh);
	free(old);
	free(fresh);
	return c;
}
