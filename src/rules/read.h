/* read -- from the trees of the files to a rule set.  Private to rules; read.c tells the order of things.
 *
 * A function that returns bool has said, when it returns false, what is wrong and where; whoever called it goes on with what
 * comes next, so that one look at a file finds everything.
 */
#ifndef RULES_READ_H
#define RULES_READ_H

#include "rules/near.h"
#include "rules/words.h"
#include "rules/yaml.h"

struct source {
	const char *name; /* in the set's memory */
	const struct node *root;
	struct problems problems;
};

/* A set by its name, and where its members stand. */
struct named_set {
	struct set *set;
	const struct node *node, *members;
	struct source *source;
	size_t order; /* in which they were read */
	bool used, words_seen;
};

/* Where a rule with this id stands. */
struct numbered {
	uint32_t id;
	size_t at; /* in the set */
	struct source *source;
	const struct node *node;
};

struct reader {
	struct ruleset *set;
	struct memory *scratch; /* trees and the like: gone when all is read */
	struct source *source, *now;
	size_t sources, source_room;
	size_t warned;          /* which source was warned of last */
	bool partial;           /* a file could not be read: what is missing may be in it */
	struct named_set *name; /* by name */
	size_t names;
	struct numbered *number; /* by id */
	size_t numbers;
};

/* Always false. */
bool wrong(struct reader *r, const struct node *at, const char *format, ...) PRINTF_LIKE(3, 4);
bool no_memory(struct reader *r);

/* Begins to look for the word that was meant, if what is found would still be told: a file may hold a million wrong ones. */
struct near guess(const struct reader *r, struct slice word);

/* In the set's memory, zeroed; NULL after saying that there is none. */
void *take(struct reader *r, size_t count, size_t size);
bool take_text(struct reader *r, struct slice text, struct slice *out);

/* A text from a file as a message shows it: cut when long. */
enum { SHOWN = 64 };
struct shown {
	char text[SHOWN + 8];
};
struct shown show(struct slice text);

/* read_node.c: nodes of a certain kind. */
bool want_kind(struct reader *r, const struct node *n, enum node_kind kind, const char *what);
/* A text that is not empty, without spaces and line ends around it, and holds at most `most` bytes. */
bool want_text(struct reader *r, const struct node *n, const char *what, size_t most, struct slice *out);
/* The index of a word of a list with NULL behind it, or -1. */
int want_word(struct reader *r, const struct node *n, const char *what, const char *const *words);
bool want_number(
    struct reader *r, const struct node *n, const char *what, uint64_t least, uint64_t most, uint64_t *out);
bool want_quantity(struct reader *r, const struct node *n, enum fact_kind kind, const char *what, uint64_t *out);

/* One key of a mapping: what reads its value.  `into` is whatever the caller fills. */
struct key {
	const char *name;
	bool (*read)(struct reader *r, const struct node *value, void *into);
	bool required;
};
bool read_keys(
    struct reader *r, const struct node *map, const char *what, const struct key *keys, size_t count, void *into);

bool read_scalar(struct reader *r, enum fact_kind kind, const char *what, const struct node *n, struct test *t);
bool want_host(struct reader *r, const char *what, const struct node *n, struct slice *out);
bool read_match(struct reader *r, const struct node *n, struct condition *out);
bool read_rules(struct reader *r, const struct node *list);
bool read_sets(struct reader *r, const struct node *map);
size_t count_sets(const struct node *map);
bool order_sets(struct reader *r);
struct named_set *find_set(struct reader *r, struct slice name);
bool order_ids(struct reader *r);
bool read_tests(struct reader *r, const struct node *list);
size_t folder_length(const char *file); /* what of the name is not its last part */

void warn_all(struct reader *r); /* warn.c */

/* From a text in memory; as ruleset_load. */
struct ruleset *ruleset_load_text(const char *name, struct slice text, struct problems *out) MUST_CHECK;

#endif
