/* Every counter of the stats record is a metric of the right value; the text has the form that Prometheus reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/metrics.h"

static const struct live_stats live = { .uptime_s = 601, .received = 602, .dropped = 603 };
static const struct enforce_stats marks = {
	.forbidden = 801, .settled = 802, .enforced = 803, .unknown = 804, .failed = 805, .lost = 806
};

/* A different number everywhere. */
static struct report_stats numbered(void)
{
	struct report_stats s = {
		.frames = 101,
		.frame_bytes = 102,
		.segments = 103,
		.other = 104,
		.malformed = 105,
		.fragments_dropped = 106,
		.bad_checksums = 107,
		.flows = 5000,
		.flows_peak = 109,
		.flows_evicted = 110,
		.half_open_peak = 118,
		.half_open_evicted = 119,
		.anomalies = 111,
		.stream_caps = 112,
		.tunnel_caps = 113,
		.kin_evicted = 114,
		.groups_evicted = 115,
		.records = 116,
		.records_lost = 117,
		.rules = { .used = true, .rules = 201, .loaded = 202, .refused = 203 },
		.live = &live,
		.enforce = &marks,
	};
	s.rules.judge = (struct judge_counters){ .judged = 301,
		.matched = 302,
		.alerts = 303,
		.suppressed = 304,
		.passed = 305,
		.fired_lost = 306,
		.limits_evicted = 307,
		.regex_limit = 308 };
	for (unsigned i = 0; i < LABELS; i++)
		s.by_label[i] = 400 + i;
	for (unsigned i = 0; i < CAPS; i++)
		s.caps[i] = 700 + i;
	for (unsigned i = 0; i <= SEVERITY_INFO; i++)
		s.rules.by_severity[i] = 500 + i;
	return s;
}

static void must_have(const char *text, const char *line)
{
	const char *at = strstr(text, line);
	if (at == NULL || at[strlen(line)] != '\n' || at == text || at[-1] != '\n')
		fail_msg("lacks: %s", line);
}

static void every_number_is_there(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"culvert_build_info{version=\"" CULVERT_VERSION "\"} 1",
		"culvert_packets_total 101",
		"culvert_bytes_total 102",
		"culvert_tcp_segments_total 103",
		"culvert_other_packets_total 104",
		"culvert_malformed_packets_total 105",
		"culvert_fragments_dropped_total 106",
		"culvert_bad_checksums_total 107",
		"culvert_flows_peak 109",
		"culvert_flow_evictions_total 110",
		"culvert_half_open_peak 118",
		"culvert_half_open_evictions_total 119",
		"culvert_anomalies_total 111",
		"culvert_stream_caps_total 112",
		"culvert_tunnel_caps_total 113",
		"culvert_kin_evictions_total 114",
		"culvert_group_evictions_total 115",
		"culvert_records_total 116",
		"culvert_records_lost_total 117",
		"culvert_rules 201",
		"culvert_rule_sets_loaded_total 202",
		"culvert_rule_sets_refused_total 203",
		"culvert_rules_judged_total 301",
		"culvert_rules_matched_total 302",
		"culvert_alerts_suppressed_total 304",
		"culvert_alerts_passed_total 305",
		"culvert_alerts_silenced_total 306",
		"culvert_limit_evictions_total 307",
		"culvert_regex_limits_total 308",
		"culvert_kernel_packets_total 602",
		"culvert_kernel_drops_total 603",
		"culvert_uptime_seconds 601",
		"culvert_enforce_conversations_total{mark=\"forbidden\"} 801",
		"culvert_enforce_conversations_total{mark=\"settled\"} 802",
		"culvert_enforced_total 803",
		"culvert_enforce_unknown_total 804",
		"culvert_enforce_failed_total 805",
		"culvert_enforce_lost_total 806",
		"culvert_flows_active 2990",
	};
	static char text[METRICS_SIZE];
	const struct report_stats s = numbered();
	const size_t len = metrics_text(&s, text, sizeof text);
	assert_int_equal(len, strlen(text));
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		must_have(text, lines[i]);
	char line[128];
	for (unsigned i = 0; i < LABELS; i++) {
		snprintf(line, sizeof line, "culvert_flows_total{label=\"%s\"} %u", label_name((enum label)i), 400 + i);
		must_have(text, line);
	}
	for (unsigned i = 0; i < CAPS; i++) {
		snprintf(
		    line, sizeof line, "culvert_cap_reached_total{cap=\"%s\"} %u", cap_row((enum cap)i)->name, 700 + i);
		must_have(text, line);
	}
	for (unsigned i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++) {
		snprintf(line, sizeof line, "culvert_alerts_total{severity=\"%s\"} %u", severity_name((enum severity)i),
		    500 + i);
		must_have(text, line);
	}
}

