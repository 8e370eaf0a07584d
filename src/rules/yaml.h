/* yaml -- a text becomes a tree, each node with its place.  Knows nothing of rules.
 *
 * Of YAML only what a rule file needs: mappings, lists, scalars, comments, one document.  Anchors, aliases, tags and
 * directives are refused: none is needed, and each has been a way to make a small file cost much.  How deep, how large and
 * how many are bounded before any memory is spent on them.
 */
#ifndef RULES_YAML_H
#define RULES_YAML_H

#include "rules/problem.h"
#include "rules/ruleset.h"

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

enum { MAX_YAML_NODES = 1 << 19 }; /* of one file: each takes libyaml and us half a microsecond */

struct node {
	enum node_kind kind;
	unsigned line, column; /* from 1, in characters */
	unsigned count;        /* LIST: items; MAP: pairs */
	bool quoted;           /* SCALAR: was not plain */
	struct slice text;     /* SCALAR; a NUL is behind it */
	struct node *first;    /* LIST: the items; MAP: key, value, key, value */
	struct node *next;     /* in the same list or map */
};

/* NULL when the text could not be read to its end; what is wrong is in `out`, which may have got errors in any case.  The tree
 * lies in `m`. */
const struct node *yaml_read(struct memory *m, const char *file, struct slice text, struct problems *out);

/* yaml_text.c: what libyaml would not say, or not say where.  Takes a byte order mark off. */
bool yaml_text_check(const char *file, struct slice *text, struct problems *out);

const char *node_kind_name(enum node_kind k); /* "a text", "a list", "a mapping" */

#endif
