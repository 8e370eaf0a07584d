/* facts -- all that is known of one conversation, as pointers into what the rooms keep: for rules and reports to read.
 * Nothing here is written by its readers, nothing outlives the call. */
#ifndef FACTS_FACTS_H
#define FACTS_FACTS_H

#include "channel/channel.h"
#include "decode/segment.h"
#include "facts/fate.h"
#include "handshake/handshake.h"
#include "tunnel/detector.h"
#include "verdict/verdict.h"

enum ended { ENDED_NOT, ENDED_FIN, ENDED_RST, ENDED_TIMEOUT, ENDED_INPUT, ENDED_EVICTED, ENDED_REUSED };
const char *ended_name(enum ended e); /* "", "fin", "rst", "timeout", "end-of-input", "evicted", "reused" */

/* One dialogue of HTTP: level 0 is the conversation's own, level n runs inside the channel of level n - 1. */
struct facts_level {
	const struct handshake *handshake;
	const struct channel *channel; /* what replaced HTTP at this level; NULL if nothing did */
	uint32_t requests, responses;
	bool http2;
};

/* The latest request of the conversation's own HTTP, and its answer; kept only while a rule asks for it. */
enum { REQUEST_METHOD = 24, REQUEST_HOST = 256, REQUEST_PATH = 256 };
struct facts_request {
	uint8_t method_len;
	uint16_t host_len, path_len;
	uint16_t status; /* of its final response; 0 not yet */
	char method[REQUEST_METHOD], host[REQUEST_HOST],
	    path[REQUEST_PATH]; /* as on the wire, cut; the host without its port */
};

struct facts {
	uint64_t flow_id;
	const struct flow_key *key;
	bool client_is_lo;
	const struct encapsulation *encap;
	const char *capture;           /* name of the file, without its path; NULL when live */
	const char *interface;         /* name; NULL when not live */
	int64_t first, last, now;      /* ns */
	uint64_t packets[2], bytes[2]; /* by enum side; bytes are IP payload (TCP header and data) */
	uint64_t stream_bytes[2];
	const char *state; /* "new", "open", "closed", ... */
	enum ended ended;
	bool alerted; /* a rule has spoken about it */
	const struct verdict *verdict;
	const struct dossier *dossier;
	struct facts_level level[MAX_NESTING + 1];
	unsigned levels;
	uint64_t relay_bytes[2];             /* after the switch, by side */
	int64_t relay_from, relay_to;        /* ns; 0 when no relay */
	const struct finding *finding;       /* NULL when no tunnel */
	const struct finding *carrier;       /* who talks in a channel, when the handshake says so; wraps nothing */
	const char *wrapped;                 /* protocol inside the tunnel; NULL not known */
	const struct facts_fate *fate;       /* NULL when not inline */
	const struct facts_request *request; /* NULL when none came, or no rule asks */
};

static inline const struct endpoint *facts_client(const struct facts *f)
{
	return f->client_is_lo ? &f->key->lo : &f->key->hi;
}

static inline const struct endpoint *facts_server(const struct facts *f)
{
	return f->client_is_lo ? &f->key->hi : &f->key->lo;
}

#endif
