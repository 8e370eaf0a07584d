/* Carriers above IP: IP in IP, GRE with what it may hold, and the two overlays over UDP.
 *
 * GRE, and IP in IP, say what they are.  An overlay is looked for at its port and believed when its header is sound and
 * leads to an inner one: DNS at port 4789 stays UDP. */
#include "decode/peel.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080,
	GRE_VERSION = 0x0007,
	GRE_PPTP = 1,
	MOST_ROUTES = 16,
	NVGRE_FIRST_ID = 0x1000,
	UDP_LEN = 8,
	VXLAN_LEN = 8,
	VXLAN_ID = 0x08,
	VXLAN_NEXT = 0x04,
	NEXT_IPV4 = 1,
	NEXT_IPV6 = 2,
	GENEVE_LEN = 8,
	GENEVE_CONTROL = 0x80,
	PORT_VXLAN = 4789,
	PORT_VXLAN_GPE = 4790,
	PORT_VXLAN_LINUX = 8472,
	PORT_GENEVE = 6081
};

/* RFC 2003, RFC 2473, RFC 4213. */
enum step encap_ip(struct peel *p)
{
	static const enum carrier kinds[2][2] = {
		{ CARRIER_IPIP, CARRIER_6IN4 },
		{ CARRIER_4IN6, CARRIER_6IN6 },
	};
	const bool inner_ipv6 = p->type == PROTOCOL_IPV6;
	if (p->rest.len == 0 || p->rest.at[0] >> 4 != (inner_ipv6 ? 6 : 4))
		return STEP_MALFORMED;
	return peel_carrier(p, kinds[p->ipv6][inner_ipv6], 0) ? STEP_IP : STEP_TOO_DEEP;
}

/* ERSPAN (draft-foschiano-erspan): type I has no header of its own and shows by the absence of GRE's sequence number.
 * The session id tells monitors apart, not conversations. */
static enum step peel_erspan(struct peel *p, uint16_t type, bool sequence)
{
	const struct slice s = p->rest;
	size_t len = 0;
	uint32_t session = 0;
	if (sequence || type == TYPE_ERSPAN_3) {
		len = type == TYPE_ERSPAN_3 ? 12 : 8;
		if (s.len < len)
			return STEP_MALFORMED;
		if (s.at[0] >> 4 != (type == TYPE_ERSPAN_3 ? 2 : 1))
			return STEP_OTHER;
		session = read_be16(s.at + 2) & 0x03ff;
		if (type == TYPE_ERSPAN_3 && (s.at[11] & 1) != 0)
			len += 8;
		if (s.len < len)
			return STEP_MALFORMED;
	}
	if (!peel_carrier(p, CARRIER_ERSPAN, session))
		return STEP_TOO_DEEP;
	peel_past(p, len);
	return STEP_ETHERNET;
}

/* RFC 1701: source route entries, the last of which is empty. */
static bool past_routes(struct cursor *c)
{
	for (unsigned n = 0; n < MOST_ROUTES; n++) {
		const uint16_t family = cursor_be16(c);
		cursor_u8(c);
		const uint8_t len = cursor_u8(c);
		cursor_take(c, len);
		if (!c->ok || (family == 0 && len == 0))
			return c->ok;
	}
	return false;
}

/* What of a GRE key names the network.  RFC 7637, 3.2: with Ethernet inside, the low eight bits may be a hash of the
 * conversation, which differs by direction; ids below 0x1000 are reserved there, so a small key is just a key. */
static uint32_t network_of_key(uint32_t key, uint16_t type)
{
	return type == TYPE_ETHERNET && key >> 8 >= NVGRE_FIRST_ID ? key >> 8 : key;
}

static enum step peel_payload(struct peel *p, uint16_t type)
{
	switch (type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
	case TYPE_MPLS:
	case TYPE_MPLS_UPSTREAM:
	case TYPE_VLAN:
	case TYPE_QINQ:
		p->type = type;
		return STEP_TYPE;
	case TYPE_ETHERNET:
		return STEP_ETHERNET;
	case TYPE_PPP:
		return STEP_PPP;
	default:
		/* Aruba's access points: the low bits number their own queues. */
		return (type & 0xfff0) == TYPE_ARUBA ? wlan_peel(p) : STEP_OTHER;
	}
}

/* RFC 2637, 4.1: PPP inside; the key is a length and a call id, which differs by direction. */
static enum step peel_pptp(struct peel *p, uint16_t flags, struct cursor *c)
{
	const uint32_t key = cursor_be32(c);
	cursor_take(c, ((flags & GRE_SEQUENCE) != 0 ? 4u : 0u) + ((flags & GRE_ACK) != 0 ? 4u : 0u));
	if ((flags & GRE_KEY) == 0 || !c->ok)
		return STEP_MALFORMED;
	if ((flags & GRE_SEQUENCE) == 0)
		return STEP_OTHER;
	if (!peel_carrier(p, CARRIER_GRE, key & 0xffff))
		return STEP_TOO_DEEP;
	p->rest = c->rest;
	return STEP_PPP;
}

