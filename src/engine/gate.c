/* When a packet is decided: a rule that speaks while a packet is looked at forbids the conversation from that packet on, so
 * that the request or answer itself never arrives.  All that follows has the same fate; what passed has arrived, and needs no
 * taking back.
 *
 * What a client says after a request that may end HTTP, before its answer, may be HTTP or a channel's first bytes: such
 * packets wait, if a rule could still forbid the answer, and go or stay with it.  A packet that ends the request and says
 * more passes as a whole: without it no answer would come.
 *
 * Of two versions of the same bytes only the first may arrive: a packet with another version is dropped, for it cannot be
 * known which of them the receiver would take. */
#include "engine/gate.h"

#include <stdlib.h>
#include <string.h>
#include "decode/numbers.h"

enum { RESTART_S = 60 /* conversations without a beginning are those of before the start, so long */ };

/* Moments that come before anything waits, or when nothing can be done any more. */
static const uint32_t NEVER_LATE =
    MOMENT_BIT(MOMENT_BEGIN) | MOMENT_BIT(MOMENT_ASKED) | MOMENT_BIT(MOMENT_REQUEST) | MOMENT_BIT(MOMENT_END);

struct gatekeeper *gatekeeper_new(const struct gate_options *o, size_t flows, struct err *e)
{
	struct gatekeeper *k = calloc(1, sizeof *k);
	if (k == NULL) {
		err_set_sys(e, "memory", "no room for the packets that wait");
		return NULL;
	}
	k->options = *o;
	if (pool_init(&k->gates, "fates of conversations", sizeof(struct gate), flows, e))
		return k;
	free(k);
	return NULL;
}

void gatekeeper_free(struct gatekeeper *k)
{
	if (k == NULL)
		return;
	pool_fini(&k->gates);
	free(k);
}

void gate_rules(struct gatekeeper *k, const struct ruleset *r)
{
	k->acting = r != NULL ? ruleset_acting(r) : 0;
}

static struct gate *gate_of(const struct seat *at)
{
	if (at->w->top.further->gate == NULL)
		further_of(at->p, &at->w->top)->gate = pool_take(&at->p->gatekeeper->gates);
	return at->w->top.further->gate;
}

static struct packet_answer *add_answer(struct gatekeeper *k, uint32_t token, enum fate fate)
{
	struct packet_answer *a = &k->answers[k->count++];
	*a = (struct packet_answer){ .token = token, .fate = (uint8_t)fate };
	if (fate == FATE_PASS)
		k->stats.passed++;
	else
		k->stats.dropped++;
	return a;
}

static bool forbid(struct gatekeeper *k, struct gate *g, bool reject)
{
	if (g->excused || fate_forbidden(&g->told))
		return false;
	g->told.standing = reject ? STANDING_REJECTED : STANDING_DROPPED;
	g->told.reply = reject ? REPLY_RST : REPLY_NONE;
	k->stats.forbidden++;
	return true;
}

/* What the rule asks for, else what the run does. */
static bool wants_403(const struct gatekeeper *k, const struct rule_info *rule)
{
	return (rule->reject_with != REPLY_NONE ? rule->reject_with : k->options.reject_with) == REPLY_403;
}

/* A client can be answered by a 403 where it expects an answer to this very request: nothing else is outstanding. */
static bool may_say_403(const struct seat *at, unsigned level, const struct handshake_record *h)
{
	const struct http_conn *c = &at->w->top.http;
	return level == 0 && h != NULL && h->kind != HS_KIND_DISGUISED && http_asked(c) - c->answered <= 1 && !c->hasty;
}

void gate_judged(
    const struct seat *at, const struct decision *d, enum moment m, unsigned level, const struct handshake_record *h)
{
	struct gatekeeper *k = at->p->gatekeeper;
	struct gate *g = gate_of(at);
	if (g == NULL || m == MOMENT_END)
		return;
	if (d->act == ACT_PASS && !fate_forbidden(&g->told))
		g->excused = true;
	if (d->act == ACT_MARK && !g->excused)
		g->mark = d->mark;
	if ((d->act != ACT_DROP && d->act != ACT_REJECT) || !forbid(k, g, d->act == ACT_REJECT))
		return;
	g->told.rule = d->rule->id;
	g->told.moment = (uint8_t)m;
	if (d->act == ACT_REJECT && (m == MOMENT_ASKED || m == MOMENT_ANSWERED) && wants_403(k, d->rule) &&
	    may_say_403(at, level, h))
		g->told.reply = REPLY_403;
	g->answered = m == MOMENT_ANSWERED;
	g->from = side_read(&at->w->stream.side[SERVER]);
}

