/* ruleset -- a rule set as it stands in memory, between reading (read.c), printing (print.c) and judging (judge.c).
 * Private to rules. */
#ifndef RULES_RULESET_H
#define RULES_RULESET_H

#include "rules/fact.h"
#include "rules/rules.h"

enum rules_limits {
	MAX_RULE_FILE = 16 << 20, /* bytes */
	MAX_YAML_DEPTH = 32,
	MAX_RULES = 1 << 20,
	MAX_CONDITION_DEPTH = 16
};

enum op {
	OP_IS,      /* equal, in the fact's kind */
	OP_RANGE,   /* low <= value <= high; also above, below, at-least, at-most */
	OP_NETWORK, /* address within value/prefix */
	OP_SUFFIX,  /* host: equal, or ends in "." and the text; other text: ends in it */
	OP_PREFIX,
	OP_GLOB,    /* * and ? over the whole text */
	OP_REGEX,   /* PCRE2, anywhere in the text */
	OP_SET,     /* in a named set */
	OP_FACT,    /* equal to the value of another fact */
	OP_PRESENT, /* known, and not an empty list: `low` 1; or the contrary: 0 */
};

struct regex; /* regex.c, the one file of PCRE2 */
struct set;

struct test {
	const struct fact *fact;
	enum op op;
	uint64_t low, high; /* RANGE, PRESENT; IS of a number: both the same */
	struct slice text;  /* IS, SUFFIX, PREFIX, GLOB, REGEX: as written, lower case where the kind ignores case */
	uint8_t addr[16];   /* IS, NETWORK */
	bool ipv6;
	uint8_t prefix;           /* NETWORK: bits */
	const struct set *set;    /* SET */
	const struct fact *other; /* FIELD */
	struct regex *regex;      /* REGEX */
};

enum condition_kind { COND_ALL, COND_ANY, COND_NOT, COND_TEST };

/* A tree; children are in a row.  An empty COND_ALL holds always. */
struct condition {
	enum condition_kind kind;
	unsigned count; /* of children; COND_NOT: 1 */
	struct condition *child;
	struct test test; /* COND_TEST */
	unsigned line, column;
};

enum set_kind { SET_HOSTS, SET_NETWORKS, SET_PORTS, SET_NAMES, SET_TEXTS };

/* A named set: its members as tests without a fact (IS, SUFFIX, GLOB, RANGE, NETWORK), in the order written; `index` is
 * what judge.c builds to look a value up without walking them. */
struct set {
	const char *name;
	enum set_kind kind;
	struct test *member;
	size_t count;
	const char *file;
	unsigned line, column;
	struct set_index *index;
};

enum per { PER_RULE, PER_FLOW, PER_CLIENT, PER_SERVER, PER_PAIR };
const char *per_name(enum per p); /* "rule", "flow", "client", "server", "pair" */

/* At most `count` alerts in each `every` ns (0: for ever), counted apart for each client, ...; count 0: no limit.  As a
 * threshold: only from the count-th match within `every` on. */
struct limit {
	enum per per;
	uint32_t count;
	int64_t every;
};

struct rule {
	struct rule_info info;
	struct condition match;
	struct limit limit, threshold;
	uint32_t moments;   /* or-ed from the facts that its condition reads, MOMENT_BEGIN alone if none */
	bool per_handshake; /* reads a fact of one handshake */
	unsigned column;
};

/* Every regex that was made for a set: they have memory of their own library, and what is read in vain has no other trace. */
struct regex_list {
	struct regex *regex;
	struct regex_list *next;
};

struct ruleset {
	struct rule *rule; /* pass rules are where they were written; judge.c orders them as it needs */
	size_t count;
	struct set **set; /* each in a block of its own: tests point at them */
	size_t set_count;
	struct rule_test *test;
	size_t test_count;
	struct regex_list *regexes;
	uint32_t moments;
	bool reads_request;
	struct memory *memory;    /* all of the above lies in it: memory.c */
	struct rule_index *index; /* judge.c */
};

/* memory.c: memory that is given back at once. */
struct memory *memory_new(void);
void *memory_take(struct memory *m, size_t size); /* zeroed; NULL when there is none left */
struct slice memory_text(
    struct memory *m, struct slice s); /* a copy with a NUL behind; at NULL when there is none left */
void memory_free(struct memory *m);

/* read.c has filled everything but the indices: builds them.  False when memory is out. */
bool ruleset_index(struct ruleset *r) MUST_CHECK;
void ruleset_index_free(struct ruleset *r);

/* Does the value lie in the set? */
bool set_holds(const struct set *s, const struct value *v);

/* One test on one value; `other` is the value of the other fact of OP_FACT.  Pure but for the match data of the regex. */
bool test_meets(const struct test *t, const struct value *v, const struct value *other, struct judge_counters *c);

/* regex.c.  NULL, with the reason in `why` and where in `at`, when it does not compile. */
struct regex *regex_new(struct slice pattern, bool any_case, char why[256], size_t *at);
void regex_free(struct regex *r);
enum regex_result { REGEX_NO, REGEX_YES, REGEX_LIMIT };
enum regex_result regex_match(const struct regex *r, struct slice text);

#endif
