#include "rules/print_text.h"

#include "base/utf8.h"

enum { LONG_LINE = 100 };

static void put(struct printer *p, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		p->column = text[i] == '\n' ? 0 : p->column + 1;
	fwrite(text, 1, len, p->out);
}

void print_raw(struct printer *p, const char *text)
{
	put(p, text, strlen(text));
}

void print_line(struct printer *p, unsigned indent)
{
	print_raw(p, "\n");
	for (unsigned i = 0; i < indent; i++)
		print_raw(p, " ");
}

/* What other readers of YAML take for something else than a text. */
static bool is_special(struct slice text)
{
	static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "y", "n", "null" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_eq_nocase(text, (struct slice){ (const uint8_t *)words[i], strlen(words[i]) }))
			return true;
	return false;
}

static bool letter(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and a few marks, begun by a letter: fewer than YAML allows, and safe anywhere. */
static bool is_plain(struct slice text)
{
	if (text.len == 0 || !letter(text.at[0]) || text.at[text.len - 1] == ' ' || is_special(text))
		return false;
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.at[i];
		if (!letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.' && c != '/' && c != ' ')
			return false;
	}
	return true;
}

/* What may not stand in a rule file as it is: yaml_text.c refuses it. */
static bool must_escape(uint32_t point)
{
	return !utf8_is_harmless(point) || point == 0xfeff || point == 0xfffe || point == 0xffff;
}

static size_t put_character(struct printer *p, struct slice rest)
{
	uint32_t point = 0;
	const size_t len = utf8_decode(rest, &point);
	char escape[12];
	if (len == 0)
		return 1;
	if (point == '\n')
		put(p, "\\n", 2);
	else if (point == '\t')
		put(p, "\\t", 2);
	else if (must_escape(point))
		put(p, escape,
		    (size_t)snprintf(escape, sizeof escape, point < 0x100 ? "\\x%02X" : "\\u%04X", (unsigned)point));
	else if (point == '"' || point == '\\')
		put(p, escape, (size_t)snprintf(escape, sizeof escape, "\\%c", (int)point));
	else
		put(p, (const char *)rest.at, len);
	return len;
}

static void put_quoted(struct printer *p, struct slice text)
{
	while (text.len != 0)
		text = slice_from(text, put_character(p, text));
	put(p, "\"", 1);
}

void print_text(struct printer *p, struct slice text)
{
	if (is_plain(text)) {
		put(p, (const char *)text.at, text.len);
		return;
	}
	put(p, "\"", 1);
	put_quoted(p, text);
}

void print_behind(struct printer *p, char mark, struct slice text)
{
	const char lead[2] = { '"', mark };
	put(p, lead, sizeof lead);
	put_quoted(p, text);
}

void print_string(struct printer *p, const char *text)
{
	print_text(p, (struct slice){ (const uint8_t *)text, strlen(text) });
}

void print_comma(struct printer *p)
{
	if (p->column <= LONG_LINE) {
		print_raw(p, ", ");
		return;
	}
	print_raw(p, ",");
	print_line(p, p->indent);
}
