/* The keeper keeps its own copy of a worker's source: what the kernel counted after a worker's death is in it, and whether
 * frames wait for a worker that does nothing. */
#include "main/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "main/crew_fork.h"

enum {
	RING_SIZE = 4 << 20,
	MOVE_AT_ONCE = 256, /* lines of one worker before it is the next one's turn */
	START_MS = 30000    /* the longest that a worker may take to be ready */
};

bool crew_init(struct crew *c, struct options *o, const struct crew_job *job, struct err *e)
{
	*c = (struct crew){ .options = o, .job = *job, .count = o->workers, .wake = -1 };
	c->line = malloc(MAX_LINE);
	c->member = calloc(c->count, sizeof *c->member);
	c->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (c->line == NULL || c->member == NULL || c->wake < 0)
		return err_set_sys(e, "workers", "cannot be made");
	for (unsigned i = 0; i < c->count; i++) {
		struct member *m = &c->member[i];
		m->orders = -1;
		if (!ring_init(&m->lines, RING_SIZE, c->wake, e) ||
		    !page_init(&m->numbers, sizeof(struct worker_numbers), e))
			return false;
	}
	return true;
}

static bool start(struct crew *c, unsigned i, bool again, struct err *e)
{
	struct member *m = &c->member[i];
	m->started = clock_ns(CLOCK_MONOTONIC);
	m->again = m->started + SECOND;
	if (!crew_fork(c, i, again, e))
		return false;
	if (c->job.opened != NULL)
		c->job.opened(c->job.ctx, i, m->source);
	return true;
}

static void say_missing(const struct crew *c, uint32_t missing)
{
	char names[GUARD_TEXT];
	guard_names(missing, names);
	if (missing != 0 && c->options->sandbox == GUARD_TRY)
		log_warn("the workers are not shut in as they should be; missing: %s", names);
}

static void hear(struct crew *c, struct member *m)
{
	const enum answer a = orders_hear(m->orders, &c->answer);
	if (a == ANSWER_READY) {
		m->ready = true;
		return;
	}
	m->failed |= a == ANSWER_FAILED;
}

static bool refuse(const struct answer_message *m, struct err *e)
{
	char names[GUARD_TEXT];
	guard_names(m->missing, names);
	if (m->missing != 0)
		return err_set_code(e, EPERM, "sandbox", "cannot be had in full; missing: %s", names);
	return err_set_code(e, m->sys, m->where, "%s", m->what);
}

static bool await(struct crew *c, struct member *m, struct err *e)
{
	const int64_t until = clock_ns(CLOCK_MONOTONIC) + START_MS * INT64_C(1000000);
	struct pollfd answer = { .fd = m->orders, .events = POLLIN };
	while (!m->ready && clock_ns(CLOCK_MONOTONIC) < until) {
		if (poll(&answer, 1, START_MS) <= 0)
			continue;
		hear(c, m);
		if (m->failed)
			return refuse(&c->answer, e);
		if (!m->ready && (answer.revents & POLLHUP) != 0)
			return err_set(e, "worker", "died before it began");
	}
	return m->ready || err_set(e, "worker", "does not begin");
}

bool crew_start(struct crew *c, struct err *e)
{
	for (unsigned i = 0; i < c->count; i++)
		if (!start(c, i, false, e))
			return false;
	for (unsigned i = 0; i < c->count; i++)
		if (!await(c, &c->member[i], e))
			return false;
	say_missing(c, c->answer.missing);
	return true;
}

static void kill_member(const struct member *m)
{
	if (m->pid > 0)
		kill(m->pid, SIGKILL);
}

/* Exactly one line: who reads the output must not be told two by one that was bought. */
static bool is_line(const char *line, size_t len)
{
	return len != 0 && memchr(line, '\n', len) == line + len - 1;
}

static bool move_lines(struct crew *c, struct member *m)
{
	const int64_t now = clock_ns(CLOCK_REALTIME);
	uint32_t tag;
	size_t len;
	enum ring_got got = RING_EMPTY;
	unsigned moved = 0;
	while (moved < MOVE_AT_ONCE && (got = ring_take(&m->lines, &tag, c->line, MAX_LINE, &len)) == RING_ITEM) {
		moved++;
		if (tag >= LINES || c->to[tag] == NULL || !is_line(c->line, len)) {
			got = RING_BROKEN;
			break;
		}
		reporter_relay(c->to[tag], c->line, len, now);
	}
	if (got == RING_BROKEN && m->pid > 0) {
		log_error("worker %d: what it writes makes no sense; it is killed", (int)m->pid);
		kill_member(m);
		ring_reset(&m->lines);
	}
	reporter_lose(c->to[LINE_RECORD], ring_losses(&m->lines));
	return moved != 0;
}

