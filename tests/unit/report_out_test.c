#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "report/out.h"

#define SECOND INT64_C(1000000000)

struct place {
	char folder[64], file[80];
	struct out *out;
	struct err e;
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	const char *base = getenv("TMPDIR");
	if (p == NULL || (p->out = calloc(1, sizeof *p->out)) == NULL)
		return -1;
	snprintf(p->folder, sizeof p->folder, "%.40s/out-XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	snprintf(p->file, sizeof p->file, "%s/lines", p->folder);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	*state = p;
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;
	unlink(p->file);
	rmdir(p->folder);
	free(p->out);
	free(p);
	return 0;
}

static size_t read_back(const char *path, char *to, size_t size)
{
	const int fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	size_t used = 0;
	for (ssize_t n; used < size && (n = read(fd, to + used, size - used)) > 0;)
		used += (size_t)n;
	close(fd);
	return used;
}

static size_t number_line(char *to, size_t size, unsigned number)
{
	return (size_t)snprintf(to, size, "line %08u of some length or other, whole or not at all\n", number);
}

/* Lines first, first + 1, ... in order, some left out, none torn; returns how many. */
static unsigned count_whole(const char *text, size_t len)
{
	unsigned count = 0;
	long last = -1;
	while (len != 0) {
		const char *end = memchr(text, '\n', len);
		char want[80];
		assert_non_null(end);
		const long number = strtol(text + 5, NULL, 10);
		const size_t n = number_line(want, sizeof want, (unsigned)number);
		assert_int_equal(n, end + 1 - text);
		assert_memory_equal(text, want, n);
		assert_true(number > last);
		last = number;
		len -= n;
		text = end + 1;
		count++;
	}
	return count;
}

static void say(struct out *o, unsigned from, unsigned to, int64_t t)
{
	char line[80];
	for (unsigned i = from; i < to; i++)
		out_line(o, line, number_line(line, sizeof line, i), t);
}

static void all_lines_arrive_in_order(void **state)
{
	struct place *p = *state;
	static char text[600000];
	assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
	say(p->out, 0, 10000, 0);
	assert_true(out_close(p->out, &p->e));
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 10000);
	assert_int_equal(p->out->lines, 10000);
	assert_int_equal(p->out->lost, 0);
}

static void a_file_is_begun_anew(void **state)
{
	struct place *p = *state;
	char text[4096];
	for (unsigned i = 0; i < 2; i++) {
		assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
		say(p->out, i, i + 1, 0);
		assert_true(out_close(p->out, &p->e));
	}
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 1);
	assert_memory_equal(text, "line 00000001", 13);
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct place *p = *state;
	char path[120];
	snprintf(path, sizeof path, "%s/none/such", p->folder);
	assert_false(out_open(p->out, path, OUT_ONCE, &p->e));
	assert_int_equal(p->e.sys, ENOENT);
	assert_false(out_open(p->out, p->folder, OUT_ONCE, &p->e));
	assert_int_equal(p->e.sys, EISDIR);
}

static void a_full_device_loses_all_and_says_so(void **state)
{
	struct place *p = *state;
	assert_true(out_open(p->out, "/dev/full", OUT_ONCE, &p->e));
	say(p->out, 0, 5000, 0);
	assert_false(out_close(p->out, &p->e));
	assert_int_equal(p->out->lost, 5000);
	assert_int_equal(p->e.sys, ENOSPC);
	assert_non_null(strstr(p->e.what, "5000 of 5000"));
}

static void limit_files(rlim_t bytes)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A disk that is full in the middle of a line, for ever: what is there is whole, the rest is counted. */
static void a_full_disk_leaves_no_torn_line(void **state)
{
	struct place *p = *state;
	static char text[600000];
	for (rlim_t room = 0; room < 120; room += 7) {
		assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
		limit_files(100000 + room);
		say(p->out, 0, 5000, 0);
		const bool whole = out_close(p->out, &p->e);
		limit_files(RLIM_INFINITY);
		assert_false(whole);
		assert_int_equal(p->e.sys, EFBIG);
		const size_t len = read_back(p->file, text, sizeof text);
		assert_true(len <= 100000 + room && len > 99900);
		assert_int_equal(count_whole(text, len) + p->out->lost, 5000);
	}
}

