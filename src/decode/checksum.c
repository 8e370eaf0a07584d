/* Checksums, and when a wrong one is held against its bytes.
 *
 * A machine that captures its own traffic sees what its network card has not yet completed: IPv4's field is zero, and
 * TCP's holds the sum of the pseudo header alone.  So `auto` learns by sender:
 *
 *   - a sender that never showed a right checksum on a SYN or on data is believed whatever it shows;
 *   - from one that has, a wrong checksum is refused, except
 *   - the unfinished form (the pseudo header's sum): it is taken from a sender that had it before its first right data,
 *     or that has once sent it with a segment larger than a frame holds.  Only a card or kernel that splits and joins
 *     segments makes those, and it writes this form into small ones too, between others that it leaves as they came.
 *
 * Bare acknowledgements and RSTs teach nothing: kernels complete the checksum of some of those themselves, and of IPv4's
 * checksum there need not be a look at the table for each.  A sender not heard of for long gives way to others (senders.h)
 * and is new again. */
#include "decode/peel.h"

enum {
	SHOWN_RIGHT = 1,
	SHOWN_RIGHT_DATA = 2,
	SHOWN_UNFINISHED = 4,
	SHOWN_RIGHT_IP = 8,
	LARGEST_IN_FRAME = 1480,
	CHECKSUM_AT = 16,
	IPV4_LEN = 20
};

/* Sums are over 16-bit words in the order they lie in memory: the one's complement sum does not mind (RFC 1071, 2). */
static uint16_t fold(uint64_t sum)
{
	/* Each half added to the other, with the carry that comes around. */
	sum += sum << 32 | sum >> 32;
	uint32_t half = (uint32_t)(sum >> 32);
	half += half << 16 | half >> 16;
	return (uint16_t)(half >> 16);
}

/* For a length known when compiled, at most eight bytes. */
static inline uint64_t sum_word(const uint8_t *at, size_t len)
{
	uint64_t word = 0;
	memcpy(&word, at, len);
	return (word & 0xffffffff) + (word >> 32);
}

static inline uint64_t sum_tail(const uint8_t *at, size_t len)
{
	uint64_t sum = 0;
	if (len & 4) {
		sum += sum_word(at, 4);
		at += 4;
	}
	if (len & 2) {
		sum += sum_word(at, 2);
		at += 2;
	}
	return len & 1 ? sum + sum_word(at, 1) : sum;
}

typedef uint64_t pair __attribute__((vector_size(16)));

static inline pair pair_at(const uint8_t *at)
{
	pair two;
	memcpy(&two, at, sizeof two);
	return two;
}

#ifdef __x86_64__
typedef uint64_t four __attribute__((vector_size(32)));

/* As much as fills whole blocks, with the wider registers of most processors. */
__attribute__((target("avx2"))) static uint64_t sum_blocks(const uint8_t *at, size_t len)
{
	const four low = { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff };
	four even = { 0 }, odd = { 0 };
	for (; len >= 64; len -= 64, at += 64) {
		four a, b;
		memcpy(&a, at, sizeof a);
		memcpy(&b, at + 32, sizeof b);
		even += (a & low) + (b & low);
		odd += (a >> 32) + (b >> 32);
	}
	even += odd;
	return even[0] + even[1] + even[2] + even[3];
}

static inline size_t whole_blocks(size_t len)
{
	return len >= 128 && __builtin_cpu_supports("avx2") ? len & ~(size_t)63 : 0;
}
#else
static uint64_t sum_blocks(const uint8_t *at, size_t len)
{
	(void)at;
	(void)len;
	return 0;
}

static inline size_t whole_blocks(size_t len)
{
	(void)len;
	return 0;
}
#endif

/* Words of half the width of their sums, so no carry is ever lost: four at a time. */
static inline uint64_t sum_pairs(const uint8_t *at, size_t len)
{
	const pair low = { 0xffffffff, 0xffffffff };
	pair even = { 0 }, odd = { 0 };
	for (; len >= 32; len -= 32, at += 32) {
		const pair a = pair_at(at), b = pair_at(at + 16);
		even += (a & low) + (b & low);
		odd += (a >> 32) + (b >> 32);
	}
	even += odd;
	return even[0] + even[1];
}

/* Half of all segments are a header and nothing else: these need no wide registers. */
static uint64_t sum_bytes(const uint8_t *at, size_t len)
{
	uint64_t sum = 0;
	if (len >= 32) {
		const size_t blocks = whole_blocks(len), pairs = (len - blocks) & ~(size_t)31;
		sum = (blocks != 0 ? sum_blocks(at, blocks) : 0) + sum_pairs(at + blocks, pairs);
		at += blocks + pairs;
		len -= blocks + pairs;
	}
	for (; len >= 8; len -= 8, at += 8)
		sum += sum_word(at, 8);
	return sum + sum_tail(at, len);
}

