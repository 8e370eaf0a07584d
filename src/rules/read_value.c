/* One scalar becomes one test: a number or a range, an address or a network, a host, a word, a text. */
#include "rules/read.h"

#include <arpa/inet.h>
#include <stdio.h>
#include "rules/quantity.h"

enum { MAX_TEST_TEXT = 4096 };

const char *value_looks(enum fact_kind kind)
{
	switch (kind) {
	case FACT_TEXT:
		return "a text";
	case FACT_NAME:
		return "a word";
	case FACT_HOST:
		return "a host";
	case FACT_ADDRESS:
		return "an address or network (10.0.0.1, 10.0.0.0/8, fc00::/7)";
	default:
		return quantity_looks(kind);
	}
}

static struct slice lower_case(struct reader *r, struct slice text)
{
	uint8_t *copy = take(r, text.len + 1, 1);
	if (copy == NULL)
		return (struct slice){ NULL, 0 };
	for (size_t i = 0; i < text.len; i++)
		copy[i] = text.at[i] >= 'A' && text.at[i] <= 'Z' ? (uint8_t)(text.at[i] + 32) : text.at[i];
	return (struct slice){ copy, text.len };
}

static bool bad_quantity(struct reader *r, const struct node *n, enum fact_kind kind, const char *what, const char *why)
{
	static const char *const ranges[] = {
		[FACT_NUMBER] = "1000-2000",
		[FACT_PORT] = "8000-8999",
		[FACT_BYTES] = "10kB-4MiB",
		[FACT_SECONDS] = "90s-1.5h",
		[FACT_RATIO] = "6.5-7.25",
		[FACT_ADDRESS] = "",
	};
	return wrong(r, n, "%s: '%s' %s (expected %s, or a range %s)", what, show(n->text).text, why,
	    quantity_looks(kind), ranges[kind]);
}

static bool read_quantity(struct reader *r, enum fact_kind kind, const char *what, const struct node *n, struct test *t)
{
	/* A dash at the very front is a sign, and told as such. */
	const size_t dash = n->text.len != 0 ? 1 + slice_find(slice_from(n->text, 1), '-') : 0;
	const bool range = dash < n->text.len;
	const char *why = quantity_parse(kind, slice_head(n->text, dash), &t->low);
	t->high = t->low;
	t->op = range ? OP_RANGE : OP_IS;
	if (why == NULL && range)
		why = quantity_parse(kind, slice_from(n->text, dash + 1), &t->high);
	if (why == NULL && t->low > t->high)
		why = "runs backwards";
	return why == NULL || bad_quantity(r, n, kind, what, why);
}

static bool parse_address(struct slice s, struct test *t)
{
	char text[INET6_ADDRSTRLEN + 1];
	if (slice_copy(s, text, sizeof text) != s.len || slice_find(s, 0) != s.len)
		return false;
	memset(t->addr, 0, sizeof t->addr);
	t->ipv6 = slice_find(s, ':') != s.len;
	return inet_pton(t->ipv6 ? AF_INET6 : AF_INET, text, t->addr) == 1;
}

/* Clears the bits behind the prefix; true when there was any. */
static bool mask_address(struct test *t)
{
	bool extra = false;
	for (unsigned i = 0; i < sizeof t->addr; i++) {
		const unsigned bits = t->prefix > 8 * i ? t->prefix - 8 * i : 0;
		const uint8_t mask = (uint8_t)(bits >= 8 ? 0xff : 0xff00 >> bits);
		extra = extra || (t->addr[i] & (uint8_t)~mask) != 0;
		t->addr[i] &= mask;
	}
	return extra;
}

static bool read_network(struct reader *r, const struct node *n, const char *what, struct slice length, struct test *t)
{
	uint64_t bits = 0;
	if (quantity_parse(FACT_NUMBER, length, &bits) != NULL || bits > (t->ipv6 ? 128 : 32))
		return wrong(r, n, "%s: '%s' has no prefix length from 0 to %d behind its slash", what,
		    show(n->text).text, t->ipv6 ? 128 : 32);
	t->op = OP_NETWORK;
	t->prefix = (uint8_t)bits;
	if (!mask_address(t))
		return true;
	char text[INET6_ADDRSTRLEN] = "";
	inet_ntop(t->ipv6 ? AF_INET6 : AF_INET, t->addr, text, sizeof text);
	return wrong(r, n, "%s: '%s' has bits set behind its prefix (did you mean '%s/%u'?)", what, show(n->text).text,
	    text, t->prefix);
}

