/* words -- the language's own words that are nobody else's: operators, kinds of set.  Private to rules. */
#ifndef RULES_WORDS_H
#define RULES_WORDS_H

#include "rules/ruleset.h"

const char *op_name(enum op op);            /* "suffix", ...; NULL: has no word of its own */
const char *set_kind_name(enum set_kind k); /* "hosts", "networks", ... */
const char *value_looks(enum fact_kind k);  /* "a text", "a port", ... */

static inline struct slice slice_of(const char *text)
{
	return (struct slice){ (const uint8_t *)text, strlen(text) };
}

#endif
