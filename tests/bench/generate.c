/* generate -- writes a capture of one kind of traffic and a wanted size, the same bytes each time.
 *
 *   generate bulk|short|relay|mixed MEGABYTES FILE      traffic as its name says
 *   generate idle CONVERSATIONS FILE                    one request and answer each, then silence: all stay open
 *
 * bulk: large bodies over kept-alive connections.  short: from SYN to FIN, one GET, one 200.  relay: CONNECT, a ClientHello,
 * bulk TLS records.  mixed: a third of each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire.h"

enum { MSS = 1448, BODY = 4 << 20, RELAYED = 2 << 20, STEP_US = 20 };

struct capture {
	FILE *f;
	uint64_t bytes, us;
	uint32_t random;
	unsigned conversations;
	uint8_t frame[WIRE_MOST], payload[MSS];
};

struct tcp {
	struct wire wire;
	uint32_t seq[2];
};

static const uint8_t *noise(struct capture *c)
{
	for (size_t i = 0; i < sizeof c->payload; i += 4) {
		c->random ^= c->random << 13;
		c->random ^= c->random >> 17;
		c->random ^= c->random << 5;
		memcpy(c->payload + i, &c->random, 4);
	}
	return c->payload;
}

static void write_frame(struct capture *c, size_t len)
{
	const uint32_t head[4] = { (uint32_t)(c->us / 1000000) + 1700000000, (uint32_t)(c->us % 1000000), (uint32_t)len,
		(uint32_t)len };
	fwrite(head, sizeof head, 1, c->f);
	fwrite(c->frame, len, 1, c->f);
	c->bytes += sizeof head + len;
	c->us += STEP_US;
}

static void segment(struct capture *c, struct tcp *t, unsigned from, uint8_t flags, const void *at, size_t len)
{
	const struct wire_segment s = {
		.from = from, .seq = t->seq[from], .ack = t->seq[!from], .flags = flags, .at = at, .len = len
	};
	write_frame(c, wire_frame(c->frame, &t->wire, &s));
	t->seq[from] += (uint32_t)len + (flags & (WIRE_SYN | WIRE_FIN) ? 1 : 0);
}

static void say(struct capture *c, struct tcp *t, unsigned from, const char *text)
{
	segment(c, t, from, WIRE_ACK | WIRE_PSH, text, strlen(text));
}

/* `len` bytes of noise with an acknowledgement for every second segment. */
static void pour(struct capture *c, struct tcp *t, unsigned from, size_t len)
{
	const uint8_t *bytes = noise(c);
	for (size_t sent = 0, count = 1; sent < len; count++) {
		const size_t part = len - sent < MSS ? len - sent : MSS;
		segment(c, t, from, WIRE_ACK, bytes, part);
		sent += part;
		if (count % 2 == 0 || sent == len)
			segment(c, t, !from, WIRE_ACK, NULL, 0);
	}
}

static struct tcp begin(struct capture *c)
{
	struct tcp t = { .seq = { 1000, 5000 } };
	const unsigned n = c->conversations++;
	wire_hosts(&t.wire, false, 1 + n / 60000, (uint16_t)(1024 + n % 60000), 80);
	segment(c, &t, 0, WIRE_SYN, NULL, 0);
	segment(c, &t, 1, WIRE_SYN | WIRE_ACK, NULL, 0);
	segment(c, &t, 0, WIRE_ACK, NULL, 0);
	return t;
}

static void end(struct capture *c, struct tcp *t)
{
	segment(c, t, 0, WIRE_FIN | WIRE_ACK, NULL, 0);
	segment(c, t, 1, WIRE_FIN | WIRE_ACK, NULL, 0);
	segment(c, t, 0, WIRE_ACK, NULL, 0);
}

static void exchange(struct capture *c, struct tcp *t, size_t body)
{
	char head[256];
	say(c, t, 0,
	    "GET /some/path/index.html HTTP/1.1\r\nHost: www.example\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n");
	snprintf(head, sizeof head,
	    "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
	    body);
	say(c, t, 1, head);
	pour(c, t, 1, body);
}

static void bulk(struct capture *c)
{
	struct tcp t = begin(c);
	for (int i = 0; i < 4; i++)
		exchange(c, &t, BODY);
	end(c, &t);
}

static void brief(struct capture *c)
{
	struct tcp t = begin(c);
	exchange(c, &t, 500);
	end(c, &t);
}

/* One TLS record of `len` bytes; the head is a segment's beginning as often as chance will have it. */
static void tls_record(struct capture *c, struct tcp *t, unsigned from, uint8_t type, size_t len)
{
	const uint8_t head[5] = { type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };
	segment(c, t, from, WIRE_ACK, head, sizeof head);
	pour(c, t, from, len);
}

static void relay(struct capture *c)
{
	static const uint8_t hello[] = { 0x16, 3, 1, 0, 0x31, 1, 0, 0, 0x2d, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11,
		12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 6, 0x13, 1,
		0x13, 2, 0x13, 3, 1, 0 };
	struct tcp t = begin(c);
	say(c, &t, 0, "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\n\r\n");
	say(c, &t, 1, "HTTP/1.1 200 Connection established\r\n\r\n");
	segment(c, &t, 0, WIRE_ACK | WIRE_PSH, hello, sizeof hello);
	tls_record(c, &t, 1, 0x16, 3000);
	for (size_t sent = 0; sent < RELAYED; sent += 16384)
		tls_record(c, &t, 1, 0x17, 16384);
	end(c, &t);
}

static void idle(struct capture *c)
{
	struct tcp t = begin(c);
	exchange(c, &t, 20);
}

static void mixed(struct capture *c)
{
	const uint64_t before = c->bytes;
	relay(c);
	const uint64_t share = c->bytes - before;
	for (const uint64_t from = c->bytes; c->bytes - from < share;)
		brief(c);
	struct tcp t = begin(c);
	exchange(c, &t, RELAYED);
	end(c, &t);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(struct capture *c);
	} kinds[] = { { "bulk", bulk }, { "short", brief }, { "relay", relay }, { "mixed", mixed }, { "idle", idle } };
	static const uint32_t file_head[6] = { 0xa1b2c3d4, 2 | 4u << 16, 0, 0, 262144, WIRE_LINK };
	static struct capture c = { .random = 2463534242 };
	if (argc != 4 || (c.f = fopen(argv[3], "wb")) == NULL) {
		fputs("usage: generate bulk|short|relay|mixed MEGABYTES FILE | generate idle CONVERSATIONS FILE\n",
		    stderr);
		return 2;
	}
	fwrite(file_head, sizeof file_head, 1, c.f);
	const unsigned long amount = strtoul(argv[2], NULL, 10);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(argv[1], kinds[i].name) != 0)
			continue;
		const bool counts = kinds[i].write == idle;
		while (counts ? c.conversations < amount : c.bytes < (uint64_t)amount * 1000000)
			kinds[i].write(&c);
	}
	return fclose(c.f) == 0 && c.conversations != 0 ? 0 : 1;
}
