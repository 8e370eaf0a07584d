/* What a worker holds is told by what it does not: of all that was open before its own things were, only standard error, the
 * bell and the folder of --unwrap stay open.  Nothing else of the keeper or of another worker is left to it. */
#include "main/crew_fork.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_FD = 1024 };

/* Descriptors that are open. */
struct open_fds {
	uint64_t bit[MAX_FD / 64];
};

static void note(struct open_fds *o)
{
	*o = (struct open_fds){ .bit = { 0 } };
	for (int fd = 0; fd < MAX_FD; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			o->bit[fd / 64] |= UINT64_C(1) << fd % 64;
}

static void close_noted(const struct open_fds *o, const int *keep, size_t kept)
{
	for (int fd = 0; fd < MAX_FD; fd++) {
		bool close_it = (o->bit[fd / 64] >> fd % 64 & 1) != 0;
		for (size_t i = 0; i < kept; i++)
			close_it = close_it && fd != keep[i];
		if (close_it)
			close(fd);
	}
#ifdef SYS_close_range
	syscall(SYS_close_range, MAX_FD, ~0u, 0);
#endif
}

/* Numbers that somebody may still believe in lead nowhere. */
static void close_standard(void)
{
	const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nowhere < 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (fd != nowhere)
			dup2(nowhere, fd);
	if (nowhere > STDOUT_FILENO)
		close(nowhere);
}

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

static int work(struct crew *c, unsigned i, int orders, const struct open_fds *before)
{
	struct member *m = &c->member[i];
	const int keep[] = { STDERR_FILENO, c->wake, unwrap_folder(c->options->pipeline.unwrap) };
	const struct worker_duty duty = {
		.options = c->options,
		.source = m->source,
		.lines = &m->lines,
		.numbers = &m->numbers,
		.orders = orders,
		.record_colours = reporter_colours(c->to[LINE_RECORD]),
		.table_colours = c->to[LINE_TABLE] != NULL && reporter_colours(c->to[LINE_TABLE]),
	};
	close(m->orders);
	leave_others(c, i);
	close_noted(before, keep, sizeof keep / sizeof *keep);
	close_standard();
	return worker_run(&duty);
}

bool crew_fork(struct crew *c, unsigned i, bool again, struct err *e)
{
	struct member *m = &c->member[i];
	struct open_fds before;
	int orders = -1;
	ring_reset(&m->lines);
	page_reset(&m->numbers);
	m->beats = 0;
	m->still = 0;
	m->ready = m->ending = m->failed = false;
	note(&before);
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
	return false;
}
