/* The reader never waits for one thing alone: a worker that has too much to do is waited for together with the lines of all. */
#include "main/share.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include "flow/clock.h"
#include "main/merge.h"
#include "main/signals.h"

enum {
	LANE_SIZE = 2 << 20,
	LOOK_MS = 200, /* for workers that have died */
	COPIED_MOST =
	    256 /* bytes of a segment that go with it: the worker reads on where it reads, and spares a way to the room */
};

struct helper {
	pid_t pid; /* 0: gone */
	int bell;
	struct lane lane;
	struct page numbers;
};

struct share {
	struct run *run;
	const struct files *files;
	struct decoder *decoder;
	struct clock clock;
	struct report_stats stats; /* what the reader knows */
	struct merge merge;
	struct loan loan;
	int bell;     /* wakes the reader */
	int alive[2]; /* a pipe whose end all workers hold: it hangs up when the last is gone */
	unsigned count;
	struct helper *helper;
	const char *source;
	bool ending;
	int died; /* exit status that a worker's death makes; 0: none has */
};

static bool make_ways(struct share *s, struct err *e)
{
	s->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	s->helper = calloc(s->count, sizeof *s->helper);
	if (s->bell < 0 || s->helper == NULL || pipe2(s->alive, O_CLOEXEC) != 0)
		return err_set_sys(e, "workers", "cannot be made");
	if (!merge_init(&s->merge, s->count, s->run->options->ordered, s->bell, e) || !loan_init(&s->loan, s->count, e))
		return false;
	for (unsigned i = 0; i < s->count; i++) {
		struct helper *h = &s->helper[i];
		h->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (h->bell < 0)
			return err_set_sys(e, "workers", "cannot be made");
		if (!lane_init(&h->lane, LANE_SIZE, h->bell, s->bell, e) ||
		    !page_init(&h->numbers, sizeof(struct worker_numbers), e))
			return false;
		s->merge.strand[i].lane = s->loan.lane[i] = &h->lane;
	}
	return true;
}

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static bool fork_one(struct share *s, unsigned i, struct err *e)
{
	struct helper *h = &s->helper[i];
	const struct run *r = s->run;
	const struct hand_duty duty = {
		.options = r->options,
		.files = s->files,
		.lane = &h->lane,
		.loan = &s->loan,
		.lines = &s->merge.strand[i].lines,
		.numbers = &h->numbers,
		.shared = LANE_SIZE + MERGE_RING + loan_reserved(s->count),
		.bell = h->bell,
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

/* What workers hold is theirs to say (run_start). */
static bool fits_memory(const struct share *s, struct err *e)
{
	const struct options *o = s->run->options;
	const size_t most = run_taken_anyway(o) + loan_reserved(s->count) +
			    s->count * (size_t)(LANE_SIZE + MERGE_RING) + decoder_reserved(s->decoder);
	if (o->memory == 0 || most <= o->memory)
		return true;
	return err_set(e, "--memory", "%llu MiB are too little for %u workers: who reads for them takes %zu",
	    (unsigned long long)(o->memory >> 20), s->count, most >> 20);
}

static bool begin(struct share *s, struct err *e)
{
	s->decoder = decoder_new(s->run->options->pipeline.checksums, hash_key_random(), e);
	return s->decoder != NULL && fits_memory(s, e) && make_ways(s, e);
}

struct share *share_new(struct run *r, const struct files *files, struct err *e)
{
	struct share *s = calloc(1, sizeof *s);
	if (s == NULL) {
		err_set_sys(e, "workers", "no memory");
		return NULL;
	}
	*s = (struct share){ .run = r, .files = files, .bell = -1, .alive = { -1, -1 }, .count = r->options->workers };
	bool made = begin(s, e);
	s->merge.to[LINE_RECORD] = r->reporter;
	s->merge.to[LINE_TABLE] = r->table;
	for (unsigned i = 0; made && i < s->count; i++)
		made = fork_one(s, i, e);
	close_end(&s->alive[1]);
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
		if (h->pid > 0) {
			kill(h->pid, SIGKILL);
			waitpid(h->pid, NULL, 0);
		}
		lane_fini(&h->lane);
		page_fini(&h->numbers);
		if (h->bell >= 0)
			close(h->bell);
	}
	merge_fini(&s->merge);
	loan_fini(&s->loan);
	close_end(&s->alive[0]);
	close_end(&s->alive[1]);
	if (s->bell >= 0)
		close(s->bell);
	decoder_free(s->decoder);
	free(s->helper);
	free(s);
}

/* The number of its signal only: a signal's name would be looked up. */
static void bury(struct share *s, unsigned i, int status)
{
	struct helper *h = &s->helper[i];
	const pid_t pid = h->pid;
	h->pid = 0;
	s->merge.strand[i].over = true;
	if (s->ending && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DONE)
		return;
	const bool denied = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_DENIED;
	if (denied)
		log_error("worker: sandbox: cannot be had in full");
	else if (WIFSIGNALED(status))
		log_error("worker %d died of SIG%s; what it held is lost", (int)pid, sigabbrev_np(WTERMSIG(status)));
	else
		log_error("worker %d ended too early; what it held is lost", (int)pid);
	if (s->died == 0)
		s->died = denied ? EXIT_DENIED : EXIT_INCOMPLETE;
}

static void look_for_dead(struct share *s)
{
	int status;
	for (unsigned i = 0; i < s->count; i++) {
		if (s->helper[i].pid > 0 && waitpid(s->helper[i].pid, &status, WNOHANG) == s->helper[i].pid)
			bury(s, i, status);
		if (s->merge.strand[i].broken && s->died == 0) {
			log_error("worker %d: what it writes makes no sense", (int)s->helper[i].pid);
			s->died = EXIT_INCOMPLETE;
		}
	}
}

static void show_all(struct share *s)
{
	for (unsigned i = 0; i < s->count; i++)
		lane_show(&s->helper[i].lane);
}

/* Until what is in `lane` has been read as far as `place`, or, NULL, all are gone.  Lines wait in their rings meanwhile; a worker
 * that finds its ring full rings the bell. */
static void wait_a_moment(struct share *s, struct lane *lane, uint64_t place)
{
	struct pollfd bells[] = { { .fd = s->bell, .events = POLLIN }, { .fd = s->alive[0] } };
	eventfd_t times;
	const uint64_t before = s->merge.lines;
	show_all(s);
	merge_move(&s->merge);
	if (s->merge.lines != before || (lane != NULL && !lane_await(lane, place)))
		return;
	const int woken = poll(bells, 2, LOOK_MS);
	if (woken > 0)
		(void)eventfd_read(s->bell, &times);
	if (woken <= 0 || bells[1].revents != 0)
		look_for_dead(s);
}

/* NULL: it has died, and what would be written is of no use any more. */
static void *room_for(struct share *s, unsigned i, size_t len)
{
	struct lane *l = &s->helper[i].lane;
	void *room = lane_room(l, len);
	while (room == NULL && s->died == 0) {
		wait_a_moment(s, l, lane_half(l));
		room = lane_room(l, len);
	}
	return room;
}

static void tell_all(struct share *s, enum errand errand, uint32_t second)
{
	const struct errand_moment m = { s->stats.frames, second };
	for (unsigned i = 0; i < s->count; i++) {
		void *room = room_for(s, i, sizeof m);
		if (room == NULL)
			return;
		memcpy(room, &m, sizeof m);
		lane_add(&s->helper[i].lane, errand, sizeof m);
	}
}

/* The same in every run, so that what a worker gets does not hang on chance.  Mixed by multiplication. */
static unsigned choose(const struct share *s, const struct flow_key *k)
{
	uint64_t word[4], x = k->space;
	memcpy(word, k->lo.addr, 16);
	memcpy(word + 2, k->hi.addr, 16);
	for (unsigned i = 0; i < 4; i++) {
		x = (x ^ word[i]) * UINT64_C(0x9e3779b97f4a7c15);
		x ^= x >> 32;
	}
	return (unsigned)((x & UINT32_MAX) * s->count >> 32);
}

static void give(struct share *s, const struct segment *seg)
{
	const unsigned i = choose(s, &seg->key);
	const bool bare = seg->encap.count == 0,
		   copied = seg->tcp.len <= COPIED_MOST || !loan_has(&s->loan, seg->tcp.at);
	const size_t len = bare ? BARE_LEN : CARRIED_LEN;
	uint8_t *const item = room_for(s, i, len + (copied ? seg->tcp.len : 0));
	if (item == NULL)
		return;
	memcpy(item, seg, BARE_LEN);
	struct segment *const there = (void *)item;
	if (!bare)
		there->encap = seg->encap;
	if (copied) {
		/* Where the bytes will lie is where the worker, too, has them. */
		memcpy(item + len, seg->tcp.at, seg->tcp.len);
		there->tcp.at = item + len;
	}
	const uint32_t header = (uint32_t)(seg->tcp.len - seg->payload.len);
	lane_add(&s->helper[i].lane, (bare ? ERRAND_BARE : ERRAND_CARRIED) | header << ERRAND_BITS,
	    len + (copied ? seg->tcp.len : 0));
}

static void take_frame(struct share *s, const struct frame *f)
{
	struct segment seg;
	struct report_stats *now = &s->stats;
	if (now->frames++ == 0)
		now->first = f->t;
	now->frame_bytes += f->bytes.len;
	now->last = f->t;
	if (clock_show(&s->clock, f->t))
		tell_all(s, ERRAND_SECOND, s->clock.second);
	if (decode(s->decoder, f, &seg) != DECODED_SEGMENT)
		return;
	/* As a pipeline does it: once for the frame, once for the segment. */
	(void)clock_show(&s->clock, seg.t);
	now->segments++;
	seg.turn = now->frames;
	give(s, &seg);
}

/* Another room for what is read.  When a worker has died it is not read. */
static void lend(struct share *s, struct source *source)
{
	uint64_t place;
	loan_end(&s->loan);
	uint8_t *room = loan_next(&s->loan);
	while (room == NULL && s->died == 0) {
		struct lane *slow = loan_awaits(&s->loan, &place);
		if (slow != NULL)
			wait_a_moment(s, slow, place);
		room = loan_next(&s->loan);
	}
	if (room != NULL)
		(void)source_lend(source, room);
}

enum source_got share_frames(struct share *s, struct source *source, unsigned most, struct err *e)
{
	struct frame frame = { 0 };
	for (unsigned n = 0; n < most && !signals_any(); n++) {
		const enum source_got got = s->died == 0 ? source_next(source, &frame, e) : GOT_END;
		if (got == GOT_FRAME)
			take_frame(s, &frame);
		else if (got == GOT_FULL)
			lend(s, source);
		else
			return got;
	}
	show_all(s);
	merge_move(&s->merge);
	return GOT_FRAME;
}

void share_source(struct share *s, struct source *source, size_t file)
{
	lend(s, source);
	s->source = s->files->names[file];
	decoder_begin(s->decoder);
	tell_all(s, ERRAND_SOURCE, (uint32_t)file);
}

void share_drain(struct share *s)
{
	tell_all(s, ERRAND_DRAIN, 0);
	clock_stop(&s->clock);
}

void share_stats(struct share *s, struct report_stats *to)
{
	const struct decode_counters *c = decode_counters(s->decoder);
	const struct rulebook *rules = &s->run->options->rules;
	*to = (struct report_stats){ .source = s->source };
	for (unsigned i = 0; i < s->count; i++) {
		struct worker_numbers n;
		if (page_read(&s->helper[i].numbers, &n))
			report_stats_add(to, &n.stats);
	}
	to->frames = s->stats.frames;
	to->frame_bytes = s->stats.frame_bytes;
	to->segments = s->stats.segments;
	to->first = s->stats.first;
	to->last = s->stats.last;
	to->other = c->by_result[DECODED_OTHER] + c->by_result[DECODED_UNKNOWN_LINK];
	to->malformed = c->by_result[DECODED_MALFORMED] + c->by_result[DECODED_TOO_DEEP];
	to->fragments_dropped = c->fragments_dropped;
	to->caps[CAP_ENCAPSULATION] = c->by_result[DECODED_TOO_DEEP];
	to->caps[CAP_DATAGRAMS] = c->datagrams_evicted;
	to->caps[CAP_FRAGMENTS] = c->datagrams_too_many;
	to->rules.used = rules->set != NULL;
	to->rules.rules = rules->set != NULL ? ruleset_count(rules->set) : 0;
	to->rules.loaded = rules->loaded;
	to->records = reporter_lines(s->run->reporter);
}

uint64_t share_unwrap_lost(const struct share *s)
{
	uint64_t lost = 0;
	for (unsigned i = 0; i < s->count; i++) {
		struct worker_numbers n;
		if (page_read(&s->helper[i].numbers, &n))
			lost += n.unwrap_lost;
	}
	return lost;
}

static bool all_gone(const struct share *s)
{
	for (unsigned i = 0; i < s->count; i++)
		if (s->helper[i].pid > 0)
			return false;
	return true;
}

/* When one has died, the others still tell what they hold. */
int share_end(struct share *s, int status)
{
	const int died = s->died;
	s->ending = true;
	s->died = 0;
	for (unsigned i = 0; i < s->count; i++) {
		const struct errand_moment m = { s->stats.frames, 0 };
		struct lane *l = &s->helper[i].lane;
		for (unsigned both = 0; both < 2 && s->helper[i].pid > 0; both++) {
			void *room;
			while ((room = lane_room(l, sizeof m)) == NULL && s->helper[i].pid > 0)
				wait_a_moment(s, l, lane_half(l));
			if (room == NULL)
				break;
			memcpy(room, &m, sizeof m);
			lane_add(l, both == 0 ? ERRAND_DRAIN : ERRAND_END, sizeof m);
		}
	}
	show_all(s);
	while (!all_gone(s)) {
		look_for_dead(s);
		if (!all_gone(s))
			wait_a_moment(s, NULL, 0);
	}
	merge_move(&s->merge);
	if (died != 0)
		return died;
	return s->died != 0 ? s->died : status;
}
