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

/* Walks the elements of an array or the members of an object; *at is the opening bracket at first. */
static bool next_item(const char **at, const char *end, struct text *key, struct text *value)
{
	const bool object = **at == '{' || (key->at != NULL && key->len != 0);
	const char *p = *at + 1;
	if (**at == '}' || **at == ']' || p >= end || *p == '}' || *p == ']')
		return false;
	*key = nothing;
	if (object && *p == '"') {
		const char *key_end = value_end(p, end);
		*key = (struct text){ p + 1, (size_t)(key_end - p) - 2 };
		p = key_end + 1;
	}
	const char *stop = value_end(p, end);
	*value = (struct text){ p, (size_t)(stop - p) };
	*at = stop;
	return stop <= end;
}

static struct text child(struct text in, const char *name, size_t len)
{
	if (in.len == 0 || (*in.at != '{' && *in.at != '['))
		return nothing;
	const unsigned long wanted = strtoul(name, NULL, 10);
	const char *at = in.at;
	struct text key = nothing, value;
	for (unsigned long i = 0; next_item(&at, in.at + in.len, &key, &value); i++) {
		if (*in.at == '[' ? i == wanted : key.len == len && memcmp(key.at, name, len) == 0)
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
	const char *at = in.at;
	struct text key = nothing, item;
	while (next_item(&at, in.at + in.len, &key, &item)) {
		if (text_is(unquoted(item), value))
			return true;
		if (*item.at != '{')
			continue;
		const char *inner = item.at;
		struct text name = nothing, member;
		while (next_item(&inner, item.at + item.len, &name, &member))
			if (text_is(unquoted(member), value))
				return true;
	}
	return false;
}
