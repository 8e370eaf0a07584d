/* rules -- what the operator wants, said in YAML: loaded, judged against the facts of a conversation, printed back.
 *
 * A rule set is built once and never written after, but serves one judge at a time: its regexes hold what matching them
 * needs.  A judge is one worker's: it holds what changes -- limits, counters, scratch memory -- and a set that can be
 * exchanged between two packets.  Rules are judged when a fact has changed (a moment), and never twice for the same fact:
 * struct fired remembers, for each conversation, which have spoken.
 *
 * The language is culvert-rules(5).  A fact that is not known makes neither a test nor its negation hold.
 */
#ifndef RULES_RULES_H
#define RULES_RULES_H

#include <stdio.h>
#include "facts/facts.h"
#include "rules/problem.h"

enum act { ACT_NONE, ACT_ALERT, ACT_MARK, ACT_REJECT, ACT_DROP, ACT_PASS, ACTS };
enum severity { SEVERITY_HIGH = 1, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO }; /* EVE: 1 is the worst */

/* What changed in a conversation.  A rule is judged at the moments when a fact that it reads can change. */
enum moment {
	MOMENT_BEGIN,    /* a conversation was picked up: addresses, ports, encapsulation */
	MOMENT_ASKED,    /* a handshake was asked */
	MOMENT_ANSWERED, /* or answered */
	MOMENT_LABEL,    /* the label was set or raised */
	MOMENT_CHANNEL,  /* what runs in a channel was named */
	MOMENT_TUNNEL,   /* a tunnel's tool was recognised */
	MOMENT_ODD,      /* something was irregular for the first time */
	MOMENT_REQUEST,  /* a request of the conversation's own HTTP came */
	MOMENT_RESPONSE, /* or its final response */
	MOMENT_END,      /* the conversation is over: bytes, seconds, how it ended */
	MOMENTS
};
#define MOMENT_BIT(m) (1u << (m))
const char *moment_name(enum moment m); /* "begin", "asked", ... */

/* What reports say of a rule; lives as long as its set. */
struct rule_info {
	uint32_t id, rev;
	enum act act;
	enum severity severity;
	uint32_t mark;          /* ACT_MARK */
	enum reply reject_with; /* ACT_REJECT: REPLY_RST or REPLY_403; REPLY_NONE: as the run does it */
	const char *title, *why, *falsepositives; /* never NULL; "" when not given */
	const char *const *tags;
	unsigned tag_count;
	const char *file;
	unsigned line; /* where it stands */
};

struct ruleset;

/* Files in order, folders' *.yaml and *.yml by name; what comes later adds.  NULL when there is any error: all of them, and
 * warnings, are in `out`, which may hold warnings in any case. */
struct ruleset *ruleset_load(const char *const *paths, size_t count, struct problems *out) MUST_CHECK;
void ruleset_free(struct ruleset *r); /* NULL is nothing */

/* The same in two steps, for who may open no files himself: all of them are read into one, `to`, and loaded from there as often
 * as needed.  What is wrong with one of them is in `out` after the first step, and makes the second give NULL there. */
bool ruleset_gather(const char *const *paths, size_t count, int to, struct problems *out) MUST_CHECK;
struct ruleset *ruleset_load_gathered(int from, struct problems *out) MUST_CHECK;

size_t ruleset_count(const struct ruleset *r);
/* A rule whose limit or threshold counts what more than two hosts do; NULL: there is none. */
const struct rule_info *ruleset_wide(const struct ruleset *r);
const struct rule_info *ruleset_rule(const struct ruleset *r, size_t i);    /* in order of files and lines */
const struct rule_info *ruleset_find(const struct ruleset *r, uint32_t id); /* NULL: none */

/* What is different in `to`, by ids. */
struct ruleset_change {
	size_t added, removed, changed;
};
struct ruleset_change ruleset_compare(const struct ruleset *from, const struct ruleset *to);

/* Bit set of the moments at which any rule is to be judged. */
uint32_t ruleset_moments(const struct ruleset *r);

/* The same, of those rules that want more than to tell. */
uint32_t ruleset_acting(const struct ruleset *r);

/* Does any rule read the request (facts->request)? */
bool ruleset_reads_request(const struct ruleset *r);

/* The normal form: what it prints loads back to the same set, and prints the same again. */
void ruleset_print(const struct ruleset *r, FILE *out);

/* The tests: blocks of the files, for `culvert rules test`.  Paths of captures are as seen from the rule file's folder, joined. */
struct rule_test {
	const char *file;
	unsigned line;
	const char *capture;
	const uint32_t *alerts, *silent; /* rule ids: each must speak at least once; must not speak at all */
	unsigned alert_count, silent_count;
};
size_t ruleset_test_count(const struct ruleset *r);
const struct rule_test *ruleset_test(const struct ruleset *r, size_t i);

/* Which rules have spoken about a conversation, and about which of its handshakes.  Zeroed at first. */
enum { MAX_FIRED = 32, MAX_ALERTS = MAX_FIRED };
struct fired {
	uint8_t count, lost; /* lost: more rules wanted to speak than can be remembered; they were silent */
	struct {
		uint32_t id;
		uint32_t ordinal; /* of the handshake it was about; 0: about the conversation */
	} by[MAX_FIRED];
};

struct alert {
	const struct rule_info *rule;
	enum moment moment;
	uint64_t suppressed; /* alerts of this rule that its limit held back since the last one that passed */
};

/* What is to be done, and what is to be told.  `act` is the strictest of the matching rules, ACT_PASS when a pass rule
 * matched first: then nothing is told. */
struct decision {
	enum act act;
	uint32_t mark;                /* ACT_MARK */
	const struct rule_info *rule; /* that decided; NULL when none matched */
	unsigned count;
	struct alert alerts[MAX_ALERTS];
};

struct judge;

struct judge_counters {
	uint64_t judged, matched, alerts, suppressed, passed, /* of rules */
	    fired_lost,     /* rules silenced because a conversation had spoken too often */
	    limits_evicted, /* limit entries forgotten early */
	    regex_limit;    /* regexes stopped by their match limit: taken as no match */
};

struct judge *judge_new(struct err *e) MUST_CHECK;
void judge_free(struct judge *j);
size_t judge_reserved(const struct judge *j); /* bytes at most */

/* Exchanges the set between two packets; limits of rules with the same id and rev go on.  The judge does not own it.
 * NULL: no rules. */
void judge_use(struct judge *j, const struct ruleset *r);
const struct ruleset *judge_rules(const struct judge *j);

/* True when something matched; `out` is filled in any case.  `h`: the handshake that was asked or answered; else NULL, and the
 * decisive one of the conversation's own HTTP is taken. */
bool judge_moment(struct judge *j, const struct facts *f, const struct handshake_record *h, enum moment m,
    struct fired *fired, struct decision *out);

const struct judge_counters *judge_counters(const struct judge *j);

const char *act_name(enum act a);           /* "alert", "pass", "drop", ... */
const char *severity_name(enum severity s); /* "high", ... */

#endif
