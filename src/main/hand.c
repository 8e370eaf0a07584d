/* What the reader has decoded lies in memory that both have mapped since before the fork, at the same place: the segment's own
 * pointers hold here as well. */
#include "main/hand.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "main/descriptors.h"
#include "main/signals.h"

enum { TELL_AFTER = 512 /* segments, before it says how far it is */, PREFETCHED = 64 /* a line of the cache */ };

struct hand {
	struct run run;
	const struct hand_duty *duty;
	uint64_t told; /* segments since it last said how far it is */
	struct segment seg;
	bool ended;
};

static bool prepare(struct hand *h, struct err *e)
{
	const struct hand_duty *d = h->duty;
	struct options *o = d->options;
	h->run = (struct run){ .options = o, .besides = d->shared };
	o->pipeline.flows = (o->pipeline.flows + o->workers - 1) / o->workers;
	h->run.reporter = reporter_open_ring(d->lines, LINE_RECORD, o->format, d->record_colours, e);
	if (h->run.reporter == NULL)
		return false;
	reporter_patient(h->run.reporter);
	if (o->table) {
		h->run.table = reporter_open_ring(d->lines, LINE_TABLE, REPORT_TEXT, d->table_colours, e);
		if (h->run.table == NULL)
			return false;
		reporter_patient(h->run.table);
	}
	if (!run_start(&h->run, e))
		return false;
	pipeline_led(h->run.pipeline, o->ordered);
	return true;
}

/* What it reads was opened by the user, so that it stays the user. */
static bool shut_in(const struct options *o)
{
	struct guard g;
	if (o->sandbox == GUARD_OFF)
		return true;
	guard_begin(&g);
	g.child = true;
	if (o->unwrap != NULL)
		guard_allow(&g, o->unwrap, GUARD_WRITE);
	return guard_close(&g) == 0 || o->sandbox != GUARD_REQUIRE;
}

static void show_numbers(const struct hand *h)
{
	struct worker_numbers now = { .unwrap_lost = unwrap_lost(h->run.options->pipeline.unwrap) };
	pipeline_stats(h->run.pipeline, &now.stats);
	now.stats.source = NULL;
	now.stats.live = NULL;
	page_show(h->duty->numbers, &now);
}

/* One that finds no room is no loss: a later one says more. */
static void say_so_far(struct hand *h, uint64_t turn)
{
	const struct line_place place = { 2 * turn, UINT64_MAX };
	h->told = 0;
	if (h->run.options->ordered)
		(void)ring_put(h->duty->lines, LINE_SO_FAR, &place, sizeof place);
}

/* The bytes of the next one come from another core: the way is long, so they set out now. */
static void look_ahead(const struct lane *l)
{
	uint32_t errand;
	const struct segment *next = lane_ahead(l, &errand);
	if (next == NULL || (errand & ERRAND_KIND) > ERRAND_CARRIED)
		return;
	__builtin_prefetch(next->tcp.at);
	__builtin_prefetch(next->tcp.at + PREFETCHED);
}

static void take_segment(struct hand *h, size_t header)
{
	look_ahead(h->duty->lane);
	h->seg.payload = slice_from(h->seg.tcp, header);
	pipeline_segment(h->run.pipeline, &h->seg);
	if (++h->told == TELL_AFTER)
		say_so_far(h, h->seg.turn);
}

static void take_moment(struct hand *h, uint32_t errand, const struct errand_moment *m)
{
	struct pipeline *p = h->run.pipeline;
	switch (errand) {
	case ERRAND_SECOND:
		pipeline_second(p, m->turn, m->second);
		say_so_far(h, m->turn - 1);
		break;
	case ERRAND_SOURCE:
		pipeline_source(p, h->duty->files->names[m->second]);
		break;
	case ERRAND_DRAIN:
		pipeline_drain_at(p, m->turn);
		break;
	default:
		h->ended = true;
	}
	show_numbers(h);
}

static void take(struct hand *h, uint32_t errand, const void *item)
{
	switch (errand & ERRAND_KIND) {
	case ERRAND_BARE:
		memcpy(&h->seg, item, BARE_LEN);
		h->seg.encap.count = 0;
		take_segment(h, errand >> ERRAND_BITS);
		break;
	case ERRAND_CARRIED:
		memcpy(&h->seg, item, CARRIED_LEN);
		take_segment(h, errand >> ERRAND_BITS);
		break;
	default:
		take_moment(h, errand, item);
	}
}

static void work(struct hand *h)
{
	struct lane *l = h->duty->lane;
	struct pollfd bell = { .fd = h->duty->bell, .events = POLLIN };
	uint32_t errand;
	size_t len;
	while (!h->ended) {
		const void *item = lane_next(l, &errand, &len);
		if (item == NULL) {
			eventfd_t times;
			if (lane_sleep(l) && poll(&bell, 1, -1) > 0)
				(void)eventfd_read(bell.fd, &times);
			continue;
		}
		take(h, errand, item);
	}
}

int hand_run(const struct hand_duty *d)
{
	struct hand h = { .duty = d };
	struct descriptors open;
	struct err e;
	if (!loan_look_only(d->loan)) {
		log_error("worker: cannot map what is read: %s", strerror(errno));
		return EXIT_USAGE;
	}
	const int keep[] = { STDERR_FILENO, d->bell, d->alive, d->lines->wake, d->lane->wake_writer,
		unwrap_folder(d->options->pipeline.unwrap) };
	signals_ignore();
	prctl(PR_SET_NAME, "culvert-worker");
	/* Nothing of the reader's is left to it, but standard error and what it works with. */
	descriptors_note(&open);
	descriptors_leave(&open, keep, sizeof keep / sizeof *keep);
	if (!prepare(&h, &e)) {
		log_error("worker: %s: %s", e.where, e.what);
		return EXIT_USAGE;
	}
	if (!shut_in(d->options))
		return EXIT_DENIED;
	work(&h);
	return EXIT_DONE;
}
