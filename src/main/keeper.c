/* Lines are moved from the workers to the output in one place, so that the output has one owner and never half a line.  While
 * they come, the loop naps between two rounds instead of being woken by each. */
#include "main/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "base/clock.h"
#include "main/signals.h"

enum {
	WAIT_MS = 1000, /* longest sleep, and the time between two beats */
	READER_MS = 20, /* longest sleep while a slow reader is waited for */
	NAP_MS = 5,     /* between two rounds, when lines came in the last */
	END_MS = 20000  /* without a line from those who are told to end: they do not */
};

void keeper_watch(struct keeper *k, int fd, void (*ready)(void *ctx), void *ctx)
{
	if (k->watches < MAX_KEEPER_WATCHES)
		k->watch[k->watches++] = (struct keeper_watch){ fd, ready, ctx };
}

static void count(struct keeper *k)
{
	struct report_stats *s = &k->run.stats;
	const struct rulebook *rules = &k->run.options->rules;
	crew_sum(&k->crew, s, k->each);
	k->stats = (struct live_stats){
		.now = clock_ns(CLOCK_REALTIME),
		.uptime_s = (uint64_t)((clock_ns(CLOCK_MONOTONIC) - k->begun) / SECOND),
		.restarts = k->crew.restarts,
		.conversations_lost = k->crew.conversations_lost,
		.workers = k->crew.count,
		.worker = k->each,
	};
	for (unsigned i = 0; i < k->crew.count; i++) {
		k->stats.received += k->each[i].received;
		k->stats.dropped += k->each[i].dropped;
	}
	s->live = &k->stats;
	crew_sum_inline(&k->crew, &k->in_the_way);
	s->in_the_way = k->run.options->pipeline.gate != NULL ? &k->in_the_way : NULL;
	if (k->enforced != NULL) {
		crew_sum_enforce(&k->crew, &k->enforce);
		k->enforced(k->ctx, &k->enforce);
		s->enforce = &k->enforce;
	}
	s->records = reporter_lines(k->run.reporter);
	s->rules.rules = rules->set != NULL ? ruleset_count(rules->set) : 0;
	s->rules.used = rules->set != NULL;
	s->rules.loaded = rules->loaded;
	s->rules.refused = rules->refused;
}

static void say_drops(struct keeper *k)
{
	const struct live_stats *s = &k->stats;
	if (s->dropped == k->drops_said)
		return;
	log_warn("%s: the kernel dropped %llu packets, %llu of %llu in all; see %s", k->name,
	    (unsigned long long)(s->dropped - k->drops_said), (unsigned long long)s->dropped,
	    (unsigned long long)s->received, k->more_room);
	k->drops_said = s->dropped;
}

static void say_refused(struct keeper *k)
{
	const uint64_t refused = crew_refused(&k->crew);
	if (refused == k->refused_said)
		return;
	log_warn("%s: the kernel did not take %llu answers", k->name, (unsigned long long)(refused - k->refused_said));
	k->refused_said = refused;
}

static void tell_stats(struct keeper *k)
{
	const struct report_stats *s = &k->run.stats;
	count(k);
	say_drops(k);
	say_refused(k);
	report_stats(k->run.reporter, s);
	notify_status(&k->notify, "%s: %llu packets, %llu dropped by the kernel, %llu conversations, %llu records lost",
	    k->name, (unsigned long long)s->frames, (unsigned long long)k->stats.dropped, (unsigned long long)s->flows,
	    (unsigned long long)reporter_lost(k->run.reporter));
}

static void serve_metrics(void *keeper)
{
	struct keeper *k = keeper;
	count(k);
	struct report_stats s = k->run.stats;
	s.records_lost = reporter_lost(k->run.reporter);
	metrics_http_run(k->metrics, &s);
}

static enum reporter_waits tick(struct keeper *k)
{
	const int64_t wall = clock_ns(CLOCK_REALTIME);
	if (k->run.table != NULL)
		(void)reporter_tick(k->run.table, wall);
	return reporter_tick(k->run.reporter, wall);
}

/* Once a second, and before a stats record. */
static void beat(struct keeper *k)
{
	const int64_t now = clock_ns(CLOCK_MONOTONIC), since = now - k->beaten;
	const int64_t interval = (int64_t)k->run.options->stats_interval * SECOND;
	if (k->waits == REPORT_WAITS)
		k->waits = tick(k);
	if (since < SECOND)
		return;
	k->beaten = now;
	crew_count(&k->crew, since);
	k->rounds += !crew_stands(&k->crew);
	notify_beat(&k->notify, k->rounds);
	if (k->metrics != NULL)
		serve_metrics(k);
	if (k->renew != NULL && k->renew(k->ctx))
		crew_anew(&k->crew);
	if (interval != 0 && now - k->told >= interval) {
		k->told += (now - k->told) / interval * interval;
		tell_stats(k);
	}
	k->waits = tick(k);
}

