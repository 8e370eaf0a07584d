/* All hands read the same bytes and come to the same opinion of a file: the first says it. */
#include "main/hand.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "main/descriptors.h"
#include "main/merge.h"
#include "main/signals.h"

enum { BATCH = 4096 /* frames between two looks around */ };

struct hand {
	struct run run;
	const struct hand_duty *duty;
	struct hand_numbers now;
	int status;
};

static struct reporter *open_ring(
    const struct hand_duty *d, uint32_t tag, enum report_format format, bool colours, struct err *e)
{
	struct reporter *r = reporter_open_ring(d->lines, tag, format, colours, e);
	if (r != NULL)
		reporter_patient(r);
	return r;
}

static bool prepare(struct hand *h, struct err *e)
{
	const struct hand_duty *d = h->duty;
	struct options *o = d->options;
	h->run = (struct run){ .options = o, .besides = merge_ring(o->ordered) };
	o->pipeline.flows = (o->pipeline.flows + o->workers - 1) / o->workers;
	h->run.reporter = open_ring(d, LINE_RECORD, o->format, d->record_colours, e);
	if (h->run.reporter == NULL)
		return false;
	if (o->table && (h->run.table = open_ring(d, LINE_TABLE, REPORT_TEXT, d->table_colours, e)) == NULL)
		return false;
	if (!run_start(&h->run, e))
		return false;
	pipeline_share(h->run.pipeline, d->number, o->workers, o->ordered);
	return true;
}

/* What it reads is the user's own, so that it stays the user. */
static bool shut_in(const struct hand_duty *d)
{
	struct guard g;
	const struct options *o = d->options;
	if (o->sandbox == GUARD_OFF)
		return true;
	guard_begin(&g);
	g.child = true;
	for (size_t i = 0; i < d->files->count; i++)
		if (!pour_has(d->pour, i))
			guard_allow(&g, d->files->names[i], GUARD_READ);
	if (o->unwrap != NULL)
		guard_allow(&g, o->unwrap, GUARD_WRITE);
	return guard_close(&g) == 0 || o->sandbox != GUARD_REQUIRE;
}

static void show_numbers(struct hand *h, const struct source *s)
{
	h->now.unwrap_lost = unwrap_lost(h->run.options->pipeline.unwrap);
	if (s != NULL)
		h->now.at = source_position(s, &h->now.total);
	pipeline_stats(h->run.pipeline, &h->now.stats);
	h->now.stats.source = NULL;
	page_show(h->duty->numbers, &h->now);
}

static bool told_to_stop(const struct hand *h)
{
	uint64_t stop = 0;
	return page_read(h->duty->stop, &stop) && stop != 0;
}

static void fail(struct hand *h, const struct err *e, int status)
{
	h->now.failures++;
	h->status = status;
	if (h->duty->number == 0)
		log_error("%s: %s", e->where, e->what);
}

static struct source *open_file(const struct hand_duty *d, size_t i, struct err *e)
{
	const char *const name = d->files->names[i], *const filter = d->options->filter;
	if (pour_has(d->pour, i))
		return source_open_descriptor(pour_out(d->pour, i, d->number), name, filter, e);
	return source_open_file(name, filter, e);
}

/* False: none of the others is to be read. */
static bool read_file(struct hand *h, size_t i)
{
	struct err e;
	enum source_got got = GOT_FRAME;
	struct source *s = open_file(h->duty, i, &e);
	if (s == NULL) {
		if (!told_to_stop(h))
			fail(h, &e, run_blame(&e, EXIT_INCOMPLETE));
		return h->status <= EXIT_INCOMPLETE;
	}
	h->now.files = i + 1;
	pipeline_source(h->run.pipeline, h->duty->files->names[i]);
	while (got == GOT_FRAME && !told_to_stop(h)) {
		got = run_frames(&h->run, s, BATCH, &e);
		show_numbers(h, s);
	}
	pipeline_drain(h->run.pipeline);
	/* What is poured ends anywhere when it is to stop. */
	if (got == GOT_DAMAGE && !told_to_stop(h))
		fail(h, &e, EXIT_INCOMPLETE);
	show_numbers(h, s);
	source_close(s);
	return true;
}

/* Nothing of its parent's is left to it, but standard error and what it works with. */
static void leave_descriptors(const struct hand_duty *d)
{
	struct descriptors open;
	int keep[MAX_FD] = { STDERR_FILENO, d->alive, d->lines->wake, unwrap_folder(d->options->pipeline.unwrap) };
	size_t kept = 4;
	for (size_t i = 0; i < d->files->count && kept < MAX_FD; i++)
		if (pour_has(d->pour, i))
			keep[kept++] = pour_out(d->pour, i, d->number);
	descriptors_note(&open);
	descriptors_leave(&open, keep, kept);
}

int hand_run(const struct hand_duty *d)
{
	struct hand h = { .duty = d, .status = EXIT_DONE };
	struct err e;
	signals_ignore();
	prctl(PR_SET_NAME, "culvert-worker");
	/* Nobody would hear what it says then. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != d->parent)
		return EXIT_INCOMPLETE;
	leave_descriptors(d);
	if (!prepare(&h, &e)) {
		log_error("worker: %s: %s", e.where, e.what);
		return EXIT_USAGE;
	}
	if (!shut_in(d))
		return EXIT_DENIED;
	for (size_t i = 0; i < d->files->count && !told_to_stop(&h); i++)
		if (!read_file(&h, i))
			break;
	h.now.over = 1;
	show_numbers(&h, NULL);
	return h.status;
}
