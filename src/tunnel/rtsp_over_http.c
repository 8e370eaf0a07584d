/* rtsp_over_http -- RTSP tunnelled through HTTP as QuickTime began it: a GET whose answer is RTSP and RTP as they are, a
 * POST whose content is RTSP in base64 and is never answered, joined by the same x-sessioncookie.
 *
 * The proof is an RTSP request in the decoded POST, or an answer that begins as RTSP does.  A connection on which nothing
 * was said yet is known by the cookie of a proven one. */
#include "tunnel/base64.h"
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum { FIRST = 40 };

static const struct sign request_sign = { "rtsp-over-http", "request-in-base64", FOR_TUNNEL, PROOF };
static const struct sign answer_sign = { "rtsp-over-http", "answer-is-rtsp", FOR_TUNNEL, PROOF };
static const struct sign type_sign = { "rtsp-over-http", "answer-of-its-type", FOR_TUNNEL, STRONG };
static const struct sign cookie_sign = { "rtsp-over-http", "cookie-of-a-proven-one", FOR_TUNNEL, PROOF };

struct mine {
	uint64_t key; /* of the cookie; 0: no request of this kind is at hand */
	struct cargo cargo[2];
	struct base64 base64;
	uint8_t first[FIRST], have; /* of the side that is read; told by `judged` */
	bool judged, found;
};

static void found(const struct sight *s, const struct sign *sign, uint64_t offset)
{
	struct mine *m = s->mine;
	const enum side side = s->ev != NULL ? s->ev->from : CLIENT;
	m->found = true;
	struct finding *f = tunnel_found(s, sign, side, offset, m->key);
	if (f != NULL)
		f->wrapped = "rtsp";
}

/* "SETUP rtsp://...", "OPTIONS * RTSP/..." */
static bool is_request(struct slice text)
{
	size_t n = 0;
	while (n < text.len && ((text.at[n] >= 'A' && text.at[n] <= 'Z') || text.at[n] == '_'))
		n++;
	if (n < 4 || n > 16)
		return false;
	const struct slice rest = slice_from(text, n);
	return slice_starts_nocase(rest, SLICE(" rtsp://")) || slice_starts_nocase(rest, SLICE(" rtsps://")) ||
	       slice_starts_nocase(rest, SLICE(" rtspu://")) || slice_starts(rest, SLICE(" * RTSP/"));
}

/* False when what came shows that it is something else. */
static bool judge(const struct sight *s, struct slice bytes)
{
	struct mine *m = s->mine;
	if (m->judged)
		return true;
	for (size_t i = 0; i < bytes.len && m->have < FIRST; i++)
		m->first[m->have++] = bytes.at[i];
	const struct slice first = { m->first, m->have };
	const bool server = s->ev->from == SERVER;
	const bool yes =
	    server ? slice_starts(first, SLICE("RTSP/1.")) || slice_starts(first, SLICE("RTSP/2.")) : is_request(first);
	if (yes) {
		m->judged = true;
		found(s, server ? &answer_sign : &request_sign, m->cargo[s->ev->from].next - s->ev->bytes.len);
		return true;
	}
	/* A proven tunnel may go on in a new POST, with whatever comes next. */
	return m->have < FIRST || m->found;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	struct cargo *cargo = &m->cargo[s->ev->from];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	if (!cargo->on)
		return DULL;
	if (s->ev->from == SERVER) {
		cargo->on = judge(s, s->ev->bytes);
		if (cargo->on)
			tunnel_inner(s, SERVER, s->ev->bytes);
	}
	for (struct slice in = s->ev->bytes; s->ev->from == CLIENT && in.len != 0 && cargo->on;) {
		uint8_t plain[768];
		const struct slice piece = { plain, base64_read(&m->base64, &in, plain, sizeof plain) };
		cargo->on = !m->base64.bad && judge(s, piece);
		if (cargo->on)
			tunnel_inner(s, CLIENT, piece);
	}
	if (!cargo->on)
		tunnel_return_finding(s);
	return cargo->on ? LISTENING : DULL;
}

static enum interest see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	const struct slice cookie = head_field(h, SLICE("x-sessioncookie"));
	m->cargo[CLIENT].on = m->cargo[SERVER].on = false;
	m->key = cookie.len != 0 && (h->method == METHOD_GET || h->method == METHOD_POST) ? tunnel_key(cookie) : 0;
	m->judged = false;
	m->have = 0;
	if (m->key == 0 || h->method != METHOD_POST || s->ev->rule == BODY_NONE || !cargo_uncoded(h))
		return DULL;
	m->base64 = (struct base64){ 0 };
	cargo_begin(&m->cargo[CLIENT], s->ev);
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || m->key == 0)
		return DULL;
	m->cargo[SERVER].on = false;
	if (ev->head->status != 200 || ev->ask.method != METHOD_GET || ev->rule == BODY_NONE)
		return DULL;
	if (cargo_is(ev->head, SLICE("application/x-rtsp-tunnelled")))
		dossier_add(s->dossier, &type_sign, SERVER, ev->offset, s->t);
	cargo_begin(&m->cargo[SERVER], ev);
	m->judged = m->found;
	m->have = 0;
	return LISTENING;
}

static enum interest rtsp_over_http_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		m->cargo[s->ev->from].on = false;
		return DULL;
	}
}

static void rtsp_over_http_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!m->found && m->key != 0 && tunnel_known(s, m->key))
		found(s, &cookie_sign, 0);
}

static bool rtsp_over_http_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->key == 0 && !m->found;
}

static const char *const rtsp_over_http_fields[] = { "x-sessioncookie", NULL };

const struct detector detector_rtsp_over_http = {
	.name = "rtsp-over-http",
	.source = "source of live555 2016.11, measured on ffmpeg 5.1 and GStreamer",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "RTSP over HTTP: RTSP in base64 in a POST and as it is in the answer to a GET, by x-sessioncookie",
	.fields = rtsp_over_http_fields,
	.memory = sizeof(struct mine),
	.see = rtsp_over_http_see,
	.end = rtsp_over_http_end,
	.idle = rtsp_over_http_idle,
};
