/* What was read and is gone is known by sums, so that other bytes in its place are noticed: the beginning of each of the last
 * segments, by 16 bits, and the stream's last 160 bytes and more, in blocks of 16 wherever segments began and ended, by 8
 * bits.  A sum of a block may be made piece by piece, because it is linear: bytes that are not there yet are zeros.
 *
 * Processors with an instruction for CRC-32C make both sums with it, a third of the work; others multiply and rotate.  Which of
 * them is in use is the same throughout a run, and no sum outlives it. */
#include "stream/inside.h"

#if defined __x86_64__
#define HAS_CRC()      __builtin_cpu_supports("sse4.2")
#define CRC_CODE       __attribute__((target("sse4.2")))
#define CRC(sum, word) __builtin_ia32_crc32di((sum), (word))
#else
#define HAS_CRC() false
#define CRC_CODE
#define CRC(sum, word) ((sum) ^ (word)) /* never asked for */
#endif

enum {
	SUMMED = 128, /* bytes of a segment's beginning */
	LEN_MASK = (1 << 24) - 1,
	BLOCK = 16
};

static inline uint64_t word_at(const uint8_t *at)
{
	uint64_t word;
	memcpy(&word, at, sizeof word);
	return word;
}

/* Two sums at once, which do not wait for each other; where words changed places, either differs. */
CRC_CODE static uint16_t crc_of(struct slice head)
{
	uint64_t sum = 0, other = 1;
	size_t i = 0;
	for (; i + 16 <= head.len; i += 16) {
		sum = CRC(sum, word_at(head.at + i));
		other = CRC(other, word_at(head.at + i + 8));
	}
	sum = CRC(sum, other);
	for (; i < head.len; i++)
		sum = CRC(sum, head.at[i]);
	return (uint16_t)(sum ^ sum >> 16);
}

static inline uint64_t mix(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return sum ^ sum >> 29;
}

