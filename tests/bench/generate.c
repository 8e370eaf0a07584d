/* generate -- writes a capture of one kind of traffic and a wanted size, the same bytes each time.
 *
 *   generate bulk|huge|short|relay|mixed|one MEGABYTES FILE  traffic as its name says
 *   generate idle|open CONVERSATIONS FILE                    one request and answer each, then silence: all stay open
 *   generate syn|tiny PACKETS FILE
 *
 * bulk: three exchanges of 10 kB over a kept-alive connection, about 830 bytes a packet.  huge: connections of 16 MiB.
 * short: from SYN to FIN in nine packets, one GET, one 200.  relay: CONNECT, a ClientHello, bulk TLS records.  mixed: a
 * third each of relay, short and huge.  one: a single connection, which downloads.  idle: one conversation after the other.
 * open: all take turns, packet by packet, six for each, within half a minute.  syn: a SYN each from another port, never answered.
 * tiny: a single connection whose download comes in segments of three bytes.
 *
 * Connections are of one client after the other; of open and syn, and where the environment has CLIENTS, of so many in turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "wire.h"

enum {
	MSS = 1448,
	BULK = 9700,
	HUGE = 4 << 20,
	BRIEF = 50,
	RELAYED = 2 << 20,
	STEP_NS = 20000,
	ROUND_NS = 4000000,
	TINY = 3,
	TLS_HEAD = 5,
	CLIENTS = 1000,
	PORTS = 60000
};

struct capture {
	FILE *f;
	uint64_t bytes, ns, step, packets;
	uint32_t random;
	unsigned conversations;
	unsigned clients; /* that take turns; 0: one after the other, each with all its ports */
	uint8_t frame[WIRE_MOST], payload[MSS];
};

struct tcp {
	struct wire wire;
	uint32_t seq[2];
};

static void noise(struct capture *c)
{
	for (size_t i = 0; i < sizeof c->payload; i += 4) {
		c->random ^= c->random << 13;
		c->random ^= c->random >> 17;
		c->random ^= c->random << 5;
		memcpy(c->payload + i, &c->random, 4);
	}
}