/* RFC 2784, RFC 2890, and the routing field of RFC 1701. */
enum step encap_gre(struct peel *p)
{
	struct cursor c = cursor_on(p->rest);
	const uint16_t flags = cursor_be16(&c), type = cursor_be16(&c);
	if (!c.ok)
		return STEP_MALFORMED;
	if ((flags & GRE_VERSION) == GRE_PPTP && type == TYPE_PPP)
		return peel_pptp(p, flags, &c);
	if ((flags & GRE_VERSION) != 0)
		return STEP_OTHER;
	cursor_take(&c, (flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0 ? 4 : 0);
	const uint32_t key = (flags & GRE_KEY) != 0 ? cursor_be32(&c) : 0;
	cursor_take(&c, (flags & GRE_SEQUENCE) != 0 ? 4 : 0);
	if (!c.ok || ((flags & GRE_ROUTING) != 0 && !past_routes(&c)))
		return STEP_MALFORMED;
	p->rest = c.rest;
	if (type == TYPE_ERSPAN || type == TYPE_ERSPAN_3)
		return peel_erspan(p, type, (flags & GRE_SEQUENCE) != 0);
	if (!peel_carrier(p, CARRIER_GRE, key))
		return STEP_TOO_DEEP;
	peel_space(p, CARRIER_GRE, network_of_key(key, type));
	return peel_payload(p, type);
}

static enum step peel_overlay(struct peel *p, enum carrier kind, uint32_t network, size_t len, uint16_t type)
{
	if (!peel_carrier(p, kind, network))
		return STEP_TOO_DEEP;
	peel_space(p, kind, network);
	peel_past(p, len);
	return peel_payload(p, type);
}

/* RFC 7348, 5, and draft-ietf-nvo3-vxlan-gpe, 3, which adds flags and a next protocol.  Senders put all kinds of things
 * into reserved bits, and a receiver is to ignore them; so besides the flag that the network id is there, what counts is
 * that an inner header lies where it must. */
static enum step peel_vxlan(struct peel *p)
{
	const uint8_t *at = p->rest.at;
	if (p->rest.len <= VXLAN_LEN || (at[0] & VXLAN_ID) == 0)
		return STEP_OTHER;
	const uint32_t network = read_be32(at + 4) >> 8;
	const uint8_t next = (at[0] & VXLAN_NEXT) != 0 ? at[3] : 0, version = at[VXLAN_LEN] >> 4;
	if (link_is_ethernet(slice_from(p->rest, VXLAN_LEN)))
		return peel_overlay(p, CARRIER_VXLAN, network, VXLAN_LEN, TYPE_ETHERNET);
	if (next == NEXT_IPV4 && version == 4)
		return peel_overlay(p, CARRIER_VXLAN, network, VXLAN_LEN, TYPE_IPV4);
	if (next == NEXT_IPV6 && version == 6)
		return peel_overlay(p, CARRIER_VXLAN, network, VXLAN_LEN, TYPE_IPV6);
	return STEP_OTHER;
}

/* RFC 8926, 3.4: version 0; control packets are for the end points. */
static enum step peel_geneve(struct peel *p)
{
	const uint8_t *at = p->rest.at;
	if (p->rest.len < GENEVE_LEN || at[0] >> 6 != 0 || (at[1] & GENEVE_CONTROL) != 0)
		return STEP_OTHER;
	const size_t len = GENEVE_LEN + (size_t)(at[0] & 0x3f) * 4;
	const uint16_t type = read_be16(at + 2);
	if (type == TYPE_ETHERNET ? !link_is_ethernet(slice_from(p->rest, len))
				  : type != TYPE_IPV4 && type != TYPE_IPV6)
		return STEP_OTHER;
	if (p->rest.len < len)
		return STEP_MALFORMED;
	return peel_overlay(p, CARRIER_GENEVE, read_be32(at + 4) >> 8, len, type);
}

enum step encap_udp(struct peel *p)
{
	if (p->rest.len < UDP_LEN)
		return STEP_MALFORMED;
	const uint16_t port = read_be16(p->rest.at + 2);
	const size_t len = read_be16(p->rest.at + 4);
	if (len >= UDP_LEN && len < p->rest.len) {
		p->rest = slice_head(p->rest, len);
		p->beyond = 0;
	}
	peel_past(p, UDP_LEN);
	switch (port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
	case PORT_VXLAN_GPE:
		return peel_vxlan(p);
	case PORT_GENEVE:
		return peel_geneve(p);
	default:
		return STEP_OTHER;
	}
}
