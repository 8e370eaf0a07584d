/* tunnel -- shows HTTP events to the detectors they concern and keeps their notebooks.
 *
 * A connection costs one notebook while a detector is at work on it, however many detectors there are: a leaf while only those are
 * whom nearly every request wakes, a slip while others are that need next to nothing; a folded one while a request without content
 * waits for its answer; a sample while there is content to look at; a finding only when a detector asks for one.  When one of these
 * runs out, the connection is watched less (`exhausted`) and nothing else happens.
 */
#ifndef TUNNEL_TUNNEL_H
#define TUNNEL_TUNNEL_H

#include "base/err.h"
#include "base/pool.h"
#include "tunnel/groups.h"
#include "tunnel/sight.h"
#include "tunnel/unwrap.h"
#include "tunnel/wake.h"

enum {
	MAX_DETECTORS = 56
}; /* a connection remembers in a word which are awake, and in less than one who is not to be asked again */
#define ALL_DETECTORS ((UINT64_C(1) << MAX_DETECTORS) - 1)

/* Notebooks of three sizes: each holds what the one before holds, in the same places.  A folded one is a leaf of which nothing is
 * kept but what a waiting request leaves in it (fold.c). */
enum sheet { FOLDED, LEAF, SLIP, WHOLE, SHEETS };

struct tunnel_kit {
	struct pool notebooks[SHEETS]; /* detectors' `mine` of one connection in one block */
	size_t unfolded;               /* so many leaves may be out before one is folded */
	uint64_t fits[SHEETS];         /* bit i: that of detector i is in it */
	struct pool samples;           /* of content, for whoever asks for one */
	struct pool findings;          /* few: only for connections on which something is suspected */
	struct groups groups;
	struct wake wake;
	struct unwrap *unwrap; /* where unwrapped bytes are written; NULL: nowhere */
	/* What is needed of a detector to show it an event, in one line of the cache. */
	struct stall {
		enum interest (*see)(const struct sight *s);
		uint32_t memory, mine_at, ours_at; /* where in a notebook its part begins, and how long that is */
		uint32_t brief;                    /* so much of it is kept when it is folded */
	} at[MAX_DETECTORS];
};

/* What detectors remember of a connection; their own parts follow. */
struct notebook {
	int64_t t;      /* of the last event */
	uint64_t clear; /* bit i: detector i's part has been cleared */
	/* A folded notebook has this no more, nor what follows. */
	uint64_t done[2];      /* bit i: detector i need not be told of the end of the message at hand of that side */
	uint64_t listening[2]; /* bit i: detector i listens to that message */
	struct sample *sample[2]; /* of that message; NULL until lent */
	struct finding *finding;  /* NULL until lent; while there is one, the notebook stays */
	uint64_t pair, flow_id;   /* as the owner gave them; 0: not asked for yet */
	uint8_t holder;           /* the detector that has the finding */
};

struct tunnel {
	struct notebook *notebook;      /* NULL until a message concerns a detector, or when memory ran out */
	void *ours;                     /* joins and all detectors' shared notebooks, from kin; may be NULL */
	uint64_t awake;                 /* bit i: detector i is shown this connection's messages */
	uint64_t never : MAX_DETECTORS; /* bit i: detector i said NEVER */
	uint64_t ready : 1;             /* tunnel_init was called */
	uint64_t asked : 1;             /* a request was seen, whoever was awake */
	uint64_t sheet : 2;             /* enum sheet: the notebook's size */
	uint64_t exhausted : 1;         /* no notebook, sample or finding could be had (a doubt for the record) */
};
_Static_assert(sizeof(struct tunnel) <= 32, "every dialogue has one");

bool tunnel_kit_init(struct tunnel_kit *k, size_t connections, struct unwrap *unwrap, struct err *e) MUST_CHECK;
void tunnel_kit_fini(struct tunnel_kit *k);

size_t tunnel_kit_reserved(const struct tunnel_kit *k);  /* bytes at most */
uint64_t tunnel_kit_refused(const struct tunnel_kit *k); /* notebooks and samples that could not be had */

size_t tunnel_shared_size(void); /* what kin must keep per pair of hosts */

void tunnel_init(struct tunnel *t, void *ours);
void tunnel_fini(struct tunnel_kit *k, struct tunnel *t);

/* Shows one event.  Returns true when some detector listens to the content of the message at hand of ev->from: ask after
 * HTTP_REQUEST and final HTTP_RESPONSE to begin (http_want_bodies), after HTTP_BODY to stop. */
bool tunnel_see(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev, struct dossier *d,
    const struct tunnel_owner *owner);
/* The client's message was over at that time; of a connection whose notebook is not folded. */
void tunnel_await(struct tunnel_kit *k, struct tunnel *t, int64_t over);

/* The end of a message of which nobody awaits anything more, as of a GET: true when it is done with. */
static inline bool tunnel_ends_unseen(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev)
{
	const struct notebook *const n = t->notebook;
	if (ev->kind != HTTP_MESSAGE_END || ev->from != CLIENT || n == NULL || t->sheet == FOLDED ||
	    (t->awake & ~n->done[CLIENT]) != 0 || n->listening[CLIENT] != 0)
		return false;
	tunnel_await(k, t, ev->t);
	return true;
}

void tunnel_end(struct tunnel_kit *k, struct tunnel *t, struct dossier *d, const struct tunnel_owner *owner);

/* NULL when nothing was found. */
const struct finding *tunnel_finding(const struct tunnel *t);

#endif
