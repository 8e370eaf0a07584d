/* How much to say and whether in colour is the one state that lives in a file and not in a struct: every room and every
 * thread speaks with the same voice, it is set once before the first thread starts, and carrying it through every call
 * that might warn would put it into all of them.
 *
 * A line leaves in one write, so that lines of several threads do not mix.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/utf8.h"

static enum log_level loudest = LOG_WARN;
static bool coloured, journal;

struct voice {
	const char *word, *colour, *priority; /* the last one as journald reads it: sd-daemon(3) */
};

static const struct voice voices[] = {
	[LOG_ERROR] = { "error: ", "\033[1;31m", "<3>" },
	[LOG_WARN] = { "warning: ", "\033[1;33m", "<4>" },
	[LOG_INFO] = { "", "", "<6>" },
	[LOG_DEBUG] = { "debug: ", "\033[2m", "<7>" },
};

enum { LOG_LINE = 1024, LOG_LEAD = 64 };

/* Does standard error lead to the journal itself?  The variable is inherited by programs whose output goes elsewhere. */
static bool is_journal(void)
{
	const char *name = getenv("JOURNAL_STREAM");
	struct stat st;
	char mine[64];
	if (name == NULL || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(mine, sizeof mine, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(name, mine) == 0;
}

void log_init(enum log_level level)
{
	loudest = level;
	coloured = log_colours(STDERR_FILENO);
	journal = is_journal();
}

bool log_colours(int fd)
{
	const char *const no = getenv("NO_COLOR"), *const term = getenv("TERM");
	if (no != NULL && no[0] != '\0')
		return false;
	return term != NULL && strcmp(term, "dumb") != 0 && isatty(fd) == 1;
}

/* Copies `s` to `to` with '?' for each byte that is no character, or one that could drive a terminal. */
static size_t clean(struct slice s, char *to)
{
	size_t n = 0;
	while (s.len != 0) {
		uint32_t point;
		const size_t len = utf8_decode(s, &point);
		const bool fine = len != 0 && utf8_is_harmless(point);
		const size_t step = len != 0 ? len : 1;
		if (fine)
			memcpy(to + n, s.at, len);
		else
			to[n] = '?';
		n += fine ? len : 1;
		s = slice_from(s, step);
	}
	return n;
}

static void write_all(const char *at, size_t len)
{
	while (len != 0) {
		const ssize_t n = write(STDERR_FILENO, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		at += n;
		len -= (size_t)n;
	}
}

static void say(enum log_level level, const char *format, va_list args)
{
	if (level > loudest)
		return;
	const int saved = errno;
	char text[LOG_LINE], line[LOG_LEAD + LOG_LINE];
	if (vsnprintf(text, sizeof text, format, args) < 0)
		text[0] = '\0';

	const struct voice v = voices[level];
	const bool colour = coloured && v.colour[0] != '\0';
	const int lead = snprintf(line, LOG_LEAD, "%s%s%s%s",
	    journal ? v.priority : "culvert: ", colour ? v.colour : "", v.word, colour ? "\033[0m" : "");
	size_t len = lead > 0 ? (size_t)lead : 0;
	len += clean((struct slice){ (const uint8_t *)text, strlen(text) }, line + len);
	line[len++] = '\n';
	write_all(line, len);
	errno = saved;
}

void log_error(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(LOG_ERROR, format, args);
	va_end(args);
}

void log_warn(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(LOG_WARN, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(LOG_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	say(LOG_DEBUG, format, args);
	va_end(args);
}
