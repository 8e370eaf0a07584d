/* The one file of libyaml.  Its event API is used, never its document loader: events can be refused one by one, at the
 * first level too deep or the first node too many, while the loader goes on for as long as the text does. */
#include "rules/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>
#include "base/hash.h"

struct build {
	yaml_parser_t parser;
	struct memory *memory;
	const char *file;
	struct slice text;
	struct problems *out;
	struct node *root, *open[MAX_YAML_DEPTH],
	    **end[MAX_YAML_DEPTH]; /* containers not yet closed; where the next child goes */
	unsigned depth;
	bool half[MAX_YAML_DEPTH]; /* a map's key waits for its value */
	size_t nodes;
	unsigned documents;
	struct hash_key key;
};

static bool wrong(struct build *b, const yaml_mark_t *mark, const char *what)
{
	return problem_add(
	    b->out, PROBLEM_ERROR, b->file, (unsigned)mark->line + 1, (unsigned)mark->column + 1, "%s", what);
}

/* What libyaml says, in words that tell what to do about it.  `context` may be NULL: any. */
static const struct saying {
	const char *context, *problem, *instead;
	bool at_context; /* the place to look at is where the context began */
} sayings[] = {
	{ "while scanning a quoted scalar", "found unexpected end of stream", "quoted text without its closing quote",
	    true },
	{ "while scanning a quoted scalar", "found unexpected document indicator",
	    "quoted text without its closing quote", true },
	{ "while parsing a quoted scalar", "found unknown escape character",
	    "no such escape (within double quotes a backslash begins one; within single quotes it is itself)", false },
	{ "while parsing a quoted scalar", "did not find expected hexdecimal number",
	    "\\x, \\u or \\U without its 2, 4 or 8 hexadecimal digits", false },
	{ "while parsing a quoted scalar", "found invalid Unicode character escape code", "no such character", false },
	{ "while scanning an alias", "did not find expected alphabetic or numeric character",
	    "a text that begins with * must be quoted", true },
	{ "while scanning an anchor", "did not find expected alphabetic or numeric character",
	    "a text that begins with & must be quoted", true },
	{ "while scanning a tag", NULL, "a text that begins with ! must be quoted", true },
	{ "while parsing a tag", NULL, "a text that begins with ! must be quoted", true },
	{ "while parsing a node", "found undefined tag handle", "a text that begins with ! must be quoted", true },
	{ "while parsing a block mapping", "did not find expected key",
	    "expected a key here (is the line indented like those above it? is a text that needs quotes quoted?)",
	    false },
	{ "while parsing a block collection", "did not find expected '-' indicator",
	    "expected '- ' here (is the line indented like the items above it?)", false },
	{ "while parsing a flow sequence", "did not find expected ',' or ']'", "expected ',' or ']' here", false },
	{ "while parsing a flow mapping", "did not find expected ',' or '}'", "expected ',' or '}' here", false },
	{ "while parsing a flow node", "did not find expected node content",
	    "expected a value here (a text that begins with : must be quoted)", false },
	{ "while scanning a simple key", "could not find expected ':'", "expected ': ' behind this key", true },
	{ "while scanning a block scalar", NULL, "expected a line end behind | or >, and an indented text below",
	    false },
	{ NULL, "mapping values are not allowed in this context",
	    "a ': ' that cannot stand here (is the line indented right? a text that holds ': ' must be quoted)",
	    false },
	{ NULL, "block sequence entries are not allowed in this context",
	    "a '- ' that cannot stand here (is the line indented right?)", false },
	{ NULL, "found a tab character that violates indentation", "a tab cannot indent: use spaces", false },
	{ NULL, "did not find expected <document start>", "expected nothing more here (is the line indented right?)",
	    false },
};

static const struct saying *saying_for(const yaml_parser_t *p)
{
	for (size_t i = 0; i < sizeof sayings / sizeof *sayings; i++) {
		const struct saying *s = &sayings[i];
		if (s->context != NULL && (p->context == NULL || strcmp(s->context, p->context) != 0))
			continue;
		if (s->problem == NULL || (p->problem != NULL && strcmp(s->problem, p->problem) == 0))
			return s;
	}
	return NULL;
}