static void write_frame(struct capture *c, size_t len)
{
	const uint32_t head[4] = { (uint32_t)(c->ns / 1000000000) + 1700000000, (uint32_t)(c->ns / 1000 % 1000000),
		(uint32_t)len, (uint32_t)len };
	fwrite(head, sizeof head, 1, c->f);
	fwrite(c->frame, len, 1, c->f);
	c->bytes += sizeof head + len;
	c->packets++;
	c->ns += c->step;
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

/* `head`, then noise up to `len` bytes in all, with an acknowledgement for every second segment; what the other side says
 * next acknowledges the rest. */
static void pour(struct capture *c, struct tcp *t, unsigned from, const void *head, size_t head_len, size_t len)
{
	noise(c);
	memcpy(c->payload, head, head_len);
	for (size_t sent = 0, count = 1; sent < len; count++) {
		const size_t part = len - sent < MSS ? len - sent : MSS;
		segment(c, t, from, WIRE_ACK, c->payload, part);
		sent += part;
		if (count % 2 == 0)
			segment(c, t, !from, WIRE_ACK, NULL, 0);
	}
}

static struct tcp between(struct capture *c)
{
	struct tcp t = { .seq = { 1000, 5000 } };
	const unsigned n = c->conversations++;
	const unsigned client = c->clients != 0 ? n % c->clients : n / PORTS,
		       port = c->clients != 0 ? n / c->clients : n;
	wire_hosts(&t.wire, false, 1 + client, (uint16_t)(1024 + port % PORTS), 80);
	return t;
}

static struct tcp begin(struct capture *c)
{
	struct tcp t = between(c);
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

static void ask(struct capture *c, struct tcp *t)
{
	say(c, t, 0,
	    "GET /some/path/index.html HTTP/1.1\r\nHost: www.example\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\r\n");
}

/* The answer's head; returns its length. */
static size_t answer(char head[256], size_t body)
{
	return (size_t)snprintf(head, 256,
	    "HTTP/1.1 200 OK\r\nServer: bench\r\nContent-Type: application/octet-stream\r\nContent-Length: %zu\r\n\r\n",
	    body);
}

static void exchange(struct capture *c, struct tcp *t, size_t body)
{
	char head[256];
	ask(c, t);
	const size_t head_len = answer(head, body);
	pour(c, t, 1, head, head_len, head_len + body);
}

static void bulk(struct capture *c)
{
	struct tcp t = begin(c);
	for (int i = 0; i < 3; i++)
		exchange(c, &t, BULK);
	end(c, &t);
}

static void huge(struct capture *c)
{
	struct tcp t = begin(c);
	for (int i = 0; i < 4; i++)
		exchange(c, &t, HUGE);
	end(c, &t);
}

static void brief(struct capture *c)
{
	struct tcp t = begin(c);
	exchange(c, &t, BRIEF);
	segment(c, &t, 0, WIRE_ACK, NULL, 0);
	end(c, &t);
}

/* One TLS record with `len` bytes of content. */
static void tls_record(struct capture *c, struct tcp *t, unsigned from, uint8_t type, size_t len)
{
	const uint8_t head[TLS_HEAD] = { type, 3, 3, (uint8_t)(len >> 8), (uint8_t)len };
	pour(c, t, from, head, sizeof head, sizeof head + len);
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

static void syn(struct capture *c, uint64_t count)
{
	while (c->packets < count) {
		struct tcp t = between(c);
		segment(c, &t, 0, WIRE_SYN, NULL, 0);
	}
}

static void one(struct capture *c, uint64_t megabytes)
{
	struct tcp t = begin(c);
	exchange(c, &t, (size_t)megabytes * 965000); /* headers are the rest */
	end(c, &t);
}

static void tiny(struct capture *c, uint64_t count)
{
	char head[256];
	struct tcp t = begin(c);
	ask(c, &t);
	const size_t head_len = answer(head, (size_t)(count - c->packets - 1) * TINY);
	segment(c, &t, 1, WIRE_ACK, head, head_len);
	while (c->packets < count)
		segment(c, &t, 1, WIRE_ACK, "abc", TINY);
}

/* A round of one packet for each lasts four seconds, so that none is half open for too long. */
static void open_all(struct capture *c, uint64_t count)
{
	char head[256];
	struct tcp *t = calloc(count, sizeof *t);
	const size_t head_len = answer(head, 20);
	c->step = UINT64_C(1000) * ROUND_NS / count;
	for (unsigned round = 0; t != NULL && round < 6; round++)
		for (uint64_t i = 0; i < count; i++) {
			if (round == 0)
				t[i] = between(c);
			if (round < 3)
				segment(c, &t[i], round == 1,
				    round == 0   ? WIRE_SYN
				    : round == 1 ? WIRE_SYN | WIRE_ACK
						 : WIRE_ACK,
				    NULL, 0);
			else if (round == 3)
				ask(c, &t[i]);
			else if (round == 4)
				pour(c, &t[i], 1, head, head_len, head_len + 20);
			else
				segment(c, &t[i], 0, WIRE_ACK, NULL, 0);
		}
	free(t);
}

static bool write_counted(struct capture *c, const char *kind, uint64_t amount)
{
	static const struct {
		const char *name;
		void (*write)(struct capture *c, uint64_t amount);
	} kinds[] = { { "syn", syn }, { "one", one }, { "tiny", tiny }, { "open", open_all } };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kind, kinds[i].name) == 0) {
			kinds[i].write(c, amount);
			return true;
		}
	return false;
}

static void write_until(struct capture *c, const char *kind, uint64_t amount)
{
	static const struct {
		const char *name;
		void (*write)(struct capture *c);
	} kinds[] = { { "bulk", bulk }, { "huge", huge }, { "short", brief }, { "relay", relay }, { "mixed", mixed },
		{ "idle", idle } };
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const bool counts = kinds[i].write == idle;
		while (strcmp(kind, kinds[i].name) == 0 &&
		       (counts ? c->conversations < amount : c->bytes < amount * 1000000))
			kinds[i].write(c);
	}
}

int main(int argc, char **argv)
{
	static const uint32_t file_head[6] = { 0xa1b2c3d4, 2 | 4u << 16, 0, 0, 262144, WIRE_LINK };
	static struct capture c = { .random = 2463534242, .step = STEP_NS };
	if (argc != 4 || (c.f = fopen(argv[3], "wb")) == NULL) {
		fputs("usage: generate bulk|huge|short|relay|mixed|one MEGABYTES FILE\n"
		      "       generate idle|open CONVERSATIONS FILE | generate syn|tiny PACKETS FILE\n",
		    stderr);
		return 2;
	}
	const char *turns = getenv("CLIENTS");
	const bool many = strcmp(argv[1], "open") == 0 || strcmp(argv[1], "syn") == 0;
	c.clients = turns != NULL ? (unsigned)strtoul(turns, NULL, 10) : many ? CLIENTS : 0;
	fwrite(file_head, sizeof file_head, 1, c.f);
	const uint64_t amount = strtoul(argv[2], NULL, 10);
	if (!write_counted(&c, argv[1], amount))
		write_until(&c, argv[1], amount);
	return fclose(c.f) == 0 && c.conversations != 0 ? 0 : 1;
}
