/* The frame chain: real bodies prove, whatever the cuts; bodies of other kinds never do. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tunnel/gnu_httptunnel_frames.h"

enum { BODY_MOST = 65536 };

struct body {
	uint8_t bytes[BODY_MOST];
	size_t len;
};

/* xorshift: the same bodies in every run. */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void put(struct body *b, const void *bytes, size_t len)
{
	assert_true(b->len + len <= BODY_MOST);
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
}

static void put_frame(struct body *b, uint8_t type, const void *content, size_t len)
{
	const uint8_t head[3] = { type, (uint8_t)(len >> 8), (uint8_t)len };
	put(b, head, sizeof head);
	put(b, content, len);
}

static void put_text(struct body *b, const char *text)
{
	put_frame(b, FRAME_DATA, text, strlen(text));
}

static void put_random(struct body *b, size_t len, uint64_t *seed)
{
	uint8_t content[16384];
	for (size_t i = 0; i < len; i++)
		content[i] = (uint8_t)next_random(seed);
	put_frame(b, FRAME_DATA, content, len);
}

/* In pieces of `piece` bytes, each in a buffer of just that size; the tunnelled bytes are gathered in `inner`. */
static struct frames feed(struct slice body, size_t piece, struct body *inner)
{
	struct frames f;
	frames_begin(&f);
	inner->len = 0;
	for (size_t at = 0; at < body.len; at += piece) {
		const struct slice part = slice_head(slice_from(body, at), piece);
		uint8_t *copy = malloc(part.len);
		memcpy(copy, part.at, part.len);
		struct slice in = { copy, part.len }, data;
		while (in.len != 0) {
			frames_read(&f, &in, &data);
			if (data.len != 0)
				put(inner, data.at, data.len);
		}
		free(copy);
	}
	return f;
}

static struct frames feed_whole(const struct body *b)
{
	static struct body inner;
	return feed((struct slice){ b->bytes, b->len }, b->len != 0 ? b->len : 1, &inner);
}

/* A short conversation as the server end sends it. */
static void talk_body(struct body *b)
{
	b->len = 0;
	put_text(b, "login: ");
	put_text(b, "you said: help\n$ ");
	put_text(b, "you said: ls -l\n$ ");
	put_text(b, "you said: whoami\n$ ");
	put_text(b, "bye\n");
	put(b, "F", 1);
}

static void every_cut_is_the_same(void **state)
{
	(void)state;
	static struct body b, inner, whole;
	const char *text = "login: you said: help\n$ you said: ls -l\n$ you said: whoami\n$ bye\n";
	talk_body(&b);
	const struct frames at_once = feed((struct slice){ b.bytes, b.len }, b.len, &whole);
	assert_true(frames_prove(&at_once));
	assert_int_equal(whole.len, strlen(text));
	assert_memory_equal(whole.bytes, text, whole.len);
	for (size_t piece = 1; piece < b.len; piece++) {
		const struct frames f = feed((struct slice){ b.bytes, b.len }, piece, &inner);
		assert_memory_equal(&f, &at_once, sizeof f);
		assert_int_equal(inner.len, whole.len);
		assert_memory_equal(inner.bytes, whole.bytes, whole.len);
	}
}

static void bodies_that_prove(void **state)
{
	(void)state;
	static struct body b;
	uint64_t seed = 7;
	struct frames f;

	b.len = 0; /* a tunnel that was opened and closed again */
	put(&b,
	    "\1\0\1\x2a"
	    "F",
	    5);
	f = feed_whole(&b);
	assert_true(frames_prove(&f));

	b.len = 0; /* idle: opened, then only its sign of life */
	put(&b,
	    "\1\0\1\x2a"
	    "E",
	    5);
	f = feed_whole(&b);
	assert_true(frames_prove(&f));

	b.len = 0; /* opened, and a first record */
	put(&b, "\1\0\1\x2a", 4);
	put_random(&b, 517, &seed);
	f = feed_whole(&b);
	assert_true(frames_prove(&f));

	b.len = 0; /* bulk */
	for (unsigned i = 0; i < 6; i++)
		put_random(&b, 10240, &seed);
	f = feed_whole(&b);
	assert_true(frames_prove(&f));

	b.len = 0; /* a body used up to its declared length */
	put_random(&b, 10240, &seed);
	put_random(&b, 10233, &seed);
	put(&b, "G", 1);
	f = feed_whole(&b);
	assert_false(frames_prove(&f));
	frames_end(&f, true);
	assert_true(frames_prove(&f));

	b.len = 0; /* padded to blocks, as through a buffering proxy */
	static const uint8_t zeros[4096];
	put_text(&b, "SSH-2.0-OpenSSH_9.2p1\r\n");
	put_frame(&b, FRAME_PADDING, zeros, 4000);
	put_random(&b, 1088, &seed);
	put_random(&b, 48, &seed);
	put_random(&b, 700, &seed);
	put(&b, "EE", 2);
	f = feed_whole(&b);
	assert_true(frames_prove(&f));
}

struct dull {
	const char *what;
	const char *bytes;
	size_t len;
};

#define DULL(what, literal)                        \
	{                                          \
		what, literal, sizeof(literal) - 1 \
	}

