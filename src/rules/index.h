/* index -- which rules can concern what is at hand?  Private to rules.
 *
 * Of each rule one part that must hold is chosen, as rare as can be, and the rule filed under what that part asks for: a
 * hash of fact and value.  What a moment knows is looked up the same way.  A hash may deceive, so whoever finds a rule here
 * still weighs its whole condition; none that could match is missed. */
#ifndef RULES_INDEX_H
#define RULES_INDEX_H

#include "rules/match.h"

/* From a hash to numbers; built once. */
struct lookup_entry {
	uint64_t hash;
	uint32_t what;
};

struct lookup {
	struct lookup_entry *entry; /* sorted */
	size_t count, room;
	uint32_t *slot; /* 1 + where in `entry` a hash begins; 0: free */
	size_t slots;   /* a power of two */
};

bool lookup_add(struct lookup *l, uint64_t hash, uint32_t what) MUST_CHECK; /* before lookup_build */
bool lookup_build(struct lookup *l) MUST_CHECK;
void lookup_fini(struct lookup *l);

/* The first of that hash, NULL: none; further ones follow while their hash is the same, up to lookup_end. */
const struct lookup_entry *lookup_find(const struct lookup *l, uint64_t hash);

static inline const struct lookup_entry *lookup_end(const struct lookup *l)
{
	return l->entry + l->count;
}

/* How a value was hashed. */
enum key_kind { KEY_WHOLE, KEY_SUFFIX, KEY_NETWORK, KEY_SET };

uint64_t key_text(uint64_t salt, enum fact_kind kind, enum key_kind how, struct slice text);
uint64_t key_number(uint64_t salt, uint64_t n);
uint64_t key_address(uint64_t salt, const uint8_t addr[16], bool ipv6, unsigned prefix);
uint64_t key_set(uint64_t salt, const struct set *s);

/* The prefix lengths that networks have: bit n of v4; v6 as words of 64. */
struct prefixes {
	uint64_t v4, v6[3];
};
void prefixes_add(struct prefixes *p, bool ipv6, unsigned prefix);

/* Calls `meet` for the hash of the value and of each domain above it, each network around it that `p` has.  Stops when
 * `meet` says true, and says so. */
typedef bool key_meet(void *to, uint64_t hash);
bool keys_of_hosts(uint64_t salt, struct slice host, key_meet *meet, void *to);
bool keys_of_networks(uint64_t salt, const struct prefixes *p, const struct value *v, key_meet *meet, void *to);

/* What of a fact is to be looked up at a moment. */
struct probe {
	const struct fact *fact;
	uint8_t kinds; /* 1 << enum key_kind */
	struct prefixes prefixes;
	const struct set **set; /* KEY_SET: those that are too large to be taken apart */
	unsigned set_count;
	uint32_t moments;
};

struct rule_half {
	struct lookup rules; /* by key */
	struct probe *probe;
	unsigned probe_count;
	uint32_t *always; /* rules that can be filed under nothing */
	size_t always_count;
	uint32_t moments;
};

/* Rules that speak, and rules that silence: these are asked only when one has something to say. */
struct rule_index {
	struct rule_half speak, pass;
};

/* set.c */
bool set_index_build(struct set *s) MUST_CHECK;
void set_index_free(struct set *s);

#endif
