/* Rules that another one makes needless.  What a rule asks is a set of conditions; a rule that asks a part of what another asks
 * matches whenever that one does.  Pass rules are judged at every moment, wherever they stand.  Conditions are compared by a hash that does not mind their order. */
#include "rules/warn.h"

#include <stdlib.h>
#include "base/hash.h"

enum {
	MAX_COMPARED = 1 << 24, /* pairs of rules: a sixth of a second */
};

struct asked {
	const struct rule *rule;
	uint64_t bits; /* one for each condition: a part has no bit that the whole lacks */
	unsigned count;
	bool more;
	uint64_t *hash; /* sorted */
};

/* Every byte of it is set, so that it can be hashed as it lies. */
struct image {
	uint64_t kind, op, low, high, prefix, ipv6, text_hash;
	const void *fact, *set, *other;
	uint8_t addr[16];
};

static uint64_t hash_of(struct hash_key key, const struct condition *c)
{
	struct image m;
	memset(&m, 0, sizeof m);
	m.kind = (uint64_t)c->kind;
	if (c->kind == COND_TEST) {
		const struct test *t = &c->test;
		m.op = (uint64_t)t->op;
		m.low = t->low;
		m.high = t->high;
		m.prefix = t->prefix;
		m.ipv6 = t->ipv6;
		m.text_hash = hash_bytes(key, t->text.at, t->text.len);
		m.fact = t->fact;
		m.set = t->set;
		m.other = t->other;
		memcpy(m.addr, t->addr, sizeof m.addr);
		return hash_bytes(key, &m, sizeof m);
	}
	if (c->count == 1 && c->kind != COND_NOT)
		return hash_of(key, &c->child[0]);
	for (unsigned i = 0; i < c->count; i++)
		m.text_hash += hash_of(key, &c->child[i]);
	return hash_bytes(key, &m, sizeof m);
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static bool ask(struct reader *r, struct hash_key key, const struct rule *rule, struct asked *out)
{
	struct parts p = { .count = 0 };
	parts_of(&rule->match, &p);
	*out = (struct asked){ .rule = rule, .count = p.count, .more = p.more };
	out->hash = memory_take(r->scratch, p.count * sizeof *out->hash);
	if (out->hash == NULL)
		return false;
	for (unsigned i = 0; i < p.count; i++) {
		out->hash[i] = hash_of(key, p.part[i]);
		out->bits |= UINT64_C(1) << (out->hash[i] & 63);
	}
	if (p.count > 1)
		qsort(out->hash, p.count, sizeof *out->hash, by_value);
	return true;
}

/* Does `b` ask all that `a` asks? */
static bool is_part(const struct asked *a, const struct asked *b)
{
	unsigned k = 0;
	if ((a->bits & ~b->bits) != 0 || a->count > b->count || a->more || b->more)
		return false;
	for (unsigned i = 0; i < a->count; i++, k++) {
		while (k < b->count && b->hash[k] < a->hash[i])
			k++;
		if (k == b->count || b->hash[k] != a->hash[i])
			return false;
	}
	return true;
}

/* What `a` does to `b`, as the rest of a sentence; NULL: nothing. */
static const char *effect(const struct asked *a, const struct asked *b)
{
	const struct rule *x = a->rule, *y = b->rule;
	if (x == y || x->threshold.count != 0 || x->match.count == 0)
		return NULL;
	if (x->info.act == ACT_PASS && y->info.act != ACT_PASS)
		return is_part(a, b) ? "never speaks: the pass rule" : NULL;
	if (x->info.act != y->info.act || x->info.mark != y->info.mark || x > y)
		return NULL;
	if (x->info.act == ACT_ALERT)
		return a->count == b->count && is_part(a, b) ? "asks the same as rule" : NULL;
	return is_part(a, b) ? "adds nothing: for the same action, rule" : NULL;
}

static void compare(struct reader *r, const struct asked *list, size_t count, const struct asked *b)
{
	for (size_t i = 0; i < count; i++) {
		const struct rule_info *x = &list[i].rule->info, *y = &b->rule->info;
		const char *const what = effect(&list[i], b);
		if (what == NULL)
			continue;
		const bool same = x->act == ACT_ALERT;
		warn(r, y->file, y->line, b->rule->column, "rule %u %s %u (%s:%u)%s", y->id, what, x->id, x->file,
		    x->line, same ? "" : " matches whenever it does");
		return;
	}
}

void warn_shadow(struct reader *r)
{
	const size_t count = r->set->count;
	const struct hash_key key = hash_key_random();
	struct asked *list = memory_take(r->scratch, count * sizeof *list);
	if (list == NULL || count > 1 << 12 || (uint64_t)count * count > MAX_COMPARED)
		return;
	for (size_t i = 0; i < count; i++)
		if (!ask(r, key, &r->set->rule[i], &list[i]))
			return;
	for (size_t i = 0; i < count; i++)
		compare(r, list, count, &list[i]);
}
