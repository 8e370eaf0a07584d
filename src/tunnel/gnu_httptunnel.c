/* gnu_httptunnel -- GNU httptunnel (htc, hts) and its relatives: two connections at once, frames up in the body of a POST
 * that is never answered, frames down in the answer to a GET.
 *
 * Headers, targets and lengths can all be set by whoever runs it; the frames cannot, so they are the proof (_frames.h).
 * Often one side alone says too little: a short exchange, an idle tunnel.  Then the other connection of the same two hosts
 * decides: a body that reads as frames so far, while a sibling whose request had the same target (but for the number at its
 * end, which is the time) is a proven or an opened tunnel, is that tunnel's other half.  Connections that follow within a
 * few seconds, when a declared length is used up, belong to it too.  A body alone, without the frame that opens a tunnel,
 * must not end as a file of such records would. */
#include "tunnel/cargo.h"
#include "tunnel/gnu_httptunnel_frames.h"
#include "tunnel/inside.h"

#include <string.h>

enum {
	SLOTS = 2,            /* the server end serves one tunnel at a time; one more through a proxy, or just ended */
	SLOT_INNER = 96,      /* enough for a banner or the head of a TLS record */
	WITHHELD_LEAST = 1024 /* a declared length that makes an empty body worth a word */
};
static const int64_t LINGER = INT64_C(10) * 1000 * 1000 * 1000; /* ns between connections of one tunnel */

static const struct sign frames_sign = { "httptunnel", "frames", FOR_TUNNEL, PROOF };
static const struct sign sibling_sign = { "httptunnel", "frames-with-sibling", FOR_TUNNEL, PROOF };
static const struct sign open_sign = { "httptunnel", "open-frame", FOR_TUNNEL, STRONG };
static const struct sign target_sign = { "httptunnel", "same-target-as-sibling", FOR_TUNNEL, STRONG };
static const struct sign token_sign = { "httptunnel", "same-token-as-sibling", FOR_TUNNEL, STRONG };
static const struct sign withheld_sign = { "httptunnel", "content-withheld", FOR_TUNNEL, STRONG };
static const struct sign unanswered_sign = { "httptunnel", "unanswered-upload", FOR_TUNNEL, WEAK };

/* A target by hash, whole and without its changing end. */
struct aim {
	uint64_t exact, base;
};

/* One tunnel of this pair of hosts. */
struct slot {
	uint64_t id; /* flow id of its first connection; 0: free */
	struct aim aim;
	int64_t last; /* ns: latest event of any of its connections */
	uint64_t flows[FINDING_PEERS];
	uint8_t flow_count, flow_next;
	bool proven, opened; /* frames proved; an OPEN frame was seen */
	uint16_t alive;      /* connections not over */
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
	struct cargo cargo; /* torn: unwrapped bytes are missing, keep no more of them */
	uint64_t at;        /* offset where its body begins */
	uint64_t declared;  /* Content-Length; 0: none */
	bool used;          /* anything above was written since it was forgotten, but `torn` */
};

struct mine {
	struct aim aim; /* of the latest request */
	bool found;
	bool get_waits;    /* the latest request was a GET whose answer's content was not seen */
	bool answered;     /* the latest request was */
	struct leg leg[2]; /* by side */
	uint64_t slot_id;  /* the tunnel it was counted in; 0: none */
};

static struct aim aim_of(struct slice target)
{
	size_t end = slice_find(target, '?');
	if (end == target.len)
		while (end > 0 && target.at[end - 1] >= '0' && target.at[end - 1] <= '9')
			end--;
	const uint64_t base = key_whole(KEY_START, slice_head(target, end)) | 1;
	return (struct aim){ end == target.len ? base : key_whole(base, slice_from(target, end)), base };
}

static bool slot_live(const struct slot *k, int64_t now)
{
	return k->id != 0 && (k->alive != 0 || now - k->last <= LINGER);
}

/* The tunnel of the pair that this connection aims at; the one most lately heard of among equals.  None when the request
 * was not seen. */