static const struct dull dulls[] = {
	DULL("pads alone", "EEEEEEEEEEEEEEEEEEEEEEEE"),
	DULL("letters", "EFG"),
	DULL("text", "Error: no such file"),
	DULL("JSON", "{\"a\":1,\"b\":[2,3]}"),
	DULL("form", "E=1&F=2"),
	DULL("opened only", "\1\0\1\x2a"),
	DULL("opened with another byte", "\1\0\1\x2b"
					 "E"),
	DULL("opened twice", "\1\0\1\x2a\1\0\1\x2a"),
	DULL("opened, then no frame", "\1\0\1\x2a\0\0\0\0"),
	DULL("OPEN too long", "\1\0\2\x2a\x2a"
			      "EEE"),
	DULL("empty DATA", "\2\0\0\2\0\0\2\0\0"),
	DULL("DATA beyond the most", "\2\xff\xff"
				     "abc"),
	DULL("padding that is none", "\3\0\3abcE"),
	DULL("after DISCONNECT", "\2\0\3abcGE"),
	DULL("a record again and again",
	    "\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0\2\0\1\0"),
	DULL("gzip", "\x1f\x8b\x08\0\0\0\0\0\0\3"),
	DULL("TLS handshake message", "\2\0\0\x51\3\3"),
	DULL("DNS question", "\1\0\1\0\0\1\0\0\0\0\0\0"),
	DULL("gRPC", "\0\0\0\0\5hello"),
	DULL("16-bit samples", "\2\0\1\0\3\0\2\0\1\0\2\0\2\0\3\0\1\0\2\0\1\0"),
	DULL("32-bit numbers", "\2\0\0\0\1\0\0\0\3\0\0\0"),
};

static void bodies_that_do_not(void **state)
{
	(void)state;
	static struct body b;
	for (size_t i = 0; i < sizeof dulls / sizeof *dulls; i++) {
		b.len = 0;
		put(&b, dulls[i].bytes, dulls[i].len);
		struct frames f = feed_whole(&b);
		if (frames_prove(&f))
			fail_msg("%s", dulls[i].what);
		frames_end(&f, true);
		if (frames_prove(&f))
			fail_msg("%s, complete", dulls[i].what);
	}
}

/* Bodies of 0 to 4 KiB over an alphabet of `values` values from 0 on, or of all bytes. */
static unsigned hits_among(unsigned bodies, unsigned values, uint64_t seed, unsigned *begun)
{
	static struct body b;
	unsigned hits = 0;
	for (unsigned i = 0; i < bodies; i++) {
		b.len = (size_t)(next_random(&seed) % 1024);
		for (size_t at = 0; at < b.len; at++)
			b.bytes[at] = (uint8_t)((next_random(&seed) >> 16) % values);
		struct frames f = feed_whole(&b);
		frames_end(&f, true);
		*begun += frames_consistent(&f);
		hits += frames_prove(&f);
	}
	return hits;
}

static void random_bodies(void **state)
{
	(void)state;
	unsigned begun = 0;
	assert_int_equal(hits_among(200000, 256, 1, &begun), 0);
	assert_int_equal(hits_among(100000, 5, 2, &begun), 0);
	assert_int_equal(hits_among(100000, 16, 3, &begun), 0);
	assert_int_equal(hits_among(100000, 3, 4, &begun), 0);
	/* The test is worth something only if many began well. */
	assert_true(begun > 100);
}

/* The hardest ones: every body begins as frames do, and what follows is random. */
static void random_after_a_good_start(void **state)
{
	(void)state;
	static struct body b;
	uint64_t seed = 99;
	unsigned hits = 0;
	for (unsigned i = 0; i < 200000; i++) {
		b.len = 0;
		put_random(&b, 1 + next_random(&seed) % 40, &seed);
		const size_t more = next_random(&seed) % 512;
		for (size_t at = 0; at < more; at++)
			b.bytes[b.len++] = (uint8_t)(next_random(&seed) >> 17);
		struct frames f = feed_whole(&b);
		frames_end(&f, true);
		hits += frames_prove(&f);
	}
	assert_int_equal(hits, 0);
}

static void holes(void **state)
{
	(void)state;
	static struct body b, inner;
	uint64_t seed = 3;
	b.len = 0;
	for (unsigned i = 0; i < 6; i++)
		put_random(&b, 1000, &seed);
	/* Within one frame: goes on behind. */
	struct frames f = feed((struct slice){ b.bytes, 500 }, 500, &inner);
	frames_skip(&f, 400);
	struct slice in = { b.bytes + 900, b.len - 900 }, data;
	while (in.len != 0)
		frames_read(&f, &in, &data);
	assert_true(frames_live(&f));
	assert_int_equal(f.count, 6);
	assert_int_equal(f.seen, b.len);
	assert_true(frames_prove(&f));
	/* Over the end of one: what was read counts, no more is read. */
	f = feed((struct slice){ b.bytes, 500 }, 500, &inner);
	frames_skip(&f, 504);
	assert_false(frames_live(&f));
	assert_true(frames_consistent(&f));
	in = (struct slice){ b.bytes, 100 };
	frames_read(&f, &in, &data);
	assert_int_equal(in.len, 0);
	assert_int_equal(data.len, 0);
	/* Between two. */
	frames_begin(&f);
	frames_skip(&f, 1);
	assert_false(frames_consistent(&f));
	frames_skip(&f, UINT64_MAX);
	assert_false(frames_prove(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_is_the_same),
		cmocka_unit_test(bodies_that_prove),
		cmocka_unit_test(bodies_that_do_not),
		cmocka_unit_test(random_bodies),
		cmocka_unit_test(random_after_a_good_start),
		cmocka_unit_test(holes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