static void a_disk_with_room_again_is_used_again(void **state)
{
	struct place *p = *state;
	static char text[900000];
	assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
	limit_files(100010);
	say(p->out, 0, 5000, 0);
	const uint64_t lost = p->out->lost;
	assert_true(lost > 0);
	limit_files(RLIM_INFINITY);
	say(p->out, 5000, 5010, SECOND / 2); /* too early to try */
	assert_int_equal(p->out->lost, lost + 10);
	say(p->out, 5010, 9000, 2 * SECOND);
	assert_false(out_close(p->out, &p->e));
	assert_int_equal(p->out->lost, lost + 10);
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)) + lost + 10, 9000);
}

/* Lines that still fit into the buffer while the disk was full are not lost. */
static void a_short_shortage_loses_nothing(void **state)
{
	struct place *p = *state;
	static char text[600000];
	assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
	limit_files(30010);
	say(p->out, 0, 1400, 0);
	assert_true(p->out->failing);
	limit_files(RLIM_INFINITY);
	say(p->out, 1400, 3000, SECOND);
	assert_true(out_close(p->out, &p->e));
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 3000);
}

static void a_clock_that_jumps_back_does_not_stop_the_trying(void **state)
{
	struct place *p = *state;
	assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
	limit_files(30010);
	say(p->out, 0, 1400, 1000 * SECOND);
	assert_true(p->out->failing);
	limit_files(RLIM_INFINITY);
	say(p->out, 1400, 5000, 5 * SECOND);
	assert_int_equal(p->out->lost, 0);
	assert_true(out_close(p->out, &p->e));
}

/* Makes `fds[1]` this test's standard output until put_back. */
static int take_stdout(int fds[2])
{
	fflush(stdout);
	const int old = dup(STDOUT_FILENO);
	assert_true(old >= 0);
	assert_true(dup2(fds[1], STDOUT_FILENO) >= 0);
	close(fds[1]);
	return old;
}

static void put_back(int old)
{
	dup2(old, STDOUT_FILENO);
	close(old);
}

static void a_pipe_gets_each_line_at_once(void **state)
{
	struct place *p = *state;
	int fds[2];
	char text[256];
	assert_int_equal(pipe(fds), 0);
	const int old = take_stdout(fds);
	const bool opened = out_open(p->out, "-", OUT_ONCE, &p->e);
	say(p->out, 0, 1, 0);
	const ssize_t n = read(fds[0], text, sizeof text);
	const bool closed = out_close(p->out, &p->e);
	put_back(old);
	close(fds[0]);
	assert_true(opened && closed);
	assert_int_equal(n > 0 ? count_whole(text, (size_t)n) : 0, 1);
}

static void a_closed_pipe_is_told_at_the_end(void **state)
{
	struct place *p = *state;
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	const int old = take_stdout(fds);
	const bool opened = out_open(p->out, "-", OUT_ONCE, &p->e);
	close(fds[0]);
	say(p->out, 0, 100, 0);
	const bool closed = out_close(p->out, &p->e);
	put_back(old);
	assert_true(opened);
	assert_false(closed);
	assert_int_equal(p->out->lost, 100);
	assert_int_equal(p->e.sys, EPIPE);
}

