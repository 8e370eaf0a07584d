/* rdg -- the Remote Desktop Gateway's transport (MS-TSGU, 3.3.5): packets of type, length and content in the endless
 * content of RDG_IN_DATA and in the answer to RDG_OUT_DATA; RDP in those of one type.
 *
 * The proof is the handshake, the first packet of each side.  The answer begins with some random bytes, so there it is
 * looked for.  Both connections bear the same RDG-Connection-Id.  With WebSocket it is an accepted Upgrade: then nothing is
 * wrapped, and the tool is only named. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum {
	HEADER = 8,
	DATA = 0x0a,
	CHANNEL_CREATE = 0x08,
	LENGTH_MOST = 0x20000,
	SEED_MOST = 256,
	NAME_MOST = 64,
	NAME_AT = 8 /* in CHANNEL_CREATE: two counts, the port, the protocol, the length of the name */
};

#define ASK    "\x01\0\0\0\x0e\0\0\0"
#define ANSWER "\x02\0\0\0\x12\0\0\0"

static const struct sign ask_sign = { "rdg", "handshake-request", FOR_TUNNEL, PROOF };
static const struct sign answer_sign = { "rdg", "handshake-response", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "rdg", "id-of-a-proven-one", FOR_TUNNEL, PROOF };
static const struct sign websocket_sign = { "rdg", "websocket", FOR_RELAY, WEAK };

struct packets {
	uint8_t head[HEADER], have;
	bool begun;
	uint8_t data_have; /* DATA: bytes of its own length that were read */
	uint16_t seed;     /* bytes passed before the first packet */
	uint32_t left, at;
};

struct mine {
	uint64_t key; /* of the id; 0: no request of this kind is at hand */
	struct cargo cargo[2];
	struct packets packets[2];
	uint16_t port, name_bytes;
	char name[NAME_MOST];
	uint8_t name_len;
	bool out, accepted, found;
};

static bool take_head(const struct sight *s, struct packets *p)
{
	struct mine *m = s->mine;
	const uint8_t *h = p->head;
	const uint32_t length = (uint32_t)h[7] << 24 | (uint32_t)h[6] << 16 | (uint32_t)h[5] << 8 | h[4];
	const bool server = s->ev->from == SERVER;
	p->have = p->data_have = 0;
	if (h[1] != 0 || h[2] != 0 || h[3] != 0 || length < HEADER || length > LENGTH_MOST)
		return false;
	p->left = length - HEADER;
	p->at = 0;
	if (p->begun)
		return true;
	p->begun = true;
	if (memcmp(h, server ? ANSWER : ASK, HEADER) != 0)
		return false;
	m->found = true;
	struct finding *f = tunnel_found(s, server ? &answer_sign : &ask_sign, s->ev->from, s->ev->offset, m->key);
	if (f != NULL)
		f->wrapped = "rdp";
	return true;
}

/* The name of the host asked for, in UTF-16; of its characters the low halves are kept. */
static void take_channel(const struct sight *s, struct slice piece, uint32_t at)
{
	struct mine *m = s->mine;
	for (size_t i = 0; i < piece.len; i++, at++) {
		const uint8_t b = piece.at[i];
		if (at == 2 || at == 3)
			m->port = (uint16_t)(at == 2 ? b : b << 8 | m->port);
		else if (at == 6 || at == 7)
			m->name_bytes = (uint16_t)(at == 6 ? b : b << 8 | m->name_bytes);
		else if (at >= NAME_AT && at < NAME_AT + (uint32_t)m->name_bytes && at % 2 == 0 && b != 0 &&
			 m->name_len < NAME_MOST)
			m->name[m->name_len++] = (char)b;
	}
}

static void tell_target(const struct sight *s)
{
	const struct mine *m = s->mine;
	uint8_t digits[5];
	size_t at = sizeof digits;
	for (unsigned n = m->port; n != 0; n /= 10)
		digits[--at] = (uint8_t)('0' + n % 10);
	tunnel_target(s, (struct slice){ (const uint8_t *)m->name, m->name_len },
	    (struct slice){ digits + at, sizeof digits - at });
}

