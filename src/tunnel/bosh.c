/* bosh -- XMPP in the bodies of long polls (XEP-0124, XEP-0206): every message is one <body/> of a namespace of its own,
 * with a request id that counts up, and stanzas inside.
 *
 * The proof is such an element in a request and such an element in an answer: a page about the protocol has it in
 * neither place, an echo has the client's `rid` in the answer.  Two requests whose ids count up speak for themselves where
 * the server was not seen. */
#include "tunnel/leg.h"
#include "tunnel/sight.h"

enum { TAG_MOST = 4096, NAME_MOST = 8, PROLOG_MOST = 256 };

static const struct sign request_sign = { "bosh", "request-element", FOR_TUNNEL, STRONG };
static const struct sign counting_sign = { "bosh", "request-ids-count-up", FOR_TUNNEL, STRONG };
static const struct sign answer_sign = { "bosh", "answer-element", FOR_TUNNEL, PROOF };

enum at { AT_START, AT_PROLOG, AT_WORD, AT_BLANK, AT_NAME, AT_EQUALS, AT_VALUE, AT_SLASH, AT_INSIDE, AT_END, AT_OTHER };

/* One <body ...> and what is in it. */
struct element {
	uint8_t at; /* enum at */
	uint8_t matched, quote;
	char name[NAME_MOST]; /* of the attribute at hand, cut off */
	uint8_t name_len;
	uint16_t tag; /* bytes of the tag, and of what is before it */
	bool space;   /* the namespace is right */
	bool has_rid, has_sid;
	uint64_t rid, sid; /* sid: by hash */
	uint8_t closing;   /* bytes of "</body>" held back */
};

struct mine {
	struct leg leg[2];
	struct element element[2];
	uint64_t rid, sid; /* of the latest request, of the session */
	bool asked, found; /* asked: a request element was seen */
	bool counting;     /* two with ids that follow each other */
	bool answered;     /* the server was seen */
};