/* Another program may have made the pipe non-blocking: we wait for its reader all the same. */
static void a_slow_reader_of_a_non_blocking_pipe_gets_all(void **state)
{
	struct place *p = *state;
	static char text[600000];
	int fds[2], back[2];
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(pipe(back), 0);
	assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	const pid_t reader = fork();
	if (reader == 0) {
		size_t used = 0;
		close(fds[1]);
		usleep(50000);
		for (ssize_t n; (n = read(fds[0], text + used, sizeof text - used)) > 0;)
			used += (size_t)n;
		const unsigned char right =
		    used == 5000 * strlen("line 00000000 of some length or other, whole or not at all\n");
		_exit(write(back[1], &right, 1) != 1);
	}
	const int old = take_stdout(fds);
	const bool opened = out_open(p->out, "-", OUT_ONCE, &p->e);
	say(p->out, 0, 5000, 0);
	const bool closed = out_close(p->out, &p->e);
	put_back(old);
	unsigned char right = 0;
	const ssize_t n = read(back[0], &right, 1);
	close(back[0]);
	close(back[1]);
	close(fds[0]);
	assert_true(opened && closed && n == 1);
	assert_int_equal(right, 1);
}

static void a_line_that_could_not_be_made_is_counted(void **state)
{
	struct place *p = *state;
	assert_true(out_open(p->out, p->file, OUT_ONCE, &p->e));
	out_lose(p->out);
	say(p->out, 0, 3, 0);
	assert_false(out_close(p->out, &p->e));
	assert_non_null(strstr(p->e.what, "1 of 4"));
}

static void put_text(const char *path, const char *text, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

/* A program that was killed may have left half a line, of any length a line can have. */
static void a_live_file_is_added_to_after_its_last_whole_line(void **state)
{
	struct place *p = *state;
	static char text[200000], half[MAX_LINE];
	memset(half, 'x', sizeof half);
	for (size_t torn = 0; torn < sizeof half; torn += torn < 3 ? 1 : 4093) {
		size_t len = number_line(text, sizeof text, 1);
		memcpy(text + len, half, torn);
		put_text(p->file, text, len + torn);
		assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
		say(p->out, 2, 4, 0);
		assert_true(out_close(p->out, &p->e));
		assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 3);
	}
	put_text(p->file, half, 5000);
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	say(p->out, 2, 4, 0);
	assert_true(out_close(p->out, &p->e));
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 2);
}

/* What is too long to be a line of ours is not ours to cut: it is ended. */
static void a_live_file_of_somebody_else_is_not_cut(void **state)
{
	struct place *p = *state;
	static char text[100000];
	memset(text, 'x', sizeof text);
	put_text(p->file, text, 70000);
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	assert_true(out_close(p->out, &p->e));
	assert_int_equal(read_back(p->file, text, sizeof text), 70001);
	assert_int_equal(text[70000], '\n');
}

static void a_live_file_is_written_at_the_next_tick(void **state)
{
	struct place *p = *state;
	char text[4096];
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	say(p->out, 0, 3, 0);
	assert_int_equal(read_back(p->file, text, sizeof text), 0);
	assert_int_equal(out_tick(p->out, 0), OUT_IDLE);
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 3);
	assert_true(out_close(p->out, &p->e));
}

static void a_file_that_was_moved_away_is_begun_again(void **state)
{
	struct place *p = *state;
	char moved[100], text[8192];
	snprintf(moved, sizeof moved, "%s/moved", p->folder);
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	say(p->out, 0, 5, 0);
	assert_int_equal(rename(p->file, moved), 0);
	say(p->out, 5, 7, 0);
	assert_true(out_reopen(p->out, &p->e));
	say(p->out, 7, 10, 0);
	assert_true(out_close(p->out, &p->e));
	assert_int_equal(count_whole(text, read_back(moved, text, sizeof text)), 7);
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 3);
	unlink(moved);
}

static void a_file_that_cannot_be_opened_again_is_used_on(void **state)
{
	struct place *p = *state;
	char moved[100], text[8192];
	snprintf(moved, sizeof moved, "%s/moved", p->folder);
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	say(p->out, 0, 5, 0);
	assert_int_equal(rename(p->file, moved), 0);
	assert_int_equal(mkdir(p->file, 0700), 0);
	assert_false(out_reopen(p->out, &p->e));
	say(p->out, 5, 10, 0);
	assert_true(out_close(p->out, &p->e));
	assert_int_equal(count_whole(text, read_back(moved, text, sizeof text)), 10);
	unlink(moved);
	rmdir(p->file);
}

