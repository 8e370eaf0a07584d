/* Who speaks when: moments, once, pass rules, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rule_text.h"
#include "story.h"

static struct made_up x;
static struct fired fired;
static struct decision d;
static struct judge *j;
static struct ruleset *set;

static void begin(const char *rules)
{
	struct err e;
	j = judge_new(&e);
	set = rules_from(rules);
	assert_true(j != NULL && set != NULL);
	judge_use(j, set);
	fired = (struct fired){ 0 };
	story_begin(&x, LABEL_BLIND_RELAY);
}

static void finish(void)
{
	judge_free(j);
	ruleset_free(set);
}

/* The ids of the alerts, "1 2"; with a `!` when anything matched but nothing is told. */
static const char *moment(enum moment m, const struct handshake_record *h)
{
	static char out[200];
	const bool matched = judge_moment(j, &x.f, h, m, &fired, &d);
	out[0] = '\0';
	for (unsigned i = 0; i < d.count; i++) {
		assert_int_equal(d.alerts[i].moment, m);
		snprintf(out + strlen(out), sizeof out - strlen(out), i != 0 ? " %u" : "%u", d.alerts[i].rule->id);
	}
	return matched && d.count == 0 ? "!" : out;
}

static void no_rules_no_word(void **state)
{
	(void)state;
	struct err e;
	j = judge_new(&e);
	assert_non_null(j);
	fired = (struct fired){ 0 };
	story_begin(&x, LABEL_BLIND_RELAY);
	for (unsigned m = 0; m < MOMENTS; m++)
		assert_string_equal(moment((enum moment)m, NULL), "");
	assert_null(judge_rules(j));
	judge_use(j, NULL);
	assert_string_equal(moment(MOMENT_END, NULL), "");
	judge_free(j);
}

static void once_for_a_conversation(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 7, title: t, match: { label: blind-relay }, severity: high }\n"
	      "  - { id: 3, title: t, match: { label: blind-relay, src_ip: 10.0.0.0/8 }, action: drop }\n"
	      "  - { id: 4, title: t, match: { label: plain-http } }\n");
	assert_string_equal(moment(MOMENT_ASKED, NULL), "");
	assert_string_equal(moment(MOMENT_LABEL, NULL), "7 3");
	assert_int_equal(d.act, ACT_DROP);
	assert_int_equal(d.rule->id, 3);
	assert_string_equal(moment(MOMENT_LABEL, NULL), "");
	assert_string_equal(moment(MOMENT_END, NULL), "");
	assert_int_equal(d.act, ACT_NONE);
	fired = (struct fired){ 0 };
	assert_string_equal(moment(MOMENT_END, NULL), "7 3");
	assert_int_equal(judge_counters(j)->alerts, 4);
	assert_int_equal(judge_counters(j)->matched, 4);
	finish();
}

static void once_for_each_handshake(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 1, title: t, match: { handshake.kind: connect, handshake.port: 22 } }\n"
	      "  - { id: 2, title: t, match: { handshake.result: refused } }\n");
	struct handshake_record *first = story_connect(&x, 0, "a", 22), *second = story_connect(&x, 0, "b", 22);
	first->result = HS_REFUSED;
	second->asked_at = 77;
	assert_string_equal(moment(MOMENT_ASKED, first), "1 2");
	assert_string_equal(moment(MOMENT_ANSWERED, first), "");
	assert_string_equal(moment(MOMENT_ASKED, second), "1");
	assert_string_equal(moment(MOMENT_ANSWERED, second), "");
	/* At the end the decisive one is taken, which has been spoken about. */
	assert_string_equal(moment(MOMENT_END, NULL), "");
	finish();
}

/* A rule is not judged when nothing that it must have can be known. */
static void moments_that_cannot_be(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 1, title: t, match: { src_ip: 10.1.0.2, label: blind-relay } }\n"
	      "  - { id: 2, title: t, match: { label: blind-relay, flow.bytes_toserver: { above: 1 } } }\n");
	assert_int_equal(ruleset_moments(set), MOMENT_BIT(MOMENT_LABEL) | MOMENT_BIT(MOMENT_END));
	assert_string_equal(moment(MOMENT_BEGIN, NULL), "");
	assert_string_equal(moment(MOMENT_LABEL, NULL), "1");
	assert_int_equal(judge_counters(j)->judged, 1);
	assert_string_equal(moment(MOMENT_END, NULL), "2");
	finish();
	begin("rules:\n  - { id: 1, title: t, match: { src_ip: 10.1.0.2, label: { present: false } } }\n"
	      "  - { id: 2, title: t, match: { any: [ { src_ip: 10.1.0.2 }, { label: blind-relay } ] } }\n");
	x.verdict.label = LABEL_UNDECIDED;
	x.f.ended = ENDED_NOT;
	assert_string_equal(moment(MOMENT_BEGIN, NULL), "1 2");
	finish();
}

