#include "record.h"

#include <stdlib.h>
#include <string.h>

static const struct text nothing = { NULL, 0 };

/* The end of the value that begins at `at`: behind its last byte. */
static const char *value_end(const char *at, const char *end)
{
	bool quoted = false;
	unsigned depth = 0;
	for (; at < end; at++) {
		if (quoted) {
			if (*at == '\\' && at + 1 < end)
				at++;
			else if (*at == '"')
				quoted = false;
			if (!quoted && depth == 0 && *at == '"')
				return at + 1;
			continue;
		}
		if (*at == '"')
			quoted = true;
		if (*at == '{' || *at == '[')
			depth++;
		if (depth == 0 && (*at == ',' || *at == '}' || *at == ']'))
			return at;
		if ((*at == '}' || *at == ']') && --depth == 0)
			return at + 1;
	}
	return end;
}

/* Walks the elements of an array or the members of an object, whose opening bracket is at `at` first. */
struct walk {
	const char *at, *end;
	bool object;
};

static struct walk walk(struct text in)
{
	return (struct walk){ in.at, in.at + in.len, in.len != 0 && *in.at == '{' };
}

/* The key is empty in an array. */
static bool walk_next(struct walk *w, struct text *key, struct text *value)
{
	if (w->at >= w->end || *w->at == '}' || *w->at == ']')
		return false;
	const char *p = w->at + 1; /* behind the bracket or the comma */
	if (p >= w->end || *p == '}' || *p == ']')
		return false;
	*key = (struct text){ p, 0 };
	if (w->object) {
		const char *key_end = value_end(p, w->end);
		*key = (struct text){ p + 1, (size_t)(key_end - p) - 2 };
		p = key_end + 1;
	}
	w->at = value_end(p, w->end);
	*value = (struct text){ p, (size_t)(w->at - p) };
	return true;
}

static struct text child(struct text in, const char *name, size_t len)
{
	if (in.len == 0 || (*in.at != '{' && *in.at != '['))
		return nothing;
	const unsigned long wanted = strtoul(name, NULL, 10);
	struct walk w = walk(in);
	struct text key, value;
	for (unsigned long i = 0; walk_next(&w, &key, &value); i++) {
		if (w.object ? key.len == len && memcmp(key.at, name, len) == 0 : i == wanted)
			return value;
	}
	return nothing;
}

static struct text unquoted(struct text t)
{
	if (t.len >= 2 && *t.at == '"')
		return (struct text){ t.at + 1, t.len - 2 };
	return t;
}

static struct text find(struct text in, const char *path)
{
	while (in.at != NULL && *path != '\0') {
		const size_t len = strcspn(path, ".");
		in = child(in, path, len);
		path += path[len] == '.' ? len + 1 : len;
	}
	return in;
}

struct text record_get(struct text line, const char *path)
{
	const struct text found = find(line, path);
	return text_is(found, "null") ? nothing : unquoted(found);
}

bool text_is(struct text t, const char *value)
{
	return t.at != NULL && t.len == strlen(value) && memcmp(t.at, value, t.len) == 0;
}

bool record_has(struct text line, const char *path, const char *value)
{
	const struct text in = find(line, path);
	if (in.len == 0 || *in.at != '[')
		return false;
	struct walk elements = walk(in);
	struct text key, item;
	while (walk_next(&elements, &key, &item)) {
		if (text_is(unquoted(item), value))
			return true;
		if (item.len == 0 || *item.at != '{')
			continue;
		struct walk members = walk(item);
		struct text name, member;
		while (walk_next(&members, &name, &member))
			if (text_is(unquoted(member), value))
				return true;
	}
	return false;
}
