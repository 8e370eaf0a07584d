/* Every bound that conversations can reach is reached, is counted under its own name, and costs nobody else anything: an ordinary
 * relay that comes afterwards is still called one.  What floods do to others is here as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "engine/pipeline.h"
#include "wire.c" /* no room has it, and unit tests link rooms only */

#define SECOND INT64_C(1000000000)
#define ASK    "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
#define YES    "HTTP/1.1 200 OK\r\n\r\n"

enum { FLOWS = 128, PORT = 3128 };

struct bench {
	struct reporter *reporter;
	struct pipeline *pipeline;
	struct frame frame;
	uint8_t bytes[WIRE_MOST];
	unsigned hosts;
};

struct talk {
	struct bench *b;
	struct wire wire;
	uint32_t seq[2];
};

static int begin(void **state)
{
	struct err e;
	struct bench *b = calloc(1, sizeof *b);
	assert_non_null(b);
	const struct pipeline_options o = {
		.flows = FLOWS, .anomalies = true, .overlaps = OVERLAP_ACKED, .key = { 1, 2 }
	};
	b->reporter = reporter_open("/dev/null", REPORT_JSON, &e);
	assert_non_null(b->reporter);
	b->pipeline = pipeline_new(&o, b->reporter, &e);
	assert_non_null(b->pipeline);
	pipeline_source(b->pipeline, "x.pcap");
	b->frame = (struct frame){ .t = 1000 * SECOND, .link = WIRE_LINK };
	*state = b;
	return 0;
}

static int end(void **state)
{
	struct bench *b = *state;
	struct err e;
	pipeline_free(b->pipeline);
	assert_true(reporter_close(b->reporter, &e));
	free(b);
	return 0;
}

static void frame(struct bench *b, size_t len)
{
	b->frame.bytes = (struct slice){ b->bytes, len };
	b->frame.wire_len = (uint32_t)len;
	b->frame.number++;
	b->frame.t += 1000;
	pipeline_frame(b->pipeline, &b->frame);
}

static void segment(struct talk *t, unsigned from, unsigned flags, const void *at, size_t len)
{
	const struct wire_segment s = { from, t->seq[from], t->seq[!from], (uint8_t)flags, at, len };
	frame(t->b, wire_frame(t->b->bytes, &t->wire, &s));
	t->seq[from] += (uint32_t)len + (flags & (WIRE_SYN | WIRE_FIN) ? 1 : 0);
}

static void say(struct talk *t, unsigned from, const char *text)
{
	segment(t, from, WIRE_ACK, text, strlen(text));
}

static struct talk knock(struct bench *b)
{
	struct talk t = { .b = b, .seq = { 100, 200 } };
	wire_hosts(&t.wire, false, ++b->hosts, 4000, PORT);
	segment(&t, 0, WIRE_SYN, NULL, 0);
	return t;
}

static struct talk open_one(struct bench *b)
{
	struct talk t = knock(b);
	segment(&t, 1, WIRE_SYN | WIRE_ACK, NULL, 0);
	segment(&t, 0, WIRE_ACK, NULL, 0);
	return t;
}

/* So many bytes of this one. */
static void pour(struct talk *t, unsigned from, char c, size_t len)
{
	char block[1000];
	memset(block, c, sizeof block);
	for (; len >= sizeof block; len -= sizeof block)
		segment(t, from, WIRE_ACK, block, sizeof block);
}

static struct report_stats stats_of(const struct bench *b)
{
	struct report_stats s;
	pipeline_stats(b->pipeline, &s);
	return s;
}

static void reached(struct bench *b, enum cap cap)
{
	if (stats_of(b).caps[cap] == 0)
		fail_msg("%s was not reached", cap_row(cap)->name);
	struct talk t = open_one(b);
	say(&t, 0, ASK);
	say(&t, 1, YES);
	pour(&t, 1, 'x', 2000);
	pipeline_drain(b->pipeline);
	const struct report_stats s = stats_of(b);
	assert_int_not_equal(s.by_label[LABEL_BLIND_RELAY], 0);
	assert_int_equal(s.by_label[LABEL_HTTP_TUNNEL], 0);
	uint64_t told = 0;
	for (unsigned i = 0; i < LABELS; i++)
		told += s.by_label[i];
	assert_int_equal(told, s.flows);
}

static void flows(void **state)
{
	for (unsigned i = 0; i <= FLOWS; i++)
		open_one(*state);
	assert_int_equal(stats_of(*state).caps[CAP_FLOWS], 1);
	reached(*state, CAP_FLOWS);
}

