/* What was read and is gone is known by sums, so that other bytes in its place are noticed: the beginning of each of the last
 * segments, by 16 bits, and the stream's last 160 bytes and more, in blocks of 16 wherever segments began and ended, by 8
 * bits.  A sum of a block may be made piece by piece, because it is linear: bytes that are not there yet are zeros. */
#include "stream/inside.h"

enum {
	SUMMED = 128, /* bytes of a segment's beginning */
	BLOCK = 16
};

static inline uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 29;
}

/* Of the first bytes, in their order: a plain sum would not notice two words that changed places.  Two sums at once, which
 * do not wait for each other. */
static uint16_t sum_of(struct slice bytes)
{
	const struct slice head = slice_head(bytes, SUMMED);
	uint64_t sum = head.len, other = 1;
	size_t i = 0;
	for (; i + 16 <= head.len; i += 16) {
		uint64_t word[2];
		memcpy(word, head.at + i, 16);
		sum = mix(sum, word[0]);
		other = mix(other, word[1]);
	}
	sum = mix(sum, other);
	for (; i < head.len; i++)
		sum = (sum ^ head.at[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint16_t)(sum >> 48);
}

static inline uint64_t turned(uint64_t word, unsigned by)
{
	return word << by | word >> (64 - by);
}

/* Bytes `at`.. of a block, up to its end: the others count as zeros.  Rotations found by trial: of every byte of the block at least
 * seven independent bits reach the sum, and no two bytes reach it alike. */
static uint8_t sum_of_block(const uint8_t *bytes, size_t n, size_t at)
{
	uint8_t block[BLOCK] = { 0 };
	uint64_t word[2];
	if (n == BLOCK) {
		memcpy(word, bytes, BLOCK);
	} else {
		memcpy(block + at, bytes, n);
		memcpy(word, block, BLOCK);
	}
	uint64_t sum = word[0] ^ turned(word[1], 58);
	sum ^= turned(sum, 56) ^ turned(sum, 47);
	sum ^= turned(sum, 42) ^ turned(sum, 22);
	return (uint8_t)(sum >> 56);
}

static size_t place_of(uint64_t offset)
{
	return (size_t)(offset / BLOCK % RECENT_BLOCKS);
}

/* More bytes, which may follow those that are known already or not. */
static void add_blocks(struct recent *r, struct slice bytes, uint64_t offset)
{
	const uint64_t end = offset + bytes.len;
	const uint64_t last = (end - 1) / BLOCK, first = last >= RECENT_BLOCKS - 1 ? last - (RECENT_BLOCKS - 1) : 0;
	const uint32_t had = r->upto == (uint32_t)offset ? r->span : 0;
	uint64_t at = max_u64(offset, first * BLOCK);
	r->span = (uint8_t)min_u64(had + bytes.len, UINT8_MAX);
	r->upto = (uint32_t)end;
	while (at < end) {
		const size_t within = at % BLOCK, n = (size_t)min_u64(BLOCK - within, end - at);
		uint8_t *const sum = &r->sum[place_of(at)];
		*sum = (uint8_t)((within == 0 ? 0 : *sum) ^ sum_of_block(bytes.at + (at - offset), n, within));
		at += n;
	}
}

void recent_add(struct stream_side *x, struct slice bytes, uint64_t offset)
{
	if (bytes.len == 0 || x->unrest->candidates != 0)
		return;
	struct recent *r = &x->recent;
	r->segment[1] = r->segment[0];
	r->segment[0].offset = (uint32_t)offset;
	r->segment[0].len = (uint16_t)min_u64(bytes.len, UINT16_MAX);
	r->segment[0].sum = sum_of(bytes);
	add_blocks(r, bytes, offset);
}

/* Where the bytes begin that are known by blocks, as far below `upto` as that is; 0: none. */
static uint32_t known(const struct recent *r)
{
	const uint32_t in_ring = (RECENT_BLOCKS - 1) * BLOCK + (r->upto - 1) % BLOCK + 1;
	return r->span < in_ring ? r->span : in_ring;
}

static bool blocks_differ(const struct recent *r, const struct piece *p)
{
	const int64_t start = (int64_t)p->offset, end = start + (int64_t)p->bytes.len;
	/* Offsets near each other, of which r->upto has the low half. */
	const int64_t upto = start + (int32_t)(r->upto - (uint32_t)p->offset), from = upto - known(r);
	int64_t at = from > start ? from : start;
	at = (at + BLOCK - 1) / BLOCK * BLOCK;
	for (; at < upto; at += BLOCK) {
		const int64_t n = upto - at < BLOCK ? upto - at : BLOCK;
		if (at + n > end)
			return false;
		if (sum_of_block(p->bytes.at + (at - start), (size_t)n, 0) != r->sum[place_of((uint64_t)at)])
			return true;
	}
	return false;
}

bool recent_differs(const struct stream_side *x, const struct piece *p)
{
	const struct recent *r = &x->recent;
	if (x->unrest->candidates != 0)
		return false;
	for (int i = 0; i < RECENT_SEGMENTS; i++) {
		if (r->segment[i].len == 0 || r->segment[i].offset != (uint32_t)p->offset)
			continue;
		const size_t summed = min_u64(r->segment[i].len, SUMMED);
		if (p->bytes.len >= summed && sum_of(slice_head(p->bytes, summed)) != r->segment[i].sum)
			return true;
	}
	return r->span != 0 && blocks_differ(r, p);
}

bool recent_has(const struct stream_side *x, uint64_t offset, uint64_t end)
{
	const struct recent *r = &x->recent;
	if (x->unrest->candidates != 0)
		return false;
	for (int i = 0; i < RECENT_SEGMENTS; i++)
		if (r->segment[i].len != 0 && r->segment[i].offset == (uint32_t)offset)
			return true;
	const int64_t upto = (int64_t)offset + (int32_t)(r->upto - (uint32_t)offset);
	return r->span != 0 && (int64_t)offset < upto && (int64_t)end > upto - known(r);
}
