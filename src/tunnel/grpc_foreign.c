/* grpc_foreign -- another protocol in the messages of gRPC or gRPC-Web: a field of bytes that begins as SSH or TLS does, in
 * a request and in its answer.
 *
 * gRPC itself is no tunnel: a call with protobuf of its own stays what it is.  One side alone may hold a banner or a
 * certificate as data; both sides in the same exchange speak a protocol of their own, unless the answer repeats what was
 * sent, as that to a record newly made does. */
#include "tunnel/base64.h"
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum { WORD = 64, FRAME_HEAD = 5, MAGIC = 6, MESSAGES_MOST = 16, FLAG_TRAILERS = 0x80 };
enum stage { IN_FRAME, IN_TAG, IN_SKIPPED_VARINT, IN_LENGTH, IN_CONTENT, IN_SKIPPED, IS_OTHER };

static const struct sign one_sign = { "grpc-foreign", "one-side", FOR_TUNNEL, WEAK };
static const struct sign both_sign = { "grpc-foreign", "both-sides", FOR_TUNNEL, PROOF };

struct fields {
	uint8_t stage; /* enum stage */
	uint8_t have;  /* bytes of the number or the frame's head at hand */
	uint8_t magic[MAGIC], magic_have;
	uint8_t messages;
	uint64_t number;
	uint32_t field, chosen; /* chosen: the one that holds the other protocol; 0 none yet */
	uint64_t message, left; /* bytes left of the message, of the field's content */
};

struct mine {
	struct cargo cargo[2];
	struct fields fields[2];
	struct base64 base64[2];
	uint8_t word[WORD], words,
	    heard;    /* how the client's protocol begins; bytes of the server's that were compared */
	bool differs; /* they are not the same */
	bool text[2]; /* gRPC-Web in base64 */
	bool asked, found;
};

/* As SSH or TLS begins, on that side. */
static bool is_foreign(const struct fields *f, enum side side)
{
	const uint8_t *b = f->magic;
	if (memcmp(b, "SSH-2.", MAGIC) == 0 || memcmp(b, "SSH-1.", MAGIC) == 0)
		return true;
	return b[0] == 0x16 && b[1] == 3 && b[2] <= 4 && read_be16(b + 3) >= 40 && read_be16(b + 3) <= 16640 &&
	       b[5] == (side == CLIENT ? 1 : 2);
}

static void found(const struct sight *s)
{
	struct mine *m = s->mine;
	dossier_add(s->dossier, &one_sign, s->ev->from, s->ev->offset, s->t);
	if (m->found || m->fields[CLIENT].chosen == 0 || m->fields[SERVER].chosen == 0 || !m->differs)
		return;
	m->found = true;
	tunnel_found(s, &both_sign, s->ev->from, s->ev->offset, tunnel_own_id(s));
}

/* Bytes of the field that holds the other protocol. */
static void take_word(const struct sight *s, struct slice bytes)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	for (size_t i = 0; i < bytes.len && side == CLIENT && m->words < WORD; i++)
		m->word[m->words++] = bytes.at[i];
	for (size_t i = 0; i < bytes.len && side == SERVER && m->heard < m->words; i++)
		m->differs |= m->word[m->heard++] != bytes.at[i];
	found(s);
	tunnel_inner(s, side, bytes);
}

static void take_tag(struct fields *f)
{
	f->field = (uint32_t)(f->number >> 3);
	switch (f->field != 0 ? f->number & 7 : 7) {
	case 0:
		f->stage = IN_SKIPPED_VARINT;
		return;
	case 1:
	case 5:
		f->left = (f->number & 7) == 1 ? 8 : 4;
		f->stage = f->left <= f->message ? IN_SKIPPED : IS_OTHER;
		return;
	case 2:
		f->stage = IN_LENGTH;
		return;
	default:
		f->stage = IS_OTHER;
	}
}

static void after(struct fields *f)
{
	f->number = f->have = 0;
	f->stage = f->message == 0 ? IN_FRAME : IN_TAG;
}

static void take_varint(struct fields *f, uint8_t b)
{
	if (f->have >= 9) {
		f->stage = IS_OTHER;
		return;
	}
	f->number |= (uint64_t)(b & 0x7f) << (7 * f->have);
	f->have++;
	f->message--;
	if (b & 0x80) {
		if (f->message == 0)
			f->stage = IS_OTHER;
		return;
	}
	if (f->stage == IN_TAG) {
		take_tag(f);
		if (f->message == 0)
			f->stage = IS_OTHER;
	} else if (f->stage == IN_LENGTH) {
		f->left = f->number;
		f->magic_have = 0;
		f->stage = f->left <= f->message ? IN_CONTENT : IS_OTHER;
		if (f->left == 0)
			after(f);
	} else {
		after(f);
	}
	f->number = f->have = 0;
}

