/* ohttp -- Oblivious HTTP (RFC 9458): an encrypted request inside a POST, an encrypted answer inside the answer.
 *
 * The proof is both: a request of its media type whose first seven bytes are a key id and algorithms that HPKE has
 * (RFC 9180, 7), long enough for that key, and an answer of its media type. */
#include "tunnel/leg.h"
#include "tunnel/sight.h"

enum { HEADER = 7, TAG = 16 };

static const struct sign request_sign = { "ohttp", "encapsulated-request", FOR_TUNNEL, STRONG };
static const struct sign answer_sign = { "ohttp", "encapsulated-answer", FOR_TUNNEL, PROOF };

struct mine {
	struct leg leg;
	uint8_t head[HEADER], have;
	uint32_t length; /* of the request so far */
	bool asked, found;
};

static bool of_type(const struct head *h, struct slice plain, struct slice chunked)
{
	return head_names_type(h, SLICE("Content-Type"), plain) || head_names_type(h, SLICE("Content-Type"), chunked);
}

/* Bytes of the encapsulated key; 0: no such algorithm. */
static uint32_t key_length(uint16_t kem)
{
	switch (kem) {
	case 0x0010: /* P-256 */
	case 0x0013: /* secp256k1 */
		return 65;
	case 0x0011: /* P-384 */
		return 97;
	case 0x0012: /* P-521 */
		return 133;
	case 0x0020: /* X25519 */
		return 32;
	case 0x0021: /* X448 */
		return 56;
	case 0x0030: /* X25519 with Kyber768 */
	case 0x647a: /* X-Wing */
		return 1120;
	case 0x0041: /* ML-KEM-768 */
		return 1088;
	default:
		return 0;
	}
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	const struct slice in = s->ev->bytes;
	m->leg.on = m->leg.on && leg_takes(&m->leg, s->ev);
	for (size_t i = 0; i < in.len && m->have < HEADER; i++)
		m->head[m->have++] = in.at[i];
	m->length = in.len < UINT32_MAX - m->length ? m->length + (uint32_t)in.len : UINT32_MAX;
	if (!m->leg.on || m->have < HEADER)
		return m->leg.on ? LISTENING : DULL;
	const uint32_t key = key_length(read_be16(m->head + 1));
	const uint16_t kdf = read_be16(m->head + 3), aead = read_be16(m->head + 5);
	const bool fits = key != 0 && kdf >= 1 && kdf <= 3 && aead >= 1 && aead <= 3;
	if (fits && m->length < HEADER + key + TAG)
		return LISTENING;
	if (fits) {
		m->asked = true;
		dossier_add(s->dossier, &request_sign, CLIENT, s->ev->offset, s->t);
	}
	m->leg.on = false;
	return DULL;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	const struct head *h = ev->head;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	if (ev->kind == HTTP_REQUEST) {
		*m = (struct mine){ .found = m->found };
		if (h->method != METHOD_POST || ev->rule == BODY_NONE ||
		    !of_type(h, SLICE("message/ohttp-req"), SLICE("message/ohttp-chunked-req")))
			return DULL;
		leg_begin(&m->leg, ev);
		return LISTENING;
	}
	if (!m->asked || m->found || h->status != 200 ||
	    !of_type(h, SLICE("message/ohttp-res"), SLICE("message/ohttp-chunked-res")))
		return DULL;
	m->found = true;
	struct finding *f = tunnel_found(s, &answer_sign, SERVER, ev->offset, 0);
	if (f != NULL)
		f->wrapped = "http";
	return DULL;
}

static enum interest ohttp_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
	case HTTP_RESPONSE:
		return see_head(s);
	case HTTP_BODY:
		return s->ev->from == CLIENT ? see_body(s) : DULL;
	default:
		m->leg.on = m->leg.on && s->ev->from == SERVER;
		return DULL;
	}
}

static bool ohttp_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->asked && !m->found && !m->leg.on;
}

const struct detector detector_ohttp = {
	.name = "ohttp",
	.source = "RFC 9458, RFC 9180",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "Oblivious HTTP: a request under HPKE and its answer, each of its media type",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = ohttp_see,
	.idle = ohttp_idle,
};
