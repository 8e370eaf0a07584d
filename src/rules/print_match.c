/* A condition is printed as the value of its fact when it was written as one, see read_match.c: only an ALL of a mapping has
 * a single child.  So no mapping gets one key twice.
 *
 * No deeper than read_match.c let the tree become.
 */
#include "rules/print_match.h"

#include <arpa/inet.h>
#include "rules/quantity.h"
#include "rules/words.h"

static void print_value(struct printer *p, const struct condition *c);
static void print_mapping(struct printer *p, const struct condition *c, unsigned indent);

static void put_quantity(struct printer *p, enum fact_kind kind, uint64_t value)
{
	char text[QUANTITY_SIZE];
	quantity_print(kind, value, text);
	print_raw(p, text);
}

static void put_range(struct printer *p, enum fact_kind kind, const struct test *t)
{
	put_quantity(p, kind, t->low);
	print_raw(p, "-");
	put_quantity(p, kind, t->high);
}

/* The bound, or the value just beyond it when that is shorter: `below: 1h` rather than 3599999999999ns.  True: it is. */
static bool shorter_beyond(enum fact_kind kind, bool lower, uint64_t value, char out[QUANTITY_SIZE])
{
	char beyond[QUANTITY_SIZE];
	quantity_print(kind, value, out);
	if (lower ? value == 0 : value == quantity_most(kind))
		return false;
	quantity_print(kind, lower ? value - 1 : value + 1, beyond);
	if (strlen(beyond) >= strlen(out))
		return false;
	memcpy(out, beyond, QUANTITY_SIZE);
	return true;
}

static void put_bound(struct printer *p, enum fact_kind kind, bool lower, uint64_t value)
{
	char text[QUANTITY_SIZE];
	const bool beyond = shorter_beyond(kind, lower, value, text);
	print_raw(p, beyond ? (lower ? "above: " : "below: ") : (lower ? "at_least: " : "at_most: "));
	print_raw(p, text);
}

static void put_bounds(struct printer *p, enum fact_kind kind, const struct test *t)
{
	const bool open = t->high == quantity_most(kind);
	if (t->low != 0 || open)
		put_bound(p, kind, true, t->low);
	if (t->low != 0 && !open)
		print_comma(p);
	if (!open)
		put_bound(p, kind, false, t->high);
}

static void put_address(struct printer *p, const struct test *t)
{
	char text[INET6_ADDRSTRLEN] = "", line[INET6_ADDRSTRLEN + 8];
	inet_ntop(t->ipv6 ? AF_INET6 : AF_INET, t->addr, text, sizeof text);
	if (t->op == OP_NETWORK)
		snprintf(line, sizeof line, "%s/%u", text, t->prefix);
	else
		snprintf(line, sizeof line, "%s", text);
	/* A colon at either end is YAML's. */
	const bool quote = t->ipv6;
	print_raw(p, quote ? "\"" : "");
	print_raw(p, line);
	print_raw(p, quote ? "\"" : "");
}

/* `$` begins the name of a set, so a text that begins with one gets a second. */
static void put_literal(struct printer *p, struct slice text)
{
	if (text.len > 1 && text.at[0] == '$')
		print_behind(p, '$', text);
	else
		print_text(p, text);
}

static void put_single(struct printer *p, enum fact_kind kind, const struct test *t)
{
	if (kind == FACT_ADDRESS || t->op == OP_NETWORK)
		put_address(p, t);
	else if (quantity_is(kind) && t->op == OP_RANGE)
		put_range(p, kind, t);
	else if (quantity_is(kind))
		put_quantity(p, kind, t->low);
	else
		put_literal(p, t->text);
}

static bool is_pattern(enum op op)
{
	return op == OP_SUFFIX || op == OP_PREFIX || op == OP_GLOB || op == OP_REGEX;
}

/* What has a word of its own, as `word: value`. */
static void put_operator(struct printer *p, const struct test *t)
{
	if (t->op == OP_RANGE) {
		put_bounds(p, t->fact->kind, t);
		return;
	}
	print_raw(p, op_name(t->op));
	print_raw(p, ": ");
	if (t->op == OP_FACT)
		print_raw(p, t->other->name);
	else if (t->op == OP_PRESENT)
		print_raw(p, t->low != 0 ? "true" : "false");
	else
		print_text(p, t->text);
}

static void put_set(struct printer *p, const struct set *s)
{
	print_raw(p, "$");
	print_raw(p, s->name);
}

/* A range with two ends, neither of them the last of its kind, is one word. */
static bool is_scalar(const struct test *t)
{
	char text[QUANTITY_SIZE];
	const enum fact_kind kind = t->fact->kind;
	if (t->op != OP_RANGE)
		return t->op == OP_IS || t->op == OP_NETWORK || t->op == OP_SET;
	if (kind == FACT_PORT)
		return true;
	return t->low != 0 && t->high != quantity_most(kind) && !shorter_beyond(kind, true, t->low, text) &&
	       !shorter_beyond(kind, false, t->high, text);
}