/* Half a line lies in the file that was moved away and cannot be taken back: its rest must not begin the new one. */
static void the_rest_of_a_torn_line_does_not_begin_a_new_file(void **state)
{
	struct place *p = *state;
	char moved[100];
	static char text[100000];
	snprintf(moved, sizeof moved, "%s/moved", p->folder);
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	p->out->regular = false; /* as a device: nothing is taken back */
	limit_files(30010);
	say(p->out, 0, 700, 0);
	assert_int_equal(out_tick(p->out, 0), OUT_IDLE);
	assert_true(p->out->failing && p->out->torn != 0);
	assert_int_equal(rename(p->file, moved), 0);
	assert_true(out_reopen(p->out, &p->e));
	limit_files(RLIM_INFINITY);
	say(p->out, 700, 710, 0);
	assert_false(out_close(p->out, &p->e));
	assert_int_equal(p->out->lost, 1);
	const size_t before = 30010 / strlen("line 00000000 of some length or other, whole or not at all\n");
	assert_int_equal(count_whole(text, read_back(p->file, text, sizeof text)), 710 - before - 1);
	unlink(moved);
}

static int listen_on(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* What lies in the socket, until nothing does. */
static size_t drain(int fd, char *to, size_t size)
{
	size_t used = 0;
	for (ssize_t n; used < size && (n = recv(fd, to + used, size - used, MSG_DONTWAIT)) > 0;)
		used += (size_t)n;
	return used;
}

/* More than socket and buffer hold, while nobody reads; then all that is left, whole, and the rest counted. */
static void a_slow_reader_of_a_socket_is_not_waited_for(void **state)
{
	struct place *p = *state;
	enum { MANY = 200000 };
	static char text[16 << 20];
	char path[100];
	snprintf(path, sizeof path, "unix:%s", p->file);
	const int listener = listen_on(p->file);
	assert_true(out_open(p->out, path, OUT_LIVE, &p->e));
	const int reader = accept(listener, NULL, NULL);
	say(p->out, 0, MANY, 0);
	const uint64_t lost = p->out->lost;
	assert_true(lost > 0 && p->out->stalled);
	assert_int_equal(out_tick(p->out, SECOND), OUT_WAITS);
	size_t used = 0;
	for (int i = 1; p->out->used != 0; i++) {
		used += drain(reader, text + used, sizeof text - used);
		out_tick(p->out, i * SECOND);
	}
	used += drain(reader, text + used, sizeof text - used);
	assert_int_equal(count_whole(text, used) + lost, MANY);
	assert_int_equal(p->out->lost, lost);
	assert_false(out_close(p->out, &p->e));
	close(reader);
	close(listener);
}

/* The reader goes in the midst of a line; the next one begins with a whole one. */
static void a_socket_is_connected_again(void **state)
{
	struct place *p = *state;
	static char text[1 << 20];
	char path[100];
	snprintf(path, sizeof path, "unix:%s", p->file);
	assert_true(out_open(p->out, path, OUT_LIVE, &p->e));
	say(p->out, 0, 10, 0);
	int listener = listen_on(p->file);
	out_tick(p->out, 2 * SECOND);
	int reader = accept(listener, NULL, NULL);
	assert_int_equal(count_whole(text, drain(reader, text, sizeof text)), 10);
	say(p->out, 10, 10000, 2 * SECOND);
	assert_true(p->out->stalled);
	assert_true(recv(reader, text, 100000, 0) > 0);
	out_tick(p->out, 2 * SECOND + SECOND / 2);
	assert_true(p->out->stalled && p->out->torn != 0);
	close(reader);
	close(listener);
	unlink(p->file);
	out_tick(p->out, 3 * SECOND);
	assert_int_equal(p->out->fd, -1);
	assert_int_equal(p->out->torn, 0);
	assert_int_equal(p->out->lost, 1);
	const uint64_t kept = p->out->used / strlen("line 00000000 of some length or other, whole or not at all\n");
	say(p->out, 10000, 10010, 3 * SECOND);
	listener = listen_on(p->file);
	say(p->out, 10010, 10011, 3 * SECOND); /* too early to try */
	assert_int_equal(p->out->fd, -1);
	size_t used = 0;
	reader = -1;
	for (int i = 5; p->out->used != 0 && i < 1000; i++) {
		out_tick(p->out, i * SECOND);
		reader = reader < 0 ? accept(listener, NULL, NULL) : reader;
		used += drain(reader, text + used, sizeof text - used);
	}
	used += drain(reader, text + used, sizeof text - used);
	assert_int_equal(count_whole(text, used), kept + 11);
	assert_int_equal(p->out->lost, 1);
	assert_false(out_close(p->out, &p->e));
	close(reader);
	close(listener);
}

static void a_pipe_that_nobody_reads_is_not_waited_for(void **state)
{
	struct place *p = *state;
	static char text[8 << 20];
	enum { MANY = 100000 };
	int fds[2];
	assert_int_equal(pipe(fds), 0);
	const int old = take_stdout(fds);
	const bool opened = out_open(p->out, "-", OUT_LIVE, &p->e);
	say(p->out, 0, MANY, 0);
	const bool stalled = p->out->stalled;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	size_t used = 0;
	for (int i = 1; p->out->used != 0 && i < 10000; i++) {
		for (ssize_t n; (n = read(fds[0], text + used, sizeof text - used)) > 0;)
			used += (size_t)n;
		out_tick(p->out, i * SECOND);
	}
	for (ssize_t n; (n = read(fds[0], text + used, sizeof text - used)) > 0;)
		used += (size_t)n;
	const uint64_t lost = p->out->lost;
	close(fds[0]);
	say(p->out, MANY, MANY + 1, SECOND);
	const enum out_waits waits = out_tick(p->out, SECOND);
	const bool closed = out_close(p->out, &p->e);
	put_back(old);
	assert_true(opened && stalled && !closed && lost > 0);
	assert_int_equal(count_whole(text, used) + lost, MANY);
	assert_int_equal(waits, OUT_GONE);
}

static void a_socket_that_cannot_be_is_said(void **state)
{
	struct place *p = *state;
	char path[300] = "unix:";
	memset(path + 5, 'x', 200);
	assert_false(out_open(p->out, path, OUT_LIVE, &p->e));
	assert_int_equal(p->e.sys, ENAMETOOLONG);
	assert_false(out_open(p->out, "unix:/none/such", OUT_ONCE, &p->e));
	assert_int_equal(p->e.sys, ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_lines_arrive_in_order),
		TEST(a_file_is_begun_anew),
		TEST(what_cannot_be_opened_is_said),
		TEST(a_full_device_loses_all_and_says_so),
		TEST(a_full_disk_leaves_no_torn_line),
		TEST(a_disk_with_room_again_is_used_again),
		TEST(a_short_shortage_loses_nothing),
		TEST(a_clock_that_jumps_back_does_not_stop_the_trying),
		TEST(a_pipe_gets_each_line_at_once),
		TEST(a_closed_pipe_is_told_at_the_end),
		TEST(a_slow_reader_of_a_non_blocking_pipe_gets_all),
		TEST(a_line_that_could_not_be_made_is_counted),
		TEST(a_live_file_is_added_to_after_its_last_whole_line),
		TEST(a_live_file_of_somebody_else_is_not_cut),
		TEST(a_live_file_is_written_at_the_next_tick),
		TEST(a_file_that_was_moved_away_is_begun_again),
		TEST(a_file_that_cannot_be_opened_again_is_used_on),
		TEST(the_rest_of_a_torn_line_does_not_begin_a_new_file),
		TEST(a_slow_reader_of_a_socket_is_not_waited_for),
		TEST(a_socket_is_connected_again),
		TEST(a_pipe_that_nobody_reads_is_not_waited_for),
		TEST(a_socket_that_cannot_be_is_said),
	};
	return cmocka_run_group_tests_name("out", tests, NULL, NULL);
}