static bool is_blank(uint8_t b)
{
	return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

static bool named(const struct element *e, const char *name)
{
	return e->name_len == strlen(name) && memcmp(e->name, name, e->name_len) == 0;
}

static void begin_value(struct element *e)
{
	e->matched = 0;
	e->at = AT_VALUE;
	if (named(e, "rid"))
		e->rid = 0;
	if (named(e, "sid"))
		e->sid = HASH_START;
}

static void end_value(struct element *e)
{
	if (named(e, "rid"))
		e->has_rid = e->matched == 1;
	if (named(e, "sid"))
		e->has_sid = true;
	e->at = AT_BLANK;
}

/* `matched` is 1 while a rid is all digits, 2 when it is not; for the namespace it counts. */
static void take_value(struct element *e, uint8_t b)
{
	static const char space[] = "http://jabber.org/protocol/httpbind";
	if (b == e->quote) {
		if (named(e, "xmlns"))
			e->space = e->matched == sizeof space - 1;
		end_value(e);
		return;
	}
	if (named(e, "xmlns"))
		e->matched = e->matched < sizeof space - 1 && b == (uint8_t)space[e->matched]
				 ? (uint8_t)(e->matched + 1)
				 : (uint8_t)UINT8_MAX;
	if (named(e, "rid")) {
		e->matched = e->matched != 2 && b >= '0' && b <= '9' ? 1 : 2;
		e->rid = e->rid * 10 + (unsigned)(b - '0');
	}
	if (named(e, "sid"))
		e->sid = hash_byte(e->sid, b);
}

static void take_blank(struct element *e, uint8_t b)
{
	if (is_blank(b))
		return;
	if (b == '>')
		e->at = AT_INSIDE;
	else if (b == '/')
		e->at = AT_SLASH;
	else {
		e->name[0] = (char)b;
		e->name_len = 1;
		e->at = AT_NAME;
	}
}

static void take_name(struct element *e, uint8_t b)
{
	if (b == '=' || is_blank(b))
		e->at = AT_EQUALS;
	else if (b == '>' || b == '<')
		e->at = AT_OTHER;
	else if (e->name_len < NAME_MOST)
		e->name[e->name_len++] = (char)b;
}

static void take_equals(struct element *e, uint8_t b)
{
	if (b == '"' || b == '\'') {
		e->quote = b;
		begin_value(e);
	} else if (b != '=' && !is_blank(b)) {
		e->at = AT_OTHER;
	}
}

/* "<?xml ... ?>" may go before. */
static void take_start(struct element *e, uint8_t b)
{
	static const char word[] = "<body";
	if (e->at == AT_PROLOG) {
		if (b == '>')
			e->at = AT_START;
		return;
	}
	if (e->matched == 0 && is_blank(b))
		return;
	if (e->matched == 1 && b == '?') {
		e->matched = 0;
		e->at = AT_PROLOG;
		return;
	}
	if (e->matched == sizeof word - 1)
		e->at = is_blank(b) ? AT_BLANK : AT_OTHER;
	else if (b == (uint8_t)word[e->matched])
		e->matched++;
	else
		e->at = AT_OTHER;
}

static void take_tag_byte(struct element *e, uint8_t b)
{
	if (++e->tag > TAG_MOST || (e->at <= AT_PROLOG && e->tag > PROLOG_MOST)) {
		e->at = AT_OTHER;
		return;
	}
	switch (e->at) {
	case AT_START:
	case AT_PROLOG:
		take_start(e, b);
		break;
	case AT_BLANK:
		take_blank(e, b);
		break;
	case AT_NAME:
		take_name(e, b);
		break;
	case AT_EQUALS:
		take_equals(e, b);
		break;
	case AT_VALUE:
		take_value(e, b);
		break;
	default: /* AT_SLASH */
		e->at = b == '>' ? AT_END : AT_OTHER;
	}
}

/* The whole tag was read.  False when it is none of ours. */
static bool judge(const struct sight *s, const struct element *e)
{
	struct mine *m = s->mine;
	const bool server = s->ev->from == SERVER;
	if (!e->space || e->has_rid == server)
		return false;
	if (!server) {
		dossier_add(s->dossier, &request_sign, CLIENT, s->ev->offset, s->t);
		m->counting |= m->asked && e->rid == m->rid + 1;
		m->asked = true;
		m->rid = e->rid;
	}
	if (e->has_sid)
		m->sid = e->sid;
	if (!server || !m->asked || (m->found && !e->has_sid))
		return true;
	m->found = true;
	struct finding *f = tunnel_found(s, &answer_sign, SERVER, s->ev->offset, m->sid);
	if (f != NULL)
		f->wrapped = "xmpp";
	return true;
}

/* What is inside goes out, but for the closing tag. */
static void take_inside(const struct sight *s, struct element *e, struct slice *in)
{
	static const struct slice closing = { (const uint8_t *)"</body>", 7 };
	size_t n = 0;
	while (n < in->len && in->at[n] != '<' && e->closing == 0)
		n++;
	if (n != 0) {
		tunnel_inner(s, s->ev->from, slice_head(*in, n));
		*in = slice_from(*in, n);
		return;
	}
	const uint8_t b = in->at[0];
	if (b == closing.at[e->closing]) {
		*in = slice_from(*in, 1);
		if (++e->closing == closing.len)
			e->at = AT_END;
		return;
	}
	tunnel_inner(s, s->ev->from, slice_head(closing, e->closing));
	e->closing = 0;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	struct leg *leg = &m->leg[s->ev->from];
	struct element *e = &m->element[s->ev->from];
	leg->on = leg->on && leg_takes(leg, s->ev);
	for (struct slice in = s->ev->bytes; in.len != 0 && leg->on && e->at != AT_END;) {
		if (e->at == AT_INSIDE) {
			take_inside(s, e, &in);
			continue;
		}
		take_tag_byte(e, in.at[0]);
		in = slice_from(in, 1);
		if (e->at == AT_INSIDE || e->at == AT_END)
			leg->on = judge(s, e);
		leg->on = leg->on && e->at != AT_OTHER;
	}
	return leg->on ? LISTENING : DULL;
}

/* No type, text or XML: browsers send it as what they can. */
static bool may_be_xml(const struct head *h)
{
	const struct slice type = head_field(h, SLICE("Content-Type"));
	return type.len == 0 || slice_starts_nocase(type, SLICE("text/")) ||
	       slice_search(type, SLICE("xml")) < type.len;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->leg[ev->from].on = false;
	m->answered |= ev->kind == HTTP_RESPONSE;
	const bool wanted =
	    ev->kind == HTTP_REQUEST ? ev->head->method == METHOD_POST : m->asked && ev->head->status == 200;
	if (!wanted || ev->rule == BODY_NONE || !may_be_xml(ev->head) || !head_is_uncoded(ev->head)) {
		tunnel_return_finding(s);
		return DULL;
	}
	leg_begin(&m->leg[ev->from], ev);
	m->element[ev->from] = (struct element){ .at = AT_START };
	return LISTENING;
}

static enum interest bosh_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		m->leg[s->ev->from].on = false;
		return DULL;
	}
}

static void bosh_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found || m->answered || !m->counting)
		return;
	m->found = true;
	struct finding *f = tunnel_found(s, &counting_sign, CLIENT, 0, m->sid);
	if (f != NULL)
		f->wrapped = "xmpp";
}

static bool bosh_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->asked && !m->found;
}

const struct detector detector_bosh = {
	.name = "bosh",
	.source = "XEP-0124; measured on prosody",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "BOSH: XMPP in <body/> elements of its namespace, in a request and in an answer",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = bosh_see,
	.end = bosh_end,
	.idle = bosh_idle,
};
