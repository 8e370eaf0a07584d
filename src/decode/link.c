/* Link layers, from the capture's own down to IP.  The numbers of link types are those of <pcap/dlt.h>, kept here by
 * value: only the capture room knows libpcap. */
#include "decode/peel.h"

enum link_type {
	LINK_NULL = 0,
	LINK_PPP = 9,
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_SERIAL = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW_FILE = 101,
	LINK_C_HDLC = 104,
	LINK_WLAN = 105,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_RADIOTAP = 127,
	LINK_PPP_PPPD = 166,
	LINK_ARCNET_LINUX = 129,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_NFLOG = 239,
	LINK_SLL2 = 276
};

enum {
	VLAN_LEN = 4,
	MPLS_LEN = 4,
	CONTROL_WORD_LEN = 4,
	PPPOE_LEN = 6,
	ARCNET_LEN = 8,
	ARCNET_IP = 212,
	SLL_LEN = 16,
	SLL2_LEN = 20,
	NFLOG_LEN = 4,
	NFLOG_PAYLOAD = 9,
	MOST_NFLOG_ATTRIBUTES = 64,
	HDLC_UNICAST = 0x0f,
	HDLC_MULTICAST = 0x8f
};

static enum step to_type(struct peel *p, uint16_t type)
{
	p->type = type;
	return STEP_TYPE;
}

static bool is_mpls(uint16_t type)
{
	return type == TYPE_MPLS || type == TYPE_MPLS_UPSTREAM;
}

