/* Items whole and in order, whoever is killed; a writer that lies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/ring.h"

enum { KILLS = 200, LONGEST = 900 };

static struct ring made(size_t size, int wake)
{
	struct ring r;
	struct err e;
	assert_true(ring_init(&r, size, wake, &e));
	return r;
}

/* Item number n: its number, then bytes that follow from it. */
static size_t write_item(uint64_t n, unsigned char *to)
{
	const size_t len = sizeof n + (size_t)(n * 2654435761u >> 7) % (LONGEST - sizeof n);
	memcpy(to, &n, sizeof n);
	for (size_t i = sizeof n; i < len; i++)
		to[i] = (unsigned char)(n * 31 + i);
	return len;
}

static void assert_item(uint64_t n, uint32_t tag, const unsigned char *item, size_t len)
{
	unsigned char want[LONGEST];
	assert_int_equal(write_item(n, want), len);
	assert_memory_equal(item, want, len);
	assert_int_equal(tag, (uint32_t)n & 3);
}

static void items_come_in_order(void **state)
{
	(void)state;
	struct ring writer = made(4096, -1), reader = writer;
	unsigned char item[LONGEST];
	uint32_t tag;
	uint64_t written = 0, taken = 0;
	size_t len;
	for (unsigned round = 0; round < 5000; round++) {
		while (ring_put(&writer, (uint32_t)written & 3, item, write_item(written, item)))
			written++;
		for (unsigned i = 0;
		     i < round % 7 + 1 && ring_take(&reader, &tag, item, sizeof item, &len) == RING_ITEM; i++)
			assert_item(taken++, tag, item, len);
	}
	while (ring_take(&reader, &tag, item, sizeof item, &len) == RING_ITEM)
		assert_item(taken++, tag, item, len);
	assert_true(written > 5000);
	assert_int_equal(written, taken);
	ring_fini(&writer);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	struct ring r = made(64, -1), reader = r;
	unsigned char item[128] = { 0 };
	uint32_t tag;
	size_t len;
	struct err e;
	assert_false(ring_put(&r, 0, item, 57));
	assert_false(ring_put(&r, 0, item, 100));
	assert_false(ring_wait(&r, 57, 1));
	assert_true(ring_put(&r, 0, item, 56));
	assert_false(ring_put(&r, 0, item, 0));
	assert_false(ring_wait(&r, 0, 1));
	ring_lose(&r);
	ring_lose(&r);
	assert_int_equal(ring_losses(&reader), 2);
	assert_int_equal(ring_losses(&reader), 0);
	assert_int_equal(ring_take(&reader, &tag, item, sizeof item, &len), RING_ITEM);
	assert_int_equal(len, 56);
	assert_true(ring_wait(&r, 56, 1));
	assert_int_equal(ring_take(&reader, &tag, item, sizeof item, &len), RING_EMPTY);
	ring_fini(&r);
	assert_false(ring_init(&r, 100, -1, &e));
}

/* The memory of a ring begins with the place of its writer; its bytes follow 128 bytes later. */
static void a_writer_that_lies_is_found_out(void **state)
{
	(void)state;
	static const struct {
		uint64_t head;
		uint32_t len;
	} rows[] = { { 1, 0 }, { 7, 0 }, { 8, 1 }, { 16, 9 }, { 1024, 101 }, { 4104, 8 }, { UINT64_MAX, 8 },
		{ 4096, UINT32_MAX }, { 4096, UINT32_MAX - 6 }, { 4096, 4089 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ring r = made(4096, -1);
		unsigned char *const memory = (unsigned char *)r.shared, item[100];
		uint32_t tag;
		size_t len;
		memcpy(memory, &rows[i].head, sizeof rows[i].head);
		memcpy(memory + 128, &rows[i].len, sizeof rows[i].len);
		assert_int_equal(ring_take(&r, &tag, item, sizeof item, &len), RING_BROKEN);
		ring_reset(&r);
		assert_int_equal(ring_take(&r, &tag, item, sizeof item, &len), RING_EMPTY);
		ring_fini(&r);
	}
}

static bool is_awake(int wake)
{
	struct pollfd p = { .fd = wake, .events = POLLIN };
	return poll(&p, 1, 0) == 1;
}

static void a_reader_is_woken_once(void **state)
{
	(void)state;
	const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct ring writer = made(4096, wake), reader = writer;
	unsigned char item[16] = { 0 };
	uint32_t tag;
	uint64_t times;
	size_t len;
	assert_true(ring_put(&writer, 0, item, 1));
	assert_false(is_awake(wake));
	assert_false(ring_sleep(&reader));
	assert_int_equal(ring_take(&reader, &tag, item, sizeof item, &len), RING_ITEM);
	assert_true(ring_sleep(&reader));
	assert_false(is_awake(wake));
	assert_true(ring_put(&writer, 0, item, 1));
	assert_true(ring_put(&writer, 0, item, 1));
	assert_int_equal(read(wake, &times, sizeof times), sizeof times);
	assert_int_equal(times, 1);
	close(wake);
	ring_fini(&writer);
}

static void a_reader_that_looks_is_woken_at_each_half(void **state)
{
	(void)state;
	const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct ring writer = made(4096, wake), reader;
	unsigned char item[504] = { 0 };
	uint32_t tag;
	uint64_t times;
	size_t len;
	writer.looks = true;
	reader = writer;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 3; i++)
			assert_true(ring_put(&writer, 0, item, sizeof item));
		assert_false(is_awake(wake));
		for (unsigned i = 3; i < 8; i++)
			assert_true(ring_put(&writer, 0, item, sizeof item));
		assert_false(ring_put(&writer, 0, item, sizeof item));
		assert_int_equal(read(wake, &times, sizeof times), sizeof times);
		assert_int_equal(times, 2);
		for (unsigned i = 0; i < 8; i++)
			assert_int_equal(ring_take(&reader, &tag, item, sizeof item, &len), RING_ITEM);
	}
	close(wake);
	ring_fini(&writer);
}

