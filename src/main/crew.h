/* crew -- a keeper's workers: forked, heard, watched, buried, replaced.
 *
 * What a worker has written before it died is not lost: its lines are still taken, its numbers are added to those of its
 * place.  Whatever it writes is taken for what anybody might have written.
 */
#ifndef MAIN_CREW_H
#define MAIN_CREW_H

#include <poll.h>
#include <sys/types.h>
#include "main/worker.h"

enum { MAX_WORKERS = 64 };

/* Where the frames of workers come from. */
struct crew_job {
	struct source *(*open)(void *ctx, unsigned worker, bool again, struct err *e);
	/* A worker was made for it; it was closed.  NULL: nobody cares. */
	void (*opened)(void *ctx, unsigned worker, struct source *s);
	void (*closed)(void *ctx, unsigned worker);
	/* In the worker, just forked: what is the keeper's alone is to be given up.  NULL: nothing. */
	void (*forked)(void *ctx, unsigned worker);
	/* Where a worker puts what is to be marked.  NULL: nothing is. */
	struct ring *(*marks)(void *ctx, unsigned worker);
	void *ctx;
};

/* A worker, or its empty place. */
struct member {
	pid_t pid; /* 0: none */
	int orders;
	bool ready, ending, failed;
	struct source *source; /* the keeper's side of it: to count and to poll, never to read */
	struct ring lines;
	struct page numbers;
	struct worker_numbers latest, before; /* before: of those that had this place */
	uint64_t restarts;
	uint64_t beats;         /* as seen last */
	int64_t still;          /* ns for which they stood while frames waited */
	bool renewed;           /* it ended because it was told to: no restart */
	int64_t started, again; /* ns, monotonic; again: not before then */
};

struct crew {
	struct options *options;
	struct crew_job job;
	struct reporter *to[LINES]; /* NULL: such lines do not come */
	unsigned count;
	int wake; /* an eventfd: a line has come */
	struct member *member;
	uint64_t restarts, conversations_lost;
	struct answer_message answer; /* the latest */
	bool renewing;                /* all are to end before one is replaced */
	bool ending;                  /* nobody is replaced any more */
	char *line;
};

bool crew_init(struct crew *c, struct options *o, const struct crew_job *job, struct err *e) MUST_CHECK;

/* Forks all, and waits until they are ready.  EPERM: the sandbox that was required cannot be had. */
bool crew_start(struct crew *c, struct err *e) MUST_CHECK;

/* Moves lines from the workers to the reporters.  False: there was none. */
bool crew_move(struct crew *c);

/* From now on a line wakes `wake`.  False: there is one already. */
bool crew_sleep(struct crew *c);

/* What to poll; and, after it, whatever has come: answers, deaths, the time to replace. */
size_t crew_descriptors(const struct crew *c, struct pollfd *fds);
void crew_look(struct crew *c, int64_t now);

/* About once a second: numbers, and who stands still.  `since`: ns since the last time. */
void crew_count(struct crew *c, int64_t since);

/* Did one of them stand still while frames waited, when last counted? */
bool crew_stands(const struct crew *c);

/* The sum, and what is told of each. */
void crew_sum(const struct crew *c, struct report_stats *sum, struct worker_stats *each);
void crew_sum_inline(const struct crew *c, struct inline_stats *sum);
void crew_sum_enforce(const struct crew *c, struct enforce_stats *sum);
uint64_t crew_unwrap_lost(const struct crew *c);
uint64_t crew_refused(const struct crew *c); /* answers */

/* Of no use any more: another one will take its place. */
void crew_kill(struct crew *c, unsigned worker);

void crew_rules(struct crew *c, int text);
void crew_end(struct crew *c);  /* tells all to */
void crew_anew(struct crew *c); /* tells all to, and replaces them */
bool crew_gone(const struct crew *c);

/* Whoever is still there is killed. */
void crew_fini(struct crew *c);

#endif