static struct slot *slot_find(const struct sight *s)
{
	struct ours *o = s->ours;
	const struct mine *m = s->mine;
	struct slot *best = NULL;
	for (unsigned i = 0; o != NULL && i < SLOTS; i++) {
		struct slot *k = &o->slot[i];
		if (!slot_live(k, s->t) || m->aim.base == 0 || k->aim.base != m->aim.base)
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

/* Which slot can best be spared: a free one, else the one longest silent, living ones last. */
static bool spares_better(const struct slot *a, const struct slot *b)
{
	if (a->id == 0 || b->id == 0)
		return a->id == 0 && b->id != 0;
	if ((a->alive == 0) != (b->alive == 0))
		return a->alive == 0;
	return a->last < b->last;
}

static struct slot *slot_new(const struct sight *s)
{
	struct ours *o = s->ours;
	const struct mine *m = s->mine;
	if (o == NULL)
		return NULL;
	struct slot *pick = &o->slot[0];
	for (unsigned i = 1; i < SLOTS; i++)
		if (spares_better(&o->slot[i], pick))
			pick = &o->slot[i];
	*pick = (struct slot){ .id = tunnel_own_id(s), .aim = m->aim, .last = s->t };
	return pick;
}

static struct slot *slot_mine(const struct sight *s)
{
	struct ours *o = s->ours;
	const struct mine *m = s->mine;
	for (unsigned i = 0; o != NULL && m->slot_id != 0 && i < SLOTS; i++)
		if (o->slot[i].id == m->slot_id)
			return &o->slot[i];
	return NULL;
}

static void slot_leave(const struct sight *s)
{
	struct mine *m = s->mine;
	struct slot *k = slot_mine(s);
	m->slot_id = 0;
	if (k == NULL)
		return;
	k->last = s->t;
	if (k->alive > 0)
		k->alive--;
}

static bool slot_has(const struct slot *k, uint64_t flow_id)
{
	for (unsigned i = 0; i < k->flow_count; i++)
		if (k->flows[i] == flow_id)
			return true;
	return false;
}

static bool slot_has_other(const struct slot *k, uint64_t flow_id)
{
	return k->flow_count > (slot_has(k, flow_id) ? 1 : 0);
}

/* Counts this connection in. */
static void slot_enter(const struct sight *s, struct slot *k)
{
	struct mine *m = s->mine;
	if (m->slot_id == k->id)
		return;
	slot_leave(s);
	m->slot_id = k->id;
	k->last = s->t;
	if (k->alive < UINT16_MAX)
		k->alive++;
	if (slot_has(k, tunnel_flow_id(s)))
		return;
	k->flows[k->flow_next] = tunnel_flow_id(s);
	k->flow_next = (uint8_t)((k->flow_next + 1) % FINDING_PEERS);
	if (k->flow_count < FINDING_PEERS)
		k->flow_count++;
}

/* The finding of this connection, taken on suspicion; NULL when there is none to be had. */
static struct finding *my_finding(const struct sight *s)
{
	const struct mine *m = s->mine;
	struct finding *f = m->found ? tunnel_lend_finding(s) : tunnel_try_finding(s);
	if (f != NULL && m->found)
		f->tool = "gnu-httptunnel";
	return f;
}

/* The first unwrapped bytes of one side: this connection's go to the slot, a sibling's come from it. */
static void share_inner(const struct sight *s, struct slot *k, struct finding *f, enum side side)
{
	struct mine *m = s->mine;
	if (k->inner_from[side] != 0 && k->inner_from[side] != tunnel_flow_id(s)) {
		memcpy(f->inner[side], k->inner[side], k->inner_len[side]);
		f->inner_len[side] = k->inner_len[side];
		m->leg[side].cargo.torn = true;
		return;
	}
	const uint16_t len = f->inner_len[side] < SLOT_INNER ? f->inner_len[side] : SLOT_INNER;
	if (len <= k->inner_len[side])
		return;
	memcpy(k->inner[side], f->inner[side], len);
	k->inner_len[side] = len;
	k->inner_from[side] = tunnel_flow_id(s);
}

static void publish(const struct sight *s, struct slot *k)
{
	struct finding *f = my_finding(s);
	if (f == NULL)
		return;
	f->tunnel_id = k->id;
	unwrap_keep(s->kit->unwrap, f->tunnel_id, tunnel_flow_id(s));
	f->peer_count = 0;
	for (unsigned i = 0; i < k->flow_count; i++)
		if (k->flows[i] != tunnel_flow_id(s))
			f->peers[f->peer_count++] = k->flows[i];
	share_inner(s, k, f, CLIENT);
	share_inner(s, k, f, SERVER);
}

static void found(const struct sight *s, struct slot *k, enum side side, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	dossier_add(s->dossier, sign, side, m->leg[side].at, s->t);
	struct finding *f = my_finding(s);
	if (k == NULL)
		k = slot_new(s);
	if (k == NULL) {
		if (f != NULL)
			f->tunnel_id = tunnel_flow_id(s);
		return;
	}
	k->proven = true;
	slot_enter(s, k);
}

/* The client began a tunnel: a new one, unless the answering side was noticed first. */
static void opened(const struct sight *s, struct slot *k)
{
	struct mine *m = s->mine;
	if (k == NULL || k->opened)
		k = slot_new(s);
	dossier_add(s->dossier, &open_sign, CLIENT, m->leg[CLIENT].at, s->t);
	if (k == NULL)
		return;
	k->opened = true;
	slot_enter(s, k);
}

/* Other programs send records of such a type and length, too.  But their bodies end where a record does, and the tool's, when
 * its length is used up, with a DISCONNECT: where nothing else shows a tunnel, that is waited for. */
static bool may_be_records(const struct frames *f)
{
	return frames_live(f) || (f->exact && !f->ended);
}

static void consider_leg(const struct sight *s, enum side side)
{
	struct mine *m = s->mine;
	const struct frames *f = &m->leg[side].frames;
	if (side == CLIENT && f->open && m->slot_id == 0)
		opened(s, slot_find(s));
	struct slot *k = slot_find(s);
	if (frames_prove(f) && (f->open || (k != NULL && (k->proven || k->opened)) || !may_be_records(f))) {
		found(s, k, side, &frames_sign);
		return;
	}
	if (k == NULL || !frames_consistent(f) || !slot_has_other(k, tunnel_flow_id(s)))
		return;
	if (k->proven || (side == SERVER && k->opened))
		found(s, k, side, &sibling_sign);
}

/* Not begun, or broken before a tunnel was opened: then neither proves, nor agrees, nor opens anything. */
static bool says_nothing(const struct frames *f)
{
	return f->seen == 0 || (f->at == FRAMES_BROKEN && !f->open);
}

static bool nothing_yet(const struct mine *m)
{
	return !m->found && m->slot_id == 0 && says_nothing(&m->leg[CLIENT].frames) &&
	       says_nothing(&m->leg[SERVER].frames);
}

static void consider(const struct sight *s)
{
	struct mine *m = s->mine;
	if (nothing_yet(m))
		return;
	if (!m->found)
		consider_leg(s, CLIENT);
	if (!m->found)
		consider_leg(s, SERVER);
	struct slot *k = slot_mine(s);
	if (k == NULL)
		return;
	k->last = s->t;
	if (m->found)
		publish(s, k);
}

/* What was kept of a message that turned out to be none of ours. */
static void forget(const struct sight *s, enum side side)
{
	struct mine *m = s->mine;
	const bool kept = m->leg[side].frames.data_count != 0;
	if (!m->leg[side].used)
		return;
	m->leg[side] =
	    (struct leg){ .frames = { .at = FRAMES_BROKEN }, .cargo.torn = m->found && m->leg[side].cargo.torn };
	if (m->found || !kept)
		return;
	if (m->leg[OTHER(side)].frames.data_count == 0) {
		tunnel_return_finding(s);
		return;
	}
	struct finding *f = tunnel_try_finding(s);
	if (f == NULL)
		return;
	f->inner_len[side] = 0;
	f->inner_bytes[side] = 0;
}

static void begin_leg(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	struct leg *leg = &m->leg[ev->from];
	cargo_follow(&leg->cargo, ev);
	leg->used = true;
	leg->at = leg->cargo.next;
	leg->declared = ev->rule == BODY_LENGTH ? ev->head->length : 0;
	frames_begin(&leg->frames);
}

/* A coded body shows no frames; one without length or chunks ends nowhere in a request. */
static bool may_hold_frames(const struct http_event *ev)
{
	return cargo_any(ev) && cargo_uncoded(ev->head);
}

static void see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	forget(s, CLIENT);
	m->aim = aim_of(h->target);
	m->answered = false;
	m->get_waits = h->method == METHOD_GET;
	if ((h->method == METHOD_POST || h->method == METHOD_PUT) && may_hold_frames(s->ev))
		begin_leg(s);
}

static void see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return;
	forget(s, SERVER);
	m->answered = true;
	if (ev->ask.known && ev->ask.method != METHOD_GET)
		return;
	m->get_waits = m->get_waits && ev->head->status == 200 && may_hold_frames(ev);
	if (ev->head->status == 200 && may_hold_frames(ev))
		begin_leg(s);
}

