/* tunnel -- the notebooks of all detectors lie behind each other in one block, each at a multiple of 16: first those of the
 * detectors whom every request wakes, then the small ones: most connections come by with these, so that a short block holds them.
 * Only the detectors that are awake on a connection are walked, by their bits: the others cost it nothing. */
#include "tunnel/tunnel.h"

#include "tunnel/fold.h"
#include "tunnel/inside.h"
#include "tunnel/sample.h"

#define DETECTOR(name) extern const struct detector detector_##name;
#include "tunnel/list.h"
#undef DETECTOR

#define DETECTOR(name) &detector_##name,
static const struct detector *const detectors[] = {
#include "tunnel/list.h"
};
#undef DETECTOR

enum {
	DETECTORS = sizeof detectors / sizeof *detectors,
	FINDINGS_SHARE = 16, /* one connection in so many may have a finding */
	FINDINGS_LEAST = 64,
	FEW =
	    1024, /* leaves that lie in a core's caches: to fold one then costs more than it spares, 5 % of short flows' time */
	FEW_SHARE = 16,
	SMALL = 64 /* bytes; fields that every browser sends wake some who need no more */
};
_Static_assert((int)DETECTORS <= (int)MAX_DETECTORS, "a connection remembers by bits which detectors are awake");

static size_t rounded(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static size_t words(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

size_t tunnel_shared_size(void)
{
	size_t n = rounded(sizeof(struct joins));
	for (unsigned i = 0; i < DETECTORS; i++)
		n += rounded(detectors[i]->shared);
	return n;
}

/* Returns where the next would begin. */
static size_t lay_out_mine(struct tunnel_kit *k, uint64_t which, size_t at)
{
	for (unsigned i = 0; i < DETECTORS; i++) {
		if ((which >> i & 1) == 0)
			continue;
		k->at[i].mine_at = (uint32_t)at;
		at += rounded(detectors[i]->memory);
	}
	return at;
}

static void lay_out(struct tunnel_kit *k, size_t size[SHEETS])
{
	uint64_t small = 0;
	size_t ours = rounded(sizeof(struct joins));
	for (unsigned i = 0; i < DETECTORS; i++) {
		k->at[i].see = detectors[i]->see;
		k->at[i].memory = (uint32_t)words(detectors[i]->memory);
		k->at[i].brief = (uint32_t)detectors[i]->brief;
		k->at[i].ours_at = (uint32_t)ours;
		ours += rounded(detectors[i]->shared);
		wake_add(&k->wake, i, detectors[i]);
		if (detectors[i]->memory <= SMALL)
			small |= UINT64_C(1) << i;
	}
	k->fits[FOLDED] = k->fits[LEAF] = wake_usual(&k->wake);
	k->fits[SLIP] = k->fits[LEAF] | small;
	k->fits[WHOLE] = UINT64_MAX;
	size[FOLDED] = fold_size(k);
	size[LEAF] = lay_out_mine(k, k->fits[LEAF], rounded(sizeof(struct notebook)));
	size[SLIP] = lay_out_mine(k, k->fits[SLIP] & ~k->fits[LEAF], size[LEAF]);
	size[WHOLE] = lay_out_mine(k, ~k->fits[SLIP], size[SLIP]);
}

/* A connection has one sample for each side at most. */
static bool pools_init(struct tunnel_kit *k, const size_t size[SHEETS], size_t connections, struct err *e)
{
	const size_t share = connections / FINDINGS_SHARE;
	k->unfolded = connections / FEW_SHARE < FEW ? connections / FEW_SHARE : FEW;
	for (unsigned i = 0; i < SHEETS; i++)
		if (!pool_init(&k->notebooks[i], "tunnel notebooks", size[i], connections, e))
			return false;
	return pool_init(&k->samples, "samples of content", sizeof(struct sample), 2 * connections, e) &&
	       pool_init(&k->findings, "tunnel findings", sizeof(struct finding),
		   share > FINDINGS_LEAST ? share : FINDINGS_LEAST, e);
}

bool tunnel_kit_init(struct tunnel_kit *k, size_t connections, struct unwrap *unwrap, struct err *e)
{
	size_t size[SHEETS];
	*k = (struct tunnel_kit){ .unwrap = unwrap };
	lay_out(k, size);
	if (pools_init(k, size, connections, e) && groups_init(&k->groups, connections, e))
		return true;
	tunnel_kit_fini(k);
	return false;
}

void tunnel_kit_fini(struct tunnel_kit *k)
{
	groups_fini(&k->groups);
	pool_fini(&k->findings);
	pool_fini(&k->samples);
	for (unsigned i = 0; i < SHEETS; i++)
		pool_fini(&k->notebooks[i]);
}

size_t tunnel_kit_reserved(const struct tunnel_kit *k)
{
	size_t n = pool_reserved(&k->samples) + pool_reserved(&k->findings) + groups_reserved(&k->groups);
	for (unsigned i = 0; i < SHEETS; i++)
		n += pool_reserved(&k->notebooks[i]);
	return n;
}

uint64_t tunnel_kit_refused(const struct tunnel_kit *k)
{
	uint64_t n = k->samples.refused;
	for (unsigned i = LEAF; i < SHEETS; i++) /* what cannot be folded stays as it is */
		n += k->notebooks[i].refused;
	return n;
}

void tunnel_init(struct tunnel *t, void *ours)
{
	*t = (struct tunnel){ .ours = ours, .ready = 1 };
}

static void give_notebook(struct tunnel_kit *k, struct tunnel *t)
{
	if (t->sheet != FOLDED) {
		pool_give(&k->samples, t->notebook->sample[CLIENT]);
		pool_give(&k->samples, t->notebook->sample[SERVER]);
	}
	pool_give(&k->notebooks[t->sheet], t->notebook);
	t->notebook = NULL;
}

void tunnel_fini(struct tunnel_kit *k, struct tunnel *t)
{
	const struct notebook *const n = t->notebook;
	if (n == NULL)
		return;
	if (t->sheet != FOLDED) {
		if (n->finding != NULL && n->finding->tool == NULL)
			unwrap_drop(k->unwrap, n->flow_id);
		pool_give(&k->findings, n->finding);
	}
	give_notebook(k, t);
}

/* A message begins, or goes on, or ends: which bits of `listening` this event may change. */
static bool begins(const struct http_event *ev)
{
	return ev->kind == HTTP_REQUEST || (ev->kind == HTTP_RESPONSE && !ev->interim);
}

static bool ends(const struct http_event *ev)
{
	return ev->kind == HTTP_MESSAGE_END || ev->kind == HTTP_LOST;
}

static bool worth_showing(const struct http_event *ev)
{
	return ev->kind == HTTP_REQUEST || ev->kind == HTTP_RESPONSE || ev->kind == HTTP_BODY || ends(ev);
}

/* Each part when it is first used: a connection uses few of them. */
static void clear_part(struct notebook *n, const struct stall *at, uint64_t bit)
{
	if ((n->clear & bit) != 0)
		return;
	n->clear |= bit;
	memset((unsigned char *)n + at->mine_at, 0, at->memory);
}

static const struct stall *turn_to(struct sight *s, unsigned which)
{
	struct tunnel *t = s->tunnel;
	const struct stall *const at = &s->kit->at[which];
	clear_part(t->notebook, at, UINT64_C(1) << which);
	s->which = which;
	s->mine = (unsigned char *)t->notebook + at->mine_at;
	s->ours = t->ours != NULL ? (unsigned char *)t->ours + at->ours_at : NULL;
	return at;
}

static struct sight sight_of(
    struct tunnel_kit *k, struct tunnel *t, struct dossier *d, const struct tunnel_owner *owner)
{
	return (struct sight){ .dossier = d,
		.asked = t->asked,
		.t = t->notebook != NULL ? t->notebook->t : 0,
		.kit = k,
		.tunnel = t,
		.joins = t->ours,
		.owner = owner };
}

static uint64_t listeners(const struct tunnel *t, enum side side)
{
	return t->notebook != NULL && t->sheet != FOLDED ? t->notebook->listening[side] : 0;
}

static void let_go(struct tunnel *t, uint64_t bits)
{
	t->awake &= ~bits;
	t->never = (t->never | bits) & ALL_DETECTORS;
	t->notebook->clear &= ~bits;
	t->notebook->listening[CLIENT] &= ~bits;
	t->notebook->listening[SERVER] &= ~bits;
}

enum { INTERESTS = NEVER + 1 };

/* What those who were shown the event said, all at once: 90 instructions less for an exchange than one by one. */
static void take_interest(struct tunnel *t, const struct http_event *ev, uint64_t shown, const uint64_t said[INTERESTS])
{
	struct notebook *const n = t->notebook;
	const enum side from = ev->from;
	n->done[CLIENT] &= ~shown;
	n->done[SERVER] &= ~shown;
	if (ev->kind == HTTP_BODY)
		n->listening[from] &= ~shown | said[LISTENING];
	else if (begins(ev))
		n->listening[from] |= said[LISTENING];
	if (ev->kind == HTTP_BODY || begins(ev))
		n->done[from] |= said[DONE];
	if (said[NEVER] != 0)
		let_go(t, said[NEVER]);
}

/* A part that was never cleared was never used. */
static bool is_idle(const struct tunnel_kit *k, const struct tunnel *t, unsigned which)
{
	const struct detector *d = detectors[which];
	if (t->notebook == NULL || (t->notebook->clear >> which & 1) == 0)
		return true;
	return d->idle != NULL ? d->idle((const unsigned char *)t->notebook + k->at[which].mine_at) : d->memory == 0;
}

/* An open connection that says nothing of interest should cost no notebook: most are of this kind. */
static void release_if_idle(struct tunnel_kit *k, struct tunnel *t)
{
	if ((t->notebook->listening[CLIENT] | t->notebook->listening[SERVER]) != 0 || t->notebook->finding != NULL)
		return;
	/* From the last: the general one, who looks at most, is most often at work. */
	for (uint64_t bits = t->awake & t->notebook->clear; bits != 0;) {
		const unsigned which = 63 - (unsigned)__builtin_clzll(bits);
		if (!is_idle(k, t, which))
			return;
		bits &= ~(UINT64_C(1) << which);
	}
	give_notebook(k, t);
}

/* Somebody wakes for whom the notebook has no room.  When there is no larger one left, he sleeps on. */
static void outgrow(struct tunnel_kit *k, struct tunnel *t, enum sheet need)
{
	struct notebook *larger = pool_take_uncleared(&k->notebooks[need]);
	if (larger == NULL) {
		t->exhausted = 1;
		t->never = (t->never | ~k->fits[t->sheet]) & ALL_DETECTORS;
		t->awake &= k->fits[t->sheet];
		return;
	}
	memcpy(larger, t->notebook, k->notebooks[t->sheet].size);
	pool_give(&k->notebooks[t->sheet], t->notebook);
	t->notebook = larger;
	t->sheet = need & 3;
}

static enum sheet sheet_for(const struct tunnel_kit *k, const struct tunnel *t)
{
	if ((t->awake & ~k->fits[LEAF]) == 0)
		return LEAF;
	return (t->awake & ~k->fits[SLIP]) == 0 ? SLIP : WHOLE;
}

static bool has_notebook(struct tunnel_kit *k, struct tunnel *t)
{
	const enum sheet need = sheet_for(k, t);
	if (t->notebook != NULL) {
		if (t->sheet < need)
			outgrow(k, t, need);
		return true;
	}
	if (t->exhausted)
		return false;
	t->sheet = need & 3;
	t->notebook = pool_take_uncleared(&k->notebooks[need]);
	if (t->notebook == NULL) {
		t->exhausted = 1;
		return false;
	}
	*t->notebook = (struct notebook){ .t = 0 };
	return true;
}

/* Whom a head concerns wakes; whom a request does not concern, and who has nothing to remember, sleeps. */
static void wake(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev)
{
	const uint64_t bits = wake_ask(&k->wake, ev) & ~t->never;
	const uint64_t tired = ev->kind == HTTP_REQUEST ? t->awake & ~bits : 0;
	t->awake |= bits;
	for (uint64_t left = t->notebook != NULL ? tired : 0; left != 0; left &= left - 1) {
		const unsigned which = (unsigned)__builtin_ctzll(left);
		if (is_idle(k, t, which))
			t->awake &= ~(UINT64_C(1) << which);
	}
}

/* A message begins, or is over: nobody has said anything of the one at hand. */
static void forget_message(struct notebook *n, enum side from)
{
	n->listening[from] = n->done[from] = 0;
}

/* To whom an event is shown, if a notebook is there. */
static uint64_t audience(const struct tunnel *t, const struct http_event *ev)
{
	if (ev->kind == HTTP_BODY)
		return listeners(t, ev->from);
	return ev->kind == HTTP_MESSAGE_END && t->notebook != NULL ? t->awake & ~t->notebook->done[ev->from] : t->awake;
}

static void show(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev, struct dossier *d,
    const struct tunnel_owner *owner, uint64_t shown)
{
	uint64_t said[INTERESTS] = { 0 };
	t->notebook->t = ev->t;
	struct sight s = sight_of(k, t, d, owner);
	s.ev = ev;
	for (uint64_t bits = shown; bits != 0; bits &= bits - 1) {
		const struct stall *const at = turn_to(&s, (unsigned)__builtin_ctzll(bits));
		said[at->see(&s)] |= bits & -bits;
	}
	take_interest(t, ev, shown, said);
}

bool tunnel_see(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev, struct dossier *d,
    const struct tunnel_owner *owner)
{
	const bool head = ev->kind == HTTP_REQUEST || ev->kind == HTTP_RESPONSE;
	if (!worth_showing(ev))
		return listeners(t, ev->from) != 0;
	unfold(k, t);
	if (head)
		wake(k, t, ev);
	if (ev->kind == HTTP_REQUEST)
		t->asked = 1;
	if (begins(ev) && t->notebook != NULL)
		forget_message(t->notebook, ev->from);
	const uint64_t bits = audience(t, ev);
	if (t->awake == 0 || (ev->kind == HTTP_BODY && bits == 0) || (t->notebook == NULL && !head) ||
	    !has_notebook(k, t))
		return false;
	const uint64_t shown = bits & k->fits[t->sheet];
	if (shown != 0)
		show(k, t, ev, d, owner, shown);
	if (ends(ev))
		forget_message(t->notebook, ev->from);
	const bool listening = t->notebook->listening[ev->from] != 0;
	if (!listening && ev->from == SERVER)
		release_if_idle(k, t);
	else if (!listening)
		fold(k, t);
	return listening;
}

void tunnel_await(struct tunnel_kit *k, struct tunnel *t, int64_t over)
{
	t->notebook->t = over;
	t->notebook->done[CLIENT] = 0;
	fold(k, t);
}

void tunnel_end(struct tunnel_kit *k, struct tunnel *t, struct dossier *d, const struct tunnel_owner *owner)
{
	unfold(k, t);
	struct sight s = sight_of(k, t, d, owner);
	for (uint64_t bits = t->notebook != NULL ? t->awake : 0; bits != 0; bits &= bits - 1) {
		turn_to(&s, (unsigned)__builtin_ctzll(bits));
		if (detectors[s.which]->end != NULL)
			detectors[s.which]->end(&s);
	}
	tunnel_tell_peers(&s);
}

const struct finding *tunnel_finding(const struct tunnel *t)
{
	const struct finding *const f = t->notebook != NULL && t->sheet != FOLDED ? t->notebook->finding : NULL;
	return f != NULL && f->tool != NULL ? f : NULL;
}

const struct detector *tunnel_detector(unsigned i)
{
	return i < DETECTORS ? detectors[i] : NULL;
}
