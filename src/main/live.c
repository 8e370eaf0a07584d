#include "main/live.h"

#include "capture/links.h"
#include "main/keeper.h"
#include "main/selftest.h"

/* Workers, in an order. */
struct row {
	unsigned worker[MAX_WORKERS], count;
};

struct live {
	struct options *options;
	struct links links;
	int group[MAX_INTERFACES];
	struct row kernels; /* as the kernel has their sockets */
	bool shuffled;      /* and not in the order in which these were made */
	bool incomplete;    /* a worker lacks an interface that was not there when it was made */
};

static struct source *open_source(void *ctx, unsigned worker, bool again, struct err *e)
{
	struct live *l = ctx;
	struct live_options how = l->options->live;
	(void)worker;
	how.again = again;
	how.workers = l->options->workers;
	how.group = l->group;
	return source_open_live(&how, e);
}

static void opened(void *ctx, unsigned worker, struct source *s)
{
	struct live *l = ctx;
	struct pollfd fds[MAX_INTERFACES];
	unsigned place[MAX_WORKERS] = { 0 };
	struct err e;
	l->incomplete |= source_descriptors(s, fds, MAX_INTERFACES) < l->options->live.interfaces;
	links_opened(&l->links);
	l->kernels.worker[l->kernels.count++] = worker;
	for (unsigned i = 0; i < l->kernels.count; i++)
		place[l->kernels.worker[i]] = i;
	if (l->options->workers > 1 && !source_share(s, place, l->options->workers, &e))
		log_error("%s: %s", e.where, e.what);
}

/* As the kernel does it. */
static void closed(void *ctx, unsigned worker)
{
	struct live *l = ctx;
	struct row *r = &l->kernels;
	unsigned at = 0;
	while (at < r->count && r->worker[at] != worker)
		at++;
	if (at == r->count)
		return;
	r->count--;
	l->shuffled |= at + 1 < r->count;
	r->worker[at] = r->worker[r->count];
	if (r->count != 0)
		return;
	l->shuffled = l->incomplete = false;
	for (size_t i = 0; i < MAX_INTERFACES; i++)
		l->group[i] = -1;
}

static bool renew(void *ctx)
{
	struct live *l = ctx;
	const bool fresh = links_look(&l->links);
	/* An interface that comes up again takes up its sockets in the order in which they were made. */
	const bool shuffled = l->links.flapped && l->shuffled;
	l->links.flapped = false;
	return fresh || shuffled || (l->incomplete && links_all_up(&l->links));
}

static int watch_interfaces(struct options *o)
{
	struct live l = { .options = o, .kernels = { .count = 0 } };
	const struct crew_job job = { .open = open_source, .opened = opened, .closed = closed, .ctx = &l };
	char name[1024] = "";
	size_t used = 0;
	for (size_t i = 0; i < o->live.interfaces && used < sizeof name; i++)
		used +=
		    (size_t)snprintf(name + used, sizeof name - used, "%s%s", i != 0 ? ", " : "", o->live.interface[i]);
	struct keeper k = { .name = name, .doing = "listening", .more_room = "--buffer", .renew = renew, .ctx = &l };
	for (size_t i = 0; i < MAX_INTERFACES; i++)
		l.group[i] = -1;
	links_open(&l.links, &o->live);
	const int status = keeper_run(&k, o, &job);
	links_close(&l.links);
	return status;
}

int live(struct options *o, char **words)
{
	if (*words == NULL && o->selftest)
		return selftest(o);
	if (*words != NULL || o->live.interfaces == 0) {
		if (*words != NULL)
			log_error("live: '%s' is no option", *words);
		else
			log_error("live: no interface named; see -i");
		return run_usage();
	}
	o->live.filter = o->filter;
	if (o->workers == WORKERS_UNSAID)
		o->workers = 1;
	if (o->watchdog == WATCHDOG_UNSAID)
		o->watchdog = WATCHDOG;
	o->rules.gathers = true;
	const int status = rulebook_load(&o->rules) ? watch_interfaces(o) : EXIT_USAGE;
	rulebook_close(&o->rules);
	return status;
}
