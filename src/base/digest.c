/* SHA-256 is libmd's.  SHA-1 is spelt out here: libmd and nDPI both export SHA1Init and its kin, over contexts of different
 * sizes, and whichever library the loader meets first serves the other as well.  A program that names neither of them and
 * is linked with nDPI before libmd leaves each to itself. */
#include "base/digest.h"

#include <endian.h>
#include <sha2.h>
#include "base/digit.h"
#include "base/sha1.h"

/* Not in check builds, so that both ways are tested. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(CHECK_BUILD)
#define SHA_INSTRUCTIONS 1
#include <immintrin.h>
#endif

/* FIPS 180-4, 6.1.2, step 1. */
static void spread(const uint8_t block[64], uint32_t w[80])
{
	for (unsigned t = 0; t < 16; t++)
		w[t] = read_be32(block + 4 * t);
	for (unsigned t = 16; t < 80; t++) {
		const uint32_t mixed = w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16];
		uint32_t word = SHA1_ROTATE(mixed, 1);
		/* Kept from being done two at a time: two words stored one by one cannot be loaded together without a stall. */
		__asm__("" : "+r"(word));
		w[t] = word;
	}
}

static void sha1_block(uint32_t h[5], const uint8_t block[64])
{
	uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
	spread(block, w);
	SHA1_EIGHTY
	h[0] += a;
	h[1] += b;
	h[2] += c;
	h[3] += d;
	h[4] += e;
}

#ifdef SHA_INSTRUCTIONS
/* Four rounds: `e` and the next four words go in; what was `abcd` gives the next `e`. */
#define FOUR_ROUNDS(kind)                                                                               \
	do {                                                                                            \
		const unsigned at = group % 4;                                                          \
		const __m128i in = group == 0 ? _mm_add_epi32(e, w[0]) : _mm_sha1nexte_epu32(e, w[at]); \
		e = abcd;                                                                               \
		abcd = _mm_sha1rnds4_epu32(abcd, in, (kind));                                           \
		const __m128i mixed = _mm_sha1msg1_epu32(w[at], w[(at + 1) % 4]);                       \
		w[at] = _mm_sha1msg2_epu32(_mm_xor_si128(mixed, w[(at + 2) % 4]), w[(at + 3) % 4]);     \
	} while (0)

/* The same with the processor's own instructions, which want the words in reverse.  Every record has a digest in it: they
 * were a tenth of all instructions on short flows. */
__attribute__((target("sha,sse4.1"))) static void sha1_block_fast(uint32_t h[5], const uint8_t block[64])
{
	const __m128i swap = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
	__m128i w[4], abcd = _mm_shuffle_epi32(_mm_loadu_si128((const void *)h), 0x1b);
	__m128i e = _mm_set_epi32((int)h[4], 0, 0, 0);
	const __m128i abcd_before = abcd, e_before = e;
	for (unsigned i = 0; i < 4; i++)
		w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const void *)(block + 16 * i)), swap);
	unsigned group = 0;
	for (; group < 5; group++)
		FOUR_ROUNDS(0);
	for (; group < 10; group++)
		FOUR_ROUNDS(1);
	for (; group < 15; group++)
		FOUR_ROUNDS(2);
	for (; group < 20; group++)
		FOUR_ROUNDS(3);
	e = _mm_sha1nexte_epu32(e, e_before);
	_mm_storeu_si128((void *)h, _mm_shuffle_epi32(_mm_add_epi32(abcd, abcd_before), 0x1b));
	h[4] = (uint32_t)_mm_extract_epi32(e, 3);
}
#endif

static void sha1_take(uint32_t h[5], const uint8_t block[64])
{
#ifdef SHA_INSTRUCTIONS
	if (__builtin_cpu_supports("sha")) {
		sha1_block_fast(h, block);
		return;
	}
#endif
	sha1_block(h, block);
}

void digest_sha1(struct slice in, uint8_t out[20])
{
	uint32_t h[5] = SHA1_BEGIN;
	struct slice rest = in;
	for (; rest.len >= 64; rest = slice_from(rest, 64))
		sha1_take(h, rest.at);

	/* FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits; one block or two. */
	uint8_t last[128] = { 0 };
	if (rest.len != 0)
		memcpy(last, rest.at, rest.len);
	last[rest.len] = 0x80;
	const size_t end = rest.len < 56 ? 64 : 128;
	const uint64_t bits = htobe64((uint64_t)in.len << 3);
	memcpy(last + end - sizeof bits, &bits, sizeof bits);
	for (size_t at = 0; at < end; at += 64)
		sha1_take(h, last + at);

	for (unsigned i = 0; i < 5; i++) {
		const uint32_t word = htobe32(h[i]);
		memcpy(out + 4 * i, &word, sizeof word);
	}
}

void digest_sha256(struct slice in, uint8_t out[32])
{
	SHA2_CTX c;
	SHA256Init(&c);
	if (in.len != 0)
		SHA256Update(&c, in.at, in.len);
	SHA256Final(out, &c);
}

/* RFC 4648, 4 */
static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_group(uint32_t bits, char *to)
{
	to[0] = alphabet[bits >> 18];
	to[1] = alphabet[bits >> 12 & 63];
	to[2] = alphabet[bits >> 6 & 63];
	to[3] = alphabet[bits & 63];
}

size_t base64_encode(struct slice in, char *out, size_t size)
{
	const size_t groups = in.len / 3 + (in.len % 3 != 0);
	if (size == 0 || groups > (size - 1) / 4)
		return 0;
	char *to = out;
	size_t left = in.len;
	for (const uint8_t *at = in.at; left >= 3; at += 3, left -= 3, to += 4)
		encode_group((uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2], to);
	if (left != 0) {
		const uint8_t *at = in.at + in.len - left;
		encode_group((uint32_t)at[0] << 16 | (left == 2 ? (uint32_t)at[1] << 8 : 0), to);
		if (left == 1)
			to[2] = '=';
		to[3] = '=';
		to += 4;
	}
	*to = '\0';
	return groups * 4;
}

/* How much padding stands at `at`, after `taken` digits: what fills up the group of four, or less if it is missing. */
static size_t padding(struct slice in, size_t at, size_t taken)
{
	const size_t due = taken % 4 == 2 ? 2 : taken % 4 == 3 ? 1 : 0;
	size_t n = 0;
	while (n < due && at + n < in.len && in.at[at + n] == '=')
		n++;
	return n;
}

size_t base64_decode(struct slice in, uint8_t *out, size_t size, size_t *used)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t n = 0, i = 0;
	for (; i < in.len; i++) {
		const int six = base64_value(in.at[i]);
		if (six < 0 || n == size)
			break;
		bits = (bits << 6 | (unsigned)six) & 0xfff;
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[n++] = (uint8_t)(bits >> held);
		}
	}
	*used = i + padding(in, i, i);
	return n;
}

void hex_encode(struct slice in, char *out)
{
	static const char digits[] = "0123456789abcdef";
	for (size_t i = 0; i < in.len; i++) {
		out[2 * i] = digits[in.at[i] >> 4];
		out[2 * i + 1] = digits[in.at[i] & 15];
	}
	out[2 * in.len] = '\0';
}
