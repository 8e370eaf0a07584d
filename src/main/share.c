/* Nothing here waits for one thing alone: lines, what is to be poured, signals and deaths are looked at in turn. */
#include "main/share.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "main/descriptors.h"
#include "main/hand.h"
#include "main/merge.h"
#include "main/signals.h"

enum {
	BUSY_MS =
	    5, /* between two looks while lines come: no ring is full by then, and hands are not kept from their work */
	IDLE_MS = 200 /* while none do.  A hand that finds its ring full rings the bell */
};

struct helper {
	pid_t pid; /* 0: gone */
	struct page numbers;
};

struct share {
	struct run *run;
	const struct files *files;
	struct merge merge;
	struct pour pour;
	struct page stop;
	struct pollfd *fds;
	int bell;     /* wakes this process */
	int alive[2]; /* a pipe whose end all hands hold: it hangs up when the last is gone */
	unsigned count;
	struct helper *helper;
	int status; /* the worst that a hand has ended with */
	bool stopping;
};

static bool make_ways(struct share *s, struct err *e)
{
	s->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->helper = calloc(s->count, sizeof *s->helper);
	s->fds = calloc(s->count + 3, sizeof *s->fds);
	if (s->bell < 0 || s->helper == NULL || s->fds == NULL || pipe2(s->alive, O_CLOEXEC) != 0)
		return err_set_sys(e, "workers", "cannot be made");
	for (unsigned i = 0; i < s->count; i++)
		if (!page_init(&s->helper[i].numbers, sizeof(struct hand_numbers), e))
			return false;
	return page_init(&s->stop, sizeof(uint64_t), e) &&
	       merge_init(&s->merge, s->count, s->run->options->ordered, s->bell, e) &&
	       pour_init(&s->pour, s->files, s->count, e);
}

static bool fork_one(struct share *s, unsigned i, struct err *e)
{
	struct helper *h = &s->helper[i];
	const struct run *r = s->run;
	const struct hand_duty duty = {
		.options = r->options,
		.files = s->files,
		.pour = &s->pour,
		.number = i,
		.lines = &s->merge.strand[i].lines,
		.numbers = &h->numbers,
		.stop = &s->stop,
		.parent = getpid(),
		.alive = s->alive[1],
		.record_colours = reporter_colours(r->reporter),
		.table_colours = r->table != NULL && reporter_colours(r->table),
	};
	h->pid = fork();
	if (h->pid == 0)
		_exit(hand_run(&duty));
	if (h->pid > 0)
		return true;
	h->pid = 0;
	return err_set_sys(e, "worker", "cannot be forked");
}

/* What hands hold is theirs to say (run_start). */
static bool fits_memory(const struct share *s, struct err *e)
{
	const struct options *o = s->run->options;
	const size_t most = run_taken_anyway(o) + s->count * merge_ring(o->ordered) + pour_reserved(&s->pour);
	if (o->memory == 0 || most <= o->memory)
		return true;
	return err_set(e, "--memory", "%llu MiB are too little for %u workers: who gathers what they tell takes %zu",
	    (unsigned long long)(o->memory >> 20), s->count, most >> 20);
}

struct share *share_new(struct run *r, const struct files *files, struct err *e)
{
	struct share *s = calloc(1, sizeof *s);
	if (s == NULL) {
		err_set_sys(e, "workers", "no memory");
		return NULL;
	}
	*s = (struct share){ .run = r, .files = files, .bell = -1, .alive = { -1, -1 }, .count = r->options->workers };
	bool made = make_ways(s, e) && fits_memory(s, e);
	s->merge.to[LINE_RECORD] = r->reporter;
	s->merge.to[LINE_TABLE] = r->table;
	for (unsigned i = 0; made && i < s->count; i++)
		made = fork_one(s, i, e);
	descriptor_close(&s->alive[1]);
	pour_forked(&s->pour);
	if (made)
		return s;
	share_free(s);
	return NULL;
}

void share_free(struct share *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; s->helper != NULL && i < s->count; i++) {
		struct helper *h = &s->helper[i];
		/* Who is shut in may not; then they die with it. */
		if (h->pid > 0 && kill(h->pid, SIGKILL) == 0)
			waitpid(h->pid, NULL, 0);
		page_fini(&h->numbers);
	}
	merge_fini(&s->merge);
	pour_fini(&s->pour);
	page_fini(&s->stop);
	descriptor_close(&s->alive[0]);
	descriptor_close(&s->alive[1]);
	descriptor_close(&s->bell);
	free(s->helper);
	free(s->fds);
	free(s);
}

void share_allow(const struct share *s, struct guard *g)
{
	g->parent = true;
	for (size_t i = 0; i < s->files->count; i++)
		if (pour_has(&s->pour, i) && strcmp(s->files->names[i], "-") != 0)
			guard_allow(g, s->files->names[i], GUARD_READ);
}

/* What a hand has shown; zeroes when that cannot be read. */
static struct hand_numbers numbers_of(const struct share *s, unsigned i)
{
	struct hand_numbers n = { .files = 0 };
	(void)page_read(&s->helper[i].numbers, &n);
	return n;
}

static void stop(struct share *s)
{
	const uint64_t yes = 1;
	if (s->stopping)
		return;
	s->stopping = true;
	page_show(&s->stop, &yes);
	pour_stop(&s->pour);
}

static void worsen(struct share *s, int status)
{
	if (status > s->status)
		s->status = status;
}

