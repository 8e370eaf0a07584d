/* The records of alerts, and what the rules did, by their keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "desk.h"

static const struct rule_info plain_rule = { .id = 1000001,
	.rev = 2,
	.act = ACT_ALERT,
	.severity = SEVERITY_MEDIUM,
	.title = "A relay",
	.why = "",
	.falsepositives = "",
	.file = "some/where/relays.yaml",
	.line = 7 };

static void an_alert(void **state)
{
	struct desk *d = *state;
	const struct alert a = { .rule = &plain_rule, .moment = MOMENT_LABEL };
	story_begin(&d->x, LABEL_BLIND_RELAY);
	story_connect(&d->x, 0, "www.lab", 443);
	d->x.f.ended = ENDED_NOT;
	d->x.f.alerted = true;
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_alert(&r, &d->x.f, &a, 0, NULL));
	has(d, "\"event_type\":\"alert\",\"src_ip\":\"10.1.0.2\"");
	has(d,
	    "\"alert\":{\"action\":\"allowed\",\"gid\":1,\"signature_id\":1000001,\"rev\":2,\"signature\":\"A relay\","
	    "\"category\":\"Blind relay\",\"severity\":2},\"flow\":{");
	has(d, "\"alerted\":true}");
	has(d, "\"rule\":{\"action\":\"alert\",\"done\":false,\"moment\":\"label\",\"file\":\"relays.yaml\",\"line\":7,"
	       "\"tags\":[]},\"label\":\"blind-relay\"");
	has(d, "\"target\":\"www.lab:443\"");
	lacks(d, "\"limit\"");
	lacks(d, "\"mark\"");
	lacks(d, "\"hostname\"");
	/* What is lacking for a label is told at the end only. */
	story_begin(&d->x, LABEL_UNDECIDED);
	d->x.f.ended = ENDED_NOT;
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_alert(&r, &d->x.f, &a, 0, NULL));
	lacks(d, "\"undecided\":");
	d->x.f.ended = ENDED_FIN;
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_alert(&r, &d->x.f, &a, 0, NULL));
	has(d, "\"undecided\":\"nothing-seen\"");
}

static void an_alert_in_full(void **state)
{
	struct desk *d = *state;
	static const char *const tags[] = { "policy", "T1572", "T1071.001" };
	static const struct facts_request request = { .method_len = 4,
		.host_len = 5,
		.path_len = 4,
		.status = 404,
		.method = "POST",
		.host = "a.lab",
		.path = "/x?y" };
	struct rule_info rule = plain_rule;
	const struct alert a = { .rule = &rule, .moment = MOMENT_ANSWERED, .suppressed = 12 };
	rule.act = ACT_MARK;
	rule.mark = 16;
	rule.why = "Say \"why\"";
	rule.tags = tags;
	rule.tag_count = 3;
	story_begin(&d->x, LABEL_BLIND_RELAY);
	d->x.f.request = &request;
	const struct handshake_record *inner = story_connect(&d->x, 1, "inner.lab", 22);
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_alert(&r, &d->x.f, &a, 1, inner));
	has(d, "\"metadata\":{\"mitre_technique_id\":[\"T1572\",\"T1071.001\"],\"tag\":[\"policy\"]}}");
	has(d, "\"http\":{\"hostname\":\"a.lab\",\"url\":\"/x?y\",\"http_method\":\"POST\",\"status\":404}");
	has(d, "\"action\":\"mark\",\"done\":false,\"mark\":16,\"moment\":\"answered\",\"why\":\"Say \\\"why\\\"\"");
	has(d, "\"limit\":{\"suppressed\":12}");
	has(d, "\"handshake\":{\"kind\":\"connect\",\"level\":1,\"target\":\"inner.lab:22\"");
}

/* The bare form fits whatever the rule says about itself. */
static void an_alert_always_fits(void **state)
{
	struct desk *d = *state;
	static char title[201], why[4097], tag[65];
	const char *tags[32];
	memset(title, 1, 200);
	memset(why, 1, 4096);
	memset(tag, 'a', 64);
	for (unsigned i = 0; i < 32; i++)
		tags[i] = tag;
	struct rule_info rule = plain_rule;
	const struct alert a = { .rule = &rule, .moment = MOMENT_END, .suppressed = UINT64_MAX };
	rule.title = title;
	rule.why = why;
	rule.tags = tags;
	rule.tag_count = 32;
	fill_hostile(&d->x, 1);
	struct record r = begin(d, d->line, MAX_LINE, true);
	keep(d, record_alert(&r, &d->x.f, &a, 0, NULL));
	has(d, "\"truncated\":true}}");
}

static void what_the_rules_did(void **state)
{
	struct desk *d = *state;
	const struct report_stats s = { .rules = { .used = true,
					    .rules = 3,
					    .loaded = 2,
					    .refused = 1,
					    .judge = { .judged = 9, .alerts = 4, .suppressed = 5 } } };
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_stats(&r, &s));
	has(d, "\"rules\":{\"count\":3,\"sets_loaded\":2,\"sets_refused\":1,\"judged\":9,\"matched\":0,\"alerts\":4,"
	       "\"suppressed\":5,");
	const struct report_stats none = { .rules = { .used = false } };
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_stats(&r, &none));
	lacks(d, "\"rules\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_alert),
		TEST(an_alert_in_full),
		TEST(an_alert_always_fits),
		TEST(what_the_rules_did),
	};
	return cmocka_run_group_tests_name("alert record", tests, NULL, NULL);
}
