/* JA4, the fingerprint of a ClientHello as published for TLS clients: `t13d1516h2_` and twelve digits each of two SHA-256:
 * of the ciphers, sorted; of the extensions, sorted and without SNI and ALPN, and the signature algorithms as sent. */
#include "channel/tls.h"

#include <stdio.h>
#include "base/digest.h"

enum { HASH_LEN = 12 };

/* RFC 8701, 2: 0x0a0a, 0x1a1a, ... 0xfafa. */
bool ja4_is_grease(uint16_t value)
{
	return (value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff);
}

static const char *version_text(uint16_t version)
{
	switch (version) {
	case 0x0304:
		return "13";
	case 0x0303:
		return "12";
	case 0x0302:
		return "11";
	case 0x0301:
		return "10";
	case 0x0300:
		return "s3";
	case 0x0002:
		return "s2";
	default:
		return "00";
	}
}

static bool is_alphanumeric(uint8_t b)
{
	return (b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
}

/* First and last character of the first protocol offered; of its hexadecimal form when one of them is no letter or digit. */
static void alpn_text(struct slice alpn, char out[3])
{
	static const char digits[] = "0123456789abcdef";
	out[0] = out[1] = '0';
	out[2] = '\0';
	if (alpn.len == 0)
		return;
	const uint8_t first = alpn.at[0], last = alpn.at[alpn.len - 1];
	const bool plain = is_alphanumeric(first) && is_alphanumeric(last);
	out[0] = plain ? (char)first : digits[first >> 4];
	out[1] = plain ? (char)last : digits[last & 15];
}

/* Shell's sort: the lists are short, and no order of theirs makes it slow. */
static void sort(uint16_t *list, unsigned count)
{
	static const unsigned steps[] = { 301, 132, 57, 23, 10, 4, 1 };
	for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
		const unsigned step = steps[s];
		for (unsigned i = step; i < count; i++) {
			const uint16_t value = list[i];
			unsigned j = i;
			for (; j >= step && list[j - step] > value; j -= step)
				list[j] = list[j - step];
			list[j] = value;
		}
	}
}

/* Appends `xxxx,xxxx`; returns the new length. */
static size_t append_list(char *text, size_t size, size_t len, const uint16_t *list, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t bytes[2] = { (uint8_t)(list[i] >> 8), (uint8_t)list[i] };
		if (len + 6 > size)
			return len;
		if (i != 0)
			text[len++] = ',';
		hex_encode((struct slice){ bytes, 2 }, text + len);
		len += 4;
	}
	return len;
}

static void hash_text(const char *text, size_t len, char out[HASH_LEN + 1])
{
	uint8_t digest[32];
	char hex[65];
	memset(out, '0', HASH_LEN);
	out[HASH_LEN] = '\0';
	if (len == 0)
		return;
	digest_sha256((struct slice){ (const uint8_t *)text, len }, digest);
	hex_encode((struct slice){ digest, sizeof digest }, hex);
	memcpy(out, hex, HASH_LEN);
}

static unsigned drop_sni_and_alpn(uint16_t *list, unsigned count)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < count; i++)
		if (list[i] != 0x0000 && list[i] != 0x0010)
			list[kept++] = list[i];
	return kept;
}

static unsigned at_most_99(unsigned n)
{
	return n < 99 ? n : 99;
}

bool ja4_write(struct ja4_parts *p, char *text, size_t size, char *out, size_t out_size)
{
	char alpn[3], ciphers[HASH_LEN + 1], extensions[HASH_LEN + 1];
	const unsigned extension_count = p->extension_count;
	if (p->too_many)
		return false;
	alpn_text(p->alpn, alpn);
	sort(p->ciphers, p->cipher_count);
	hash_text(text, append_list(text, size, 0, p->ciphers, p->cipher_count), ciphers);
	const unsigned kept = drop_sni_and_alpn(p->extensions, p->extension_count);
	sort(p->extensions, kept);
	size_t len = append_list(text, size, 0, p->extensions, kept);
	if (len != 0 && p->algorithm_count != 0) {
		text[len++] = '_';
		len = append_list(text, size, len, p->algorithms, p->algorithm_count);
	}
	hash_text(text, len, extensions);
	const int wrote =
	    snprintf(out, out_size, "t%s%c%02u%02u%s_%s_%s", version_text(p->version), p->has_sni ? 'd' : 'i',
		at_most_99(p->cipher_count), at_most_99(extension_count), alpn, ciphers, extensions);
	return wrote > 0 && (size_t)wrote < out_size;
}