static void half_open(void **state)
{
	for (unsigned i = 0; i <= FLOWS; i++)
		knock(*state);
	const struct report_stats s = stats_of(*state);
	assert_int_equal(s.caps[CAP_HALF_OPEN], 1);
	assert_int_equal(s.flows_peak, 0);
	assert_int_equal(s.half_open_peak, FLOWS);
	assert_int_equal(s.records, 0);
	reached(*state, CAP_HALF_OPEN);
}

static void unread(void **state)
{
	struct talk t = open_one(*state);
	say(&t, 0, ASK);
	pour(&t, 0, 'x', MAX_FLOW_BUFFER + 2000);
	reached(*state, CAP_UNREAD);
}

static void holes(void **state)
{
	struct talk t = open_one(*state);
	for (unsigned i = 0; i < MAX_HOLES + 2; i++) {
		t.seq[0]++;
		segment(&t, 0, WIRE_ACK, "x", 1);
	}
	reached(*state, CAP_HOLES);
	assert_int_equal(stats_of(*state).caps[CAP_HOLE_BYTES], 0);
}

static void hole_bytes(void **state)
{
	struct talk t = open_one(*state);
	t.seq[0]++;
	pour(&t, 0, 'x', MAX_HOLE_BYTES + 3000);
	reached(*state, CAP_HOLE_BYTES);
	assert_int_equal(stats_of(*state).caps[CAP_HOLES], 0);
}

static void stream_memory(void **state)
{
	for (unsigned n = 0; n < 66; n++) {
		struct talk t = open_one(*state);
		say(&t, 0, "GET / HTTP/1.1\r\nX: ");
		pour(&t, 0, 'x', 60000);
	}
	reached(*state, CAP_STREAM_MEMORY);
}

static void head(void **state)
{
	struct talk t = open_one(*state);
	say(&t, 0, "GET / HTTP/1.1\r\nX: ");
	pour(&t, 0, 'x', MAX_HEAD + 2000);
	reached(*state, CAP_HEAD);
}

