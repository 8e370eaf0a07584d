/* Decode under hostile bytes.  The first byte picks the link type, the second the checksum policy and how many of the
 * frames that follow (two bytes of length each) are cut; one decoder sees them all, so fragments meet.  What comes out
 * must lie within the frame or the decoder's memory, and be consistent with itself. */
#include <stdlib.h>
#include "decode/decode.h"

enum { MOST_FRAMES = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint8_t touch(struct slice s)
{
	uint8_t x = 0;
	for (size_t i = 0; i < s.len; i++)
		x ^= s.at[i];
	return x;
}

static void check_segment(struct decoder *d, const struct segment *s)
{
	static const uint8_t zero[12];
	volatile uint8_t sink = touch(s->tcp);
	(void)sink;
	require(s->tcp.len >= 20 && s->payload.len <= s->tcp.len - 20);
	require(s->payload.at + s->payload.len == s->tcp.at + s->tcp.len);
	require(s->encap.count <= MAX_ENCAPSULATION && s->window_shift >= -1 && s->window_shift <= 14);
	require(s->way == LO_TO_HI || s->way == HI_TO_LO);
	for (unsigned i = 0; i < s->encap.count; i++)
		require(carrier_name((enum carrier)s->encap.kind[i]) != NULL && s->encap.kind[i] < CARRIERS);
	const int order = memcmp(s->key.lo.addr, s->key.hi.addr, sizeof s->key.lo.addr);
	require(order < 0 || (order == 0 && s->key.lo.port <= s->key.hi.port));
	if (!s->key.ipv6)
		require(memcmp(s->key.lo.addr + 4, zero, sizeof zero) == 0 &&
			memcmp(s->key.hi.addr + 4, zero, sizeof zero) == 0);
	decode_checksum(d, s);
}

/* A frame of its own size, so that one byte too far is seen. */
static void show(struct decoder *d, struct frame *f, const uint8_t *at, size_t len)
{
	struct segment s;
	uint8_t *copy = malloc(len != 0 ? len : 1);
	require(copy != NULL);
	memcpy(copy, at, len);
	f->bytes = (struct slice){ copy, len };
	f->number++;
	f->t += 1000000;
	if (decode(d, f, &s) == DECODED_SEGMENT)
		check_segment(d, &s);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = { 1, 113, 276, 0, 108, 12, 14, 101, 228, 229, 9, 50, 51, 104, 166, 239, 105, 127,
		147 };
	if (size < 2)
		return 0;
	struct err e;
	struct frame f = { .link = links[data[0] % (sizeof links / sizeof *links)] };
	struct decoder *d = decoder_new((enum checksum_policy)(data[1] % 3), (struct hash_key){ 1, 2 }, &e);
	if (STARVED && d == NULL)
		return 0;
	require(d != NULL);
	const size_t cut = data[1] / 3;
	data += 2;
	size -= 2;
	for (unsigned n = 0; n < MOST_FRAMES && size >= 2; n++) {
		size_t len = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		len = len < size ? len : size;
		f.wire_len = (uint32_t)(len + (n < cut ? 8 : 0));
		show(d, &f, data, len);
		data += len;
		size -= len;
	}
	const struct decode_counters *c = decode_counters(d);
	uint64_t sum = 0;
	for (unsigned i = 0; i < DECODED_KINDS; i++)
		sum += c->by_result[i];
	require(sum == c->frames);
	decoder_free(d);
	return 0;
}
