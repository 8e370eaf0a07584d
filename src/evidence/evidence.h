/* evidence -- what was noticed about one conversation: who noticed it, what, where in which stream, when.
 *
 * Those who look (stream, http, handshake, channel, tunnel) write here and never judge; verdict judges and never looks.
 * A sign is a constant of the room that gives it; a note is that sign seen at a place.  An oddity is a deviation that a
 * careful peer would not show: worth an anomaly record, no ground for a label by itself.  A doubt says which part of
 * the conversation was not seen, so that a verdict can state it.
 */
#ifndef EVIDENCE_EVIDENCE_H
#define EVIDENCE_EVIDENCE_H

#include <stdbool.h>
#include <stdint.h>
#include "base/limits.h"
#include "base/pool.h"
#include "evidence/odd.h"

enum side { CLIENT, SERVER };
#define OTHER(side) ((side) == CLIENT ? SERVER : CLIENT)

enum leaning { FOR_HTTP, FOR_RELAY, FOR_TUNNEL, AGAINST_HTTP };

/* Of what the note rests on.  A proof alone is enough for a label; the others add up by verdict's rules. */
enum weight { WEAK = 1, STRONG = 2, PROOF = 3 };

struct sign {
	const char *who, *what; /* "handshake", "connect-accepted": printed as handshake/connect-accepted */
	enum leaning leaning;
	enum weight weight;
};

struct note {
	const struct sign *sign;
	int64_t t;            /* ns, packet time */
	uint64_t offset : 63; /* in the stream of `from` */
	uint64_t from : 1;    /* enum side */
};

enum doubt {
	DOUBT_GAP = 1 << 0,       /* bytes were missing from the capture */
	DOUBT_OVERLAP = 1 << 1,   /* two versions of the same bytes were seen */
	DOUBT_CAP = 1 << 2,       /* a bound of ours was reached */
	DOUBT_MIDSTREAM = 1 << 3, /* the beginning was not seen */
	DOUBT_ONE_WAY = 1 << 4,   /* only one direction was seen */
	DOUBT_DESYNC = 1 << 5,    /* HTTP's framing was lost, no handshake explains it */
	DOUBT_TRUNCATED = 1 << 6, /* the capture kept only the beginning of packets */
	DOUBT_EVICTED = 1 << 7,   /* forgotten early because a table was full */
	DOUBT_SPELLING = 1 << 8,  /* a handshake in a form that no standard has */
	DOUBT_READINGS = 1 << 9,  /* a handshake or its answer came in two versions that mean different things */
};
enum { DOUBTS = 10, ALL_DOUBTS = (1 << DOUBTS) - 1 };

/* What a graded sign rests on: two that rest on different things are independent witnesses, two that rest on the same are one. */
enum family { FAMILY_CONTENT, FAMILY_STRUCTURE, FAMILY_TIMING, FAMILY_VOLUME, FAMILY_HEADER, FAMILIES };

/* Two notes are what ordinary HTTP leaves; room for more is taken when the third comes. */
enum { NOTES_AT_HAND = 2, NOTES_MORE = MAX_NOTES - NOTES_AT_HAND };

struct more_notes {
	struct pool *room;
	struct note note[NOTES_MORE];
	uint32_t far[NOTES_AT_HAND]; /* what the places of those at hand have beyond 2 GiB */
};

struct dossier {
	/* Notes at hand: the place is the offset, doubled, and whose stream it is in; offsets beyond 2 GiB take more room. */
	const struct sign *sign[NOTES_AT_HAND];
	int64_t t[NOTES_AT_HAND];
	uint32_t place[NOTES_AT_HAND];
	union {
		struct pool *room;       /* where more can be had; NULL: nowhere */
		struct more_notes *more; /* from there */
	};
	uint64_t odd;         /* 1 << enum odd */
	uint16_t doubts : 10; /* enum doubt, or-ed */
	uint16_t count : 4;   /* of notes */
	bool has_more : 1;
	bool dropped : 1; /* there were more notes than are kept */
	/* Grades of weak signs of a tunnel, in tenths of a ban (10 log10 of how much likelier the sign is in a tunnel): the
	 * highest of each family; and what speaks for a known, innocent use. */
	uint8_t grade[FAMILIES];
	uint8_t innocent;
};
_Static_assert(sizeof(struct dossier) <= 64 && (int)MAX_NOTES < 16 && (int)DOUBTS <= 10, "every conversation has one");

/* The dossier begins empty; blocks of `room` hold a struct more_notes.  Zeroed memory is a dossier that keeps NOTES_AT_HAND. */
void dossier_init(struct dossier *d, struct pool *room);
void dossier_fini(struct dossier *d);

/* The notes in the order in which they were made, 0 to count - 1. */
static inline const struct sign *dossier_sign(const struct dossier *d, unsigned i)
{
	return i < NOTES_AT_HAND ? d->sign[i] : d->more->note[i - NOTES_AT_HAND].sign;
}

static inline struct note dossier_note(const struct dossier *d, unsigned i)
{
	if (i >= NOTES_AT_HAND)
		return d->more->note[i - NOTES_AT_HAND];
	const uint64_t far = d->has_more ? d->more->far[i] : 0;
	return (struct note){ .sign = d->sign[i],
		.t = d->t[i],
		.offset = (far << 31 | d->place[i] >> 1) & INT64_MAX,
		.from = d->place[i] & 1 };
}

/* One note per sign: the first stays.  When full, a weaker note than the new one gives way.  True when it is new. */
bool dossier_add(struct dossier *d, const struct sign *sign, enum side from, uint64_t offset, int64_t t);

/* A family's grade only rises. */
void dossier_grade(struct dossier *d, enum family family, unsigned grade);
void dossier_innocent(struct dossier *d, unsigned grade);

/* The sum of the grades, less what speaks for an innocent use; never negative. */
unsigned dossier_score(const struct dossier *d);

/* From SCORE_CONVICTS on, from two families of which one is content or structure, graded signs are as good as two strong ones:
 * two independent witnesses, one of whom saw what was said or how it was built.  Rhythm and amount alone prove nothing. */
enum { SCORE_SUSPECT = 40, SCORE_CONVICTS = 60 };
bool dossier_convicts(const struct dossier *d);

const char *family_name(enum family f); /* "content", "structure", ... */

/* NULL when there is none of that leaning; the earliest among equals. */
const struct sign *dossier_strongest(const struct dossier *d, enum leaning leaning);
unsigned dossier_count(const struct dossier *d, enum leaning leaning, enum weight at_least);

const char *doubt_name(unsigned bit);  /* bit number 0..DOUBTS-1: "gap", "overlap", ... */
const char *side_name(enum side side); /* "client", "server" */

#endif
