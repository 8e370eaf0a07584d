/* rules_verbs -- `culvert rules check|print`. */
#ifndef MAIN_RULES_VERBS_H
#define MAIN_RULES_VERBS_H

#include "main/options.h"

/* `words` are those behind `rules`, a NULL behind them.  Returns an exit status: 0 fine, 1 could not be written, 2 errors. */
int rules_verb(const struct options *o, char **words);

#endif
