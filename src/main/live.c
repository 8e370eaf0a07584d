/* The time of packets drives everything while they come.  When none does, the wall's clock takes over: a second late, so
 * that a frame that the kernel still holds back in a block is not from the past. */
#include "main/live.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include "main/metrics_http.h"
#include "main/notify.h"
#include "main/run.h"
#include "main/signals.h"

#define SECOND INT64_C(1000000000)

enum {
	BATCH = 1024,        /* frames between two looks at clock and wishes */
	WAIT_MS = 1000,      /* longest sleep, and the time between two beats */
	READER_MS = 20,      /* longest sleep while a slow reader is waited for */
	LAST_FRAMES_MS = 200 /* after the order to stop: what the kernel has not handed over yet */
};

struct live {
	struct run run;
	struct source *source;
	struct live_stats stats;
	int64_t begun, beaten, told; /* ns, monotonic: the start, the latest beat, the latest stats record */
	uint64_t drops_said, rounds;
	struct metrics_http *metrics; /* NULL: nobody asks */
	struct notify notify;
	enum reporter_waits waits;
};

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;
	clock_gettime(clock, &now);
	return now.tv_sec * SECOND + now.tv_nsec;
}

static void count(struct live *l)
{
	struct source_counters kernel;
	source_counters(l->source, &kernel);
	l->stats = (struct live_stats){
		.now = clock_ns(CLOCK_REALTIME),
		.uptime_s = (uint64_t)((clock_ns(CLOCK_MONOTONIC) - l->begun) / SECOND),
		.received = kernel.received,
		.dropped = kernel.dropped,
	};
	l->run.stats.live = &l->stats;
	run_count(&l->run);
}

static void tell_stats(struct live *l)
{
	count(l);
	report_stats(l->run.reporter, &l->run.stats);
	const struct report_stats *s = &l->run.stats;
	const uint64_t lost = s->records_lost + reporter_lost(l->run.reporter);
	notify_status(&l->notify, "%s: %llu packets, %llu dropped by the kernel, %llu conversations, %llu records lost",
	    source_name(l->source), (unsigned long long)s->frames, (unsigned long long)l->stats.dropped,
	    (unsigned long long)s->flows, (unsigned long long)lost);
}

static void serve_metrics(struct live *l)
{
	count(l);
	struct report_stats s = l->run.stats;
	s.records_lost += reporter_lost(l->run.reporter);
	metrics_http_run(l->metrics, &s);
}

static void say_drops(struct live *l)
{
	struct source_counters kernel;
	source_counters(l->source, &kernel);
	if (kernel.dropped == l->drops_said)
		return;
	log_warn("%s: the kernel dropped %llu packets, %llu of %llu in all; see --buffer", source_name(l->source),
	    (unsigned long long)(kernel.dropped - l->drops_said), (unsigned long long)kernel.dropped,
	    (unsigned long long)kernel.received);
	l->drops_said = kernel.dropped;
}

/* Once a second, and before a stats record. */
static void beat(struct live *l, bool idle)
{
	const int64_t now = clock_ns(CLOCK_MONOTONIC), wall = clock_ns(CLOCK_REALTIME) - SECOND;
	const int64_t interval = (int64_t)l->run.options->stats_interval * SECOND;
	if (l->waits == REPORT_WAITS)
		l->waits = reporter_tick(l->run.reporter, wall);
	l->rounds++;
	if (metrics_http_ready(l->metrics))
		serve_metrics(l);
	if (now - l->beaten < SECOND)
		return;
	l->beaten = now;
	notify_beat(&l->notify, l->rounds);
	if (l->metrics != NULL)
		serve_metrics(l);
	source_tick(l->source);
	if (idle)
		pipeline_tick(l->run.pipeline, wall);
	if (interval != 0 && now - l->told >= interval) {
		l->told += (now - l->told) / interval * interval;
		say_drops(l);
		tell_stats(l);
	}
	l->waits = reporter_tick(l->run.reporter, wall);
}

