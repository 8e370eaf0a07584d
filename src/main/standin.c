/* It shares the queue's socket, for the kernel takes answers from no other; and it must not outlive its parent, for then the
 * queue would never be given back. */
#include "main/standin.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/log.h"
#include "main/clock.h"

enum { LOOK_MS = 100, STALLED_MS = 1500 };

struct standin {
	_Atomic int64_t *beat; /* ns, monotonic; shared */
	pid_t pid;
};

static bool is_stalled(const struct standin *s)
{
	return clock_ns(CLOCK_MONOTONIC) - atomic_load(s->beat) > STALLED_MS * INT64_C(1000000);
}

static void let_pass(struct source *queue)
{
	struct frame f;
	struct err e;
	while (source_next(queue, &f, &e) == GOT_FRAME) {
		const struct packet_answer pass = { .token = f.token, .fate = FATE_PASS };
		source_answer(queue, &pass);
	}
	source_flush(queue);
}

static void say(bool standing)
{
	if (standing)
		log_warn("inline: the one who decides does not move: everything passes");
	else
		log_warn("inline: it moves again: packets are judged");
}

static void look(struct source *queue, bool standing)
{
	struct pollfd fds[1];
	if (!standing) {
		poll(NULL, 0, LOOK_MS);
		return;
	}
	let_pass(queue);
	poll(fds, (nfds_t)source_descriptors(queue, fds, 1), LOOK_MS);
}

static _Noreturn void stand_in(const struct standin *s, struct source *queue, pid_t parent)
{
	signal(SIGINT, SIG_IGN); /* its parent's affair, which ends it */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (bool standing = false; getppid() == parent; look(queue, standing)) {
		const bool stalled = is_stalled(s);
		if (stalled != standing)
			say(stalled);
		standing = stalled;
	}
	_exit(0);
}

struct standin *standin_start(struct source *queue)
{
	const pid_t parent = getpid();
	struct standin *s = calloc(1, sizeof *s);
	_Atomic int64_t *beat = mmap(NULL, sizeof *beat, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == NULL || beat == MAP_FAILED) {
		log_warn("inline: no memory for a stand-in: when this process hangs, packets wait");
		free(s);
		return NULL;
	}
	atomic_store(beat, clock_ns(CLOCK_MONOTONIC));
	s->beat = beat;
	s->pid = fork();
	if (s->pid == 0)
		stand_in(s, queue, parent);
	if (s->pid > 0)
		return s;
	log_warn("inline: no process for a stand-in: when this one hangs, packets wait");
	munmap(beat, sizeof *beat);
	free(s);
	return NULL;
}

void standin_beat(struct standin *s, int64_t now)
{
	if (s != NULL)
		atomic_store_explicit(s->beat, now, memory_order_relaxed);
}

void standin_stop(struct standin *s)
{
	if (s == NULL)
		return;
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	munmap(s->beat, sizeof *s->beat);
	free(s);
}
