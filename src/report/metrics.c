/* What only grows is a counter and its name ends in _total; a restart begins at nought, which readers know.  Conversations
 * that began are no counter: one that turns out to be the rest of another is taken back. */
#include "report/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

enum metric_kind { COUNTER, GAUGE };

struct metric {
	const char *name, *help;
	enum metric_kind kind;
	size_t at; /* in struct report_stats */
};

#define COUNT(name, field, help)                                          \
	{                                                                 \
		name, help, COUNTER, offsetof(struct report_stats, field) \
	}
#define LEVEL(name, field, help)                                        \
	{                                                               \
		name, help, GAUGE, offsetof(struct report_stats, field) \
	}

static const struct metric of_traffic[] = {
	COUNT("culvert_packets_total", frames, "Packets read."),
	COUNT("culvert_bytes_total", frame_bytes, "Bytes of the packets read."),
	COUNT("culvert_tcp_segments_total", segments, "TCP segments among the packets."),
	COUNT("culvert_other_packets_total", other, "Packets without TCP."),
	COUNT("culvert_malformed_packets_total", malformed, "Packets that could not be decoded."),
	COUNT("culvert_bad_checksums_total", bad_checksums, "Segments refused for their checksum."),
	COUNT("culvert_fragments_dropped_total", fragments_dropped, "IP fragments that were never put together."),
	LEVEL("culvert_flows_peak", flows_peak, "The most conversations that were held at once."),
	COUNT("culvert_flow_evictions_total", flows_evicted, "Conversations concluded early for lack of room."),
	LEVEL("culvert_half_open_peak", half_open_peak, "The most SYNs without an answer that were held at once."),
	COUNT("culvert_half_open_evictions_total", half_open_evicted,
	    "Of these, forgotten for lack of room, without a record."),
	COUNT("culvert_anomalies_total", anomalies, "Deviations seen in TCP and HTTP."),
	COUNT("culvert_stream_caps_total", stream_caps, "Streams that were over their buffer."),
	COUNT("culvert_tunnel_caps_total", tunnel_caps, "Times that a detector of tunnels got no notebook."),
	COUNT("culvert_kin_evictions_total", kin_evicted, "Pairs of hosts forgotten early."),
	COUNT("culvert_group_evictions_total", groups_evicted, "Groups of connections of one tunnel forgotten early."),
	COUNT("culvert_records_total", records, "Records taken in for the output."),
	COUNT("culvert_records_lost_total", records_lost, "Records that could not be written."),
};

static const struct metric of_rules[] = {
	LEVEL("culvert_rules", rules.rules, "Rules in use."),
	COUNT("culvert_rule_sets_loaded_total", rules.loaded, "Times that the rules were read."),
	COUNT("culvert_rule_sets_refused_total", rules.refused, "Times that they were refused for an error."),
	COUNT("culvert_rules_judged_total", rules.judge.judged, "Rules asked."),
	COUNT("culvert_rules_matched_total", rules.judge.matched, "Rules that matched."),
	COUNT(
	    "culvert_alerts_suppressed_total", rules.judge.suppressed, "Alerts held back by the limit of their rule."),
	COUNT("culvert_alerts_passed_total", rules.judge.passed, "Matches that a pass rule silenced."),
	COUNT("culvert_alerts_silenced_total", rules.judge.fired_lost,
	    "Matches not told since their conversation had spoken too often."),
	COUNT("culvert_limit_evictions_total", rules.judge.limits_evicted, "Entries of limits forgotten early."),
	COUNT("culvert_regex_limits_total", rules.judge.regex_limit, "Regular expressions stopped for their cost."),
};

struct text {
	char *to;
	size_t len, room;
	bool full;
};

