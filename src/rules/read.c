/* The order of things: every file becomes a tree; then all sets; then all rules, which may use any set; then the ids and the
 * tests, which may name any rule; then, if all was right, the warnings and the indices.
 *
 * What is wrong is kept apart for each file until the end, so that it can be told in the order of the files.
 */
#include "rules/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "rules/gather.h"
#include "rules/paths.h"

bool wrong(struct reader *r, const struct node *at, const char *format, ...)
{
	char what[1024];
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return problem_add(
	    &r->now->problems, PROBLEM_ERROR, r->now->name, at->line, at->column, "%s", n >= 0 ? what : "wrong");
}

bool no_memory(struct reader *r)
{
	return problem_add(&r->now->problems, PROBLEM_ERROR, r->now->name, 0, 0, "out of memory");
}

void *take(struct reader *r, size_t count, size_t size)
{
	void *taken = size == 0 || count <= SIZE_MAX / size ? memory_take(r->set->memory, count * size) : NULL;
	if (taken == NULL)
		no_memory(r);
	return taken;
}

bool take_text(struct reader *r, struct slice text, struct slice *out)
{
	*out = memory_text(r->set->memory, text);
	return out->at != NULL || no_memory(r);
}

static struct ruleset *ruleset_new(void)
{
	struct memory *m = memory_new();
	struct ruleset *set = m != NULL ? memory_take(m, sizeof *set) : NULL;
	if (set == NULL) {
		memory_free(m);
		return NULL;
	}
	set->memory = m;
	return set;
}

static bool reader_begin(struct reader *r, size_t files)
{
	*r = (struct reader){ .set = ruleset_new(), .scratch = memory_new() };
	if (r->set != NULL && r->scratch != NULL)
		r->source = memory_take(r->scratch, files * sizeof *r->source);
	return r->source != NULL;
}

/* Whether it can be read or not, it has its place. */
static void add_source(struct reader *r, const char *name, struct slice text)
{
	struct source *s = &r->source[r->sources++];
	const struct slice kept = memory_text(r->set->memory, slice_of(name));
	s->name = kept.at != NULL ? (const char *)kept.at : "";
	if (kept.at == NULL)
		problem_add(&s->problems, PROBLEM_ERROR, s->name, 0, 0, "out of memory");
	s->root = kept.at != NULL ? yaml_read(r->scratch, s->name, text, &s->problems) : NULL;
	r->partial = r->partial || s->root == NULL;
}

/* Its place stays empty; why is in `why`. */
static void add_unread(struct reader *r, struct problems why)
{
	r->source[r->sources++] = (struct source){ .name = "", .problems = why };
	r->partial = true;
}

static void add_file(struct reader *r, const char *name)
{
	struct problems none = { 0 };
	char *text = NULL;
	size_t len = 0;
	if (!paths_read(name, &text, &len, &none)) {
		add_unread(r, none);
		return;
	}
	add_source(r, name, (struct slice){ (const uint8_t *)text, len });
	free(text);
}

static const struct node *value_of(const struct source *s, const char *name)
{
	if (s->root == NULL || s->root->kind != NODE_MAP)
		return NULL;
	for (const struct node *key = s->root->first; key != NULL; key = key->next->next)
		if (slice_eq(key->text, slice_of(name)))
			return key->next;
	return NULL;
}

static size_t count_items(const struct source *s, const char *name)
{
	const struct node *list = value_of(s, name);
	return list != NULL && list->kind == NODE_LIST ? list->count : 0;
}

static bool read_version(struct reader *r, const struct node *n)
{
	if (n->kind == NODE_SCALAR && slice_eq(n->text, SLICE("1")))
		return true;
	return wrong(r, n, "version is '%s' (expected 1)",
	    n->kind == NODE_SCALAR ? show(n->text).text : node_kind_name(n->kind));
}

/* The version first: a file of a later one is not looked at with these eyes. */
static bool read_top(struct reader *r)
{
	static const struct key keys[] = {
		{ "version", NULL, true },
		{ "sets", NULL, false },
		{ "rules", NULL, false },
		{ "tests", NULL, false },
	};
	const struct node *root = r->now->root, *version = value_of(r->now, "version");
	if (version != NULL && !read_version(r, version)) {
		r->now->root = NULL;
		return false;
	}
	if (!read_keys(r, root, "the file", keys, sizeof keys / sizeof *keys, NULL))
		return false;
	return root->count > 1 || wrong(r, root, "the file holds nothing (expected rules:, sets: or tests:)");
}

static void read_each(struct reader *r, const char *key, bool (*read)(struct reader *r, const struct node *n))
{
	for (size_t i = 0; i < r->sources; i++) {
		r->now = &r->source[i];
		const struct node *n = value_of(r->now, key);
		if (n != NULL)
			read(r, n);
	}
}

