#include "engine/enforcing.h"

/* A conversation of which two versions are possible, or which could not be read in full, has not been seen to be harmless. */
static bool is_settled(const struct watch *w)
{
	return w->phase == WATCH_SETTLED && w->dossier.doubts == 0 && w->top.further->encap == NULL;
}

const struct mark_order *pipeline_enforce(struct pipeline *p, const struct frame *f)
{
	struct segment seg;
	struct enforcer *e = p->enforcer;
	bool again = false;
	struct flow *flow = carry_frame(p, f, &seg);
	if (flow == NULL)
		return NULL;
	struct watch *w = flow_payload(flow);
	const struct sanction_view view = { .now = seg.t, .settled = is_settled(w), .carried = seg.encap.count != 0 };
	const enum mark_kind kind = sanction_next(&further_of(p, &w->top)->sanction, &view, &again);
	if (kind == MARK_NONE)
		return NULL;
	e->stats.forbidden += kind == MARK_FORBIDDEN && !again;
	e->stats.settled += kind == MARK_SETTLED && !again;
	order_make(&seg, kind, again, &e->order);
	return &e->order;
}
