/* Items whole, in order and where they lie; who waits is woken. */
#include "base/lane.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

enum { SIZE = 1 << 18, ITEMS = 200000 };

static struct lane fresh(void)
{
	struct lane l;
	struct err e;
	assert_true(lane_init(&l, SIZE, eventfd(0, EFD_NONBLOCK), eventfd(0, EFD_NONBLOCK), &e));
	return l;
}

static void fini(struct lane *l)
{
	close(l->wake_reader);
	close(l->wake_writer);
	lane_fini(l);
}

static size_t len_of(uint32_t n)
{
	return n * 2654435761u % 3000;
}

static bool put(struct lane *l, uint32_t n)
{
	const size_t len = len_of(n);
	unsigned char *room = lane_room(l, len);
	if (room == NULL)
		return false;
	memset(room, (int)(n & 255), len);
	lane_add(l, n, len);
	return true;
}

static void check(const unsigned char *item, uint32_t tag, size_t len, uint32_t want)
{
	assert_int_equal(tag, want);
	assert_int_equal(len, len_of(want));
	assert_int_equal((uintptr_t)item % LANE_ALIGN, 0);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(item[i], want & 255);
}

/* Filled to the brim and emptied, many times round: every item comes once, whole and in its order. */
static void test_round_and_round(void **state)
{
	(void)state;
	struct lane writer = fresh(), reader = writer;
	uint32_t in = 0, out = 0, tag;
	size_t len;
	for (int round = 0; round < 50; round++) {
		while (put(&writer, in))
			in++;
		lane_show(&writer);
		assert_false(lane_is_read(&writer));
		for (const void *item; (item = lane_next(&reader, &tag, &len)) != NULL; out++)
			check(item, tag, len, out);
		assert_int_equal(in, out);
		assert_true(lane_is_read(&writer));
	}
	assert_true(in > 50 * (SIZE / 3100));
	fini(&writer);
}

static void test_nothing_before_it_is_shown(void **state)
{
	(void)state;
	struct lane writer = fresh(), reader = writer;
	uint32_t tag;
	size_t len;
	eventfd_t rung;
	assert_null(lane_room(&writer, SIZE / 4 + 1));
	assert_true(put(&writer, 1));
	assert_null(lane_next(&reader, &tag, &len));
	assert_true(lane_sleep(&reader));
	lane_show(&writer);
	assert_int_equal(eventfd_read(writer.wake_reader, &rung), 0);
	assert_false(lane_sleep(&reader));
	assert_non_null(lane_next(&reader, &tag, &len));
	/* It is read when the next one is asked for. */
	assert_false(lane_is_read(&writer));
	assert_null(lane_next(&reader, &tag, &len));
	assert_true(lane_is_read(&writer));
	fini(&writer);
}

/* It can be told how far the other is, and sleep until it is there; and sooner nobody wakes it. */
static void test_places(void **state)
{
	(void)state;
	struct lane writer = fresh(), reader = writer;
	uint64_t place[100];
	uint32_t tag, n = 0;
	size_t len;
	eventfd_t rung;
	for (; n < 100; n++) {
		assert_true(put(&writer, n));
		place[n] = lane_place(&writer);
	}
	lane_show(&writer);
	assert_false(lane_is_past(&writer, place[0]));
	assert_true(lane_await(&writer, place[49]));
	unsigned woken = 0;
	for (n = 0; n < 100; n++) {
		const void *item = lane_next(&reader, &tag, &len);
		check(item, tag, len, n);
		assert_true(n > 49 || !lane_is_past(&writer, place[49]));
		const void *ahead = lane_ahead(&reader, &tag);
		assert_true((ahead != NULL) == (n < 99) && (n == 99 || tag == n + 1));
		if (eventfd_read(writer.wake_writer, &rung) != 0)
			continue;
		assert_true(lane_is_past(&writer, place[49]));
		woken++;
	}
	assert_int_equal(woken, 1);
	assert_null(lane_next(&reader, &tag, &len));
	assert_true(lane_is_past(&writer, place[99]));
	assert_false(lane_await(&writer, place[99]));
	fini(&writer);
}

/* The reader is not believed: a place beyond the writer's, or before the one it was at, is none. */
static void test_a_reader_that_lies(void **state)
{
	(void)state;
	struct lane writer = fresh(), reader = writer;
	uint32_t n = 0;
	while (put(&writer, n))
		n++;
	lane_show(&writer);
	reader.at = lane_place(&writer) + SIZE;
	reader.other = reader.at + 16;
	uint32_t tag;
	size_t len;
	reader.taken = 16;
	reader.shown = 0;
	(void)lane_next(&reader, &tag, &len);
	assert_false(lane_is_past(&writer, lane_place(&writer)));
	assert_false(put(&writer, n));
	fini(&writer);
}

static void read_all(struct lane *l)
{
	uint32_t tag;
	size_t len;
	for (uint32_t n = 0; n < ITEMS;) {
		const unsigned char *item = lane_next(l, &tag, &len);
		if (item == NULL)
			continue;
		if (tag != n || len != len_of(n) || (len != 0 && (item[0] != (n & 255) || item[len - 1] != (n & 255))))
			_exit(1);
		n++;
	}
	_exit(0);
}

static void test_two_processes(void **state)
{
	(void)state;
	struct lane l = fresh();
	const pid_t pid = fork();
	if (pid == 0)
		read_all(&l);
	assert_true(pid > 0);
	for (uint32_t n = 0; n < ITEMS;)
		n += put(&l, n);
	lane_show(&l);
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_and_round),
		cmocka_unit_test(test_nothing_before_it_is_shown),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_a_reader_that_lies),
		cmocka_unit_test(test_two_processes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
