/* The bytes of a file before libyaml sees them.  It says of a wrong byte only how far from the beginning, and its list of
 * %TAG directives is searched once for each of them, so that a large file of nothing else keeps it busy for hours. */
#include "rules/yaml.h"

#include "base/utf8.h"

struct walk {
	const char *file;
	struct problems *out;
	unsigned line, column;
	bool begin; /* nothing yet on this line */
};

/* YAML 1.2, 5.1, less what would not show. */
static bool allowed(uint32_t point)
{
	if (point == '\t' || point == '\n' || point == '\r')
		return true;
	if (point < 0x20 || (point >= 0x7f && point < 0xa0))
		return false;
	return point != 0x2028 && point != 0x2029 && point != 0xfeff && point != 0xfffe && point != 0xffff;
}

static bool complain(const struct walk *w, uint32_t point)
{
	if (point == 0)
		return problem_add(w->out, PROBLEM_ERROR, w->file, w->line, w->column, "a NUL byte: is this a text?");
	return problem_add(w->out, PROBLEM_ERROR, w->file, w->line, w->column,
	    "the character U+%04X may not stand in a rule file (within double quotes, write \"\\u%04X\")",
	    (unsigned)point, (unsigned)point);
}

static bool step(struct walk *w, uint32_t point, bool pair)
{
	if (!allowed(point))
		return complain(w, point);
	if (w->begin && point == '%')
		return problem_add(w->out, PROBLEM_ERROR, w->file, w->line, w->column,
		    "a line may not begin with %%: YAML directives are not allowed");
	w->begin = point == '\n' || (point == '\r' && !pair);
	if (w->begin) {
		w->line++;
		w->column = 1;
	} else {
		w->column++;
	}
	return true;
}

static bool starts_utf16(struct slice s)
{
	return slice_starts(s, SLICE("\xff\xfe")) || slice_starts(s, SLICE("\xfe\xff"));
}

bool yaml_text_check(const char *file, struct slice *text, struct problems *out)
{
	struct walk w = { file, out, 1, 1, true };
	if (text->len > MAX_RULE_FILE)
		return problem_add(out, PROBLEM_ERROR, file, 0, 0, "larger than %d MiB", MAX_RULE_FILE >> 20);
	if (starts_utf16(*text))
		return problem_add(out, PROBLEM_ERROR, file, 1, 1, "written as UTF-16 (expected UTF-8)");
	if (slice_starts(*text, SLICE("\xef\xbb\xbf")))
		*text = slice_from(*text, 3);
	struct slice rest = *text;
	while (rest.len != 0) {
		uint32_t point = rest.at[0];
		const size_t len = point < 0x80 ? 1 : utf8_decode(rest, &point);
		if (len == 0)
			return problem_add(out, PROBLEM_ERROR, file, w.line, w.column,
			    "the byte 0x%02X is no UTF-8 (is the file written in another encoding?)", rest.at[0]);
		if (!step(&w, point, rest.len > 1 && rest.at[1] == '\n'))
			return false;
		rest = slice_from(rest, len);
	}
	return true;
}
