/* wstunnel_http -- wstunnel of npm where WebSocket is not let through (setHttpOnly): one request opens a session, then on two
 * connections GETs bring bytes down and POSTs take bytes up.
 *
 * Its two fields, x-htundir and x-htunsess, are its own.  They are believed when the server plays along: it names the
 * session in its answer to "conn", or answers "recv" and "send" of a UUID with 200 and content without a type.  A server
 * that knows nothing of them answers a page or an error, and that stays HTTP. */
#include "tunnel/hello.h"
#include "tunnel/query.h"
#include "tunnel/sight.h"
#include "tunnel/cargo.h"

static const struct sign opened_sign = { "wstunnel-http", "session-opened", FOR_TUNNEL, PROOF };
static const struct sign session_sign = { "wstunnel-http", "session-served", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "wstunnel-http", "session-of-known-tunnel", FOR_TUNNEL, PROOF };

enum direction { NOTHING, CONN, RECV, SEND };

struct mine {
	uint64_t key;
	uint32_t ordinal;  /* of the latest request */
	uint8_t direction; /* enum direction: what that request was */
	bool found;
	struct cargo cargo[2];
};

static enum direction direction_of(const struct head *h)
{
	const struct slice value = head_field(h, SLICE("x-htundir"));
	if (slice_eq(value, SLICE("conn")))
		return CONN;
	if (!query_is_uuid(head_field(h, SLICE("x-htunsess"))))
		return NOTHING;
	if (slice_eq(value, SLICE("recv")) && h->method == METHOD_GET)
		return RECV;
	return slice_eq(value, SLICE("send")) && h->method == METHOD_POST ? SEND : NOTHING;
}

/* Written at once where it will be printed: the finding vanishes with the suspicion. */
static void keep_target(const struct sight *s)
{
	const struct slice value = query_value(s->ev->head->target, SLICE("dst"));
	struct finding *f = tunnel_try_finding(s);
	if (f == NULL || value.len == 0 || f->target[0] != '\0')
		return;
	f->target[query_decode(value, (uint8_t *)f->target, sizeof f->target - 1)] = '\0';
}

static void found(const struct sight *s, const struct sign *sign, enum side side, uint64_t offset)
{
	struct mine *m = s->mine;
	m->found = true;
	tunnel_found(s, sign, side, offset, m->key);
}

static enum interest see_request(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	m->direction = (uint8_t)direction_of(ev->head);
	m->ordinal = ev->ask.ordinal;
	if (m->direction == NOTHING)
		return DULL;
	keep_target(s);
	if (m->direction == CONN)
		return DULL;
	m->key = tunnel_key(head_field(ev->head, SLICE("x-htunsess")));
	if (!m->found && tunnel_known(s, m->key))
		found(s, &sibling_sign, CLIENT, ev->offset);
	cargo_follow(&m->cargo[CLIENT], ev);
	return m->direction == SEND ? LISTENING : DULL;
}

/* The server does not play along. */
static enum interest refused(const struct sight *s)
{
	struct mine *m = s->mine;
	m->direction = NOTHING;
	if (!m->found)
		tunnel_return_finding(s);
	return DULL;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || m->direction == NOTHING || !ev->ask.known || ev->ask.ordinal != m->ordinal)
		return DULL;
	const struct slice session = head_field(ev->head, SLICE("x-htunsess"));
	if (m->direction == CONN) {
		if (ev->head->status != 200 || !query_is_uuid(session))
			return refused(s);
		m->key = tunnel_key(session);
		found(s, &opened_sign, SERVER, ev->offset);
		return DULL;
	}
	if (ev->head->status != 200 || head_has(ev->head, SLICE("Content-Type")))
		return refused(s);
	found(s, &session_sign, SERVER, ev->offset);
	cargo_follow(&m->cargo[SERVER], ev);
	return m->direction == RECV ? LISTENING : DULL;
}

/* The connection that opened the session carries nothing itself: it is told by its siblings what they carry. */
static void share_what_is_carried(const struct sight *s)
{
	static const char *const names[] = { [HELLO_TLS] = "tls", [HELLO_SSH] = "ssh" };
	const struct mine *m = s->mine;
	struct finding *f = tunnel_lend_finding(s);
	uint32_t *carried = tunnel_shared(s, m->key);
	if (f == NULL || carried == NULL)
		return;
	enum hello hello = hello_client((struct slice){ f->inner[CLIENT], f->inner_len[CLIENT] });
	if (hello == HELLO_NONE)
		hello = hello_server((struct slice){ f->inner[SERVER], f->inner_len[SERVER] });
	if (hello != HELLO_NONE)
		*carried = hello;
	else if (f->inner_len[CLIENT] == 0 && f->inner_len[SERVER] == 0 && *carried != HELLO_NONE)
		f->wrapped = names[*carried];
}

static enum interest wstunnel_http_see(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	switch (ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		if (cargo_goes_on(&m->cargo[ev->from], ev))
			tunnel_inner(s, ev->from, ev->bytes);
		return LISTENING;
	default:
		if (m->found)
			share_what_is_carried(s);
		return DULL;
	}
}

static void wstunnel_http_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!m->found && m->direction >= RECV && tunnel_known(s, m->key))
		found(s, &sibling_sign, CLIENT, 0);
	if (m->found)
		share_what_is_carried(s);
}

static bool wstunnel_http_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->direction == NOTHING && !m->found;
}

static const char *const fields[] = { "x-htundir", "x-htunsess", NULL };

const struct detector detector_wstunnel_http = {
	.name = "wstunnel-http",
	.catches = "wstunnel (npm) over plain requests: its session field asked for and served, in three connections",
	.source = "measured; source of wstunnel 1.4.0",
	.proof = 'A',
	.kind = KIND_COVERT,
	.fields = fields,
	.memory = sizeof(struct mine),
	.see = wstunnel_http_see,
	.end = wstunnel_http_end,
	.idle = wstunnel_http_idle,
};