/* A piece of one packet's content. */
static void take_content(const struct sight *s, struct packets *p, struct slice piece)
{
	if (p->head[0] == DATA) {
		const size_t own = 2 - (p->data_have < 2 ? p->data_have : 2u);
		tunnel_inner(s, s->ev->from, slice_from(piece, own));
		p->data_have = (uint8_t)(p->data_have + slice_head(piece, own).len);
	}
	if (p->head[0] == CHANNEL_CREATE && s->ev->from == CLIENT) {
		take_channel(s, piece, p->at);
		if (piece.len == p->left)
			tell_target(s);
	}
}

static bool step(const struct sight *s, struct packets *p, struct slice *in)
{
	if (p->left != 0) {
		const struct slice piece = slice_head(*in, p->left);
		take_content(s, p, piece);
		p->left -= (uint32_t)piece.len;
		p->at += (uint32_t)piece.len;
		*in = slice_from(*in, piece.len);
		return true;
	}
	p->head[p->have++] = in->at[0];
	*in = slice_from(*in, 1);
	if (p->have < HEADER)
		return true;
	if (s->ev->from == SERVER && !p->begun && memcmp(p->head, ANSWER, HEADER) != 0) {
		memmove(p->head, p->head + 1, --p->have);
		return ++p->seed < SEED_MOST;
	}
	return take_head(s, p);
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	struct cargo *cargo = &m->cargo[s->ev->from];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	for (struct slice in = s->ev->bytes; in.len != 0 && cargo->on;)
		cargo->on = step(s, &m->packets[s->ev->from], &in);
	return cargo->on ? LISTENING : DULL;
}

static enum interest see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	const struct slice id = head_field(h, SLICE("RDG-Connection-Id"));
	m->cargo[CLIENT].on = m->cargo[SERVER].on = m->accepted = false;
	m->out = slice_eq(h->method_text, SLICE("RDG_OUT_DATA"));
	m->key = m->out || slice_eq(h->method_text, SLICE("RDG_IN_DATA")) ? tunnel_key(id) : 0;
	if (m->key == 0 || m->out || s->ev->rule == BODY_NONE)
		return DULL;
	cargo_begin(&m->cargo[CLIENT], s->ev);
	m->packets[CLIENT] = (struct packets){ 0 };
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim || m->key == 0)
		return DULL;
	m->cargo[SERVER].on = false;
	if (ev->head->status == 101) {
		struct finding *f = tunnel_found(s, &websocket_sign, SERVER, ev->offset, m->key);
		if (f != NULL)
			f->kind = KIND_CARRIER;
		return DULL;
	}
	m->accepted = ev->head->status == 200 && m->out;
	if (!m->accepted || ev->rule == BODY_NONE)
		return DULL;
	cargo_begin(&m->cargo[SERVER], ev);
	m->packets[SERVER] = (struct packets){ 0 };
	return LISTENING;
}

static enum interest rdg_see(const struct sight *s)
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

static void rdg_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (m->found || m->key == 0 || !m->accepted || !tunnel_known(s, m->key))
		return;
	m->found = true;
	struct finding *f = tunnel_found(s, &sibling_sign, SERVER, 0, m->key);
	if (f != NULL)
		f->wrapped = "rdp";
}

static bool rdg_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->key == 0 && !m->found;
}

static const char *const rdg_fields[] = { WAKE_METHOD, NULL };

const struct detector detector_rdg = {
	.name = "rdg",
	.source = "MS-TSGU; source of FreeRDP 2.0",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "Remote Desktop Gateway: RDP in packets behind RDG_IN_DATA and RDG_OUT_DATA, by their handshake",
	.fields = rdg_fields,
	.memory = sizeof(struct mine),
	.see = rdg_see,
	.end = rdg_end,
	.idle = rdg_idle,
};
