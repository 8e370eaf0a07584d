/* Many frames at once are told of as they are one by one: names, times, labels and counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/pipeline.h"
#include "wire.c" /* no room has it, and unit tests link rooms only */

#define SECOND INT64_C(1000000000)

enum { TALKS = 12, MOST_FRAMES = 400, FRAME_ROOM = 2048, TEXT_ROOM = 1 << 20, IP_AT = 14 };

struct stack {
	size_t count;
	struct frame frame[MOST_FRAMES];
	uint8_t bytes[MOST_FRAMES][FRAME_ROOM];
};

struct told {
	char *text;
	struct report_stats stats;
};

struct talk {
	struct wire wire;
	uint32_t seq[2];
};

static uint8_t *next_bytes(struct stack *st)
{
	assert_true(st->count < MOST_FRAMES);
	return st->bytes[st->count];
}

static void add(struct stack *st, size_t len, int64_t t)
{
	assert_true(len <= FRAME_ROOM);
	st->frame[st->count] = (struct frame){ .bytes = { st->bytes[st->count], len },
		.wire_len = (uint32_t)len,
		.t = t,
		.link = WIRE_LINK,
		.number = st->count + 1 };
	st->count++;
}

static void say(struct stack *st, struct talk *t, unsigned from, unsigned flags, const char *text)
{
	static uint8_t large[WIRE_MOST];
	const size_t len = strlen(text);
	const struct wire_segment s = { from, t->seq[from], t->seq[!from], (uint8_t)flags, (const uint8_t *)text, len };
	const size_t whole = wire_frame(large, &t->wire, &s);
	memcpy(next_bytes(st), large, whole < FRAME_ROOM ? whole : FRAME_ROOM);
	add(st, whole, 1000 * SECOND + (int64_t)st->count * SECOND / 100);
	t->seq[from] += (uint32_t)len + (flags & (WIRE_SYN | WIRE_FIN) ? 1 : 0);
}

/* Of the latest frame, which must be IPv4 in Ethernet. */
static void spoil(struct stack *st, unsigned at, unsigned by)
{
	st->bytes[st->count - 1][IP_AT + at] ^= (uint8_t)by;
}

/* Step by step in turn; each third talk is of IPv6, each fourth in a VLAN; the others' headers are damaged now and then, before
 * their sender has shown a right one and after. */
static void fill(struct stack *st)
{
	static const struct {
		unsigned from, flags;
		const char *text;
	} steps[] = {
		{ 0, WIRE_SYN, "" },
		{ 1, WIRE_SYN | WIRE_ACK, "" },
		{ 0, WIRE_ACK, "CONNECT a.example:22 HTTP/1.1\r\nHost: a.example:22\r\n\r\n" },
		{ 1, WIRE_ACK, "HTTP/1.1 200 OK\r\n\r\n" },
		{ 0, WIRE_ACK, "SSH-2.0-OpenSSH_9.2p1\r\n" },
		{ 1, WIRE_ACK, "SSH-2.0-OpenSSH_9.2p1\r\n" },
		{ 0, WIRE_FIN | WIRE_ACK, "" },
		{ 1, WIRE_FIN | WIRE_ACK, "" },
	};
	struct talk talks[TALKS];
	for (unsigned i = 0; i < TALKS; i++) {
		talks[i] = (struct talk){ .seq = { 100, 200 } };
		wire_hosts(&talks[i].wire, i % 3 == 2, i / 2 + 1, (uint16_t)(4000 + i), 3128);
		talks[i].wire.wrap = i % 4 == 3 ? WIRE_VLAN : WIRE_PLAIN;
	}
	for (unsigned step = 0; step < sizeof steps / sizeof *steps; step++)
		for (unsigned i = 0; i < TALKS; i++) {
			struct talk *t = &talks[i];
			/* Nobody answers this one. */
			if (i == 4 && step > 0)
				continue;
			say(st, t, steps[step].from, steps[step].flags, steps[step].text);
			if (i == 9 && (step == 0 || step == 4))
				spoil(st, 10, 0x55);
			if (i == 6 && step == 4)
				spoil(st, 2, 0x80);
			if (i == 10 && step == 3)
				st->frame[st->count - 1].bytes.len -= 3;
		}
}

static void carry(struct pipeline *p, const struct stack *st, size_t at_once)
{
	for (size_t i = 0; i < st->count; i += at_once) {
		const size_t left = st->count - i;
		if (at_once == 1)
			pipeline_frame(p, &st->frame[i]);
		else
			pipeline_frames(p, &st->frame[i], left < at_once ? left : at_once);
	}
}

