/* A side takes what it needs beyond a side at rest when that is first written, and gives it back when a packet was read and it says
 * nothing that a side at rest would not say too.  There is one for every side, so none is ever refused. */
#include "stream/inside.h"

const struct unrest stream_calm = { .fin = NO_FIN };

struct unrest *unrest_begin(struct stream_kit *k, struct stream_side *x)
{
	struct unrest *u = pool_take_own(&k->unrests);
	if (never(u == NULL))
		u = &k->nowhere;
	else
		x->unrest = u;
	*u = stream_calm;
	return u;
}

/* What is lost before `next` says nothing, unless unread bytes are taken back (stream_cut). */
static bool says_nothing(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	return u->waiting == NULL && u->left_kind == 0 && x->packet_len == 0 && u->fin == NO_FIN && u->hole == 0 &&
	       u->lost <= x->next && u->end_seen <= x->next && (u->past_hole | u->candidates | u->wild_count) == 0 &&
	       (x->flags & SIDE_LIVE_SYN) == 0;
}

void unrest_leave(struct stream_kit *k, struct stream_side *x)
{
	if (says_nothing(x))
		unrest_end(k, x);
}

void unrest_end(struct stream_kit *k, struct stream_side *x)
{
	if (is_calm(x))
		return;
	pool_give(&k->unrests, unrest_held(x));
	x->unrest = &stream_calm;
}
