#include "rules/warn.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void warn(struct reader *r, const char *file, unsigned line, unsigned column, const char *format, ...)
{
	char what[1024];
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(what, sizeof what, format, args);
	va_end(args);
	/* Warnings come mostly in the order of the files. */
	size_t i = r->warned;
	for (size_t tried = 1; tried < r->sources && r->source[i].name != file; tried++)
		i = i + 1 < r->sources ? i + 1 : 0;
	r->warned = i;
	problem_add(&r->source[i].problems, PROBLEM_WARNING, file, line, column, "%s", n >= 0 ? what : "odd");
}

void parts_of(const struct condition *c, struct parts *out)
{
	if (c->kind == COND_ALL) {
		for (unsigned i = 0; i < c->count; i++)
			parts_of(&c->child[i], out);
		return;
	}
	if (out->count < MAX_PARTS)
		out->part[out->count++] = c;
	else
		out->more = true;
}

const struct fact *sole_fact(const struct condition *c)
{
	if (c->kind == COND_TEST)
		return c->test.fact;
	const struct fact *first = c->count != 0 ? sole_fact(&c->child[0]) : NULL;
	for (unsigned i = 1; i < c->count; i++)
		if (sole_fact(&c->child[i]) != first)
			return NULL;
	return first;
}

static int by_title(const void *a, const void *b)
{
	const struct rule *const *x = a, *const *y = b;
	const int order = strcmp((*x)->info.title, (*y)->info.title);
	return order != 0 ? order : *x < *y ? -1 : 1;
}

static void warn_titles(struct reader *r)
{
	const size_t count = r->set->count;
	const struct rule **list = memory_take(r->scratch, count * sizeof *list);
	if (list == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		list[i] = &r->set->rule[i];
	qsort(list, count, sizeof *list, by_title);
	for (size_t i = 1; i < count; i++) {
		const struct rule *first = list[i - 1], *second = list[i];
		if (strcmp(first->info.title, second->info.title) == 0)
			warn(r, second->info.file, second->info.line, second->column,
			    "rule %u has the title of rule %u (%s:%u)", second->info.id, first->info.id,
			    first->info.file, first->info.line);
	}
}

static void warn_rule(struct reader *r, const struct rule *rule)
{
	const struct rule_info *info = &rule->info;
	if (rule->match.count == 0)
		warn(r, info->file, rule->match.line, rule->match.column,
		    "rule %u matches every conversation: its match is empty", info->id);
	if (info->act == ACT_PASS && rule->limit.count != 0)
		warn(r, info->file, info->line, rule->column,
		    "rule %u: a pass rule tells nothing that a limit could hold back", info->id);
	if (info->reject_with == REPLY_403 &&
	    (rule->moments & (MOMENT_BIT(MOMENT_ASKED) | MOMENT_BIT(MOMENT_ANSWERED))) == 0)
		warn(r, info->file, info->line, rule->column,
		    "rule %u reads nothing of a handshake: no client waits for a 403 when it speaks", info->id);
	if (rule->threshold.count == 1)
		warn(r, info->file, info->line, rule->column, "rule %u: a threshold of 1 holds nothing back", info->id);
}

void warn_all(struct reader *r)
{
	for (size_t i = 0; i < r->set->count; i++)
		warn_rule(r, &r->set->rule[i]);
	warn_titles(r);
	warn_sets(r);
	warn_never(r);
	warn_shadow(r);
}
