/* One rule: its keys, and what they must be to each other. */
#include "rules/read.h"

#include "rules/quantity.h"

enum { MAX_TITLE = 200, MAX_PROSE = 4096, MAX_TAGS = 32, MAX_TAG = 64 };

static bool store_text(struct reader *r, const struct node *n, const char *what, size_t most, const char **to)
{
	struct slice text, kept;
	if (!want_text(r, n, what, most, &text) || !take_text(r, text, &kept))
		return false;
	*to = (const char *)kept.at;
	return true;
}

static bool read_number32(struct reader *r, const struct node *n, const char *what, uint64_t least, uint32_t *to)
{
	uint64_t value = 0;
	const bool fine = want_number(r, n, what, least, UINT32_MAX, &value);
	*to = fine ? (uint32_t)value : 0;
	return fine;
}

static bool read_id(struct reader *r, const struct node *n, void *into)
{
	return read_number32(r, n, "id", 1, &((struct rule *)into)->info.id);
}

static bool read_rev(struct reader *r, const struct node *n, void *into)
{
	return read_number32(r, n, "rev", 1, &((struct rule *)into)->info.rev);
}

static bool read_title(struct reader *r, const struct node *n, void *into)
{
	struct rule *rule = into;
	if (!store_text(r, n, "title", MAX_TITLE, &rule->info.title))
		return false;
	return strchr(rule->info.title, '\n') == NULL || wrong(r, n, "title has several lines (expected one)");
}

static bool read_why(struct reader *r, const struct node *n, void *into)
{
	return store_text(r, n, "why", MAX_PROSE, &((struct rule *)into)->info.why);
}

static bool read_falsepositives(struct reader *r, const struct node *n, void *into)
{
	return store_text(r, n, "falsepositives", MAX_PROSE, &((struct rule *)into)->info.falsepositives);
}

static bool read_severity(struct reader *r, const struct node *n, void *into)
{
	static const char *const words[] = { "high", "medium", "low", "info", NULL };
	const int which = want_word(r, n, "severity", words);
	if (which >= 0)
		((struct rule *)into)->info.severity = (enum severity)(SEVERITY_HIGH + which);
	return which >= 0;
}

static bool read_action(struct reader *r, const struct node *n, void *into)
{
	static const char *const words[] = { "alert", "pass", "drop", "reject", "mark", NULL };
	static const enum act acts[] = { ACT_ALERT, ACT_PASS, ACT_DROP, ACT_REJECT, ACT_MARK };
	const int which = want_word(r, n, "action", words);
	if (which >= 0)
		((struct rule *)into)->info.act = acts[which];
	return which >= 0;
}

static bool hex_number(struct slice digits, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < digits.len; i++) {
		const uint8_t c = digits.at[i];
		const int letter = (c | 0x20) - 'a' + 10;
		const int value = c >= '0' && c <= '9' ? c - '0' : letter >= 10 && letter <= 15 ? letter : -1;
		if (value < 0)
			return false;
		*out = *out << 4 | (uint64_t)value;
	}
	return digits.len != 0 && digits.len <= 8;
}

static bool read_mark(struct reader *r, const struct node *n, void *into)
{
	struct rule *rule = into;
	uint64_t value = 0;
	if (n->kind == NODE_SCALAR && slice_starts(n->text, SLICE("0x"))) {
		if (!hex_number(slice_from(n->text, 2), &value))
			return wrong(r, n, "mark: '%s' is no number from 0x0 to 0xffffffff", show(n->text).text);
		rule->info.mark = (uint32_t)value;
		return true;
	}
	return read_number32(r, n, "mark", 0, &rule->info.mark);
}

static bool read_reject_with(struct reader *r, const struct node *n, void *into)
{
	static const char *const words[] = { "rst", "403", NULL };
	static const enum reply replies[] = { REPLY_RST, REPLY_403 };
	const int which = want_word(r, n, "reject_with", words);
	if (which >= 0)
		((struct rule *)into)->info.reject_with = replies[which];
	return which >= 0;
}

