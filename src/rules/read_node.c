/* Nodes of a certain kind, and what is said when they are of another. */
#include "rules/read.h"

#include <stdio.h>
#include "rules/quantity.h"

struct near guess(const struct reader *r, struct slice word)
{
	struct near n = near_begin(word);
	if (r->now->problems.count == MAX_PROBLEMS)
		n.distance = 0;
	return n;
}

struct shown show(struct slice text)
{
	struct shown s = { "" };
	size_t n = slice_copy(text, s.text, SHOWN + 1);
	if (n == text.len)
		return s;
	/* Not in the middle of a character. */
	while (n != 0 && (text.at[n] & 0xc0) == 0x80)
		n--;
	memcpy(s.text + n, "...", 4);
	return s;
}

bool want_kind(struct reader *r, const struct node *n, enum node_kind kind, const char *what)
{
	if (n->kind == kind)
		return true;
	if (n->kind == NODE_SCALAR && n->text.len == 0 && !n->quoted)
		return wrong(r, n, "%s is empty (expected %s)", what, node_kind_name(kind));
	if (kind == NODE_LIST)
		return wrong(r, n, "%s must be a list, not %s (begin each item with '- ', or write [a, b])", what,
		    node_kind_name(n->kind));
	/* label:blind-relay */
	if (kind == NODE_MAP && n->kind == NODE_SCALAR && !n->quoted && slice_find(n->text, ':') != n->text.len)
		return wrong(r, n, "%s must be a mapping, not a text (is there a space behind each ':'?)", what);
	return wrong(r, n, "%s must be %s, not %s", what, kind == NODE_SCALAR ? "a single value" : node_kind_name(kind),
	    node_kind_name(n->kind));
}

static struct slice trim_lines(struct slice s)
{
	while (s.len != 0 && (s.at[0] == ' ' || s.at[0] == '\n' || s.at[0] == '\t'))
		s = slice_from(s, 1);
	while (s.len != 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\n' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

bool want_text(struct reader *r, const struct node *n, const char *what, size_t most, struct slice *out)
{
	if (!want_kind(r, n, NODE_SCALAR, what))
		return false;
	const struct slice text = trim_lines(n->text);
	if (text.len == 0)
		return wrong(r, n, "%s is empty (expected a text)", what);
	if (text.len > most)
		return wrong(r, n, "%s has %zu bytes (at most %zu are allowed)", what, text.len, most);
	if (slice_find(text, 0) != text.len)
		return wrong(r, n, "%s holds a NUL byte", what);
	*out = text;
	return true;
}

static void list_words(const char *const *words, char *to, size_t size)
{
	size_t n = 0;
	to[0] = '\0';
	for (size_t i = 0; words[i] != NULL && n < size; i++) {
		const int more = snprintf(to + n, size - n, "%s%s",
		    i == 0                 ? ""
		    : words[i + 1] == NULL ? " or "
					   : ", ",
		    words[i]);
		n += more > 0 ? (size_t)more : 0;
	}
}

int want_word(struct reader *r, const struct node *n, const char *what, const char *const *words)
{
	char known[200];
	list_words(words, known, sizeof known);
	if (n->kind != NODE_SCALAR || n->text.len == 0) {
		wrong(r, n, "%s must be one of the words %s", what, known);
		return -1;
	}
	struct near near = guess(r, n->text);
	for (int i = 0; words[i] != NULL; i++) {
		if (slice_eq(n->text, slice_of(words[i])))
			return i;
		near_try(&near, words[i]);
	}
	if (near.best != NULL)
		wrong(r, n, "%s is '%s' (did you mean '%s'? expected %s)", what, show(n->text).text, near.best, known);
	else
		wrong(r, n, "%s is '%s' (expected %s)", what, show(n->text).text, known);
	return -1;
}

bool want_number(struct reader *r, const struct node *n, const char *what, uint64_t least, uint64_t most, uint64_t *out)
{
	if (!want_kind(r, n, NODE_SCALAR, what))
		return false;
	if (n->text.len == 0)
		return wrong(r, n, "%s is empty (expected a whole number from %llu to %llu)", what,
		    (unsigned long long)least, (unsigned long long)most);
	const char *why = quantity_parse(FACT_NUMBER, n->text, out);
	if (why == NULL && *out > most)
		why = "is too large";
	if (why == NULL && *out < least)
		why = "is too small";
	return why == NULL || wrong(r, n, "%s: '%s' %s (expected a whole number from %llu to %llu)", what,
				  show(n->text).text, why, (unsigned long long)least, (unsigned long long)most);
}

bool want_quantity(struct reader *r, const struct node *n, enum fact_kind kind, const char *what, uint64_t *out)
{
	if (!want_kind(r, n, NODE_SCALAR, what))
		return false;
	if (n->text.len == 0)
		return wrong(r, n, "%s is empty (expected %s)", what, quantity_looks(kind));
	const char *const why = quantity_parse(kind, n->text, out);
	return why == NULL ||
	       wrong(r, n, "%s: '%s' %s (expected %s)", what, show(n->text).text, why, quantity_looks(kind));
}

static const struct key *find_key(const struct key *keys, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(name, slice_of(keys[i].name)))
			return &keys[i];
	return NULL;
}

static void unknown_key(struct reader *r, const struct node *at, const char *what, const struct key *keys, size_t count)
{
	char known[160];
	const char *names[32] = { NULL };
	struct near near = guess(r, at->text);
	for (size_t i = 0; i < count && i + 1 < sizeof names / sizeof *names; i++) {
		near_try(&near, keys[i].name);
		names[i] = keys[i].name;
	}
	list_words(names, known, sizeof known);
	if (near.best != NULL)
		wrong(r, at, "%s has no key '%s' (did you mean '%s'?)", what, show(at->text).text, near.best);
	else
		wrong(r, at, "%s has no key '%s' (expected %s)", what, show(at->text).text, known);
}

bool read_keys(
    struct reader *r, const struct node *map, const char *what, const struct key *keys, size_t count, void *into)
{
	if (!want_kind(r, map, NODE_MAP, what))
		return false;
	uint64_t seen = 0; /* by the keys' numbers: no mapping of ours has so many */
	bool fine = true;
	for (const struct node *key = map->first; key != NULL; key = key->next->next) {
		const struct key *k = find_key(keys, count, key->text);
		if (k == NULL)
			unknown_key(r, key, what, keys, count);
		/* One that stands twice has been told, and is read once: what reads a value owns its place alone. */
		const uint64_t bit = k != NULL ? UINT64_C(1) << (k - keys) : 0;
		if ((seen & bit) != 0)
			continue;
		seen |= bit;
		fine = (k != NULL && (k->read == NULL || k->read(r, key->next, into))) && fine;
	}
	for (size_t i = 0; i < count; i++)
		if (keys[i].required && (seen >> i & 1) == 0)
			fine = wrong(r, map, "%s lacks the key '%s'", what, keys[i].name);
	return fine;
}
