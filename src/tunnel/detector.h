/* detector -- what a detector of HTTP-wrapped tunnels is: one file, one const struct, one line in list.h.
 *
 * It is shown the HTTP events of one connection, in order, and keeps two notebooks, both zeroed at first: `mine` for the
 * connection, `ours` for all connections between the same client and the same server (kin).  It never sets a label: it
 * writes notes into the dossier and facts into the finding.  It must be O(1) per byte in `mine`, and say DULL as soon as
 * the connection cannot be its tool's, so that bodies need not be shown.
 */
#ifndef TUNNEL_DETECTOR_H
#define TUNNEL_DETECTOR_H

#include "evidence/evidence.h"
#include "http/conn.h"

enum interest {
	DULL,      /* nothing here for me: do not show me the content of this message */
	LISTENING, /* show me the content of this message */
	NEVER      /* show me nothing of this connection again */
};

enum { FINDING_INNER = 512, FINDING_PEERS = 8 };

/* What a tunnel is known to carry; filled by detectors, printed by report. */
struct finding {
	const char *tool;              /* "gnu-httptunnel"; NULL: nothing found (yet) */
	char target[MAX_TARGET];       /* host:port where the tool shows it in clear; "" if not */
	uint64_t tunnel_id;            /* joins the connections of one tunnel; 0: alone */
	uint64_t peers[FINDING_PEERS]; /* flow ids of the other connections */
	uint8_t peer_count;
	uint16_t inner_len[2]; /* unwrapped bytes of each side kept in `inner`, a sibling's included */
	uint8_t inner[2][FINDING_INNER];
	uint64_t inner_bytes[2]; /* unwrapped in all, on this connection */
};

struct tunnel;
struct tunnel_kit;

/* What a detector is called with. */
struct sight {
	const struct http_event *ev; /* NULL in `end` */
	struct dossier *dossier;
	void *mine, *ours; /* `ours` may be NULL: no room for the pair */
	uint64_t flow_id;
	int64_t t;              /* of the event; in `end`, of the last one */
	struct tunnel_kit *kit; /* tunnel.c's own, for the functions below: */
	struct tunnel *tunnel;
	unsigned which;
};

/* The finding of this connection, for a detector that has found its tool: the caller sets `tool` at once.  Findings are
 * large and few, so they are lent only when asked for.  NULL when none is left or another detector was first. */
struct finding *tunnel_lend_finding(const struct sight *s);

/* The same for one that only suspects, to keep unwrapped bytes before it is sure; anyone who is sure takes it over.  Give
 * it back with tunnel_return_finding when the suspicion was wrong. */
struct finding *tunnel_try_finding(const struct sight *s);
void tunnel_return_finding(const struct sight *s);

struct detector {
	const char *name;      /* the tool's, as printed */
	const char *catches;   /* one line for `culvert list detectors` */
	size_t memory, shared; /* bytes of the two notebooks */
	enum interest (*see)(const struct sight *s);
	/* The connection is over, or culvert asks before it writes the record (so maybe more than once): last chance for
	 * notes and the finding.  May be NULL. */
	void (*end)(const struct sight *s);
	/* Holds `mine` nothing that zeroes would not say too?  Then, between messages, its memory may be taken back.  NULL:
	 * never. */
	bool (*idle)(const void *mine);
};

#endif
