/* tunnel -- shows HTTP events to every detector and keeps their notebooks.
 *
 * A connection costs one notebook from its first HTTP message on, however many detectors there are; a finding only when
 * a detector asks for one.  When either runs out, the connection is watched less (`exhausted`) and nothing else happens.
 */
#ifndef TUNNEL_TUNNEL_H
#define TUNNEL_TUNNEL_H

#include "base/err.h"
#include "base/pool.h"
#include "tunnel/detector.h"

struct tunnel_kit {
	struct pool notebooks; /* all detectors' `mine` of one connection in one block */
	struct pool findings;  /* few: only for connections on which something is suspected */
};

struct tunnel {
	void *notebook;          /* NULL until the first message, or when memory ran out */
	void *ours;              /* all detectors' shared notebooks, from kin; may be NULL */
	struct finding *finding; /* NULL until lent */
	uint64_t flow_id;
	int64_t t;             /* of the last event */
	uint32_t asleep;       /* bit i: detector i said NEVER */
	uint32_t listening[2]; /* bit i: detector i listens to the message at hand of that side */
	uint8_t holder;        /* the detector that has the finding */
	uint8_t exhausted;     /* no notebook or finding could be had (a doubt for the record) */
};

bool tunnel_kit_init(struct tunnel_kit *k, size_t connections, struct err *e) MUST_CHECK;
void tunnel_kit_fini(struct tunnel_kit *k);

size_t tunnel_shared_size(void); /* what kin must keep per pair of hosts */

void tunnel_init(struct tunnel *t, uint64_t flow_id, void *ours);
void tunnel_fini(struct tunnel_kit *k, struct tunnel *t);

/* Shows one event.  Returns true when some detector listens to the content of the message at hand of ev->from: ask after
 * HTTP_REQUEST and final HTTP_RESPONSE to begin (http_want_bodies), after HTTP_BODY to stop. */
bool tunnel_see(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev, struct dossier *d);
void tunnel_end(struct tunnel_kit *k, struct tunnel *t, struct dossier *d);

/* NULL when nothing was found. */
const struct finding *tunnel_finding(const struct tunnel *t);

/* For `culvert list detectors`; NULL past the end. */
const struct detector *tunnel_detector(unsigned i);

#endif
