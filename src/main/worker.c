/* The time of packets drives everything while they come.  When none does, the wall's clock takes over: a second late, so
 * that a frame that the kernel still holds back in a block is not from the past. */
#include "main/worker.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "base/clock.h"
#include "main/enforcing.h"
#include "main/judge.h"
#include "main/signals.h"

enum {
	BATCH = 1024,        /* frames between two looks at clock and orders */
	WAIT_MS = 1000,      /* longest sleep, and the time between two beats */
	INLINE_MS = 250,     /* inline: others watch for a sign of life */
	LAST_FRAMES_MS = 200 /* after the order to end: what the kernel has not handed over yet */
};

struct worker {
	struct run run;
	const struct worker_duty *duty;
	int64_t beaten; /* ns, monotonic */
	unsigned ends;  /* orders to end */
	bool gone;      /* there is no keeper any more */
	uint64_t marks_lost;
};

bool worker_shut_in(const struct options *o, uint32_t *missing)
{
	struct guard g;
	*missing = 0;
	if (o->sandbox == GUARD_OFF)
		return true;
	guard_begin(&g);
	g.user = g.child = true;
	if (o->unwrap != NULL)
		guard_allow(&g, o->unwrap, GUARD_WRITE);
	*missing = guard_close(&g);
	return *missing == 0 || o->sandbox != GUARD_REQUIRE;
}

static bool is_inline(const struct worker *w)
{
	return w->run.options->pipeline.gate != NULL;
}

static bool prepare(struct worker *w, struct err *e)
{
	const struct worker_duty *d = w->duty;
	struct options *o = d->options;
	w->run = (struct run){ .options = o };
	o->pipeline.flows = (o->pipeline.flows + o->workers - 1) / o->workers;
	w->run.reporter = reporter_open_ring(d->lines, LINE_RECORD, o->format, d->record_colours, e);
	if (w->run.reporter == NULL)
		return false;
	if (is_inline(w))
		reporter_hurry(w->run.reporter);
	if (o->table) {
		w->run.table = reporter_open_ring(d->lines, LINE_TABLE, REPORT_TEXT, d->table_colours, e);
		if (w->run.table == NULL)
			return false;
	}
	return run_start(&w->run, e);
}

static void show_numbers(struct worker *w)
{
	struct worker_numbers now = { .unwrap_lost = unwrap_lost(w->run.options->pipeline.unwrap) };
	struct source_counters kernel;
	source_tick(w->duty->source);
	source_counters(w->duty->source, &kernel);
	pipeline_stats(w->run.pipeline, &now.stats);
	if (now.stats.in_the_way != NULL)
		now.in_the_way = *now.stats.in_the_way;
	if (now.stats.enforce != NULL)
		now.enforce = *now.stats.enforce;
	now.enforce.lost = w->marks_lost;
	now.stats.source = NULL;
	now.stats.live = NULL;
	now.stats.in_the_way = NULL;
	now.stats.enforce = NULL;
	now.received = kernel.received;
	now.dropped = kernel.dropped;
	now.refused = kernel.refused;
	page_show(w->duty->numbers, &now);
}

static void beat(struct worker *w, bool idle)
{
	const int64_t now = clock_ns(CLOCK_MONOTONIC);
	page_beat(w->duty->numbers);
	if (now - w->beaten < SECOND)
		return;
	w->beaten = now;
	if (idle)
		pipeline_tick(w->run.pipeline, clock_ns(CLOCK_REALTIME) - SECOND);
	if (idle && is_inline(w))
		judge_answer(&w->run, w->duty->source);
	show_numbers(w);
}

static void obey(struct worker *w)
{
	int fd;
	switch (orders_take(w->duty->orders, &fd)) {
	case ORDER_NONE:
		return;
	case ORDER_END:
		w->ends++;
		return;
	case ORDER_RULES:
		if (fd >= 0)
			rulebook_take(&w->run.options->rules, fd, w->run.pipeline);
		return;
	case ORDER_GONE:
		w->gone = true;
		return;
	}
}

/* True when there are more, as far as is known. */
static bool take_frames(struct worker *w)
{
	struct err e;
	if (is_inline(w))
		return judge_frames(&w->run, w->duty->source, BATCH, &e) == GOT_FRAME;
	if (w->duty->marks != NULL)
		return enforcing_frames(&w->run, w->duty->source, BATCH, w->duty->marks, &w->marks_lost, &e) ==
		       GOT_FRAME;
	return run_frames(&w->run, w->duty->source, BATCH, &e) == GOT_FRAME;
}

static void sleep_until_frames(const struct worker *w, int ms)
{
	struct pollfd fds[MAX_INTERFACES + 1];
	const size_t count = source_descriptors(w->duty->source, fds, MAX_INTERFACES);
	fds[count] = (struct pollfd){ .fd = w->duty->orders, .events = POLLIN };
	poll(fds, count + 1, ms);
}

static void take_last_frames(struct worker *w)
{
	const int64_t until = clock_ns(CLOCK_MONOTONIC) + LAST_FRAMES_MS * INT64_C(1000000);
	int64_t left;
	while (w->ends < 2 && !w->gone && (left = until - clock_ns(CLOCK_MONOTONIC)) > 0) {
		if (!take_frames(w))
			sleep_until_frames(w, (int)(left / 1000000) + 1);
		obey(w);
	}
}

static void work(struct worker *w)
{
	while (w->ends == 0 && !w->gone) {
		const bool more = take_frames(w);
		beat(w, !more);
		if (!more)
			sleep_until_frames(w, is_inline(w) ? INLINE_MS : WAIT_MS);
		obey(w);
	}
	take_last_frames(w);
	if (!w->gone)
		pipeline_drain(w->run.pipeline);
	if (!w->gone && is_inline(w))
		judge_answer(&w->run, w->duty->source);
	show_numbers(w);
}

static int close_all(struct worker *w, int status)
{
	struct err e;
	pipeline_free(w->run.pipeline);
	const bool closed = (w->run.reporter == NULL || reporter_close(w->run.reporter, &e)) &&
			    (w->run.table == NULL || reporter_close(w->run.table, &e));
	return closed ? status : EXIT_INCOMPLETE;
}

int worker_run(const struct worker_duty *d)
{
	struct worker w = { .duty = d, .beaten = clock_ns(CLOCK_MONOTONIC) };
	struct answer_message m = { .answer = ANSWER_READY };
	struct err e = { .sys = 0 };
	signals_ignore();
	prctl(PR_SET_NAME, "culvert-worker");
	if (!prepare(&w, &e)) {
		m.answer = ANSWER_FAILED;
		m.sys = e.sys;
		snprintf(m.where, sizeof m.where, "%s", e.where);
		snprintf(m.what, sizeof m.what, "%s", e.what);
	} else if (!worker_shut_in(d->options, &m.missing)) {
		m.answer = ANSWER_FAILED;
	}
	if (!orders_answer(d->orders, &m) || m.answer != ANSWER_READY)
		return close_all(&w, EXIT_DENIED);
	if (!is_inline(&w))
		pipeline_interfaces(w.run.pipeline, w.run.options->live.interface);
	work(&w);
	return close_all(&w, EXIT_DONE);
}
