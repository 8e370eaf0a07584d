/* print_match -- a condition as it is written in a rule file.  Private to rules. */
#ifndef RULES_PRINT_MATCH_H
#define RULES_PRINT_MATCH_H

#include "rules/print_text.h"
#include "rules/ruleset.h"

/* What stands behind `match:`, from the space or line end on. */
void print_match(struct printer *p, const struct condition *c);

/* A member of a set. */
void print_member(struct printer *p, enum set_kind kind, const struct test *t);

#endif
