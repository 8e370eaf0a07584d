/* The index finds what weighing every rule finds, and weighs few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rules/index.h"
#include "rule_text.h"
#include "story.h"

static struct made_up x;
static struct view view;
static struct judge_counters counters;
static uint32_t seed;

static unsigned roll(unsigned sides)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 10) % sides;
}

static const char *const hosts[] = { "a.lab", "b.a.lab", "c.b.a.lab", "x.net", "lab", "10.1.0.2", "10.9.9.9", "::1",
	"B.A.LAB.", "aa.lab" };
enum { HOSTS = sizeof hosts / sizeof *hosts };

/* Appends one test on a fact, of those that can be filed and those that cannot. */
static void add_test(char *to, size_t size)
{
	static const char *const tests[] = { "handshake.host: b.a.lab", "handshake.host: { suffix: a.lab }",
		"handshake.host: { suffix: lab }", "handshake.host: [a.lab, x.net]", "handshake.host: { not: a.lab }",
		"handshake.host: { glob: '*.lab' }", "handshake.host: $hosts", "src_ip: 10.1.0.2",
		"src_ip: 10.1.0.0/24", "src_ip: 10.0.0.0/7", "src_ip: [10.1.0.3, 10.1.0.4/30]", "src_ip: $nets",
		"dest_ip: $nets", "handshake.port: 443", "handshake.port: 20-90", "handshake.port: 1-60000",
		"handshake.port: $ports", "handshake.port: { above: 100 }", "label: blind-relay",
		"label: [plain-http, http-tunnel]", "certainty: certain", "tunnel.tool: meek", "tunnel.tool: $tools",
		"relay.sni: { suffix: a.lab }", "relay.sni: { same_as: handshake.host }", "doubt: [gap, cap]",
		"doubt: { not: gap }", "relay.inner: { present: false }", "handshake.kind: connect",
		"handshake.host: { regex: '^b' }", "dest_port: 3128", "handshake.host: { prefix: c }",
		"anomalies: desync" };
	snprintf(to + strlen(to), size - strlen(to), "%s", tests[roll(sizeof tests / sizeof *tests)]);
}

static void add_condition(char *to, size_t size, unsigned depth)
{
	const unsigned kind = depth == 0 ? 0 : roll(5);
	if (kind <= 1) {
		snprintf(to + strlen(to), size - strlen(to), "{ ");
		add_test(to, size);
		snprintf(to + strlen(to), size - strlen(to), " }");
		return;
	}
	snprintf(to + strlen(to), size - strlen(to), kind == 2 ? "{ not: " : kind == 3 ? "{ any: [ " : "{ all: [ ");
	for (unsigned i = kind == 2 ? 1 : 2 + roll(2); i > 0; i--) {
		add_condition(to, size, depth - 1);
		snprintf(to + strlen(to), size - strlen(to), kind != 2 && i > 1 ? ", " : " ");
	}
	snprintf(to + strlen(to), size - strlen(to), kind == 2 ? "}" : "] }");
}

enum { RULES = 300 };

static struct ruleset *random_rules(void)
{
	static char text[RULES * 2000];
	snprintf(text, sizeof text,
	    "sets:\n  hosts: { hosts: [b.a.lab, =lab, '*x*', 10.9.9.9] }\n  nets: { networks: [10.1.0.0/30, 10.9.9.9, "
	    "'::/0'] }\n"
	    "  ports: { ports: [443, 8000-9000] }\n  tools: { tools: [MEEK, sstp] }\nrules:\n");
	for (unsigned i = 1; i <= RULES; i++) {
		char condition[1500] = "";
		add_condition(condition, sizeof condition, 3);
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "  - { id: %u, title: t, match: %s }\n", i, condition);
	}
	return rules_from(text);
}

static void random_conversation(void)
{
	story_begin(&x, (enum label)roll(LABELS));
	x.key.hi.addr[3] = (uint8_t)roll(6);
	x.verdict.certainty = (uint8_t)roll(3);
	x.f.ended = roll(2) ? ENDED_FIN : ENDED_NOT;
	if (roll(4))
		story_connect(&x, 0, hosts[roll(HOSTS)], roll(2) ? 443 : roll(65536));
	if (roll(2))
		story_hello(story_channel(&x, 0, "tls", ""), hosts[roll(HOSTS)]);
	x.finding.tool = "meek";
	x.f.finding = roll(3) ? NULL : &x.finding;
	x.dossier.doubts = roll(8) & ALL_DOUBTS;
	x.dossier.odd = roll(2) ? ODD_BIT(DESYNC) : 0;
}

/* Of the rules of this moment the first MAX_ALERTS that hold. */
static unsigned expected(
    const struct ruleset *r, enum moment m, const struct handshake_record *h, uint32_t out[MAX_ALERTS])
{
	unsigned count = 0;
	view.counters = &counters;
	view_begin(&view, &x.f, h);
	for (size_t i = 0; i < r->count && count < MAX_ALERTS; i++)
		if ((r->rule[i].moments & MOMENT_BIT(m)) != 0 && condition_weigh(&r->rule[i].match, &view) == TRUTH_YES)
			out[count++] = r->rule[i].info.id;
	return count;
}

