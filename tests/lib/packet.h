/* packet -- builds packets from the inside out for tests of decode: begin with a payload, then put one header after the
 * other before it.  Lengths and checksums come out right; a test that wants them wrong changes the bytes afterwards. */
#ifndef LIB_PACKET_H
#define LIB_PACKET_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "decode/decode.h"

enum { PACKET_ROOM = 70000, PACKET_FRONT = 2000 };

struct packet {
	uint8_t room[PACKET_ROOM];
	size_t start, end;
};

static inline uint8_t *packet_at(struct packet *p, size_t off)
{
	return p->room + p->start + off;
}

static inline size_t packet_len(const struct packet *p)
{
	return p->end - p->start;
}

/* A payload of `len` bytes that differ by position. */
static inline void packet_begin(struct packet *p, size_t len)
{
	p->start = PACKET_FRONT;
	p->end = PACKET_FRONT + len;
	for (size_t i = 0; i < len; i++)
		p->room[p->start + i] = (uint8_t)('a' + (i / 26 + i) % 26);
}

static inline uint8_t *packet_front(struct packet *p, size_t len)
{
	p->start -= len;
	memset(packet_at(p, 0), 0, len);
	return packet_at(p, 0);
}

static inline void packet_bytes(struct packet *p, struct slice bytes)
{
	if (bytes.len != 0)
		memcpy(packet_front(p, bytes.len), bytes.at, bytes.len);
}

static inline void packet_put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static inline void packet_put32(uint8_t *at, uint32_t v)
{
	packet_put16(at, v >> 16);
	packet_put16(at + 2, v & 0xffff);
}

static inline uint32_t packet_sum(uint32_t sum, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (uint32_t)at[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* `options` must be a multiple of four long. */
static inline void packet_tcp(struct packet *p, unsigned from, unsigned to, unsigned flags, struct slice options)
{
	packet_bytes(p, options);
	uint8_t *at = packet_front(p, 20);
	packet_put16(at, from);
	packet_put16(at + 2, to);
	packet_put32(at + 4, 0x01020304);
	packet_put32(at + 8, 0x05060708);
	at[12] = (uint8_t)((20 + options.len) / 4 << 4);
	at[13] = (uint8_t)flags;
	packet_put16(at + 14, 4321);
}

static inline void packet_tcp_sum(uint8_t *tcp, size_t len, const uint8_t *src, const uint8_t *dst, size_t address)
{
	packet_put16(tcp + 16, 0);
	uint32_t sum = packet_sum(packet_sum((uint32_t)len + 6, src, address), dst, address);
	packet_put16(tcp + 16, ~packet_sum(sum, tcp, len) & 0xffff);
}

static inline void packet_ipv4_sum(uint8_t *ip)
{
	packet_put16(ip + 10, 0);
	packet_put16(ip + 10, ~packet_sum(0, ip, (size_t)(ip[0] & 15) * 4) & 0xffff);
}

/* 10.0.0.`from` to 10.0.0.`to`. */
static inline uint8_t *packet_ipv4(struct packet *p, unsigned from, unsigned to, unsigned protocol)
{
	const size_t len = packet_len(p);
	uint8_t *at = packet_front(p, 20);
	at[0] = 0x45;
	packet_put16(at + 2, (unsigned)(20 + len));
	at[8] = 61;
	at[9] = (uint8_t)protocol;
	at[12] = at[16] = 10;
	at[15] = (uint8_t)from;
	at[19] = (uint8_t)to;
	packet_ipv4_sum(at);
	if (protocol == 6)
		packet_tcp_sum(at + 20, len, at + 12, at + 16, 4);
	return at;
}

/* 2001:db8::`from` to 2001:db8::`to`. */
static inline uint8_t *packet_ipv6(struct packet *p, unsigned from, unsigned to, unsigned protocol)
{
	const size_t len = packet_len(p);
	uint8_t *at = packet_front(p, 40);
	at[0] = 0x60;
	packet_put16(at + 4, (unsigned)len);
	at[6] = (uint8_t)protocol;
	at[7] = 63;
	packet_put32(at + 8, 0x20010db8);
	packet_put32(at + 24, 0x20010db8);
	at[23] = (uint8_t)from;
	at[39] = (uint8_t)to;
	if (protocol == 6)
		packet_tcp_sum(at + 40, len, at + 8, at + 24, 16);
	return at;
}

static inline void packet_ethernet(struct packet *p, unsigned type)
{
	uint8_t *at = packet_front(p, 14);
	at[0] = at[6] = 2;
	at[5] = 1;
	at[11] = 2;
	packet_put16(at + 12, type);
}

/* From 10.0.0.1 port 1000 to 10.0.0.2 port 80, as IPv4. */
static inline void packet_plain(struct packet *p, size_t payload)
{
	packet_begin(p, payload);
	packet_tcp(p, 1000, 80, TCP_ACK | TCP_PSH, SLICE(""));
	packet_ipv4(p, 1, 2, 6);
}

struct packet_taken {
	enum decoded got;
	struct segment seg;
	uint8_t *frame; /* the exact bytes, so that a sanitizer sees one too many; the next call frees them */
};

/* Shows decode the first `kept` bytes of a frame that was `wire_len` long. */
static inline void packet_take_at(struct decoder *d, struct packet_taken *t, const struct packet *p, int link,
    size_t kept, size_t wire_len, int64_t when)
{
	free(t->frame);
	t->frame = malloc(kept != 0 ? kept : 1);
	if (t->frame == NULL)
		abort();
	memcpy(t->frame, p->room + p->start, kept);
	memset(&t->seg, 0xa5, sizeof t->seg);
	const struct frame f = {
		.bytes = { t->frame, kept }, .wire_len = (uint32_t)wire_len, .t = when, .link = link, .number = 1
	};
	t->got = decode(d, &f, &t->seg);
}

static inline void packet_take(struct decoder *d, struct packet_taken *t, const struct packet *p, int link)
{
	packet_take_at(d, t, p, link, packet_len(p), packet_len(p), INT64_C(1700000000000000000));
}

/* Cut to any length below `most` it is no segment, and nobody reads beyond the cut. */
static inline void packet_take_cut(
    struct decoder *d, struct packet_taken *t, const struct packet *p, int link, size_t most, const char *name)
{
	for (size_t kept = 0; kept < most; kept++) {
		packet_take_at(d, t, p, link, kept, packet_len(p), 0);
		if (t->got == DECODED_SEGMENT)
			fail_msg("%s cut to %zu bytes: %s", name, kept, decoded_name(t->got));
	}
}

static inline struct decoder *packet_decoder(enum checksum_policy policy)
{
	struct err e;
	struct decoder *d = decoder_new(policy, (struct hash_key){ 7, 9 }, &e);
	if (d == NULL)
		abort();
	return d;
}

#endif