bool gate_keeps_out(struct gatekeeper *k)
{
	k->stats.exceptions[EXCEPTION_FLOW_TABLE]++;
	k->no_room = k->options.policy[EXCEPTION_FLOW_TABLE] != POLICY_PASS;
	return k->no_room;
}

static void meet(struct gatekeeper *k, struct gate *g, enum exception x)
{
	const enum policy policy = (enum policy)k->options.policy[x];
	const uint8_t bit = (uint8_t)(1u << x);
	if ((g->told.met & bit) != 0)
		return;
	g->told.met |= bit;
	k->stats.exceptions[x]++;
	if (policy != POLICY_PASS && forbid(k, g, policy == POLICY_REJECT))
		g->told.exception = (uint8_t)(x + 1);
}

static void meet_all(const struct seat *at, struct gate *g)
{
	struct gatekeeper *k = at->p->gatekeeper;
	const struct watch *w = at->w;
	if (w->stream.midstream && w->packets[CLIENT] + w->packets[SERVER] == 1) {
		const bool early = at->t - k->begun < RESTART_S * INT64_C(1000000000);
		meet(k, g, early ? EXCEPTION_RESTART : EXCEPTION_MIDSTREAM);
	}
	if ((w->dossier.doubts & DOUBT_CAP) != 0)
		meet(k, g, EXCEPTION_REASSEMBLY);
	if ((w->dossier.doubts & DOUBT_DESYNC) != 0 && !w->stream.midstream)
		meet(k, g, EXCEPTION_PARSER);
}

static uint32_t span_of(const struct segment *seg)
{
	return (uint32_t)seg->payload.len + seg->cut + ((seg->flags & TCP_SYN) != 0) + ((seg->flags & TCP_FIN) != 0);
}

static struct passage passage_of(const struct segment *seg)
{
	const bool up = seg->way == LO_TO_HI;
	const struct endpoint *from = up ? &seg->key.lo : &seg->key.hi, *to = up ? &seg->key.hi : &seg->key.lo;
	struct passage l = {
		.source_port = from->port,
		.target_port = to->port,
		.seq = seg->seq,
		.ack = seg->ack,
		.span = span_of(seg),
		.ipv6 = seg->key.ipv6 != 0,
		.acks = (seg->flags & TCP_ACK) != 0,
	};
	memcpy(l.source, from->addr, sizeof l.source);
	memcpy(l.target, to->addr, sizeof l.target);
	return l;
}

/* Nobody answers a reset (RFC 9293, 3.5.2), and none is sent into what carries a conversation: only what was carried could be
 * forged, not its carrier. */
static bool can_reply(const struct segment *seg)
{
	return (seg->flags & TCP_RST) == 0 && seg->encap.count == 0;
}

/* The 403 stands in for the answer: behind the request, or in the place of the packet in which the server's answer begins. */
static bool begins_403(const struct seat *at, const struct gate *g, const struct segment *seg, enum side from)
{
	const struct stream_side *server = &at->w->stream.side[SERVER];
	if (!g->answered)
		return from == CLIENT && seg->payload.len != 0;
	return from == SERVER && seg->seq == server->isn + (uint32_t)g->from;
}

static void reply_403(const struct seat *at, struct gate *g, const struct segment *seg, struct packet_answer *a)
{
	const enum side from = stream_side_of(&at->w->stream, seg);
	if (!g->said) {
		if (!begins_403(at, g, seg, from)) {
			g->told.reply = REPLY_RST;
			return;
		}
		g->said = true;
		g->said_at = seg->seq;
		g->said_from = (uint8_t)from;
	}
	const bool again = from == (enum side)g->said_from && seg->seq == g->said_at && seg->payload.len != 0;
	if (from == SERVER) {
		a->to_target = again ? REPLY_403 : REPLY_NONE;
		return;
	}
	a->to_target = again ? REPLY_RST : REPLY_NONE;
	if (again)
		a->to_source = REPLY_403;
	else if ((seg->flags & TCP_FIN) == 0 && seg->payload.len == 0)
		a->to_source = REPLY_NONE; /* it has heard; whatever else it says is past the end */
}