/* Room for all that the trees hold, before any of it is read. */
static bool make_room(struct reader *r)
{
	size_t sets = 0, rules = 0, tests = 0;
	for (size_t i = 0; i < r->sources; i++) {
		const struct node *n = value_of(&r->source[i], "sets");
		sets += n != NULL ? count_sets(n) : 0;
		rules += count_items(&r->source[i], "rules");
		tests += count_items(&r->source[i], "tests");
	}
	if (rules > MAX_RULES)
		return problem_add(
		    &r->now->problems, PROBLEM_ERROR, r->now->name, 0, 0, "more than %d rules", MAX_RULES);
	r->name = memory_take(r->scratch, sets * sizeof *r->name);
	r->number = memory_take(r->scratch, rules * sizeof *r->number);
	r->set->rule = take(r, rules, sizeof *r->set->rule);
	r->set->test = take(r, tests, sizeof *r->set->test);
	if (r->name == NULL || r->number == NULL)
		return no_memory(r);
	return r->set->rule != NULL && r->set->test != NULL;
}

static void read_all(struct reader *r)
{
	for (size_t i = 0; i < r->sources; i++) {
		r->now = &r->source[i];
		if (r->now->root != NULL && !read_top(r))
			r->partial = true;
	}
	if (!make_room(r))
		return;
	read_each(r, "sets", read_sets);
	if (!order_sets(r))
		return;
	read_each(r, "rules", read_rules);
	order_ids(r);
	read_each(r, "tests", read_tests);
}

static unsigned errors(const struct reader *r)
{
	unsigned n = 0;
	for (size_t i = 0; i < r->sources; i++)
		n += r->source[i].problems.errors;
	return n;
}

static void hand_over(struct problems *from, struct problems *out)
{
	problems_sort(from);
	for (size_t i = 0; i < from->count; i++) {
		const struct problem *p = &from->list[i];
		problem_add(out, p->level, p->file, p->line, p->column, "%s", p->what);
	}
	/* Those that were counted only. */
	out->dropped += from->dropped;
	problems_fini(from);
}

/* Sums up, gives back what only reading needed, and gives the set when nothing was wrong. */
static struct ruleset *reader_end(struct reader *r, struct problems *out)
{
	const unsigned before = out->errors;
	unsigned found = 0, warned = 0;
	for (size_t i = 0; i < r->sources; i++) {
		found += r->source[i].problems.errors;
		warned += r->source[i].problems.warnings;
	}
	found += out->errors;
	warned += out->warnings;
	for (size_t i = 0; i < r->sources; i++)
		hand_over(&r->source[i].problems, out);
	out->errors = found;
	out->warnings = warned;
	out->files += (unsigned)r->sources;
	out->rules += r->set != NULL ? (unsigned)r->set->count : 0;
	memory_free(r->scratch);
	if (out->errors == 0 && before == 0)
		return r->set;
	ruleset_free(r->set);
	return NULL;
}

static struct ruleset *reader_run(struct reader *r, struct problems *out)
{
	r->now = r->source;
	if (r->sources != 0)
		read_all(r);
	if (errors(r) == 0 && out->errors == 0) {
		warn_all(r);
		if (!ruleset_index(r->set))
			problem_add(out, PROBLEM_ERROR, "rules", 0, 0, "out of memory");
	}
	return reader_end(r, out);
}

struct ruleset *ruleset_load_text(const char *name, struct slice text, struct problems *out)
{
	struct reader r;
	if (reader_begin(&r, 1))
		add_source(&r, name, text);
	else
		problem_add(out, PROBLEM_ERROR, name, 0, 0, "out of memory");
	return reader_run(&r, out);
}

struct ruleset *ruleset_load(const char *const *paths, size_t count, struct problems *out)
{
	struct paths list = { 0 };
	struct reader r;
	for (size_t i = 0; i < count; i++)
		paths_add(&list, paths[i], out);
	if (reader_begin(&r, list.count))
		for (size_t i = 0; i < list.count; i++)
			add_file(&r, list.list[i].name);
	else
		problem_add(out, PROBLEM_ERROR, count != 0 ? paths[0] : "rules", 0, 0, "out of memory");
	paths_fini(&list);
	return reader_run(&r, out);
}

struct ruleset *ruleset_load_gathered(int from, struct problems *out)
{
	struct gathered all, rest;
	struct gathered_file file;
	struct reader r;
	size_t files = 0;
	if (!gathered_open(&all, from)) {
		problem_add(out, PROBLEM_ERROR, "rules", 0, 0, "the rules cannot be read");
		return NULL;
	}
	for (rest = all; gathered_next(&rest, &file);)
		files++;
	if (reader_begin(&r, files))
		for (rest = all; gathered_next(&rest, &file);)
			if (file.read)
				add_source(&r, file.name, file.text);
			else
				add_unread(&r, (struct problems){ 0 });
	else
		problem_add(out, PROBLEM_ERROR, "rules", 0, 0, "out of memory");
	gathered_close(&all);
	return reader_run(&r, out);
}
