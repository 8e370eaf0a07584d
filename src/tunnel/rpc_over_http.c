/* rpc_over_http -- Microsoft's RPC over HTTP, version 2 (MS-RPCH): DCE/RPC packets in the content of RPC_IN_DATA and in the
 * answer to RPC_OUT_DATA, on two connections.
 *
 * The proof is the first packet: RTS, the type made for this transport, with a length that its own commands fill.  In the
 * client's first one lies the cookie of the virtual connection, which joins the two.  Authentication goes before with
 * empty contents. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum {
	HEADER = 16,
	RTS = 20,
	LAST_TYPE = 20,
	COOKIE_AT = 32, /* in CONN/A1 and CONN/B1: behind the header, the flags, a version and the cookie's own type */
	COOKIE_END = 48,
	RTS_MOST = 512
};

static const struct sign rts_sign = { "rpc-over-http", "rts-packet", FOR_TUNNEL, PROOF };

struct packets {
	uint8_t head[HEADER], have;
	bool begun; /* the first was seen whole up to its header */
	uint16_t left, length;
};

struct mine {
	struct cargo cargo[2];
	struct packets packets[2];
	uint64_t key;    /* of the cookie as far as it was read; then the join's */
	char target[64]; /* the query of the request; cut off when longer */
	uint8_t target_len;
	bool asked, found;
	bool called, refused; /* an RTS packet was sent; the request was answered with something else than 200 */
};

static bool take_head(struct packets *p)
{
	const uint8_t *h = p->head;
	const bool little = (h[4] >> 4) == 1;
	p->length = (uint16_t)(little ? h[9] << 8 | h[8] : h[8] << 8 | h[9]);
	if (h[0] != 5 || h[1] > 1 || h[2] > LAST_TYPE || h[4] > 0x10 || h[5] > 3 || p->length < HEADER)
		return false;
	if (!p->begun && (h[2] != RTS || p->length < HEADER + 4 || p->length > RTS_MOST || h[10] != 0 || h[11] != 0))
		return false;
	p->left = (uint16_t)(p->length - HEADER);
	return true;
}

static void found(const struct sight *s, enum side side, uint64_t offset)
{
	struct mine *m = s->mine;
	m->found = true;
	struct finding *f = tunnel_found(s, &rts_sign, side, offset, m->key);
	if (f == NULL)
		return;
	f->wrapped = "dcerpc";
	struct slice rest = { (const uint8_t *)m->target, m->target_len }, host;
	if (slice_cut(&rest, ':', &host))
		tunnel_target(s, host, rest);
}

/* The first packet's body is passing: the cookie in it, and at its end the proof. */
static void take_first(const struct sight *s, struct packets *p, struct slice piece)
{
	struct mine *m = s->mine;
	const size_t at = (size_t)p->length - p->left;
	for (size_t i = 0; i < piece.len && s->ev->from == CLIENT; i++)
		if (at + i >= COOKIE_AT && at + i < COOKIE_END)
			m->key = key_byte(m->key, piece.at[i]);
	if (piece.len < p->left)
		return;
	p->begun = true;
	if (m->key == KEY_START)
		m->key = 0;
	m->called = true;
	/* What was sent to a server that wants none of it proves nothing. */
	if (s->ev->from == SERVER)
		found(s, SERVER, s->ev->offset);
}

static bool step(const struct sight *s, struct packets *p, struct slice *in)
{
	const struct mine *m = s->mine;
	if (p->left == 0) {
		p->head[p->have++] = in->at[0];
		*in = slice_from(*in, 1);
		if (p->have < HEADER)
			return true;
		p->have = 0;
		tunnel_inner(s, s->ev->from, (struct slice){ p->head, HEADER });
		if (!take_head(p))
			return false;
		/* The client goes on behind its first packet: it was not refused. */
		if (p->begun && m->called && !m->found)
			found(s, s->ev->from, s->ev->offset);
		return true;
	}
	const struct slice piece = slice_head(*in, p->left);
	tunnel_inner(s, s->ev->from, piece);
	if (!p->begun)
		take_first(s, p, piece);
	p->left = (uint16_t)(p->left - piece.len);
	*in = slice_from(*in, piece.len);
	return true;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	struct cargo *cargo = &m->cargo[s->ev->from];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	for (struct slice in = s->ev->bytes; in.len != 0 && cargo->on;)
		cargo->on = step(s, &m->packets[s->ev->from], &in);
	if (!cargo->on)
		tunnel_return_finding(s);
	return cargo->on ? LISTENING : DULL;
}

/* "/rpc/rpcproxy.dll?mail.example:6001" */
static void keep_target(struct mine *m, struct slice target)
{
	const struct slice query = slice_from(target, slice_find(target, '?') + 1);
	m->target_len = (uint8_t)slice_copy(query, m->target, sizeof m->target);
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->cargo[ev->from].on = false;
	if (ev->kind == HTTP_REQUEST) {
		m->asked = slice_eq(ev->head->method_text, SLICE("RPC_IN_DATA")) ||
			   slice_eq(ev->head->method_text, SLICE("RPC_OUT_DATA"));
		m->key = KEY_START;
		m->called = m->refused = false;
		keep_target(m, ev->head->target);
	}
	if (ev->kind == HTTP_RESPONSE && ev->head->status != 200)
		m->refused = true;
	if (!m->asked || ev->rule == BODY_NONE || (ev->kind == HTTP_RESPONSE && ev->head->status != 200))
		return DULL;
	cargo_begin(&m->cargo[ev->from], ev);
	m->packets[ev->from] = (struct packets){ 0 };
	return LISTENING;
}

static enum interest rpc_over_http_see(const struct sight *s)
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

static void rpc_over_http_end(const struct sight *s)
{
	const struct mine *m = s->mine;
	if (m->asked && m->called && !m->refused && !m->found)
		found(s, CLIENT, 0);
}

static bool rpc_over_http_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->asked && !m->found;
}

static const char *const rpc_over_http_fields[] = { WAKE_METHOD, NULL };

const struct detector detector_rpc_over_http = {
	.name = "rpc-over-http",
	.source = "MS-RPCH; source of FreeRDP 2.0",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "RPC over HTTP: DCE/RPC behind RPC_IN_DATA and RPC_OUT_DATA, by an RTS packet",
	.fields = rpc_over_http_fields,
	.memory = sizeof(struct mine),
	.see = rpc_over_http_see,
	.end = rpc_over_http_end,
	.idle = rpc_over_http_idle,
};
