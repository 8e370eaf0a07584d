/* IPv4 (RFC 791) and IPv6 (RFC 8200).
 *
 * IP's own length says what belongs to the datagram; what the frame holds beyond it is padding and never used.  A length
 * that reaches beyond what was sent cannot be: a receiver drops such a datagram, so nothing in it may be believed.  Only
 * what was sent but not kept by the capture counts as cut.  A length of zero is what large segments show that a network
 * card was to split, or had joined: there the frame's own length holds. */
#include "decode/peel.h"

enum { IPV4_LEN = 20, IPV6_LEN = 40, FRAGMENT_LEN = 8, ADDRESS_LEN = 16 };

/* Trims the rest, which begins with an IP header, to `total` bytes; 0: what there is. */
static bool trim(struct peel *p, size_t total)
{
	const size_t sent = p->rest.len + p->beyond;
	if (total == 0)
		total = sent;
	if (total > sent)
		return false;
	p->rest = slice_head(p->rest, total);
	p->beyond = total - p->rest.len;
	return true;
}

static enum step leave(struct peel *p, uint8_t protocol)
{
	p->type = protocol;
	return protocol == PROTOCOL_TCP ? STEP_TCP : STEP_PROTOCOL;
}

/* The rest is a piece of a datagram.  True: it was the last one missing, and the rest is now the whole. */
static bool put_together(struct peel *p, uint32_t id, uint32_t offset, bool more, uint8_t *protocol)
{
	struct frag_key key = { .id = id, .space = p->space, .ipv6 = p->ipv6, .protocol = p->ipv6 ? 0 : *protocol };
	memcpy(key.src, p->src, p->ipv6 ? ADDRESS_LEN : 4);
	memcpy(key.dst, p->dst, p->ipv6 ? ADDRESS_LEN : 4);
	const struct frag_piece piece = {
		.bytes = p->rest, .offset = offset, .more = more, .next = *protocol, .t = p->t
	};
	if (p->beyond != 0) {
		p->d->frag.dropped++;
		return false;
	}
	return frag_add(&p->d->frag, &key, &piece, &p->rest, protocol) == FRAG_WHOLE;
}

/* RFC 8200, 8.1: the pseudo header holds the final destination, which a routing header still under way keeps in its list
 * (RFC 6275, 6.4 type 2; RFC 8754, 2 type 4: the first entry; the old type 0: the last). */
static bool final_destination(struct peel *p, size_t len)
{
	const uint8_t type = p->rest.at[2], left = p->rest.at[3];
	if (left == 0 || (type != 0 && type != 2 && type != 4))
		return true;
	if (len < 8 + ADDRESS_LEN)
		return false;
	p->dst = p->rest.at + (type == 0 ? len - ADDRESS_LEN : 8);
	return true;
}

/* The length of the extension header at the start of the rest; 0: cut, or cannot be. */
static size_t extension_len(const struct peel *p, uint8_t protocol)
{
	if (p->rest.len < 8)
		return 0;
	const size_t units = p->rest.at[1];
	const size_t len = protocol == PROTOCOL_AH ? (units + 2) * 4 : (units + 1) * 8;
	return len <= p->rest.len ? len : 0;
}

static bool is_extension(const struct peel *p, uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_AH:
		return true;
	case PROTOCOL_HOP_BY_HOP:
	case PROTOCOL_ROUTING:
	case PROTOCOL_FRAGMENT:
	case PROTOCOL_DESTINATION:
	case PROTOCOL_MOBILITY:
	case PROTOCOL_HIP:
	case PROTOCOL_SHIM6:
		return p->ipv6;
	default:
		return false;
	}
}

/* RFC 8200, 4.5.  A header that says "whole" is no fragment (RFC 6946).  False: there is nothing to go on with. */
static bool peel_fragment(struct peel *p, uint8_t *protocol)
{
	const uint16_t field = read_be16(p->rest.at + 2);
	const uint32_t id = read_be32(p->rest.at + 4);
	*protocol = p->rest.at[0];
	peel_past(p, FRAGMENT_LEN);
	if ((field & 0xfff9) == 0)
		return true;
	return put_together(p, id, field & 0xfff8, (field & 1) != 0, protocol);
}

