/* watch -- what a conversation holds, from its first segment to its end. */
#include "engine/watch.h"

void watch_begin(const struct seat *at, const struct segment *first)
{
	struct watch *w = at->w;
	stream_init(&w->stream, first);
	http_conn_init(&w->top.http, w->stream.midstream);
	w->top.further = &no_further;
	dossier_init(&w->dossier, &at->p->notes);
	if (w->stream.midstream)
		w->dossier.doubts |= DOUBT_MIDSTREAM;
	struct encapsulation *encap = first->encap.count != 0 ? pool_take(&at->p->encaps) : NULL;
	if (encap == NULL)
		return;
	*encap = first->encap;
	further_of(at->p, &w->top)->encap = encap;
}

const struct further no_further = { .rival = 0 };

/* There is one for every dialogue. */
struct further *further_of(struct pipeline *p, struct dialogue *d)
{
	struct further *more;
	if (d->further != &no_further) {
		memcpy(&more, &d->further, sizeof more);
		return more;
	}
	more = pool_take_own(&p->furthers);
	if (never(more == NULL))
		return &p->nowhere;
	*more = no_further;
	d->further = more;
	return more;
}

static void dialogue_end(struct pipeline *p, struct dialogue *d)
{
	http_conn_fini(&p->https, &d->http);
	tunnel_fini(&p->tunnels, &d->tunnel);
	pool_give(&p->records, d->further->shake.records);
	pool_give(&p->relays, d->further->relay);
	if (d->further != &no_further)
		pool_give(&p->furthers, further_of(p, d));
	d->further = &no_further;
}

void watch_end(const struct seat *at)
{
	struct watch *w = at->w;
	struct pipeline *p = at->p;
	if (w->top.tunnel.ours != NULL)
		kin_leave(p->kin, w->top.tunnel.ours, at->flow->last);
	for (struct dialogue *d = w->top.further->inner, *inner; d != NULL; d = inner) {
		inner = d->further->inner;
		dialogue_end(p, d);
		pool_give(&p->dialogues, d);
	}
	dossier_fini(&w->dossier);
	pool_give(&p->encaps, w->top.further->encap);
	pool_give(&p->masks, w->top.further->mask);
	rival_leave(at);
	judging_leave(at);
	dialogue_end(p, &w->top);
	stream_fini(&p->streams, &w->stream);
}

void settle(const struct seat *at)
{
	at->w->phase = WATCH_SETTLED;
	stream_count_only(&at->p->streams, &at->w->stream);
}
