/* mapi_over_http -- MAPI over HTTP (MS-OXCMAPIHTTP, 2.2): Outlook's calls, one in each POST, named by X-RequestType.
 *
 * The proof is an answer in the transport's own form to such a request: X-ResponseCode and the type application/mapi-http,
 * then a content that begins with PROCESSING or DONE on a line of its own, as no other protocol has it. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum { LINE_MOST = 12 };

static const struct sign request_sign = { "mapi-over-http", "request", FOR_TUNNEL, STRONG };
static const struct sign answer_sign = { "mapi-over-http", "answer", FOR_TUNNEL, PROOF };

struct mine {
	struct cargo cargo[2];
	uint8_t line[LINE_MOST], have; /* the first of the answer */
	uint8_t ends;                  /* of the line ends that stand before what is wrapped, those seen */
	bool asked, judged, found;
};

static bool is_type(const struct head *h)
{
	return cargo_is(h, SLICE("application/mapi-http"));
}

static bool is_call(struct slice name)
{
	static const char *const calls[] = { "Connect", "Execute", "Disconnect", "NotificationWait", "PING", "Bind",
		"Unbind", "CompareMIds", "DNToMId", "GetMatches", "GetPropList", "GetProps", "GetSpecialTable",
		"GetTemplateInfo", "ModLinkAtt", "ModProps", "QueryColumns", "QueryRows", "ResolveNames",
		"ResortRestriction", "SeekEntries", "UpdateStat", "GetMailboxUrl", "GetAddressBookUrl" };
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (slice_eq_nocase(name, (struct slice){ (const uint8_t *)calls[i], strlen(calls[i]) }))
			return true;
	return false;
}

/* The first line is whole. */
static bool judge(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct slice line = { m->line, m->have };
	if (!slice_eq(line, SLICE("PROCESSING\r\n")) && !slice_eq(line, SLICE("DONE\r\n")))
		return false;
	m->judged = m->found = true;
	struct finding *f = tunnel_found(s, &answer_sign, SERVER, s->ev->offset, 0);
	if (f != NULL)
		f->wrapped = "mapi";
	return true;
}

static bool take_answer(const struct sight *s, struct slice in)
{
	struct mine *m = s->mine;
	size_t i = 0;
	for (; i < in.len && !m->judged; i++) {
		if (m->have == LINE_MOST)
			return false;
		m->line[m->have++] = in.at[i];
		if (in.at[i] == '\n' && !judge(s))
			return false;
	}
	/* Behind more such lines, fields and an empty line is what the call answers. */
	for (; i < in.len && m->ends < 2; i++) {
		if (in.at[i] == '\n')
			m->ends++;
		else if (in.at[i] != '\r')
			m->ends = 0;
	}
	tunnel_inner(s, SERVER, slice_from(in, i));
	return true;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	struct cargo *cargo = &m->cargo[s->ev->from];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	if (!cargo->on)
		return DULL;
	if (s->ev->from == CLIENT)
		tunnel_inner(s, CLIENT, s->ev->bytes);
	else
		cargo->on = take_answer(s, s->ev->bytes);
	return cargo->on ? LISTENING : DULL;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	const struct head *h = ev->head;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->cargo[ev->from].on = false;
	bool wanted;
	if (ev->kind == HTTP_REQUEST) {
		m->asked = wanted = h->method == METHOD_POST && is_call(head_field(h, SLICE("X-RequestType")));
		if (m->asked && is_type(h))
			dossier_add(s->dossier, &request_sign, CLIENT, ev->offset, s->t);
	} else {
		wanted = m->asked && h->status == 200 && is_type(h) && head_has(h, SLICE("X-ResponseCode"));
		if (!wanted)
			tunnel_return_finding(s);
	}
	if (!wanted || ev->rule == BODY_NONE || !cargo_uncoded(h))
		return DULL;
	cargo_begin(&m->cargo[ev->from], ev);
	if (ev->from == SERVER) {
		m->judged = false;
		m->have = m->ends = 0;
	}
	return LISTENING;
}

static enum interest mapi_over_http_see(const struct sight *s)
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

static bool mapi_over_http_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->asked && !m->found;
}

static const char *const mapi_over_http_fields[] = { "x-requesttype", NULL };

const struct detector detector_mapi_over_http = {
	.name = "mapi-over-http",
	.source = "MS-OXCMAPIHTTP",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "MAPI over HTTP: a call named by X-RequestType, answered in the transport's own form",
	.fields = mapi_over_http_fields,
	.memory = sizeof(struct mine),
	.see = mapi_over_http_see,
	.idle = mapi_over_http_idle,
};