static void fields(void **state)
{
	struct talk t = open_one(*state);
	say(&t, 0, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (unsigned i = 0; i < MAX_FIELDS; i++)
		say(&t, 0, "A: b\r\n");
	say(&t, 0, "\r\n");
	reached(*state, CAP_FIELDS);
}

static void pipeline(void **state)
{
	struct talk t = open_one(*state);
	/* More are left unread, as long as there is room for them. */
	for (unsigned i = 0; i < 3000; i++)
		say(&t, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	reached(*state, CAP_PIPELINE);
}

static void nesting(void **state)
{
	struct talk t = open_one(*state);
	for (unsigned i = 0; i < MAX_NESTING + 2; i++) {
		say(&t, 0, ASK);
		say(&t, 1, YES);
	}
	reached(*state, CAP_NESTING);
}

static void ndpi_bytes(void **state)
{
	struct talk t = open_one(*state);
	say(&t, 0, ASK);
	say(&t, 1, YES);
	pour(&t, 1, '\x93', 1000);
	pour(&t, 0, '\x93', 3000);
	reached(*state, CAP_NDPI_BYTES);
}

static void kin(void **state)
{
	/* Half as many pairs as conversations, and 64: all of them alive. */
	for (unsigned i = 0; i < FLOWS; i++) {
		struct talk t = open_one(*state);
		say(&t, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		if (i < FLOWS / 2)
			segment(&t, 0, WIRE_RST | WIRE_ACK, NULL, 0);
	}
	for (unsigned i = 0; i < FLOWS; i++) {
		struct talk t = open_one(*state);
		say(&t, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	}
	reached(*state, CAP_KIN);
}

static void encapsulation(void **state)
{
	struct bench *b = *state;
	const struct wire_segment s = { .flags = WIRE_SYN };
	struct wire w;
	uint8_t plain[WIRE_MOST];
	wire_hosts(&w, false, 1, 4000, PORT);
	const size_t len = wire_frame(plain, &w, &s);
	memcpy(b->bytes, plain, 12);
	for (unsigned i = 0; i <= MAX_ENCAPSULATION; i++)
		memcpy(b->bytes + 12 + 4 * i, "\x81\0\0\1", 4);
	memcpy(b->bytes + 12 + 4 * (MAX_ENCAPSULATION + 1), plain + 12, len - 12);
	frame(b, len + 4 * (MAX_ENCAPSULATION + 1));
	reached(b, CAP_ENCAPSULATION);
}

static void string(void **state)
{
	static char name[MAX_STRING + 10];
	struct bench *b = *state;
	memset(name, 'x', sizeof name - 1);
	pipeline_source(b->pipeline, name);
	open_one(b);
	pipeline_drain(b->pipeline);
	reached(b, CAP_STRING);
}

/* A flood of SYNs, and one of SYNs that are repeated, leaves alone who is open, what is known of him and what is not yet. */
static void floods_push_nobody_out(void **state)
{
	const struct bench *b = *state;
	for (unsigned repeat = 0; repeat < 2; repeat++) {
		struct talk relay = open_one(*state), later = open_one(*state);
		say(&relay, 0, ASK);
		say(&relay, 1, YES);
		const uint64_t evicted = stats_of(*state).flows_evicted;
		for (unsigned i = 0; i < 20 * FLOWS; i++) {
			struct talk t = knock(*state);
			t.seq[0]--;
			if (repeat != 0)
				segment(&t, 0, WIRE_SYN, NULL, 0);
		}
		say(&later, 0, ASK);
		say(&later, 1, YES);
		pour(&later, 1, 'x', 2000);
		pour(&relay, 1, 'x', 2000);
		assert_int_equal(stats_of(*state).flows_evicted, evicted);
		pipeline_drain(b->pipeline);
		assert_int_equal(stats_of(*state).by_label[LABEL_BLIND_RELAY], 2 + 2 * repeat);
	}
}

/* What is open and unknown goes before HTTP, that before a relay. */
static void weakest_label_first(void **state)
{
	struct talk relay = open_one(*state), web = open_one(*state);
	say(&relay, 0, ASK);
	say(&relay, 1, YES);
	pour(&relay, 1, 'x', 2000);
	segment(&relay, 0, WIRE_ACK, NULL, 0);
	say(&web, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	say(&web, 1, "HTTP/1.1 204 No Content\r\n\r\n");
	for (unsigned i = 0; i < 3 * FLOWS; i++)
		open_one(*state);
	assert_int_equal(stats_of(*state).by_label[LABEL_PLAIN_HTTP], 0);
	assert_int_equal(stats_of(*state).by_label[LABEL_BLIND_RELAY], 0);
	assert_in_range(stats_of(*state).flows_evicted, 2 * FLOWS, 3 * FLOWS);
	reached(*state, CAP_FLOWS);
	assert_int_equal(stats_of(*state).by_label[LABEL_BLIND_RELAY], 2);
}

/* The answer, or whatever comes, finds the conversation as it would be had it been held from its SYN on. */
static void a_knock_is_a_beginning(void **state)
{
	struct bench *b = *state;
	struct talk t = knock(b);
	b->frame.t += 29 * SECOND;
	segment(&t, 1, WIRE_SYN | WIRE_ACK, NULL, 0);
	segment(&t, 0, WIRE_ACK, NULL, 0);
	b->frame.t += 29 * SECOND;
	say(&t, 0, ASK);
	struct talk lost = knock(b);
	(void)lost;
	assert_int_equal(stats_of(b).flows, 2);
	b->frame.t += 32 * SECOND;
	pipeline_tick(b->pipeline, b->frame.t);
	assert_int_equal(stats_of(b).by_label[LABEL_UNDECIDED], 1);
	assert_int_equal(stats_of(b).half_open_evicted, 0);
	say(&t, 1, YES);
	pour(&t, 1, 'x', 2000);
	pipeline_drain(b->pipeline);
	assert_int_equal(stats_of(b).by_label[LABEL_BLIND_RELAY], 1);
}

static void fits_in_memory(void **state)
{
	struct bench *b = *state;
	struct pipeline_options o = { .flows = MAX_FLOWS, .overlaps = OVERLAP_ACKED };
	assert_int_equal(pipeline_fit(&o, 1 << 20), 0);
	size_t before = 0;
	for (size_t mib = 64; mib <= 1024; mib *= 2) {
		struct err e;
		o.flows = MAX_FLOWS;
		o.flows = pipeline_fit(&o, mib << 20);
		assert_in_range(o.flows, before + 1, MAX_FLOWS);
		before = o.flows;
		struct pipeline *p = pipeline_new(&o, b->reporter, &e);
		assert_non_null(p);
		assert_in_range(pipeline_reserved(p), (mib << 20) / 4, mib << 20);
		pipeline_free(p);
	}
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(flows),
		TEST(half_open),
		TEST(unread),
		TEST(holes),
		TEST(hole_bytes),
		TEST(stream_memory),
		TEST(head),
		TEST(fields),
		TEST(pipeline),
		TEST(nesting),
		TEST(ndpi_bytes),
		TEST(kin),
		TEST(encapsulation),
		TEST(string),
		TEST(floods_push_nobody_out),
		TEST(weakest_label_first),
		TEST(a_knock_is_a_beginning),
		TEST(fits_in_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
