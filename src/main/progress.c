#include "main/progress.h"

#include <stdio.h>
#include <unistd.h>
#include "main/signals.h"

void progress_begin(struct progress *g, const struct options *o)
{
	*g = (struct progress){ .on = isatty(STDERR_FILENO) && o->verbosity >= LOG_WARN };
	clock_gettime(CLOCK_MONOTONIC, &g->begun);
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

static void print_counters(const struct run *r, const char *name, uint64_t at, uint64_t total)
{
	struct report_stats now;
	run_counters(r, &now);
	run_print_counters(&now, name);
	if (total != 0)
		fprintf(stderr, ", %u %%", (unsigned)(100 * (at < total ? at : total) / total));
}

void progress_show(struct progress *g, const struct run *r, const char *name, uint64_t at, uint64_t total)
{
	if (signals_take(WISH_COUNTERS)) {
		print_counters(r, name, at, total);
		fputc('\n', stderr);
	}
	const double now = g->on ? seconds_since(&g->begun) : 0;
	if (!g->on || now < 1 || now - g->shown < 0.25)
		return;
	g->shown = now;
	fputc('\r', stderr);
	print_counters(r, name, at, total);
	fputs("\033[K", stderr);
}

void progress_end(struct progress *g)
{
	if (g->shown > 0)
		fputs("\r\033[K", stderr);
	g->shown = 0;
}
