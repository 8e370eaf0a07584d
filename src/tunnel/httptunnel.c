/* httptunnel -- GNU httptunnel (htc, hts) and its relatives: two connections at once, frames up in the body of a POST that
 * is never answered, frames down in the answer to a GET.
 *
 * Headers, targets and lengths can all be set by whoever runs it; the frames cannot, so they are the proof (frames.h).
 * Often one side alone says too little: a short exchange, an idle tunnel.  Then the other connection of the same two hosts
 * decides: a body that reads as frames so far, while a sibling whose request had the same target (but for the number at its
 * end, which is the time) is a proven or an opened tunnel, is that tunnel's other half.  Connections that follow within a
 * few seconds, when a declared length is used up, belong to it too. */
#include "tunnel/frames.h"
#include "tunnel/tunnel.h"

#include <string.h>

enum {
	SLOTS = 2,              /* the server end serves one tunnel at a time; one more through a proxy, or just ended */
	SLOT_INNER = 96,        /* enough for a banner or the head of a TLS record */
	WITHHELD_LEAST = 1024   /* a declared length that makes an empty body worth a word */
};
static const int64_t LINGER = INT64_C(10) * 1000 * 1000 * 1000;   /* ns between connections of one tunnel */

static const struct sign frames_sign = { "httptunnel", "frames", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "httptunnel", "frames-with-sibling", FOR_TUNNEL, PROOF };
static const struct sign open_sign = { "httptunnel", "open-frame", FOR_TUNNEL, STRONG };
static const struct sign target_sign = { "httptunnel", "same-target-as-sibling", FOR_TUNNEL, STRONG };
static const struct sign withheld_sign = { "httptunnel", "content-withheld", FOR_TUNNEL, STRONG };
static const struct sign unanswered_sign = { "httptunnel", "unanswered-upload", FOR_TUNNEL, WEAK };

/* A target by hash, whole and without its changing end. */
struct aim {
	uint64_t exact, base;
};

/* One tunnel of this pair of hosts. */
struct slot {
	uint64_t id;            /* flow id of its first connection; 0: free */
	struct aim aim;
	int64_t last;           /* ns: latest event of any of its connections */
	uint64_t flows[FINDING_PEERS];
	uint8_t flow_count, flow_next;
	bool proven, opened;    /* frames proved; an OPEN frame was seen */
	uint16_t alive;         /* connections not over */
	uint16_t inner_len[2];
	uint64_t inner_from[2]; /* flow that carried those bytes */
	uint8_t inner[2][SLOT_INNER];
};

struct ours {
	struct slot slot[SLOTS];
};

/* The message at hand of one side. */
struct leg {
	struct frames frames;
	uint64_t at, next;      /* offsets: where its body begins; where it goes on */
	uint64_t declared;      /* Content-Length; 0: none */
	bool chunked, torn;     /* torn: unwrapped bytes are missing, keep no more of them */
};

struct mine {
	struct leg leg[2];      /* by side */
	struct aim aim;         /* of the latest request */
	uint64_t slot_id;       /* the tunnel it was counted in; 0: none */
	bool found;
	bool get_waits;         /* the latest request was a GET whose answer's content was not seen */
	bool answered;          /* the latest request was */
};

static uint64_t mix(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * UINT64_C(0x100000001b3); /* FNV-1a: a wrong match costs nothing an attacker could want */
}

static struct aim aim_of(struct slice target)
{
	size_t end = slice_find(target, '?');
	if (end == target.len)
		while (end > 0 && target.at[end - 1] >= '0' && target.at[end - 1] <= '9')
			end--;
	struct aim aim = { UINT64_C(0xcbf29ce484222325), 0 };
	for (size_t i = 0; i < target.len; i++) {
		if (i == end)
			aim.base = aim.exact;
		aim.exact = mix(aim.exact, target.at[i]);
	}
	if (end == target.len)
		aim.base = aim.exact;
	return aim;
}

static bool slot_live(const struct slot *k, int64_t now)
{
	return k->id != 0 && (k->alive != 0 || now - k->last <= LINGER);
}

/* The tunnel of the pair that this connection aims at; the one most lately heard of among equals. */
static struct slot *slot_find(const struct sight *s)
{
	struct ours *o = s->ours;
	const struct mine *m = s->mine;
	struct slot *best = NULL;
	for (unsigned i = 0; o != NULL && i < SLOTS; i++) {
		struct slot *k = &o->slot[i];
		if (!slot_live(k, s->t) || k->aim.base != m->aim.base)
			continue;
		if (k->id == m->slot_id)
			return k;
		const bool exact = k->aim.exact == m->aim.exact;
		const bool best_exact = best != NULL && best->aim.exact == m->aim.exact;
		if (best == NULL || exact > best_exact || (exact == best_exact && k->last > best->last))
			best = k;
	}
	return best;
}

static struct slot *slot_new(const struct sight *s)
{
	struct ours *o = s->ours;
	const struct mine *m = s->mine;
	if (o == NULL)
		return NULL;
	struct slot *pick = &o->slot[0];
	for (unsigned i = 1; i < SLOTS; i++) {
		struct slot *k = &o->slot[i];
		if ((pick->id != 0 && k->id == 0) || (pick->alive != 0 && k->alive == 0) ||
		    (pick->alive != 0) == (k->alive != 0 ? 1 : 0 && k->last < pick->last))
			pick = k;
	}
	*pick = (struct slot){ .id = s->flow_id != 0 ? s->flow_id : 1, .aim = m->aim, .last = s->t };
	return pick;
}