static void keep_inner(const struct sight *s, struct slice data)
{
	const enum side side = s->ev->from;
	struct mine *m = s->mine;
	struct finding *f = my_finding(s);
	if (f == NULL)
		return;
	unwrap_write(s->kit->unwrap, f->tunnel_id, tunnel_flow_id(s), side, data);
	f->inner_bytes[side] += data.len;
	if (m->leg[side].cargo.torn)
		return;
	const struct slice part = slice_head(data, (size_t)FINDING_INNER - f->inner_len[side]);
	memcpy(f->inner[side] + f->inner_len[side], part.at, part.len);
	f->inner_len[side] = (uint16_t)(f->inner_len[side] + part.len);
}

static void see_body(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	struct leg *leg = &m->leg[ev->from];
	const uint64_t missing = cargo_missing(&leg->cargo, ev);
	if (missing != 0)
		frames_skip(&leg->frames, missing);
	for (struct slice in = ev->bytes, data; in.len != 0;) {
		frames_read(&leg->frames, &in, &data);
		if (data.len != 0)
			keep_inner(s, data);
		/* At each frame, so that what is seen does not depend on how the bytes were cut. */
		if (!m->found)
			consider(s);
	}
	if (leg->frames.at != FRAMES_BROKEN)
		return;
	forget(s, ev->from);
	if (ev->from == SERVER)
		m->get_waits = false;
}