/* The byte at a mark, whose column counts characters. */
static uint8_t byte_at(struct slice text, const yaml_mark_t *mark)
{
	size_t line = 0, column = 0;
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.at[i];
		if (line == mark->line && (c & 0xc0) != 0x80 && column++ == mark->column)
			return c;
		if (c == '\n' || (c == '\r' && !(i + 1 < text.len && text.at[i + 1] == '\n')))
			line++;
		if (line > mark->line)
			break;
	}
	return 0;
}

static bool bad_start(struct build *b)
{
	const yaml_mark_t *mark = &b->parser.problem_mark;
	const uint8_t c = byte_at(b->text, mark);
	char what[80] = "a tab cannot indent: use spaces";
	if (c != '\t')
		snprintf(what, sizeof what, "a text that begins with %c must be quoted", c > ' ' && c < 0x7f ? c : '?');
	return wrong(b, mark, what);
}

static bool syntax_error(struct build *b)
{
	const yaml_parser_t *p = &b->parser;
	if (p->error == YAML_MEMORY_ERROR)
		return problem_add(b->out, PROBLEM_ERROR, b->file, 0, 0, "out of memory");
	if (p->problem != NULL && strcmp(p->problem, "found character that cannot start any token") == 0)
		return bad_start(b);
	const struct saying *s = saying_for(p);
	if (s != NULL)
		return wrong(b, s->at_context ? &p->context_mark : &p->problem_mark, s->instead);
	return wrong(b, &p->problem_mark, p->problem != NULL ? p->problem : "not YAML");
}

static struct node *node_new(struct build *b, enum node_kind kind, const yaml_event_t *e)
{
	if (++b->nodes > MAX_YAML_NODES) {
		problem_add(b->out, PROBLEM_ERROR, b->file, (unsigned)e->start_mark.line + 1,
		    (unsigned)e->start_mark.column + 1, "more than %d values in one file", MAX_YAML_NODES);
		return NULL;
	}
	struct node *n = memory_take(b->memory, sizeof *n);
	if (n == NULL) {
		problem_add(b->out, PROBLEM_ERROR, b->file, 0, 0, "out of memory");
		return NULL;
	}
	n->kind = kind;
	n->line = (unsigned)e->start_mark.line + 1;
	n->column = (unsigned)e->start_mark.column + 1;
	return n;
}

static bool attach(struct build *b, struct node *n)
{
	if (b->depth == 0) {
		b->root = n;
		return true;
	}
	const unsigned top = b->depth - 1;
	struct node *in = b->open[top];
	const bool key = in->kind == NODE_MAP && !b->half[top];
	if (key && n->kind != NODE_SCALAR)
		return problem_add(b->out, PROBLEM_ERROR, b->file, n->line, n->column, "a key must be a text, not %s",
		    node_kind_name(n->kind));
	*b->end[top] = n;
	b->end[top] = &n->next;
	b->half[top] = key;
	in->count += !key;
	return true;
}

static bool open_container(struct build *b, enum node_kind kind, const yaml_event_t *e)
{
	if (b->depth == MAX_YAML_DEPTH)
		return problem_add(b->out, PROBLEM_ERROR, b->file, (unsigned)e->start_mark.line + 1,
		    (unsigned)e->start_mark.column + 1, "nested deeper than %d levels", MAX_YAML_DEPTH);
	struct node *n = node_new(b, kind, e);
	if (n == NULL || !attach(b, n))
		return false;
	b->open[b->depth] = n;
	b->end[b->depth] = &n->first;
	b->half[b->depth] = false;
	b->depth++;
	return true;
}

static void twice(struct build *b, const struct node *key, const struct node *first)
{
	problem_add(b->out, PROBLEM_ERROR, b->file, key->line, key->column,
	    "the key '%.64s' stands twice (first at %u:%u)", (const char *)key->text.at, first->line, first->column);
}

/* Of a key in an open-addressed table with room for twice as many: NULL when it is new. */
static const struct node *seen(struct build *b, const struct node **table, size_t mask, const struct node *key)
{
	size_t at = (size_t)hash_bytes(b->key, key->text.at, key->text.len) & mask;
	for (; table[at] != NULL; at = (at + 1) & mask)
		if (slice_eq(table[at]->text, key->text))
			return table[at];
	table[at] = key;
	return NULL;
}

