/* abptts -- A Black Path Toward The Sun (abpttsclient): a web shell that is sent forms and answers with a page.
 *
 * All its names are random and what it carries is encrypted, so there is no proof.  Two witnesses of different kinds: the
 * request is a form of one field, or two, with one value that is base64 of whole cipher blocks, an initial vector and a
 * random block among them; and the answer is the page that the tool makes unless told otherwise, with nothing in it but a
 * word and base64 of whole blocks.  A page with the word alone says that there is no data; it counts when its like has
 * carried some. */
#include "tunnel/base64.h"
#include "tunnel/carry.h"
#include "tunnel/sight.h"

static const struct sign form_sign = { "abptts", "form-of-cipher-blocks", FOR_TUNNEL, STRONG };
static const struct sign page_sign = { "abptts", "page-of-cipher-blocks", FOR_TUNNEL, STRONG };
static const struct sign sibling_sign = { "abptts", "page-of-sibling", FOR_TUNNEL, STRONG };

enum { BLOCK = 16, LEAST = 3 * BLOCK, LONGEST_NAME = 64, FIELDS = 2 };
enum form_at { FORM_OFF, FORM_NAME, FORM_VALUE };
enum page_at { PAGE_OFF, PAGE_FRONT, PAGE_WORD, PAGE_DATA, PAGE_BACK, PAGE_WHOLE };

/* A value of base64, counted. */
struct digits {
	uint32_t count, pads;
	bool other; /* something else was in it */
};

struct mine {
	uint64_t key;   /* of the target */
	uint64_t where; /* offset of the form */
	uint32_t ordinal;
	uint8_t form, fields, values; /* enum form_at; fields begun; values of whole blocks */
	uint8_t name;                 /* length of the name at hand */
	uint8_t percent, code;        /* digits of %xx to come, and what they make */
	uint8_t page, have;           /* enum page_at; characters of a fixed text */
	bool asked, found;
	struct digits digits[2]; /* of the value at hand, by side */
	struct carry carry[2];
};

/* The page without its white space; the title's last word may be missing. */
static const char front[] = "<html><head><title>SystemStatusAPI</title></head><body><pre>",
		  back[] = "/pre></body></html>";
enum { MAY_GO = sizeof("<html><head><title>SystemStatus") - 1, GONE = 3 };

static void take_digit(struct digits *d, uint8_t c)
{
	if (c == '=')
		d->pads++;
	else if (base64_value(c) >= 0 && c != '-' && c != '_' && d->pads == 0)
		d->count++;
	else
		d->other = true;
}

static bool is_blocks(const struct digits *d)
{
	const uint64_t bytes = (uint64_t)d->count * 3 / 4;
	return !d->other && d->pads <= 2 && (d->count + d->pads) % 4 == 0 && bytes >= LEAST && bytes % BLOCK == 0;
}

static void end_value(struct mine *m)
{
	if (is_blocks(&m->digits[CLIENT]))
		m->values++;
	m->digits[CLIENT] = (struct digits){ 0 };
}

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static void form_value(struct mine *m, uint8_t c)
{
	if (m->percent != 0) {
		if (hex(c) < 0)
			m->form = FORM_OFF;
		m->code = (uint8_t)(m->code << 4 | (hex(c) & 15));
		if (--m->percent == 0)
			take_digit(&m->digits[CLIENT], m->code);
	} else if (c == '%') {
		m->percent = 2;
		m->code = 0;
	} else if (c == '&') {
		end_value(m);
		m->form = ++m->fields <= FIELDS ? FORM_NAME : FORM_OFF;
		m->name = 0;
	} else {
		/* A plus is a blank here. */
		take_digit(&m->digits[CLIENT], c == '+' ? ' ' : c);
	}
}