static void refuse(const struct seat *at, struct gate *g, const struct frame *f, const struct segment *seg)
{
	struct gatekeeper *k = at->p->gatekeeper;
	if ((seg->flags & TCP_RST) != 0 && seg->payload.len == 0 && seg->cut == 0) {
		add_answer(k, f->token, FATE_PASS);
		return;
	}
	struct packet_answer *a = add_answer(k, f->token, FATE_DROP);
	g->told.refused++;
	if (g->told.standing != STANDING_REJECTED || !can_reply(seg))
		return;
	a->passage = passage_of(seg);
	a->to_source = a->to_target = REPLY_RST;
	/* It may have arrived long ago, or be a probe, and a reset in its place would be before what the target expects: not to
	 * be believed. */
	if (at->w->stream.midstream)
		a->to_target = REPLY_ASK;
	if (g->told.reply == REPLY_403)
		reply_403(at, g, seg, a);
}

/* Is the answer to a request that may end HTTP awaited, and could a rule forbid it? */
static bool makes_wait(const struct seat *at, const struct gate *g)
{
	const struct watch *w = at->w;
	return w->phase == WATCH_HTTP && awaits_answer(w) && !g->excused && !g->unheld &&
	       (at->p->gatekeeper->acting & ~NEVER_LATE) != 0;
}

/* Does all of the packet lie behind that request? */
static bool has_to_wait(const struct seat *at, const struct gate *g, const struct segment *seg)
{
	const struct stream_side *client = &at->w->stream.side[CLIENT];
	if (seg->payload.len + seg->cut == 0 && (seg->flags & TCP_FIN) == 0)
		return false;
	if (stream_side_of(&at->w->stream, seg) != CLIENT || !makes_wait(at, g))
		return false;
	return (int32_t)(seg->seq - (client->isn + (uint32_t)side_read(client))) >= 0;
}

/* True when the packet's fate is decided, or it waits. */
static bool hold(const struct seat *at, struct gate *g, const struct frame *f, const struct segment *seg)
{
	struct gatekeeper *k = at->p->gatekeeper;
	switch (held_put(&k->room, &g->held, f->token, seg->seq, span_of(seg))) {
	case HELD_KEPT:
		k->stats.held++;
		g->told.held++;
		return true;
	case HELD_AGAIN:
		k->stats.held_again++;
		add_answer(k, f->token, FATE_DROP);
		return true;
	default:
		break;
	}
	/* It comes again: to drop it only makes its sender wait. */
	if (k->options.policy[EXCEPTION_HELD] == POLICY_DROP) {
		k->stats.exceptions[EXCEPTION_HELD]++;
		g->told.met |= 1u << EXCEPTION_HELD;
		add_answer(k, f->token, FATE_DROP);
		return true;
	}
	meet(k, g, EXCEPTION_HELD);
	g->unheld = true;
	if (!fate_forbidden(&g->told))
		return false;
	refuse(at, g, f, seg);
	return true;
}

static void release(const struct seat *at, struct gate *g)
{
	struct gatekeeper *k = at->p->gatekeeper;
	uint32_t token;
	while (held_take(&k->room, &g->held, &token))
		add_answer(k, token, fate_forbidden(&g->told) ? FATE_DROP : FATE_PASS);
}

/* Nothing more is to be learnt that a rule could act on.  What is carried in something else leaves no mark: it would be its
 * carrier's. */
static bool is_settled(const struct seat *at, const struct gate *g, const struct segment *seg)
{
	return seg->encap.count == 0 && (g->excused || at->w->phase == WATCH_SETTLED);
}

static void let_pass(const struct seat *at, struct gate *g, const struct frame *f, const struct segment *seg)
{
	struct gatekeeper *k = at->p->gatekeeper;
	const struct gate_options *o = &k->options;
	struct packet_answer *a = add_answer(k, f->token, FATE_PASS);
	if (g->mark != 0 && seg->encap.count == 0) {
		a->mask = UINT32_MAX;
		a->mark = g->mark & ~o->mask;
	}
	if (!is_settled(at, g, seg))
		return;
	k->stats.settled += g->told.standing != STANDING_SETTLED;
	k->stats.marked++;
	g->told.standing = STANDING_SETTLED;
	a->mask |= o->mask;
	a->mark |= o->mark;
}

static void decide(const struct seat *at, struct gate *g, const struct frame *f, const struct segment *seg)
{
	struct gatekeeper *k = at->p->gatekeeper;
	meet_all(at, g);
	if (fate_forbidden(&g->told)) {
		refuse(at, g, f, seg);
	} else if (k->conflict) {
		k->stats.conflicts++;
		add_answer(k, f->token, FATE_DROP);
	} else if (!has_to_wait(at, g, seg) || !hold(at, g, f, seg)) {
		let_pass(at, g, f, seg);
	}
	/* What comes after is only counted: it never arrived, so it proves nothing. */
	if (fate_forbidden(&g->told) && at->w->phase != WATCH_SETTLED)
		settle(at);
	if (g->held.count != 0 && (fate_forbidden(&g->told) || !makes_wait(at, g)))
		release(at, g);
}

