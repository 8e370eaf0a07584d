/* match -- does a value meet a test, do the values at hand meet a condition?  Private to rules. */
#ifndef RULES_MATCH_H
#define RULES_MATCH_H

#include "rules/ruleset.h"

enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES }; /* in this order: `all` is the least, `any` the greatest */

/* What was read of the facts at one moment: each fact once.  A judge's scratch memory. */
enum { VIEW_VALUES = 512 };
struct view {
	const struct facts *facts;
	const struct handshake_record *handshake;
	uint32_t epoch, seen[MAX_FACTS]; /* equal: `at` and `count` are of this moment */
	int16_t at[MAX_FACTS], count[MAX_FACTS];
	unsigned used;
	struct value values[VIEW_VALUES + 2 * MAX_VALUES]; /* the last two places: when the rest is full */
	struct judge_counters *counters;
};

void view_begin(struct view *v, const struct facts *f, const struct handshake_record *h);

/* The values of a fact, their number or FACT_UNKNOWN.  `spare` is 0 or 1: where they are put when there is no room to keep
 * them, so that two can be held at once. */
int view_read(struct view *v, const struct fact *fact, unsigned spare, const struct value **out);

enum truth condition_weigh(const struct condition *c, struct view *v);

/* A host without the dot at its end. */
struct slice host_trim(struct slice host);

/* An address in text, in any spelling that resolvers take: ::1, 10.1, 0x7f000001.  One of IPv4 inside IPv6 is IPv4. */
bool host_address(struct slice host, struct value *out);

/* Bits of an address below its prefix are made zero. */
void address_mask(uint8_t addr[16], bool ipv6, unsigned prefix);

bool glob_matches(struct slice pattern, struct slice text, bool any_case);

#endif
