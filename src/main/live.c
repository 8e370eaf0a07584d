#include "main/live.h"

#include "capture/links.h"
#include "main/enforcing.h"
#include "main/keeper.h"
#include "main/marker.h"
#include "main/selftest.h"

/* Workers, in an order. */
struct row {
	unsigned worker[MAX_WORKERS], count;
};

struct live {
	struct options *options;
	struct links links;
	struct keeper keeper;
	struct marker marker[MAX_WORKERS]; /* as many as workers, when enforcing; else none */
	unsigned markers;
	int group[MAX_INTERFACES];
	struct row kernels; /* as the kernel has their sockets */
	bool shuffled;      /* and not in the order in which these were made */
	bool incomplete;    /* a worker lacks an interface that was not there when it was made */
};

static struct source *open_source(void *ctx, unsigned worker, bool again, struct err *e)
{
	struct live *l = ctx;
	struct live_options how = l->options->live;
	how.again = again;
	how.workers = l->options->workers;
	how.group = l->group;
	if (worker < l->markers && !marker_open(&l->marker[worker], l->options, e))
		return NULL;
	struct source *s = source_open_live(&how, e);
	if (s == NULL && worker < l->markers)
		marker_close(&l->marker[worker]);
	return s;
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
	if (worker < l->markers)
		marker_close(&l->marker[worker]);
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

/* One worker has no say about another's conversations. */
static void forked(void *ctx, unsigned worker)
{
	struct live *l = ctx;
	for (unsigned i = 0; i < l->markers; i++)
		if (i != worker)
			marker_fini(&l->marker[i]);
}

static struct ring *marks(void *ctx, unsigned worker)
{
	struct live *l = ctx;
	return &l->marker[worker].aide.orders;
}

static void enforced(void *ctx, struct enforce_stats *sum)
{
	const struct live *l = ctx;
	for (unsigned i = 0; i < l->markers; i++)
		marker_sum(&l->marker[i], sum);
}

static void look_at_markers(struct live *l)
{
	for (unsigned i = 0; i < l->markers; i++) {
		if (!marker_is_lost(&l->marker[i]))
			continue;
		log_error("who marks connections is gone or hangs; its worker is replaced");
		crew_kill(&l->keeper.crew, i);
	}
}

static bool renew(void *ctx)
{
	struct live *l = ctx;
	look_at_markers(l);
	const bool fresh = links_look(&l->links);
	/* An interface that comes up again takes up its sockets in the order in which they were made. */
	const bool shuffled = l->links.flapped && l->shuffled;
	l->links.flapped = false;
	return fresh || shuffled || (l->incomplete && links_all_up(&l->links));
}

static bool make_markers(struct live *l, struct err *e)
{
	const unsigned most = l->options->in_line.enforce ? l->options->workers : 0;
	while (l->markers < most)
		if (!marker_init(&l->marker[l->markers++], e))
			return false;
	return true;
}

static int listen_to(struct live *l)
{
	struct options *o = l->options;
	struct crew_job job = { .open = open_source, .opened = opened, .closed = closed, .ctx = l };
	char name[1024] = "";
	size_t used = 0;
	for (size_t i = 0; i < o->live.interfaces && used < sizeof name; i++)
		used +=
		    (size_t)snprintf(name + used, sizeof name - used, "%s%s", i != 0 ? ", " : "", o->live.interface[i]);
	l->keeper =
	    (struct keeper){ .name = name, .doing = "listening", .more_room = "--buffer", .renew = renew, .ctx = l };
	if (l->markers != 0) {
		job.forked = forked;
		job.marks = marks;
		l->keeper.enforced = enforced;
		l->keeper.doing = "listening, marking connections";
	}
	for (size_t i = 0; i < MAX_INTERFACES; i++)
		l->group[i] = -1;
	links_open(&l->links, &o->live);
	const int status = keeper_run(&l->keeper, o, &job);
	links_close(&l->links);
	return status;
}

static int watch_interfaces(struct options *o)
{
	struct live l = { .options = o, .kernels = { .count = 0 } };
	struct err e;
	int status = EXIT_DENIED;
	if (make_markers(&l, &e))
		status = listen_to(&l);
	else
		log_error("%s: %s", e.where, e.what);
	for (unsigned i = 0; i < l.markers; i++) {
		marker_close(&l.marker[i]);
		marker_fini(&l.marker[i]);
	}
	return status;
}

/* Before anything else is opened: does the kernel let itself be told, and by us? */
static bool may_enforce(void)
{
	struct err e;
	struct conntrack *c = conntrack_open(&e);
	if (c == NULL)
		log_error("%s: %s", e.where, e.what);
	conntrack_close(c);
	return c != NULL;
}

/* What is wrong with the words; the rules for a firewall need no interface. */
static bool words_fit(const struct options *o, char **words)
{
	if (*words != NULL)
		log_error("live: '%s' is no option", *words);
	else if (o->in_line.print != FIREWALL_NONE && !o->in_line.enforce)
		log_error("live: --print-rules prints what --enforce needs; without it there is nothing to load");
	else if (o->live.interfaces == 0 && o->in_line.print == FIREWALL_NONE)
		log_error("live: no interface named; see -i");
	else
		return !o->in_line.enforce || enforcing_marks_differ(&o->in_line);
	return false;
}

int live(struct options *o, char **words)
{
	if (*words == NULL && o->selftest)
		return selftest(o);
	if (!words_fit(o, words))
		return run_usage();
	if (o->in_line.print != FIREWALL_NONE) {
		enforcing_print(&o->in_line, stdout);
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_INCOMPLETE;
	}
	if (o->in_line.enforce && !may_enforce())
		return EXIT_DENIED;
	o->pipeline.enforce = o->in_line.enforce;
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
