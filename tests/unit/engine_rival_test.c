#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/pipeline.h"

enum { LINK_RAW = 12, HEADERS = 40, FLAGS_SYN = 0x02, FLAGS_RST = 0x04, FLAGS_ACK = 0x10, USUAL = 64, FAR = 50 };

/* A segment: who, where in its stream, how many hops off, how much of the other side it acknowledges, what. */
struct step {
	enum side from;
	uint32_t at;
	uint8_t ttl;
	uint32_t acks;
	const char *text;
	uint8_t flags;
};

#define CONNECT "CONNECT a.example:22 HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OPENED  "HTTP/1.1 200 Yes\r\n\r\n"
#define REFUSED "HTTP/1.1 403 Nay\r\n\r\n"
#define LONGER  "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
#define SSH     "SSH-2.0-x\r\n"

enum { ASKED = sizeof CONNECT - 1, SHORT = sizeof OPENED - 1, LONG = sizeof LONGER - 1, HELLO = sizeof SSH - 1 };

static void put_16(uint8_t *at, unsigned n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

static void put_32(uint8_t *at, uint32_t n)
{
	put_16(at, n >> 16);
	put_16(at + 2, n & 0xffff);
}

static size_t frame_of(uint8_t *out, const struct step *s)
{
	const size_t len = s->text != NULL ? strlen(s->text) : 0;
	const unsigned flags = s->flags != 0 ? s->flags : FLAGS_ACK;
	memset(out, 0, HEADERS);
	out[0] = 0x45;
	put_16(out + 2, (unsigned)(HEADERS + len));
	out[8] = s->ttl;
	out[9] = 6;
	put_32(out + 12, s->from == CLIENT ? 0x0a000001 : 0x0a000002);
	put_32(out + 16, s->from == CLIENT ? 0x0a000002 : 0x0a000001);
	put_16(out + 20, s->from == CLIENT ? 40000 : 3128);
	put_16(out + 22, s->from == CLIENT ? 3128 : 40000);
	const uint32_t first[] = { 1000, 5000 };
	put_32(out + 24, first[s->from] + s->at - ((flags & FLAGS_SYN) != 0));
	put_32(out + 28, (flags & FLAGS_ACK) != 0 ? first[OTHER(s->from)] + s->acks : 0);
	out[32] = 0x50;
	out[33] = (uint8_t)flags;
	put_16(out + 34, 65535);
	if (len != 0)
		memcpy(out + HEADERS, s->text, len);
	return HEADERS + len;
}

/* What culvert writes of a conversation that begins with a SYN of each side and then goes as said. */
static char *told_of(const struct step *steps, size_t count, enum overlap_policy overlaps)
{
	static const struct step opening[] = { { CLIENT, 0, USUAL, 0, NULL, FLAGS_SYN },
		{ SERVER, 0, USUAL, 0, NULL, FLAGS_SYN | FLAGS_ACK }, { CLIENT, 0, USUAL, 0, NULL, 0 } };
	char path[] = "/tmp/culvert-rival-XXXXXX";
	struct err e;
	const int file = mkstemp(path);
	assert_true(file >= 0);
	struct reporter *r = reporter_open(path, REPORT_JSON, &e);
	const struct pipeline_options options = {
		.flows = 4, .anomalies = true, .overlaps = overlaps, .checksums = CHECKSUM_NONE
	};
	struct pipeline *p = pipeline_new(&options, r, &e);
	assert_non_null(p);
	struct frame f = { .link = LINK_RAW };
	uint8_t bytes[2048];
	for (size_t i = 0; i < 3 + count; i++) {
		f.wire_len = (uint32_t)frame_of(bytes, i < 3 ? &opening[i] : &steps[i - 3]);
		f.bytes = (struct slice){ bytes, f.wire_len };
		f.t += 1000000;
		f.number++;
		pipeline_frame(p, &f);
	}
	pipeline_drain(p);
	pipeline_free(p);
	assert_true(reporter_close(r, &e));
	char *text = calloc(1, 1 << 16);
	assert_non_null(text);
	assert_true(read(file, text, (1 << 16) - 1) > 0);
	close(file);
	unlink(path);
	return text;
}

static bool is_said(const char *text, const char *key, const char *value)
{
	char wanted[80];
	snprintf(wanted, sizeof wanted, "\"%s\":\"%s\"", key, value);
	return strstr(text, wanted) != NULL;
}

/* The label of the flow record: the last that is said. */
static bool has_label(const char *text, const char *label)
{
	char wanted[80];
	const char *flow = strstr(text, "\"event_type\":\"flow\"");
	snprintf(wanted, sizeof wanted, "\"label\":\"%s\"", label);
	const char *last = flow;
	for (const char *at = flow; at != NULL && (at = strstr(at, "\"label\":")) != NULL; at++)
		last = at;
	return flow != NULL && strncmp(last, wanted, strlen(wanted)) == 0;
}

struct row {
	const char *what, *label, *anomaly; /* anomaly: NULL when there must be no TTL's */
	enum overlap_policy overlaps;
	struct step steps[8];
};

static const struct row rows[] = {
	{ "a refusal of far away, contradicted", "blind-relay", "ttl_jump", OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, FAR, ASKED, REFUSED, 0 },
		{ SERVER, 0, USUAL, ASKED, OPENED, 0 }, { CLIENT, ASKED, USUAL, SHORT, SSH, 0 },
		{ SERVER, SHORT, USUAL, ASKED + HELLO, SSH, 0 } } },
	{ "an acceptance of far away, contradicted", "plain-http", "ttl_jump", OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, FAR, ASKED, OPENED, 0 },
		{ SERVER, 0, USUAL, ASKED, REFUSED, 0 }, { CLIENT, ASKED, USUAL, SHORT, NULL, 0 } } },
	{ "an acceptance of far away, acknowledged", "blind-relay", NULL, OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, FAR, ASKED, OPENED, 0 },
		{ CLIENT, ASKED, USUAL, SHORT, SSH, 0 }, { SERVER, SHORT, FAR, ASKED + HELLO, SSH, 0 } } },
	{ "an acceptance of far away, never acknowledged", "undecided", NULL, OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, FAR, ASKED, OPENED, 0 },
		{ CLIENT, ASKED, USUAL, 0, SSH, 0 } } },
	{ "far away all the same, and no handshake", "plain-http", NULL, OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0 }, { SERVER, 0, FAR, 27, LONGER, 0 } } },
	{ "two answers of one length", "undecided", "reassembly_overlap_different_data", OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, USUAL, ASKED, OPENED, 0 },
		{ SERVER, 0, USUAL, ASKED, REFUSED, 0 }, { CLIENT, ASKED, USUAL, SHORT, SSH, 0 } } },
	{ "two answers that mean the same", "plain-http", "reassembly_overlap_different_data", OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, USUAL, ASKED, "HTTP/1.1 407 Nay\r\n\r\n", 0 },
		{ SERVER, 0, USUAL, ASKED, REFUSED, 0 }, { CLIENT, ASKED, USUAL, SHORT, NULL, 0 } } },
	{ "the longer first, the shorter acknowledged", "blind-relay", "reassembly_overlap_different_data",
	    OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, USUAL, ASKED, LONGER, 0 },
		{ SERVER, 0, USUAL, ASKED, OPENED, 0 }, { CLIENT, ASKED, USUAL, SHORT, SSH, 0 },
		{ SERVER, SHORT, USUAL, ASKED + HELLO, SSH, 0 } } },
	{ "the network takes what comes first", "blind-relay", "reassembly_overlap_different_data", OVERLAP_FIRST,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, USUAL, ASKED, OPENED, 0 },
		{ SERVER, 0, USUAL, ASKED, REFUSED, 0 }, { CLIENT, ASKED, USUAL, SHORT, SSH, 0 } } },
	{ "an answer that nobody acknowledges is read at the end", "blind-relay", NULL, OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, USUAL, ASKED, OPENED, 0 } } },
	{ "put aside twice, and cut off by a reset", "plain-http", NULL, OVERLAP_ACKED,
	    { { CLIENT, 0, USUAL, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 0 }, { SERVER, 0, FAR, 27, LONGER, 0 },
		{ SERVER, 0, FAR, 27, LONGER, 0 }, { SERVER, LONG, FAR, 27, NULL, FLAGS_RST } } },
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t count = 0;
		while (count < 8 && rows[i].steps[count].ttl != 0)
			count++;
		char *text = told_of(rows[i].steps, count, rows[i].overlaps);
		const bool anomalies = rows[i].anomaly != NULL ? is_said(text, "event", rows[i].anomaly)
							       : !is_said(text, "event", "ttl_jump");
		if (!has_label(text, rows[i].label) || !anomalies)
			fail_msg("%s:\n%s", rows[i].what, text);
		free(text);
	}
}

static void test_both_readings_are_named(void **state)
{
	(void)state;
	const struct step two[] = { { CLIENT, 0, USUAL, 0, CONNECT, 0 }, { SERVER, 0, USUAL, ASKED, OPENED, 0 },
		{ SERVER, 0, USUAL, ASKED, REFUSED, 0 } };
	char *text = told_of(two, 3, OVERLAP_ACKED);
	assert_true(is_said(text, "undecided", "two-readings"));
	assert_non_null(strstr(text, "\"readings\":[\"plain-http\",\"blind-relay\"]"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_both_readings_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
