/* rules_test -- `culvert rules test`: the tests that stand in rule files. */
#ifndef MAIN_RULES_TEST_H
#define MAIN_RULES_TEST_H

#include "main/options.h"
#include "rules/rules.h"

/* Errors for rules that no test wants to hear, as problems: --require-tests. */
void rules_test_missing(const struct ruleset *set, struct problems *found);

/* Replays the capture of every test under the whole set, and says on standard output, a line each, what came of it.
 * Returns an exit status: 0 all passed, 1 one failed, 2 a capture could not be read. */
int rules_test(const struct options *o, const struct ruleset *set);

#endif
