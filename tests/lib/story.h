/* story -- a conversation made up for tests of those who read facts: begin, then add what it is to hold. */
#ifndef LIB_STORY_H
#define LIB_STORY_H

#include <stdio.h>
#include <string.h>
#include "facts/facts.h"

#define STORY_T0 INT64_C(1795461847101822333) /* 2026-11-23T19:24:07.101822 */

struct made_up {
	struct facts f;
	struct flow_key key;
	struct encapsulation encap;
	struct verdict verdict;
	struct dossier dossier;
	struct handshake shake[MAX_NESTING + 1];
	struct handshake_record records[MAX_NESTING + 1][MAX_HANDSHAKES];
	struct channel channel[MAX_NESTING + 1];
	struct finding finding;
};

static const struct sign story_sign = { "handshake", "connect-accepted", FOR_RELAY, PROOF };

static inline void story_begin(struct made_up *x, enum label label)
{
	*x = (struct made_up){
		.key = { .lo = { .addr = { 10, 1, 0, 1 }, .port = 3128 },
		    .hi = { .addr = { 10, 1, 0, 2 }, .port = 34324 } },
		.verdict = { .label = (uint8_t)label, .certainty = CERTAIN },
	};
	if (label != LABEL_UNDECIDED)
		x->verdict.because = &story_sign;
	else
		x->verdict.lack = LACKS_ANYTHING;
	x->f = (struct facts){
		.flow_id = 1203944880102233,
		.key = &x->key,
		.capture = "x.pcap",
		.first = STORY_T0,
		.last = STORY_T0 + 3500000000,
		.now = STORY_T0 + 3500000000,
		.packets = { 14, 12 },
		.bytes = { 1804, 6711 },
		.state = "closed",
		.ended = ENDED_FIN,
		.verdict = &x->verdict,
		.dossier = &x->dossier,
		.levels = 1,
		.level = { { .requests = 2, .responses = 1 } },
	};
}

/* Makes sure that dialogue `level` is there. */
static inline void story_level(struct made_up *x, unsigned level)
{
	if (x->f.levels < level + 1)
		x->f.levels = level + 1;
}

static inline struct handshake_record *story_handshake(
    struct made_up *x, unsigned level, enum hs_kind kind, enum hs_result result, const char *target)
{
	story_level(x, level);
	struct handshake *h = &x->shake[level];
	struct handshake_record *r = &x->records[level][h->count++];
	const bool connect = kind == HS_KIND_CONNECT;
	h->records = x->records[level];
	h->state = (uint8_t)(connect ? HS_CONNECTED : HS_UPGRADED);
	if (result != HS_ACCEPTED)
		h->state = HS_HTTP;
	x->f.level[level].handshake = h;
	r->kind = (uint8_t)kind;
	r->result = (uint8_t)result;
	r->tries = h->count;
	r->t_asked = STORY_T0 + 1000000;
	r->t_answered = STORY_T0 + 4100000;
	r->target_len = (uint16_t)snprintf(r->target, sizeof r->target, "%s", target);
	return r;
}

static inline struct handshake_record *story_connect(struct made_up *x, unsigned level, const char *host, unsigned port)
{
	char target[300];
	snprintf(target, sizeof target, "%s:%u", host, port);
	struct handshake_record *r = story_handshake(x, level, HS_KIND_CONNECT, HS_ACCEPTED, target);
	r->host_len = (uint16_t)strlen(host);
	r->port = (uint16_t)port;
	r->status = 200;
	r->ended[CLIENT] = 301;
	r->ended[SERVER] = 412;
	return r;
}

static inline struct handshake_record *story_upgrade(struct made_up *x, unsigned level, const char *protocol)
{
	struct handshake_record *r = story_handshake(x, level, HS_KIND_UPGRADE, HS_ACCEPTED, "GET /chat");
	r->protocol_len = (uint8_t)snprintf(r->protocol, sizeof r->protocol, "%s", protocol);
	r->offered_len8 = (uint8_t)snprintf(r->offered, sizeof r->offered, "%s", protocol);
	snprintf(r->chosen, sizeof r->chosen, "%s", protocol);
	r->status = 101;
	return r;
}

static inline struct channel *story_channel(struct made_up *x, unsigned level, const char *name, const char *inside)
{
	struct channel *c = &x->channel[level];
	story_level(x, level);
	snprintf(c->name, sizeof c->name, "%s", name);
	snprintf(c->inside, sizeof c->inside, "%s", inside);
	x->f.level[level].channel = c;
	x->f.relay_from = STORY_T0 + 5000000;
	x->f.relay_to = STORY_T0 + 125000000;
	x->f.relay_bytes[CLIENT] = 678;
	x->f.relay_bytes[SERVER] = 5489;
	return c;
}

static inline void story_hello(struct channel *c, const char *sni)
{
	c->has_hello = 1;
	c->tls_version = 0x0304;
	c->sni_len = (uint8_t)snprintf(c->sni, sizeof c->sni, "%s", sni);
	c->alpn_count = 2;
	snprintf(c->alpn[0], sizeof c->alpn[0], "h2");
	snprintf(c->alpn[1], sizeof c->alpn[1], "http/1.1");
	snprintf(c->ja4, sizeof c->ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

#endif
