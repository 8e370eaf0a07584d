/* A field line is kept as it stands: name, and value without the blanks around it (RFC 9112, 5).  A folded line (5.2)
 * belongs to the field before it, so a field is only done with when the next one begins.  Framing is read from every
 * line, also from those that are too many to keep: otherwise a hundred idle fields would hide a length. */
#include "http/inside.h"
#include "http/sixteen.h"

/* clang-format off */
const uint8_t field_tchar[256] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 00 */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 10 */
	0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 0, /* 20 */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, /* 30 */
	0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 40 */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, /* 50 */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 60 */
	1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, /* 70 */
};
/* clang-format on */

static uint64_t oddities_from(struct slice s, size_t from)
{
	uint64_t odd = 0;
	for (size_t i = from; i < s.len; i++) {
		const uint8_t b = s.at[i];
		if (b == '\r' && (i + 1 == s.len || s.at[i + 1] != '\n'))
			odd |= ODD_BIT(BARE_CR);
		else if ((b < 0x20 && b != '\t' && b != '\r' && b != '\n') || b == 0x7f)
			odd |= ODD_BIT(FIELD_CONTROL);
	}
	return odd;
}

/* Is any of eight bytes below 0x20, or DEL? */
static uint64_t odd_in_word(const uint8_t *at)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w;
	memcpy(&w, at, 8);
	const uint64_t del = w ^ ones * 0x7f;
	return (((w - ones * 0x20) & ~w) | ((del - ones) & ~del)) & ones << 7;
}

/* Eight bytes at a time; the last eight overlap those before. */
uint64_t field_oddities(struct slice s)
{
	if (s.len < 8)
		return oddities_from(s, 0);
	uint64_t odd = odd_in_word(s.at + s.len - 8);
	for (size_t i = 0; i + 8 < s.len; i += 8)
		odd |= odd_in_word(s.at + i);
	return odd != 0 ? oddities_from(s, 0) : 0;
}

static sixteen is_name_byte(sixteen v)
{
	return sixteen_in(v | sixteen_of(0x20), 'a', 26) | sixteen_is(v, '-');
}

static sixteen is_control(sixteen v)
{
	return sixteen_in(v, 0, 0x20) | sixteen_is(v, 0x7f);
}

/* Is it a line as nearly all are, a name of letters and hyphens, a colon, and no control byte before its CR LF?  Then both places
 * are told.  Sixteen bytes are looked at in one go; the last sixteen overlap those before.  What is no part of a name is looked for,
 * not the colon: it must be that. */
static bool is_plain_line(struct slice in, size_t from, size_t *colon, size_t *cr)
{
	bool named = false;
	if (in.len < SIXTEEN)
		return false;
	for (size_t at = from; at < in.len; at += SIXTEEN) {
		const size_t place = in.len - at >= SIXTEEN ? at : in.len - SIXTEEN;
		const sixteen v = sixteen_at(in.at + place);
		const unsigned over = (unsigned)(at - place);
		if (!named) {
			const unsigned other = (0xffff & ~sixteen_bits(is_name_byte(v))) >> over;
			*colon = at + (other != 0 ? (unsigned)__builtin_ctz(other) : 0);
			named = other != 0;
			if (named && (in.at[*colon] != ':' || *colon == from))
				return false;
		}
		const unsigned control = sixteen_bits(is_control(v)) >> over;
		if (control == 0)
			continue;
		*cr = at + (unsigned)__builtin_ctz(control);
		return named && *cr + 1 < in.len && in.at[*cr] == '\r' && in.at[*cr + 1] == '\n';
	}
	return false;
}

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

/* The line breaks of a folded value are blanks too (RFC 9112, 5.2). */
static struct slice trim_blanks(struct slice s)
{
	size_t n = 0;
	while (s.len != 0 && is_blank(s.at[s.len - 1]))
		s.len--;
	while (n < s.len && is_blank(s.at[n]))
		n++;
	return n == 0 ? s : (struct slice){ s.at + n, s.len - n };
}

/* Most peers spell alike, so most comparisons are done at once or by the first letter. */
static bool is_word(struct slice s, struct slice word)
{
	return s.len == word.len && s.len != 0 && (s.at[0] | 0x20) == (word.at[0] | 0x20) &&
	       (memcmp(s.at, word.at, s.len) == 0 || slice_eq_nocase(s, word));
}

/* A comma between quotes does not separate (RFC 9110, 5.6.1 and 5.6.4). */
static size_t find_comma(struct slice s)
{
	bool quoted = false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '"')
			quoted = !quoted;
		else if (quoted && s.at[i] == '\\')
			i++;
		else if (!quoted && s.at[i] == ',')
			return i;
	}
	return s.len;
}

/* The next element of a list that is not empty; *at goes on.  False at the end. */
static bool next_element(struct slice list, size_t *at, struct slice *element)
{
	while (*at < list.len) {
		const struct slice rest = slice_from(list, *at);
		const size_t comma = find_comma(rest);
		*at += comma + 1;
		*element = trim_blanks(slice_head(rest, comma));
		if (element->len != 0)
			return true;
	}
	return false;
}

