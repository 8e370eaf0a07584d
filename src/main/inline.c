/* As live, with a keeper and workers; and to each worker, which has no rights, a porter, which may answer.  Each worker has a
 * queue of its own, and the kernel shares the packets among them by pairs of addresses. */
#include "main/inline.h"

#include <stdio.h>
#include "main/firewall.h"
#include "main/inline_check.h"
#include "main/keeper.h"
#include "main/porter.h"
#include "main/selftest.h"

enum { WATCHDOG_INLINE = 2 /* seconds: here, packets wait */ };

struct in_line {
	struct options *options;
	struct keeper keeper;
	struct porter porter[MAX_WORKERS];
};

static struct source *open_source(void *ctx, unsigned worker, bool again, struct err *e)
{
	struct in_line *l = ctx;
	struct queue_options how = l->options->in_line.queue;
	(void)again;
	how.number += worker;
	return porter_open(&l->porter[worker], l->options, &how, e);
}

static void closed(void *ctx, unsigned worker)
{
	struct in_line *l = ctx;
	porter_close(&l->porter[worker]);
}

/* One worker has no say about another's packets. */
static void forked(void *ctx, unsigned worker)
{
	struct in_line *l = ctx;
	for (unsigned i = 0; i < l->options->workers; i++)
		if (i != worker)
			porter_fini(&l->porter[i]);
}

static bool look_at_porters(void *ctx)
{
	struct in_line *l = ctx;
	for (unsigned i = 0; i < l->options->workers; i++) {
		if (!porter_is_lost(&l->porter[i]))
			continue;
		log_error("queue %u: who answers is gone or hangs; its worker is replaced",
		    (unsigned)(l->options->in_line.queue.number + i));
		crew_kill(&l->keeper.crew, i);
	}
	return false;
}

static int stand_in_the_way(struct options *o)
{
	static const char *const failing[] = {
		[FAIL_OPEN] = "in the way, failing open", [FAIL_CLOSED] = "in the way, failing closed"
	};
	struct in_line l = { .options = o };
	const struct crew_job job = { .open = open_source, .closed = closed, .forked = forked, .ctx = &l };
	const unsigned first = o->in_line.queue.number, last = first + o->workers - 1;
	char name[64];
	struct err e;
	int status = EXIT_DENIED;
	bool ready = true;
	for (unsigned i = 0; i < o->workers; i++)
		ready = porter_init(&l.porter[i], &e) && ready;
	snprintf(name, sizeof name, first == last ? "queue %u" : "queues %u to %u", first, last);
	l.keeper = (struct keeper){ .name = name,
		.doing = failing[o->in_line.fail],
		.more_room = "--queue-length",
		.renew = look_at_porters,
		.ctx = &l };
	if (ready)
		status = keeper_run(&l.keeper, o, &job);
	else
		log_error("%s: %s", e.where, e.what);
	for (unsigned i = 0; i < o->workers; i++) {
		porter_close(&l.porter[i]);
		porter_fini(&l.porter[i]);
	}
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

/* `-q 5-8` and `-q 5 -j 4` are the same. */
static bool settle_workers(struct options *o)
{
	struct inline_options *i = &o->in_line;
	const uint32_t named = i->last - i->queue.number + 1;
	if (named > MAX_WORKERS || (named > 1 && o->workers != WORKERS_UNSAID && o->workers != named)) {
		log_error("inline: each of %u queues takes a worker; there are %u, at most %d", named, o->workers,
		    MAX_WORKERS);
		return false;
	}
	if (o->workers == WORKERS_UNSAID)
		o->workers = named;
	i->last = i->queue.number + o->workers - 1;
	if (i->last <= UINT16_MAX)
		return true;
	log_error("inline: there is no queue %u", i->last);
	return false;
}

int in_the_way(struct options *o, char **words)
{
	struct inline_options *i = &o->in_line;
	if (*words == NULL && o->selftest)
		return selftest(o);
	if (!is_ready(i, words) || !settle_workers(o))
		return run_usage();
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
	if (o->watchdog == WATCHDOG_UNSAID)
		o->watchdog = WATCHDOG_INLINE;
	o->rules.gathers = true;
	const int status = rulebook_load(&o->rules) ? stand_in_the_way(o) : EXIT_USAGE;
	rulebook_close(&o->rules);
	return status;
}
