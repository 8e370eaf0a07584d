/* When files are set aside, what they are called, which stay; and that no line is lost or torn by it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "report/out.h"

struct place {
	char folder[64], file[80];
	char names[64][300]; /* what lies in the folder, in order */
	size_t count;
	struct out *out;
	struct err e;
};

enum { LINE_LEN = 55 };

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	const char *base = getenv("TMPDIR");
	if (p == NULL || (p->out = calloc(1, sizeof *p->out)) == NULL)
		return -1;
	snprintf(p->folder, sizeof p->folder, "%.40s/rotate-XXXXXX", base != NULL ? base : "/tmp");
	if (mkdtemp(p->folder) == NULL)
		return -1;
	snprintf(p->file, sizeof p->file, "%s/lines", p->folder);
	*state = p;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void look(struct place *p)
{
	DIR *folder = opendir(p->folder);
	assert_non_null(folder);
	p->count = 0;
	for (const struct dirent *d; (d = readdir(folder)) != NULL;)
		if (d->d_name[0] != '.' && p->count < 64)
			snprintf(p->names[p->count++], sizeof p->names[0], "%s", d->d_name);
	closedir(folder);
	qsort(p->names, p->count, sizeof p->names[0], by_name);
}

static void path_of(const struct place *p, const char *name, char to[400])
{
	snprintf(to, 400, "%s/%s", p->folder, name);
}

static int remove_place(void **state)
{
	struct place *p = *state;
	char path[400];
	look(p);
	for (size_t i = 0; i < p->count; i++) {
		path_of(p, p->names[i], path);
		if (unlink(path) != 0)
			rmdir(path);
	}
	rmdir(p->folder);
	free(p->out);
	free(p);
	return 0;
}

static void say(struct out *o, unsigned from, unsigned to)
{
	char line[80];
	for (unsigned i = from; i < to; i++) {
		const int len = snprintf(line, sizeof line, "line %08u of one length, whole or not, in one file\n", i);
		out_line(o, line, (size_t)len, 0);
	}
}

