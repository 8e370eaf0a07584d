/* A rule is filed under the rarest thing that it asks for: of `all` the rarest part, of `any` each part if each can be
 * filed.  What is under a `not`, and what only a walk can find (globs, regexes, wide ranges), files nothing; a rule of
 * nothing else is weighed at each of its moments.
 *
 * A moment at which a part that must hold cannot be known yet is none of the rule's. */
#include "rules/index.h"

#include <stdlib.h>

enum { WIDEST_RANGE = 64, NARROW_NETWORK = 8 };

static bool is_text(enum fact_kind k)
{
	return k == FACT_TEXT || k == FACT_NAME || k == FACT_HOST;
}

/* Of how many words is it one? */
static unsigned worth_of_name(const struct fact *f)
{
	unsigned words = 0;
	if (f->word == NULL)
		return 60;
	while (words < 20 && f->word(words) != NULL)
		words++;
	return 10 + words;
}

static unsigned worth_of_value(const struct fact *f)
{
	switch (f->kind) {
	case FACT_HOST:
		return 90;
	case FACT_TEXT:
		return 80;
	case FACT_ADDRESS:
		return 70;
	case FACT_PORT:
		return 50;
	case FACT_NAME:
		return worth_of_name(f);
	default:
		return 40;
	}
}

static bool is_narrow(const struct test *t)
{
	return !is_text(t->fact->kind) && t->fact->kind != FACT_ADDRESS && t->high >= t->low &&
	       t->high - t->low < WIDEST_RANGE;
}

static bool is_exact(const struct test *t)
{
	return is_text(t->fact->kind) || t->fact->kind == FACT_ADDRESS || is_narrow(t);
}

/* 0: cannot be filed. */
static unsigned worth_of_test(const struct test *t)
{
	switch (t->op) {
	case OP_IS:
		return is_exact(t) ? worth_of_value(t->fact) : 0;
	case OP_RANGE:
		return is_narrow(t) ? worth_of_value(t->fact) - (t->high != t->low ? 10 : 0) : 0;
	case OP_SUFFIX:
		return t->fact->kind == FACT_HOST && t->text.len != 0 && t->text.at[0] != '.' ? 85 : 0;
	case OP_NETWORK:
		return t->prefix >= NARROW_NETWORK ? 70 : 9;
	case OP_SET:
		return t->fact->kind == FACT_PORT ? 30 : 45;
	default:
		return 0;
	}
}

static unsigned worth_of(const struct condition *c)
{
	if (c->kind == COND_TEST)
		return worth_of_test(&c->test);
	if (c->kind == COND_NOT || c->count == 0)
		return 0;
	unsigned worth = c->kind == COND_ALL ? 0 : UINT32_MAX;
	for (unsigned i = 0; i < c->count; i++) {
		const unsigned one = worth_of(&c->child[i]);
		if (c->kind == COND_ALL ? one > worth : one < worth)
			worth = one;
	}
	return worth;
}

/* What a half is built from. */
struct building {
	struct rule_half *half;
	struct probe *probe[MAX_FACTS]; /* by number of the fact */
	bool failed;
};

static struct probe *probe_for(struct building *b, const struct rule *rule, const struct fact *f, enum key_kind how)
{
	struct rule_half *half = b->half;
	struct probe *p = b->probe[fact_number(f)];
	if (p == NULL) {
		p = b->probe[fact_number(f)] = &half->probe[half->probe_count++];
		p->fact = f;
	}
	p->kinds |= (uint8_t)(1u << how);
	p->moments |= rule->moments;
	return p;
}

static bool add_set(struct probe *p, const struct set *s)
{
	for (unsigned i = 0; i < p->set_count; i++)
		if (p->set[i] == s)
			return true;
	const struct set **grown = realloc(p->set, (p->set_count + 1) * sizeof *grown);
	if (grown == NULL)
		return false;
	p->set = grown;
	p->set[p->set_count++] = s;
	return true;
}

