/* A keeper and two workers as threads: what processes share through rings and pages is seen by ThreadSanitizer, which
 * cannot look from one process into another (`make raced`). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "base/page.h"
#include "base/ring.h"

enum { WORKERS = 2, FRAMES = 20000, RING = 1 << 14, WORDS = 8, MOST = 512, WAIT_MS = 1000, LOOK_MS = 1 };

/* Each side uses its own copy, as after a fork. */
struct worker {
	pthread_t thread;
	struct ring lines;
	struct page numbers;
};

static size_t len_of(uint32_t n)
{
	return 1 + n * 2654435761u % 300;
}

static void sleep_on(int wake, int ms)
{
	struct pollfd p = { .fd = wake, .events = POLLIN };
	eventfd_t times;
	if (poll(&p, 1, ms) == 1)
		(void)eventfd_read(wake, &times);
}

static void tell(struct worker *w, uint32_t tag, const unsigned char *frame, size_t len)
{
	uint64_t numbers[WORDS];
	while (!ring_put(&w->lines, tag, frame, len))
		(void)ring_wait(&w->lines, len, 1);
	for (unsigned i = 0; i < WORDS; i++)
		numbers[i] = tag;
	page_show(&w->numbers, numbers);
	page_beat(&w->numbers);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned char frame[MOST];
	for (uint32_t n = 0; n < FRAMES; n++) {
		ring_say(&w->lines, n);
		memset(frame, (int)(n & 255), len_of(n));
		tell(w, n, frame, len_of(n));
	}
	ring_say(&w->lines, FRAMES);
	return NULL;
}

/* All that has come; each item must be the next one. */
static uint32_t take(struct ring *lines, uint32_t next, unsigned *wrong)
{
	unsigned char item[MOST];
	uint32_t tag;
	size_t len;
	while (ring_take(lines, &tag, item, sizeof item, &len) == RING_ITEM) {
		*wrong += tag != next || len != len_of(next) || item[0] != (next & 255);
		next++;
	}
	return next;
}

static void look(const struct page *p, unsigned *wrong)
{
	uint64_t numbers[WORDS];
	if (!page_read(p, numbers))
		return;
	for (unsigned i = 1; i < WORDS; i++)
		*wrong += numbers[i] != numbers[0];
}

static struct worker made(int wake, bool looks)
{
	struct worker w = { 0 };
	struct err e;
	assert_true(ring_init(&w.lines, RING, wake, &e));
	w.lines.looks = looks;
	assert_true(page_init(&w.numbers, WORDS * sizeof(uint64_t), &e));
	return w;
}

static void fini(struct worker *w)
{
	ring_fini(&w->lines);
	page_fini(&w->numbers);
}

/* Nobody says that it sleeps, when the keeper looks by itself. */
static bool may_sleep(struct worker *w, bool looks)
{
	return looks || (ring_sleep(&w[0].lines) && ring_sleep(&w[1].lines));
}

static void keep_two(bool looks)
{
	const int wake = eventfd(0, EFD_NONBLOCK);
	struct worker mine[WORKERS], theirs[WORKERS];
	uint32_t taken[WORKERS] = { 0 };
	unsigned wrong = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		mine[i] = theirs[i] = made(wake, looks);
		assert_int_equal(pthread_create(&theirs[i].thread, NULL, work, &theirs[i]), 0);
	}
	for (unsigned done = 0; done < WORKERS;) {
		done = 0;
		for (unsigned i = 0; i < WORKERS; i++) {
			const uint64_t said = ring_said(&mine[i].lines);
			taken[i] = take(&mine[i].lines, taken[i], &wrong);
			/* What was told before it was said is there by then. */
			wrong += taken[i] < said;
			look(&mine[i].numbers, &wrong);
			done += taken[i] == FRAMES;
		}
		if (done < WORKERS && may_sleep(mine, looks))
			sleep_on(wake, looks ? LOOK_MS : WAIT_MS);
	}
	for (unsigned i = 0; i < WORKERS; i++) {
		assert_int_equal(pthread_join(theirs[i].thread, NULL), 0);
		assert_int_equal(page_beats(&mine[i].numbers), FRAMES);
		fini(&mine[i]);
	}
	assert_int_equal(wrong, 0);
	close(wake);
}

static void a_keeper_and_two_workers(void **state)
{
	(void)state;
	keep_two(false);
}

static void a_keeper_that_looks(void **state)
{
	(void)state;
	keep_two(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(a_keeper_and_two_workers),
		cmocka_unit_test(a_keeper_that_looks) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
