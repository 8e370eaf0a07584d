#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/utf8.h"
#include "report/text.h"
#include "story.h"

static struct clock_text fresh_clock(void)
{
	return (struct clock_text){ .set = false };
}

static void line_is(const struct made_up *x, const char *want)
{
	char line[2048];
	struct clock_text clock = fresh_clock();
	const size_t len = text_flow(&x->f, &clock, false, line, sizeof line - 1);
	line[len] = '\0';
	assert_string_equal(line, want);
}

static void one_line_for_people(void **state)
{
	(void)state;
	struct made_up x;
	story_begin(&x, LABEL_PLAIN_HTTP);
	line_is(&x,
	    "2026-11-23 19:24:07.101822  10.1.0.2:34324        -> 10.1.0.1:3128          plain-http   certain    "
	    "handshake/connect-accepted      2 requests, 1 response\n");
	story_begin(&x, LABEL_BLIND_RELAY);
	story_connect(&x, 0, "www.lab", 443);
	story_hello(story_channel(&x, 0, "tls", ""), "www.lab");
	line_is(&x,
	    "2026-11-23 19:24:07.101822  10.1.0.2:34324        -> 10.1.0.1:3128          blind-relay  certain    "
	    "handshake/connect-accepted      connect www.lab:443 accepted, inside tls for www.lab\n");
	story_begin(&x, LABEL_BLIND_RELAY);
	story_upgrade(&x, 0, "websocket");
	story_channel(&x, 0, "websocket", "ssh");
	line_is(&x,
	    "2026-11-23 19:24:07.101822  10.1.0.2:34324        -> 10.1.0.1:3128          blind-relay  certain    "
	    "handshake/connect-accepted      upgrade websocket accepted, inside websocket > ssh\n");
	x.f.carrier = &x.finding;
	x.finding.tool = "wstunnel";
	x.finding.kind = KIND_CARRIER;
	snprintf(x.finding.target, sizeof x.finding.target, "far:22");
	line_is(&x,
	    "2026-11-23 19:24:07.101822  10.1.0.2:34324        -> 10.1.0.1:3128          blind-relay  certain    "
	    "handshake/connect-accepted      upgrade websocket accepted, inside websocket > ssh by wstunnel to "
	    "far:22\n");
	story_begin(&x, LABEL_HTTP_TUNNEL);
	x.f.finding = &x.finding;
	x.finding.tool = "gnu-httptunnel";
	x.f.wrapped = "ssh";
	snprintf(x.finding.target, sizeof x.finding.target, "far:22");
	line_is(&x,
	    "2026-11-23 19:24:07.101822  10.1.0.2:34324        -> 10.1.0.1:3128          http-tunnel  certain    "
	    "handshake/connect-accepted      gnu-httptunnel carries ssh to far:22\n");
	story_begin(&x, LABEL_UNDECIDED);
	line_is(&x,
	    "2026-11-23 19:24:07.101822  10.1.0.2:34324        -> 10.1.0.1:3128          undecided    certain    "
	    "nothing-seen\n");
}

static void colours_only_when_asked(void **state)
{
	(void)state;
	struct made_up x;
	char line[2048];
	struct clock_text clock = fresh_clock();
	for (unsigned label = 0; label < LABELS; label++) {
		story_begin(&x, (enum label)label);
		size_t len = text_flow(&x.f, &clock, false, line, sizeof line);
		assert_null(memchr(line, 0x1b, len));
		len = text_flow(&x.f, &clock, true, line, sizeof line);
		assert_true(memchr(line, 0x1b, len) != NULL || label == LABEL_NOT_HTTP);
	}
}

static bool is_tame(const char *line, size_t len)
{
	struct slice s = { (const uint8_t *)line, len - 1 };
	while (s.len != 0) {
		uint32_t point;
		const size_t n = utf8_decode(s, &point);
		if (n == 0 || !utf8_is_harmless(point))
			return false;
		s = slice_from(s, n);
	}
	return line[len - 1] == '\n';
}

static void wire_bytes_drive_no_terminal(void **state)
{
	(void)state;
	static struct made_up x;
	char *line = malloc(4096);
	assert_non_null(line);
	for (unsigned byte = 0; byte < 256; byte++) {
		story_begin(&x, LABEL_BLIND_RELAY);
		memset(story_connect(&x, 0, "h", 1)->target, (int)byte, MAX_TARGET);
		x.records[0][0].target_len = MAX_TARGET;
		story_hello(story_channel(&x, 0, "tls", ""), "");
		memset(x.channel[0].sni, (int)byte, sizeof x.channel[0].sni);
		x.f.finding = &x.finding;
		memset(x.finding.target, (int)byte, sizeof x.finding.target);
		struct clock_text clock = fresh_clock();
		const size_t len = text_flow(&x.f, &clock, false, line, 4096);
		assert_true(is_tame(line, len));
	}
	free(line);
}

static void escapes_are_those_of_json(void **state)
{
	(void)state;
	struct made_up x;
	char line[2048];
	struct clock_text clock = fresh_clock();
	story_begin(&x, LABEL_BLIND_RELAY);
	story_connect(&x, 0, "a\\b\x1b[2J\xe2\x80\xae\xff\xc3\xbc", 1);
	line[text_flow(&x.f, &clock, false, line, sizeof line - 1)] = '\0';
	assert_non_null(strstr(line, "connect a\\\\b\\u001b[2J\\u202e\xef\xbf\xbd\xc3\xbc:1 accepted"));
}

static void any_size_is_kept_to(void **state)
{
	(void)state;
	struct made_up x;
	story_begin(&x, LABEL_BLIND_RELAY);
	story_connect(&x, 0, "a.example", 1);
	for (size_t size = 2; size < 300; size++) {
		char *line = malloc(size);
		assert_non_null(line);
		struct clock_text clock = fresh_clock();
		const size_t len = text_flow(&x.f, &clock, true, line, size);
		assert_true(len >= 1 && len <= size);
		assert_int_equal(line[len - 1], '\n');
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_line_for_people),
		cmocka_unit_test(colours_only_when_asked),
		cmocka_unit_test(wire_bytes_drive_no_terminal),
		cmocka_unit_test(escapes_are_those_of_json),
		cmocka_unit_test(any_size_is_kept_to),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
