/* tunnel -- the notebooks of all detectors lie behind each other in one block, in the order of the list, each at a multiple of
 * 16.  The list is walked for every event; a detector that sleeps or does not listen costs one bit. */
#include "tunnel/tunnel.h"

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
	FINDINGS_LEAST = 64
};
_Static_assert(DETECTORS <= 32, "a connection remembers in 32 bits which detectors sleep");

static size_t rounded(size_t n)
{
	return (n + 15) & ~(size_t)15;
}

static size_t notebook_size(void)
{
	size_t n = 0;
	for (unsigned i = 0; i < DETECTORS; i++)
		n += rounded(detectors[i]->memory);
	return n;
}

size_t tunnel_shared_size(void)
{
	size_t n = 0;
	for (unsigned i = 0; i < DETECTORS; i++)
		n += rounded(detectors[i]->shared);
	return n;
}

bool tunnel_kit_init(struct tunnel_kit *k, size_t connections, struct err *e)
{
	const size_t share = connections / FINDINGS_SHARE;
	*k = (struct tunnel_kit){ 0 };
	if (!pool_init(&k->notebooks, "tunnel notebooks", notebook_size(), connections, e))
		return false;
	if (pool_init(&k->findings, "tunnel findings", sizeof(struct finding),
		share > FINDINGS_LEAST ? share : FINDINGS_LEAST, e))
		return true;
	pool_fini(&k->notebooks);
	return false;
}

void tunnel_kit_fini(struct tunnel_kit *k)
{
	pool_fini(&k->findings);
	pool_fini(&k->notebooks);
}

void tunnel_init(struct tunnel *t, uint64_t flow_id, void *ours)
{
	*t = (struct tunnel){ .flow_id = flow_id, .ours = ours };
}

void tunnel_fini(struct tunnel_kit *k, struct tunnel *t)
{
	pool_give(&k->findings, t->finding);
	pool_give(&k->notebooks, t->notebook);
	t->finding = NULL;
	t->notebook = NULL;
}

struct finding *tunnel_try_finding(const struct sight *s)
{
	struct tunnel *t = s->tunnel;
	if (t->finding != NULL)
		return t->holder == s->which ? t->finding : NULL;
	t->finding = pool_take(&s->kit->findings);
	t->holder = (uint8_t)s->which;
	if (t->finding == NULL)
		t->exhausted = 1;
	return t->finding;
}

struct finding *tunnel_lend_finding(const struct sight *s)
{
	struct tunnel *t = s->tunnel;
	if (t->finding != NULL && t->finding->tool == NULL && t->holder != s->which) {
		/* Another detector's suspicion gives way to proof. */
		*t->finding = (struct finding){ 0 };
		t->holder = (uint8_t)s->which;
	}
	return tunnel_try_finding(s);
}

void tunnel_return_finding(const struct sight *s)
{
	struct tunnel *t = s->tunnel;
	if (t->finding == NULL || t->finding->tool != NULL || t->holder != s->which)
		return;
	pool_give(&s->kit->findings, t->finding);
	t->finding = NULL;
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

static struct sight sight_of(struct tunnel_kit *k, struct tunnel *t, struct dossier *d)
{
	return (struct sight){ .dossier = d,
		.mine = t->notebook,
		.ours = t->ours,
		.flow_id = t->flow_id,
		.t = t->t,
		.kit = k,
		.tunnel = t };
}

/* On to the notebooks of the next detector in the list. */
static void next_detector(struct sight *s)
{
	const struct detector *d = detectors[s->which];
	s->mine = (unsigned char *)s->mine + rounded(d->memory);
	if (s->ours != NULL)
		s->ours = (unsigned char *)s->ours + rounded(d->shared);
	s->which++;
}

static bool awake(const struct tunnel *t, const struct http_event *ev, unsigned which)
{
	const uint32_t bit = UINT32_C(1) << which;
	if (t->asleep & bit)
		return false;
	return ev->kind != HTTP_BODY || (t->listening[ev->from] & bit) != 0;
}

static void take_interest(struct tunnel *t, const struct http_event *ev, unsigned which, enum interest interest)
{
	const uint32_t bit = UINT32_C(1) << which;
	if (interest == NEVER) {
		t->asleep |= bit;
		t->listening[CLIENT] &= ~bit;
		t->listening[SERVER] &= ~bit;
		return;
	}
	if (begins(ev) && interest == LISTENING)
		t->listening[ev->from] |= bit;
	if (ev->kind == HTTP_BODY && interest != LISTENING)
		t->listening[ev->from] &= ~bit;
}

/* An open connection that says nothing of interest should cost no notebook: most are of this kind. */
static void release_if_idle(struct tunnel_kit *k, struct tunnel *t)
{
	if ((t->listening[CLIENT] | t->listening[SERVER]) != 0 || t->finding != NULL)
		return;
	struct sight s = sight_of(k, t, NULL);
	for (; s.which < DETECTORS; next_detector(&s))
		if ((t->asleep >> s.which & 1) == 0 &&
		    (detectors[s.which]->idle == NULL || !detectors[s.which]->idle(s.mine)))
			return;
	pool_give(&k->notebooks, t->notebook);
	t->notebook = NULL;
}

bool tunnel_see(struct tunnel_kit *k, struct tunnel *t, const struct http_event *ev, struct dossier *d)
{
	if (!worth_showing(ev))
		return t->listening[ev->from] != 0;
	if (t->notebook == NULL && !t->exhausted && (ev->kind == HTTP_REQUEST || ev->kind == HTTP_RESPONSE)) {
		t->notebook = pool_take(&k->notebooks);
		t->exhausted = t->notebook == NULL;
	}
	if (t->notebook == NULL)
		return false;
	t->t = ev->t;
	if (begins(ev))
		t->listening[ev->from] = 0;
	struct sight s = sight_of(k, t, d);
	s.ev = ev;
	for (; s.which < DETECTORS; next_detector(&s))
		if (awake(t, ev, s.which))
			take_interest(t, ev, s.which, detectors[s.which]->see(&s));
	if (ends(ev))
		t->listening[ev->from] = 0;
	const bool listening = t->listening[ev->from] != 0;
	if (!listening && ev->from == SERVER)
		release_if_idle(k, t);
	return listening;
}

void tunnel_end(struct tunnel_kit *k, struct tunnel *t, struct dossier *d)
{
	if (t->notebook == NULL)
		return;
	struct sight s = sight_of(k, t, d);
	for (; s.which < DETECTORS; next_detector(&s))
		if ((t->asleep >> s.which & 1) == 0 && detectors[s.which]->end != NULL)
			detectors[s.which]->end(&s);
}

const struct finding *tunnel_finding(const struct tunnel *t)
{
	return t->finding != NULL && t->finding->tool != NULL ? t->finding : NULL;
}

const struct detector *tunnel_detector(unsigned i)
{
	return i < DETECTORS ? detectors[i] : NULL;
}