static void take_frame_byte(struct fields *f, uint8_t b)
{
	f->number = f->have == 0 ? 0 : f->number << 8 | b;
	if (f->have == 0 && b != 0 && b != FLAG_TRAILERS) {
		f->stage = IS_OTHER; /* compressed, or no frame */
		return;
	}
	if (f->have == 0)
		f->magic[0] = b;
	if (++f->have < FRAME_HEAD)
		return;
	f->message = f->number;
	const bool trailers = f->magic[0] == FLAG_TRAILERS;
	after(f);
	if (f->message != 0 && trailers) {
		f->left = f->message;
		f->stage = IN_SKIPPED;
	}
	if (f->messages < UINT8_MAX)
		f->messages++;
	if (f->messages > MESSAGES_MOST && f->chosen == 0)
		f->stage = IS_OTHER;
}

/* One of the first bytes of a field. */
static void take_magic(const struct sight *s, struct fields *f, uint8_t b)
{
	f->magic[f->magic_have++] = b;
	if (f->magic_have == MAGIC && is_foreign(f, s->ev->from)) {
		f->chosen = f->field;
		take_word(s, (struct slice){ f->magic, MAGIC });
	} else if (f->magic_have == MAGIC) {
		f->stage = IN_SKIPPED;
	}
}

/* Content of one field; how much was taken. */
static size_t take_content(const struct sight *s, struct fields *f, struct slice in)
{
	size_t n = f->left < in.len ? (size_t)f->left : in.len;
	if (f->chosen == 0) {
		take_magic(s, f, in.at[0]);
		n = 1;
	} else if (f->field == f->chosen) {
		take_word(s, slice_head(in, n));
	}
	f->left -= n;
	f->message -= n;
	if (f->left == 0)
		after(f);
	return n;
}

static void read_fields(const struct sight *s, struct fields *f, struct slice in)
{
	while (in.len != 0 && f->stage != IS_OTHER) {
		size_t n = 1;
		if (f->stage == IN_FRAME) {
			take_frame_byte(f, in.at[0]);
		} else if (f->stage == IN_CONTENT) {
			n = take_content(s, f, in);
		} else if (f->stage == IN_SKIPPED) {
			n = f->left < in.len ? (size_t)f->left : in.len;
			f->left -= n;
			f->message -= n;
			if (f->left == 0)
				after(f);
		} else {
			take_varint(f, in.at[0]);
		}
		in = slice_from(in, n);
	}
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	struct cargo *cargo = &m->cargo[side];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	if (!cargo->on)
		return DULL;
	if (!m->text[side])
		read_fields(s, &m->fields[side], s->ev->bytes);
	for (struct slice in = s->ev->bytes; m->text[side] && in.len != 0;) {
		uint8_t plain[768];
		const size_t n = base64_read(&m->base64[side], &in, plain, sizeof plain);
		read_fields(s, &m->fields[side], (struct slice){ plain, n });
	}
	cargo->on = m->fields[side].stage != IS_OTHER && !m->base64[side].bad;
	return cargo->on ? LISTENING : DULL;
}

static enum interest see_head(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	const struct slice type = head_field(ev->head, SLICE("Content-Type"));
	const bool grpc = slice_starts_nocase(type, SLICE("application/grpc"));
	if (ev->interim)
		return DULL;
	m->cargo[ev->from].on = false;
	if (ev->kind == HTTP_REQUEST) {
		m->asked = grpc && ev->head->method == METHOD_POST;
		if (!m->found) {
			m->fields[CLIENT].chosen = m->fields[SERVER].chosen = 0;
			m->words = m->heard = 0;
			m->differs = false;
		}
	}
	if (!m->asked || !grpc || ev->rule == BODY_NONE || (ev->kind == HTTP_RESPONSE && ev->head->status != 200)) {
		if (ev->kind == HTTP_RESPONSE)
			tunnel_return_finding(s);
		return DULL;
	}
	cargo_begin(&m->cargo[ev->from], ev);
	m->fields[ev->from] = (struct fields){ .chosen = m->found ? m->fields[ev->from].chosen : 0 };
	m->base64[ev->from] = (struct base64){ 0 };
	m->text[ev->from] = slice_starts_nocase(type, SLICE("application/grpc-web-text"));
	return LISTENING;
}

static enum interest grpc_foreign_see(const struct sight *s)
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

static bool grpc_foreign_idle(const void *mine)
{
	const struct mine *m = mine;
	return !m->asked && !m->found;
}

const struct detector detector_grpc_foreign = {
	.name = "grpc-foreign",
	.source = "the gRPC-Web protocol; protobuf's encoding",
	.proof = 'A',
	.kind = KIND_COVERT,
	.catches = "another protocol in gRPC-Web: a bytes field that begins as SSH or TLS, on both sides of a call",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = grpc_foreign_see,
	.idle = grpc_foreign_idle,
};
