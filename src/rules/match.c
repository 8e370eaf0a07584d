/* Logic with three values: what is not known makes neither a test nor its negation hold.  Whether a fact is known at all
 * is always known.
 *
 * A test on a list holds when any of its values meets it, and fails when it is known that none does. */
#include "rules/match.h"

#include <arpa/inet.h>

static uint8_t lower(uint8_t b)
{
	return b >= 'A' && b <= 'Z' ? (uint8_t)(b + 32) : b;
}

static bool any_case(enum fact_kind k)
{
	return k == FACT_NAME || k == FACT_HOST;
}

static bool is_text(enum fact_kind k)
{
	return k == FACT_TEXT || any_case(k);
}

struct slice host_trim(struct slice host)
{
	if (host.len > 1 && host.at[host.len - 1] == '.')
		host.len--;
	return host;
}

static bool take_ipv4_inside(struct value *out)
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	if (memcmp(out->addr, mapped, sizeof mapped) != 0)
		return false;
	memmove(out->addr, out->addr + sizeof mapped, 4);
	memset(out->addr + 4, 0, 12);
	return true;
}

bool host_address(struct slice host, struct value *out)
{
	char text[48];
	struct in_addr v4;
	host = host_trim(host);
	if (host.len != 0 && host.at[0] == '[')
		host = slice_head(slice_from(host, 1), slice_find(host, ']') - 1);
	host = slice_head(host, slice_find(host, '%')); /* a zone is no part of the address */
	if (host.len == 0 || host.len >= sizeof text || memchr(host.at, '\0', host.len) != NULL)
		return false;
	slice_copy(host, text, sizeof text);
	memset(out->addr, 0, sizeof out->addr);
	out->kind = FACT_ADDRESS;
	if (strchr(text, ':') != NULL) {
		if (inet_pton(AF_INET6, text, out->addr) != 1)
			return false;
		out->ipv6 = !take_ipv4_inside(out);
		return true;
	}
	/* Else it is a name.  inet_aton would take blanks and whatever follows them. */
	if (text[0] < '0' || text[0] > '9' || strpbrk(text, " \t\r\n\v\f") != NULL || inet_aton(text, &v4) != 1)
		return false;
	memcpy(out->addr, &v4, sizeof v4);
	out->ipv6 = false;
	return true;
}

void address_mask(uint8_t addr[16], bool ipv6, unsigned prefix)
{
	const unsigned bytes = ipv6 ? 16 : 4;
	for (unsigned i = 0; i < bytes; i++) {
		const unsigned before = 8 * i;
		const unsigned bits = prefix <= before ? 0 : prefix - before >= 8 ? 8 : prefix - before;
		addr[i] &= (uint8_t)(0xff00u >> bits);
	}
}

static bool in_network(const struct test *t, const struct value *v)
{
	uint8_t network[16], addr[16];
	struct value parsed;
	if (is_text(v->kind)) {
		if (!host_address(v->text, &parsed))
			return false;
		v = &parsed;
	}
	if (v->kind != FACT_ADDRESS || v->ipv6 != t->ipv6)
		return false;
	memcpy(network, t->addr, sizeof network);
	memcpy(addr, v->addr, sizeof addr);
	address_mask(network, t->ipv6, t->prefix);
	address_mask(addr, t->ipv6, t->prefix);
	return memcmp(network, addr, t->ipv6 ? 16 : 4) == 0;
}

/* One step back to the latest star is enough: what an earlier one took could as well have been taken by it. */
bool glob_matches(struct slice pattern, struct slice text, bool ignore_case)
{
	size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
	while (t < text.len) {
		const uint8_t want = p < pattern.len ? pattern.at[p] : 0;
		if (p < pattern.len && want == '*') {
			star = p++;
			from = t;
			continue;
		}
		const bool same = ignore_case ? lower(want) == lower(text.at[t]) : want == text.at[t];
		if (p < pattern.len && (want == '?' || same)) {
			p++;
			t++;
			continue;
		}
		if (star == SIZE_MAX)
			return false;
		p = star + 1;
		t = ++from;
	}
	while (p < pattern.len && pattern.at[p] == '*')
		p++;
	return p == pattern.len;
}

static bool text_same(struct slice a, struct slice b, bool ignore_case)
{
	return ignore_case ? slice_eq_nocase(a, b) : slice_eq(a, b);
}

static struct slice text_of(const struct value *v)
{
	return v->kind == FACT_HOST ? host_trim(v->text) : v->text;
}

static bool text_ends(const struct test *t, struct slice text, enum fact_kind kind)
{
	const struct slice end = kind == FACT_HOST ? host_trim(t->text) : t->text;
	if (text.len < end.len || !text_same(slice_from(text, text.len - end.len), end, any_case(kind)))
		return false;
	if (kind != FACT_HOST || text.len == end.len)
		return true;
	/* ".example.com" written with its dot stands before a label as well. */
	return text.at[text.len - end.len - 1] == '.' || (end.len != 0 && end.at[0] == '.');
}

static bool is_equal(const struct test *t, const struct value *v)
{
	if (v->kind == FACT_ADDRESS)
		return v->ipv6 == t->ipv6 && memcmp(v->addr, t->addr, t->ipv6 ? 16 : 4) == 0;
	if (!is_text(v->kind))
		return v->number >= t->low && v->number <= t->high;
	const struct slice want = v->kind == FACT_HOST ? host_trim(t->text) : t->text;
	return text_same(text_of(v), want, any_case(v->kind));
}

