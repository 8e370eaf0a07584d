#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "capture.h"
#include "wire.h"

enum { PIECE = 16, MSS = 1400, JOINED = 16000, STEP = 100000 /* ns between frames */, BURST_LINES = TALK_LINES };

struct tcp {
	bool opened, closed[2], reset;
	uint32_t isn[2];
	size_t sent[2];
	struct wire wire;
};

struct stage {
	struct pipeline *pipeline;
	const struct script *script;
	const struct play *play;
	struct tcp tcp[TALK_FLOWS];
	int64_t *t;
	uint64_t *number;
	size_t data_segments, data_bytes;
	uint8_t frame[WIRE_MOST];
};

/* Lines of one side that follow each other, as one run of bytes. */
struct burst {
	unsigned flow, side, lines;
	uint8_t *bytes;
	size_t len, ends[BURST_LINES];
};

const char *play_name(enum play_how how)
{
	static const char *const names[PLAY_HOWS] = { "as written", "byte by byte", "cut", "twice", "swapped",
		"overlapped", "joined", "over IPv6", "in VLAN", "in QinQ", "in GRE", "in VXLAN", "one segment lost" };
	return names[how];
}

size_t play_cuts(const struct script *s)
{
	size_t bytes = 0;
	for (unsigned i = 0; i < s->line_count; i++)
		bytes += s->lines[i].kind == LINE_DATA ? s->lines[i].len : 0;
	return bytes;
}

size_t play_segments(const struct script *s)
{
	size_t segments = 0;
	for (unsigned i = 0; i < s->line_count; i++)
		segments += s->lines[i].kind == LINE_DATA ? (s->lines[i].len + MSS - 1) / MSS : 0;
	return segments;
}

void play_client(const struct play *how, char *out)
{
	if (how->how == PLAY_IPV6)
		snprintf(out, 46, "fd00::%x:1", how->client);
	else
		snprintf(out, 46, "10.%u.%u.%u", how->client >> 16 & 255, how->client >> 8 & 255, how->client & 255);
}

static void emit(
    struct stage *st, struct tcp *c, unsigned side, uint8_t flags, size_t offset, const uint8_t *at, size_t len)
{
	const unsigned flow = (unsigned)(c - st->tcp);
	*st->t += STEP;
	if (st->script->one_way[flow][!side])
		return;
	const struct wire_segment seg = {
		.from = side,
		.flags = flags,
		.at = at,
		.len = len,
		.seq = c->isn[side] + (flags & WIRE_SYN ? 0 : 1) + (uint32_t)offset,
		.ack = flags & WIRE_ACK ? c->isn[!side] + 1 + (uint32_t)c->sent[!side] + c->closed[!side] : 0,
	};
	const size_t frame_len = wire_frame(st->frame, &c->wire, &seg);
	const struct frame f = { .bytes = { st->frame, frame_len },
		.wire_len = (uint32_t)frame_len,
		.t = *st->t,
		.link = WIRE_LINK,
		.number = ++*st->number };
	if (st->play->capture != NULL)
		capture_frame(st->play->capture, &f);
	else
		pipeline_frame(st->pipeline, &f);
}

static struct tcp *opened(struct stage *st, unsigned flow)
{
	static const enum wire_wrap wraps[PLAY_HOWS] = {
		[PLAY_VLAN] = WIRE_VLAN, [PLAY_QINQ] = WIRE_QINQ, [PLAY_GRE] = WIRE_GRE, [PLAY_VXLAN] = WIRE_VXLAN
	};
	struct tcp *c = &st->tcp[flow];
	if (c->opened)
		return c;
	c->opened = true;
	/* Sequence numbers that wrap within the conversation, in every second play. */
	c->isn[0] = st->play->client & 1 ? UINT32_MAX - 40 : 1000;
	c->isn[1] = st->play->client & 1 ? 7 : UINT32_MAX - 30;
	const uint16_t server_port = st->play->server_port != 0 ? st->play->server_port : PLAY_SERVER_PORT;
	wire_hosts(&c->wire, st->play->how == PLAY_IPV6, st->play->client, (uint16_t)(PLAY_PORT + flow), server_port);
	c->wire.wrap = wraps[st->play->how];
	if (st->script->midstream[flow])
		return c;
	emit(st, c, 0, WIRE_SYN, 0, NULL, 0);
	emit(st, c, 1, WIRE_SYN | WIRE_ACK, 0, NULL, 0);
	emit(st, c, 0, WIRE_ACK, 0, NULL, 0);
	return c;
}

