/* Agreed on does not mean spoken: some tools forge the handshake and send raw bytes.  So the heads of frames are checked
 * as strictly as RFC 6455, 5.2 lets them be, along the chain that their lengths make. */
#include "channel/websocket.h"

#include "channel/entropy.h"

enum {
	OP_CONTINUATION = 0,
	OP_TEXT = 1,
	OP_BINARY = 2,
	OP_CLOSE = 8,
	OP_PONG = 10,
	MOST_FRAMES = 64, /* looked at on one side */
	ENOUGH_FRAMES = 4,
	ENOUGH_PAYLOAD = 64
};

struct frame_head {
	uint8_t opcode;
	bool fin, compressed, masked;
	uint8_t key[4];
	uint64_t len;
	size_t size; /* of the head itself */
};

enum side_says { SIDE_SILENT, SIDE_SHORT, SIDE_GOOD, SIDE_NOT };

struct reading {
	struct slice rest;
	uint8_t *to;
	size_t collected;
	unsigned frames;
	bool cut; /* the last frame is longer than what was seen */
	bool bad; /* a head that cannot be one comes after the frames */
	bool wrong_mask, compressed;
	bool in_message, keep; /* within a message; whose payload is worth keeping */
};

/* SAYS like sign.h's: a head that is cut short, one that may be right, one that cannot be. */
static enum side_says read_head(struct slice s, bool in_message, struct frame_head *h)
{
	struct cursor c = cursor_on(s);
	const uint8_t first = cursor_u8(&c), second = cursor_u8(&c);
	if (s.len != 0) {
		h->opcode = first & 15;
		h->fin = first & 0x80;
		h->compressed = first & 0x40;
		const bool control = h->opcode >= OP_CLOSE;
		const bool known = h->opcode <= OP_BINARY || (control && h->opcode <= OP_PONG);
		/* RSV2 and RSV3 belong to no extension in use; RSV1 marks the first frame of a compressed message (RFC 7692, 6);
		 * control frames are not fragmented (RFC 6455, 5.5). */
		if (!known || first & 0x30 || (control && (!h->fin || h->compressed)))
			return SIDE_NOT;
		if (h->opcode == OP_CONTINUATION ? !in_message || h->compressed : !control && in_message)
			return SIDE_NOT;
	}
	if (!c.ok)
		return SIDE_SHORT;
	h->masked = second & 0x80;
	h->len = second & 0x7f;
	/* At most 125 (RFC 6455, 5.5).  A close frame over that breaks a rule and is one all the same, if its status is. */
	if (h->opcode > OP_CLOSE && h->len > 125)
		return SIDE_NOT;
	const bool long_close = h->opcode == OP_CLOSE && h->len > 125;
	if (h->len == 126) {
		h->len = cursor_be16(&c);
		if (c.ok && h->len < 126 && !long_close) /* the shortest form is the only one */
			return SIDE_NOT;
	} else if (h->len == 127) {
		h->len = (uint64_t)cursor_be32(&c) << 32;
		h->len |= cursor_be32(&c);
		if (c.ok && ((h->len < 65536 && !long_close) || h->len >> 40 != 0))
			return SIDE_NOT;
	}
	const struct slice key = h->masked ? cursor_take(&c, 4) : (struct slice){ NULL, 0 };
	if (!c.ok)
		return SIDE_SHORT;
	if (h->masked)
		memcpy(h->key, key.at, 4);
	h->size = s.len - c.rest.len;
	return SIDE_GOOD;
}

static void collect(struct reading *r, const struct frame_head *h, struct slice payload)
{
	for (size_t i = 0; i < payload.len && r->collected < MAX_CHANNEL_LOOK; i++)
		r->to[r->collected++] = h->masked ? payload.at[i] ^ h->key[i % 4] : payload.at[i];
}

/* Text must be UTF-8 (RFC 6455, 5.6): raw bytes that pass for the head of a text frame seldom are.  A close frame begins
 * with a status from 1000 to 4999 (RFC 6455, 7.4). */