/* Nearly all headers of IPv4 have this length. */
static inline uint64_t sum_header(struct slice header)
{
	if (header.len != IPV4_LEN)
		return sum_bytes(header.at, header.len);
	return sum_word(header.at, 8) + sum_word(header.at + 8, 8) + sum_word(header.at + 16, 4);
}

/* The pseudo header (RFC 9293, 3.1; RFC 8200, 8.1), not folded.  Addresses of IPv4 have zeros behind. */
static uint64_t pseudo_sum(const struct segment *s)
{
	const size_t len = s->tcp.len + s->cut;
	const uint8_t end[8] = { 0, PROTOCOL_TCP, 0, 0, 0, (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len };
	const uint64_t sum = sum_word(end, sizeof end) + sum_word(s->key.lo.addr, 8) + sum_word(s->key.hi.addr, 8);
	return s->key.ipv6 ? sum + sum_word(s->key.lo.addr + 8, 8) + sum_word(s->key.hi.addr + 8, 8) : sum;
}

bool checksum_ip_right(struct slice header)
{
	return fold(sum_header(header)) == 0xffff;
}

bool checksum_ip(struct peel *p, struct slice header)
{
	struct decoder *d = p->d;
	const bool right = checksum_ip_right(header);
	if (!right)
		d->counters.bad_ip_checksum++;
	if (d->policy != CHECKSUM_AUTO)
		return right || d->policy == CHECKSUM_NONE;
	struct sender *s = senders_get(&d->senders, senders_who(&d->senders, p->src, p->dst, false, p->space));
	if (right)
		s->shown |= SHOWN_RIGHT_IP;
	return right || (s->shown & SHOWN_RIGHT_IP) == 0 || read_be16(header.at + 10) == 0;
}

static bool same_sum(uint16_t a, uint16_t b)
{
	return a == b || (a == 0 && b == 0xffff) || (a == 0xffff && b == 0);
}

/* The pseudo header's sum, with the length or, as some cards want it for segments to be split, without. */
static bool is_unfinished(const struct segment *s)
{
	const uint8_t len[4] = { 0, (uint8_t)(s->tcp.len >> 16), (uint8_t)(s->tcp.len >> 8), (uint8_t)s->tcp.len };
	uint16_t field;
	memcpy(&field, s->tcp.at + CHECKSUM_AT, sizeof field);
	const uint16_t pseudo = fold(pseudo_sum(s));
	return same_sum(field, pseudo) || same_sum(fold(field + sum_word(len, sizeof len)), pseudo);
}

static bool teaches(const struct segment *s)
{
	return s->payload.len != 0 || (s->flags & TCP_SYN) != 0;
}

static bool believe(struct sender *sender, const struct segment *s, bool right)
{
	if (right && teaches(s))
		sender->shown |= s->payload.len != 0 ? SHOWN_RIGHT | SHOWN_RIGHT_DATA : SHOWN_RIGHT;
	if (right)
		return true;
	if (!is_unfinished(s))
		return (sender->shown & SHOWN_RIGHT) == 0;
	if ((teaches(s) && (sender->shown & SHOWN_RIGHT_DATA) == 0) || s->tcp.len > LARGEST_IN_FRAME)
		sender->shown |= SHOWN_UNFINISHED;
	return (sender->shown & SHOWN_RIGHT_DATA) == 0 || (sender->shown & SHOWN_UNFINISHED) != 0;
}

/* Apart, so that what only sums saves no registers for it. */
static NOT_INLINE bool ask_sender(struct decoder *d, const struct segment *s, bool right)
{
	const struct endpoint *from = s->way == LO_TO_HI ? &s->key.lo : &s->key.hi;
	const struct endpoint *to = s->way == LO_TO_HI ? &s->key.hi : &s->key.lo;
	const uint64_t who = senders_who(&d->senders, from->addr, to->addr, s->key.ipv6, s->key.space);
	struct sender *sender = senders_get(&d->senders, who);
	if (s->ip_right)
		sender->shown |= SHOWN_RIGHT_IP;
	return believe(sender, s, right);
}

bool decode_checksum(struct decoder *d, const struct segment *s)
{
	if (d->policy == CHECKSUM_NONE || s->cut != 0)
		return true;
	const bool right = fold(pseudo_sum(s) + sum_bytes(s->tcp.at, s->tcp.len)) == 0xffff;
	if (!right)
		d->counters.bad_tcp_checksum++;
	/* What is right and teaches nothing need not disturb the table. */
	if (d->policy == CHECKSUM_ALL || (right && !teaches(s)))
		return right;
	return ask_sender(d, s, right);
}
