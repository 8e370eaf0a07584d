/* What detectors can do about what they see: findings, joins, unwrapped bytes. */
#include "tunnel/sight.h"

#include "tunnel/inside.h"
#include "tunnel/sample.h"

/* Asked for once while there is a notebook. */
uint64_t tunnel_pair(const struct sight *s)
{
	struct notebook *const n = s->tunnel->notebook;
	if (n->pair == 0)
		n->pair = s->owner->pair(s->owner->of);
	return n->pair;
}

uint64_t tunnel_flow_id(const struct sight *s)
{
	struct notebook *const n = s->tunnel->notebook;
	if (n->flow_id == 0)
		n->flow_id = s->owner->flow_id(s->owner->of);
	return n->flow_id;
}

/* The detector of tools without a name, which knows least and gives way to all others. */
static bool is_nameless(unsigned which)
{
	return strcmp(tunnel_detector(which)->name, "unknown") == 0;
}

static void take_over(const struct sight *s)
{
	struct notebook *n = s->tunnel->notebook;
	unwrap_drop(s->kit->unwrap, tunnel_flow_id(s));
	*n->finding = (struct finding){ 0 };
	n->holder = (uint8_t)s->which;
}

struct finding *tunnel_try_finding(const struct sight *s)
{
	struct notebook *n = s->tunnel->notebook;
	if (n->finding != NULL) {
		if (n->holder != s->which && is_nameless(n->holder))
			take_over(s);
		return n->holder == s->which ? n->finding : NULL;
	}
	n->finding = pool_take(&s->kit->findings);
	n->holder = (uint8_t)s->which;
	if (n->finding == NULL)
		s->tunnel->exhausted = 1;
	/* By this name tunnel_fini throws away what was unwrapped. */
	if (s->kit->unwrap != NULL)
		tunnel_flow_id(s);
	return n->finding;
}

struct finding *tunnel_lend_finding(const struct sight *s)
{
	const struct notebook *n = s->tunnel->notebook;
	/* Another detector's suspicion gives way to proof. */
	if (n->finding != NULL && n->holder != s->which && n->finding->tool == NULL && !is_nameless(s->which))
		take_over(s);
	return tunnel_try_finding(s);
}

void tunnel_return_finding(const struct sight *s)
{
	struct notebook *n = s->tunnel->notebook;
	if (n->finding == NULL || n->finding->tool != NULL || n->holder != s->which)
		return;
	unwrap_drop(s->kit->unwrap, tunnel_flow_id(s));
	pool_give(&s->kit->findings, n->finding);
	n->finding = NULL;
}

void tunnel_begin_sample(const struct sight *s, enum side side, bool parts, bool text)
{
	struct tunnel *t = s->tunnel;
	struct sample **const sample = &t->notebook->sample[side];
	if (*sample == NULL && (*sample = pool_take_uncleared(&s->kit->samples)) == NULL)
		t->exhausted = 1;
	else
		sample_begin(*sample, parts, text);
}

void tunnel_give_sample(const struct sight *s, enum side side)
{
	struct notebook *n = s->tunnel->notebook;
	pool_give(&s->kit->samples, n->sample[side]);
	n->sample[side] = NULL;
}

uint64_t tunnel_own_id(const struct sight *s)
{
	const uint64_t id = tunnel_flow_id(s);
	return id != 0 ? id : 1;
}

struct finding *tunnel_found(
    const struct sight *s, const struct sign *sign, enum side side, uint64_t offset, uint64_t key)
{
	const struct detector *d = tunnel_detector(s->which);
	dossier_add(s->dossier, sign, side, offset, s->t);
	struct join *k = join_get(s->joins, s->which, key, tunnel_flow_id(s), s->t);
	if (k != NULL) {
		k->found = true;
		join_enter(k, tunnel_flow_id(s), s->t);
	}
	struct finding *f = tunnel_lend_finding(s);
	if (f == NULL)
		return NULL;
	f->tool = d->name;
	f->kind = d->kind;
	if (k != NULL)
		join_tell(k, tunnel_flow_id(s), f);
	else if (f->tunnel_id == 0)
		f->tunnel_id = tunnel_own_id(s);
	unwrap_keep(s->kit->unwrap, f->tunnel_id, tunnel_flow_id(s));
	return f;
}

bool tunnel_known(const struct sight *s, uint64_t key)
{
	const struct join *k = join_find(s->joins, s->which, key);
	return k != NULL && k->found;
}

uint32_t *tunnel_shared(const struct sight *s, uint64_t key)
{
	struct join *k = join_get(s->joins, s->which, key, tunnel_flow_id(s), s->t);
	if (k == NULL)
		return NULL;
	k->last = s->t;
	return &k->bits;
}

void tunnel_inner(const struct sight *s, enum side side, struct slice bytes)
{
	struct finding *f = tunnel_try_finding(s);
	if (f == NULL || bytes.len == 0)
		return;
	unwrap_write(s->kit->unwrap, f->tool != NULL ? f->tunnel_id : 0, tunnel_flow_id(s), side, bytes);
	f->inner_bytes[side] += bytes.len;
	const struct slice part = slice_head(bytes, (size_t)FINDING_INNER - f->inner_len[side]);
	if (part.len == 0)
		return;
	memcpy(f->inner[side] + f->inner_len[side], part.at, part.len);
	f->inner_len[side] = (uint16_t)(f->inner_len[side] + part.len);
}

void tunnel_target(const struct sight *s, struct slice host, struct slice port)
{
	struct finding *f = s->tunnel->notebook->finding;
	if (f == NULL || f->tool == NULL || s->tunnel->notebook->holder != s->which || host.len + port.len == 0)
		return;
	const size_t len = slice_copy(host, f->target, sizeof f->target);
	if (port.len == 0 || len + 2 > sizeof f->target)
		return;
	f->target[len] = ':';
	slice_copy(port, f->target + len + 1, sizeof f->target - len - 1);
}

void tunnel_tell_peers(const struct sight *s)
{
	const struct notebook *n = s->tunnel->notebook;
	if (n == NULL || n->finding == NULL || n->finding->tool == NULL || s->joins == NULL)
		return;
	for (unsigned i = 0; i < JOINS; i++) {
		const struct join *k = &s->joins->join[i];
		if (k->id == n->finding->tunnel_id && k->which == n->holder)
			join_tell(k, tunnel_flow_id(s), n->finding);
	}
}