static bool read_address(struct reader *r, const char *what, const struct node *n, struct test *t)
{
	const size_t slash = slice_find(n->text, '/');
	if (!parse_address(slice_head(n->text, slash), t))
		return wrong(r, n, "%s: '%s' is no address and no network (expected 10.0.0.1, 10.0.0.0/8 or fc00::/7)",
		    what, show(n->text).text);
	t->op = OP_IS;
	return slash == n->text.len || read_network(r, n, what, slice_from(n->text, slash + 1), t);
}

/* What a host cannot hold, and what whoever wrote it may have meant. */
static const char *host_fault(struct slice host)
{
	if (slice_search(host, SLICE("://")) != host.len)
		return "is a URL (expected a host)";
	for (size_t i = 0; i < host.len; i++) {
		const uint8_t c = host.at[i];
		if (c == '/')
			return "holds a slash (expected a host or a network)";
		if (c <= ' ' || c == 0x7f)
			return "holds a space or a control character (expected a host)";
	}
	if (host.len != 0 && host.at[host.len - 1] == '.')
		return "ends in two dots";
	if (host.len != 0 && host.at[0] == '.')
		return "begins with a dot (a suffix is meant without it)";
	const size_t colon = slice_find(host, ':');
	if (colon != host.len && slice_find(slice_from(host, colon + 1), ':') == host.len - colon - 1)
		return "holds a port (expected a host alone)";
	return NULL;
}

bool want_host(struct reader *r, const char *what, const struct node *n, struct slice *out)
{
	struct slice host = n->text;
	if (host.len > 1 && host.at[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || slice_eq(host, SLICE(".")))
		return wrong(r, n, "%s is empty (expected a host)", what);
	const char *const fault = host_fault(host);
	if (fault != NULL)
		return wrong(r, n, "%s: '%s' %s", what, show(n->text).text, fault);
	*out = lower_case(r, host);
	return out->at != NULL;
}

static bool read_exact_host(struct reader *r, const char *what, const struct node *n, struct test *t)
{
	if (slice_find(n->text, '*') != n->text.len || slice_find(n->text, '?') != n->text.len)
		return wrong(r, n, "%s: '%s' would be compared as it stands (write { glob: \"%s\" })", what,
		    show(n->text).text, show(n->text).text);
	return want_host(r, what, n, &t->text);
}

static bool read_plain(struct reader *r, enum fact_kind kind, const char *what, const struct node *n, struct test *t)
{
	t->op = OP_IS;
	if (n->text.len > MAX_TEST_TEXT)
		return wrong(r, n, "%s has %zu bytes (at most %d are allowed)", what, n->text.len, MAX_TEST_TEXT);
	if (kind == FACT_HOST)
		return read_exact_host(r, what, n, t);
	if (kind == FACT_TEXT)
		return take_text(r, n->text, &t->text);
	t->text = lower_case(r, n->text);
	return t->text.at != NULL;
}

bool read_scalar(struct reader *r, enum fact_kind kind, const char *what, const struct node *n, struct test *t)
{
	if (n->kind != NODE_SCALAR)
		return wrong(r, n, "%s must be %s, not %s", what, value_looks(kind), node_kind_name(n->kind));
	if (n->text.len == 0 && (!n->quoted || kind != FACT_TEXT))
		return wrong(r, n, "%s is empty (expected %s)", what, value_looks(kind));
	/* A host may be an address in text, and so lie in a network. */
	const bool network = kind == FACT_HOST && parse_address(slice_head(n->text, slice_find(n->text, '/')), t);
	if (kind == FACT_ADDRESS || (network && slice_find(n->text, '/') != n->text.len))
		return read_address(r, what, n, t);
	if (quantity_is(kind))
		return read_quantity(r, kind, what, n, t);
	return read_plain(r, kind, what, n, t);
}
