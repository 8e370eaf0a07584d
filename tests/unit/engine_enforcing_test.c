/* Which conversations ask to be marked, from their bytes on; and none that comes inside an encapsulation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "engine/pipeline.h"
#include "rule_text.h"
#include "wire.c" /* no room has it, and unit tests link rooms only */

#define SECOND INT64_C(1000000000)
#define ASK    "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
#define YES    "HTTP/1.1 200 OK\r\n\r\n"
#define GET    "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OK     "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define HELLO  "SSH-2.0-OpenSSH_9.2\r\n"
#define RULE                                                                                                       \
	"rules:\n  - id: 1\n    title: t\n    action: %s\n    match: {handshake.kind: connect, handshake.result: " \
	"accepted}\n"

struct bench {
	struct reporter *reporter;
	struct pipeline *pipeline;
	struct ruleset *rules;
	struct frame frame;
	uint8_t bytes[WIRE_MOST];
	struct wire wire;
	uint32_t seq[2];
	unsigned orders[MARKS];
	struct mark_order latest;
};

static void start(struct bench *b, const char *action, enum wire_wrap wrap)
{
	struct err e;
	char text[400];
	*b = (struct bench){ .seq = { 100, 200 } };
	snprintf(text, sizeof text, RULE, action);
	b->rules = rules_from(text);
	assert_non_null(b->rules);
	const struct pipeline_options o = {
		.flows = 16, .overlaps = OVERLAP_ACKED, .key = { 1, 2 }, .rules = b->rules, .enforce = true
	};
	b->reporter = reporter_open("/dev/null", REPORT_JSON, &e);
	assert_non_null(b->reporter);
	b->pipeline = pipeline_new(&o, b->reporter, &e);
	assert_non_null(b->pipeline);
	b->frame = (struct frame){ .t = 1000 * SECOND, .link = WIRE_LINK };
	wire_hosts(&b->wire, false, 1, 4000, 3128);
	b->wire.wrap = wrap;
}

static void stop(struct bench *b)
{
	struct err e;
	pipeline_free(b->pipeline);
	ruleset_free(b->rules);
	assert_true(reporter_close(b->reporter, &e));
}

static void segment(struct bench *b, unsigned from, unsigned flags, const char *text)
{
	const size_t len = text != NULL ? strlen(text) : 0;
	const struct wire_segment s = { from, b->seq[from], b->seq[!from], (uint8_t)flags, (const uint8_t *)text, len };
	const size_t size = wire_frame(b->bytes, &b->wire, &s);
	b->frame.bytes = (struct slice){ b->bytes, size };
	b->frame.wire_len = (uint32_t)size;
	b->frame.number++;
	b->frame.t += 1000;
	const struct mark_order *o = pipeline_enforce(b->pipeline, &b->frame);
	if (o != NULL) {
		assert_true(order_is_sane(o));
		b->orders[o->kind]++;
		b->latest = *o;
	}
	b->seq[from] += (uint32_t)len + ((flags & WIRE_SYN) != 0);
}

static void say(struct bench *b, unsigned from, const char *text)
{
	segment(b, from, WIRE_ACK, text);
	segment(b, !from, WIRE_ACK, NULL);
}

static void open_it(struct bench *b)
{
	segment(b, 0, WIRE_SYN, NULL);
	segment(b, 1, WIRE_SYN | WIRE_ACK, NULL);
	segment(b, 0, WIRE_ACK, NULL);
}

static void play_relay(struct bench *b)
{
	open_it(b);
	say(b, 0, ASK);
	assert_int_equal(b->orders[MARK_FORBIDDEN], 0);
	say(b, 1, YES);
	say(b, 1, HELLO);
	say(b, 0, HELLO);
}

static void forbidden_at_the_answer(void **state)
{
	(void)state;
	static const char *const actions[] = { "drop", "reject" };
	for (unsigned i = 0; i < 2; i++) {
		struct bench b;
		struct report_stats s;
		start(&b, actions[i], WIRE_PLAIN);
		play_relay(&b);
		assert_int_equal(b.orders[MARK_FORBIDDEN], 1);
		assert_int_equal(b.orders[MARK_SETTLED], 0);
		/* The client has acknowledged the answer: that is the packet at which the rule spoke. */
		assert_int_equal(b.latest.source_port, 4000);
		assert_int_equal(b.latest.target_port, 3128);
		assert_memory_equal(b.latest.source, b.wire.addr[0], 4);
		pipeline_stats(b.pipeline, &s);
		assert_int_equal(s.enforce->forbidden, 1);
		assert_int_equal(s.enforce->settled, 0);
		stop(&b);
	}
}

static void an_alert_forbids_nothing(void **state)
{
	(void)state;
	struct bench b;
	start(&b, "alert", WIRE_PLAIN);
	play_relay(&b);
	assert_int_equal(b.orders[MARK_FORBIDDEN], 0);
	assert_int_equal(b.orders[MARK_SETTLED], 1);
	stop(&b);
}

static void http_is_never_settled(void **state)
{
	(void)state;
	struct bench b;
	start(&b, "drop", WIRE_PLAIN);
	open_it(&b);
	for (unsigned i = 0; i < 10; i++) {
		say(&b, 0, GET);
		say(&b, 1, OK);
	}
	assert_int_equal(b.orders[MARK_FORBIDDEN] + b.orders[MARK_SETTLED], 0);
	stop(&b);
}

static void what_is_in_doubt_is_not_settled(void **state)
{
	(void)state;
	struct bench b;
	start(&b, "drop", WIRE_PLAIN);
	/* Its beginning was not seen. */
	say(&b, 1, HELLO);
	say(&b, 0, HELLO);
	say(&b, 1, HELLO);
	assert_int_equal(b.orders[MARK_SETTLED], 0);
	stop(&b);
}

static void nothing_inside_an_encapsulation(void **state)
{
	(void)state;
	for (enum wire_wrap wrap = WIRE_VLAN; wrap < WIRE_WRAPS; wrap++) {
		static const char *const actions[] = { "drop", "alert" };
		for (unsigned i = 0; i < 2; i++) {
			struct bench b;
			struct report_stats s;
			start(&b, actions[i], wrap);
			play_relay(&b);
			assert_int_equal(b.orders[MARK_FORBIDDEN] + b.orders[MARK_SETTLED], 0);
			pipeline_stats(b.pipeline, &s);
			assert_int_equal(s.rules.by_severity[SEVERITY_HIGH] + s.rules.by_severity[SEVERITY_MEDIUM] +
					     s.rules.by_severity[SEVERITY_LOW] + s.rules.by_severity[SEVERITY_INFO],
			    1);
			stop(&b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forbidden_at_the_answer),
		cmocka_unit_test(an_alert_forbids_nothing),
		cmocka_unit_test(http_is_never_settled),
		cmocka_unit_test(what_is_in_doubt_is_not_settled),
		cmocka_unit_test(nothing_inside_an_encapsulation),
	};
	return cmocka_run_group_tests_name("enforcing", tests, NULL, NULL);
}
