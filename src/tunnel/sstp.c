/* sstp -- Microsoft's Secure Socket Tunneling Protocol: PPP in a POST that never ends and in its answer, both declared
 * 2^64 - 1 bytes long (MS-SSTP, 3.1).
 *
 * Method, path and lengths only say where to look.  The proof is the first packet of a side: the client asks with CALL
 * CONNECT REQUEST, the server answers with its acknowledgement or refusal, and each has one length it can have.  What a
 * client sends to a server that wants none of it proves nothing. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum {
	VERSION = 0x10,
	HEADER = 4,
	CONTROL = 0x01,     /* bit C; the others are reserved */
	LENGTH_MOST = 4095, /* 12 bits */
	CONNECT_REQUEST = 1,
	CONNECT_ACK = 2,
	CONNECT_NAK = 3,
	LAST_TYPE = 9
};

static const struct sign request_sign = { "sstp", "connect-request", FOR_TUNNEL, PROOF };
static const struct sign answer_sign = { "sstp", "connect-answer", FOR_TUNNEL, PROOF };

struct packets {
	uint8_t head[HEADER];
	uint8_t have;    /* bytes of the header */
	uint8_t control; /* the packet at hand is one */
	uint8_t type_have;
	bool begun; /* the first packet was seen */
	uint16_t left, length, type;
};

struct mine {
	struct cargo cargo[2];
	struct packets packets[2];
	bool asked, found;
	bool called;            /* the client's first packet was right */
	bool granted, answered; /* the request was, with 200; at all */
	uint64_t at;            /* of that packet */
};

/* False when this is no header. */
static bool take_head(struct packets *p)
{
	p->have = 0;
	p->length = read_be16(p->head + 2);
	p->control = p->head[1] & CONTROL;
	p->type_have = 0;
	p->type = 0;
	if (p->head[0] != VERSION || (p->head[1] & ~CONTROL) != 0 || p->length > LENGTH_MOST || p->length < HEADER)
		return false;
	p->left = (uint16_t)(p->length - HEADER);
	return p->begun || p->control != 0;
}

static void found(const struct sight *s, const struct sign *sign, enum side side, uint64_t offset)
{
	struct mine *m = s->mine;
	m->found = true;
	struct finding *f = tunnel_found(s, sign, side, offset, tunnel_own_id(s));
	if (f != NULL)
		f->wrapped = "ppp";
}

/* A control packet's type is known. */
static bool take_type(const struct sight *s, struct packets *p)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	if (p->type < CONNECT_REQUEST || p->type > LAST_TYPE)
		return false;
	if (p->begun)
		return true;
	p->begun = true;
	const bool request = side == CLIENT && p->type == CONNECT_REQUEST && p->length == 14;
	const bool granted = p->type == CONNECT_ACK && p->length == 48;
	const bool refused = p->type == CONNECT_NAK && p->length >= 20;
	const bool answer = side == SERVER && (granted || refused);
	if (!request && !answer)
		return false;
	if (answer) {
		found(s, &answer_sign, SERVER, s->ev->offset);
		return true;
	}
	m->called = true;
	m->at = s->ev->offset;
	if (m->granted)
		found(s, &request_sign, CLIENT, m->at);
	return true;
}

/* Takes off `*in` one step's bytes; false when they are no packets. */
static bool step(const struct sight *s, struct packets *p, struct slice *in)
{
	if (p->left == 0) {
		p->head[p->have++] = in->at[0];
		*in = slice_from(*in, 1);
		return p->have < HEADER || take_head(p);
	}
	if (p->control && p->type_have < 2) {
		p->type = (uint16_t)(p->type << 8 | in->at[0]);
		*in = slice_from(*in, 1);
		p->left--;
		return ++p->type_have < 2 || take_type(s, p);
	}
	const struct slice piece = slice_head(*in, p->left);
	if (!p->control)
		tunnel_inner(s, s->ev->from, piece);
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
	return cargo->on ? LISTENING : DULL;
}

static bool is_ask(const struct head *h)
{
	return slice_eq(h->method_text, SLICE("SSTP_DUPLEX_POST")) ||
	       slice_search(h->target, SLICE("/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/")) < h->target.len;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	const bool request = ev->kind == HTTP_REQUEST;
	if (ev->interim)
		return DULL;
	m->cargo[ev->from].on = false;
	if (request) {
		m->asked = is_ask(ev->head);
		m->called = m->granted = m->answered = false;
	} else if (m->asked) {
		m->answered = true;
		m->granted = ev->head->status == 200;
		if (m->granted && m->called && !m->found)
			found(s, &request_sign, CLIENT, m->at);
		if (!m->granted) {
			m->cargo[CLIENT].on = false;
			tunnel_return_finding(s);
		}
	}
	/* Where only the server was seen, its impossible length says where to look. */
	const bool wanted =
	    request ? m->asked
		    : ev->head->status == 200 &&
			  (m->asked || (!ev->ask.known && ev->head->has_length && ev->head->length == UINT64_MAX));
	if (!wanted || ev->rule == BODY_NONE)
		return DULL;
	cargo_begin(&m->cargo[ev->from], ev);
	m->packets[ev->from] = (struct packets){ 0 };
	return LISTENING;
}

static enum interest sstp_see(const struct sight *s)
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

/* Only the client was seen. */
static void sstp_end(const struct sight *s)
{
	const struct mine *m = s->mine;
	if (m->called && !m->answered && !m->found)
		found(s, &request_sign, CLIENT, m->at);
}

static bool sstp_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->asked && !m->found && !m->cargo[SERVER].on;
}

static const char *const wakers[] = { WAKE_METHOD, NULL };

const struct detector detector_sstp = {
	.name = "sstp",
	.source = "MS-SSTP; measured on sstpc",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "SSTP: PPP in packets behind SSTP_DUPLEX_POST, by the packets that open the call",
	.when = WHEN_LONG,
	.fields = wakers,
	.memory = sizeof(struct mine),
	.see = sstp_see,
	.end = sstp_end,
	.idle = sstp_idle,
};
