/* limit -- how often has this rule spoken about that client?  Private to rules.
 *
 * A bounded table; when it is full, what was asked about longest ago is forgotten, and counted.  Time is that of the packets. */
#ifndef RULES_LIMIT_H
#define RULES_LIMIT_H

#include "rules/ruleset.h"

struct rule_limits;

struct rule_limits *limits_new(size_t entries, struct err *e) MUST_CHECK;
void limits_free(struct rule_limits *l);
size_t limits_reserved(const struct rule_limits *l); /* bytes at most */

/* A match of a rule with a threshold: is this the count-th within `every`, or a later one? */
bool limits_reached(struct rule_limits *l, const struct rule *r, const struct facts *f, struct judge_counters *c);

/* An alert of a rule with a limit: may it pass?  Then `suppressed` tells how many did not since the last one that did. */
bool limits_allow(
    struct rule_limits *l, const struct rule *r, const struct facts *f, uint64_t *suppressed, struct judge_counters *c);

#endif