bool crew_move(struct crew *c)
{
	bool moved = false;
	for (unsigned i = 0; i < c->count; i++)
		moved |= move_lines(c, &c->member[i]);
	return moved;
}

bool crew_sleep(struct crew *c)
{
	bool sleeps = true;
	for (unsigned i = 0; i < c->count; i++)
		sleeps = ring_sleep(&c->member[i].lines) && sleeps;
	return sleeps;
}

size_t crew_descriptors(const struct crew *c, struct pollfd *fds)
{
	size_t n = 0;
	fds[n++] = (struct pollfd){ .fd = c->wake, .events = POLLIN };
	for (unsigned i = 0; i < c->count; i++)
		if (c->member[i].pid > 0)
			fds[n++] = (struct pollfd){ .fd = c->member[i].orders, .events = POLLIN };
	return n;
}

static uint64_t held(const struct worker_numbers *n)
{
	uint64_t over = 0;
	for (unsigned i = 0; i < LABELS; i++)
		over += n->stats.by_label[i];
	return n->stats.flows > over ? n->stats.flows - over : 0;
}

static void read_numbers(struct member *m)
{
	(void)page_read(&m->numbers, &m->latest);
	m->latest.stats.source = NULL;
	m->latest.stats.live = NULL;
	m->latest.stats.in_the_way = NULL;
	m->latest.stats.enforce = NULL;
}

static void add(struct worker_numbers *sum, const struct worker_numbers *more)
{
	report_stats_add(&sum->stats, &more->stats);
	sum->received += more->received;
	sum->dropped += more->dropped;
	sum->unwrap_lost += more->unwrap_lost;
	sum->refused += more->refused;
	inline_stats_add(&sum->in_the_way, &more->in_the_way);
	enforce_stats_add(&sum->enforce, &more->enforce);
}

static void say_death(struct crew *c, const struct member *m, pid_t pid, int status)
{
	const uint64_t lost = held(&m->latest);
	char how[64];
	c->conversations_lost += lost;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof how, "died of SIG%s", sigabbrev_np(WTERMSIG(status)));
	else
		snprintf(how, sizeof how, "ended with status %d", WEXITSTATUS(status));
	log_error("worker %d %s, with %llu conversations; another one takes its place", (int)pid, how,
	    (unsigned long long)lost);
}

/* What it has left behind is taken in. */
static void bury(struct crew *c, unsigned i, int status)
{
	struct member *m = &c->member[i];
	struct source_counters kernel = { 0 };
	const pid_t pid = m->pid;
	/* The number may be another's from now on. */
	m->pid = 0;
	while (move_lines(c, m))
		continue;
	read_numbers(m);
	if (m->ending && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE) {
		m->latest.stats.flows_peak = 0;
	} else {
		source_tick(m->source);
		source_counters(m->source, &kernel);
		say_death(c, m, pid, status);
	}
	add(&m->before, &m->latest);
	m->before.received += kernel.received;
	m->before.dropped += kernel.dropped;
	m->latest = (struct worker_numbers){ .received = 0 };
	source_close(m->source);
	close(m->orders);
	m->source = NULL;
	m->orders = -1;
	m->ready = m->failed = false;
	if (c->job.closed != NULL)
		c->job.closed(c->job.ctx, i);
}

static void replace(struct crew *c, unsigned i)
{
	struct err e;
	struct member *m = &c->member[i];
	c->restarts += !m->renewed;
	m->restarts += !m->renewed;
	m->renewed = false;
	if (!start(c, i, true, &e))
		log_error("%s: %s", e.where, e.what);
}

void crew_look(struct crew *c, int64_t now)
{
	uint64_t times;
	(void)!read(c->wake, &times, sizeof times);
	for (unsigned i = 0; i < c->count; i++) {
		struct member *m = &c->member[i];
		int status = 0;
		if (m->pid > 0 && !m->ready)
			hear(c, m);
		if (m->pid > 0 && waitpid(m->pid, &status, WNOHANG) == m->pid) {
			const bool asked = m->ending && WIFEXITED(status);
			bury(c, i, status);
			m->renewed = asked;
			m->again = asked ? 0 : m->again;
		}
	}
	c->renewing = c->renewing && !crew_gone(c);
	for (unsigned i = 0; i < c->count && !c->ending && !c->renewing; i++)
		if (c->member[i].pid == 0 && now >= c->member[i].again)
			replace(c, i);
}

