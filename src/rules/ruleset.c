/* What others ask of a set, and how it is given back. */
#include "rules/ruleset.h"

void ruleset_free(struct ruleset *r)
{
	if (r == NULL)
		return;
	ruleset_index_free(r);
	for (const struct regex_list *l = r->regexes; l != NULL; l = l->next)
		regex_free(l->regex);
	memory_free(r->memory);
}

size_t ruleset_count(const struct ruleset *r)
{
	return r->count;
}

static bool is_wide(const struct limit *l)
{
	return l->count != 0 && l->per != PER_FLOW && l->per != PER_PAIR;
}

const struct rule_info *ruleset_wide(const struct ruleset *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (is_wide(&r->rule[i].limit) || is_wide(&r->rule[i].threshold))
			return &r->rule[i].info;
	return NULL;
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

uint32_t ruleset_acting(const struct ruleset *r)
{
	uint32_t moments = 0;
	for (size_t i = 0; i < r->count; i++)
		if (r->rule[i].info.act != ACT_ALERT && r->rule[i].info.act != ACT_PASS)
			moments |= r->rule[i].moments;
	return moments;
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
