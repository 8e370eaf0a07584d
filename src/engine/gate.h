/* gate -- what becomes of packets that wait for an answer: the rules' word, made good at the packet that proves it.
 *
 * Private to engine.  Without a gatekeeper -- captures, interfaces -- nothing of this costs anything.  Docs: decision 0018. */
#ifndef ENGINE_GATE_H
#define ENGINE_GATE_H

#include "engine/held.h"
#include "engine/pieces.h"
#include "engine/watch.h"
#include "facts/fate.h"

/* Of one conversation. */
struct gate {
	struct facts_fate told;
	struct held_list held;
	uint32_t mark;     /* a rule wants it on its packets; 0: none */
	uint32_t said_at;  /* sequence number of the packet that a 403 stands for */
	uint8_t said_from; /* enum side of it */
	bool excused;      /* a pass rule has spoken: nothing else counts */
	bool unheld;       /* its packets wait no more: there were too many */
	bool answered;     /* forbidden at the answer, not at the request */
	bool said;         /* the client was told by a 403 */
	uint64_t from;     /* answered: where the answer begins in the server's stream */
};

struct gatekeeper {
	struct gate_options options;
	struct pool gates;
	struct held_room room;
	struct pieces pieces;
	uint32_t acting; /* moments at which a rule can do more than tell */
	int64_t begun;   /* of the first packet */
	bool conflict;   /* the packet at hand says other bytes than one before it */
	bool no_room;    /* there was no room for its conversation */
	struct inline_stats stats;
	size_t count;
	struct packet_answer answers[MAX_HELD + MAX_PIECE_SETS * MAX_PIECES + 2];
};

struct gatekeeper *gatekeeper_new(const struct gate_options *o, size_t flows, struct err *e) MUST_CHECK;
void gatekeeper_free(struct gatekeeper *k);

/* The rules were exchanged. */
void gate_rules(struct gatekeeper *k, const struct ruleset *r);

/* A rule has spoken at this moment; `h`, of the dialogue `level`, is the handshake it was about. */
void gate_judged(
    const struct seat *at, const struct decision *d, enum moment m, unsigned level, const struct handshake_record *h);

static inline const struct facts_fate *gate_told(const struct gate *g)
{
	return g != NULL ? &g->told : NULL;
}

/* What was to be answered has been. */
static inline void gate_begin(struct pipeline *p)
{
	if (p->gatekeeper != NULL)
		p->gatekeeper->count = 0;
}

/* It is so late: pieces that waited too long are dropped; INT64_MAX: all of them. */
void gate_tick(struct pipeline *p, int64_t now);

/* The conversation is forgotten: what still waits of it is dropped. */
void gate_leave(const struct seat *at);

/* The table is full.  True when this conversation is not to be taken in. */
bool gate_keeps_out(struct gatekeeper *k);

#endif
