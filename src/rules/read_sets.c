/* Named sets.  They are read before any rule of any file, so that a set may stand below its use, or in another file. */
#include "rules/read.h"

#include <stdlib.h>

enum { MAX_SETS = 65536, MAX_SET_NAME = 64 };

static bool good_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		const uint8_t c = name.at[i];
		const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		const bool inner = (c >= '0' && c <= '9') || c == '-' || c == '_';
		if (!letter && !(inner && i != 0))
			return false;
	}
	return name.len != 0 && name.len <= MAX_SET_NAME;
}

/* example.com is itself and all below; =example.com itself only; * and ? make a pattern. */
static bool read_host_member(struct reader *r, const struct node *n, struct test *t)
{
	struct node host = *n;
	t->op = OP_SUFFIX;
	if (n->text.len != 0 && n->text.at[0] == '=') {
		t->op = OP_IS;
		host.text = slice_from(n->text, 1);
	}
	const bool glob = slice_find(host.text, '*') != host.text.len || slice_find(host.text, '?') != host.text.len;
	if (glob && t->op == OP_IS)
		return wrong(r, n, "hosts: '%s' is both exact and a pattern", show(n->text).text);
	if (glob)
		t->op = OP_GLOB;
	return want_host(r, "hosts", &host, &t->text);
}

static bool read_member(struct reader *r, enum set_kind kind, const struct node *n, struct test *t)
{
	static const enum fact_kind kinds[] = {
		[SET_HOSTS] = FACT_HOST,
		[SET_NETWORKS] = FACT_ADDRESS,
		[SET_PORTS] = FACT_PORT,
		[SET_NAMES] = FACT_NAME,
		[SET_TEXTS] = FACT_TEXT,
	};
	const char *const what = set_kind_name(kind);
	if (n->kind != NODE_SCALAR)
		return wrong(r, n, "%s: %s within the list (expected values)", what, node_kind_name(n->kind));
	if (kind != SET_TEXTS && n->text.len > 1 && n->text.at[0] == '$')
		return wrong(r, n, "%s: '%s': a set cannot hold another (a test takes a list of sets)", what,
		    show(n->text).text);
	return kind == SET_HOSTS ? read_host_member(r, n, t) : read_scalar(r, kinds[kind], what, n, t);
}

static bool read_members(struct reader *r, const struct node *list, struct set *s)
{
	if (!want_kind(r, list, NODE_LIST, set_kind_name(s->kind)))
		return false;
	s->member = take(r, list->count, sizeof *s->member);
	if (s->member == NULL)
		return false;
	bool fine = true;
	for (const struct node *n = list->first; n != NULL; n = n->next)
		fine = read_member(r, s->kind, n, &s->member[s->count++]) && fine;
	return fine;
}

/* The kind by its word, or -1 after saying so. */
static int read_kind(struct reader *r, const struct node *key)
{
	const char *word;
	struct near near = guess(r, key->text);
	for (unsigned i = 0; (word = set_kind_name((enum set_kind)i)) != NULL; i++) {
		if (slice_eq(key->text, slice_of(word)))
			return (int)i;
		near_try(&near, word);
	}
	if (near.best != NULL)
		wrong(r, key, "no kind of set is named '%s' (did you mean '%s'?)", show(key->text).text, near.best);
	else
		wrong(r, key, "no kind of set is named '%s' (expected hosts, networks, ports, tools or texts)",
		    show(key->text).text);
	return -1;
}

static bool read_set(struct reader *r, const struct node *key, struct set *s)
{
	const struct node *map = key->next;
	struct slice name;
	if (!good_name(key->text))
		return wrong(r, key, "'%s' is no name for a set (a letter, then letters, digits, - and _: at most %d)",
		    show(key->text).text, MAX_SET_NAME);
	if (!take_text(r, key->text, &name))
		return false;
	s->name = (const char *)name.at;
	s->file = r->now->name;
	s->line = key->line;
	s->column = key->column;
	if (!want_kind(r, map, NODE_MAP, "a set"))
		return false;
	if (map->count != 1)
		return wrong(r, map, "a set holds one kind of thing: hosts, networks, ports, tools or texts");
	const int kind = read_kind(r, map->first);
	s->kind = (enum set_kind)(kind < 0 ? 0 : kind);
	return kind >= 0 && read_members(r, map->first->next, s);
}

/* A set with faults is kept by its name, so that who uses it is not told that it is missing. */
bool read_sets(struct reader *r, const struct node *map)
{
	if (!want_kind(r, map, NODE_MAP, "sets"))
		return false;
	bool fine = true;
	for (const struct node *key = map->first; key != NULL; key = key->next->next) {
		if (r->names == MAX_SETS)
			return wrong(r, key, "more than %d sets", MAX_SETS);
		struct set *s = take(r, 1, sizeof *s);
		if (s == NULL)
			return false;
		fine = read_set(r, key, s) && fine;
		const bool one = key->next->kind == NODE_MAP && key->next->count == 1;
		const struct node *members = one ? key->next->first->next : NULL;
		if (s->name != NULL) {
			r->name[r->names] = (struct named_set){ s, key, members, r->now, r->names, false, false };
			r->names++;
		}
	}
	return fine;
}

static int by_name(const void *a, const void *b)
{
	const struct named_set *x = a, *y = b;
	const int order = strcmp(x->set->name, y->set->name);
	return order != 0 ? order : x->order < y->order ? -1 : 1;
}

static void find_twins(struct reader *r)
{
	for (size_t i = 1; i < r->names; i++) {
		const struct named_set *first = &r->name[i - 1], *second = &r->name[i];
		if (strcmp(first->set->name, second->set->name) != 0)
			continue;
		r->now = second->source;
		wrong(r, second->node, "the set '%s' stands twice (first at %s:%u)", second->set->name,
		    first->set->file, first->set->line);
	}
}

size_t count_sets(const struct node *map)
{
	return map->kind != NODE_MAP ? 0 : map->count < MAX_SETS ? map->count : MAX_SETS;
}

/* The set's own order is that of the files; by name they are found. */
bool order_sets(struct reader *r)
{
	r->set->set = take(r, r->names, sizeof *r->set->set);
	if (r->set->set == NULL)
		return false;
	for (size_t i = 0; i < r->names; i++)
		r->set->set[r->set->set_count++] = r->name[i].set;
	qsort(r->name, r->names, sizeof *r->name, by_name);
	find_twins(r);
	return true;
}

struct named_set *find_set(struct reader *r, struct slice name)
{
	size_t low = 0, high = r->names;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct slice here = slice_of(r->name[middle].set->name);
		const size_t both = here.len < name.len ? here.len : name.len;
		int order = both != 0 ? memcmp(here.at, name.at, both) : 0;
		if (order == 0)
			order = here.len < name.len ? -1 : here.len > name.len;
		if (order == 0)
			return &r->name[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}
