/* Stand-ins until the judge is there: a few facts, and no regular expressions. */
#include "rules/ruleset.h"

#include <stdlib.h>

#define WEAK __attribute__((weak))
WEAK bool ruleset_index(struct ruleset *r)
{
	(void)r;
	return true;
}

WEAK void ruleset_index_free(struct ruleset *r)
{
	(void)r;
}

WEAK struct regex *regex_new(struct slice pattern, bool any_case, char why[256], size_t *at)
{
	(void)any_case;
	for (size_t i = 0; i < pattern.len; i++)
		if (pattern.at[i] == '(' && slice_find(pattern, ')') == pattern.len) {
			memcpy(why, "missing closing parenthesis", 28);
			*at = pattern.len;
			return NULL;
		}
	return malloc(1);
}

WEAK void regex_free(struct regex *r)
{
	free(r);
}

static const char *label_word(unsigned i)
{
	static const char *const words[] = { "plain-http", "blind-relay", "http-tunnel", "not-http", "undecided" };
	return i < 5 ? words[i] : NULL;
}

static const char *kind_word(unsigned i)
{
	static const char *const words[] = { "connect", "upgrade" };
	return i < 2 ? words[i] : NULL;
}

#define B(x) MOMENT_BIT(MOMENT_##x)
static const struct fact facts[] = {
	{ .name = "label", .kind = FACT_NAME, .moments = B(LABEL) | B(END), .word = label_word },
	{ .name = "certainty", .kind = FACT_NAME, .moments = B(LABEL) | B(END) },
	{ .name = "anomalies", .kind = FACT_NAME, .list = true, .moments = B(ODD) | B(END) },
	{ .name = "src_ip", .kind = FACT_ADDRESS, .moments = B(BEGIN) },
	{ .name = "dest_port", .kind = FACT_PORT, .moments = B(BEGIN) },
	{ .name = "vlan", .kind = FACT_NUMBER, .list = true, .moments = B(BEGIN) },
	{ .name = "handshake.kind", .kind = FACT_NAME, .handshake = true, .moments = B(ASKED), .word = kind_word },
	{ .name = "handshake.host", .kind = FACT_HOST, .handshake = true, .moments = B(ASKED) },
	{ .name = "handshake.port", .kind = FACT_PORT, .handshake = true, .moments = B(ASKED) },
	{ .name = "handshake.status", .kind = FACT_NUMBER, .handshake = true, .moments = B(ANSWERED) },
	{ .name = "relay.inner", .kind = FACT_NAME, .list = true, .moments = B(CHANNEL) },
	{ .name = "relay.sni", .kind = FACT_HOST, .moments = B(CHANNEL) },
	{ .name = "relay.seconds", .kind = FACT_SECONDS, .moments = B(END) },
	{ .name = "relay.bytes_toserver", .kind = FACT_BYTES, .moments = B(END) },
	{ .name = "relay.entropy", .kind = FACT_RATIO, .moments = B(CHANNEL) },
	{ .name = "tunnel.tool", .kind = FACT_NAME, .moments = B(TUNNEL) },
	{ .name = "request.path", .kind = FACT_TEXT, .moments = B(REQUEST) },
};

WEAK const struct fact *fact_at(unsigned i)
{
	return i < sizeof facts / sizeof *facts ? &facts[i] : NULL;
}

WEAK const struct fact *fact_find(struct slice name)
{
	for (unsigned i = 0; i < sizeof facts / sizeof *facts; i++)
		if (slice_eq(name, (struct slice){ (const uint8_t *)facts[i].name, strlen(facts[i].name) }))
			return &facts[i];
	return NULL;
}
