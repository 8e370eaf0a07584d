/* What a shut-in process tries is refused; what it was allowed is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guard/inside.h"
#include "guard/probe.h"

enum { FINE = 0, NOT_HAD = 77 };

struct place {
	char folder[64], inside[80], outside[80];
};

/* In a child, which cannot come back from it. */
static int run_shut_in(int (*what)(const struct place *p), const struct place *p)
{
	int status = 0;
	const pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(what(p));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int try_everything(const struct place *p)
{
	(void)p;
	struct guard g;
	struct probe probe;
	bool refused = false;
	int wrong = 0;
	probe_begin(&probe);
	guard_begin(&g);
	g.user = true;
	if (guard_close(&g) != 0)
		return NOT_HAD;
	for (size_t n = 0; probe_try(&probe, n, &refused) != NULL; n++)
		wrong += !refused;
	return wrong;
}

static int open_some(const struct place *p)
{
	struct guard g;
	guard_begin(&g);
	guard_allow(&g, p->inside, GUARD_READ);
	if (guard_close(&g) != 0)
		return NOT_HAD;
	const int read = open(p->inside, O_RDONLY | O_CLOEXEC), other = open(p->outside, O_RDONLY | O_CLOEXEC);
	const int write = open(p->inside, O_WRONLY | O_CLOEXEC), made = open(p->folder, O_RDONLY | O_CLOEXEC);
	return read < 0 ? 1 : other >= 0 ? 2 : write >= 0 ? 3 : made >= 0 ? 4 : FINE;
}

static int write_some(const struct place *p)
{
	struct guard g;
	char name[128];
	guard_begin(&g);
	guard_allow(&g, p->folder, GUARD_WRITE);
	if (guard_close(&g) != 0)
		return NOT_HAD;
	snprintf(name, sizeof name, "%s/new", p->folder);
	const int made = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (made < 0 || write(made, "x", 1) != 1)
		return 1;
	return unlinkat(AT_FDCWD, name, 0) == 0 && open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? FINE : 2;
}

/* One thing is not refused: the answer for a packet. */
static int answer_only(const struct place *p)
{
	(void)p;
	struct guard g;
	struct probe probe;
	const char *name;
	bool refused = false;
	int wrong = 0;
	probe_begin(&probe);
	guard_begin(&g);
	g.user = g.answers = true;
	if (geteuid() != 0 || guard_close(&g) != 0)
		return NOT_HAD;
	for (size_t n = 0; (name = probe_try(&probe, n, &refused)) != NULL; n++)
		wrong += refused == (strcmp(name, "answer for a packet") == 0);
	return wrong;
}

static void assert_shut_in(int (*what)(const struct place *p))
{
	struct place p = { "/tmp/guard-XXXXXX", "", "/etc/passwd" };
	if (GUARD_SANITIZED)
		skip();
	assert_non_null(mkdtemp(p.folder));
	snprintf(p.inside, sizeof p.inside, "%s/inside", p.folder);
	const int made = open(p.inside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(made >= 0);
	close(made);
	const int status = run_shut_in(what, &p);
	unlink(p.inside);
	rmdir(p.folder);
	if (status == NOT_HAD)
		skip();
	assert_int_equal(status, FINE);
}

static void everything_is_refused(void **state)
{
	(void)state;
	assert_shut_in(try_everything);
}

static void who_answers_can_do_nothing_else(void **state)
{
	(void)state;
	assert_shut_in(answer_only);
}

static void what_is_allowed_may_be_read(void **state)
{
	(void)state;
	assert_shut_in(open_some);
}

static void what_is_allowed_may_be_written(void **state)
{
	(void)state;
	assert_shut_in(write_some);
}

static void what_is_missing_is_named(void **state)
{
	(void)state;
	char text[GUARD_TEXT];
	guard_names(0, text);
	assert_string_equal(text, "");
	guard_names(1u << GUARD_FILES | 1u << GUARD_CALLS, text);
	assert_string_equal(text, "Landlock, seccomp");
	guard_names((1u << GUARD_PARTS) - 1, text);
	assert_true(strlen(text) < GUARD_TEXT - 1);
	assert_int_not_equal(guard_user().uid, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_refused),
		cmocka_unit_test(who_answers_can_do_nothing_else),
		cmocka_unit_test(what_is_allowed_may_be_read),
		cmocka_unit_test(what_is_allowed_may_be_written),
		cmocka_unit_test(what_is_missing_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
