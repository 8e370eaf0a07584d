/* The kernel takes answers from the queue's own socket only, so the two share it; closed by both and by their keeper, the queue
 * is given back, and what waits in it is dropped.
 *
 * A worker's life is told by its reading, which it does a few times a second even when there is nothing to read. */
#include "main/porter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "capture/answering.h"
#include "main/clock.h"
#include "main/descriptors.h"
#include "main/run.h"
#include "main/signals.h"

enum {
	RING_SIZE = 2 << 20, /* more answers than packets wait by default */
	LOOK_MS = 100,
	STALLED_MS = 1500,
	LOST_LOOKS = 2, /* about a second each */
	LEAVE_MS = 500
};

struct duty {
	struct porter *porter;
	struct source *queue;
	struct answering *answering;
	bool open, standing; /* failing open; everything passes now */
	uint64_t beats;
	int64_t moved, told; /* ns, monotonic */
};

bool porter_init(struct porter *p, struct err *e)
{
	*p = (struct porter){ .leave = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
	if (p->leave < 0)
		return err_set_sys(e, "porter", "cannot be made");
	return ring_init(&p->answers, RING_SIZE, -1, e) && page_init(&p->life, sizeof(struct queue_life), e) &&
	       page_init(&p->rounds, sizeof(uint64_t), e);
}

void porter_fini(struct porter *p)
{
	ring_fini(&p->answers);
	page_fini(&p->life);
	page_fini(&p->rounds);
	if (p->leave >= 0)
		close(p->leave);
	p->leave = -1;
}

bool porter_shut_in(const char *who, const struct options *o)
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
	log_error("the %s cannot be shut in; missing: %s", who, names);
	return false;
}

static void look_at_worker(struct duty *d, int64_t now)
{
	const uint64_t beats = page_beats(&d->porter->life);
	d->moved = beats != d->beats ? now : d->moved;
	d->beats = beats;
	const bool stalled = now - d->moved > STALLED_MS * INT64_C(1000000);
	if (stalled && !d->standing)
		log_warn("%s: its worker does not move: everything passes", source_name(d->queue));
	if (!stalled && d->standing)
		log_warn("%s: its worker moves again: packets are judged", source_name(d->queue));
	d->standing = stalled;
}

static void say_refused(struct duty *d, int64_t now)
{
	if (now - d->told < SECOND)
		return;
	d->told = now;
	const uint64_t refused = answering_refused(d->answering);
	if (refused != 0)
		log_warn(
		    "%s: %llu answers or resets could not be sent", source_name(d->queue), (unsigned long long)refused);
}

/* True when it is to go. */
static bool rest(struct duty *d)
{
	uint64_t times;
	struct pollfd fds[3] = {
		{ .fd = d->porter->leave, .events = POLLIN },
		{ .fd = d->porter->answers.wake, .events = POLLIN },
	};
	const size_t more = d->standing ? source_descriptors(d->queue, fds + 2, 1) : 0;
	if (!ring_sleep(&d->porter->answers))
		return false;
	poll(fds, 2 + more, LOOK_MS);
	(void)!read(d->porter->answers.wake, &times, sizeof times);
	return (fds[0].revents & POLLIN) != 0;
}

static int serve(struct duty *d)
{
	for (bool leave = false;;) {
		const int64_t now = clock_ns(CLOCK_MONOTONIC);
		const enum ring_got got = answering_round(d->answering);
		page_beat(&d->porter->rounds);
		if (got == RING_BROKEN) {
			log_error("%s: what its worker decides makes no sense", source_name(d->queue));
			return EXIT_INCOMPLETE;
		}
		if (leave && got == RING_EMPTY)
			return EXIT_DONE;
		if (d->open && !leave)
			look_at_worker(d, now);
		if (d->standing)
			answering_let_pass(d->answering);
		say_refused(d, now);
		if (got == RING_EMPTY)
			leave |= rest(d);
	}
}

static int work(struct duty *d, const struct options *o, const struct descriptors *before, pid_t keeper)
{
	const int keep[] = { STDERR_FILENO, d->porter->leave };
	/* Whatever happens to the keeper, the queue must be given back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		return EXIT_INCOMPLETE;
	signals_ignore();
	prctl(PR_SET_NAME, "culvert-porter");
	descriptors_leave(before, keep, sizeof keep / sizeof *keep);
	d->moved = d->told = clock_ns(CLOCK_MONOTONIC);
	return porter_shut_in("porter", o) ? serve(d) : EXIT_DENIED;
}

static void begin_anew(struct porter *p)
{
	uint64_t times;
	(void)!read(p->leave, &times, sizeof times);
	ring_reset(&p->answers);
	page_reset(&p->life);
	page_reset(&p->rounds);
	p->rounds_before = 0;
	p->still = 0;
}

static bool start(
    struct porter *p, const struct options *o, struct source *queue, const struct descriptors *before, struct err *e)
{
	struct duty d = { .porter = p, .queue = queue, .open = o->in_line.fail == FAIL_OPEN };
	d.answering = answering_open(queue, &p->answers, e);
	if (d.answering == NULL)
		return false;
	const pid_t keeper = getpid();
	p->pid = fork();
	if (p->pid == 0)
		_exit(work(&d, o, before, keeper));
	/* Neither the keeper nor a worker has use for its sockets. */
	answering_close(d.answering);
	if (p->pid > 0)
		return true;
	p->pid = 0;
	return err_set_sys(e, source_name(queue), "no porter can be forked");
}

struct source *porter_open(struct porter *p, const struct options *o, const struct queue_options *queue, struct err *e)
{
	struct queue_options how = *queue;
	struct descriptors before;
	porter_close(p);
	begin_anew(p);
	descriptors_note(&before);
	p->answers.wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (p->answers.wake < 0) {
		err_set_sys(e, "porter", "cannot be woken");
		return NULL;
	}
	how.answers = &p->answers;
	how.life = &p->life;
	struct source *s = source_open_queue(&how, e);
	if (s != NULL && start(p, o, s, &before, e))
		return s;
	source_close(s);
	porter_close(p);
	return NULL;
}

static bool has_gone(const struct porter *p)
{
	for (unsigned ms = 0; ms < LEAVE_MS; ms++) {
		if (waitpid(p->pid, NULL, WNOHANG) != 0)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

void porter_close(struct porter *p)
{
	if (p->pid > 0) {
		(void)eventfd_write(p->leave, 1);
		if (p->still != 0 || !has_gone(p)) {
			kill(p->pid, SIGKILL);
			waitpid(p->pid, NULL, 0);
		}
	}
	if (p->answers.wake >= 0)
		close(p->answers.wake);
	p->pid = 0;
	p->answers.wake = -1;
}

bool porter_is_lost(struct porter *p)
{
	siginfo_t how = { 0 };
	if (p->pid == 0)
		return false;
	/* It is buried by porter_close. */
	if (waitid(P_PID, (id_t)p->pid, &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid == p->pid)
		return true;
	const uint64_t rounds = page_beats(&p->rounds);
	p->still = rounds == p->rounds_before ? p->still + 1 : 0;
	p->rounds_before = rounds;
	return p->still >= LOST_LOOKS;
}