static bool is_vlan(uint16_t type)
{
	return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

enum step link_ethernet(struct peel *p)
{
	if (p->rest.len < ETHERNET_LEN)
		return STEP_MALFORMED;
	p->type = read_be16(p->rest.at + ETHERNET_TYPE_AT);
	peel_past(p, ETHERNET_LEN);
	return STEP_TYPE;
}

/* IEEE 802.2 below an 802.3 length: SNAP with an EtherType (RFC 1042), or IP's own number (RFC 948). */
enum step link_llc(struct peel *p)
{
	const struct slice s = p->rest;
	if (slice_starts(s, SLICE("\x06\x06\x03"))) {
		peel_past(p, 3);
		return STEP_IP;
	}
	if (s.len < 8 || !slice_starts(s, SLICE("\xaa\xaa\x03\0\0")) || (s.at[5] != 0 && s.at[5] != 0xf8))
		return STEP_OTHER;
	const uint16_t type = read_be16(s.at + 6);
	peel_past(p, 8);
	return type < TYPE_LEAST ? STEP_OTHER : to_type(p, type);
}

static enum step peel_vlan(struct peel *p)
{
	if (p->rest.len < VLAN_LEN)
		return STEP_MALFORMED;
	const uint32_t id = read_be16(p->rest.at) & 0x0fff;
	if (!peel_carrier(p, CARRIER_VLAN, id))
		return STEP_TOO_DEEP;
	peel_space(p, CARRIER_VLAN, id);
	const uint16_t type = read_be16(p->rest.at + 2);
	peel_past(p, VLAN_LEN);
	return to_type(p, type);
}

/* RFC 2516, 4: version 1, type 1; code 0 is the session stage. */
static enum step peel_pppoe(struct peel *p)
{
	if (p->rest.len < PPPOE_LEN)
		return STEP_MALFORMED;
	if (p->rest.at[0] != 0x11 || p->rest.at[1] != 0)
		return STEP_OTHER;
	const uint32_t session = read_be16(p->rest.at + 2);
	if (!peel_carrier(p, CARRIER_PPPOE, session))
		return STEP_TOO_DEEP;
	peel_space(p, CARRIER_PPPOE, session);
	peel_past(p, PPPOE_LEN);
	return STEP_PPP;
}

enum step link_type(struct peel *p)
{
	switch (p->type) {
	case TYPE_IPV4:
	case TYPE_IPV6:
		return STEP_IP;
	case TYPE_VLAN:
	case TYPE_QINQ:
	case TYPE_QINQ_OLD:
		return peel_vlan(p);
	case TYPE_PPPOE:
		return peel_pppoe(p);
	case TYPE_MPLS:
	case TYPE_MPLS_UPSTREAM:
		return STEP_MPLS;
	default:
		return p->type < TYPE_LEAST ? link_llc(p) : STEP_OTHER;
	}
}

/* RFC 1661, 2 with the framing of RFC 1662, 3.1, either of which may be compressed away; the pppd capture type writes the
 * direction (0 or 1) in place of the address byte. */
enum step link_ppp(struct peel *p)
{
	const struct slice s = p->rest;
	if (s.len >= 2 && s.at[1] == 0x03 && (s.at[0] == 0xff || s.at[0] <= 1))
		peel_past(p, 2);
	if (p->rest.len < 2)
		return STEP_MALFORMED;
	const bool short_form = (p->rest.at[0] & 1) != 0;
	const uint16_t protocol = short_form ? p->rest.at[0] : read_be16(p->rest.at);
	peel_past(p, short_form ? 1 : 2);
	switch (protocol) {
	case 0x0021:
	case 0x0057:
		return STEP_IP;
	case 0x0281:
	case 0x0283:
		return STEP_MPLS;
	default:
		return STEP_OTHER;
	}
}

static bool leads_to_ip(uint16_t type)
{
	return type == TYPE_IPV4 || type == TYPE_IPV6 || type == TYPE_PPPOE || is_vlan(type) || is_mpls(type);
}

bool link_is_ethernet(struct slice s)
{
	if (s.len <= ETHERNET_LEN)
		return false;
	const uint16_t type = read_be16(s.at + ETHERNET_TYPE_AT);
	const unsigned version = s.at[ETHERNET_LEN] >> 4;
	return leads_to_ip(type) && (type != TYPE_IPV4 || version == 4) && (type != TYPE_IPV6 || version == 6);
}

/* Nothing in a label stack says what it carries.  IP shows its version; a pseudo wire shows an Ethernet header that leads
 * to IP, behind a control word that begins with zeros (RFC 4448, 4.6) or without one.  Labels differ between the two
 * directions of a conversation, so they do not belong to its space. */
enum step link_mpls(struct peel *p)
{
	uint32_t label = 0;
	for (unsigned depth = 0; (label & 0x100) == 0; depth++) {
		if (depth == MAX_ENCAPSULATION)
			return STEP_TOO_DEEP;
		if (p->rest.len < MPLS_LEN)
			return STEP_MALFORMED;
		label = read_be32(p->rest.at);
		peel_past(p, MPLS_LEN);
	}
	if (!peel_carrier(p, CARRIER_MPLS, label >> 12))
		return STEP_TOO_DEEP;
	if (p->rest.len == 0)
		return STEP_MALFORMED;
	const unsigned first = p->rest.at[0] >> 4;
	if (first == 4 || first == 6)
		return STEP_IP;
	if (slice_starts(p->rest, SLICE("\0\0")) && link_is_ethernet(slice_from(p->rest, CONTROL_WORD_LEN))) {
		peel_past(p, CONTROL_WORD_LEN);
		return STEP_ETHERNET;
	}
	return link_is_ethernet(p->rest) ? STEP_ETHERNET : STEP_OTHER;
}

/* BSD loopback: the address family in the byte order of the machine that captured.  AF_INET is 2 everywhere; AF_INET6
 * is 10 (Linux), 23 (Windows), 24 (NetBSD, OpenBSD), 28 (FreeBSD), 30 (macOS). */
static enum step begin_loopback(struct peel *p)
{
	if (p->rest.len < 4)
		return STEP_MALFORMED;
	uint32_t family = read_be32(p->rest.at);
	if ((family & 0xffff) == 0)
		family = __builtin_bswap32(family);
	peel_past(p, 4);
	switch (family) {
	case 2:
	case 10:
	case 23:
	case 24:
	case 28:
	case 30:
		return STEP_IP;
	default:
		return STEP_OTHER;
	}
}

/* Linux cooked: protocol numbers below TYPE_LEAST are the kernel's own; 4 is LLC, 1 raw 802.3. */
static enum step begin_cooked(struct peel *p, size_t len, size_t type_at)
{
	if (p->rest.len < len)
		return STEP_MALFORMED;
	const uint16_t type = read_be16(p->rest.at + type_at);
	peel_past(p, len);
	if (type < TYPE_LEAST && type != 4)
		return STEP_OTHER;
	return to_type(p, type);
}

/* Address, control, EtherType. */
static enum step begin_hdlc(struct peel *p)
{
	if (p->rest.len < 4)
		return STEP_MALFORMED;
	if (p->rest.at[0] != HDLC_UNICAST && p->rest.at[0] != HDLC_MULTICAST)
		return STEP_PPP;
	const uint16_t type = read_be16(p->rest.at + 2);
	peel_past(p, 4);
	return to_type(p, type);
}

/* Source, destination, two bytes of Linux's own, then RFC 1201: protocol, split flag, sequence number.  A packet that is
 * split over frames is not put together. */
static enum step begin_arcnet(struct peel *p)
{
	if (p->rest.len < ARCNET_LEN)
		return STEP_MALFORMED;
	if (p->rest.at[4] != ARCNET_IP || p->rest.at[5] != 0)
		return STEP_OTHER;
	peel_past(p, ARCNET_LEN);
	return STEP_IP;
}

/* Attributes as the kernel's log writes them: length and type in the reader's byte order (libpcap sees to that), padded
 * to four bytes.  The packet begins at its IP header. */
static enum step begin_nflog(struct peel *p)
{
	if (p->rest.len < NFLOG_LEN)
		return STEP_MALFORMED;
	if (p->rest.at[1] != 0)
		return STEP_OTHER;
	peel_past(p, NFLOG_LEN);
	for (unsigned n = 0; n < MOST_NFLOG_ATTRIBUTES && p->rest.len >= 4; n++) {
		uint16_t len, type;
		memcpy(&len, p->rest.at, sizeof len);
		memcpy(&type, p->rest.at + 2, sizeof type);
		if (len < 4)
			return STEP_MALFORMED;
		if ((type & 0x7fff) == NFLOG_PAYLOAD) {
			p->rest = slice_from(slice_head(p->rest, len), 4);
			return STEP_IP;
		}
		p->rest = slice_from(p->rest, (size_t)(len + 3u) & ~(size_t)3);
	}
	return STEP_OTHER;
}

enum step link_begin(struct peel *p, int link)
{
	switch (link) {
	case LINK_ETHERNET:
		return link_ethernet(p);
	case LINK_SLL:
		return begin_cooked(p, SLL_LEN, 14);
	case LINK_SLL2:
		return begin_cooked(p, SLL2_LEN, 0);
	case LINK_RAW:
	case LINK_RAW_OPENBSD:
	case LINK_RAW_FILE:
	case LINK_IPV4:
	case LINK_IPV6:
		return STEP_IP;
	case LINK_NULL:
	case LINK_LOOP:
		return begin_loopback(p);
	case LINK_PPP:
	case LINK_PPP_PPPD:
		return STEP_PPP;
	case LINK_PPP_SERIAL:
	case LINK_C_HDLC:
		return begin_hdlc(p);
	case LINK_PPP_ETHER:
		return peel_pppoe(p);
	case LINK_ARCNET_LINUX:
		return begin_arcnet(p);
	case LINK_NFLOG:
		return begin_nflog(p);
	case LINK_WLAN:
		return wlan_peel(p);
	case LINK_RADIOTAP:
		return wlan_radiotap(p);
	default:
		return STEP_UNKNOWN_LINK;
	}
}