/* Bytes from .. from + len of the burst. */
static void emit_part(struct stage *st, struct tcp *c, const struct burst *b, size_t from, size_t len)
{
	const size_t ordinal = st->data_segments++;
	if (st->play->how == PLAY_LOST && ordinal == st->play->at)
		return;
	emit(st, c, b->side, WIRE_ACK | WIRE_PSH, c->sent[b->side] + from, b->bytes + from, len);
	if (st->play->how == PLAY_TWICE)
		emit(st, c, b->side, WIRE_ACK | WIRE_PSH, c->sent[b->side] + from, b->bytes + from, len);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void emit_pieces(struct stage *st, struct tcp *c, const struct burst *b, size_t piece)
{
	for (size_t at = 0; at < b->len; at += piece)
		emit_part(st, c, b, at, least(piece, b->len - at));
}

static void emit_swapped(struct stage *st, struct tcp *c, const struct burst *b)
{
	/* Where no SYN was seen, a conversation begins with the first byte that was: nothing may come before it. */
	const bool begins = st->script->midstream[b->flow] && c->sent[0] + c->sent[1] == 0;
	const size_t piece = begins ? b->len : b->len < 2 * PIECE ? b->len / 2 + 1 : PIECE;
	for (size_t at = 0; at < b->len; at += 2 * piece) {
		if (at + piece < b->len)
			emit_part(st, c, b, at + piece, least(piece, b->len - at - piece));
		emit_part(st, c, b, at, least(piece, b->len - at));
	}
}

static void emit_overlapped(struct stage *st, struct tcp *c, const struct burst *b)
{
	for (size_t at = 0; at < b->len; at += PIECE) {
		emit_part(st, c, b, at, least(PIECE, b->len - at));
		emit_part(st, c, b, at, least(2 * (size_t)PIECE, b->len - at));
	}
}

static void emit_written(struct stage *st, struct tcp *c, const struct burst *b)
{
	size_t at = 0;
	const size_t cut =
	    st->play->how == PLAY_CUT ? st->play->at - st->data_bytes : 0; /* wraps far away when before */
	for (unsigned i = 0; i < b->lines; i++) {
		while (at < b->ends[i]) {
			size_t end = least(at + MSS, b->ends[i]);
			if (cut > at && cut < end)
				end = cut;
			emit_part(st, c, b, at, end - at);
			at = end;
		}
	}
}

static void emit_burst(struct stage *st, const struct burst *b)
{
	struct tcp *c = opened(st, b->flow);
	switch (st->play->how) {
	case PLAY_BYTES:
		emit_pieces(st, c, b, 1);
		break;
	case PLAY_JOINED:
		emit_pieces(st, c, b, JOINED);
		break;
	case PLAY_SWAPPED:
		emit_swapped(st, c, b);
		break;
	case PLAY_OVERLAPPED:
		emit_overlapped(st, c, b);
		break;
	default:
		emit_written(st, c, b);
		break;
	}
	c->sent[b->side] += b->len;
	st->data_bytes += b->len;
	emit(st, c, !b->side, WIRE_ACK, c->sent[!b->side] + c->closed[!b->side], NULL, 0);
}

/* Plays the lines from `i` on that make one burst; returns the place behind them. */
static unsigned play_burst(struct stage *st, unsigned i)
{
	const struct line *lines = st->script->lines;
	struct burst b = { .flow = lines[i].flow, .side = lines[i].side };
	for (; i < st->script->line_count && lines[i].kind == LINE_DATA; i++) {
		if (lines[i].flow != b.flow || lines[i].side != b.side)
			break;
		uint8_t *more = realloc(b.bytes, b.len + lines[i].len + 1);
		if (more == NULL)
			abort();
		b.bytes = more;
		if (lines[i].len != 0)
			memcpy(b.bytes + b.len, lines[i].bytes, lines[i].len);
		b.len += lines[i].len;
		b.ends[b.lines++] = b.len;
	}
	emit_burst(st, &b);
	free(b.bytes);
	return i;
}

static void close_side(struct stage *st, struct tcp *c, unsigned side)
{
	if (!c->opened || c->closed[side] || c->reset)
		return;
	emit(st, c, side, WIRE_FIN | WIRE_ACK, c->sent[side], NULL, 0);
	c->closed[side] = true;
	emit(st, c, !side, WIRE_ACK, c->sent[!side] + c->closed[!side], NULL, 0);
}

static void play_other(struct stage *st, const struct line *l)
{
	struct tcp *c = opened(st, l->flow);
	switch (l->kind) {
	case LINE_HOLE:
		c->sent[l->side] += l->len;
		emit(st, c, !l->side, WIRE_ACK, c->sent[!l->side], NULL, 0);
		break;
	case LINE_FIN:
		close_side(st, c, l->side);
		break;
	case LINE_RST:
		emit(st, c, l->side, WIRE_RST | WIRE_ACK, c->sent[l->side] + c->closed[l->side], NULL, 0);
		c->reset = true;
		break;
	case LINE_PAUSE:
		*st->t += (int64_t)(l->seconds * 1e9);
		break;
	case LINE_DATA:
		break;
	}
}

void play(struct pipeline *p, const struct script *s, const struct play *how, int64_t *t, uint64_t *number)
{
	struct stage *st = calloc(1, sizeof *st);
	if (st == NULL)
		abort();
	*st = (struct stage){ .pipeline = p, .script = s, .play = how, .t = t, .number = number };
	for (unsigned i = 0; i < s->line_count;) {
		if (s->lines[i].kind == LINE_DATA) {
			i = play_burst(st, i);
			continue;
		}
		play_other(st, &s->lines[i++]);
	}
	for (unsigned flow = 0; flow < s->flows; flow++) {
		if (s->open[flow])
			continue;
		close_side(st, &st->tcp[flow], 0);
		close_side(st, &st->tcp[flow], 1);
	}
	free(st);
}
