/* detector -- what a detector of HTTP-wrapped tunnels is: one file, one const struct, one line in list.h.
 *
 * It is shown the HTTP events of one connection, in order, and keeps two notebooks, both zeroed at first: `mine` for the
 * connection, `ours` for all connections between the same client and the same server (kin).  It never sets a label: it
 * writes notes into the dossier and facts into the finding.  It must be O(1) per byte in `mine`, and say DULL as soon as
 * the connection cannot be its tool's, so that bodies need not be shown.
 *
 * Most detectors want no notebook `ours`: sight.h joins the connections of one tunnel for them, by any token of theirs.
 *
 * To write one, read this file, then sight.h (what it can do about what it sees).  Helpers: cargo.h (is content whole so
 * far, what does the head call it), query.h (parameters of targets), base64.h, hello.h and foreign.h (does this begin as
 * TLS, SSH, ... do), look.h (what else first bytes say), carrier.h (tools behind an accepted Upgrade: a table row each).
 * The file is named by the tool as printed, dashes to underscores.  tests/talk has conversations of each, and one that
 * looks like it and is none.  A whole detector, of a tool that POSTs what it carries to /pipe with a field X-Pipe:
 *
 *     struct mine {
 *             struct cargo cargo;
 *             uint64_t key;
 *     };
 *
 *     static const struct sign answer_sign = { "pipe", "id-repeated", FOR_TUNNEL, PROOF };
 *
 *     static enum interest pipe_see(const struct sight *s)
 *     {
 *             const struct http_event *ev = s->ev;
 *             struct mine *m = s->mine;
 *             const struct slice id = ev->head != NULL ? head_field(ev->head, SLICE("X-Pipe")) : SLICE("");
 *             switch (ev->kind) {
 *             case HTTP_REQUEST:
 *                     m->key = ev->head->method == METHOD_POST && id.len != 0 ? tunnel_key(id) : 0;
 *                     cargo_follow(&m->cargo, ev);
 *                     return m->key != 0 && cargo_any(ev) ? LISTENING : DULL;
 *             case HTTP_BODY:
 *                     if (!cargo_goes_on(&m->cargo, ev))
 *                             return DULL;
 *                     tunnel_inner(s, CLIENT, ev->bytes);
 *                     return LISTENING;
 *             case HTTP_RESPONSE:
 *                     if (ev->interim || m->key == 0)
 *                             return DULL;
 *                     if (id.len != 0 && tunnel_key(id) == m->key)
 *                             tunnel_found(s, &answer_sign, SERVER, ev->offset, m->key);
 *                     else
 *                             tunnel_return_finding(s);
 *                     return DULL;
 *             default:
 *                     return DULL;
 *             }
 *     }
 *
 *     static const char *const pipe_fields[] = { "x-pipe", NULL };
 *
 *     const struct detector detector_pipe = {
 *             .name = "pipe",
 *             .catches = "pipe: an id in X-Pipe that the answer repeats",
 *             .source = "measured",
 *             .proof = 'A',
 *             .kind = KIND_COVERT,
 *             .fields = pipe_fields,
 *             .memory = sizeof(struct mine),
 *             .see = pipe_see,
 *     };
 */
#ifndef TUNNEL_DETECTOR_H
#define TUNNEL_DETECTOR_H

#include "evidence/evidence.h"
#include "http/conn.h"

enum interest {
	DULL,      /* nothing here for me: do not show me the content of this message */
	DONE,      /* nor its end, unless I say something else before */
	LISTENING, /* show me the content of this message */
	NEVER      /* show me nothing of this connection again */
};

/* What the tool is to those who find it; policy may tell them apart. */
enum kind {
	KIND_COVERT,   /* made to carry what would not be let through */
	KIND_STANDARD, /* a published protocol that is carried in HTTP for want of a better way */
	KIND_CARRIER   /* not wrapped: it uses an accepted Upgrade; the label stays blind-relay */
};

enum { FINDING_INNER = 512, FINDING_PEERS = 8 };

/* What a tunnel is known to carry; filled by detectors, printed by report. */
struct finding {
	const char *tool;        /* "gnu-httptunnel"; NULL: nothing found (yet) */
	uint8_t kind;            /* enum kind */
	const char *wrapped;     /* set where the tool can carry one protocol only; else it is named from `inner` */
	char target[MAX_TARGET]; /* host:port where the tool shows it in clear; "" if not */
	uint64_t tunnel_id;      /* joins the connections of one tunnel */
	uint64_t peers[FINDING_PEERS]; /* flow ids of the other connections */
	uint8_t peer_count;
	uint16_t inner_len[2]; /* unwrapped bytes of each side kept in `inner`, a sibling's included */
	uint8_t inner[2][FINDING_INNER];
	uint64_t inner_bytes[2]; /* unwrapped in all, on this connection */
};

struct sight; /* what a detector is called with: sight.h */

struct detector {
	const char *name;    /* the tool's, as printed */
	const char *catches; /* one line for `culvert list detectors`: what it proves, and how */
	const char *source;  /* whence the facts are known: "measured", "source of VERSION", "RFC 8484" */
	uint8_t proof;       /* 'A': a proof by the tool's own framing; 'B': structure, two families needed */
	uint8_t kind;        /* enum kind */
	/* What wakes it: until a head of this connection meets one of these it is shown nothing and costs nothing.  `fields`:
	 * names of fields, lower case; WAKE_METHOD among them stands for a method other than the usual ones.  `when`: what a
	 * request is like, enum when.  Neither: it is shown every message.  Once awake it is shown what follows, until it
	 * is idle and a request comes that would not have woken it. */
	const char *const *fields;
	uint8_t when;
	size_t memory, shared; /* bytes of the two notebooks */
	/* So many first bytes of `mine` are all that zeroes would not say too while a request without content waits for its answer.
	 * Only this is kept then; where the rest is not zero, `mine` stays as it is. */
	size_t brief;
	enum interest (*see)(const struct sight *s);
	/* The connection is over, or culvert asks before it writes the record (so maybe more than once): last chance for
	 * notes and the finding.  May be NULL. */
	void (*end)(const struct sight *s);
	/* Holds `mine` nothing that zeroes would not say too?  Then, between messages, its memory may be taken back.  NULL:
	 * only when `memory` is 0. */
	bool (*idle)(const void *mine);
};

/* A response to a request that was not seen meets all of these. */
enum when {
	WHEN_CONTENT = 1 << 0, /* a request with content */
	WHEN_QUERY = 1 << 1,   /* a target with a query */
	WHEN_LONG = 1 << 2     /* a target long enough for a UUID */
};

#define WAKE_METHOD ":method"

/* In the order of list.h; NULL past the end. */
const struct detector *tunnel_detector(unsigned i);

#endif
