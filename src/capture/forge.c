/* A reset counts only at the very place that the receiver expects next (RFC 5961, 3.2): for the target that is where the
 * dropped packet began, for its source what it acknowledged.  A packet that acknowledges nothing opens a conversation: its
 * source hears a reset that acknowledges it (RFC 9293, 3.10.7.1), its target has heard nothing yet, and hears nothing.
 *
 * The 403 closes the stream behind itself (FIN); whoever reads it needs no more than an answer of HTTP/1.1. */
#include "capture/forge.h"

#include <string.h>
#include "base/slice.h"

enum { IPV4_LEN = 20, IPV6_LEN = 40, TCP_LEN = 20, PROTOCOL_TCP = 6, HOPS = 64 };
enum { FIN = 0x01, RST = 0x04, PSH = 0x08, ACK = 0x10 };

static const char refusal[] = "HTTP/1.1 403 Forbidden\r\n"
			      "Content-Type: text/plain\r\n"
			      "Content-Length: 39\r\n"
			      "Connection: close\r\n"
			      "\r\n"
			      "The rules of this network forbid this.\n";

const char *fate_name(enum fate f)
{
	static const char *const names[FATES] = { "pass", "drop" };
	return f < FATES ? names[f] : "";
}

const char *reply_name(enum reply r)
{
	static const char *const names[REPLIES] = { "none", "rst", "403", "ask" };
	return r < REPLIES ? names[r] : "";
}

/* One packet on its way out. */
struct out {
	const uint8_t *from, *to;
	uint16_t from_port, to_port;
	uint32_t seq, ack;
	uint8_t flags;
	struct slice bytes;
};

static void put16(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static void put32(uint8_t *at, uint32_t n)
{
	put16(at, n >> 16);
	put16(at + 2, n);
}

static uint32_t sum(uint32_t so_far, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		so_far += (uint32_t)at[i] << 8 | at[i + 1];
	return len % 2 != 0 ? so_far + ((uint32_t)at[len - 1] << 8) : so_far;
}

static uint16_t fold(uint32_t n)
{
	while (n >> 16 != 0)
		n = (n & 0xffff) + (n >> 16);
	return (uint16_t)~n;
}

static void write_tcp(const struct out *o, size_t address_len, uint8_t *at)
{
	const size_t len = TCP_LEN + o->bytes.len;
	memset(at, 0, TCP_LEN);
	put16(at, o->from_port);
	put16(at + 2, o->to_port);
	put32(at + 4, o->seq);
	put32(at + 8, o->ack);
	at[12] = TCP_LEN / 4 << 4;
	at[13] = o->flags;
	put16(at + 14, (o->flags & RST) != 0 ? 0 : 0xffff);
	if (o->bytes.len != 0)
		memcpy(at + TCP_LEN, o->bytes.at, o->bytes.len);
	const uint32_t pseudo = sum(sum((uint32_t)(PROTOCOL_TCP + len), o->from, address_len), o->to, address_len);
	put16(at + 16, fold(sum(pseudo, at, len)));
}

static size_t write_v4(const struct out *o, uint8_t *at)
{
	const size_t len = IPV4_LEN + TCP_LEN + o->bytes.len;
	memset(at, 0, IPV4_LEN);
	at[0] = 0x45;
	put16(at + 2, (uint32_t)len);
	put16(at + 6, 0x4000); /* RFC 791: not to be fragmented; so its id need not be its own (RFC 6864, 4.1) */
	at[8] = HOPS;
	at[9] = PROTOCOL_TCP;
	memcpy(at + 12, o->from, 4);
	memcpy(at + 16, o->to, 4);
	put16(at + 10, fold(sum(0, at, IPV4_LEN)));
	write_tcp(o, 4, at + IPV4_LEN);
	return len;
}

static size_t write_v6(const struct out *o, uint8_t *at)
{
	const size_t len = TCP_LEN + o->bytes.len;
	memset(at, 0, IPV6_LEN);
	at[0] = 0x60;
	put16(at + 4, (uint32_t)len);
	at[6] = PROTOCOL_TCP;
	at[7] = HOPS;
	memcpy(at + 8, o->from, 16);
	memcpy(at + 24, o->to, 16);
	write_tcp(o, 16, at + IPV6_LEN);
	return IPV6_LEN + len;
}

static size_t write(struct out *o, enum reply kind, bool ipv6, uint8_t *at)
{
	_Static_assert(IPV6_LEN + TCP_LEN + sizeof refusal <= FORGED_LEN, "it fits");
	if (kind == REPLY_403) {
		o->flags = FIN | PSH | ACK;
		o->bytes = (struct slice){ (const uint8_t *)refusal, sizeof refusal - 1 };
	}
	/* What lies before all that it expects is answered by what it expects (RFC 9293, 3.10.7.4). */
	if (kind == REPLY_ASK) {
		o->flags = ACK;
		o->seq--;
	}
	return ipv6 ? write_v6(o, at) : write_v4(o, at);
}

size_t forge_to_target(const struct passage *l, enum reply kind, uint8_t out[FORGED_LEN])
{
	struct out o = { .from = l->source,
		.to = l->target,
		.from_port = l->source_port,
		.to_port = l->target_port,
		.seq = l->seq,
		.ack = l->ack,
		.flags = RST | ACK };
	if (kind == REPLY_NONE || !l->acks)
		return 0;
	return write(&o, kind, l->ipv6, out);
}

size_t forge_to_source(const struct passage *l, enum reply kind, uint8_t out[FORGED_LEN])
{
	struct out o = { .from = l->target,
		.to = l->source,
		.from_port = l->target_port,
		.to_port = l->source_port,
		.seq = l->acks ? l->ack : 0,
		.ack = l->seq + l->span,
		.flags = RST | ACK };
	if (kind == REPLY_NONE)
		return 0;
	return write(&o, kind, l->ipv6, out);
}