static void write_for_ever(struct ring *r)
{
	unsigned char item[LONGEST];
	for (uint64_t n = 0;; n++) {
		const size_t len = write_item(n, item);
		while (!ring_put(r, (uint32_t)n & 3, item, len))
			ring_wait(r, len, 1);
	}
}

static long long nanoseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* All that was published, while it lives and after; then it is over, at an item's end.  Its life begins with its first item: on a
 * busy machine it may be long before a child is on. */
static uint64_t kill_one(struct ring *r, unsigned seed)
{
	unsigned char item[LONGEST];
	uint32_t tag;
	uint64_t taken = 0;
	size_t len;
	const pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		write_for_ever(r);
	const long long life = (long long)(seed * 2654435761u >> 12) % 3000000;
	const long long patience = nanoseconds() + 60 * 1000000000LL;
	long long end = patience;
	do {
		while (ring_take(r, &tag, item, sizeof item, &len) == RING_ITEM)
			assert_item(taken++, tag, item, len);
		if (taken > 0 && end == patience)
			end = nanoseconds() + life;
	} while (nanoseconds() < end);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	enum ring_got got;
	while ((got = ring_take(r, &tag, item, sizeof item, &len)) == RING_ITEM)
		assert_item(taken++, tag, item, len);
	assert_int_equal(got, RING_EMPTY);
	return taken;
}

static void a_killed_writer_leaves_no_torn_item(void **state)
{
	(void)state;
	const int wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	struct ring r = made(65536, wake);
	for (unsigned i = 0; i < KILLS; i++) {
		const uint64_t of_one = kill_one(&r, i + 1);
		assert_true(of_one > 0);
		ring_reset(&r);
	}
	close(wake);
	ring_fini(&r);
}

/* It is no item, and needs no room: who cannot tell anything can still say how far it is. */
static void what_is_said_takes_no_room(void **state)
{
	(void)state;
	struct ring writer = made(64, -1), reader = writer;
	const unsigned char item[40] = { 1 };
	unsigned char taken[64];
	uint32_t tag;
	size_t len;
	assert_int_equal(ring_said(&reader), 0);
	assert_true(ring_put(&writer, 7, item, sizeof item));
	assert_false(ring_put(&writer, 7, item, sizeof item));
	ring_say(&writer, UINT64_MAX - 1);
	ring_say(&writer, UINT64_MAX);
	assert_true(ring_said(&reader) == UINT64_MAX);
	assert_int_equal(ring_take(&reader, &tag, taken, sizeof taken, &len), RING_ITEM);
	assert_int_equal(ring_take(&reader, &tag, taken, sizeof taken, &len), RING_EMPTY);
	ring_reset(&writer);
	assert_int_equal(ring_said(&reader), 0);
	ring_fini(&writer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_come_in_order),
		cmocka_unit_test(what_does_not_fit_is_refused),
		cmocka_unit_test(a_writer_that_lies_is_found_out),
		cmocka_unit_test(a_reader_is_woken_once),
		cmocka_unit_test(a_reader_that_looks_is_woken_at_each_half),
		cmocka_unit_test(what_is_said_takes_no_room),
		cmocka_unit_test(a_killed_writer_leaves_no_torn_item),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
