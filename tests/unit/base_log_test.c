/* What is said, what is kept quiet, what is cleaned, and when in colour.  Standard error is a pipe or a terminal of the
 * test's own while it listens. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/log.h"

struct ear {
	int read, write, kept;
	char heard[4096];
};

static void listen_on(struct ear *ear, int read_end, int write_end)
{
	ear->read = read_end;
	ear->write = write_end;
	ear->kept = dup(STDERR_FILENO);
	assert_int_equal(dup2(write_end, STDERR_FILENO), STDERR_FILENO);
}

static void listen_on_pipe(struct ear *ear)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	listen_on(ear, ends[0], ends[1]);
}

/* False where this system has no terminals to give. */
static bool listen_on_terminal(struct ear *ear)
{
	const int ours = posix_openpt(O_RDWR | O_NOCTTY);
	if (ours < 0 || grantpt(ours) != 0 || unlockpt(ours) != 0)
		return false;
	const int theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
	if (theirs < 0)
		return false;
	listen_on(ear, ours, theirs);
	return true;
}

/* Ends what was said with a mark and reads as far as that: a terminal may hand it over in pieces. */
static void stop_listening(struct ear *ear)
{
	size_t len = 0;
	assert_int_equal(write(ear->write, "\1", 1), 1);
	do {
		const ssize_t n = read(ear->read, ear->heard + len, sizeof ear->heard - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	} while (ear->heard[len - 1] != '\1');
	assert_int_equal(dup2(ear->kept, STDERR_FILENO), STDERR_FILENO);
	assert_true(len != 0 && ear->heard[len - 1] == '\1');
	ear->heard[len - 1] = '\0';
	close(ear->kept);
	close(ear->read);
	close(ear->write);
}

static void say_one_of_each(void)
{
	log_error("e %d", 1);
	log_warn("w %s", "two");
	log_info("i");
	log_debug("d");
}

static void levels(void **state)
{
	(void)state;
	static const char error[] = "culvert: error: e 1\n", warn[] = "culvert: warning: w two\n",
			  info[] = "culvert: i\n", debug[] = "culvert: debug: d\n";
	const char *const lines[] = { "", error, warn, info, debug };
	char want[256] = "";
	for (enum log_level level = LOG_QUIET; level <= LOG_DEBUG; level++) {
		struct ear ear;
		strncat(want, lines[level], sizeof want - strlen(want) - 1);
		listen_on_pipe(&ear);
		log_init(level);
		say_one_of_each();
		stop_listening(&ear);
		assert_string_equal(ear.heard, want);
	}
}

static void what_could_drive_a_terminal_is_not_said(void **state)
{
	(void)state;
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\x1b[2Jb", "a?[2Jb" },
		{ "one\ntwo\r\t\a\x7f", "one?two????" },
		{ "\xc2\x9b\x33", "?3" },
		{ "\x9b\xff", "??" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xe2\x80\xae"
		  "cod",
		    "?cod" },
		{ "%s%n", "%s%n" },
		{ "", "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ear ear;
		char want[128] = "culvert: error: ";
		strncat(want, rows[i].out, sizeof want - strlen(want) - 1);
		strncat(want, "\n", sizeof want - strlen(want) - 1);
		listen_on_pipe(&ear);
		log_init(LOG_ERROR);
		log_error("%s", rows[i].in);
		stop_listening(&ear);
		assert_string_equal(ear.heard, want);
	}
}

static void a_long_line_is_still_one_line(void **state)
{
	(void)state;
	struct ear ear;
	char words[3000];
	memset(words, 'x', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	listen_on_pipe(&ear);
	log_init(LOG_DEBUG);
	log_warn("%s", words);
	stop_listening(&ear);
	const size_t len = strlen(ear.heard);
	assert_in_range(len, 1000, 1100);
	assert_ptr_equal(strchr(ear.heard, '\n'), ear.heard + len - 1);
}

static void errno_survives(void **state)
{
	(void)state;
	struct ear ear;
	listen_on_pipe(&ear);
	log_init(LOG_ERROR);
	errno = EXDEV;
	log_error("x");
	const int after = errno;
	stop_listening(&ear);
	assert_int_equal(after, EXDEV);
}

static void colours_need_a_terminal_that_wants_them(void **state)
{
	(void)state;
	static const struct {
		const char *no_color, *term;
		bool colours;
	} rows[] = {
		{ NULL, "xterm", true },
		{ "", "xterm", true },
		{ "1", "xterm", false },
		{ "0", "xterm", false },
		{ NULL, "dumb", false },
		{ NULL, NULL, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ear ear;
		if (!listen_on_terminal(&ear))
			skip();
		unsetenv("NO_COLOR");
		unsetenv("TERM");
		if (rows[i].no_color != NULL)
			setenv("NO_COLOR", rows[i].no_color, 1);
		if (rows[i].term != NULL)
			setenv("TERM", rows[i].term, 1);
		const bool colours = log_colours(ear.write);
		log_init(LOG_ERROR);
		log_error("x");
		stop_listening(&ear);
		assert_int_equal(colours, rows[i].colours);
		assert_int_equal(strchr(ear.heard, '\033') != NULL, rows[i].colours);
		if (!rows[i].colours)
			assert_string_equal(ear.heard, "culvert: error: x\r\n");
	}
}

static void a_pipe_gets_none(void **state)
{
	(void)state;
	struct ear ear;
	unsetenv("NO_COLOR");
	setenv("TERM", "xterm", 1);
	listen_on_pipe(&ear);
	const bool colours = log_colours(STDERR_FILENO);
	stop_listening(&ear);
	assert_false(colours);
	assert_false(log_colours(-1));
}

/* Only when standard error is the very stream that the variable names. */
static void the_journal_gets_priorities(void **state)
{
	(void)state;
	for (int other = 0; other < 2; other++) {
		struct ear ear;
		struct stat st;
		char name[64];
		listen_on_pipe(&ear);
		assert_int_equal(fstat(STDERR_FILENO, &st), 0);
		snprintf(name, sizeof name, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + (uintmax_t)other);
		setenv("JOURNAL_STREAM", name, 1);
		log_init(LOG_DEBUG);
		say_one_of_each();
		stop_listening(&ear);
		if (other == 0)
			assert_string_equal(ear.heard, "<3>error: e 1\n<4>warning: w two\n<6>i\n<7>debug: d\n");
		else
			assert_memory_equal(ear.heard, "culvert: error: e 1\n", 20);
	}
	unsetenv("JOURNAL_STREAM");
	log_init(LOG_WARN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels),
		cmocka_unit_test(what_could_drive_a_terminal_is_not_said),
		cmocka_unit_test(a_long_line_is_still_one_line),
		cmocka_unit_test(errno_survives),
		cmocka_unit_test(colours_need_a_terminal_that_wants_them),
		cmocka_unit_test(a_pipe_gets_none),
		cmocka_unit_test(the_journal_gets_priorities),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