void gate_tick(struct pipeline *p, int64_t now)
{
	struct gatekeeper *k = p->gatekeeper;
	uint32_t token;
	while (k != NULL && pieces_stale(&k->pieces, NULL, now, &token))
		add_answer(k, token, FATE_DROP);
}

/* A piece of a datagram that is not whole yet. */
static void hold_piece(struct gatekeeper *k, const struct frame *f, const struct piece *piece)
{
	uint32_t token;
	while (pieces_stale(&k->pieces, &piece->key, f->t, &token))
		add_answer(k, token, FATE_DROP);
	if (pieces_put(&k->pieces, piece, f->token, f->t)) {
		k->stats.held++;
		return;
	}
	k->stats.exceptions[EXCEPTION_HELD]++;
	add_answer(k, f->token, k->options.policy[EXCEPTION_HELD] == POLICY_PASS ? FATE_PASS : FATE_DROP);
}

/* The datagram is whole, and its last piece was decided: the others go with it.  While the last waits, they may go. */
static void release_pieces(struct gatekeeper *k, const struct frame *f, const struct piece *last)
{
	enum fate fate = FATE_PASS;
	uint32_t token;
	for (size_t i = 0; i < k->count; i++)
		if (k->answers[i].token == f->token)
			fate = (enum fate)k->answers[i].fate;
	while (pieces_take(&k->pieces, &last->key, &token))
		add_answer(k, token, fate);
}

/* No conversation is known: not TCP, or not to be believed, or there is no room for one. */
static void decide_stray(struct gatekeeper *k, const struct frame *f, const struct segment *seg)
{
	struct packet_answer *a = add_answer(k, f->token, k->no_room ? FATE_DROP : FATE_PASS);
	if (!k->no_room || k->options.policy[EXCEPTION_FLOW_TABLE] != POLICY_REJECT || !can_reply(seg))
		return;
	a->passage = passage_of(seg);
	a->to_source = a->to_target = REPLY_RST;
}

static uint64_t pieces_kept(struct pipeline *p)
{
	return decode_counters(p->decoder)->by_result[DECODED_FRAGMENT];
}

/* False: the frame is a piece, and waits for the others. */
static bool decide_frame(struct pipeline *p, const struct frame *f, bool piece)
{
	struct gatekeeper *k = p->gatekeeper;
	struct segment seg;
	const uint64_t before = piece ? pieces_kept(p) : 0;
	struct flow *flow = carry_frame(p, f, &seg);
	if (piece && pieces_kept(p) != before)
		return false;
	if (flow == NULL) {
		decide_stray(k, f, &seg);
		return true;
	}
	const struct seat at = { p, flow, flow_payload(flow), seg.t };
	struct gate *g = gate_of(&at);
	if (g != NULL)
		decide(&at, g, f, &seg);
	else
		add_answer(k, f->token, FATE_PASS); /* there is one for every conversation */
	return true;
}

/* What the kernel holds begins with its IP header. */
void pipeline_decide(struct pipeline *p, const struct frame *f)
{
	struct gatekeeper *k = p->gatekeeper;
	struct piece piece;
	k->count = 0;
	k->conflict = k->no_room = false;
	if (k->begun == 0)
		k->begun = f->t;
	decoder_policy(p->decoder, f->unsummed ? CHECKSUM_NONE : p->checksums);
	const bool cut = f->link == LINK_RAW && piece_of(f->bytes, &piece);
	if (cut && pieces_overlap(&k->pieces, &piece)) {
		/* Of two versions of the same bytes only the first may arrive; this one was never there. */
		p->stats.frames++;
		k->stats.held_again++;
		add_answer(k, f->token, FATE_DROP);
		return;
	}
	if (!decide_frame(p, f, cut))
		hold_piece(k, f, &piece);
	else if (cut)
		release_pieces(k, f, &piece);
}

void gate_leave(const struct seat *at)
{
	struct gatekeeper *k = at->p->gatekeeper;
	struct gate *g = at->w->top.further->gate;
	uint32_t token;
	while (held_take(&k->room, &g->held, &token))
		add_answer(k, token, FATE_DROP);
	pool_give(&k->gates, g);
	further_of(at->p, &at->w->top)->gate = NULL;
}

const struct packet_answer *pipeline_answers(const struct pipeline *p, size_t *count)
{
	*count = p->gatekeeper->count;
	return p->gatekeeper->answers;
}