static bool is_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len != 0;
}

static bool is_technique(struct slice s)
{
	if (s.len == 5)
		return is_digits(slice_from(s, 1));
	return s.len == 9 && is_digits(slice_head(slice_from(s, 1), 4)) && s.at[5] == '.' &&
	       is_digits(slice_from(s, 6));
}

static bool is_tag(struct slice s)
{
	if (s.len == 0 || s.len > MAX_TAG)
		return false;
	if (s.at[0] == 'T')
		return is_technique(s);
	for (size_t i = 0; i < s.len; i++) {
		const uint8_t c = s.at[i];
		const bool first = c >= 'a' && c <= 'z', inner = (c >= '0' && c <= '9') || c == '-';
		if (!first && !(inner && i != 0))
			return false;
	}
	return s.at[s.len - 1] != '-';
}

static bool read_tag(struct reader *r, const struct node *n, const struct node *first, const char **to)
{
	struct slice kept;
	if (n->kind != NODE_SCALAR || !is_tag(n->text))
		return wrong(r, n, "tags: '%s' is no tag (expected T1572, T1071.001, or a lower-case word with dashes)",
		    n->kind == NODE_SCALAR ? show(n->text).text : node_kind_name(n->kind));
	for (; first != n; first = first->next)
		if (first->kind == NODE_SCALAR && slice_eq(first->text, n->text))
			return wrong(r, n, "tags: '%s' stands twice", show(n->text).text);
	if (!take_text(r, n->text, &kept))
		return false;
	*to = (const char *)kept.at;
	return true;
}

static bool read_tags(struct reader *r, const struct node *list, void *into)
{
	struct rule *rule = into;
	if (!want_kind(r, list, NODE_LIST, "tags"))
		return false;
	if (list->count > MAX_TAGS)
		return wrong(r, list, "tags: %u of them (at most %d are allowed)", list->count, MAX_TAGS);
	const char **tags = take(r, list->count, sizeof *tags);
	if (tags == NULL)
		return false;
	unsigned count = 0;
	bool fine = true;
	for (const struct node *n = list->first; n != NULL; n = n->next)
		fine = read_tag(r, n, list->first, &tags[count]) && fine && ++count != 0;
	rule->info.tags = tags;
	rule->info.tag_count = count;
	return fine;
}

static bool read_per(struct reader *r, const struct node *n, void *into)
{
	static const char *const words[] = { "rule", "flow", "client", "server", "pair", NULL };
	const int which = want_word(r, n, "per", words);
	if (which >= 0)
		((struct limit *)into)->per = (enum per)which;
	return which >= 0;
}

static bool read_count(struct reader *r, const struct node *n, void *into)
{
	return read_number32(r, n, "count", 1, &((struct limit *)into)->count);
}

static bool read_every(struct reader *r, const struct node *n, void *into)
{
	uint64_t ns = 0;
	if (!want_quantity(r, n, FACT_SECONDS, "every", &ns))
		return false;
	if (ns == 0)
		return wrong(r, n, "every: '%s' is no time (leave the key out for: ever)", show(n->text).text);
	((struct limit *)into)->every = (int64_t)ns;
	return true;
}

static const struct key limit_keys[] = { { "per", read_per, true }, { "count", read_count, true },
	{ "every", read_every, false } };

static bool read_limit(struct reader *r, const struct node *n, void *into)
{
	return read_keys(
	    r, n, "limit", limit_keys, sizeof limit_keys / sizeof *limit_keys, &((struct rule *)into)->limit);
}

static bool read_threshold(struct reader *r, const struct node *n, void *into)
{
	return read_keys(
	    r, n, "threshold", limit_keys, sizeof limit_keys / sizeof *limit_keys, &((struct rule *)into)->threshold);
}

static bool read_rule_match(struct reader *r, const struct node *n, void *into)
{
	return read_match(r, n, &((struct rule *)into)->match);
}