static void file_test(struct building *b, const struct rule *rule, uint32_t number, const struct test *t)
{
	const uint64_t salt = fact_number(t->fact) + 1;
	const enum fact_kind kind = t->fact->kind;
	struct lookup *l = &b->half->rules;
	bool filed = true;
	if (t->op == OP_SET) {
		filed = add_set(probe_for(b, rule, t->fact, KEY_SET), t->set) &&
			lookup_add(l, key_set(salt, t->set), number);
	} else if (t->op == OP_NETWORK || kind == FACT_ADDRESS) {
		const unsigned prefix = t->op == OP_NETWORK ? t->prefix : t->ipv6 ? 128 : 32;
		prefixes_add(&probe_for(b, rule, t->fact, KEY_NETWORK)->prefixes, t->ipv6, prefix);
		filed = lookup_add(l, key_address(salt, t->addr, t->ipv6, prefix), number);
	} else if (is_text(kind)) {
		const enum key_kind how = t->op == OP_SUFFIX ? KEY_SUFFIX : KEY_WHOLE;
		probe_for(b, rule, t->fact, how);
		filed = lookup_add(l, key_text(salt, kind, how, t->text), number);
	} else {
		probe_for(b, rule, t->fact, KEY_WHOLE);
		for (uint64_t n = t->low; filed && n - t->low <= t->high - t->low; n++) {
			filed = lookup_add(l, key_number(salt, n), number);
			if (n == t->high)
				break;
		}
	}
	b->failed |= !filed;
}

static void file(struct building *b, const struct rule *rule, uint32_t number, const struct condition *c)
{
	if (c->kind == COND_TEST) {
		file_test(b, rule, number, &c->test);
		return;
	}
	if (c->kind == COND_ANY) {
		for (unsigned i = 0; i < c->count; i++)
			file(b, rule, number, &c->child[i]);
		return;
	}
	const struct condition *best = &c->child[0];
	for (unsigned i = 1; i < c->count; i++)
		if (worth_of(&c->child[i]) > worth_of(best))
			best = &c->child[i];
	file(b, rule, number, best);
}

/* The moments at which this can hold, of those given. */
static uint32_t possible(const struct condition *c, uint32_t moments)
{
	if (c->kind == COND_ALL)
		for (unsigned i = 0; i < c->count; i++)
			moments = possible(&c->child[i], moments);
	if (c->kind != COND_TEST || (c->test.op == OP_PRESENT && c->test.low == 0))
		return moments;
	const uint32_t of = c->test.fact->moments;
	if ((of & MOMENT_BIT(MOMENT_BEGIN)) == 0)
		moments &= ~MOMENT_BIT(MOMENT_BEGIN);
	return of == MOMENT_BIT(MOMENT_END) ? moments & of : moments;
}

static bool half_init(struct rule_half *h, size_t rules)
{
	h->probe = calloc(MAX_FACTS, sizeof *h->probe);
	h->always = calloc(rules + 1, sizeof *h->always);
	return h->probe != NULL && h->always != NULL;
}

static void half_fini(struct rule_half *h)
{
	for (unsigned i = 0; h->probe != NULL && i < h->probe_count; i++)
		free(h->probe[i].set);
	free(h->probe);
	free(h->always);
	lookup_fini(&h->rules);
}

static bool half_build(struct rule_half *half, struct ruleset *r, bool passes)
{
	struct building b = { .half = half };
	if (!half_init(half, r->count))
		return false;
	for (size_t i = 0; i < r->count; i++) {
		struct rule *rule = &r->rule[i];
		if ((rule->info.act == ACT_PASS) != passes)
			continue;
		half->moments |= rule->moments;
		if (worth_of(&rule->match) != 0)
			file(&b, rule, (uint32_t)i, &rule->match);
		else
			half->always[half->always_count++] = (uint32_t)i;
	}
	return !b.failed && lookup_build(&half->rules);
}

bool ruleset_index(struct ruleset *r)
{
	uint32_t spoken = 0;
	r->index = calloc(1, sizeof *r->index);
	if (r->index == NULL)
		return false;
	for (size_t i = 0; i < r->set_count; i++)
		if (!set_index_build(r->set[i]))
			return false;
	for (size_t i = 0; i < r->count; i++) {
		r->rule[i].moments = possible(&r->rule[i].match, r->rule[i].moments);
		if (r->rule[i].info.act != ACT_PASS)
			spoken |= r->rule[i].moments;
	}
	/* Who silences must be asked whenever somebody speaks, whatever has changed. */
	for (size_t i = 0; i < r->count; i++)
		if (r->rule[i].info.act == ACT_PASS)
			r->rule[i].moments = spoken;
	r->moments = spoken;
	return half_build(&r->index->speak, r, false) && half_build(&r->index->pass, r, true);
}

void ruleset_index_free(struct ruleset *r)
{
	for (size_t i = 0; i < r->set_count; i++)
		set_index_free(r->set[i]);
	if (r->index == NULL)
		return;
	half_fini(&r->index->speak);
	half_fini(&r->index->pass);
	free(r->index);
	r->index = NULL;
}
