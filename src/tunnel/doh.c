/* doh -- DNS over HTTPS once the TLS is taken off (RFC 8484): a question in the content of a POST or in `dns=` of a GET, an
 * answer of type application/dns-message.
 *
 * The proof is the pair: a question that parses, and an answer that parses and repeats that very question.  So neither a
 * file of that type nor an echo nor JSON about names is taken for it.  Where one side alone was seen, two messages speak
 * for themselves. */
#include "tunnel/base64.h"
#include "tunnel/dnswire.h"
#include "tunnel/cargo.h"
#include "tunnel/query.h"
#include "tunnel/sight.h"

static const struct sign question_sign = { "doh", "question", FOR_TUNNEL, STRONG };
static const struct sign questions_sign = { "doh", "questions", FOR_TUNNEL, STRONG };
static const struct sign answer_sign = { "doh", "answer-to-question", FOR_TUNNEL, PROOF };
static const struct sign alone_sign = { "doh", "answer-alone", FOR_TUNNEL, STRONG };
static const struct sign alones_sign = { "doh", "answers-alone", FOR_TUNNEL, STRONG };

enum { PENDING = 4 };

struct mine {
	struct cargo cargo[2];
	struct dnswire dns[2];
	uint64_t asked[PENDING]; /* the latest questions */
	uint8_t next, questions, answers_alone;
	bool answered; /* the server was seen */
	bool found;
};

static bool of_type(const struct head *h)
{
	return cargo_is(h, SLICE("application/dns-message")) || cargo_is(h, SLICE("application/dns-udpwireformat"));
}

static void name_it(const struct sight *s, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	struct finding *f = tunnel_found(
	    s, sign, s->ev != NULL ? s->ev->from : CLIENT, s->ev != NULL ? s->ev->offset : 0, tunnel_own_id(s));
	if (f != NULL)
		f->wrapped = "dns";
}

static void asked(const struct sight *s, uint64_t question)
{
	struct mine *m = s->mine;
	m->asked[m->next++ % PENDING] = question;
	if (m->questions < UINT8_MAX)
		m->questions++;
	dossier_add(s->dossier, &question_sign, CLIENT, s->ev->offset, s->t);
}

static void answered(const struct sight *s, uint64_t question)
{
	struct mine *m = s->mine;
	if (m->questions == 0 && !s->asked) {
		dossier_add(s->dossier, &alone_sign, SERVER, s->ev->offset, s->t);
		if (m->answers_alone < UINT8_MAX)
			m->answers_alone++;
	}
	for (unsigned i = 0; i < PENDING && !m->found; i++)
		if (m->asked[i] == question)
			name_it(s, &answer_sign);
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	struct cargo *cargo = &m->cargo[side];
	struct dnswire *d = &m->dns[side];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	if (!cargo->on)
		return DULL;
	const bool told = dnswire_is_question(d) || dnswire_is_answer(d);
	dnswire_read(d, s->ev->bytes);
	cargo->on = !dnswire_bad(d);
	if (!told && side == CLIENT && dnswire_is_question(d))
		asked(s, d->question);
	if (!told && side == SERVER && dnswire_is_answer(d))
		answered(s, d->question);
	if (cargo->on)
		tunnel_inner(s, side, s->ev->bytes);
	return cargo->on ? LISTENING : DULL;
}

static void see_get(const struct sight *s)
{
	struct slice in = query_value(s->ev->head->target, SLICE("dns"));
	struct mine *m = s->mine;
	uint8_t plain[1536];
	struct base64 b = { 0 };
	if (in.len < 20)
		return;
	const struct slice message = { plain, base64_read(&b, &in, plain, sizeof plain - 3) };
	if (b.bad || in.len != 0)
		return;
	size_t len = message.len;
	if (b.have == 3)
		plain[len++] = (uint8_t)(b.bits >> 10);
	if (b.have == 3 || b.have == 2)
		plain[len++] = (uint8_t)(b.have == 3 ? b.bits >> 2 : b.bits >> 4);
	dnswire_begin(&m->dns[CLIENT]);
	dnswire_read(&m->dns[CLIENT], (struct slice){ plain, len });
	if (!dnswire_is_question(&m->dns[CLIENT]))
		return;
	asked(s, m->dns[CLIENT].question);
	tunnel_inner(s, CLIENT, (struct slice){ plain, len });
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->cargo[ev->from].on = false;
	if (ev->kind == HTTP_REQUEST && ev->head->method == METHOD_GET)
		see_get(s);
	m->answered |= ev->kind == HTTP_RESPONSE;
	const bool wanted = ev->kind == HTTP_REQUEST ? ev->head->method == METHOD_POST : ev->head->status == 200;
	if (!wanted || ev->rule == BODY_NONE || !of_type(ev->head) || !cargo_uncoded(ev->head)) {
		if (ev->kind == HTTP_RESPONSE)
			tunnel_return_finding(s);
		return DULL;
	}
	cargo_begin(&m->cargo[ev->from], ev);
	dnswire_begin(&m->dns[ev->from]);
	return LISTENING;
}

static enum interest doh_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		m->cargo[s->ev->from].on = false;
		return DULL;
	}
}

static void doh_end(const struct sight *s)
{
	const struct mine *m = s->mine;
	if (!m->found && !m->answered && m->questions >= 2)
		name_it(s, &questions_sign);
	/* Where the client was seen, it asked for a file. */
	if (!m->found && !s->asked && m->answers_alone >= 2)
		name_it(s, &alones_sign);
}

static bool doh_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->questions == 0 && m->answers_alone == 0;
}

const struct detector detector_doh = {
	.name = "doh",
	.source = "RFC 8484; measured on curl and dnsdist",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "DNS over HTTPS without its TLS: a DNS question, and an answer that repeats it",
	.when = WHEN_CONTENT | WHEN_QUERY,
	.memory = sizeof(struct mine),
	.see = doh_see,
	.end = doh_end,
	.idle = doh_idle,
};