/* HELP, TYPE, then the samples, for each name once; a counter ends in _total and nothing else does. */
static void the_form_is_that_of_prometheus(void **state)
{
	(void)state;
	static char text[METRICS_SIZE], seen[METRICS_SIZE];
	const struct report_stats s = numbered();
	assert_int_not_equal(metrics_text(&s, text, sizeof text), 0);
	char name[100] = "", mark[110];
	bool typed = false;
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (strncmp(line, "# HELP ", 7) == 0) {
			snprintf(name, sizeof name, "%.*s", (int)strcspn(line + 7, " "), line + 7);
			snprintf(mark, sizeof mark, "\n%s\n", name);
			assert_null(strstr(seen, mark));
			strcat(seen, mark);
			assert_int_equal(line[strlen(line) - 1], '.');
			typed = false;
			continue;
		}
		const size_t len = strlen(name);
		const bool total = len > 6 && strcmp(name + len - 6, "_total") == 0;
		if (strncmp(line, "# TYPE ", 7) == 0) {
			assert_memory_equal(line + 7, name, len);
			assert_string_equal(line + 7 + len, total ? " counter" : " gauge");
			typed = true;
			continue;
		}
		assert_true(typed);
		assert_memory_equal(line, name, len);
		assert_true(line[len] == ' ' || line[len] == '{');
		assert_true(isdigit((unsigned char)line[strlen(line) - 1]));
	}
}

static void what_is_not_is_not_told(void **state)
{
	(void)state;
	static char text[METRICS_SIZE];
	const struct report_stats s = { .flows = 3, .by_label = { 4 } };
	assert_int_not_equal(metrics_text(&s, text, sizeof text), 0);
	assert_null(strstr(text, "culvert_rule"));
	assert_null(strstr(text, "culvert_alerts"));
	assert_null(strstr(text, "culvert_kernel"));
	assert_null(strstr(text, "culvert_enforce"));
	must_have(text, "culvert_flows_active 0");
}

/* The largest numbers fit; what does not fit is nothing. */
static void it_fits_or_is_not_there(void **state)
{
	(void)state;
	static char text[METRICS_SIZE + 1];
	static struct report_stats s;
	const struct live_stats most = {
		.now = INT64_MAX, .uptime_s = UINT64_MAX, .received = UINT64_MAX, .dropped = UINT64_MAX
	};
	struct enforce_stats large;
	memset(&s, 0xff, sizeof s);
	memset(&large, 0xff, sizeof large);
	s.rules.used = true;
	s.enforce = &large;
	s.live = &most;
	const size_t len = metrics_text(&s, text, METRICS_SIZE);
	assert_in_range(len, 1000, METRICS_SIZE - 1024);
	for (size_t room = 0; room <= len; room++) {
		memset(text, 'x', sizeof text);
		assert_int_equal(metrics_text(&s, text, room), 0);
		assert_int_equal(text[room], 'x');
	}
	assert_int_equal(metrics_text(&s, text, len + 1), len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_is_there),
		cmocka_unit_test(the_form_is_that_of_prometheus),
		cmocka_unit_test(what_is_not_is_not_told),
		cmocka_unit_test(it_fits_or_is_not_there),
	};
	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
