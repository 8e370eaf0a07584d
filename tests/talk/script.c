#include "script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	struct script *s;
	const char *folder, *file;
	unsigned number, flow;
};

static bool wrong(const struct reader *r, const char *what)
{
	fprintf(stderr, "%s:%u: %s\n", r->file, r->number, what);
	return false;
}

/* Enough for everything these files hold; a test may stop when it is not. */
static void *must(void *p)
{
	if (p == NULL) {
		fputs("talk: out of memory\n", stderr);
		exit(2);
	}
	return p;
}

static void append(struct line *l, const void *bytes, size_t len)
{
	l->bytes = must(realloc(l->bytes, l->len + len + 1));
	if (len != 0)
		memcpy(l->bytes + l->len, bytes, len);
	l->len += len;
}

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (f == NULL)
		return NULL;
	size_t len = 0;
	char *text = must(malloc(1));
	for (size_t got = 1; got != 0; len += got) {
		text = must(realloc(text, len + 4097));
		got = fread(text + len, 1, 4096, f);
	}
	fclose(f);
	text[len] = '\0';
	return text;
}

/* \<name>: the bytes that tests/talk/bytes/name holds in hexadecimal. */
static bool append_file(const struct reader *r, struct line *l, const char *name, size_t len)
{
	char path[512];
	snprintf(path, sizeof path, "%s/bytes/%.*s", r->folder, (int)len, name);
	char *hex = read_all(path);
	if (hex == NULL)
		return wrong(r, "no such file of bytes");
	char pair[3] = "";
	unsigned digits = 0;
	for (const char *c = hex; *c != '\0'; c++) {
		if (*c == '\n' || *c == ' ')
			continue;
		pair[digits++] = *c;
		if (digits < 2)
			continue;
		const uint8_t byte = (uint8_t)strtoul(pair, NULL, 16);
		append(l, &byte, 1);
		digits = 0;
	}
	free(hex);
	return true;
}

static bool append_escaped(const struct reader *r, struct line *l, const char *text, size_t len);

/* \*{1000:text}: the text so many times. */
static bool append_repeat(const struct reader *r, struct line *l, const char *inside, size_t len)
{
	char *colon;
	const unsigned long times = strtoul(inside, &colon, 10);
	if (*colon != ':' || times > 1000000)
		return wrong(r, "a repeat is written \\*{1000:text}");
	struct line once = { 0 };
	const bool ok = append_escaped(r, &once, colon + 1, len - (size_t)(colon + 1 - inside));
	for (unsigned long i = 0; ok && i < times; i++)
		append(l, once.bytes, once.len);
	free(once.bytes);
	return ok;
}

/* One escape, which begins behind the backslash; returns the bytes of text it took, 0 when it is wrong. */
static size_t append_escape(const struct reader *r, struct line *l, const char *at, size_t left)
{
	static const char letters[] = "rnt0\\";
	static const uint8_t bytes[] = "\r\n\t\0\\";
	const char *known = left == 0 ? NULL : memchr(letters, *at, sizeof letters - 1);
	if (known != NULL) {
		append(l, &bytes[known - letters], 1);
		return 1;
	}
	if (left >= 3 && *at == 'x') {
		const char pair[3] = { at[1], at[2], '\0' };
		const uint8_t byte = (uint8_t)strtoul(pair, NULL, 16);
		append(l, &byte, 1);
		return 3;
	}
	const char *end = left < 2 ? NULL : memchr(at, *at == '<' ? '>' : '}', left);
	if (end != NULL && *at == '<' && append_file(r, l, at + 1, (size_t)(end - at - 1)))
		return (size_t)(end - at) + 1;
	if (end != NULL && *at == '*' && at[1] == '{' && append_repeat(r, l, at + 2, (size_t)(end - at - 2)))
		return (size_t)(end - at) + 1;
	return 0;
}

static bool append_escaped(const struct reader *r, struct line *l, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '\\') {
			append(l, &text[i], 1);
			continue;
		}
		const size_t took = append_escape(r, l, text + i + 1, len - i - 1);
		if (took == 0)
			return wrong(r, "unknown escape");
		i += took;
	}
	return true;
}

static struct line *new_line(struct reader *r, enum line_kind kind, char side)
{
	if (r->s->line_count == TALK_LINES)
		return NULL;
	struct line *l = &r->s->lines[r->s->line_count++];
	*l = (struct line){ .kind = kind, .flow = r->flow, .side = side == 's', .number = r->number };
	return l;
}

static bool read_expected(struct reader *r, char *rest)
{
	struct expected *e = &r->s->expected[r->flow];
	const char *label = strtok(rest, " ");
	const char *word = strtok(NULL, " ");
	if (label == NULL || e->said)
		return wrong(r, "one line == LABEL for each flow");
	e->said = true;
	e->label = must(strdup(label));
	if (word == NULL)
		return true;
	const char *because = strtok(NULL, " ");
	if (strcmp(word, "because") != 0 || because == NULL)
		return wrong(r, "expected: == LABEL because WHO/WHAT");
	e->because = must(strdup(because));
	return true;
}

