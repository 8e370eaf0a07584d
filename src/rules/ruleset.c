/* What others ask of a set, and how it is given back. */
#include "rules/ruleset.h"

/* A regular expression has memory of its own library.  No deeper than reading let the tree become. */
static void free_regexes(struct condition *c)
{
	if (c->kind == COND_TEST)
		regex_free(c->test.regex);
	for (unsigned i = 0; c->kind != COND_TEST && i < c->count; i++)
		free_regexes(&c->child[i]);
}

void ruleset_free(struct ruleset *r)
{
	if (r == NULL)
		return;
	ruleset_index_free(r);
	for (size_t i = 0; i < r->count; i++)
		free_regexes(&r->rule[i].match);
	memory_free(r->memory);
}

size_t ruleset_count(const struct ruleset *r)
{
	return r->count;
}

const struct rule_info *ruleset_rule(const struct ruleset *r, size_t i)
{
	return i < r->count ? &r->rule[i].info : NULL;
}

const struct rule_info *ruleset_find(const struct ruleset *r, uint32_t id)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->rule[i].info.id == id)
			return &r->rule[i].info;
	return NULL;
}

uint32_t ruleset_moments(const struct ruleset *r)
{
	return r->moments;
}

bool ruleset_reads_request(const struct ruleset *r)
{
	return r->reads_request;
}

size_t ruleset_test_count(const struct ruleset *r)
{
	return r->test_count;
}

const struct rule_test *ruleset_test(const struct ruleset *r, size_t i)
{
	return i < r->test_count ? &r->test[i] : NULL;
}
