/* fact -- every fact that a rule may name: its name, what kind of value it has, when it can change.  Private to rules.
 *
 * The names are those of the records (culvert-events(5)), so that who reads a record can write the rule.
 */
#ifndef RULES_FACT_H
#define RULES_FACT_H

#include "rules/rules.h"

enum fact_kind {
	FACT_TEXT,    /* compared byte for byte */
	FACT_NAME,    /* a word of a protocol or of ours: any case */
	FACT_HOST,    /* a host name or an address in text: any case, a last dot left out */
	FACT_NUMBER,  /* whole, not negative */
	FACT_PORT,    /* 0 to 65535 */
	FACT_BYTES,   /* a number that may be written with a unit: 10kB, 4MiB */
	FACT_SECONDS, /* ns inside; written with a unit: 90s, 1.5h */
	FACT_RATIO,   /* hundredths inside; written 7.25 */
	FACT_ADDRESS
};

enum { MAX_VALUES = 64, MAX_MADE = 80, FACT_UNKNOWN = -1 };

struct value {
	enum fact_kind kind;
	uint64_t number;
	struct slice text;
	uint8_t addr[16]; /* as in struct endpoint */
	bool ipv6;
	char made
	    [MAX_MADE]; /* of text that lies nowhere else: then `text` points here, and the value must not be moved */
};

struct fact {
	const char *name; /* "handshake.kind" */
	enum fact_kind kind;
	bool list;        /* may hold several values: a test holds if any of them meets it */
	bool handshake;   /* is of one handshake: rules that read it may speak again about the next */
	uint32_t moments; /* MOMENT_BIT, or-ed: when it may become known or change */
	/* FACT_NAME: the words that it can hold, by number; NULL past the end.  NULL: any word. */
	const char *(*word)(unsigned i);
	/* The values now; their number, or FACT_UNKNOWN.  A list that is known to be empty has 0 values.  `h` is the handshake
	 * of the moment, at MOMENT_ASKED and MOMENT_ANSWERED the one in question, else the decisive one; NULL: none. */
	int (*read)(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES]);
	const char *what; /* one line for people */
};

const struct fact *fact_find(struct slice name); /* NULL: none */
const struct fact *fact_at(unsigned i);          /* in order of the manual; NULL past the end */
unsigned fact_number(const struct fact *f);      /* the `i` of it, below MAX_FACTS */
enum { MAX_FACTS = 96 };

const char *fact_kind_word(enum fact_kind k); /* "text", "name", "host", ... */

#endif
