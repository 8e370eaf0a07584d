/* The whole engine under hostile bytes.  The first byte chooses the mode:
 *   even  a list of frames: two bytes of length (the top bit: Ethernet or raw IP), two of time in milliseconds, bytes
 *   odd   conversations of two connections: a head byte (1 server, 2 second connection, 0x40 hole, 0x80 FIN), two bytes
 *         of length, bytes; the byte's bits 2..5 say in how small pieces they are sent
 * Nothing may crash, leak or run away; memory is bought at the start. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "engine/watch.h"
#include "wire.h"

enum { MOST_FRAMES = 4096, LINK_RAW = 12, MOST_SEGMENT = 1400 };

struct bytes {
	const uint8_t *at;
	size_t len;
};

struct connection {
	struct wire wire;
	uint32_t seq[2];
	bool opened;
};

struct fuzz {
	struct pipeline *pipeline;
	struct frame frame;
	unsigned frames;
	uint8_t buffer[WIRE_MOST];
	struct connection connection[2];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bytes take(struct bytes *from, size_t n)
{
	if (n > from->len)
		n = from->len;
	const struct bytes taken = { from->at, n };
	from->at += n;
	from->len -= n;
	return taken;
}

static unsigned take_16(struct bytes *from)
{
	const struct bytes b = take(from, 2);
	return b.len < 2 ? 0 : (unsigned)b.at[0] << 8 | b.at[1];
}

static void feed(struct fuzz *z, struct bytes bytes, int link)
{
	z->frame.bytes = (struct slice){ bytes.at, bytes.len };
	z->frame.wire_len = (uint32_t)bytes.len;
	z->frame.link = link;
	z->frame.number++;
	z->frame.t += 1000;
	if (z->frames++ < MOST_FRAMES)
		pipeline_frame(z->pipeline, &z->frame);
}

/* As a file gives them: many at once. */
static void feed_frames(struct fuzz *z, struct bytes in)
{
	struct frame f[PIPELINE_FRAMES];
	size_t count = 0;
	for (; in.len != 0 && z->frames < MOST_FRAMES; z->frames++) {
		const unsigned head = take_16(&in);
		z->frame.t += (int64_t)take_16(&in) * 1000000 + 1000;
		const struct bytes bytes = take(&in, head & 0x7fff);
		z->frame.number++;
		f[count] = z->frame;
		f[count].bytes = (struct slice){ bytes.at, bytes.len };
		f[count].wire_len = (uint32_t)bytes.len;
		f[count++].link = head & 0x8000 ? LINK_RAW : WIRE_LINK;
		if (count == PIPELINE_FRAMES) {
			pipeline_frames(z->pipeline, f, count);
			count = 0;
		}
	}
	pipeline_frames(z->pipeline, f, count);
}

static void feed_segment(struct fuzz *z, struct connection *c, unsigned from, uint8_t flags, struct bytes payload)
{
	const struct wire_segment s = { .from = from,
		.seq = c->seq[from],
		.ack = c->seq[!from],
		.flags = flags,
		.at = payload.at,
		.len = payload.len };
	const size_t len = wire_frame(z->buffer, &c->wire, &s);
	feed(z, (struct bytes){ z->buffer, len }, WIRE_LINK);
	c->seq[from] += (uint32_t)payload.len + (flags & (WIRE_SYN | WIRE_FIN) ? 1 : 0);
}

static struct connection *connection(struct fuzz *z, unsigned i)
{
	struct connection *c = &z->connection[i];
	const struct bytes nothing = { NULL, 0 };
	if (c->opened)
		return c;
	c->opened = true;
	wire_hosts(&c->wire, i != 0, 1, (uint16_t)(40000 + i), 80);
	feed_segment(z, c, 0, WIRE_SYN, nothing);
	feed_segment(z, c, 1, WIRE_SYN | WIRE_ACK, nothing);
	return c;
}

static void feed_streams(struct fuzz *z, struct bytes in)
{
	const struct bytes nothing = { NULL, 0 };
	while (in.len != 0) {
		const unsigned head = take(&in, 1).at[0];
		const unsigned length = take_16(&in), side = head & 1;
		struct connection *c = connection(z, head >> 1 & 1);
		if (head & 0x80) {
			feed_segment(z, c, side, WIRE_FIN | WIRE_ACK, nothing);
			continue;
		}
		if (head & 0x40) {
			c->seq[side] += length;
			continue;
		}
		struct bytes payload = take(&in, length);
		const size_t piece = (head >> 2 & 15) != 0 ? (head >> 2 & 15) * 3 : MOST_SEGMENT;
		while (payload.len != 0)
			feed_segment(z, c, side, WIRE_ACK, take(&payload, piece));
		feed_segment(z, c, !side, WIRE_ACK, nothing);
	}
}

/* Between two inputs no conversation is held, and so no block of any pool. */
static void require_all_back(const struct pipeline *p)
{
	const struct pool *const pools[] = { &p->notes, &p->records, &p->relays, &p->dialogues, &p->encaps, &p->masks,
		&p->rivals, &p->fired, &p->requests, &p->streams.small, &p->streams.medium, &p->streams.large,
		&p->streams.waiting, &p->tunnels.findings, &p->tunnels.samples, &p->tunnels.notebooks[FOLDED],
		&p->tunnels.notebooks[LEAF], &p->tunnels.notebooks[SLIP], &p->tunnels.notebooks[WHOLE] };
	for (size_t i = 0; i < sizeof pools / sizeof *pools; i++)
		if (pools[i]->used != 0)
			abort();
}

/* One engine for all inputs: it is empty after each drain, and setting it up costs more than most inputs. */
static struct fuzz *fuzz_new(void)
{
	struct err e;
	struct reporter *r = reporter_open("/dev/null", REPORT_JSON, &e);
	const struct pipeline_options options = {
		.flows = 16, .anomalies = true, .overlaps = OVERLAP_ACKED, .key = { 1, 2 }
	};
	struct fuzz *z = calloc(1, sizeof *z);
	if (r == NULL || z == NULL || (z->pipeline = pipeline_new(&options, r, &e)) == NULL)
		abort();
	pipeline_source(z->pipeline, "fuzz");
	z->frame.t = INT64_C(1700000000000000000);
	return z;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz *z;
	if (z == NULL)
		z = fuzz_new();
	z->frames = 0;
	z->connection[0] = z->connection[1] = (struct connection){ 0 };
	struct bytes in = { data, size };
	if (size != 0 && (take(&in, 1).at[0] & 1) != 0)
		feed_streams(z, in);
	else
		feed_frames(z, in);
	pipeline_drain(z->pipeline);
	require_all_back(z->pipeline);
	return 0;
}
