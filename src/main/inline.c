/* One process reads the queue, decides and answers.  Packets wait, so nothing here does but for packets: records that nobody
 * takes are lost sooner than a packet is late.
 *
 * Failing open takes a second one: a process that was stopped, or hangs, still has the queue, and the kernel knows no better
 * than to let packets wait for it.  So a stand-in watches the beat of the first, and lets everything pass while there is none. */
#include "main/inline.h"

#include <errno.h>
#include <stdio.h>
#include "main/clock.h"
#include "main/firewall.h"
#include "main/inline_check.h"
#include "main/run.h"
#include "main/signals.h"
#include "main/standin.h"

enum { BATCH = 256, WAIT_MS = 250 };

struct in_line {
	struct run run;
	struct source *source;
	struct standin *standin; /* NULL: fail closed */
	struct live_stats stats;
	int64_t begun, beaten, told; /* ns, monotonic */
	uint64_t drops_said, refused_said;
};

static void answer_all(const struct in_line *l)
{
	size_t count;
	const struct packet_answer *a = pipeline_answers(l->run.pipeline, &count);
	for (size_t i = 0; i < count; i++)
		source_answer(l->source, &a[i]);
}

/* True when there may be more. */
static bool take_packets(struct in_line *l)
{
	struct frame f;
	struct err e;
	for (unsigned n = 0; n < BATCH && !signals_any(); n++) {
		if (source_next(l->source, &f, &e) != GOT_FRAME)
			return false;
		pipeline_decide(l->run.pipeline, &f);
		answer_all(l);
	}
	return true;
}

static void tell_stats(struct in_line *l)
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
	report_stats(l->run.reporter, &l->run.stats);
}

static void say_losses(struct in_line *l)
{
	struct source_counters kernel;
	source_counters(l->source, &kernel);
	if (kernel.dropped != l->drops_said)
		log_warn("%s: the kernel dropped %llu packets; see --queue-length", source_name(l->source),
		    (unsigned long long)(kernel.dropped - l->drops_said));
	if (kernel.refused != l->refused_said)
		log_warn("%s: the kernel did not take %llu answers", source_name(l->source),
		    (unsigned long long)(kernel.refused - l->refused_said));
	l->drops_said = kernel.dropped;
	l->refused_said = kernel.refused;
}

/* Once a second. */
static void beat(struct in_line *l, bool idle)
{
	const int64_t now = clock_ns(CLOCK_MONOTONIC), wall = clock_ns(CLOCK_REALTIME);
	const int64_t interval = (int64_t)l->run.options->stats_interval * SECOND;
	standin_beat(l->standin, now);
	if (now - l->beaten < SECOND)
		return;
	l->beaten = now;
	source_tick(l->source);
	if (idle) {
		pipeline_tick(l->run.pipeline, wall);
		answer_all(l);
		source_flush(l->source);
	}
	if (interval != 0 && now - l->told >= interval) {
		l->told += (now - l->told) / interval * interval;
		say_losses(l);
		tell_stats(l);
	}
	reporter_tick(l->run.reporter, wall);
}

static void fulfil(struct in_line *l)
{
	struct err e;
	signals_seen();
	if (signals_take(WISH_COUNTERS)) {
		run_count(&l->run);
		run_print_counters(&l->run.stats, source_name(l->source));
		fputc('\n', stderr);
	}
	if (signals_take(WISH_REOPEN) && !reporter_reopen(l->run.reporter, &e))
		log_error("%s: %s", e.where, e.what);
	if (signals_take(WISH_RULES))
		rulebook_reload(&l->run.options->rules, l->run.pipeline);
}

static void watch(struct in_line *l)
{
	struct pollfd fds[1];
	while (!signals_wish(WISH_STOP)) {
		const bool more = take_packets(l);
		beat(l, !more);
		fulfil(l);
		if (more)
			continue;
		source_flush(l->source);
		signals_wait(fds, source_descriptors(l->source, fds, 1), WAIT_MS);
	}
}

static int finish(struct in_line *l)
{
	pipeline_drain(l->run.pipeline);
	answer_all(l);
	source_flush(l->source);
	source_tick(l->source);
	say_losses(l);
	tell_stats(l);
	return run_matched(&l->run) ? EXIT_FOUND : EXIT_DONE;
}

static int serve(struct in_line *l)
{
	const bool open = l->run.options->in_line.fail == FAIL_OPEN;
	l->beaten = l->told = l->begun;
	if (open)
		l->standin = standin_start(l->source);
	log_info("%s: in the way, failing %s", source_name(l->source), open ? "open" : "closed");
	watch(l);
	return finish(l);
}

static int stand_in_the_way(struct options *o)
{
	struct err e;
	struct in_line l = { .begun = clock_ns(CLOCK_MONOTONIC) };
	int status = EXIT_USAGE;
	l.source = source_open_queue(&o->in_line.queue, &e);
	if (l.source == NULL)
		return run_refused(&e, EXIT_DENIED);
	if (run_open(&l.run, o, true)) {
		if (run_start(&l.run, &e))
			status = serve(&l);
		else
			log_error("%s: %s", e.where, e.what);
	}
	standin_stop(l.standin);
	status = run_end(&l.run, status);
	source_close(l.source);
	return status;
}

static bool is_ready(const struct inline_options *o, char **words)
{
	if (*words != NULL)
		log_error("inline: '%s' is no option", *words);
	else if (!o->numbered)
		log_error("inline: no queue named; see -q");
	else if (o->fail == FAIL_UNSAID && !o->check)
		log_error(
		    "inline: say --fail open (what cannot be judged passes, also while culvert does not run) or --fail "
		    "closed (it does not); there is no default");
	else
		return true;
	return false;
}

int in_the_way(struct options *o, char **words)
{
	struct inline_options *i = &o->in_line;
	if (!is_ready(i, words))
		return run_usage();
	if (o->workers > 1 || o->metrics != NULL) {
		log_error("inline: -j and --metrics are for live only");
		return run_usage();
	}
	inline_settle_policies(i);
	if (i->print != FIREWALL_NONE) {
		firewall_print(i, stdout);
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_INCOMPLETE;
	}
	if (i->check)
		return inline_check(i) ? EXIT_DONE : EXIT_DENIED;
	o->pipeline.gate = &i->gate;
	/* Only what came first is let through, and the kernel says which sums are still to be filled in. */
	o->pipeline.overlaps = OVERLAP_FIRST;
	if (o->pipeline.checksums == CHECKSUM_AUTO)
		o->pipeline.checksums = CHECKSUM_ALL;
	const int status = rulebook_load(&o->rules) ? stand_in_the_way(o) : EXIT_USAGE;
	rulebook_close(&o->rules);
	return status;
}
