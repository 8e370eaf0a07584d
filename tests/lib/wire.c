#include "wire.h"

#include <string.h>

enum { MAC = 14, IPV4 = 20, IPV6 = 40, TCP = 20, UDP = 8, GRE = 4, VXLAN = 8, VXLAN_PORT = 4789 };

static uint8_t *put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
	return at + 2;
}

static uint8_t *put32(uint8_t *at, uint32_t v)
{
	return put16(put16(at, v >> 16), v & 0xffff);
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
	if (len != 0)
		memcpy(at, from, len);
	return at + len;
}

static uint32_t sum(uint32_t so_far, const uint8_t *at, size_t len)
{
	uint64_t total = so_far;
	for (size_t i = 0; i + 1 < len; i += 2)
		total += (uint32_t)at[i] << 8 | at[i + 1];
	if (len & 1)
		total += (uint32_t)at[len - 1] << 8;
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint32_t)total;
}

static uint8_t *put_mac(uint8_t *at, unsigned type)
{
	static const uint8_t hosts[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1 };
	return put16(put(at, hosts, sizeof hosts), type);
}

static uint8_t *put_ipv4(uint8_t *at, const uint8_t *from, const uint8_t *to, uint8_t protocol, size_t payload)
{
	uint8_t *ip = at;
	at = put16(at, 0x4500);
	at = put16(at, (unsigned)(IPV4 + payload));
	at = put32(at, 0x00004000); /* do not fragment */
	at = put16(at, 0x4000u | protocol);
	at = put16(at, 0);
	at = put(put(at, from, 4), to, 4);
	put16(ip + 10, ~sum(0, ip, IPV4) & 0xffff);
	return at;
}

static uint8_t *put_ipv6(uint8_t *at, const uint8_t *from, const uint8_t *to, uint8_t protocol, size_t payload)
{
	at = put32(at, 0x60000000);
	at = put16(at, (unsigned)payload);
	at = put16(at, (unsigned)protocol << 8 | 64);
	return put(put(at, from, 16), to, 16);
}

/* The carriers below the segment's own IP header; `inner` is the length of that IP datagram. */
static uint8_t *put_carriers(uint8_t *at, const struct wire *w, size_t inner)
{
	static const uint8_t near[4] = { 172, 16, 0, 1 }, far[4] = { 172, 16, 0, 2 };
	const unsigned type = w->ipv6 ? 0x86dd : 0x0800;
	switch (w->wrap) {
	case WIRE_VLAN:
		return put16(put16(put_mac(at, 0x8100), 7), type);
	case WIRE_QINQ:
		return put16(put16(put16(put16(put_mac(at, 0x88a8), 100), 0x8100), 7), type);
	case WIRE_GRE:
		at = put_ipv4(put_mac(at, 0x0800), near, far, 47, GRE + inner);
		return put16(put16(at, 0), type);
	case WIRE_VXLAN:
		at = put_ipv4(put_mac(at, 0x0800), near, far, 17, UDP + VXLAN + MAC + inner);
		at = put16(put16(at, 49999), VXLAN_PORT);
		at = put16(put16(at, (unsigned)(UDP + VXLAN + MAC + inner)), 0);
		at = put32(put32(at, 0x08000000), 42u << 8);
		return put_mac(at, type);
	case WIRE_PLAIN:
	case WIRE_WRAPS:
		break;
	}
	return put_mac(at, type);
}

void wire_hosts(struct wire *w, bool ipv6, unsigned n, uint16_t client_port, uint16_t server_port)
{
	memset(w, 0, sizeof *w);
	w->ipv6 = ipv6;
	if (ipv6) {
		put16(put16(put16(w->addr[0], 0xfd00) + 10, n), 1);
		put16(put16(put16(w->addr[1], 0xfd00) + 10, 0xffff), 2);
	}
	if (!ipv6) {
		put32(w->addr[0], UINT32_C(10) << 24 | n);
		put32(w->addr[1], UINT32_C(192) << 24 | UINT32_C(168) << 16 | 80);
	}
	w->port[0] = client_port;
	w->port[1] = server_port;
}

size_t wire_frame(uint8_t *out, const struct wire *w, const struct wire_segment *s)
{
	static const uint8_t syn_options[8] = { 2, 4, 0x05, 0xb4, 3, 3, 8, 0 }; /* MSS 1460, window scale 8 */
	const size_t options = s->flags & WIRE_SYN ? sizeof syn_options : 0;
	const size_t tcp_len = TCP + options + s->len;
	const uint8_t *from = w->addr[s->from], *to = w->addr[!s->from];
	uint8_t *at = put_carriers(out, w, (w->ipv6 ? IPV6 : IPV4) + tcp_len);
	at = w->ipv6 ? put_ipv6(at, from, to, 6, tcp_len) : put_ipv4(at, from, to, 6, tcp_len);
	uint8_t *tcp = at;
	at = put16(put16(at, w->port[s->from]), w->port[!s->from]);
	at = put32(put32(at, s->seq), s->ack);
	at = put16(at, (unsigned)(TCP + options) << 10 | s->flags);
	at = put16(at, 60000);
	at = put32(at, 0);
	at = put(put(at, syn_options, options), s->at, s->len);
	const size_t addr_len = w->ipv6 ? 16 : 4;
	uint32_t pseudo = sum(6, from, addr_len);
	pseudo = sum(pseudo + (uint32_t)(tcp_len >> 16) + (uint32_t)(tcp_len & 0xffff), to, addr_len);
	put16(tcp + 16, ~sum(pseudo, tcp, tcp_len) & 0xffff);
	return (size_t)(at - out);
}
