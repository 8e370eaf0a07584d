#include "main/aide.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "main/run.h"
#include "main/signals.h"

enum { LEAVE_MS = 500, NAME_LEN = 16 };

bool aide_init(struct aide *a, const char *what, size_t ring, struct err *e)
{
	*a = (struct aide){ .what = what, .leave = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .orders = { .wake = -1 } };
	if (a->leave < 0)
		return err_set_sys(e, what, "cannot be made");
	return ring_init(&a->orders, ring, -1, e);
}

void aide_fini(struct aide *a)
{
	ring_fini(&a->orders);
	if (a->leave >= 0)
		close(a->leave);
	a->leave = -1;
}

bool aide_anew(struct aide *a, struct err *e)
{
	uint64_t times;
	(void)!read(a->leave, &times, sizeof times);
	ring_reset(&a->orders);
	a->rounds_before = 0;
	a->still = 0;
	a->orders.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return a->orders.wake >= 0 || err_set_sys(e, a->what, "cannot be woken");
}

static bool shut_in(const struct aide *a, const struct options *o)
{
	struct guard g;
	char names[GUARD_TEXT];
	if (o->sandbox == GUARD_OFF)
		return true;
	guard_begin(&g);
	g.user = g.child = g.answers = true;
	const uint32_t missing = guard_close(&g);
	if (missing == 0 || o->sandbox != GUARD_REQUIRE)
		return true;
	guard_names(missing, names);
	log_error("the %s cannot be shut in; missing: %s", a->what, names);
	return false;
}

static int live_as(const struct aide *a, const struct aide_task *t, pid_t keeper)
{
	const int keep[] = { STDERR_FILENO, a->leave };
	char name[NAME_LEN];
	/* Whatever happens to the keeper, what this one holds of the kernel's must be given back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		return EXIT_INCOMPLETE;
	signals_ignore();
	snprintf(name, sizeof name, "culvert-%s", a->what);
	prctl(PR_SET_NAME, name);
	descriptors_leave(t->before, keep, sizeof keep / sizeof *keep);
	return shut_in(a, t->options) ? t->work(t->duty) : EXIT_DENIED;
}

bool aide_fork(struct aide *a, const struct aide_task *t, struct err *e)
{
	const pid_t keeper = getpid();
	a->pid = fork();
	if (a->pid == 0)
		_exit(live_as(a, t, keeper));
	if (a->pid > 0)
		return true;
	a->pid = 0;
	return err_set_sys(e, a->what, "cannot be forked");
}

static bool has_gone(const struct aide *a)
{
	for (unsigned ms = 0; ms < LEAVE_MS; ms++) {
		if (waitpid(a->pid, NULL, WNOHANG) != 0)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

void aide_end(struct aide *a)
{
	if (a->pid > 0) {
		(void)eventfd_write(a->leave, 1);
		if (a->still != 0 || !has_gone(a)) {
			kill(a->pid, SIGKILL);
			waitpid(a->pid, NULL, 0);
		}
	}
	if (a->orders.wake >= 0)
		close(a->orders.wake);
	a->pid = 0;
	a->orders.wake = -1;
}

bool aide_is_lost(struct aide *a, uint64_t beats, unsigned most)
{
	siginfo_t how = { 0 };
	if (a->pid == 0)
		return false;
	/* It is buried by aide_end. */
	if (waitid(P_PID, (id_t)a->pid, &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid == a->pid)
		return true;
	a->still = beats == a->rounds_before ? a->still + 1 : 0;
	a->rounds_before = beats;
	return a->still >= most;
}

bool aide_rest(struct aide *a, struct pollfd *more, int ms)
{
	uint64_t times;
	struct pollfd fds[3] = {
		{ .fd = a->leave, .events = POLLIN },
		{ .fd = a->orders.wake, .events = POLLIN },
		{ .fd = -1 },
	};
	if (more != NULL)
		fds[2] = *more;
	if (!ring_sleep(&a->orders))
		return false;
	poll(fds, 3, ms);
	(void)!read(a->orders.wake, &times, sizeof times);
	return (fds[0].revents & POLLIN) != 0;
}
