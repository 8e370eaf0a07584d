/* What is said of a rule file quotes from it, so every message is cleaned as it is kept: whoever wrote the file shall not
 * drive the terminal of whoever checks it. */
#include "rules/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/utf8.h"

static struct problem *next_place(struct problems *p)
{
	if (p->count == MAX_PROBLEMS)
		return NULL;
	if (p->count == p->room) {
		const size_t room = p->room == 0 ? 8 : 2 * p->room;
		struct problem *list = reallocarray(p->list, room, sizeof *list);
		if (list == NULL)
			return NULL;
		p->list = list;
		p->room = room;
	}
	return &p->list[p->count++];
}

/* Cuts at `size` between two characters; what may not be shown becomes '?'. */
static void clean(const char *text, char *to, size_t size)
{
	struct slice s = { (const uint8_t *)text, strlen(text) };
	size_t n = 0;
	while (s.len != 0) {
		uint32_t point = 0;
		const size_t len = utf8_decode(s, &point);
		const bool fine = len != 0 && utf8_is_harmless(point);
		const size_t width = fine ? len : 1;
		if (width > size - 1 - n)
			break;
		if (fine)
			memcpy(to + n, s.at, len);
		else
			to[n] = '?';
		n += width;
		s = slice_from(s, len != 0 ? len : 1);
	}
	to[n] = '\0';
}

bool problem_add(struct problems *p, enum problem_level level, const char *file, unsigned line, unsigned column,
    const char *format, ...)
{
	if (level == PROBLEM_ERROR)
		p->errors++;
	else
		p->warnings++;
	struct problem *place = next_place(p);
	if (place == NULL) {
		p->dropped++;
		return false;
	}
	char what[2 * sizeof place->what];
	va_list args;
	va_start(args, format);
	if (vsnprintf(what, sizeof what, format, args) < 0)
		what[0] = '\0';
	va_end(args);
	place->level = level;
	place->line = line;
	place->column = column;
	clean(file, place->file, sizeof place->file);
	clean(what, place->what, sizeof place->what);
	return false;
}

struct ranked {
	size_t file, at; /* where the file was first seen; where the problem stood */
	unsigned line, column;
};

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static void rank(const struct problems *p, struct ranked *ranked)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct problem *now = &p->list[i];
		size_t first = i;
		for (size_t k = 0; k < i && first == i; k++)
			if (ranked[k].file == k && strcmp(p->list[k].file, now->file) == 0)
				first = k;
		ranked[i] = (struct ranked){ first, i, now->line, now->column };
	}
}

/* Without memory they stay in the order in which they were found. */
void problems_sort(struct problems *p)
{
	if (p->count < 2)
		return;
	struct ranked *ranked = calloc(p->count, sizeof *ranked);
	struct problem *sorted = calloc(p->count, sizeof *sorted);
	if (ranked != NULL && sorted != NULL) {
		rank(p, ranked);
		qsort(ranked, p->count, sizeof *ranked, compare);
		for (size_t i = 0; i < p->count; i++)
			sorted[i] = p->list[ranked[i].at];
		memcpy(p->list, sorted, p->count * sizeof *sorted);
	}
	free(ranked);
	free(sorted);
}

void problems_fini(struct problems *p)
{
	free(p->list);
	*p = (struct problems){ 0 };
}
