/* print_text -- scalars and lists of YAML, so that reading gives back just what was printed.  Private to rules. */
#ifndef RULES_PRINT_TEXT_H
#define RULES_PRINT_TEXT_H

#include <stdio.h>
#include "base/slice.h"

struct printer {
	FILE *out;
	unsigned column;
	unsigned indent; /* of a line that goes on with a list */
};

void print_raw(struct printer *p, const char *text); /* as it is; may end lines */

void print_line(struct printer *p, unsigned indent); /* begins a new one */

/* Plain when nobody could take it for anything else, within double quotes if not. */
void print_text(struct printer *p, struct slice text);
void print_behind(struct printer *p, char mark, struct slice text); /* the mark first, all within quotes */
void print_string(struct printer *p, const char *text);

/* Between two items of a [list] or {mapping}: a new line when this one is long. */
void print_comma(struct printer *p);

#endif