/* As one of so many workers; 0: it is the only one. */
static struct told tell_part(const struct stack *st, size_t at_once, unsigned part, unsigned parts)
{
	char path[] = "/tmp/culvert-frames-XXXXXX";
	struct err e;
	struct told told = { 0 };
	const int file = mkstemp(path);
	assert_true(file >= 0);
	struct reporter *r = reporter_open(path, REPORT_JSON, &e);
	assert_non_null(r);
	const struct pipeline_options options = {
		.flows = 64, .anomalies = true, .overlaps = OVERLAP_ACKED, .key = { 3, 4 }
	};
	struct pipeline *p = pipeline_new(&options, r, &e);
	assert_non_null(p);
	if (parts != 0)
		pipeline_share(p, part, parts, false);
	pipeline_source(p, "x.pcap");
	carry(p, st, at_once);
	pipeline_drain(p);
	pipeline_stats(p, &told.stats);
	pipeline_free(p);
	assert_true(reporter_close(r, &e));
	told.text = calloc(1, TEXT_ROOM);
	assert_non_null(told.text);
	assert_true(read(file, told.text, TEXT_ROOM - 1) > 0);
	close(file);
	unlink(path);
	return told;
}

static struct told tell(const struct stack *st, size_t at_once)
{
	return tell_part(st, at_once, 0, 0);
}

static unsigned count_of(const char *text, const char *what)
{
	unsigned n = 0;
	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void check_stats(const struct report_stats *many, const struct report_stats *one)
{
	assert_int_equal(many->frames, one->frames);
	assert_int_equal(many->frame_bytes, one->frame_bytes);
	assert_int_equal(many->segments, one->segments);
	assert_int_equal(many->malformed, one->malformed);
	assert_int_equal(many->bad_checksums, one->bad_checksums);
	assert_int_equal(many->flows, one->flows);
	assert_int_equal(many->first, one->first);
	assert_int_equal(many->last, one->last);
	assert_memory_equal(many->by_label, one->by_label, sizeof one->by_label);
}

static void as_one_by_one(void **state)
{
	struct stack *st = *state;
	const struct told one = tell(st, 1);
	assert_int_equal(count_of(one.text, "\"event_type\":\"flow\""), TALKS);
	assert_true(count_of(one.text, "\"label\":\"blind-relay\"") >= TALKS - 4);
	assert_int_not_equal(one.stats.malformed, 0);
	for (size_t at_once = 2; at_once <= PIPELINE_FRAMES; at_once++) {
		const struct told many = tell(st, at_once);
		assert_string_equal(many.text, one.text);
		check_stats(&many.stats, &one.stats);
		free(many.text);
	}
	free(one.text);
}

/* Each has its part, whatever number of frames comes at once; together they have all, and each has seen every frame. */
static void by_several(void **state)
{
	enum { PARTS = 3 };
	struct stack *st = *state;
	const struct told whole = tell(st, 1);
	unsigned records = 0, some = 0;
	for (unsigned part = 0; part < PARTS; part++) {
		const struct told one = tell_part(st, 1, part, PARTS);
		for (size_t at_once = 2; at_once <= PIPELINE_FRAMES; at_once++) {
			const struct told many = tell_part(st, at_once, part, PARTS);
			assert_string_equal(many.text, one.text);
			check_stats(&many.stats, &one.stats);
			free(many.text);
		}
		assert_int_equal(one.stats.frames, whole.stats.frames);
		assert_int_equal(one.stats.frame_bytes, whole.stats.frame_bytes);
		assert_int_equal(one.stats.first, whole.stats.first);
		assert_int_equal(one.stats.last, whole.stats.last);
		for (char *line = strtok(one.text, "\n"); line != NULL; line = strtok(NULL, "\n"), records++)
			assert_non_null(strstr(whole.text, line));
		some += one.stats.flows != 0;
		free(one.text);
	}
	assert_int_equal(records, count_of(whole.text, "\n"));
	assert_int_equal(some, PARTS);
	free(whole.text);
}

/* By the next conversation's first packet: that is no time of its own. */
static void over_by_the_next(void **state)
{
	(void)state;
	struct stack *st = calloc(1, sizeof *st);
	assert_non_null(st);
	struct talk t = { .seq = { 100, 200 } };
	wire_hosts(&t.wire, false, 1, 4000, 80);
	say(st, &t, 0, WIRE_SYN, "");
	say(st, &t, 1, WIRE_SYN | WIRE_ACK, "");
	say(st, &t, 0, WIRE_ACK, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	say(st, &t, 1, WIRE_ACK, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	say(st, &t, 0, WIRE_FIN | WIRE_ACK, "");
	say(st, &t, 1, WIRE_FIN | WIRE_ACK, "");
	t.seq[0] += 100000;
	say(st, &t, 0, WIRE_SYN, "");
	const struct told told = tell(st, 2);
	const char *record = strstr(told.text, "\"event_type\":\"flow\"");
	assert_non_null(record);
	assert_non_null(strstr(
	    record, "\"start\":\"1970-01-01T00:16:40.000000+00:00\",\"end\":\"1970-01-01T00:16:40.050000+00:00\""));
	assert_non_null(strstr(record, "\"reason\":\"fin\""));
	free(told.text);
	free(st);
}

static int begin(void **state)
{
	struct stack *st = calloc(1, sizeof *st);
	assert_non_null(st);
	fill(st);
	*state = st;
	return 0;
}

static int end(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(as_one_by_one), cmocka_unit_test(by_several),
		cmocka_unit_test(over_by_the_next) };
	return cmocka_run_group_tests(tests, begin, end);
}
