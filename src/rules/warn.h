/* warn -- what is no error, and yet hardly meant.  Private to rules. */
#ifndef RULES_WARN_H
#define RULES_WARN_H

#include "rules/read.h"

void warn(struct reader *r, const char *file, unsigned line, unsigned column, const char *format, ...)
    PRINTF_LIKE(5, 6);

/* The conditions that must all hold, whatever ALLs they stand in; those beyond MAX_PARTS are left out. */
enum { MAX_PARTS = 64 };
struct parts {
	const struct condition *part[MAX_PARTS];
	unsigned count;
	bool more;
};
void parts_of(const struct condition *c, struct parts *out);

/* The one fact that the whole condition is about, or NULL. */
const struct fact *sole_fact(const struct condition *c);

void warn_never(struct reader *r);  /* rules that can never match */
void warn_shadow(struct reader *r); /* rules that another one makes needless */
void warn_sets(struct reader *r);   /* sets without use, members twice or of no word */

#endif
