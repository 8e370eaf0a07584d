/* Segments of two kinds, from the fuzzer's bytes.
 *
 * Honest: every segment says what its place in the stream says, but segments are lost, repeated, reordered, cut, forged in
 * their numbers and flags, and the reader eats, waits and skips as it likes.  Whatever is shown must be in order, at most
 * once, and what the stream says there; holes must be exactly what was not shown.
 *
 * Contrary: overlapping segments that differ.  What is shown must be what the oracle of the policy reads. */
#include <stdio.h>

#define CHECK(x)  ((x) ? (void)0 : (fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x), abort()))
#define READ_MOST (1U << 17)
#include "overlap_model.h"
#include "segments.h"

enum { CONTRARY_SEGMENTS = 14, CONTRARY_LEN = 200 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static uint8_t byte_at(enum side from, uint64_t offset)
{
	return (uint8_t)(((offset + 77 * (unsigned)from) * 2654435761U) >> 13);
}

static void check_bytes(const struct talk *k)
{
	for (int side = 0; side < 2; side++) {
		/* Where a side was joined midway, or forged numbers began it, offsets mean something else: only their order can be
		 * checked, which talk_read has done. */
		const enum side who = k->s.client_way == LO_TO_HI ? (enum side)side : OTHER((enum side)side);
		if (k->s.midstream || !k->s.sides_known || k->s.side[side].isn != k->isn[who])
			continue;
		for (size_t i = 0; i < READ_MOST && i < k->got[side].at; i++)
			CHECK(!k->got[side].seen[i] || k->got[side].bytes[i] == byte_at(who, i));
	}
}

static void push_honest(struct talk *k, struct cursor *c, enum side from, unsigned flags)
{
	static const unsigned spans[] = { 1, 20, 1460, 9000, 65000 };
	const unsigned how = cursor_u8(c);
	uint64_t place = k->s.side[from].next;
	/* Mostly near what is expected; sometimes anywhere, even before the start. */
	if (how & 1)
		place += cursor_be16(c);
	if (how & 2)
		place -= cursor_be16(c);
	if (how & 4)
		place += cursor_u8(c);
	if (flags & TCP_SYN)
		place = 0;
	const size_t bytes = how & 8 ? 0 : cursor_be16(c) % (spans[(how >> 4) % 5] + 1);
	uint8_t *b = malloc(bytes + 1);
	CHECK(b != NULL);
	for (size_t i = 0; i < bytes; i++)
		b[i] = byte_at(from, place + i);
	struct segment seg = talk_segment(k, from, place, b, bytes, flags);
	if ((how & 0xe0) == 0xe0) {
		seg.cut = cursor_u8(c);
		/* Forged numbers come without bytes: those would be believed where they happen to fit. */
		seg.payload.len = 0;
		seg.seq += cursor_be32(c);
		seg.ack += cursor_be32(c);
	}
	seg.window_shift = (int8_t)(how >> 4) - 1;
	const unsigned reading = cursor_u8(c);
	const size_t most = reading < 128 ? SIZE_MAX : reading < 192 ? 0 : reading;
	(void)stream_matters(&k->s, &seg);
	if (!k->begun || !stream_reopens(&k->s, &seg, k->t))
		talk_push(k, &seg, most);
	free(b);
}

static void step(struct talk *k, struct cursor *c)
{
	static const uint8_t flags[] = { TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH, TCP_ACK | TCP_FIN, TCP_RST,
		TCP_RST | TCP_ACK, TCP_SYN, TCP_SYN | TCP_ACK, TCP_ACK | TCP_URG, 0, TCP_SYN | TCP_FIN };
	const unsigned op = cursor_u8(c);
	const enum side from = op & 1 ? SERVER : CLIENT;
	switch (op >> 1 & 15) {
	case 0:
		k->acks[from] = side_seen(&k->s.side[OTHER(from)]);
		break;
	case 1:
		k->acks[from] += cursor_be16(c);
		break;
	case 2:
		if (k->begun)
			talk_skip(k, from, cursor_be16(c));
		break;
	case 3:
		if (k->begun)
			talk_read(k, SIZE_MAX);
		break;
	case 4:
		k->window[from] = cursor_be16(c);
		break;
	case 5:
		if (cursor_u8(c) == 7 && k->begun)
			stream_count_only(&k->kit, &k->s);
		break;
	case 6:
		if (cursor_u8(c) == 9 && k->begun)
			talk_skip(k, from, UINT64_MAX);
		break;
	case 7:
		push_honest(k, c, from, flags[cursor_u8(c) % sizeof flags]);
		break;
	default:
		push_honest(k, c, from, TCP_ACK);
		break;
	}
	k->t += 1000000;
}

static void honest(struct talk *k, struct cursor *c, bool open)
{
	if (open)
		talk_open(k);
	while (c->ok && c->rest.len != 0)
		step(k, c);
	check_bytes(k);
	if (k->begun) {
		talk_finish(k);
		check_bytes(k);
		for (int side = 0; side < 2; side++)
			CHECK(k->got[side].ended || k->s.side[side].flags & SIDE_COUNT);
	}
}

static void contrary(struct talk *k, struct cursor *c, enum overlap_policy policy)
{
	struct model *m = calloc(1, sizeof *m);
	CHECK(m != NULL);
	m->policy = policy;
	talk_open(k);
	uint8_t bytes[CONTRARY_LEN];
	for (unsigned i = 0; i < CONTRARY_SEGMENTS && c->ok && c->rest.len != 0; i++) {
		const size_t place = cursor_be16(c) % 400, len = 1 + cursor_u8(c) % CONTRARY_LEN;
		memset(bytes, 'a' + (int)i, len);
		model_push(m, place, bytes, len);
		const struct segment seg = talk_segment(k, CLIENT, place, bytes, len, TCP_ACK);
		talk_push(k, &seg, SIZE_MAX);
	}
	talk_finish(k);
	for (size_t i = 0; i < MODEL_MOST; i++)
		CHECK(m->have[i] == k->got[CLIENT].seen[i] && (!m->have[i] || m->value[i] == k->got[CLIENT].bytes[i]));
	free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
	struct cursor c = cursor_on((struct slice){ at, len });
	const unsigned how = cursor_u8(&c);
	const enum overlap_policy policy = (enum overlap_policy)(how % 3);
	struct talk k;
	talk_begin(&k, policy, 4);
	if (how & 0x80)
		k.isn[CLIENT] = UINT32_MAX - 3000;
	if (!STARVED && how & 0x40)
		contrary(&k, &c, policy);
	else
		honest(&k, &c, how & 0x20);
	talk_end(&k);
	return 0;
}
