/* sight -- what a detector is called with, and what it can do about what it sees.  Begin with detector.h.
 *
 * The usual course: `see` recognises the tool's own framing and calls tunnel_found once; from then on, or already on
 * suspicion, it hands unwrapped bytes to tunnel_inner.  Connections of one tunnel are joined by a key: a hash of whatever
 * token they share (key.h), or 0 when there is at most one tunnel of that tool between two hosts.
 */
#ifndef TUNNEL_SIGHT_H
#define TUNNEL_SIGHT_H

#include "tunnel/detector.h"
#include "tunnel/key.h"

struct tunnel;
struct tunnel_kit;
struct joins;

/* The connection as its owner names it.  Names are hashes, made when somebody asks: most connections come by without. */
struct tunnel_owner {
	uint64_t (*pair)(const void *of); /* names the two hosts and the port */
	uint64_t (*flow_id)(const void *of);
	const void *of;
};

struct sight {
	const struct http_event *ev; /* NULL in `end` */
	struct dossier *dossier;
	void *mine, *ours;      /* `ours` may be NULL: no room for the pair */
	bool asked;             /* a request of this connection was seen, be it while the detector slept */
	int64_t t;              /* of the event; in `end`, of the last one */
	struct tunnel_kit *kit; /* tunnel.c's own, for the functions below: */
	struct tunnel *tunnel;
	struct joins *joins; /* may be NULL like `ours` */
	const struct tunnel_owner *owner;
	unsigned which;
};

uint64_t tunnel_pair(const struct sight *s);
uint64_t tunnel_flow_id(const struct sight *s);
uint64_t tunnel_own_id(const struct sight *s); /* alone, a tunnel bears the id of its connection; never 0 */

/* The tool is found: notes the sign, lends a finding with the tool's name and joins this connection to the others of that
 * key.  May be called again, with further signs.  NULL when no finding is left, or another detector was first; the note
 * stands all the same.  `offset` as in the event, of the first byte that shows it. */
struct finding *tunnel_found(
    const struct sight *s, const struct sign *sign, enum side side, uint64_t offset, uint64_t key);

/* Was this detector's tool found on another connection of the same two hosts with that key?  For connections that alone
 * say too little; call tunnel_found with a sign of its own then. */
bool tunnel_known(const struct sight *s, uint64_t key);

/* 32 bits that this detector shares among all connections of the two hosts with that key, zero at first, for whatever a
 * connection wants its siblings to know before anything is proven.  NULL when there is no room. */
uint32_t *tunnel_shared(const struct sight *s, uint64_t key);

/* Unwrapped bytes, in order.  On mere suspicion too: they are kept aside and thrown away by tunnel_return_finding. */
void tunnel_inner(const struct sight *s, enum side side, struct slice bytes);

/* The target that the tool shows in clear: "host:port".  An empty host or port is left out.  Only after tunnel_found. */
void tunnel_target(const struct sight *s, struct slice host, struct slice port);

/* Findings by hand, for a detector that does its own joining.  tunnel_lend_finding is for one that is sure: the caller
 * sets `tool` at once, and another's suspicion gives way.  tunnel_try_finding is for one that only suspects.  Findings are
 * large and few.  NULL when none is left or another detector was first. */
struct finding *tunnel_lend_finding(const struct sight *s);
struct finding *tunnel_try_finding(const struct sight *s);
void tunnel_return_finding(const struct sight *s);

#endif