static void pass_rules_silence(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 1, title: t, match: { label: blind-relay } }\n"
	      "  - { id: 2, title: t, match: { handshake.host: { suffix: good.lab } }, action: pass }\n");
	story_connect(&x, 0, "www.good.lab", 443);
	/* Nothing of the host has changed, and yet it is asked. */
	assert_string_equal(moment(MOMENT_LABEL, NULL), "!");
	assert_int_equal(d.act, ACT_PASS);
	assert_int_equal(d.rule->id, 2);
	assert_int_equal(judge_counters(j)->passed, 1);
	assert_int_equal(judge_counters(j)->alerts, 0);
	assert_int_equal(fired.count, 0);
	snprintf(x.records[0][0].target, sizeof x.records[0][0].target, "www.evil.lab:443");
	assert_string_equal(moment(MOMENT_END, NULL), "1");
	assert_string_equal(moment(MOMENT_ASKED, NULL), "");
	finish();
	begin("rules:\n  - { id: 2, title: t, match: { src_ip: 10.1.0.2 }, action: pass }\n");
	assert_int_equal(ruleset_moments(set), 0);
	finish();
}

static void strictest_action(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 1, title: t, match: { label: blind-relay }, action: mark, mark: 0x10 }\n"
	      "  - { id: 2, title: t, match: { label: blind-relay }, action: reject }\n"
	      "  - { id: 3, title: t, match: { label: blind-relay }, action: alert }\n");
	assert_string_equal(moment(MOMENT_LABEL, NULL), "1 2 3");
	assert_int_equal(d.act, ACT_REJECT);
	assert_int_equal(d.rule->id, 2);
	finish();
	begin("rules:\n  - { id: 1, title: t, match: { label: blind-relay }, action: mark, mark: 0x10 }\n");
	moment(MOMENT_LABEL, NULL);
	assert_int_equal(d.act, ACT_MARK);
	assert_int_equal(d.mark, 0x10);
	finish();
}

static void limits_and_thresholds(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 1, title: t, match: { label: blind-relay }, action: drop, limit: { per: client, count: 1, "
	      "every: 60s } }\n"
	      "  - { id: 2, title: t, match: { label: blind-relay }, threshold: { per: client, count: 3, every: 60s } "
	      "}\n");
	const char *const wanted[] = { "1", "!", "2", "2" };
	for (int i = 0; i < 4; i++) {
		fired = (struct fired){ 0 };
		assert_string_equal(moment(MOMENT_LABEL, NULL), wanted[i]);
		/* What is held back is not told, but done. */
		assert_int_equal(d.act, ACT_DROP);
		assert_string_equal(moment(MOMENT_END, NULL), "");
	}
	assert_int_equal(judge_counters(j)->suppressed, 3);
	x.f.now += INT64_C(60000000000);
	fired = (struct fired){ 0 };
	assert_string_equal(moment(MOMENT_LABEL, NULL), "1");
	assert_int_equal(d.alerts[0].suppressed, 3);
	/* Another set with the same rule: the limit goes on. */
	struct ruleset *again = rules_from("rules:\n  - { id: 1, title: u, match: { label: blind-relay }, limit: { "
					   "per: client, count: 1, every: 60s } }\n");
	assert_non_null(again);
	judge_use(j, again);
	ruleset_free(set);
	set = again;
	fired = (struct fired){ 0 };
	assert_string_equal(moment(MOMENT_LABEL, NULL), "!");
	finish();
}