static enum step peel_extensions(struct peel *p, uint8_t protocol)
{
	for (unsigned n = 0; is_extension(p, protocol); n++) {
		if (n == MAX_IPV6_EXTENSIONS)
			return STEP_TOO_DEEP;
		if (protocol == PROTOCOL_FRAGMENT) {
			if (p->rest.len < FRAGMENT_LEN)
				return STEP_MALFORMED;
			if (!peel_fragment(p, &protocol))
				return STEP_FRAGMENT;
			continue;
		}
		const size_t len = extension_len(p, protocol);
		if (len == 0 || (protocol == PROTOCOL_ROUTING && !final_destination(p, len)))
			return STEP_MALFORMED;
		protocol = p->rest.at[0];
		peel_past(p, len);
	}
	return leave(p, protocol);
}

static enum step peel_v6(struct peel *p)
{
	const uint8_t *at = p->rest.at;
	if (p->rest.len < IPV6_LEN)
		return STEP_MALFORMED;
	const size_t len = read_be16(at + 4);
	if (!trim(p, len == 0 ? 0 : IPV6_LEN + len))
		return STEP_MALFORMED;
	p->ipv6 = true;
	p->ttl = at[7];
	p->src = at + 8;
	p->dst = at + 24;
	peel_past(p, IPV6_LEN);
	return at[6] == PROTOCOL_TCP ? leave(p, PROTOCOL_TCP) : peel_extensions(p, at[6]);
}

static void read_v4(struct peel *p, const uint8_t *at)
{
	p->ipv6 = false;
	p->ttl = at[8];
	p->src = at + 12;
	p->dst = at + 16;
}

static enum step peel_v4(struct peel *p)
{
	const uint8_t *at = p->rest.at;
	if (p->rest.len < IPV4_LEN)
		return STEP_MALFORMED;
	const size_t len = (size_t)(at[0] & 15) * 4, total = read_be16(at + 2);
	if (len < IPV4_LEN || len > p->rest.len || (total != 0 && total < len) || !trim(p, total))
		return STEP_MALFORMED;
	read_v4(p, at);
	if (!checksum_ip(p, slice_head(p->rest, len)))
		return STEP_MALFORMED;
	peel_past(p, len);

	uint8_t protocol = at[9];
	const uint16_t fragment = read_be16(at + 6);
	if ((fragment & 0x3fff) != 0 &&
	    !put_together(p, read_be16(at + 4), (fragment & 0x1fffu) * 8, (fragment & 0x2000) != 0, &protocol))
		return STEP_FRAGMENT;
	return protocol == PROTOCOL_AH ? peel_extensions(p, protocol) : leave(p, protocol);
}

bool ip_peel_plain(struct peel *p)
{
	const uint8_t *at = p->rest.at;
	const size_t len = p->rest.len;
	if (len >= IPV6_LEN && at[0] >> 4 == 6 && at[6] == PROTOCOL_TCP)
		return peel_v6(p) == STEP_TCP;
	if (len < IPV4_LEN || at[0] != 0x45 || at[9] != PROTOCOL_TCP || (read_be16(at + 6) & 0x3fff) != 0 ||
	    !checksum_ip_right(slice_head(p->rest, IPV4_LEN)))
		return false;
	const size_t total = read_be16(at + 2);
	if ((total != 0 && total < IPV4_LEN) || !trim(p, total))
		return false;
	read_v4(p, at);
	p->seg->ip_right = true;
	peel_past(p, IPV4_LEN);
	return true;
}

enum step ip_peel(struct peel *p)
{
	if (p->rest.len == 0)
		return STEP_MALFORMED;
	switch (p->rest.at[0] >> 4) {
	case 4:
		return peel_v4(p);
	case 6:
		return peel_v6(p);
	default:
		return STEP_MALFORMED;
	}
}