static bool regex_holds(const struct test *t, const struct value *v, struct judge_counters *c)
{
	const enum regex_result got = t->regex != NULL ? regex_match(t->regex, text_of(v)) : REGEX_NO;
	if (got == REGEX_LIMIT && c != NULL)
		c->regex_limit++;
	return got == REGEX_YES;
}

/* An address may be compared with a host: then what the host says as an address counts. */
static bool same_address(const struct value *a, const struct value *b)
{
	struct value parsed[2];
	const struct value *both[2] = { a, b };
	for (unsigned i = 0; i < 2; i++) {
		if (both[i]->kind == FACT_ADDRESS)
			continue;
		if (!is_text(both[i]->kind) || !host_address(both[i]->text, &parsed[i]))
			return false;
		both[i] = &parsed[i];
	}
	return both[0]->ipv6 == both[1]->ipv6 && memcmp(both[0]->addr, both[1]->addr, both[0]->ipv6 ? 16 : 4) == 0;
}

static bool same_as(const struct value *a, const struct value *b)
{
	if (b == NULL)
		return false;
	if (a->kind == FACT_ADDRESS || b->kind == FACT_ADDRESS)
		return same_address(a, b);
	if (is_text(a->kind) != is_text(b->kind))
		return false;
	if (!is_text(a->kind))
		return a->number == b->number;
	return text_same(text_of(a), text_of(b), any_case(a->kind) || any_case(b->kind));
}

bool test_meets(const struct test *t, const struct value *v, const struct value *other, struct judge_counters *c)
{
	switch (t->op) {
	case OP_IS:
		return is_equal(t, v);
	case OP_RANGE:
		return !is_text(v->kind) && v->kind != FACT_ADDRESS && v->number >= t->low && v->number <= t->high;
	case OP_NETWORK:
		return in_network(t, v);
	case OP_SUFFIX:
		return is_text(v->kind) && text_ends(t, text_of(v), v->kind);
	case OP_PREFIX:
		return is_text(v->kind) && text_same(slice_head(text_of(v), t->text.len), t->text, any_case(v->kind));
	case OP_GLOB:
		return is_text(v->kind) && glob_matches(t->text, text_of(v), any_case(v->kind));
	case OP_REGEX:
		return is_text(v->kind) && regex_holds(t, v, c);
	case OP_SET:
		return t->set != NULL && set_holds(t->set, v);
	case OP_FACT:
		return same_as(v, other);
	case OP_PRESENT:
		return t->low != 0;
	}
	return false;
}

void view_begin(struct view *v, const struct facts *f, const struct handshake_record *h)
{
	v->facts = f;
	v->handshake = h;
	v->used = 0;
	if (++v->epoch == 0) {
		memset(v->seen, 0, sizeof v->seen);
		v->epoch = 1;
	}
}

int view_read(struct view *v, const struct fact *fact, unsigned spare, const struct value **out)
{
	const unsigned n = fact_number(fact);
	if (v->seen[n] == v->epoch) {
		*out = &v->values[v->at[n]];
		return v->count[n];
	}
	if (v->used + MAX_VALUES > VIEW_VALUES) {
		struct value *to = &v->values[VIEW_VALUES + spare * MAX_VALUES];
		*out = to;
		return fact->read(v->facts, v->handshake, to);
	}
	struct value *to = &v->values[v->used];
	const int count = fact->read(v->facts, v->handshake, to);
	v->seen[n] = v->epoch;
	v->at[n] = (int16_t)v->used;
	v->count[n] = (int16_t)count;
	v->used += count > 0 ? (unsigned)count : 0;
	*out = to;
	return count;
}

static bool meets_any(
    const struct test *t, const struct value *v, const struct value *other, int others, struct judge_counters *c)
{
	if (t->op != OP_FACT)
		return test_meets(t, v, NULL, c);
	for (int i = 0; i < others; i++)
		if (test_meets(t, v, &other[i], c))
			return true;
	return false;
}

static enum truth weigh_test(const struct test *t, struct view *v)
{
	const struct value *values, *other = NULL;
	const int count = view_read(v, t->fact, 0, &values);
	if (t->op == OP_PRESENT)
		return (count > 0) == (t->low != 0) ? TRUTH_YES : TRUTH_NO;
	const int others = t->op == OP_FACT ? view_read(v, t->other, 1, &other) : 0;
	if (count == FACT_UNKNOWN || others == FACT_UNKNOWN)
		return TRUTH_UNKNOWN;
	for (int i = 0; i < count; i++)
		if (meets_any(t, &values[i], other, others, v->counters))
			return TRUTH_YES;
	return TRUTH_NO;
}

/* As deep as the rule is nested, MAX_CONDITION_DEPTH at most. */
enum truth condition_weigh(const struct condition *c, struct view *v)
{
	if (c->kind == COND_TEST)
		return weigh_test(&c->test, v);
	if (c->kind == COND_NOT)
		return (enum truth)(TRUTH_YES - condition_weigh(c->child, v));
	const enum truth stop = c->kind == COND_ALL ? TRUTH_NO : TRUTH_YES;
	enum truth all = c->kind == COND_ALL ? TRUTH_YES : TRUTH_NO;
	for (unsigned i = 0; i < c->count && all != stop; i++) {
		const enum truth one = condition_weigh(&c->child[i], v);
		if (c->kind == COND_ALL ? one < all : one > all)
			all = one;
	}
	return all;
}