static void put(const struct place *p, const char *name, const char *text)
{
	char path[400];
	path_of(p, name, path);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static off_t size_of(const struct place *p, const char *name)
{
	char path[400];
	struct stat st;
	path_of(p, name, path);
	return stat(path, &st) == 0 ? st.st_size : -1;
}

/* The lines of a file go on with *next. */
static void count_on(const struct place *p, const char *name, unsigned *next)
{
	char path[400], line[80], want[80];
	path_of(p, name, path);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	for (; fgets(line, sizeof line, f) != NULL; ++*next) {
		snprintf(want, sizeof want, "line %08u of one length, whole or not, in one file\n", *next);
		assert_string_equal(line, want);
	}
	fclose(f);
}

static void open_with(struct place *p, uint64_t size, int64_t every_s, unsigned keep)
{
	assert_true(out_open(p->out, p->file, OUT_LIVE, &p->e));
	out_rotate(p->out, &(struct rotation){ .size = size, .every_s = every_s, .keep = keep });
}

/* More within a second than seconds have names: every line is in one file, in the order of the names, the last in the
 * file itself, and none is larger than it may be. */
static void no_file_outgrows_its_size(void **state)
{
	struct place *p = *state;
	open_with(p, 100000, 0, 0);
	say(p->out, 0, 20000);
	assert_true(out_close(p->out, &p->e));
	look(p);
	assert_true(p->count > 20000 * LINE_LEN / 100000);
	assert_int_equal(p->out->rotations, p->count - 1);
	unsigned next = 0;
	for (size_t i = 1; i < p->count; i++)
		count_on(p, p->names[i], &next);
	count_on(p, p->names[0], &next);
	assert_int_equal(next, 20000);
	for (size_t i = 0; i < p->count; i++) {
		assert_in_range(size_of(p, p->names[i]), LINE_LEN, 100000);
		assert_memory_equal(p->names[i], "lines", 5);
	}
}

static void a_file_whose_time_is_over_is_set_aside(void **state)
{
	struct place *p = *state;
	open_with(p, 0, 3600, 0);
	say(p->out, 0, 3);
	out_tick(p->out, 0);
	out_tick(p->out, 0);
	look(p);
	assert_int_equal(p->count, 1);
	p->out->begun -= 3600;
	out_tick(p->out, 0);
	look(p);
	assert_int_equal(p->count, 2);
	assert_int_equal(size_of(p, p->names[0]), 0);
	assert_int_equal(size_of(p, p->names[1]), 3 * LINE_LEN);
	p->out->begun -= 3600; /* an hour in which nothing came */
	out_tick(p->out, 0);
	say(p->out, 3, 4);
	out_tick(p->out, 0);
	look(p);
	assert_int_equal(p->count, 2);
	assert_true(out_close(p->out, &p->e));
}

/* What a program of yesterday has left is not mixed with today's. */
static void a_file_that_was_found_belongs_to_its_own_time(void **state)
{
	struct place *p = *state;
	put(p, "lines", "old\n");
	const struct timespec yesterday[2] = { { .tv_sec = time(NULL) - 86400 }, { .tv_sec = time(NULL) - 86400 } };
	assert_int_equal(utimensat(AT_FDCWD, p->file, yesterday, 0), 0);
	open_with(p, 0, 86400, 0);
	say(p->out, 0, 1);
	assert_true(out_close(p->out, &p->e));
	look(p);
	assert_int_equal(p->count, 2);
	assert_int_equal(size_of(p, p->names[1]), 4);
	unsigned next = 0;
	count_on(p, "lines", &next);
	assert_int_equal(next, 1);
}

static bool is_of_now(const char *name)
{
	return strncmp(name, "lines.20", 8) == 0 && strncmp(name, "lines.200", 9) != 0;
}

static void only_so_many_stay(void **state)
{
	struct place *p = *state;
	put(p, "lines.20010203-040506", "oldest\n");
	put(p, "lines.20010203-040506-001", "second\n");
	put(p, "lines.20010203-040506.gz", "not ours\n");
	put(p, "lines.2001020a-040506", "not ours\n");
	put(p, "lines.20010203-040506-01", "not ours\n");
	put(p, "other.20010203-040506", "not ours\n");
	open_with(p, 100000, 0, 3);
	say(p->out, 0, 4000); /* two files are full */
	assert_int_equal(p->out->rotations, 2);
	assert_int_equal(size_of(p, "lines.20010203-040506"), -1);
	assert_int_equal(size_of(p, "lines.20010203-040506-001"), 7);
	say(p->out, 4000, 20000);
	assert_true(out_close(p->out, &p->e));
	look(p);
	assert_int_equal(p->count, 1 + 3 + 4);
	off_t kept = size_of(p, "lines");
	for (size_t i = 1; i < p->count; i++)
		if (is_of_now(p->names[i]))
			kept += size_of(p, p->names[i]);
	unsigned next = 20000 - (unsigned)(kept / LINE_LEN);
	assert_in_range(next, 1, 19000);
	for (size_t i = 1; i < p->count; i++)
		if (is_of_now(p->names[i]))
			count_on(p, p->names[i], &next);
	count_on(p, "lines", &next);
	assert_int_equal(next, 20000);
}

/* Somebody else moved it away: that is his, and a new one is begun. */
static void a_file_that_was_moved_away_is_not_renamed(void **state)
{
	struct place *p = *state;
	char moved[400];
	open_with(p, 100000, 0, 0);
	say(p->out, 0, 1000);
	out_tick(p->out, 0);
	path_of(p, "moved", moved);
	assert_int_equal(rename(p->file, moved), 0);
	put(p, "lines", "");
	say(p->out, 1000, 2500);
	assert_true(out_close(p->out, &p->e));
	look(p);
	assert_int_equal(p->count, 2);
	unsigned next = 0;
	count_on(p, "moved", &next);
	assert_in_range(next, 1000, 100000 / LINE_LEN);
	count_on(p, "lines", &next);
	assert_int_equal(next, 2500);
}

/* No descriptor is left for the new file: the old one gets its name back and is used on, and nothing is lost. */
static void what_cannot_be_rotated_is_used_on(void **state)
{
	struct place *p = *state;
	struct rlimit old, none;
	open_with(p, 100000, 0, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = old;
	none.rlim_cur = (rlim_t)p->out->fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	say(p->out, 0, 4000);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	look(p);
	assert_int_equal(p->count, 1);
	assert_int_equal(p->out->rotations, 0);
	say(p->out, 4000, 6000); /* too early to try */
	assert_int_equal(p->out->rotations, 0);
	p->out->rotate_again -= 60;
	say(p->out, 6000, 8000);
	assert_true(p->out->rotations != 0);
	assert_true(out_close(p->out, &p->e));
	look(p);
	unsigned next = 0;
	for (size_t i = 1; i < p->count; i++)
		count_on(p, p->names[i], &next);
	count_on(p, "lines", &next);
	assert_int_equal(next, 8000);
}

/* The disk is full in the midst of it all: what is in files and what was lost is everything. */
static void a_full_disk_and_rotation(void **state)
{
	struct place *p = *state;
	signal(SIGXFSZ, SIG_IGN);
	struct rlimit old, little;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	little = old;
	little.rlim_cur = 90010;
	open_with(p, 150000, 0, 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	say(p->out, 0, 6000);
	assert_true(p->out->failing && p->out->lost != 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	p->out->failed_at = -2000000000;
	const uint64_t lost = p->out->lost;
	say(p->out, 6000, 12000);
	assert_false(out_close(p->out, &p->e));
	assert_int_equal(p->out->lost, lost);
	look(p);
	off_t all = 0;
	for (size_t i = 0; i < p->count; i++) {
		assert_int_equal(size_of(p, p->names[i]) % LINE_LEN, 0);
		all += size_of(p, p->names[i]);
	}
	assert_int_equal((uint64_t)(all / LINE_LEN) + lost, 12000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_file_outgrows_its_size),
		TEST(a_file_whose_time_is_over_is_set_aside),
		TEST(a_file_that_was_found_belongs_to_its_own_time),
		TEST(only_so_many_stay),
		TEST(a_file_that_was_moved_away_is_not_renamed),
		TEST(what_cannot_be_rotated_is_used_on),
		TEST(a_full_disk_and_rotation),
	};
	return cmocka_run_group_tests_name("rotate", tests, NULL, NULL);
}