static bool read_want(struct reader *r, char *rest, bool as_written_only)
{
	if (r->s->want_count == TALK_WANTS)
		return wrong(r, "too many expectations");
	struct want *w = &r->s->wants[r->s->want_count++];
	char *value = strchr(rest, ' ');
	if (value == NULL)
		return wrong(r, "expected: = PATH VALUE");
	*value++ = '\0';
	*w = (struct want){ .kind = WANT_IS, .flow = r->flow, .number = r->number, .as_written_only = as_written_only };
	if (strncmp(value, "has ", 4) == 0) {
		w->kind = WANT_HAS;
		value += 4;
	}
	if (strcmp(value, "nothing") == 0)
		w->kind = WANT_ABSENT;
	w->path = must(strdup(rest));
	w->value = must(strdup(value));
	return true;
}

static bool read_flow(struct reader *r, const char *rest)
{
	const unsigned long n = strtoul(rest, NULL, 10);
	if (n < 1 || n > TALK_FLOWS)
		return wrong(r, "no such flow");
	r->flow = (unsigned)n - 1;
	if (r->s->flows < n)
		r->s->flows = (unsigned)n;
	return true;
}

static bool read_hole(struct reader *r, const char *rest)
{
	struct line *l = new_line(r, LINE_HOLE, *rest);
	if (l == NULL || strlen(rest) < 3)
		return wrong(r, "expected: hole c 8");
	const size_t len = strtoul(rest + 2, NULL, 10);
	uint8_t *zeros = must(calloc(1, len + 1));
	append(l, zeros, len);
	free(zeros);
	return true;
}

/* Words about a flow: midstream (no SYN was captured), open (nobody closes), one-way c|s (only that side was captured). */
static bool read_word(struct reader *r, char *text)
{
	struct script *s = r->s;
	if (strncmp(text, "flow ", 5) == 0)
		return read_flow(r, text + 5);
	if (strncmp(text, "hole ", 5) == 0)
		return read_hole(r, text + 5);
	if (strncmp(text, "fin ", 4) == 0)
		return new_line(r, LINE_FIN, text[4]) != NULL || wrong(r, "too many lines");
	if (strncmp(text, "rst ", 4) == 0)
		return new_line(r, LINE_RST, text[4]) != NULL || wrong(r, "too many lines");
	if (strcmp(text, "midstream") == 0)
		return s->midstream[r->flow] = true;
	if (strcmp(text, "open") == 0)
		return s->open[r->flow] = true;
	if (strncmp(text, "one-way ", 8) == 0)
		return s->one_way[r->flow][text[8] == 's'] = true;
	if (strncmp(text, "weaker ", 7) == 0) {
		s->expected[r->flow].weaker = must(strdup(text + 7));
		return true;
	}
	return wrong(r, "not a line of a talk");
}

static bool read_line(struct reader *r, char *text)
{
	struct script *s = r->s;
	if (*text == '\0' || *text == '#')
		return true;
	if ((*text == ' ' || *text == '\t') && s->line_count != 0) {
		while (*text == ' ' || *text == '\t')
			text++;
		return append_escaped(r, &s->lines[s->line_count - 1], text, strlen(text));
	}
	if ((*text == 'c' || *text == 's') && text[1] == ':') {
		struct line *l = new_line(r, LINE_DATA, *text);
		text += text[2] == ' ' ? 3 : 2;
		return l == NULL ? wrong(r, "too many lines") : append_escaped(r, l, text, strlen(text));
	}
	if (strncmp(text, "...", 3) == 0) {
		struct line *l = new_line(r, LINE_PAUSE, 'c');
		if (l == NULL)
			return wrong(r, "too many lines");
		l->seconds = text[3] == '\0' ? 1 : strtod(text + 3, NULL);
		return true;
	}
	if (strncmp(text, "== ", 3) == 0)
		return read_expected(r, text + 3);
	if (strncmp(text, "=~ ", 3) == 0)
		return read_want(r, text + 3, true);
	if (strncmp(text, "= ", 2) == 0)
		return read_want(r, text + 2, false);
	return read_word(r, text);
}

bool script_load(struct script *s, const char *folder, const char *file)
{
	memset(s, 0, sizeof *s);
	s->flows = 1;
	struct reader r = { .s = s, .folder = folder, .file = file };
	char path[512];
	snprintf(path, sizeof path, "%s/%s", folder, file);
	char *text = read_all(path);
	if (text == NULL)
		return wrong(&r, "cannot be read");
	s->name = must(strndup(file, strlen(file) - strlen(".talk")));
	bool ok = true;
	for (char *line = text, *next; ok && line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		r.number++;
		ok = read_line(&r, line);
	}
	free(text);
	for (r.flow = 0; ok && r.flow < s->flows; r.flow++)
		ok = s->expected[r.flow].said || wrong(&r, "a flow without a line == LABEL");
	return ok;
}

void script_free(struct script *s)
{
	for (unsigned i = 0; i < s->line_count; i++)
		free(s->lines[i].bytes);
	for (unsigned i = 0; i < s->want_count; i++) {
		free(s->wants[i].path);
		free(s->wants[i].value);
	}
	for (unsigned i = 0; i < TALK_FLOWS; i++) {
		free(s->expected[i].label);
		free(s->expected[i].because);
		free(s->expected[i].weaker);
	}
	free(s->name);
}
