/* The kernel takes answers from the queue's own socket only, so the two share it; closed by both and by their keeper, the queue
 * is given back, and what waits in it is dropped.
 *
 * A worker's life is told by its reading, which it does a few times a second even when there is nothing to read. */
#include "main/porter.h"

#include <poll.h>
#include "capture/answering.h"
#include "base/clock.h"
#include "main/run.h"

enum {
	RING_SIZE = 2 << 20, /* more answers than packets wait by default */
	LOOK_MS = 100,
	STALLED_MS = 1500,
	LOST_LOOKS = 2 /* about a second each */
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
	*p = (struct porter){ 0 };
	return aide_init(&p->aide, "porter", RING_SIZE, e) && page_init(&p->life, sizeof(struct queue_life), e) &&
	       page_init(&p->rounds, sizeof(uint64_t), e);
}

void porter_fini(struct porter *p)
{
	aide_fini(&p->aide);
	page_fini(&p->life);
	page_fini(&p->rounds);
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
	struct pollfd queue;
	const bool reads = d->standing && source_descriptors(d->queue, &queue, 1) != 0;
	return aide_rest(&d->porter->aide, reads ? &queue : NULL, LOOK_MS);
}

static int serve(void *duty)
{
	struct duty *d = duty;
	d->moved = d->told = clock_ns(CLOCK_MONOTONIC);
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

static bool start(
    struct porter *p, const struct options *o, struct source *queue, const struct descriptors *before, struct err *e)
{
	struct duty d = { .porter = p, .queue = queue, .open = o->in_line.fail == FAIL_OPEN };
	d.answering = answering_open(queue, &p->aide.orders, e);
	if (d.answering == NULL)
		return false;
	const bool forked = aide_fork(&p->aide, &(struct aide_task){ o, before, serve, &d }, e);
	/* Neither the keeper nor a worker has use for its sockets. */
	answering_close(d.answering);
	return forked;
}

struct source *porter_open(struct porter *p, const struct options *o, const struct queue_options *queue, struct err *e)
{
	struct queue_options how = *queue;
	struct descriptors before;
	porter_close(p);
	page_reset(&p->life);
	page_reset(&p->rounds);
	descriptors_note(&before);
	if (!aide_anew(&p->aide, e))
		return NULL;
	how.answers = &p->aide.orders;
	how.life = &p->life;
	struct source *s = source_open_queue(&how, e);
	if (s != NULL && start(p, o, s, &before, e))
		return s;
	source_close(s);
	porter_close(p);
	return NULL;
}

void porter_close(struct porter *p)
{
	aide_end(&p->aide);
}

bool porter_is_lost(struct porter *p)
{
	return aide_is_lost(&p->aide, page_beats(&p->rounds), LOST_LOOKS);
}