static void finds_what_weighing_all_finds(void **state)
{
	(void)state;
	struct err e;
	unsigned found = 0;
	for (unsigned round = 0; round < 10; round++) {
		seed = round + 1;
		struct judge *j = judge_new(&e);
		struct ruleset *r = random_rules();
		assert_true(j != NULL && r != NULL);
		judge_use(j, r);
		for (unsigned i = 0; i < 500; i++) {
			const enum moment m = (enum moment)roll(MOMENTS);
			uint32_t ids[MAX_ALERTS];
			random_conversation();
			const struct handshake_record *h = x.shake[0].count != 0 ? x.records[0] : NULL;
			const unsigned count = expected(r, m, h, ids);
			struct fired fired = { 0 };
			struct decision d;
			judge_moment(j, &x.f, h, m, &fired, &d);
			assert_int_equal(d.count, count);
			for (unsigned n = 0; n < count; n++)
				assert_int_equal(d.alerts[n].rule->id, ids[n]);
			found += count;
		}
		judge_free(j);
		ruleset_free(r);
	}
	assert_true(found > 1000);
}

/* Ten thousand rules, of which one concerns the conversation: one is weighed. */
static void weighs_few_of_many(void **state)
{
	(void)state;
	enum { MANY = 10000 };
	char *text = malloc(MANY * 120);
	struct err e;
	assert_non_null(text);
	char *at = text + sprintf(text, "rules:\n");
	for (unsigned i = 1; i <= MANY; i++)
		at += sprintf(at,
		    i % 3 == 0   ? "  - { id: %u, title: t, match: { handshake.host: h%u.lab } }\n"
		    : i % 3 == 1 ? "  - { id: %u, title: t, match: { label: blind-relay, handshake.host: { suffix: "
				   "s%u.lab } } }\n"
				 : "  - { id: %u, title: t, match: { dest_ip: 10.%u.%u.0/24 } }\n",
		    i, i % 3 == 2 ? i / 256 : i, i % 256);
	struct ruleset *r = rules_from(text);
	struct judge *j = judge_new(&e);
	assert_true(r != NULL && j != NULL);
	judge_use(j, r);
	story_begin(&x, LABEL_BLIND_RELAY);
	story_connect(&x, 0, "deep.below.s7000.lab", 443);
	struct fired fired = { 0 };
	struct decision d;
	judge_moment(j, &x.f, x.records[0], MOMENT_ANSWERED, &fired, &d);
	assert_int_equal(d.count, 1);
	assert_int_equal(d.alerts[0].rule->id, 7000);
	assert_int_equal(judge_counters(j)->judged, 1);
	judge_free(j);
	ruleset_free(r);
	free(text);
}

static bool in_set(const struct ruleset *r, unsigned n, const char *host)
{
	const struct value v = { .kind = FACT_HOST, .text = { (const uint8_t *)host, strlen(host) } };
	return set_holds(r->set[n], &v);
}

static void sets_hold_their_members(void **state)
{
	(void)state;
	struct ruleset *r = rules_from("sets:\n"
				       "  h: { hosts: [example.com, '*.lab.example', =exact.example] }\n"
				       "  n: { networks: [10.0.0.0/8, 192.0.2.7, 'fc00::/7', '2001:db8::1'] }\n"
				       "  p: { ports: [80, 8000-8999, 65535, 0] }\n"
				       "  t: { texts: ['a b', c] }\n"
				       "  w: { tools: [meek] }\n");
	assert_non_null(r);
	static const char *const in[] = { "example.com", "EXAMPLE.com.", "a.b.example.com", "x.lab.example",
		"exact.example" };
	static const char *const out[] = { "example.org", "notexample.com", "lab.example", "a.exact.example", "com", "",
		"." };
	for (size_t i = 0; i < sizeof in / sizeof *in; i++)
		assert_true(in_set(r, 0, in[i]));
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		assert_false(in_set(r, 0, out[i]));
	static const char *const near[] = { "10.1.2.3", "192.0.2.7", "fd00::1", "2001:db8::1", "0x0a000001",
		"::ffff:10.0.0.1" };
	static const char *const far[] = { "11.0.0.1", "192.0.2.8", "2001:db8::2", "fe00::1", "ten.lab" };
	for (size_t i = 0; i < sizeof near / sizeof *near; i++)
		assert_true(in_set(r, 1, near[i]));
	for (size_t i = 0; i < sizeof far / sizeof *far; i++)
		assert_false(in_set(r, 1, far[i]));
	static const struct {
		uint64_t port;
		bool in;
	} ports[] = { { 80, true }, { 81, false }, { 7999, false }, { 8000, true }, { 8999, true }, { 9000, false },
		{ 65535, true }, { 65536, false }, { UINT64_MAX, false }, { 0, true } };
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++) {
		const struct value v = { .kind = FACT_PORT, .number = ports[i].port };
		assert_int_equal(set_holds(r->set[2], &v), ports[i].in);
	}
	const struct value text = { .kind = FACT_TEXT, .text = SLICE("a b") },
			   upper = { .kind = FACT_TEXT, .text = SLICE("C") },
			   name = { .kind = FACT_NAME, .text = SLICE("MEEK") };
	assert_true(set_holds(r->set[3], &text));
	assert_false(set_holds(r->set[3], &upper));
	assert_true(set_holds(r->set[4], &name));
	ruleset_free(r);
}

static void lookups_of_one_hash_come_together(void **state)
{
	(void)state;
	struct lookup l = { 0 };
	assert_null(lookup_find(&l, 1));
	for (uint32_t i = 0; i < 1000; i++)
		assert_true(lookup_add(&l, (uint64_t)(i % 10) << 40, i));
	assert_true(lookup_build(&l));
	const struct lookup_entry *e = lookup_find(&l, UINT64_C(3) << 40);
	for (uint32_t i = 0; i < 100; i++, e++)
		assert_int_equal(e->what, 3 + 10 * i);
	assert_null(lookup_find(&l, 5));
	lookup_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_weighing_all_finds),
		cmocka_unit_test(weighs_few_of_many),
		cmocka_unit_test(sets_hold_their_members),
		cmocka_unit_test(lookups_of_one_hash_come_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
