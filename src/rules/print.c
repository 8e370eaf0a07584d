/* The normal form: every rule with its keys in one order, what is as it would be anyway left out, but for severity and action,
 * which whoever reads a rule looks for first. */
#include "rules/print_match.h"
#include "rules/quantity.h"
#include "rules/read.h"

static void print_uint(struct printer *p, const char *before, uint64_t value)
{
	char text[32];
	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	print_raw(p, before);
	print_raw(p, text);
}

static void print_sets(struct printer *p, const struct ruleset *r)
{
	if (r->set_count != 0)
		print_raw(p, "\nsets:\n");
	for (size_t i = 0; i < r->set_count; i++) {
		const struct set *s = r->set[i];
		p->indent = 6;
		print_raw(p, "  ");
		print_string(p, s->name);
		print_raw(p, ":\n    ");
		print_raw(p, set_kind_name(s->kind));
		print_raw(p, ": [");
		for (size_t k = 0; k < s->count; k++) {
			if (k != 0)
				print_comma(p);
			print_member(p, s->kind, &s->member[k]);
		}
		print_raw(p, "]\n");
	}
}

static void print_limit(struct printer *p, const char *key, const struct limit *l)
{
	char every[QUANTITY_SIZE];
	if (l->count == 0)
		return;
	print_raw(p, key);
	print_raw(p, "{ per: ");
	print_raw(p, per_name(l->per));
	print_uint(p, ", count: ", l->count);
	if (l->every != 0) {
		quantity_print(FACT_SECONDS, (uint64_t)l->every, every);
		print_raw(p, ", every: ");
		print_raw(p, every);
	}
	print_raw(p, " }\n");
}

static void print_prose(struct printer *p, const char *key, const char *text)
{
	if (text[0] == '\0')
		return;
	print_raw(p, key);
	print_string(p, text);
	print_raw(p, "\n");
}

static void print_tags(struct printer *p, const struct rule_info *info)
{
	if (info->tag_count == 0)
		return;
	p->indent = 6;
	print_raw(p, "    tags: [");
	for (unsigned i = 0; i < info->tag_count; i++) {
		if (i != 0)
			print_comma(p);
		print_string(p, info->tags[i]);
	}
	print_raw(p, "]\n");
}

static void print_rule(struct printer *p, const struct rule *rule)
{
	const struct rule_info *info = &rule->info;
	char mark[32];
	print_uint(p, "  - id: ", info->id);
	if (info->rev != 1)
		print_uint(p, "\n    rev: ", info->rev);
	print_raw(p, "\n");
	print_prose(p, "    title: ", info->title);
	print_raw(p, "    severity: ");
	print_raw(p, severity_name(info->severity));
	print_raw(p, "\n    match:");
	print_match(p, &rule->match);
	print_raw(p, "\n    action: ");
	print_raw(p, act_name(info->act));
	if (info->act == ACT_MARK) {
		snprintf(mark, sizeof mark, "\n    mark: 0x%x", (unsigned)info->mark);
		print_raw(p, mark);
	}
	if (info->reject_with != REPLY_NONE) {
		print_raw(p, "\n    reject_with: ");
		print_raw(p, reply_name(info->reject_with));
	}
	print_raw(p, "\n");
	print_limit(p, "    limit: ", &rule->limit);
	print_limit(p, "    threshold: ", &rule->threshold);
	print_tags(p, info);
	print_prose(p, "    why: ", info->why);
	print_prose(p, "    falsepositives: ", info->falsepositives);
}

static void print_ids(struct printer *p, const char *key, const uint32_t *ids, unsigned count)
{
	if (count == 0)
		return;
	p->indent = 6;
	print_raw(p, key);
	for (unsigned i = 0; i < count; i++) {
		if (i != 0)
			print_comma(p);
		print_uint(p, "", ids[i]);
	}
	print_raw(p, "]\n");
}

/* The capture as it was written: without the folder of the file, which reading puts in front again. */
static void print_test(struct printer *p, const struct rule_test *t)
{
	const size_t folder = folder_length(t->file);
	const char *const capture = t->capture + (strncmp(t->capture, t->file, folder) == 0 ? folder : 0);
	print_raw(p, "  - capture: ");
	print_string(p, capture);
	print_raw(p, "\n");
	print_ids(p, "    alerts: [", t->alerts, t->alert_count);
	print_ids(p, "    silent: [", t->silent, t->silent_count);
}

void ruleset_print(const struct ruleset *r, FILE *out)
{
	struct printer p = { out, 0, 0 };
	print_raw(&p, "version: 1\n");
	print_sets(&p, r);
	if (r->count != 0)
		print_raw(&p, "\nrules:\n");
	else if (r->set_count + r->test_count == 0)
		print_raw(&p, "\nrules: []\n");
	for (size_t i = 0; i < r->count; i++)
		print_rule(&p, &r->rule[i]);
	if (r->test_count != 0)
		print_raw(&p, "\ntests:\n");
	for (size_t i = 0; i < r->test_count; i++)
		print_test(&p, &r->test[i]);
}