/* More rules than can be told at once, or remembered. */
static void too_many_at_once(void **state)
{
	(void)state;
	static char text[20000];
	snprintf(text, sizeof text, "rules:\n");
	for (unsigned i = 1; i <= 100; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text),
		    "  - { id: %u, title: t, match: { label: blind-relay }%s }\n", i, i == 90 ? ", action: drop" : "");
	begin(text);
	assert_string_equal(moment(MOMENT_LABEL, NULL),
	    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32");
	/* Who cannot be told is obeyed. */
	assert_int_equal(d.act, ACT_DROP);
	assert_int_equal(d.rule->id, 90);
	assert_string_equal(moment(MOMENT_LABEL, NULL), "!");
	assert_int_equal(d.act, ACT_DROP);
	assert_int_equal(fired.count, MAX_FIRED);
	assert_true(fired.lost != 0 && judge_counters(j)->fired_lost != 0);
	finish();
}

/* More handshakes than can be remembered: the earlier ones are over, what was said of the conversation is not forgotten. */
static void many_handshakes(void **state)
{
	(void)state;
	begin("rules:\n"
	      "  - { id: 1, title: t, match: { handshake.port: 22 } }\n"
	      "  - { id: 2, title: t, match: { label: blind-relay } }\n");
	struct handshake_record *h = story_connect(&x, 0, "a", 22);
	assert_string_equal(moment(MOMENT_LABEL, NULL), "2");
	for (unsigned i = 1; i <= 3 * MAX_FIRED; i++) {
		h->asked_at = 100 * i;
		assert_string_equal(moment(MOMENT_ASKED, h), "1");
		assert_string_equal(moment(MOMENT_ANSWERED, h), "");
	}
	assert_string_equal(moment(MOMENT_LABEL, NULL), "");
	assert_int_equal(fired.lost, 0);
	finish();
}

static void other_set_other_ids(void **state)
{
	(void)state;
	begin("rules:\n  - { id: 1, title: t, match: { label: blind-relay } }\n");
	assert_string_equal(moment(MOMENT_LABEL, NULL), "1");
	struct ruleset *next = rules_from("rules:\n  - { id: 9, title: t, match: { label: blind-relay } }\n"
					  "  - { id: 1, title: t, match: { label: blind-relay } }\n");
	assert_non_null(next);
	judge_use(j, next);
	ruleset_free(set);
	set = next;
	assert_string_equal(moment(MOMENT_LABEL, NULL), "9");
	finish();
}

static struct ruleset_change change(const char *from, const char *to)
{
	struct ruleset *a = rules_from(from), *b = rules_from(to);
	assert_true(a != NULL && b != NULL);
	const struct ruleset_change c = ruleset_compare(a, b);
	ruleset_free(a);
	ruleset_free(b);
	return c;
}

static void tells_what_changed(void **state)
{
	(void)state;
	const char *const one = "sets: { s: { hosts: [a, b] } }\nrules:\n"
				"  - { id: 1, title: t, match: { handshake.host: $s } }\n"
				"  - { id: 2, title: t, match: { label: blind-relay }, tags: [a] }\n"
				"  - { id: 3, title: t, match: { label: blind-relay } }\n";
	struct ruleset_change c = change(one, one);
	assert_true(c.added == 0 && c.removed == 0 && c.changed == 0);
	c = change(one, "sets: { s: { hosts: [a, c] } }\nrules:\n"
			"  - { id: 4, title: t, match: { label: blind-relay } }\n"
			"  - { id: 5, title: t, match: { label: blind-relay } }\n"
			"  - { id: 2, title: t, match: { label: blind-relay }, tags: [b] }\n"
			"  - { id: 1, title: t, match: { handshake.host: $s } }\n");
	assert_true(c.added == 2 && c.removed == 1 && c.changed == 2);
	c = change(one, "rules:\n  - { id: 2, title: t, match: { label: [blind-relay, not-http] }, tags: [a] }\n");
	assert_true(c.added == 0 && c.removed == 2 && c.changed == 1);
	c = change("rules:\n  - { id: 1, title: t, match: { label: not-http }, action: reject }\n",
	    "rules:\n  - { id: 1, title: t, match: { label: not-http }, action: reject, reject_with: 403 }\n");
	assert_true(c.added == 0 && c.removed == 0 && c.changed == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rules_no_word),
		cmocka_unit_test(once_for_a_conversation),
		cmocka_unit_test(once_for_each_handshake),
		cmocka_unit_test(moments_that_cannot_be),
		cmocka_unit_test(pass_rules_silence),
		cmocka_unit_test(strictest_action),
		cmocka_unit_test(limits_and_thresholds),
		cmocka_unit_test(too_many_at_once),
		cmocka_unit_test(many_handshakes),
		cmocka_unit_test(other_set_other_ids),
		cmocka_unit_test(tells_what_changed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