static void form_byte(struct mine *m, uint8_t c)
{
	if (m->form == FORM_VALUE)
		form_value(m, c);
	else if (c == '=' && m->name != 0)
		m->form = FORM_VALUE;
	else if (c <= ' ' || c >= 0x7f || strchr("%&=+<>{}[]\"", c) != NULL || ++m->name > LONGEST_NAME)
		m->form = FORM_OFF;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void page_text(struct mine *m, uint8_t c, const char *text, enum page_at next)
{
	if (is_blank(c))
		return;
	if (text == front && m->have == MAY_GO && c == '<')
		m->have += GONE;
	if (c != (uint8_t)text[m->have++])
		m->page = PAGE_OFF;
	else if (text[m->have] == '\0') {
		m->page = (uint8_t)next;
		m->have = 0;
	}
}

static void page_byte(struct mine *m, uint8_t c)
{
	if (m->page == PAGE_FRONT || m->page == PAGE_BACK) {
		page_text(m, c, m->page == PAGE_FRONT ? front : back, m->page == PAGE_FRONT ? PAGE_WORD : PAGE_WHOLE);
	} else if (c == '<') {
		m->page = m->have != 0 ? PAGE_BACK : PAGE_OFF;
		m->have = 0;
	} else if (m->page == PAGE_DATA && !is_blank(c)) {
		take_digit(&m->digits[SERVER], c);
	} else if (m->page == PAGE_WORD) {
		if (is_blank(c) && m->have != 0)
			m->page = PAGE_DATA;
		else if (!is_blank(c) && (base64_value(c) < 0 || ++m->have > LONGEST_NAME))
			m->page = PAGE_OFF;
	} else if (m->page == PAGE_WHOLE && !is_blank(c)) {
		m->page = PAGE_OFF;
	}
}

static void judge(const struct sight *s)
{
	struct mine *m = s->mine;
	const bool data = is_blocks(&m->digits[SERVER]), none = m->digits[SERVER].count == 0;
	if (m->found || m->page != PAGE_WHOLE || !(data || (none && tunnel_known(s, m->key))))
		return;
	m->found = true;
	dossier_add(s->dossier, &form_sign, CLIENT, m->where, s->t);
	tunnel_found(s, data ? &page_sign : &sibling_sign, SERVER, 0, m->key);
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	m->form = FORM_OFF;
	m->asked = false;
	if (ev->head->method != METHOD_POST || ev->rule != BODY_LENGTH ||
	    !slice_starts_nocase(
		head_field(ev->head, SLICE("Content-Type")), SLICE("application/x-www-form-urlencoded")))
		return DULL;
	m->key = tunnel_key(ev->head->target);
	m->where = ev->offset + ev->eat;
	m->ordinal = ev->ask.ordinal;
	m->form = FORM_NAME;
	m->fields = 1;
	m->values = m->name = m->percent = 0;
	m->digits[CLIENT] = (struct digits){ 0 };
	carry_begin(&m->carry[CLIENT], ev);
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->page = PAGE_OFF;
	if (!m->asked || ev->ask.ordinal != m->ordinal || !carry_any(ev) ||
	    head_has(ev->head, SLICE("Content-Encoding")))
		return DULL;
	m->page = PAGE_FRONT;
	m->have = 0;
	m->digits[SERVER] = (struct digits){ 0 };
	carry_begin(&m->carry[SERVER], ev);
	return LISTENING;
}

static enum interest see_body(const struct sight *s)
{
	const enum side side = s->ev->from;
	const struct slice in = s->ev->bytes;
	struct mine *m = s->mine;
	uint8_t *at = side == CLIENT ? &m->form : &m->page;
	if (!carry_on(&m->carry[side], s->ev))
		*at = 0;
	for (size_t i = 0; i < in.len && *at != 0; i++)
		side == CLIENT ? form_byte(m, in.at[i]) : page_byte(m, in.at[i]);
	return *at != 0 ? LISTENING : DULL;
}

static void see_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (s->ev->from == SERVER) {
		judge(s);
		m->page = PAGE_OFF;
		m->asked = false;
		return;
	}
	if (m->form == FORM_VALUE && m->percent == 0 && s->ev->complete) {
		end_value(m);
		m->asked = m->values == 1;
	}
	m->form = FORM_OFF;
}

static enum interest abptts_see(const struct sight *s)
{
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		return see_body(s);
	case HTTP_MESSAGE_END:
		see_end(s);
		return DULL;
	default:
		return DULL;
	}
}

static bool abptts_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->found && !m->asked && m->form == FORM_OFF;
}

const struct detector detector_abptts = {
	.name = "abptts",
	.source = "source of ABPTTS 1.0",
	.proof = 'B',
	.kind = KIND_COVERT,
	.catches = "ABPTTS: forms of cipher blocks answered by its page of cipher blocks",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = abptts_see,
	.idle = abptts_idle,
};