/* When one dies too early, the others still tell what they hold.  The number of its signal only: a signal's name would be looked
 * up. */
static void bury(struct share *s, unsigned i, int status)
{
	struct helper *h = &s->helper[i];
	const pid_t pid = h->pid;
	h->pid = 0;
	s->merge.strand[i].over = true;
	if (WIFEXITED(status) && numbers_of(s, i).over != 0) {
		worsen(s, WEXITSTATUS(status));
		return;
	}
	const bool denied = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DENIED;
	if (denied)
		log_error("worker: sandbox: cannot be had in full");
	else if (WIFSIGNALED(status))
		log_error("worker %d died of SIG%s; what it held is lost", (int)pid, sigabbrev_np(WTERMSIG(status)));
	else
		log_error("worker %d ended too early; what it held is lost", (int)pid);
	worsen(s, denied ? EXIT_DENIED : EXIT_INCOMPLETE);
	stop(s);
}

static void look_for_dead(struct share *s)
{
	int status;
	for (unsigned i = 0; i < s->count; i++) {
		struct strand *strand = &s->merge.strand[i];
		if (s->helper[i].pid > 0 && waitpid(s->helper[i].pid, &status, WNOHANG) == s->helper[i].pid)
			bury(s, i, status);
		if (strand->broken && !strand->told) {
			log_error("worker %u: what it writes makes no sense", i);
			strand->told = true;
			worsen(s, EXIT_INCOMPLETE);
			stop(s);
		}
	}
}

static bool all_gone(const struct share *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->helper[i].pid > 0)
			return false;
	return true;
}

static void obey(struct share *s)
{
	signals_seen();
	if (signals_take(WISH_RULES))
		log_warn("with several workers the rules are not read anew");
	if (signals_wish(WISH_STOP) || s->pour.status > EXIT_INCOMPLETE)
		stop(s);
}

static void wait_a_moment(struct share *s, int ms)
{
	eventfd_t times;
	s->fds[0] = (struct pollfd){ .fd = s->bell, .events = POLLIN };
	s->fds[1] = (struct pollfd){ .fd = s->alive[0] };
	const size_t poured = pour_waits(&s->pour, s->fds + 2);
	signals_wait(s->fds, 2 + poured, ms);
	if ((s->fds[0].revents & POLLIN) != 0)
		(void)eventfd_read(s->bell, &times);
	if (poured != 0)
		pour_on(&s->pour, s->fds + 2);
}

/* Of all that the hands have read, how far the first of them is. */
static struct hand_numbers foremost(const struct share *s)
{
	struct hand_numbers first = { .files = 0 };
	for (unsigned i = 0; i < s->count; i++) {
		const struct hand_numbers n = numbers_of(s, i);
		if (i == 0 || n.stats.frames > first.stats.frames || n.files > first.files)
			first = n;
	}
	return first;
}

static void show_progress(const struct share *s, struct progress *g)
{
	const struct hand_numbers n = foremost(s);
	const char *name = s->files->names[n.files != 0 ? n.files - 1 : 0];
	progress_show(g, s->run, name, n.at, n.total);
}

int share_run(struct share *s, struct progress *g)
{
	int ms = BUSY_MS;
	while (!all_gone(s)) {
		const uint64_t before = s->merge.lines;
		wait_a_moment(s, ms);
		obey(s);
		merge_move(&s->merge);
		look_for_dead(s);
		show_progress(s, g);
		ms = s->merge.lines != before ? BUSY_MS : ms < IDLE_MS ? 2 * ms : IDLE_MS;
	}
	merge_move(&s->merge);
	progress_end(g);
	/* Something has come between: one that grew, say. */
	for (unsigned i = 1; i < s->count; i++)
		if (numbers_of(s, i).failures > numbers_of(s, 0).failures)
			log_error("worker %u: could not read all that another could", i);
	worsen(s, s->pour.status);
	return s->status;
}

/* What all see of the frames is told by one; and what each sees of its part is added up. */
void share_stats(const struct share *s, struct report_stats *to)
{
	const struct hand_numbers all = foremost(s);
	const struct report_stats *of = &all.stats;
	const struct rulebook *rules = &s->run->options->rules;
	*to = (struct report_stats){ .source = all.files != 0 ? s->files->names[all.files - 1] : NULL };
	for (unsigned i = 0; i < s->count; i++) {
		const struct hand_numbers n = numbers_of(s, i);
		report_stats_add(to, &n.stats);
	}
	to->frames = of->frames;
	to->frame_bytes = of->frame_bytes;
	to->segments = of->segments;
	to->first = of->first;
	to->last = of->last;
	to->other = of->other;
	to->malformed = of->malformed;
	to->fragments_dropped = of->fragments_dropped;
	to->caps[CAP_ENCAPSULATION] = of->caps[CAP_ENCAPSULATION];
	to->caps[CAP_DATAGRAMS] = of->caps[CAP_DATAGRAMS];
	to->caps[CAP_FRAGMENTS] = of->caps[CAP_FRAGMENTS];
	to->rules.used = rules->set != NULL;
	to->rules.rules = rules->set != NULL ? ruleset_count(rules->set) : 0;
	to->rules.loaded = rules->loaded;
	to->records = reporter_lines(s->run->reporter);
}

uint64_t share_unwrap_lost(const struct share *s)
{
	uint64_t lost = 0;
	for (unsigned i = 0; i < s->count; i++)
		lost += numbers_of(s, i).unwrap_lost;
	return lost;
}
