/* The ids of the rules, and the tests that name them. */
#include "rules/read.h"

#include <stdlib.h>

enum {
	MAX_PATH = 1024,
	MAX_IDS = 1024 /* in one list: each of one is compared with each of the other */
};

static int by_id(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

/* 0 is the id of a rule whose id could not be read. */
bool order_ids(struct reader *r)
{
	bool fine = true;
	if (r->numbers > 1)
		qsort(r->number, r->numbers, sizeof *r->number, by_id);
	const struct numbered *first = r->number;
	for (size_t i = 1; i < r->numbers; i++) {
		const struct numbered *now = &r->number[i];
		if (now->id != first->id)
			first = now;
		if (now == first || now->id == 0)
			continue;
		const struct rule_info *other = &r->set->rule[first->at].info;
		r->now = now->source;
		fine =
		    wrong(r, now->node, "the id %u stands twice (first at %s:%u)", now->id, other->file, other->line);
	}
	return fine;
}

static bool has_rule(const struct reader *r, uint32_t id)
{
	const struct numbered key = { id, 0, NULL, NULL };
	size_t low = 0, high = r->numbers;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (r->number[middle].id < key.id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->numbers && r->number[low].id == id;
}

static bool read_test_id(struct reader *r, const struct node *n, const char *what, uint32_t *to)
{
	uint64_t id = 0;
	if (!want_number(r, n, what, 1, UINT32_MAX, &id))
		return false;
	*to = (uint32_t)id;
	return r->partial || has_rule(r, (uint32_t)id) || wrong(r, n, "%s: no rule has the id %u", what, (unsigned)id);
}

static bool read_ids(struct reader *r, const struct node *list, const char *what, const uint32_t **to, unsigned *count)
{
	if (!want_kind(r, list, NODE_LIST, what))
		return false;
	if (list->count > MAX_IDS)
		return wrong(r, list, "%s: %u rules (at most %d are allowed)", what, list->count, MAX_IDS);
	uint32_t *ids = take(r, list->count, sizeof *ids);
	if (ids == NULL)
		return false;
	bool fine = true;
	*count = 0;
	for (const struct node *n = list->first; n != NULL; n = n->next)
		fine = read_test_id(r, n, what, &ids[(*count)++]) && fine;
	*to = ids;
	return fine;
}

static bool read_alerts(struct reader *r, const struct node *n, void *into)
{
	struct rule_test *t = into;
	return read_ids(r, n, "alerts", &t->alerts, &t->alert_count);
}

static bool read_silent(struct reader *r, const struct node *n, void *into)
{
	struct rule_test *t = into;
	return read_ids(r, n, "silent", &t->silent, &t->silent_count);
}

size_t folder_length(const char *file)
{
	const char *slash = strrchr(file, '/');
	return slash != NULL ? (size_t)(slash - file) + 1 : 0;
}

/* From the folder of the rule file. */
static bool read_capture(struct reader *r, const struct node *n, void *into)
{
	struct slice name;
	if (!want_text(r, n, "capture", MAX_PATH, &name))
		return false;
	const struct slice folder = { (const uint8_t *)r->now->name,
		name.at[0] == '/' ? 0 : folder_length(r->now->name) };
	char *path = take(r, folder.len + name.len + 1, 1);
	if (path == NULL)
		return false;
	if (folder.len != 0)
		memcpy(path, folder.at, folder.len);
	memcpy(path + folder.len, name.at, name.len);
	((struct rule_test *)into)->capture = path;
	return true;
}

static const struct key test_keys[] = {
	{ "capture", read_capture, true },
	{ "alerts", read_alerts, false },
	{ "silent", read_silent, false },
};

static bool contradicts(const struct rule_test *t)
{
	for (unsigned i = 0; i < t->alert_count; i++)
		for (unsigned k = 0; k < t->silent_count; k++)
			if (t->alerts[i] == t->silent[k])
				return true;
	return false;
}

static bool read_one(struct reader *r, const struct node *n, struct rule_test *t)
{
	t->file = r->now->name;
	t->line = n->line;
	t->capture = "";
	if (!read_keys(r, n, "the test", test_keys, sizeof test_keys / sizeof *test_keys, t))
		return false;
	if (t->alert_count + t->silent_count == 0)
		return wrong(r, n, "the test expects nothing (expected alerts: [ID, ...] or silent: [ID, ...])");
	return !contradicts(t) || wrong(r, n, "the test wants one rule both to alert and to be silent");
}

bool read_tests(struct reader *r, const struct node *list)
{
	if (!want_kind(r, list, NODE_LIST, "tests"))
		return false;
	bool fine = true;
	for (const struct node *n = list->first; n != NULL; n = n->next)
		fine = read_one(r, n, &r->set->test[r->set->test_count++]) && fine;
	return fine;
}