static bool find_twins(struct build *b, const struct node *map)
{
	size_t room = 8;
	while (room < 2 * (size_t)map->count)
		room *= 2;
	const struct node **table = calloc(room, sizeof *table);
	if (table == NULL)
		return problem_add(b->out, PROBLEM_ERROR, b->file, 0, 0, "out of memory");
	for (const struct node *key = map->first; key != NULL; key = key->next->next) {
		const struct node *first = seen(b, table, room - 1, key);
		if (first != NULL)
			twice(b, key, first);
	}
	free(table);
	return true;
}

static bool close_container(struct build *b)
{
	const struct node *n = b->open[--b->depth];
	return n->kind != NODE_MAP || n->count < 2 || find_twins(b, n);
}

static bool add_scalar(struct build *b, const yaml_event_t *e, struct slice text, bool quoted)
{
	struct node *n = node_new(b, NODE_SCALAR, e);
	if (n == NULL)
		return false;
	n->quoted = quoted;
	n->text = memory_text(b->memory, text);
	if (n->text.at == NULL)
		return problem_add(b->out, PROBLEM_ERROR, b->file, 0, 0, "out of memory");
	return attach(b, n);
}

/* Refused, and an empty scalar stands for what it named, so that what follows is still looked at. */
static bool add_alias(struct build *b, const yaml_event_t *e)
{
	problem_add(b->out, PROBLEM_ERROR, b->file, (unsigned)e->start_mark.line + 1,
	    (unsigned)e->start_mark.column + 1,
	    "aliases are not allowed; a text that begins with * must be quoted: \"*%.64s\"",
	    (const char *)e->data.alias.anchor);
	return add_scalar(b, e, SLICE(""), true);
}

static bool add_document(struct build *b, const yaml_event_t *e)
{
	return ++b->documents == 1 || wrong(b, &e->start_mark, "a second document (expected one in each file)");
}

static void refuse_extras(struct build *b, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag)
{
	if (anchor != NULL)
		wrong(b, &e->start_mark, "anchors are not allowed (a text that begins with & must be quoted)");
	if (tag != NULL)
		wrong(b, &e->start_mark, "tags are not allowed (a text that begins with ! must be quoted)");
}

static bool take(struct build *b, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return add_document(b, e);
	case YAML_ALIAS_EVENT:
		return add_alias(b, e);
	case YAML_SCALAR_EVENT:
		refuse_extras(b, e, e->data.scalar.anchor, e->data.scalar.tag);
		return add_scalar(b, e, (struct slice){ e->data.scalar.value, e->data.scalar.length },
		    e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
	case YAML_SEQUENCE_START_EVENT:
		refuse_extras(b, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
		return open_container(b, NODE_LIST, e);
	case YAML_MAPPING_START_EVENT:
		refuse_extras(b, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
		return open_container(b, NODE_MAP, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_container(b);
	default:
		return true;
	}
}

static bool take_all(struct build *b)
{
	yaml_event_t e;
	bool end = false;
	while (!end) {
		if (!yaml_parser_parse(&b->parser, &e))
			return syntax_error(b);
		end = e.type == YAML_STREAM_END_EVENT;
		const bool fine = take(b, &e);
		yaml_event_delete(&e);
		if (!fine)
			return false;
	}
	if (b->root == NULL)
		return problem_add(
		    b->out, PROBLEM_ERROR, b->file, 1, 1, "empty file (expected version: 1, and rules:)");
	return true;
}

const struct node *yaml_read(struct memory *m, const char *file, struct slice text, struct problems *out)
{
	if (!yaml_text_check(file, &text, out))
		return NULL;
	struct build b = { .memory = m, .file = file, .text = text, .out = out, .key = hash_key_random() };
	if (!yaml_parser_initialize(&b.parser)) {
		problem_add(out, PROBLEM_ERROR, file, 0, 0, "out of memory");
		return NULL;
	}
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser, text.len != 0 ? text.at : (const uint8_t *)"", text.len);
	const bool fine = take_all(&b);
	yaml_parser_delete(&b.parser);
	return fine ? b.root : NULL;
}

const char *node_kind_name(enum node_kind k)
{
	static const char *const names[] = { "a text", "a list", "a mapping" };
	return names[k];
}