static void print_counters(struct keeper *k)
{
	crew_count(&k->crew, 0);
	count(k);
	run_print_counters(&k->run.stats, k->name);
	fprintf(stderr, "; the kernel received %llu packets and dropped %llu\n", (unsigned long long)k->stats.received,
	    (unsigned long long)k->stats.dropped);
}

static void fulfil(struct keeper *k)
{
	struct err e;
	struct rulebook *rules = &k->run.options->rules;
	signals_seen();
	if (signals_take(WISH_COUNTERS))
		print_counters(k);
	if (signals_take(WISH_REOPEN) && !reporter_reopen(k->run.reporter, &e))
		log_error("%s: %s", e.where, e.what);
	if (!signals_take(WISH_RULES))
		return;
	notify_reloading(&k->notify);
	if (rulebook_reload(rules, NULL))
		crew_rules(&k->crew, rules->text);
	notify_ready(&k->notify);
}

static int nap_of(struct keeper *k, bool moved)
{
	if (moved)
		return NAP_MS;
	if (!crew_sleep(&k->crew))
		return 0;
	return k->waits == REPORT_WAITS ? READER_MS : WAIT_MS;
}

static void rest(struct keeper *k, bool moved)
{
	struct pollfd fds[MAX_KEEPER_WATCHES + MAX_WORKERS + 1];
	const size_t own = k->watches;
	for (size_t i = 0; i < own; i++)
		fds[i] = (struct pollfd){ .fd = k->watch[i].fd, .events = POLLIN };
	const size_t count = own + crew_descriptors(&k->crew, fds + own);
	signals_wait(fds, count, nap_of(k, moved));
	for (size_t i = 0; i < own; i++)
		if ((fds[i].revents & POLLIN) != 0)
			k->watch[i].ready(k->watch[i].ctx);
	crew_look(&k->crew, clock_ns(CLOCK_MONOTONIC));
}

static void watch(struct keeper *k)
{
	while (!signals_wish(WISH_STOP) && k->waits != REPORT_GONE) {
		const bool moved = crew_move(&k->crew);
		beat(k);
		fulfil(k);
		rest(k, moved);
	}
}

/* A second order to stop is heard as well. */
static void end(struct keeper *k)
{
	int64_t moved_at = clock_ns(CLOCK_MONOTONIC);
	signals_take(WISH_STOP);
	crew_end(&k->crew);
	while (!crew_gone(&k->crew) && clock_ns(CLOCK_MONOTONIC) - moved_at < END_MS * INT64_C(1000000)) {
		const bool moved = crew_move(&k->crew);
		if (moved)
			moved_at = clock_ns(CLOCK_MONOTONIC);
		signals_seen();
		if (signals_take(WISH_STOP))
			crew_end(&k->crew);
		rest(k, moved);
	}
	crew_count(&k->crew, 0);
	tell_stats(k);
}

/* What tunnels carry is written by workers: the folder, which was made for it or was empty, becomes their user's. */
static bool give_folder(const struct options *o, struct err *e)
{
	if (o->pipeline.unwrap == NULL || geteuid() != 0 || o->sandbox == GUARD_OFF)
		return true;
	const struct guard_user to = guard_user();
	return fchown(unwrap_folder(o->pipeline.unwrap), to.uid, to.gid) == 0 ||
	       err_set_sys(e, o->unwrap, "cannot be given to the user of the workers");
}

static bool serve(struct keeper *k, struct err *e)
{
	const char *where = k->run.options->metrics;
	if (where == NULL)
		return true;
	k->metrics = metrics_http_open(where, e);
	if (k->metrics == NULL)
		return false;
	keeper_watch(k, metrics_http_fd(k->metrics), serve_metrics, k);
	return true;
}

static int work(struct keeper *k)
{
	struct err e;
	if (!give_folder(k->run.options, &e))
		return run_refused(&e, EXIT_DENIED);
	if (!serve(k, &e))
		return run_refused(&e, EXIT_USAGE);
	if (!crew_start(&k->crew, &e))
		return run_refused(&e, EXIT_DENIED);
	k->beaten = k->told = k->begun = clock_ns(CLOCK_MONOTONIC);
	k->run.counted = true;
	log_info("%s: %s", k->name, k->doing);
	notify_ready(&k->notify);
	watch(k);
	notify_stopping(&k->notify);
	end(k);
	return run_matched(&k->run) ? EXIT_FOUND : EXIT_DONE;
}

int keeper_run(struct keeper *k, struct options *o, const struct crew_job *job)
{
	struct err e;
	int status = EXIT_USAGE;
	notify_open(&k->notify);
	if (!crew_init(&k->crew, o, job, &e)) {
		log_error("%s: %s", e.where, e.what);
		crew_fini(&k->crew);
		return status;
	}
	if (run_open(&k->run, o, true)) {
		k->crew.to[LINE_RECORD] = k->run.reporter;
		k->crew.to[LINE_TABLE] = k->run.table;
		status = work(k);
	}
	k->run.unwrap_lost = crew_unwrap_lost(&k->crew);
	crew_fini(&k->crew);
	metrics_http_close(k->metrics);
	status = run_end(&k->run, status);
	notify_close(&k->notify);
	return status;
}
