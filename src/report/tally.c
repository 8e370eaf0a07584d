/* Most numbers add up.  Peaks add up, too: they need not have been at one time, so that the sum is a bound. */
#include "report/report.h"

static void add_rules(struct rule_stats *sum, const struct rule_stats *more)
{
	sum->used |= more->used;
	for (unsigned i = 0; i <= SEVERITY_INFO; i++)
		sum->by_severity[i] += more->by_severity[i];
	sum->judge.judged += more->judge.judged;
	sum->judge.matched += more->judge.matched;
	sum->judge.alerts += more->judge.alerts;
	sum->judge.suppressed += more->judge.suppressed;
	sum->judge.passed += more->judge.passed;
	sum->judge.fired_lost += more->judge.fired_lost;
	sum->judge.limits_evicted += more->judge.limits_evicted;
	sum->judge.regex_limit += more->judge.regex_limit;
}

void report_stats_add(struct report_stats *sum, const struct report_stats *more)
{
	if (more->frames != 0) {
		sum->first = sum->frames == 0 || more->first < sum->first ? more->first : sum->first;
		sum->last = sum->frames == 0 || more->last > sum->last ? more->last : sum->last;
	}
	sum->frames += more->frames;
	sum->frame_bytes += more->frame_bytes;
	sum->segments += more->segments;
	sum->other += more->other;
	sum->malformed += more->malformed;
	sum->fragments_dropped += more->fragments_dropped;
	sum->bad_checksums += more->bad_checksums;
	sum->flows += more->flows;
	sum->flows_peak += more->flows_peak;
	sum->flows_evicted += more->flows_evicted;
	sum->half_open_peak += more->half_open_peak;
	sum->half_open_evicted += more->half_open_evicted;
	for (unsigned i = 0; i < CAPS; i++)
		sum->caps[i] += more->caps[i];
	for (unsigned i = 0; i < LABELS; i++)
		sum->by_label[i] += more->by_label[i];
	sum->anomalies += more->anomalies;
	sum->stream_caps += more->stream_caps;
	sum->tunnel_caps += more->tunnel_caps;
	sum->kin_evicted += more->kin_evicted;
	sum->groups_evicted += more->groups_evicted;
	add_rules(&sum->rules, &more->rules);
}

void inline_stats_add(struct inline_stats *sum, const struct inline_stats *more)
{
	sum->passed += more->passed;
	sum->marked += more->marked;
	sum->dropped += more->dropped;
	sum->held += more->held;
	sum->held_again += more->held_again;
	sum->conflicts += more->conflicts;
	sum->settled += more->settled;
	sum->forbidden += more->forbidden;
	for (unsigned i = 0; i < EXCEPTIONS; i++)
		sum->exceptions[i] += more->exceptions[i];
}

void enforce_stats_add(struct enforce_stats *sum, const struct enforce_stats *more)
{
	sum->forbidden += more->forbidden;
	sum->settled += more->settled;
	sum->enforced += more->enforced;
	sum->unknown += more->unknown;
	sum->failed += more->failed;
	sum->lost += more->lost;
}
