/* softether -- SoftEther VPN: a POST whose "image/jpeg" is a constant GIF or the word VPNCONNECT, then PACKs (SoftEther's
 * own serialised lists) in both directions, then Ethernet frames that are no HTTP any more.
 *
 * The proof is a PACK: a count, then so many named, typed, sized elements that end exactly where the message does, with the
 * random padding `pencore` among them.  The signature in the POST is a strong sign, and with a PACK behind it needs none.
 * Paths are fixed in the program, so they are not needed either. */
#include "tunnel/leg.h"
#include "tunnel/sight.h"

enum {
	NAME_KEPT = 10,
	NAME_MOST = 64,
	ELEMENTS_MOST = 1024,
	VALUES_MOST = 65536,
	SIGNATURE = 1411,   /* bytes of the GIF */
	SIGNATURE_HEAD = 16 /* of them compared */
};

enum stage { IN_COUNT, IN_NAME_LENGTH, IN_NAME, IN_TYPE, IN_VALUES, IN_SIZE, IN_VALUE, IS_WHOLE, IS_BAD };
enum type { TYPE_INT, TYPE_DATA, TYPE_STR, TYPE_UNISTR, TYPE_INT64 };

static const struct sign signature_sign = { "softether", "signature", FOR_TUNNEL, STRONG };
static const struct sign pack_sign = { "softether", "pack", FOR_TUNNEL, PROOF };

struct pack {
	uint8_t stage; /* enum stage */
	uint8_t have;  /* bytes of the number at hand */
	uint8_t type;
	bool padded; /* it has `pencore` */
	bool admin;  /* its method is "admin": no frames will follow */
	char name[NAME_KEPT];
	uint8_t name_len;
	uint32_t number, elements, values, left;
};

struct mine {
	struct leg leg[2];
	struct pack pack[2];
	uint8_t first[SIGNATURE_HEAD], have; /* of the client's message, while it may be the signature */
	bool signature, found, admin;
};

static bool named(const struct pack *p, const char *name)
{
	return p->name_len == strlen(name) && memcmp(p->name, name, p->name_len) == 0;
}

static void next_value(struct pack *p)
{
	p->number = p->have = 0;
	if (p->values != 0) {
		p->values--;
		p->left = p->type == TYPE_INT64 ? 8 : 4;
		p->stage = p->type == TYPE_INT || p->type == TYPE_INT64 ? IN_VALUE : IN_SIZE;
		return;
	}
	p->elements--;
	p->stage = p->elements == 0 ? IS_WHOLE : IN_NAME_LENGTH;
}

static void take_number(struct pack *p)
{
	const uint32_t n = p->number;
	bool fits = true;
	switch (p->stage) {
	case IN_COUNT:
		fits = n != 0 && n <= ELEMENTS_MOST;
		p->elements = n;
		p->stage = IN_NAME_LENGTH;
		break;
	case IN_NAME_LENGTH: /* one more than there are */
		fits = n >= 2 && n <= NAME_MOST;
		p->left = n - 1;
		p->name_len = 0;
		p->stage = IN_NAME;
		break;
	case IN_TYPE:
		fits = n <= TYPE_INT64;
		p->type = (uint8_t)n;
		p->stage = IN_VALUES;
		break;
	case IN_VALUES:
		fits = n <= VALUES_MOST;
		p->values = n;
		p->padded |= named(p, "pencore") && p->type == TYPE_DATA;
		next_value(p);
		break;
	default: /* IN_SIZE */
		p->left = n;
		p->stage = IN_VALUE;
		if (n == 0)
			next_value(p);
	}
	p->number = p->have = 0;
	if (!fits)
		p->stage = IS_BAD;
}

static bool is_name_byte(uint8_t b)
{
	return b > ' ' && b < 0x7f;
}

static void take_byte(struct pack *p, uint8_t b)
{
	switch (p->stage) {
	case IN_NAME:
		if (!is_name_byte(b)) {
			p->stage = IS_BAD;
			return;
		}
		if (p->name_len < NAME_KEPT)
			p->name[p->name_len++] = (char)b;
		p->stage = --p->left == 0 ? IN_TYPE : IN_NAME;
		return;
	case IN_VALUE:
		p->admin |= p->left == 5 && b == 'a' && p->type == TYPE_STR && named(p, "method");
		if (--p->left == 0)
			next_value(p);
		return;
	case IS_WHOLE:
		p->stage = IS_BAD;
		return;
	case IS_BAD:
		return;
	default:
		p->number = p->number << 8 | b;
		if (++p->have == 4)
			take_number(p);
	}
}