/* Digits only; as large as it can be when it is larger, which is told.  False for anything else. */
static bool read_length(struct slice s, uint64_t *out, uint64_t *odd)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		const unsigned digit = (unsigned)(s.at[i] - '0');
		if (digit > 9)
			return false;
		if (n > (UINT64_MAX - digit) / 10) {
			*odd |= ODD_BIT(LENGTH_INVALID);
			n = UINT64_MAX;
		} else {
			n = n * 10 + digit;
		}
	}
	*out = n;
	return s.len != 0;
}

/* RFC 9112, 6.3: "5, 5" and two equal lines mean 5; anything else than one length is no length.  One that is too large to be
 * counted is one all the same: whatever follows is content. */
static void read_content_length(struct slice value, struct head *out)
{
	bool more = true, list = false;
	while (more) {
		const size_t comma = slice_find(value, ',');
		more = comma < value.len;
		uint64_t length, odd = 0;
		if (!read_length(trim_blanks(slice_head(value, comma)), &length, &odd)) {
			out->odd |= ODD_BIT(LENGTH_INVALID);
			out->length_valid = false;
		} else if (!out->has_length) {
			out->length = length;
			out->length_valid = (out->odd & ODD_BIT(LENGTH_INVALID)) == 0;
		} else if (length != out->length) {
			out->odd |= ODD_BIT(LENGTH_CONFLICT) | (list ? ODD_BIT(LENGTH_INVALID) : 0);
			out->length_valid = false;
		}
		out->odd |= odd;
		out->has_length = list = true;
		value = slice_from(value, comma + 1);
	}
}

static bool is_coding(struct slice s)
{
	static const char *const known[] = { "gzip", "deflate", "compress", "x-gzip", "x-compress" };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_eq_nocase(s, (struct slice){ (const uint8_t *)known[i], strlen(known[i]) }))
			return true;
	return false;
}

/* RFC 9112, 6.1: chunked comes last and once.  "identity" was a way to say nothing (RFC 2616, 3.6) and still is. */
static void read_transfer_coding(struct slice value, struct head *out)
{
	struct slice coding;
	size_t at = 0, count = 0;
	while (next_element(value, &at, &coding)) {
		count++;
		if (slice_eq_nocase(coding, SLICE("identity"))) {
			out->odd |= ODD_BIT(CODING_INVALID);
			continue;
		}
		const bool is_chunked = slice_eq_nocase(coding, SLICE("chunked"));
		if (out->chunked || (!is_chunked && !is_coding(coding)))
			out->odd |= ODD_BIT(CODING_INVALID);
		out->chunked = is_chunked;
		out->has_coding = true;
	}
	if (count == 0)
		out->odd |= ODD_BIT(CODING_INVALID);
}

static void read_connection(struct slice value, struct head *out)
{
	struct slice token;
	size_t at = 0;
	while (next_element(value, &at, &token)) {
		out->connection_close |= is_word(token, SLICE("close"));
		out->connection_keep_alive |= is_word(token, SLICE("keep-alive"));
		out->connection_upgrade |= is_word(token, SLICE("upgrade"));
	}
}

static void read_framing(const struct field *f, struct head *out)
{
	switch (f->name.len) {
	case sizeof "Connection" - 1:
		if (is_word(f->name, SLICE("Connection")))
			read_connection(f->value, out);
		break;
	case sizeof "Content-Length" - 1:
		if (is_word(f->name, SLICE("Content-Length")))
			read_content_length(f->value, out);
		break;
	case sizeof "Transfer-Encoding" - 1:
		if (is_word(f->name, SLICE("Transfer-Encoding")))
			read_transfer_coding(f->value, out);
		break;
	default:
		break;
	}
}

/* What is at hand while field lines are read. */
struct reading {
	struct head *out;
	struct field open; /* its end is not known; without a name when there is none, or its line had no colon */
};

/* Its value is trimmed and has been looked through. */
static ALWAYS_INLINE void keep_field(struct head *out, const struct field *f)
{
	read_framing(f, out);
	if (out->field_count == MAX_FIELDS) {
		out->odd |= ODD_BIT(TOO_MANY_FIELDS);
		return;
	}
	const unsigned bit = field_bit(f->name);
	if ((out->names >> bit & 1) == 0)
		out->first[bit] = (uint8_t)out->field_count;
	out->names |= UINT64_C(1) << bit;
	out->fields[out->field_count++] = *f;
}

static void close_field(struct reading *r)
{
	if (r->open.name.at == NULL)
		return;
	r->out->odd |= field_oddities(r->open.value);
	r->open.value = trim_blanks(r->open.value);
	keep_field(r->out, &r->open);
	r->open.name.at = NULL;
}

