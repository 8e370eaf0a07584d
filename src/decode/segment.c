#include "decode/segment.h"

#include <endian.h>
#include "decode/decode.h"

const char *carrier_name(enum carrier c)
{
	static const char *const names[CARRIERS] = {
		[CARRIER_VLAN] = "vlan",
		[CARRIER_PPPOE] = "pppoe",
		[CARRIER_MPLS] = "mpls",
		[CARRIER_GRE] = "gre",
		[CARRIER_IPIP] = "ipip",
		[CARRIER_6IN4] = "6in4",
		[CARRIER_4IN6] = "4in6",
		[CARRIER_6IN6] = "6in6",
		[CARRIER_VXLAN] = "vxlan",
		[CARRIER_GENEVE] = "geneve",
		[CARRIER_ERSPAN] = "erspan",
	};
	return (unsigned)c < CARRIERS ? names[c] : "unknown";
}

/* Three digits and a dot at once, less the leading zeros: a third of the instructions of byte by byte. */
static char *put_ipv4(char *at, const uint8_t *addr)
{
	for (unsigned i = 0; i < 4; i++) {
		const unsigned n = addr[i], zeros = n < 10 ? 2 : n < 100;
		const uint32_t digits = n / 100 | n / 10 % 10 << 8 | n % 10 << 16;
		const uint32_t text = htole32((digits | 0x2e303030) >> 8 * zeros);
		memcpy(at, &text, sizeof text);
		at += sizeof text - zeros;
	}
	return at - 1;
}

/* Lower case, without leading zeros (RFC 5952, 4.1 and 4.3). */
static char *put_group(char *at, unsigned group)
{
	static const char digits[] = "0123456789abcdef";
	if (group >= 0x1000)
		*at++ = digits[group >> 12];
	if (group >= 0x100)
		*at++ = digits[group >> 8 & 15];
	if (group >= 0x10)
		*at++ = digits[group >> 4 & 15];
	*at++ = digits[group & 15];
	return at;
}

/* What "::" stands for: the longest run of zero groups, the first among equals, never one by itself (RFC 5952, 4.2). */
struct zeros {
	unsigned from, len;
};

static struct zeros longest_zeros(const unsigned groups[8])
{
	struct zeros best = { 8, 1 }, run = { 0, 0 };
	for (unsigned i = 0; i < 8; i++) {
		if (groups[i] != 0) {
			run = (struct zeros){ i + 1, 0 };
			continue;
		}
		run.len++;
		if (run.len > best.len)
			best = run;
	}
	return best;
}

/* Addresses with an IPv4 address in them show it as one (RFC 5952, 5). */
static bool ends_in_ipv4(const unsigned groups[8], struct zeros z)
{
	return z.from == 0 && (z.len == 6 || (z.len == 5 && groups[5] == 0xffff));
}

static char *put_ipv6(char *at, const uint8_t *addr)
{
	unsigned groups[8];
	for (unsigned i = 0; i < 8; i++)
		groups[i] = read_be16(addr + 2 * i);
	const struct zeros z = longest_zeros(groups);
	for (unsigned i = 0; i < 8; i++) {
		if (i > z.from && i < z.from + z.len)
			continue;
		if (i != 0 || i == z.from)
			*at++ = ':';
		if (i == z.from)
			continue;
		if (i == 6 && ends_in_ipv4(groups, z))
			return put_ipv4(at, addr + 12);
		at = put_group(at, groups[i]);
	}
	if (z.from + z.len == 8)
		*at++ = ':';
	return at;
}

size_t endpoint_text(const struct endpoint *e, bool ipv6, char *out)
{
	char *end = ipv6 ? put_ipv6(out, e->addr) : put_ipv4(out, e->addr);
	*end = '\0';
	return (size_t)(end - out);
}
