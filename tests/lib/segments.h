/* segments -- one TCP conversation for tests of the stream room: makes segments by offset, reads both sides eagerly or
 * not, and checks what must always hold.  Include after <cmocka.h>, or with CHECK defined; READ_MOST bounds the
 * offsets whose bytes are looked at. */
#ifndef LIB_SEGMENTS_H
#define LIB_SEGMENTS_H

#include <stdlib.h>
#include "stream/inside.h"

#ifndef CHECK
#define CHECK(x) assert_true(x)
#endif

#ifndef READ_MOST
#define READ_MOST (1U << 20)
#endif

/* What a reader got: its bytes, and where holes were told. */
struct reading {
	uint8_t *bytes; /* by offset */
	uint8_t *seen;  /* by offset: 1 when shown */
	uint64_t at;    /* everything before was eaten, skipped or lost */
	uint64_t holes, hole_bytes;
	bool ended, dull;
};

struct talk {
	struct stream_kit kit;
	struct stream s;
	uint32_t isn[2];  /* sequence number of offset 0 */
	uint64_t acks[2]; /* what each side acknowledges of the other, put on every segment */
	uint16_t window[2];
	struct reading got[2];
	bool begun;
	int64_t t;
	uint64_t odd; /* of all pushes */
	enum side odd_from;
	uint64_t odd_at;
};

static inline void talk_begin(struct talk *k, enum overlap_policy policy, size_t flows)
{
	struct err e;
	memset(k, 0, sizeof *k);
	k->s.side[CLIENT].unrest = k->s.side[SERVER].unrest = &stream_calm; /* until stream_init */
	CHECK(stream_kit_init(&k->kit, flows, policy, &e));
	k->isn[CLIENT] = 1000;
	k->isn[SERVER] = 5000000;
	k->window[CLIENT] = k->window[SERVER] = 65535;
	for (int i = 0; i < 2; i++) {
		k->got[i].bytes = calloc(1, READ_MOST);
		k->got[i].seen = calloc(1, READ_MOST);
		CHECK(k->got[i].bytes != NULL && k->got[i].seen != NULL);
	}
}

static inline void talk_end(struct talk *k)
{
	stream_fini(&k->kit, &k->s);
	CHECK(k->kit.small.used == 0 && k->kit.medium.used == 0 && k->kit.large.used == 0);
	CHECK(k->kit.waiting.used == 0 && k->kit.unrests.used == 0);
	stream_kit_fini(&k->kit);
	for (int i = 0; i < 2; i++) {
		free(k->got[i].bytes);
		free(k->got[i].seen);
	}
}

/* What must hold of a side between two calls. */
static inline void talk_check_side(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	CHECK(x->next >= (uint64_t)u->left_len + x->packet_len);
	CHECK(u->left_len <= MAX_FLOW_BUFFER);
	CHECK((u->left_kind == 0) == (u->left_len == 0));
	uint64_t upto = x->next;
	unsigned count = 0, bytes = 0;
	const struct waiting *last = NULL;
	for (const struct waiting *w = u->waiting; w != NULL; w = w->next) {
		CHECK(w->len != 0 && w->offset >= upto && w->len <= sizeof w->bytes);
		upto = w->offset + w->len;
		count++;
		bytes += w->len;
		last = w;
	}
	CHECK(u->last == last || u->waiting == NULL);
	CHECK(count == u->waiting_count && bytes == u->waiting_bytes);
	CHECK(bytes <= MAX_HOLE_BYTES);
}

/* Reads at most `most` bytes of what is shown; true when something moved. */
static inline bool talk_read_once(struct talk *k, enum side from, size_t most)
{
	struct reading *r = &k->got[from];
	struct chunk c;
	if (!stream_peek(&k->kit, &k->s, from, &c))
		return false;
	CHECK(c.from == from && c.offset >= r->at);
	CHECK(r->dull || r->at == 0 || c.offset == r->at + c.hole);
	CHECK(!(c.end && c.cut));
	const size_t n = c.bytes.len < most ? c.bytes.len : most;
	for (size_t i = 0; i < n && c.offset + i < READ_MOST; i++) {
		CHECK(!r->seen[c.offset + i]);
		r->seen[c.offset + i] = 1;
		r->bytes[c.offset + i] = c.bytes.at[i];
	}
	r->holes += c.hole != 0;
	r->hole_bytes += c.hole;
	r->at = c.offset + n;
	r->dull = false;
	CHECK(!r->ended || (c.end && c.hole == 0));
	r->ended |= c.end && n == c.bytes.len;
	const bool news = n != 0 || c.hole != 0 || c.bytes.len == 0;
	stream_eat(&k->kit, &k->s, from, n);
	talk_check_side(&k->s.side[from]);
	return news;
}