/* A name with bytes that no name has, up to the colon.  Brackets and the like harm nobody. */
static struct slice strange_name(struct slice name, struct head *out)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.at[i] == ' ' || name.at[i] == '\t')
			out->odd |= ODD_BIT(FIELD_SPACE);
		else if (name.at[i] == '\r')
			out->odd |= ODD_BIT(BARE_CR);
		else if (name.at[i] < 0x20 || name.at[i] >= 0x7f)
			out->odd |= ODD_BIT(FIELD_CONTROL);
	}
	return trim_blanks(name);
}

static void open_field(struct reading *r, struct slice line)
{
	size_t colon = 0;
	while (colon < line.len && field_tchar[line.at[colon]])
		colon++;
	const bool strange = colon < line.len && line.at[colon] != ':';
	if (strange)
		colon += slice_find(slice_from(line, colon), ':');
	if (colon == line.len) {
		r->open.name.at = NULL;
		r->out->odd |= ODD_BIT(FIELD_NO_COLON) | field_oddities(line);
		return;
	}
	r->open.name = (struct slice){ line.at, colon };
	if (strange)
		r->open.name = strange_name(r->open.name, r->out);
	r->open.value = (struct slice){ line.at + colon + 1, line.len - colon - 1 };
}

static void take_line(struct reading *r, struct slice line)
{
	if (line.at[0] != ' ' && line.at[0] != '\t') {
		close_field(r);
		open_field(r, line);
		return;
	}
	r->out->odd |= ODD_BIT(FOLDED);
	if (r->open.name.at != NULL)
		r->open.value.len = (size_t)(line.at + line.len - r->open.value.at);
}

/* A plain line that is not folded is done with at once: a quarter of the instructions of any other.  Where the next begins; 0 when
 * it is another line. */
static size_t take_plain_line(struct reading *r, struct slice in, size_t from)
{
	size_t colon, cr;
	if (!is_plain_line(in, from, &colon, &cr))
		return 0;
	const size_t next = cr + 2;
	if (next == in.len || in.at[next] == ' ' || in.at[next] == '\t')
		return 0;
	/* Nearly always one blank stands before the value and none behind it. */
	const size_t begin = colon + 1 + (in.at[colon + 1] == ' ');
	struct field f = { { in.at + from, colon - from }, { in.at + begin, cr - begin } };
	if (f.value.len == 0 || is_blank(f.value.at[0]) || is_blank(in.at[cr - 1]))
		f.value = trim_blanks(f.value);
	close_field(r);
	keep_field(r->out, &f);
	return next;
}

/* CR LF by themselves. */
static bool is_empty_line(struct slice in, size_t from)
{
	return in.at[from] == '\r' && from + 1 < in.len && in.at[from + 1] == '\n';
}

static size_t end_fields(struct reading *r, size_t next)
{
	close_field(r);
	if (r->out->has_length && r->out->has_coding)
		r->out->odd |= ODD_BIT(LENGTH_AND_CHUNKED); /* RFC 9112, 6.3: the coding wins */
	return next;
}

size_t fields_read(struct slice in, size_t from, size_t *scanned, struct head *out)
{
	struct reading r = { .out = out };
	const uint8_t *lf;
	for (size_t next; from < in.len; from = next) {
		if (is_empty_line(in, from))
			return end_fields(&r, from + 2);
		next = take_plain_line(&r, in, from);
		if (next != 0)
			continue;
		lf = memchr(in.at + from, '\n', in.len - from);
		if (lf == NULL)
			break;
		const uint8_t *const at = in.at + from;
		const bool crlf = lf != at && lf[-1] == '\r';
		const struct slice line = { at, (size_t)(lf - at) - crlf };
		next = from + (size_t)(lf - at) + 1;
		if (!crlf)
			out->odd |= ODD_BIT(BARE_LF);
		if (line.len == 0)
			return end_fields(&r, next);
		take_line(&r, line);
	}
	*scanned = from - 1;
	return 0;
}

struct slice head_find(const struct head *h, struct slice name)
{
	for (unsigned i = h->first[field_bit(name)]; i < h->field_count; i++)
		if (is_word(h->fields[i].name, name))
			return h->fields[i].value;
	return (struct slice){ NULL, 0 };
}

bool head_next_element(
    const struct head *h, struct slice name, unsigned *at_field, size_t *at_byte, struct slice *element)
{
	if ((h->names >> field_bit(name) & 1) == 0)
		return false;
	for (; *at_field < h->field_count; ++*at_field, *at_byte = 0) {
		const struct field *f = &h->fields[*at_field];
		if (!is_word(f->name, name))
			continue;
		if (next_element(f->value, at_byte, element))
			return true;
	}
	return false;
}

bool head_lists(const struct head *h, struct slice name, struct slice token)
{
	const bool parameter = slice_find(token, ';') < token.len, version = slice_find(token, '/') < token.len;
	unsigned at_field = 0;
	size_t at_byte = 0;
	struct slice element;
	while (head_next_element(h, name, &at_field, &at_byte, &element)) {
		if (!parameter)
			element = slice_head(element, slice_find(element, ';'));
		if (!version)
			element = slice_head(element, slice_find(element, '/'));
		if (slice_eq_nocase(trim_blanks(element), token))
			return true;
	}
	return false;
}
