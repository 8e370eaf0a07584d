/* keeper -- the process that has the rights: it opens and writes, and looks at no packet.  Its workers do; see crew.h. */
#ifndef MAIN_KEEPER_H
#define MAIN_KEEPER_H

#include "main/crew.h"
#include "main/metrics_http.h"
#include "main/notify.h"
#include "main/run.h"

enum { MAX_KEEPER_WATCHES = 8 };

/* Something else that the loop waits for. */
struct keeper_watch {
	int fd;
	void (*ready)(void *ctx);
	void *ctx;
};

struct keeper {
	struct run run;
	struct crew crew;
	const char *name;         /* of what is read */
	const char *doing;        /* told when it begins */
	const char *more_room;    /* the option by which the kernel has more of it */
	bool (*renew)(void *ctx); /* about once a second: are the sources to be opened anew?  NULL: never */
	/* Adds what was done in the kernel about marks.  NULL: nothing is marked. */
	void (*enforced)(void *ctx, struct enforce_stats *sum);
	void *ctx;
	struct live_stats stats;
	struct inline_stats in_the_way;
	struct enforce_stats enforce;
	struct worker_stats each[MAX_WORKERS];
	struct keeper_watch watch[MAX_KEEPER_WATCHES];
	size_t watches;
	int64_t begun, beaten, told; /* ns, monotonic: the start, the latest beat, the latest stats record */
	uint64_t drops_said, refused_said;
	enum reporter_waits waits;
	struct metrics_http *metrics; /* NULL: nobody asks */
	struct notify notify;
	uint64_t rounds; /* beats at which no worker stood still */
};

/* Before keeper_run: `ready` is called when `fd` can be read. */
void keeper_watch(struct keeper *k, int fd, void (*ready)(void *ctx), void *ctx);

/* Runs workers for `job` until told to stop.  Of `k`, name, renew, enforced, ctx and watches are set.  Returns an exit status. */
int keeper_run(struct keeper *k, struct options *o, const struct crew_job *job);

#endif
