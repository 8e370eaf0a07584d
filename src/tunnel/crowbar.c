/* crowbar -- crowbar of q3k: a request proves who asks and names the target, its answer gives a UUID; from then on GETs
 * bring "DATA:" and base64 down, POSTs take a form with base64 up, both under that UUID.
 *
 * The server's words are the proof, to the very request that the tool would have asked: a UUID alone is in many targets. */
#include "tunnel/base64.h"
#include "tunnel/query.h"
#include "tunnel/sight.h"
#include "tunnel/tear.h"

static const struct sign connected_sign = { "crowbar", "connected", FOR_TUNNEL, PROOF };
static const struct sign data_sign = { "crowbar", "data-brought", FOR_TUNNEL, PROOF };
static const struct sign sent_sign = { "crowbar", "data-taken", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "crowbar", "uuid-of-known-tunnel", FOR_TUNNEL, PROOF };

enum { WORD = 44 }; /* "OK::" and a UUID fit */

enum role { NEITHER, CONNECT, BRING, TAKE };

/* Where a form is read: "data=", then base64 with some characters as %XX. */
enum form { FORM_NAME, FORM_VALUE, FORM_HIGH, FORM_LOW, FORM_BROKEN };

struct mine {
	uint64_t key;
	uint32_t ordinal;
	uint8_t role;  /* enum role: of the latest request */
	uint8_t form;  /* enum form */
	uint8_t name;  /* characters of "data=" seen; high digit of %XX later */
	uint8_t words; /* bytes of `word` */
	uint8_t skip;  /* bytes of the answer before its base64 */
	bool found, waiting, bad;
	uint8_t word[WORD]; /* how the answer begins */
	struct base64 base64;
	struct tear tear[2];
};

static enum role role_of(const struct head *h)
{
	struct slice path = query_path(h->target);
	if (path.len == h->target.len)
		return NEITHER;
	struct slice last = query_last_segment(&path);
	if (last.len == 0)
		last = query_last_segment(&path);
	if (slice_eq(last, SLICE("connect")) && h->method == METHOD_GET)
		return query_value(h->target, SLICE("remote_host")).len != 0 &&
			       query_value(h->target, SLICE("remote_port")).len != 0 &&
			       query_value(h->target, SLICE("proof")).len >= 43
			   ? CONNECT
			   : NEITHER;
	if (!slice_eq(last, SLICE("sync")) || !query_is_uuid(query_value(h->target, SLICE("uuid"))))
		return NEITHER;
	if (h->method == METHOD_GET)
		return BRING;
	return h->method == METHOD_POST ? TAKE : NEITHER;
}

/* Kept where it will be printed; the finding vanishes with the suspicion. */
static void keep_target(const struct sight *s)
{
	const struct slice target = s->ev->head->target;
	struct finding *f = tunnel_try_finding(s);
	if (f == NULL)
		return;
	uint8_t *to = (uint8_t *)f->target;
	size_t n = query_decode(query_value(target, SLICE("remote_host")), to, sizeof f->target - 8);
	to[n++] = ':';
	n += query_decode(query_value(target, SLICE("remote_port")), to + n, 6);
	to[n] = '\0';
}

static void found(const struct sight *s, const struct sign *sign, enum side side)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, side, s->ev != NULL ? s->ev->offset : 0, m->key);
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	m->role = (uint8_t)role_of(ev->head);
	m->ordinal = ev->ask.ordinal;
	m->waiting = m->role != NEITHER;
	if (m->role == NEITHER)
		return DULL;
	if (m->role == CONNECT) {
		if (!m->found)
			keep_target(s);
		return DULL;
	}
	m->key = tunnel_key(query_value(ev->head->target, SLICE("uuid")));
	if (!m->found && tunnel_known(s, m->key))
		found(s, &sibling_sign, CLIENT);
	if (m->role == BRING)
		return DULL;
	m->form = FORM_NAME;
	m->name = 0;
	m->base64 = (struct base64){ 0 };
	tear_begin(&m->tear[CLIENT], ev);
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || !m->waiting || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	m->words = m->skip = 0;
	m->bad = ev->head->status != 200;
	if (m->role != TAKE)
		m->base64 = (struct base64){ 0 };
	tear_begin(&m->tear[SERVER], ev);
	return m->bad ? DULL : LISTENING;
}

static void keep(const struct sight *s, struct slice letters)
{
	struct mine *m = s->mine;
	uint8_t out[768];
	while (letters.len != 0) {
		const size_t n = base64_read(&m->base64, &letters, out, sizeof out);
		tunnel_inner(s, s->ev->from, (struct slice){ out, n });
	}
}