/* Of the first bytes, in their order: a plain sum would not notice two words that changed places. */
static uint16_t sum_of(struct slice bytes)
{
	const struct slice head = slice_head(bytes, SUMMED);
	uint64_t sum = head.len, other = 1;
	size_t i = 0;
	if (HAS_CRC())
		return crc_of(head);
	for (; i + 16 <= head.len; i += 16) {
		sum = mix(sum, word_at(head.at + i));
		other = mix(other, word_at(head.at + i + 8));
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

/* Of both kinds of sum, rotations and shifts were found by trial: of every byte of the block at least seven independent bits
 * reach the sum, and no two bytes reach it alike. */
static inline uint8_t mixed(const uint8_t *block)
{
	uint64_t sum = word_at(block) ^ turned(word_at(block + 8), 58);
	sum ^= turned(sum, 56) ^ turned(sum, 47);
	sum ^= turned(sum, 42) ^ turned(sum, 22);
	return (uint8_t)(sum >> 56);
}

CRC_CODE static void crc_blocks(const uint8_t *blocks, size_t n, uint8_t *sums)
{
	for (size_t i = 0; i < n; i++, blocks += BLOCK) {
		const uint64_t sum = CRC(CRC(0, word_at(blocks)), word_at(blocks + 8));
		sums[i] = (uint8_t)(sum ^ sum >> 4 ^ sum >> 18);
	}
}

/* Of whole blocks behind each other. */
static void sum_blocks(const uint8_t *blocks, size_t n, uint8_t *sums)
{
	if (HAS_CRC()) {
		crc_blocks(blocks, n, sums);
		return;
	}
	for (size_t i = 0; i < n; i++)
		sums[i] = mixed(blocks + i * BLOCK);
}

/* Bytes `at`.. of a block, as many as there are up to its end: the others count as zeros. */
static uint8_t sum_of_part(const uint8_t *bytes, size_t n, size_t at)
{
	uint8_t block[BLOCK] = { 0 }, sum;
	memcpy(block + at, bytes, n);
	sum_blocks(block, 1, &sum);
	return sum;
}

static size_t place_of(uint64_t offset)
{
	return (size_t)(offset / BLOCK % RECENT_BLOCKS);
}

/* Whole blocks, at most as many as the ring has places, from this one on. */
static void add_whole(struct recent *r, const uint8_t *at, size_t blocks, size_t place)
{
	const size_t up_to_end = min_u64(blocks, RECENT_BLOCKS - place);
	sum_blocks(at, up_to_end, r->sum + place);
	sum_blocks(at + up_to_end * BLOCK, blocks - up_to_end, r->sum);
}

/* More bytes, which may follow those that are known already or not. */
static void add_blocks(struct recent *r, struct slice bytes, uint64_t offset)
{
	const uint64_t end = offset + bytes.len;
	const uint64_t last = (end - 1) / BLOCK, first = last >= RECENT_BLOCKS - 1 ? last - (RECENT_BLOCKS - 1) : 0;
	const uint32_t had = r->upto == (uint32_t)offset ? r->span : 0;
	r->span = min_u64(had + bytes.len, UINT8_MAX) & UINT8_MAX;
	r->upto = (uint32_t)end;
	const uint64_t from = max_u64(offset, first * BLOCK);
	struct slice rest = slice_from(bytes, from - offset);
	size_t place = place_of(from);
	const size_t within = from % BLOCK;
	if (within != 0) {
		const size_t n = min_u64(BLOCK - within, rest.len);
		r->sum[place] ^= sum_of_part(rest.at, n, within);
		rest = slice_from(rest, n);
		place = place + 1 < RECENT_BLOCKS ? place + 1 : 0;
	}
	const size_t blocks = rest.len / BLOCK;
	add_whole(r, rest.at, blocks, place);
	rest = slice_from(rest, blocks * BLOCK);
	if (rest.len != 0)
		r->sum[place_of(end)] = sum_of_part(rest.at, rest.len, 0);
}

void recent_add(struct stream_side *x, struct slice bytes, uint64_t offset)
{
	if (bytes.len == 0 || x->unrest->candidates != 0)
		return;
	struct recent *r = &x->recent;
	r->before = r->upto - r->last_len;
	r->before_len = (uint8_t)min_u64(r->last_len, SUMMED);
	r->segment[1] = r->segment[0];
	r->segment[0] = sum_of(bytes);
	add_blocks(r, bytes, offset);
	r->last_len = bytes.len & LEN_MASK;
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
		if (sum_of_part(p->bytes.at + (at - start), (size_t)n, 0) != r->sum[place_of((uint64_t)at)])
			return true;
	}
	return false;
}

static bool begins_otherwise(const struct piece *p, size_t summed, uint16_t sum)
{
	return p->bytes.len >= summed && sum_of(slice_head(p->bytes, summed)) != sum;
}

bool recent_differs(const struct stream_side *x, const struct piece *p)
{
	const struct recent *r = &x->recent;
	if (x->unrest->candidates != 0)
		return false;
	if (r->last_len != 0 && r->upto - r->last_len == (uint32_t)p->offset &&
	    begins_otherwise(p, min_u64(r->last_len, SUMMED), r->segment[0]))
		return true;
	if (r->before_len != 0 && r->before == (uint32_t)p->offset && begins_otherwise(p, r->before_len, r->segment[1]))
		return true;
	return r->span != 0 && blocks_differ(r, p);
}

bool recent_has(const struct stream_side *x, uint64_t offset, uint64_t end)
{
	const struct recent *r = &x->recent;
	if (x->unrest->candidates != 0)
		return false;
	if ((r->last_len != 0 && r->upto - r->last_len == (uint32_t)offset) ||
	    (r->before_len != 0 && r->before == (uint32_t)offset))
		return true;
	const int64_t upto = (int64_t)offset + (int32_t)(r->upto - (uint32_t)offset);
	return r->span != 0 && (int64_t)offset < upto && (int64_t)end > upto - known(r);
}
