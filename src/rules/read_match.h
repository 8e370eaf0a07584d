/* read_match -- what read_match.c and read_operator.c share. */
#ifndef RULES_READ_MATCH_H
#define RULES_READ_MATCH_H

#include "rules/read.h"

/* Makes a condition of this kind with room for so many children. */
bool children(struct reader *r, const struct node *n, enum condition_kind kind, size_t count, struct condition *out);
struct test *leaf(const struct fact *fact, const struct node *n, enum op op, struct condition *out);

/* `in_match`: all, any and not would be right, too.  Always false. */
bool unknown_fact(struct reader *r, const struct node *n, bool in_match);

bool read_test(struct reader *r, const struct fact *fact, const struct node *n, unsigned depth, struct condition *out);
bool read_operators(
    struct reader *r, const struct fact *fact, const struct node *map, unsigned depth, struct condition *out);

#endif