static void put(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void put(struct text *t, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const int n = vsnprintf(t->to + t->len, t->room - t->len, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= t->room - t->len)
		t->full = true;
	else
		t->len += (size_t)n;
}

static void put_head(struct text *t, const char *name, const char *help, enum metric_kind kind)
{
	put(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind == COUNTER ? "counter" : "gauge");
}

static void put_one(struct text *t, const char *name, const char *help, enum metric_kind kind, uint64_t value)
{
	put_head(t, name, help, kind);
	put(t, "%s %" PRIu64 "\n", name, value);
}

static void put_table(struct text *t, const struct metric *m, size_t count, const struct report_stats *s)
{
	for (const struct metric *end = m + count; m < end; m++) {
		uint64_t value;
		memcpy(&value, (const char *)s + m->at, sizeof value);
		put_one(t, m->name, m->help, m->kind, value);
	}
}

static void put_flows(struct text *t, const struct report_stats *s)
{
	static const char name[] = "culvert_flows_total";
	uint64_t over = 0;
	put_head(t, name, "Conversations concluded, by their label.", COUNTER);
	for (unsigned i = 0; i < LABELS; i++) {
		put(t, "%s{label=\"%s\"} %" PRIu64 "\n", name, label_name((enum label)i), s->by_label[i]);
		over += s->by_label[i];
	}
	put_one(t, "culvert_flows_active", "Conversations held now.", GAUGE, s->flows > over ? s->flows - over : 0);
}

static void put_caps(struct text *t, const struct report_stats *s)
{
	static const char name[] = "culvert_cap_reached_total";
	put_head(t, name, "Times that a bound was reached, by its name in `culvert list caps`.", COUNTER);
	for (unsigned i = 0; i < CAPS; i++)
		put(t, "%s{cap=\"%s\"} %" PRIu64 "\n", name, cap_row((enum cap)i)->name, s->caps[i]);
}

static void put_alerts(struct text *t, const struct rule_stats *s)
{
	static const char name[] = "culvert_alerts_total";
	put_head(t, name, "Alerts told, by their severity.", COUNTER);
	for (unsigned i = SEVERITY_HIGH; i <= SEVERITY_INFO; i++)
		put(t, "%s{severity=\"%s\"} %" PRIu64 "\n", name, severity_name((enum severity)i), s->by_severity[i]);
}

static void put_live(struct text *t, const struct live_stats *s)
{
	put_one(t, "culvert_kernel_packets_total", "Packets that the kernel took in.", COUNTER, s->received);
	put_one(t, "culvert_kernel_drops_total", "Packets that it dropped, since its buffer was full.", COUNTER,
	    s->dropped);
	put_one(t, "culvert_uptime_seconds", "How long it has been running.", GAUGE, s->uptime_s);
}

static void put_enforce(struct text *t, const struct enforce_stats *s)
{
	static const char name[] = "culvert_enforce_conversations_total";
	put_head(t, name, "Conversations whose connection was to be marked, by the mark.", COUNTER);
	put(t, "%s{mark=\"forbidden\"} %" PRIu64 "\n", name, s->forbidden);
	put(t, "%s{mark=\"settled\"} %" PRIu64 "\n", name, s->settled);
	put_one(t, "culvert_enforced_total", "Connections that the kernel has marked.", COUNTER, s->enforced);
	put_one(t, "culvert_enforce_unknown_total", "Times that it knew no such connection.", COUNTER, s->unknown);
	put_one(t, "culvert_enforce_failed_total", "Times that it did not mark one.", COUNTER, s->failed);
	put_one(
	    t, "culvert_enforce_lost_total", "Times that it could not be asked, for want of room.", COUNTER, s->lost);
}

size_t metrics_text(const struct report_stats *s, char *to, size_t room)
{
	struct text t = { .to = to, .room = room, .full = room == 0 };
	if (t.full)
		return 0;
	put_head(&t, "culvert_build_info", "Always 1; which program this is.", GAUGE);
	put(&t, "culvert_build_info{version=\"" CULVERT_VERSION "\"} 1\n");
	if (s->live != NULL)
		put_live(&t, s->live);
	if (s->enforce != NULL)
		put_enforce(&t, s->enforce);
	put_table(&t, of_traffic, sizeof of_traffic / sizeof *of_traffic, s);
	put_flows(&t, s);
	put_caps(&t, s);
	if (s->rules.used) {
		put_table(&t, of_rules, sizeof of_rules / sizeof *of_rules, s);
		put_alerts(&t, &s->rules);
	}
	return t.full ? 0 : t.len;
}
