/* A named set as an index: hosts by a hash of their labels, networks by a hash for each length of prefix, ports as a map of
 * bits, names and texts by their hash.  Globs, and what else cannot be hashed, are walked. */
#include "rules/index.h"

#include <stdlib.h>

enum { PORTS = 65536 };

struct set_index {
	struct lookup members; /* by key, to their number */
	struct prefixes prefixes;
	uint64_t *ports;  /* SET_PORTS */
	uint32_t *walked; /* members that are in no lookup */
	size_t walked_count;
};

static enum fact_kind kind_of(const struct set *s)
{
	switch (s->kind) {
	case SET_HOSTS:
		return FACT_HOST;
	case SET_NETWORKS:
		return FACT_ADDRESS;
	case SET_PORTS:
		return FACT_PORT;
	case SET_NAMES:
		return FACT_NAME;
	case SET_TEXTS:
		break;
	}
	return FACT_TEXT;
}

static bool add_network(struct set_index *x, const struct test *t, uint32_t number)
{
	const unsigned prefix = t->op == OP_NETWORK ? t->prefix : t->ipv6 ? 128 : 32;
	prefixes_add(&x->prefixes, t->ipv6, prefix);
	return lookup_add(&x->members, key_address(0, t->addr, t->ipv6, prefix), number);
}

static bool add_ports(struct set_index *x, const struct test *t)
{
	for (uint64_t port = t->low; port <= t->high && port < PORTS; port++)
		x->ports[port / 64] |= UINT64_C(1) << port % 64;
	return true;
}

static bool add_member(struct set_index *x, const struct set *s, uint32_t number)
{
	const struct test *t = &s->member[number];
	if (s->kind == SET_PORTS)
		return add_ports(x, t);
	if (s->kind == SET_NETWORKS)
		return add_network(x, t, number);
	if (t->op == OP_IS)
		return lookup_add(&x->members, key_text(0, kind_of(s), KEY_WHOLE, t->text), number);
	if (t->op == OP_SUFFIX && s->kind == SET_HOSTS)
		return lookup_add(&x->members, key_text(0, FACT_HOST, KEY_SUFFIX, t->text), number);
	x->walked[x->walked_count++] = number;
	return true;
}

bool set_index_build(struct set *s)
{
	struct set_index *x = s->index = calloc(1, sizeof *x);
	if (x == NULL || (x->walked = calloc(s->count + 1, sizeof *x->walked)) == NULL)
		return false;
	if (s->kind == SET_PORTS && (x->ports = calloc(PORTS / 64, sizeof *x->ports)) == NULL)
		return false;
	for (size_t i = 0; i < s->count; i++)
		if (!add_member(x, s, (uint32_t)i))
			return false;
	return lookup_build(&x->members);
}

void set_index_free(struct set *s)
{
	struct set_index *x = s->index;
	if (x == NULL)
		return;
	lookup_fini(&x->members);
	free(x->ports);
	free(x->walked);
	free(x);
	s->index = NULL;
}

struct asked {
	const struct set *set;
	const struct value *value;
};

/* The hash said so; does the member? */
static bool meet_member(void *to, uint64_t hash)
{
	const struct asked *a = to;
	const struct lookup *l = &a->set->index->members;
	const struct lookup_entry *e = lookup_find(l, hash);
	for (; e != NULL && e < lookup_end(l) && e->hash == hash; e++)
		if (test_meets(&a->set->member[e->what], a->value, NULL, NULL))
			return true;
	return false;
}

static bool is_text(const struct value *v)
{
	return v->kind == FACT_TEXT || v->kind == FACT_NAME || v->kind == FACT_HOST;
}

static bool holds_text(const struct set *s, const struct value *v)
{
	if (!is_text(v))
		return false;
	/* A text is compared in the set's kind: a name in any case, a host as a host. */
	const struct value in = { .kind = kind_of(s), .text = v->text };
	struct asked a = { s, &in };
	if (meet_member(&a, key_text(0, in.kind, KEY_WHOLE, in.text)))
		return true;
	if (s->kind == SET_HOSTS && keys_of_hosts(0, in.text, meet_member, &a))
		return true;
	for (size_t i = 0; i < s->index->walked_count; i++)
		if (test_meets(&s->member[s->index->walked[i]], &in, NULL, NULL))
			return true;
	return false;
}

static bool holds_address(const struct set *s, const struct value *v)
{
	struct value parsed;
	if (is_text(v)) {
		if (!host_address(v->text, &parsed))
			return false;
		v = &parsed;
	}
	struct asked a = { s, v };
	return v->kind == FACT_ADDRESS && keys_of_networks(0, &s->index->prefixes, v, meet_member, &a);
}

bool set_holds(const struct set *s, const struct value *v)
{
	const struct set_index *x = s->index;
	if (x == NULL)
		return false;
	if (s->kind == SET_NETWORKS)
		return holds_address(s, v);
	if (s->kind != SET_PORTS)
		return holds_text(s, v);
	return !is_text(v) && v->kind != FACT_ADDRESS && v->number < PORTS &&
	       (x->ports[v->number / 64] >> v->number % 64 & 1) != 0;
}
