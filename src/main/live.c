#include "main/live.h"

#include "capture/links.h"
#include "main/keeper.h"
#include "main/selftest.h"

struct live {
	struct options *options;
	struct links links;
};

static struct source *open_source(void *ctx, unsigned worker, bool again, struct err *e)
{
	struct live *l = ctx;
	struct live_options how = l->options->live;
	(void)worker;
	how.again = again;
	return source_open_live(&how, e);
}

static void opened(void *ctx, unsigned worker, struct source *s)
{
	struct live *l = ctx;
	(void)worker;
	(void)s;
	links_opened(&l->links);
}

static bool renew(void *ctx)
{
	struct live *l = ctx;
	return links_look(&l->links);
}

static int watch_interfaces(struct options *o)
{
	struct live l = { .options = o };
	const struct crew_job job = { .open = open_source, .opened = opened, .ctx = &l };
	char name[1024] = "";
	size_t used = 0;
	for (size_t i = 0; i < o->live.interfaces && used < sizeof name; i++)
		used +=
		    (size_t)snprintf(name + used, sizeof name - used, "%s%s", i != 0 ? ", " : "", o->live.interface[i]);
	struct keeper k = { .name = name, .renew = renew, .ctx = &l };
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
	o->rules.gathers = true;
	const int status = rulebook_load(&o->rules) ? watch_interfaces(o) : EXIT_USAGE;
	rulebook_close(&o->rules);
	return status;
}
