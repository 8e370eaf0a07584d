/* Numbers that are whole, whoever is killed while writing them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/page.h"

enum { WORDS = 100, KILLS = 50 };

static void numbers_come_across(void **state)
{
	(void)state;
	struct page p;
	struct err e;
	uint64_t in[3] = { 0 }, out[3] = { 9, 9, 9 };
	assert_true(page_init(&p, sizeof in, &e));
	assert_true(page_read(&p, out));
	assert_memory_equal(in, out, sizeof in);
	for (uint64_t n = 1; n < 10; n++) {
		in[0] = n;
		in[2] = ~n;
		page_show(&p, in);
		page_beat(&p);
		assert_true(page_read(&p, out));
		assert_memory_equal(in, out, sizeof in);
		assert_int_equal(page_beats(&p), n);
	}
	page_reset(&p);
	assert_true(page_read(&p, out));
	assert_int_equal(out[0] | out[1] | out[2] | page_beats(&p), 0);
	page_fini(&p);
	assert_false(page_init(&p, 12, &e));
	assert_false(page_init(&p, 1 << 20, &e));
}

static void write_for_ever(struct page *p)
{
	uint64_t numbers[WORDS];
	for (uint64_t n = 0;; n++) {
		for (unsigned i = 0; i < WORDS; i++)
			numbers[i] = n;
		page_show(p, numbers);
	}
}

static void assert_whole(const uint64_t *numbers)
{
	for (unsigned i = 1; i < WORDS; i++)
		assert_int_equal(numbers[i], numbers[0]);
}

static void a_killed_writer_leaves_them_whole(void **state)
{
	(void)state;
	struct page p;
	struct err e;
	uint64_t numbers[WORDS] = { 0 }, read = 0;
	const struct timespec life = { .tv_nsec = 1000000 };
	assert_true(page_init(&p, sizeof numbers, &e));
	for (unsigned i = 0; i < KILLS; i++) {
		const pid_t pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			write_for_ever(&p);
		for (unsigned n = 0; n < 200; n++)
			if (page_read(&p, numbers)) {
				assert_whole(numbers);
				read++;
			}
		clock_nanosleep(CLOCK_MONOTONIC, 0, &life, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		assert_true(page_read(&p, numbers));
		assert_whole(numbers);
		page_reset(&p);
	}
	assert_true(read > 0);
	page_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_across),
		cmocka_unit_test(a_killed_writer_leaves_them_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