static bool is_payload_plausible(const struct frame_head *h, struct slice payload)
{
	uint8_t plain[128];
	const struct slice head = slice_head(payload, sizeof plain);
	for (size_t i = 0; i < head.len; i++)
		plain[i] = h->masked ? head.at[i] ^ h->key[i % 4] : head.at[i];
	if (h->opcode == OP_TEXT && !h->compressed)
		return !entropy_is_binary((struct slice){ plain, head.len });
	if (h->opcode != OP_CLOSE || h->len == 0)
		return true;
	return h->len >= 2 && (head.len < 2 || (read_be16(plain) >= 1000 && read_be16(plain) < 5000));
}

static enum side_says read_frame(struct reading *r, enum side from)
{
	struct frame_head h;
	const enum side_says says = read_head(r->rest, r->in_message, &h);
	if (says != SIDE_GOOD)
		return says;
	const struct slice after = slice_from(r->rest, h.size);
	const struct slice payload = h.len < after.len ? slice_head(after, (size_t)h.len) : after;
	if (r->frames == 0 && !is_payload_plausible(&h, payload))
		return SIDE_NOT;
	r->wrong_mask |= h.masked != (from == CLIENT);
	r->cut = h.len > after.len;
	r->compressed |= h.compressed;
	r->frames++;
	if (h.opcode == OP_TEXT || h.opcode == OP_BINARY)
		r->keep = !h.compressed;
	if (h.opcode <= OP_BINARY) {
		r->in_message = !h.fin;
		if (r->keep)
			collect(r, &h, payload);
	}
	r->rest = slice_from(after, payload.len);
	return SIDE_GOOD;
}

static enum side_says read_side(struct reading *r, enum side from, bool last)
{
	enum side_says says = SIDE_SILENT;
	while (r->rest.len != 0 && r->frames < MOST_FRAMES && !r->cut) {
		says = read_frame(r, from);
		if (says != SIDE_GOOD)
			break;
	}
	if (r->frames == 0)
		return says == SIDE_SHORT && last ? SIDE_NOT : says;
	r->bad = says == SIDE_NOT;
	if (r->bad && r->frames < 2)
		return SIDE_NOT;
	/* The wrong mask leaves less to tell frames by: then the first must end where something plausible begins. */
	if (r->wrong_mask && r->cut && r->frames < 2)
		return last ? SIDE_NOT : SIDE_SHORT;
	return SIDE_GOOD;
}

static bool is_enough(const struct reading *r)
{
	return r->collected >= ENOUGH_PAYLOAD || r->frames >= ENOUGH_FRAMES;
}

void websocket_look(
    struct websocket_scratch *w, struct slice client, struct slice server, bool over, struct websocket_seen *out)
{
	const struct slice raw[2] = { client, server };
	const bool last = over || client.len >= WEBSOCKET_RAW || server.len >= WEBSOCKET_RAW;
	struct reading r[2];
	enum side_says says[2];
	bool chain[2];
	for (enum side side = CLIENT; side <= SERVER; side++) {
		r[side] = (struct reading){ .rest = raw[side], .to = w->payload[side] };
		says[side] = read_side(&r[side], side, last);
		out->inner[side] = (struct slice){ w->payload[side], r[side].collected };
		chain[side] = says[side] == SIDE_GOOD && (r[side].frames >= 2 || !r[side].cut);
	}
	out->odd = 0;
	const bool denied = says[CLIENT] == SIDE_NOT || says[SERVER] == SIDE_NOT;
	const bool good = says[CLIENT] == SIDE_GOOD || says[SERVER] == SIDE_GOOD;
	/* Frames that one side chains stand against bytes of the other: those may follow a hole. */
	if (denied && !chain[CLIENT] && !chain[SERVER]) {
		out->frames = FRAMES_NOT;
		out->odd = ODD_BIT(WS_NO_FRAME);
		return;
	}
	out->frames = good && says[CLIENT] != SIDE_SHORT && says[SERVER] != SIDE_SHORT ? FRAMES_YES : FRAMES_MORE;
	out->odd |= denied ? ODD_BIT(WS_NO_FRAME) : 0;
	out->odd |= r[CLIENT].frames != 0 && r[CLIENT].wrong_mask ? ODD_BIT(WS_UNMASKED) : 0;
	out->odd |= r[SERVER].frames != 0 && r[SERVER].wrong_mask ? ODD_BIT(WS_MASKED) : 0;
	out->enough = last || (is_enough(&r[CLIENT]) && is_enough(&r[SERVER])) ||
		      r[CLIENT].collected + r[SERVER].collected >= MAX_NDPI_BYTES;
}
