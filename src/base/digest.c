#include "base/digest.h"

#include <sha1.h>
#include <sha2.h>

void digest_sha1(struct slice in, uint8_t out[20])
{
	SHA1_CTX c;
	SHA1Init(&c);
	if (in.len != 0)
		SHA1Update(&c, in.at, in.len);
	SHA1Final(out, &c);
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

size_t base64_encode(struct slice in, char *out, size_t size)
{
	const size_t groups = in.len / 3 + (in.len % 3 != 0);
	if (size == 0 || groups > (size - 1) / 4)
		return 0;
	char *to = out;
	for (size_t i = 0; i < in.len; i += 3) {
		const size_t n = in.len - i < 3 ? in.len - i : 3;
		uint32_t bits = (uint32_t)in.at[i] << 16;
		if (n > 1)
			bits |= (uint32_t)in.at[i + 1] << 8;
		if (n > 2)
			bits |= in.at[i + 2];
		*to++ = alphabet[bits >> 18];
		*to++ = alphabet[bits >> 12 & 63];
		*to++ = n > 1 ? alphabet[bits >> 6 & 63] : '=';
		*to++ = n > 2 ? alphabet[bits & 63] : '=';
	}
	*to = '\0';
	return groups * 4;
}

enum { BASE64_NOT = 64 };

/* RFC 4648, 4 and 5: either alphabet. */
static unsigned sextet(uint8_t b)
{
	if (b >= 'A' && b <= 'Z')
		return (unsigned)(b - 'A');
	if (b >= 'a' && b <= 'z')
		return (unsigned)(b - 'a') + 26;
	if (b >= '0' && b <= '9')
		return (unsigned)(b - '0') + 52;
	if (b == '+' || b == '-')
		return 62;
	if (b == '/' || b == '_')
		return 63;
	return BASE64_NOT;
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
		const unsigned six = sextet(in.at[i]);
		if (six == BASE64_NOT || n == size)
			break;
		bits = (bits << 6 | six) & 0xfff;
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
