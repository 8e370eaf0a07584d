/* The readers of tunnels' own framing, each by itself: nothing is read past its end, none stands still, and what comes out is
 * the same however the input is cut.
 *
 * First byte: which reader, and the size of pieces. */
#include <stdio.h>
#include <stdlib.h>
#include "edge.h"
#include "tunnel/base64.h"
#include "tunnel/dnswire.h"
#include "tunnel/foreign.h"
#include "tunnel/gnu_httptunnel_frames.h"
#include "tunnel/look.h"
#include "tunnel/node_http_tunnel_items.h"
#include "tunnel/query.h"
#include "tunnel/suo5_frames.h"

enum { MOST = 1 << 16, READERS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a reader gave, in order. */
struct yield {
	uint8_t bytes[2 * MOST];
	size_t len;
	uint64_t sum; /* of the states that count at the end */
};

static void give(struct yield *y, struct slice s)
{
	if (s.len > sizeof y->bytes - y->len)
		abort();
	if (s.len != 0)
		memcpy(y->bytes + y->len, s.at, s.len);
	y->len += s.len;
}

static void read_frames(struct frames *f, struct slice in, struct yield *y)
{
	while (in.len != 0) {
		const size_t before = in.len;
		struct slice out;
		frames_read(f, &in, &out);
		if (in.len == before)
			abort();
		give(y, out);
	}
	y->sum = f->at * 31u + f->count * 7u + frames_bits(f) * 3u + frames_prove(f);
}

static void read_suo5(struct suo5_frames *f, struct slice in, struct yield *y)
{
	uint8_t out[64];
	for (;;) {
		const struct suo5_piece p = suo5_read(f, &in, out, sizeof out);
		if (p.what == SUO5_NOTHING)
			break;
		if (p.what == SUO5_VALUE)
			give(y, p.bytes);
		y->sum += p.what == SUO5_FRAME ? 1000u + f->has_action : 0;
	}
	if (in.len != 0 && f->at != SUO5_BROKEN)
		abort();
}

static void read_items(struct items *it, struct slice in, struct yield *y)
{
	uint8_t out[64];
	enum items_found found;
	do {
		size_t n = 0;
		found = items_read(it, &in, out, sizeof out, &n);
		if (found == ITEMS_BYTES)
			give(y, (struct slice){ out, n });
		if (found == ITEMS_ITEM)
			y->sum = y->sum * 31 + it->method * 7u + it->stream + it->port;
	} while (found != ITEMS_MORE);
}

static void read_base64(struct base64 *b, struct slice in, struct yield *y)
{
	uint8_t out[16];
	while (in.len != 0)
		give(y, (struct slice){ out, base64_read(b, &in, out, sizeof out) });
	y->sum = b->bad * 2u + base64_whole(b);
}

/* One reader over all of the input, in pieces of `step`. */
static void run(unsigned which, struct slice in, size_t step, const struct edge *edge, struct yield *y)
{
	struct frames frames;
	struct suo5_frames suo5;
	struct items items;
	struct base64 base64 = { 0 };
	struct dnswire dns;
	frames_begin(&frames);
	suo5_begin(&suo5);
	items_begin(&items);
	dnswire_begin(&dns);
	y->len = 0;
	y->sum = 0;
	for (size_t at = 0; at < in.len; at += step) {
		const struct slice piece = edge_lay(edge, slice_head(slice_from(in, at), step));
		if (which == 0)
			read_frames(&frames, piece, y);
		else if (which == 1)
			read_suo5(&suo5, piece, y);
		else if (which == 2)
			read_items(&items, piece, y);
		else if (which == 3)
			read_base64(&base64, piece, y);
		else
			dnswire_read(&dns, piece);
	}
	if (which == 2)
		y->sum = y->sum * 4 + items_broken(&items) * 2u + items_whole(&items);
	if (which >= 4)
		y->sum = dnswire_bad(&dns) * 4u + dnswire_is_question(&dns) * 2u + dnswire_is_answer(&dns);
}

/* Those that are shown the beginning of content, or a target, at once. */
static void run_at_once(struct slice in, const struct edge *edge)
{
	struct foreign f;
	uint8_t plain[FOREIGN_SAMPLE];
	const struct slice s = edge_lay(edge, in);
	if (foreign_find(s, true, &f) && (f.name == NULL || f.at >= s.len))
		abort();
	if (f.name != NULL)
		look_decoded(slice_from(s, f.at), f.form, plain);
	look_random(slice_head(s, FOREIGN_SAMPLE));
	look_base64(s);
	look_events(s);
	struct slice path = query_path(s);
	while (path.len != 0)
		query_last_segment(&path);
	query_value(s, SLICE("token"));
	query_cookie(s, SLICE("sid"));
	query_is_uuid(s);
	if (query_decode(s, plain, sizeof plain) > sizeof plain)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct yield whole, pieces;
	static struct edge edge;
	if (edge.map == NULL)
		edge = edge_new(MOST);
	if (size < 2 || size > MOST)
		return 0;
	const struct slice in = { data + 1, size - 1 };
	const unsigned which = data[0] % READERS;
	if (which == READERS - 1) {
		run_at_once(in, &edge);
		return 0;
	}
	run(which, in, in.len, &edge, &whole);
	run(which, in, 1 + data[0] / READERS % 17, &edge, &pieces);
	if (whole.len != pieces.len || whole.sum != pieces.sum || memcmp(whole.bytes, pieces.bytes, whole.len) != 0) {
		fprintf(stderr, "reader %u: %zu bytes, sum %llu; in pieces %zu, %llu\n", which, whole.len,
		    (unsigned long long)whole.sum, pieces.len, (unsigned long long)pieces.sum);
		abort();
	}
	return 0;
}