static void read_form_byte(const struct sight *s, uint8_t c)
{
	struct mine *m = s->mine;
	static const char name[] = "data=";
	const int digit = query_hex(c);
	if (m->form == FORM_NAME) {
		m->form = c != (uint8_t)name[m->name] ? FORM_BROKEN : m->name == 4 ? FORM_VALUE : FORM_NAME;
		m->name++;
	} else if (m->form == FORM_VALUE && c == '%') {
		m->form = FORM_HIGH;
	} else if (m->form == FORM_VALUE) {
		keep(s, (struct slice){ &c, 1 });
	} else if (digit < 0) {
		m->form = FORM_BROKEN;
	} else if (m->form == FORM_HIGH) {
		m->name = (uint8_t)digit;
		m->form = FORM_LOW;
	} else {
		const uint8_t letter = (uint8_t)(m->name << 4 | digit);
		m->form = FORM_VALUE;
		keep(s, (struct slice){ &letter, 1 });
	}
}

static enum interest see_form(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!tear_whole(&m->tear[CLIENT], s->ev))
		m->form = FORM_BROKEN;
	for (size_t i = 0; i < s->ev->bytes.len && m->form != FORM_BROKEN; i++)
		read_form_byte(s, s->ev->bytes.at[i]);
	if (m->form != FORM_BROKEN && !m->base64.bad)
		return LISTENING;
	m->form = FORM_BROKEN;
	if (!m->found)
		tunnel_return_finding(s);
	return DULL;
}

/* Its words end in a colon, by some versions in two. */
static struct slice said(const struct mine *m, struct slice word)
{
	const struct slice all = { m->word, m->words };
	if (!slice_starts(all, word))
		return (struct slice){ NULL, 0 };
	const struct slice rest = slice_from(all, word.len);
	return rest.len != 0 && rest.at[0] == ':' ? slice_from(rest, 1) : rest;
}

static enum interest see_answer(const struct sight *s)
{
	struct mine *m = s->mine;
	m->bad = m->bad || !tear_whole(&m->tear[SERVER], s->ev);
	struct slice in = s->ev->bytes;
	for (; m->role == BRING && m->skip < 6 && in.len != 0 && !m->bad; in = slice_from(in, 1)) {
		if (m->skip == 5 && in.at[0] != ':') {
			m->skip = 6;
			break;
		}
		m->bad = m->skip < 5 && in.at[0] != (uint8_t) "DATA:"[m->skip];
		m->skip++;
	}
	if (m->role == BRING && !m->bad) {
		keep(s, in);
		m->bad = m->base64.bad;
	}
	for (size_t i = 0; i < s->ev->bytes.len && m->role != BRING && m->words < WORD; i++)
		m->word[m->words++] = s->ev->bytes.at[i];
	if (!m->bad)
		return LISTENING;
	if (!m->found)
		tunnel_return_finding(s);
	return DULL;
}

static void see_answer_end(const struct sight *s)
{
	struct mine *m = s->mine;
	m->waiting = false;
	if (m->bad || !s->ev->complete)
		return;
	const struct slice given = slice_trim(said(m, SLICE("OK:")));
	if (m->role == BRING && m->skip >= 5 && base64_whole(&m->base64) && m->base64.count != 0)
		found(s, &data_sign, SERVER);
	if (m->role == TAKE && m->form == FORM_VALUE && base64_whole(&m->base64) && slice_eq(given, SLICE("Sent.")))
		found(s, &sent_sign, SERVER);
	if (m->role != CONNECT || !query_is_uuid(given))
		return;
	m->key = tunnel_key(given);
	found(s, &connected_sign, SERVER);
}

static enum interest crowbar_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	switch (ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		return ev->from == CLIENT ? see_form(s) : see_answer(s);
	default:
		if (ev->from == SERVER && m->waiting && !ev->interim)
			see_answer_end(s);
		if (ev->from == SERVER && !m->found)
			tunnel_return_finding(s);
		return DULL;
	}
}

static void crowbar_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!m->found && m->role >= BRING && m->waiting && tunnel_known(s, m->key))
		found(s, &sibling_sign, CLIENT);
}

static bool crowbar_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->role == NEITHER && !m->found;
}

const struct detector detector_crowbar = {
	.name = "crowbar",
	.catches = "crowbar: base64 brought and taken under a UUID that its server gave for a target",
	.source = "source of q3k/crowbar",
	.proof = 'A',
	.kind = KIND_COVERT,
	.when = WHEN_QUERY,
	.memory = sizeof(struct mine),
	.see = crowbar_see,
	.end = crowbar_end,
	.idle = crowbar_idle,
};