static bool frames_wait(const struct member *m)
{
	struct pollfd fds[MAX_INTERFACES];
	const size_t count = source_descriptors(m->source, fds, MAX_INTERFACES);
	return poll(fds, count, 0) > 0;
}

/* Time that passed while the keeper itself did not run is nobody's fault: no more than a second of it counts. */
static void watch_beat(const struct crew *c, struct member *m, int64_t since)
{
	const uint64_t beats = page_beats(&m->numbers);
	/* Inline it moves also when nothing comes; and while it does not, another one may take its packets. */
	const bool must_move = c->options->pipeline.gate != NULL || frames_wait(m);
	const bool still = m->ready && !m->ending && beats == m->beats && must_move;
	m->beats = beats;
	m->still = still ? m->still + (since < SECOND ? since : SECOND) : 0;
	if (c->options->watchdog == 0 || m->still < (int64_t)c->options->watchdog * SECOND)
		return;
	log_error("worker %d has not moved for %lld seconds while packets may wait; it is killed", (int)m->pid,
	    (long long)(m->still / SECOND));
	m->still = 0;
	kill_member(m);
}

void crew_count(struct crew *c, int64_t since)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct member *m = &c->member[i];
		if (m->pid == 0)
			continue;
		read_numbers(m);
		watch_beat(c, m, since);
	}
}

bool crew_stands(const struct crew *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->member[i].still != 0)
			return true;
	return false;
}

void crew_sum(const struct crew *c, struct report_stats *sum, struct worker_stats *each)
{
	*sum = (struct report_stats){ .frames = 0 };
	for (unsigned i = 0; i < c->count; i++) {
		const struct member *m = &c->member[i];
		report_stats_add(sum, &m->before.stats);
		report_stats_add(sum, &m->latest.stats);
		each[i] = (struct worker_stats){
			.received = m->before.received + m->latest.received,
			.dropped = m->before.dropped + m->latest.dropped,
			.frames = m->before.stats.frames + m->latest.stats.frames,
			.restarts = m->restarts,
		};
	}
}

uint64_t crew_unwrap_lost(const struct crew *c)
{
	uint64_t lost = 0;
	for (unsigned i = 0; i < c->count; i++)
		lost += c->member[i].before.unwrap_lost + c->member[i].latest.unwrap_lost;
	return lost;
}

uint64_t crew_refused(const struct crew *c)
{
	uint64_t refused = 0;
	for (unsigned i = 0; i < c->count; i++)
		refused += c->member[i].before.refused + c->member[i].latest.refused;
	return refused;
}

void crew_sum_inline(const struct crew *c, struct inline_stats *sum)
{
	*sum = (struct inline_stats){ .passed = 0 };
	for (unsigned i = 0; i < c->count; i++) {
		inline_stats_add(sum, &c->member[i].before.in_the_way);
		inline_stats_add(sum, &c->member[i].latest.in_the_way);
	}
}

void crew_sum_enforce(const struct crew *c, struct enforce_stats *sum)
{
	*sum = (struct enforce_stats){ .enforced = 0 };
	for (unsigned i = 0; i < c->count; i++) {
		enforce_stats_add(sum, &c->member[i].before.enforce);
		enforce_stats_add(sum, &c->member[i].latest.enforce);
	}
}

void crew_kill(struct crew *c, unsigned worker)
{
	kill_member(&c->member[worker]);
}

void crew_rules(struct crew *c, int text)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->member[i].pid > 0 && !orders_give(c->member[i].orders, ORDER_RULES, text))
			log_error(
			    "worker %d: the rules cannot be handed over: %s", (int)c->member[i].pid, strerror(errno));
}

static void tell_end(struct crew *c)
{
	for (unsigned i = 0; i < c->count; i++) {
		struct member *m = &c->member[i];
		if (m->pid == 0)
			continue;
		m->ending = true;
		(void)orders_give(m->orders, ORDER_END, -1);
	}
}

void crew_anew(struct crew *c)
{
	if (!c->renewing)
		tell_end(c);
	c->renewing = true;
}

void crew_end(struct crew *c)
{
	c->ending = true;
	tell_end(c);
}

bool crew_gone(const struct crew *c)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->member[i].pid > 0)
			return false;
	return true;
}

void crew_fini(struct crew *c)
{
	for (unsigned i = 0; c->member != NULL && i < c->count; i++) {
		struct member *m = &c->member[i];
		if (m->pid > 0) {
			kill_member(m);
			waitpid(m->pid, NULL, 0);
			close(m->orders);
		}
		source_close(m->source);
		ring_fini(&m->lines);
		page_fini(&m->numbers);
	}
	if (c->wake >= 0)
		close(c->wake);
	free(c->member);
	free(c->line);
}
