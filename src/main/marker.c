/* The kernel asks both who sends and who opened the socket for the right (decision 0021), so it is opened by the keeper, which
 * keeps none of it, and used by the marker, which keeps the capability. */
#include "main/marker.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "main/clock.h"
#include "main/descriptors.h"
#include "main/porter.h"
#include "main/run.h"
#include "main/signals.h"

enum {
	RING_SIZE = 1 << 18, /* some thousands of orders */
	ORDERS_AT_ONCE = 64,
	LOOK_MS = 250,
	LOST_LOOKS = 3, /* about a second each */
	LEAVE_MS = 500
};

struct duty {
	struct marker *marker;
	struct conntrack *conntrack;
	struct conn_mark mark[MARKS];
	struct enforce_stats done;
};

bool marker_init(struct marker *m, struct err *e)
{
	*m = (struct marker){ .orders = { .wake = -1 }, .leave = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	if (m->leave < 0)
		return err_set_sys(e, "marker", "cannot be made");
	return ring_init(&m->orders, RING_SIZE, -1, e) && page_init(&m->numbers, sizeof(struct enforce_stats), e);
}

void marker_fini(struct marker *m)
{
	ring_fini(&m->orders);
	page_fini(&m->numbers);
	if (m->leave >= 0)
		close(m->leave);
	m->leave = -1;
}

static void obey(struct duty *d, const struct mark_order *o)
{
	switch (conntrack_mark(d->conntrack, o, d->mark[o->kind])) {
	case MARKED:
		d->done.enforced++;
		return;
	case MARKED_BEFORE:
		return;
	case MARKED_UNKNOWN:
		d->done.unknown++;
		return;
	case MARKED_FAILED:
		d->done.failed++;
		return;
	}
}

static enum ring_got take_orders(struct duty *d)
{
	struct mark_order o;
	uint32_t tag;
	size_t len;
	unsigned n = 0;
	for (; n < ORDERS_AT_ONCE; n++) {
		const enum ring_got got = ring_take(&d->marker->orders, &tag, &o, sizeof o, &len);
		if (got == RING_EMPTY)
			break;
		if (got == RING_BROKEN || len != sizeof o || !order_is_sane(&o))
			return RING_BROKEN;
		obey(d, &o);
	}
	return n != 0 ? RING_ITEM : RING_EMPTY;
}

/* True when it is to go. */
static bool rest(struct duty *d)
{
	uint64_t times;
	struct ring *orders = &d->marker->orders;
	struct pollfd fds[2] = {
		{ .fd = d->marker->leave, .events = POLLIN },
		{ .fd = orders->wake, .events = POLLIN },
	};
	if (!ring_sleep(orders))
		return false;
	poll(fds, 2, LOOK_MS);
	(void)!read(orders->wake, &times, sizeof times);
	return (fds[0].revents & POLLIN) != 0;
}

static int serve(struct duty *d)
{
	for (bool leave = false;;) {
		const enum ring_got got = take_orders(d);
		if (got != RING_EMPTY)
			page_show(&d->marker->numbers, &d->done);
		page_beat(&d->marker->numbers);
		if (got == RING_BROKEN) {
			log_error("marker: what its worker asks for makes no sense");
			return EXIT_INCOMPLETE;
		}
		if (leave && got == RING_EMPTY)
			return EXIT_DONE;
		if (got == RING_EMPTY)
			leave |= rest(d);
	}
}

static int work(struct duty *d, const struct options *o, const struct descriptors *before, pid_t keeper)
{
	const int keep[] = { STDERR_FILENO, d->marker->leave };
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		return EXIT_INCOMPLETE;
	signals_ignore();
	prctl(PR_SET_NAME, "culvert-marker");
	descriptors_leave(before, keep, sizeof keep / sizeof *keep);
	return porter_shut_in("marker", o) ? serve(d) : EXIT_DENIED;
}

static bool start(struct marker *m, const struct options *o, const struct descriptors *before, struct err *e)
{
	struct duty d = { .marker = m, .conntrack = conntrack_open(e) };
	d.mark[MARK_FORBIDDEN] = o->in_line.forbidden;
	d.mark[MARK_SETTLED] = (struct conn_mark){ o->in_line.gate.mark, o->in_line.gate.mask };
	if (d.conntrack == NULL)
		return false;
	const pid_t keeper = getpid();
	m->pid = fork();
	if (m->pid == 0)
		_exit(work(&d, o, before, keeper));
	conntrack_close(d.conntrack);
	if (m->pid > 0)
		return true;
	m->pid = 0;
	return err_set_sys(e, "marker", "cannot be forked");
}

static void begin_anew(struct marker *m)
{
	uint64_t times;
	(void)!read(m->leave, &times, sizeof times);
	ring_reset(&m->orders);
	page_reset(&m->numbers);
	m->rounds_before = 0;
	m->still = 0;
}

bool marker_open(struct marker *m, const struct options *o, struct err *e)
{
	struct descriptors before;
	marker_close(m);
	begin_anew(m);
	descriptors_note(&before);
	m->orders.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->orders.wake < 0)
		return err_set_sys(e, "marker", "cannot be woken");
	if (start(m, o, &before, e))
		return true;
	marker_close(m);
	return false;
}

static bool has_gone(const struct marker *m)
{
	for (unsigned ms = 0; ms < LEAVE_MS; ms++) {
		if (waitpid(m->pid, NULL, WNOHANG) != 0)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static void end(struct marker *m)
{
	struct enforce_stats done;
	(void)eventfd_write(m->leave, 1);
	if (m->still != 0 || !has_gone(m)) {
		kill(m->pid, SIGKILL);
		waitpid(m->pid, NULL, 0);
	}
	if (page_read(&m->numbers, &done))
		enforce_stats_add(&m->before, &done);
	page_reset(&m->numbers);
	m->pid = 0;
}

void marker_close(struct marker *m)
{
	if (m->pid > 0)
		end(m);
	if (m->orders.wake >= 0)
		close(m->orders.wake);
	m->orders.wake = -1;
}

bool marker_is_lost(struct marker *m)
{
	siginfo_t how = { 0 };
	if (m->pid == 0)
		return false;
	/* It is buried by marker_close. */
	if (waitid(P_PID, (id_t)m->pid, &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid == m->pid)
		return true;
	const uint64_t rounds = page_beats(&m->numbers);
	m->still = rounds == m->rounds_before ? m->still + 1 : 0;
	m->rounds_before = rounds;
	return m->still >= LOST_LOOKS;
}

void marker_sum(const struct marker *m, struct enforce_stats *sum)
{
	struct enforce_stats done;
	enforce_stats_add(sum, &m->before);
	if (page_read(&m->numbers, &done))
		enforce_stats_add(sum, &done);
}
