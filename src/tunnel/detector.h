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
	DULL,         /* nothing here for me: do not show me the content of this message */
	LISTENING,    /* show me the content of this message */
	NEVER         /* show me nothing of this connection again */
};

enum { FINDING_INNER = 512, FINDING_PEERS = 8 };

/* What a tunnel is known to carry; filled by detectors, printed by report. */
struct finding {
	const char *tool;                   /* "gnu-httptunnel"; NULL: none found */
	char target[MAX_TARGET];            /* host:port where the tool shows it in clear; "" if not */
	uint64_t tunnel_id;                 /* joins the connections of one tunnel; 0: alone */
	uint64_t peers[FINDING_PEERS];      /* flow ids of the other connections */
	uint8_t peer_count;
	uint16_t inner_len[2];              /* unwrapped bytes of each side kept in `inner` */
	uint8_t inner[2][FINDING_INNER];
	uint64_t inner_bytes[2];            /* unwrapped in all */
};

/* What a detector is called with. */
struct sight {
	const struct http_event *ev;
	struct dossier *dossier;
	struct finding *finding;            /* of this connection; NULL until tunnel_see has one to lend (never in `see`) */
	void *mine, *ours;                  /* `ours` may be NULL: no room for the pair */
	uint64_t flow_id;
};

struct detector {
	const char *name;                   /* the tool's, as printed */
	const char *catches;                /* one line for `culvert list detectors` */
	size_t memory, shared;              /* bytes of the two notebooks */
	enum interest (*see)(const struct sight *s);
	/* The connection is over, or culvert asks before it writes the record: last chance for notes and the finding.
	 * May be NULL. */
	void (*end)(const struct sight *s);
};

#endif