static const struct key rule_keys[] = {
	{ "id", read_id, true },
	{ "rev", read_rev, false },
	{ "title", read_title, true },
	{ "severity", read_severity, false },
	{ "match", read_rule_match, true },
	{ "action", read_action, false },
	{ "mark", read_mark, false },
	{ "reject_with", read_reject_with, false },
	{ "limit", read_limit, false },
	{ "threshold", read_threshold, false },
	{ "tags", read_tags, false },
	{ "why", read_why, false },
	{ "falsepositives", read_falsepositives, false },
};

static const struct node *key_named(const struct node *map, const char *name)
{
	for (const struct node *key = map->first; map->kind == NODE_MAP && key != NULL; key = key->next->next)
		if (slice_eq(key->text, slice_of(name)))
			return key;
	return NULL;
}

static bool consistent(struct reader *r, const struct node *n, const struct rule *rule)
{
	const struct node *mark = key_named(n, "mark"), *action = key_named(n, "action");
	const struct node *with = key_named(n, "reject_with");
	if (mark != NULL && rule->info.act != ACT_MARK)
		return wrong(r, mark, "mark goes with action: mark only (the action is %s)", act_name(rule->info.act));
	if (mark == NULL && rule->info.act == ACT_MARK)
		return wrong(r, action, "action: mark needs the key 'mark' (mark: 0x10)");
	if (with != NULL && rule->info.act != ACT_REJECT)
		return wrong(
		    r, with, "reject_with goes with action: reject only (the action is %s)", act_name(rule->info.act));
	return true;
}

struct reads {
	uint32_t moments;
	bool handshake, request;
};

static void add_fact(struct reads *x, const struct fact *f)
{
	const struct slice name = slice_of(f->name);
	x->moments |= f->moments;
	x->handshake = x->handshake || f->handshake;
	x->request = x->request || slice_starts(name, SLICE("request.")) || slice_starts(name, SLICE("response."));
}

/* No deeper than read_match let the tree become. */
static void add_facts(struct reads *x, const struct condition *c)
{
	for (unsigned i = 0; c->kind != COND_TEST && i < c->count; i++)
		add_facts(x, &c->child[i]);
	if (c->kind == COND_TEST && c->test.fact != NULL)
		add_fact(x, c->test.fact);
	if (c->kind == COND_TEST && c->test.other != NULL)
		add_fact(x, c->test.other);
}

static void note_reads(struct ruleset *set, struct rule *rule)
{
	struct reads x = { 0 };
	add_facts(&x, &rule->match);
	rule->moments = x.moments != 0 ? x.moments : MOMENT_BIT(MOMENT_BEGIN);
	rule->per_handshake = x.handshake;
	set->moments |= rule->moments;
	set->reads_request = set->reads_request || x.request;
}

static bool read_rule(struct reader *r, const struct node *n, struct rule *rule)
{
	rule->info = (struct rule_info){ .rev = 1,
		.act = ACT_ALERT,
		.severity = SEVERITY_MEDIUM,
		.title = "",
		.why = "",
		.falsepositives = "",
		.file = r->now->name,
		.line = n->line };
	rule->column = n->column;
	const bool fine = read_keys(r, n, "the rule", rule_keys, sizeof rule_keys / sizeof *rule_keys, rule);
	if (n->kind != NODE_MAP || !consistent(r, n, rule))
		return false;
	note_reads(r->set, rule);
	return fine;
}

/* A rule with faults keeps its place and its id. */
bool read_rules(struct reader *r, const struct node *list)
{
	if (!want_kind(r, list, NODE_LIST, "rules"))
		return false;
	bool fine = true;
	for (const struct node *n = list->first; n != NULL; n = n->next) {
		struct rule *rule = &r->set->rule[r->set->count];
		fine = read_rule(r, n, rule) && fine;
		r->number[r->numbers++] = (struct numbered){ rule->info.id, r->set->count++, r->now, n };
	}
	return fine;
}