static void put_test(struct printer *p, const struct test *t)
{
	if (t->op == OP_SET) {
		put_set(p, t->set);
	} else if (is_scalar(t)) {
		put_single(p, t->fact->kind, t);
	} else {
		print_raw(p, "{ ");
		put_operator(p, t);
		print_raw(p, " }");
	}
}

/* An ANY of one kind of pattern: { suffix: [a, b] }. */
static bool is_patterns(const struct condition *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->child[i].kind != COND_TEST || c->child[i].test.op != c->child[0].test.op)
			return false;
	return c->kind == COND_ANY && is_pattern(c->child[0].test.op);
}

static void put_patterns(struct printer *p, const struct condition *c)
{
	print_raw(p, op_name(c->child[0].test.op));
	print_raw(p, ": [");
	for (unsigned i = 0; i < c->count; i++) {
		if (i != 0)
			print_comma(p);
		print_text(p, c->child[i].test.text);
	}
	print_raw(p, "]");
}

static void put_part(struct printer *p, const struct condition *c)
{
	if (c->kind == COND_NOT) {
		print_raw(p, "not: ");
		print_value(p, c->child);
	} else if (c->kind == COND_ANY) {
		put_patterns(p, c);
	} else {
		put_operator(p, &c->test);
	}
}

static void put_list(struct printer *p, const struct condition *c)
{
	print_raw(p, "[");
	for (unsigned i = 0; i < c->count; i++) {
		if (i != 0)
			print_comma(p);
		print_value(p, &c->child[i]);
	}
	print_raw(p, "]");
}

static void print_value(struct printer *p, const struct condition *c)
{
	if (c->kind == COND_TEST) {
		put_test(p, &c->test);
		return;
	}
	if (c->kind == COND_ANY && !is_patterns(c)) {
		put_list(p, c);
		return;
	}
	print_raw(p, "{ ");
	for (unsigned i = 0; c->kind == COND_ALL && i < c->count; i++) {
		if (i != 0)
			print_comma(p);
		put_part(p, &c->child[i]);
	}
	if (c->kind != COND_ALL)
		put_part(p, c);
	print_raw(p, " }");
}

/* The fact whose value this condition was written as, or NULL. */
static const struct fact *fact_of(const struct condition *c)
{
	if (c->kind == COND_TEST)
		return c->test.fact;
	if (c->count == 0 || (c->kind == COND_ALL && c->count == 1))
		return NULL;
	const struct fact *first = fact_of(&c->child[0]);
	for (unsigned i = 1; i < c->count; i++)
		if (fact_of(&c->child[i]) != first)
			return NULL;
	return first;
}

static void print_group(struct printer *p, const struct condition *c, unsigned indent)
{
	print_raw(p, c->kind == COND_ALL ? "all:" : "any:");
	for (unsigned i = 0; i < c->count; i++) {
		print_line(p, indent + 2);
		print_raw(p, "- ");
		print_mapping(p, &c->child[i], indent + 4);
	}
}

static void print_entry(struct printer *p, const struct condition *c, unsigned indent)
{
	const struct fact *fact = fact_of(c);
	if (fact != NULL) {
		p->indent = indent + 4;
		print_raw(p, fact->name);
		print_raw(p, ": ");
		print_value(p, c);
	} else if (c->kind == COND_NOT) {
		print_raw(p, "not:");
		print_line(p, indent + 2);
		print_mapping(p, c->child, indent + 2);
	} else {
		print_group(p, c, indent);
	}
}

/* The first entry where we stand, each other one on a line of its own. */
static void print_mapping(struct printer *p, const struct condition *c, unsigned indent)
{
	for (unsigned i = 0; i < c->count; i++) {
		if (i != 0)
			print_line(p, indent);
		print_entry(p, &c->child[i], indent);
	}
}

void print_match(struct printer *p, const struct condition *c)
{
	enum { INDENT = 6 };
	if (c->count == 0) {
		print_raw(p, " {}");
		return;
	}
	print_line(p, INDENT);
	print_mapping(p, c, INDENT);
}

void print_member(struct printer *p, enum set_kind kind, const struct test *t)
{
	switch (kind) {
	case SET_HOSTS:
		if (t->op == OP_IS)
			print_behind(p, '=', t->text);
		else
			print_text(p, t->text);
		break;
	case SET_NETWORKS:
		put_address(p, t);
		break;
	case SET_PORTS:
		put_single(p, FACT_PORT, t);
		break;
	case SET_NAMES:
	case SET_TEXTS:
		print_text(p, t->text);
		break;
	}
}