static inline void talk_read(struct talk *k, size_t most)
{
	bool moved = true;
	while (moved) {
		moved = talk_read_once(k, CLIENT, most);
		moved = talk_read_once(k, SERVER, most) || moved;
	}
}

static inline void talk_skip(struct talk *k, enum side from, uint64_t n)
{
	stream_skip(&k->kit, &k->s, from, n);
	k->got[from].dull = true;
	talk_check_side(&k->s.side[from]);
}

static inline struct segment talk_segment(
    const struct talk *k, enum side from, uint64_t at, const void *bytes, size_t len, unsigned flags)
{
	struct segment seg = { .way = from == CLIENT ? LO_TO_HI : HI_TO_LO, .flags = (uint8_t)flags };
	seg.seq = k->isn[from] + (uint32_t)at - (flags & TCP_SYN ? 1 : 0);
	seg.ack = flags & TCP_ACK ? k->isn[OTHER(from)] + (uint32_t)k->acks[from] : 0;
	seg.window = k->window[from];
	seg.window_shift = -1;
	seg.payload = (struct slice){ bytes, len };
	seg.t = k->t;
	return seg;
}

/* The oddities of this push. */
static inline uint64_t talk_push_only(struct talk *k, const struct segment *seg)
{
	if (!k->begun) {
		stream_init(&k->s, seg);
		k->begun = true;
	}
	const uint64_t odd = stream_push(&k->kit, &k->s, seg, &k->odd_from, &k->odd_at);
	k->odd |= odd;
	talk_check_side(&k->s.side[CLIENT]);
	talk_check_side(&k->s.side[SERVER]);
	return odd;
}

static inline bool talk_settle(struct talk *k)
{
	const bool kept = stream_settle(&k->kit, &k->s);
	CHECK(k->s.side[CLIENT].packet_len == 0 && k->s.side[SERVER].packet_len == 0);
	talk_check_side(&k->s.side[CLIENT]);
	talk_check_side(&k->s.side[SERVER]);
	return kept;
}

/* Pushes a copy of exactly that size, reads all, settles; the copy is gone afterwards. */
static inline uint64_t talk_push(struct talk *k, const struct segment *seg, size_t most)
{
	struct segment own = *seg;
	uint8_t *copy = malloc(seg->payload.len);
	CHECK(copy != NULL || seg->payload.len == 0);
	if (seg->payload.len != 0)
		memcpy(copy, seg->payload.at, seg->payload.len);
	own.payload.at = copy;
	const uint64_t odd = talk_push_only(k, &own);
	talk_read(k, most);
	talk_settle(k);
	free(copy);
	return odd;
}

static inline uint64_t talk_say(struct talk *k, enum side from, uint64_t at, const char *text)
{
	const struct segment seg = talk_segment(k, from, at, text, strlen(text), TCP_ACK | TCP_PSH);
	return talk_push(k, &seg, SIZE_MAX);
}

static inline uint64_t talk_flags(struct talk *k, enum side from, uint64_t at, unsigned flags)
{
	const struct segment seg = talk_segment(k, from, at, NULL, 0, flags);
	return talk_push(k, &seg, SIZE_MAX);
}

static inline void talk_open(struct talk *k)
{
	CHECK(talk_flags(k, CLIENT, 0, TCP_SYN) == 0);
	CHECK(talk_flags(k, SERVER, 0, TCP_SYN | TCP_ACK) == 0);
	CHECK(talk_flags(k, CLIENT, 0, TCP_ACK) == 0);
	CHECK(k->s.state == STREAM_OPEN);
}

static inline void talk_finish(struct talk *k)
{
	k->odd |= stream_finish(&k->kit, &k->s);
	talk_check_side(&k->s.side[CLIENT]);
	talk_check_side(&k->s.side[SERVER]);
	talk_read(k, SIZE_MAX);
}

static inline bool talk_got(const struct talk *k, enum side from, const char *text)
{
	return k->got[from].at == strlen(text) && memcmp(k->got[from].bytes, text, strlen(text)) == 0;
}

#endif