static void print_counters(const struct live *l)
{
	struct source_counters kernel;
	source_tick(l->source);
	source_counters(l->source, &kernel);
	run_print_counters(&l->run, source_name(l->source));
	fprintf(stderr, "; the kernel received %llu packets and dropped %llu\n", (unsigned long long)kernel.received,
	    (unsigned long long)kernel.dropped);
}

static void fulfil(struct live *l)
{
	struct err e;
	signals_seen();
	if (signals_take(WISH_COUNTERS))
		print_counters(l);
	if (signals_take(WISH_REOPEN) && !reporter_reopen(l->run.reporter, &e))
		log_error("%s: %s", e.where, e.what);
	if (!signals_take(WISH_RULES))
		return;
	notify_reloading(&l->notify);
	rulebook_reload(&l->run.options->rules, l->run.pipeline);
	notify_ready(&l->notify);
}

/* True when there are more, as far as is known. */
static bool take_frames(struct live *l)
{
	struct err e;
	return run_frames(&l->run, l->source, BATCH, &e) == GOT_FRAME;
}

static void sleep_until_frames(const struct live *l, int ms)
{
	struct pollfd fds[MAX_INTERFACES + 1];
	size_t count = source_descriptors(l->source, fds, MAX_INTERFACES);
	if (l->metrics != NULL)
		fds[count++] = (struct pollfd){ .fd = metrics_http_fd(l->metrics), .events = POLLIN };
	signals_wait(fds, count, ms);
}

/* A second order to stop is heard as well. */
static void take_last_frames(struct live *l)
{
	const int64_t until = clock_ns(CLOCK_MONOTONIC) + LAST_FRAMES_MS * INT64_C(1000000);
	int64_t left;
	signals_take(WISH_STOP);
	while (!signals_wish(WISH_STOP) && (left = until - clock_ns(CLOCK_MONOTONIC)) > 0) {
		signals_seen();
		if (!take_frames(l))
			sleep_until_frames(l, (int)(left / 1000000) + 1);
	}
}

static void watch(struct live *l)
{
	while (!signals_wish(WISH_STOP) && l->waits != REPORT_GONE) {
		const bool more = take_frames(l);
		beat(l, !more);
		fulfil(l);
		if (!more)
			sleep_until_frames(l, l->waits == REPORT_WAITS ? READER_MS : WAIT_MS);
	}
	take_last_frames(l);
}

static void begin(struct live *l)
{
	l->beaten = l->told = l->begun;
	pipeline_interfaces(l->run.pipeline, l->run.options->live.interface);
	log_info("%s: listening", source_name(l->source));
	notify_ready(&l->notify);
}

static int watch_interfaces(struct options *o)
{
	struct err e;
	struct live l = { .begun = clock_ns(CLOCK_MONOTONIC) };
	notify_open(&l.notify);
	l.source = source_open_live(&o->live, &e);
	if (l.source == NULL)
		return run_refused(&e, EXIT_DENIED);
	if (o->metrics != NULL && (l.metrics = metrics_http_open(o->metrics, &e)) == NULL) {
		source_close(l.source);
		return run_refused(&e, EXIT_USAGE);
	}
	int status = EXIT_USAGE;
	if (run_begin(&l.run, o, true)) {
		begin(&l);
		watch(&l);
		notify_stopping(&l.notify);
		pipeline_drain(l.run.pipeline);
		source_tick(l.source);
		say_drops(&l);
		tell_stats(&l);
		status = run_matched(&l.run) ? EXIT_FOUND : EXIT_DONE;
	}
	status = run_end(&l.run, status);
	metrics_http_close(l.metrics);
	source_close(l.source);
	notify_close(&l.notify);
	return status;
}

int live(struct options *o, char **words)
{
	if (*words != NULL || o->live.interfaces == 0) {
		if (*words != NULL)
			log_error("live: '%s' is no option", *words);
		else
			log_error("live: no interface named; see -i");
		return run_usage();
	}
	o->live.filter = o->filter;
	const int status = rulebook_load(&o->rules) ? watch_interfaces(o) : EXIT_USAGE;
	rulebook_close(&o->rules);
	return status;
}