/* So far as these bytes go it may still be a PACK. */
static bool read_pack(struct pack *p, struct slice in)
{
	while (in.len != 0 && p->stage != IS_BAD) {
		/* Values may be long: what is inside says nothing. */
		const size_t n =
		    p->stage == IN_VALUE && p->left > 1 && p->type != TYPE_STR ? slice_head(in, p->left - 1).len : 0;
		p->left -= (uint32_t)n;
		in = slice_from(in, n);
		if (in.len == 0)
			break;
		take_byte(p, in.at[0]);
		in = slice_from(in, 1);
	}
	return p->stage != IS_BAD;
}

/* The first bytes of the GIF, of whose 1411 the server compares all. */
static const uint8_t gif[SIGNATURE_HEAD] = { 'G', 'I', 'F', '8', '9', 'a', 0xc8, 0x00, 0x33, 0x00, 0xf2, 0x00, 0x00,
	0x36, 0x37, 0x34 };

static bool read_signature(const struct sight *s, struct slice in)
{
	struct mine *m = s->mine;
	for (size_t i = 0; i < in.len && m->have < SIGNATURE_HEAD; i++)
		m->first[m->have++] = in.at[i];
	const struct slice first = { m->first, m->have };
	if (m->have == SIGNATURE_HEAD && memcmp(m->first, gif, sizeof gif) == 0)
		dossier_add(s->dossier, &signature_sign, CLIENT, s->ev->offset, s->t);
	if (m->have == 10 && slice_eq(first, SLICE("VPNCONNECT")))
		dossier_add(s->dossier, &signature_sign, CLIENT, s->ev->offset, s->t);
	return m->have < SIGNATURE_HEAD;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	struct leg *leg = &m->leg[side];
	leg->on = leg->on && leg_takes(leg, s->ev);
	if (!leg->on)
		return DULL;
	const bool pack = read_pack(&m->pack[side], s->ev->bytes);
	const bool signature = side == CLIENT && m->signature && read_signature(s, s->ev->bytes);
	leg->on = pack || signature;
	return leg->on ? LISTENING : DULL;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	const struct head *h = ev->head;
	if (ev->interim)
		return DULL;
	m->leg[ev->from].on = false;
	const bool wanted = ev->kind == HTTP_REQUEST ? h->method == METHOD_POST : h->status == 200;
	const bool octets = head_names_type(h, SLICE("Content-Type"), SLICE("application/octet-stream"));
	const bool signature = ev->kind == HTTP_REQUEST && slice_starts_nocase(h->target, SLICE("/vpnsvc/"));
	if (!wanted || (!octets && !signature) || ev->rule == BODY_NONE)
		return DULL;
	leg_begin(&m->leg[ev->from], ev);
	m->pack[ev->from] = (struct pack){ 0 };
	if (ev->kind == HTTP_REQUEST) {
		m->signature = signature;
		m->have = 0;
	}
	return LISTENING;
}

/* The message ended: where the PACK did? */
static void see_end(const struct sight *s)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	const struct pack *p = &m->pack[side];
	const bool whole = s->ev->kind == HTTP_MESSAGE_END && s->ev->complete && m->leg[side].on;
	m->leg[side].on = false;
	if (!whole || p->stage != IS_WHOLE || !p->padded)
		return;
	m->admin |= p->admin;
	m->found = true;
	struct finding *f = tunnel_found(s, &pack_sign, side, s->ev->offset, 0);
	if (f != NULL)
		f->wrapped = m->admin ? "softether-admin" : "ethernet";
}

static enum interest softether_see(const struct sight *s)
{
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return see_body(s);
	default:
		see_end(s);
		return DULL;
	}
}

static bool softether_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->found && !m->leg[CLIENT].on && !m->leg[SERVER].on;
}

const struct detector detector_softether = {
	.name = "softether",
	.source = "source of SoftEther VPN 4.39; measured on 5.01",
	.proof = 'A',
	.kind = KIND_COVERT,
	.catches = "SoftEther VPN: PACKs with their padding in the messages that open a session",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = softether_see,
	.idle = softether_idle,
};
