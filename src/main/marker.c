/* The kernel asks both who sends and who opened the socket for the right (decision 0021), so it is opened by the keeper, which
 * keeps none of it, and used by the marker, which keeps the capability. */
#include "main/marker.h"

#include "main/run.h"

enum {
	RING_SIZE = 1 << 18, /* some thousands of orders */
	ORDERS_AT_ONCE = 64,
	LOOK_MS = 250,
	LOST_LOOKS = 3 /* about a second each */
};

struct duty {
	struct marker *marker;
	struct conntrack *conntrack;
	struct conn_mark mark[MARKS];
	struct enforce_stats done;
};

bool marker_init(struct marker *m, struct err *e)
{
	*m = (struct marker){ 0 };
	return aide_init(&m->aide, "marker", RING_SIZE, e) && page_init(&m->numbers, sizeof(struct enforce_stats), e);
}

void marker_fini(struct marker *m)
{
	aide_fini(&m->aide);
	page_fini(&m->numbers);
}

static void obey(struct duty *d, const struct mark_order *o)
{
	switch (conntrack_mark(d->conntrack, o, d->mark[o->kind])) {
	case MARKED:
		d->done.enforced++;
		return;
	case MARKED_BEFORE:
		return;
	case MARKED_UNKNOWN:
		d->done.unknown++;
		return;
	case MARKED_FAILED:
		d->done.failed++;
		return;
	}
}

static enum ring_got take_orders(struct duty *d)
{
	struct mark_order o;
	uint32_t tag;
	size_t len;
	unsigned n = 0;
	for (; n < ORDERS_AT_ONCE; n++) {
		const enum ring_got got = ring_take(&d->marker->aide.orders, &tag, &o, sizeof o, &len);
		if (got == RING_EMPTY)
			break;
		if (got == RING_BROKEN || len != sizeof o || !order_is_sane(&o))
			return RING_BROKEN;
		obey(d, &o);
	}
	return n != 0 ? RING_ITEM : RING_EMPTY;
}

static int serve(void *duty)
{
	struct duty *d = duty;
	for (bool leave = false;;) {
		const enum ring_got got = take_orders(d);
		if (got != RING_EMPTY)
			page_show(&d->marker->numbers, &d->done);
		page_beat(&d->marker->numbers);
		if (got == RING_BROKEN) {
			log_error("marker: what its worker asks for makes no sense");
			return EXIT_INCOMPLETE;
		}
		if (leave && got == RING_EMPTY)
			return EXIT_DONE;
		if (got == RING_EMPTY)
			leave |= aide_rest(&d->marker->aide, NULL, LOOK_MS);
	}
}

bool marker_open(struct marker *m, const struct options *o, struct err *e)
{
	struct descriptors before;
	marker_close(m);
	descriptors_note(&before);
	if (!aide_anew(&m->aide, e))
		return false;
	struct duty d = { .marker = m, .conntrack = conntrack_open(e) };
	d.mark[MARK_FORBIDDEN] = o->in_line.forbidden;
	d.mark[MARK_SETTLED] = (struct conn_mark){ o->in_line.gate.mark, o->in_line.gate.mask };
	const bool open = d.conntrack != NULL && aide_fork(&m->aide, &(struct aide_task){ o, &before, serve, &d }, e);
	conntrack_close(d.conntrack);
	if (!open)
		marker_close(m);
	return open;
}

void marker_close(struct marker *m)
{
	struct enforce_stats done;
	const bool worked = m->aide.pid > 0;
	aide_end(&m->aide);
	if (worked && page_read(&m->numbers, &done))
		enforce_stats_add(&m->before, &done);
	page_reset(&m->numbers);
}

bool marker_is_lost(struct marker *m)
{
	return aide_is_lost(&m->aide, page_beats(&m->numbers), LOST_LOOKS);
}

void marker_sum(const struct marker *m, struct enforce_stats *sum)
{
	struct enforce_stats done;
	enforce_stats_add(sum, &m->before);
	if (page_read(&m->numbers, &done))
		enforce_stats_add(sum, &done);
}
