/* quantity -- numbers as people write them: 443, 7.25, 10kB, 1.5h.  Strict: what is not wholly a number is none. */
#ifndef RULES_QUANTITY_H
#define RULES_QUANTITY_H

#include "rules/fact.h"

enum { QUANTITY_SIZE = 32 };

/* NULL, or why the text is none.  `kind` is NUMBER, PORT, BYTES, SECONDS (in ns) or RATIO (in hundredths). */
const char *quantity_parse(enum fact_kind kind, struct slice text, uint64_t *out);

/* What a text of this kind looks like: "a whole number", "a duration (500ms, 90s, 5m, 1.5h, 2d)". */
const char *quantity_looks(enum fact_kind kind);

bool quantity_is(enum fact_kind kind); /* is the kind one of the above? */
uint64_t quantity_most(enum fact_kind kind);

/* The shortest text that is parsed to just this. */
void quantity_print(enum fact_kind kind, uint64_t value, char out[QUANTITY_SIZE]);

#endif
