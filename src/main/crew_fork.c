/* Of all that was open before its own things were, only standard error, the bell and the folder of --unwrap stay open in a
 * worker.  Nothing else of the keeper or of another worker is left to it. */
#include "main/crew_fork.h"

#include <errno.h>
#include <unistd.h>
#include "main/descriptors.h"

static void leave_others(struct crew *c, unsigned own)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct member *m = &c->member[i];
		if (i == own)
			continue;
		source_close(m->source);
		ring_fini(&m->lines);
		page_fini(&m->numbers);
	}
}

static int work(struct crew *c, unsigned i, int orders, const struct descriptors *before)
{
	struct member *m = &c->member[i];
	const int keep[] = { STDERR_FILENO, c->wake, unwrap_folder(c->options->pipeline.unwrap) };
	const struct worker_duty duty = {
		.options = c->options,
		.source = m->source,
		.lines = &m->lines,
		.marks = c->job.marks != NULL ? c->job.marks(c->job.ctx, i) : NULL,
		.numbers = &m->numbers,
		.orders = orders,
		.record_colours = reporter_colours(c->to[LINE_RECORD]),
		.table_colours = c->to[LINE_TABLE] != NULL && reporter_colours(c->to[LINE_TABLE]),
	};
	close(m->orders);
	leave_others(c, i);
	if (c->job.forked != NULL)
		c->job.forked(c->job.ctx, i);
	descriptors_leave(before, keep, sizeof keep / sizeof *keep);
	return worker_run(&duty);
}

bool crew_fork(struct crew *c, unsigned i, bool again, struct err *e)
{
	struct member *m = &c->member[i];
	struct descriptors before;
	int orders = -1;
	ring_reset(&m->lines);
	page_reset(&m->numbers);
	m->beats = 0;
	m->still = 0;
	m->ready = m->ending = m->failed = false;
	descriptors_note(&before);
	m->source = c->job.open(c->job.ctx, i, again, e);
	if (m->source == NULL)
		return false;
	if (orders_pair(&m->orders, &orders, e)) {
		m->pid = fork();
		if (m->pid == 0)
			_exit(work(c, i, orders, &before));
		close(orders);
		if (m->pid > 0)
			return true;
		close(m->orders);
		err_set_sys(e, "worker", "cannot be forked");
	}
	m->pid = 0;
	m->orders = -1;
	source_close(m->source);
	m->source = NULL;
	if (c->job.closed != NULL)
		c->job.closed(c->job.ctx, i);
	return false;
}