static enum interest gnu_httptunnel_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		see_request(s);
		break;
	case HTTP_RESPONSE:
		see_response(s);
		break;
	case HTTP_BODY:
		see_body(s);
		break;
	case HTTP_MESSAGE_END:
		frames_end(&m->leg[s->ev->from].frames, s->ev->complete);
		break;
	default:
		frames_end(&m->leg[s->ev->from].frames, false);
	}
	consider(s);
	if (frames_live(&m->leg[s->ev->from].frames))
		return LISTENING;
	/* Then a message's end says nothing: with what is spared a broken body, 260 instructions less for an exchange. */
	return nothing_yet(m) ? DONE : DULL;
}

/* A GET with the very target of a proven tunnel, and nothing of its answer's content that would speak against it: the tool
 * asks for both halves by one target that bears the time, so a token that is the same says more than a path that is. */
static void consider_silent_get(const struct sight *s)
{
	struct mine *m = s->mine;
	struct slot *k = slot_find(s);
	const struct leg *answer = &m->leg[SERVER];
	if (k == NULL || !k->proven || k->aim.exact != m->aim.exact || !slot_has_other(k, tunnel_flow_id(s)))
		return;
	dossier_add(s->dossier, &target_sign, CLIENT, 0, s->t);
	const bool token = m->aim.base != m->aim.exact;
	const bool withheld = answer->declared >= WITHHELD_LEAST;
	if (token)
		dossier_add(s->dossier, &token_sign, CLIENT, 0, s->t);
	if (withheld)
		dossier_add(s->dossier, &withheld_sign, SERVER, answer->at, s->t);
	m->found = token || withheld;
	slot_enter(s, k);
	if (m->found)
		publish(s, k);
}

static void gnu_httptunnel_end(const struct sight *s)
{
	struct mine *m = s->mine;
	frames_end(&m->leg[CLIENT].frames, false);
	frames_end(&m->leg[SERVER].frames, false);
	consider(s);
	if (!m->found && m->get_waits)
		consider_silent_get(s);
	const struct leg *up = &m->leg[CLIENT];
	if (!m->found && !m->answered && up->frames.seen != 0 && up->frames.at != FRAMES_BROKEN)
		dossier_add(s->dossier, &unanswered_sign, CLIENT, up->at, s->t);
	slot_leave(s);
}

static bool gnu_httptunnel_idle(const void *mine)
{
	const struct mine *m = mine;
	const bool up = m->leg[CLIENT].frames.at != FRAMES_OFF && m->leg[CLIENT].frames.at != FRAMES_BROKEN;
	const bool down = m->leg[SERVER].frames.at != FRAMES_OFF && m->leg[SERVER].frames.at != FRAMES_BROKEN;
	return m->answered && !m->found && m->slot_id == 0 && !m->get_waits && !up && !down;
}

const struct detector detector_gnu_httptunnel = {
	.name = "gnu-httptunnel",
	.source = "measured on htc and hts 3.3; their source",
	.proof = 'A',
	.catches =
	    "GNU httptunnel (htc and hts): frames in the bodies of an unanswered POST and of the answer to a GET",
	.memory = sizeof(struct mine),
	.brief = offsetof(struct mine, answered) + sizeof(bool),
	.shared = sizeof(struct ours),
	.see = gnu_httptunnel_see,
	.end = gnu_httptunnel_end,
	.idle = gnu_httptunnel_idle,
};
