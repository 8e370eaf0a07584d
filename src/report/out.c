#include "report/out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY_AFTER UINT64_C(1000000000) /* ns of packet time */

bool out_open(struct out *o, const char *path, struct err *e)
{
	struct stat st;
	const bool error = path == NULL, output = !error && strcmp(path, "-") == 0;
	memset(o, 0, offsetof(struct out, buffer));
	snprintf(o->name, sizeof o->name, "%s", error ? "standard error" : output ? "standard output" : path);
	o->owned = !error && !output;
	o->fd = error ? STDERR_FILENO : STDOUT_FILENO;
	if (o->owned)
		o->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (o->fd < 0)
		return err_set_sys(e, o->name, "cannot be written");
	if (fstat(o->fd, &st) != 0) {
		err_set_sys(e, o->name, "cannot be written");
		if (o->owned)
			close(o->fd);
		return false;
	}
	o->regular = S_ISREG(st.st_mode);
	o->at_once = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(o->fd) == 1;
	return true;
}

static uint64_t lines_in(const char *bytes, size_t len)
{
	uint64_t lines = 0;
	for (const char *end; (end = memchr(bytes, '\n', len)) != NULL; lines++) {
		len -= (size_t)(end + 1 - bytes);
		bytes = end + 1;
	}
	return lines;
}

static void drop_all(struct out *o)
{
	o->lost += lines_in(o->buffer, o->used);
	o->used = 0;
}

/* Takes the last `torn` bytes back from the file, if they are its end: standard output may be shared with others. */
static bool take_back(const struct out *o, size_t torn)
{
	struct stat st;
	if (!o->regular || torn == 0)
		return torn == 0;
	const off_t at = lseek(o->fd, 0, SEEK_CUR);
	if (at < 0 || fstat(o->fd, &st) != 0 || st.st_size != at || at < (off_t)torn)
		return false;
	return ftruncate(o->fd, at - (off_t)torn) == 0 && lseek(o->fd, at - (off_t)torn, SEEK_SET) >= 0;
}

/* `done` bytes went out before the write failed.  What cannot be taken back is not written twice: the rest of a torn line
 * stays in front and completes it at the next try. */
static void fail(struct out *o, size_t done, int why, int64_t t)
{
	const char *last = memrchr(o->buffer, '\n', done);
	const size_t whole = last != NULL ? (size_t)(last + 1 - o->buffer) : 0;
	const size_t kept = take_back(o, done - whole) ? whole : done;
	memmove(o->buffer, o->buffer + kept, o->used - kept);
	o->used -= kept;
	if (o->why == 0)
		o->why = why;
	o->failing = true;
	o->failed_at = t;
	o->gone = why == EPIPE || why == ECONNRESET || why == EBADF;
	if (o->gone)
		drop_all(o);
}

static void flush(struct out *o, int64_t t)
{
	size_t done = 0;
	while (done < o->used) {
		const ssize_t n = write(o->fd, o->buffer + done, o->used - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		const int why = n == 0 ? EIO : errno;
		if (why == EAGAIN) {
			struct pollfd wait = { .fd = o->fd, .events = POLLOUT };
			poll(&wait, 1, -1);
			continue;
		}
		if (why != EINTR) {
			fail(o, done, why, t);
			return;
		}
	}
	o->used = 0;
	o->failing = false;
}

/* The subtraction wraps on purpose: a clock that jumps back is a reason to try as well. */
static bool may_flush(const struct out *o, int64_t t)
{
	return !o->failing || (uint64_t)t - (uint64_t)o->failed_at >= RETRY_AFTER;
}

void out_lose(struct out *o)
{
	o->lines++;
	o->lost++;
}

void out_line(struct out *o, const char *line, size_t len, int64_t t)
{
	if (o->gone || len > sizeof o->buffer) {
		out_lose(o);
		return;
	}
	if (o->used + len > sizeof o->buffer && may_flush(o, t))
		flush(o, t);
	if (o->gone || o->used + len > sizeof o->buffer) {
		out_lose(o);
		return;
	}
	memcpy(o->buffer + o->used, line, len);
	o->used += len;
	o->lines++;
	if ((o->at_once || o->failing) && may_flush(o, t))
		flush(o, t);
}

bool out_close(struct out *o, struct err *e)
{
	flush(o, o->failed_at);
	drop_all(o);
	const bool closed = !o->owned || close(o->fd) == 0;
	if (!closed && o->why == 0)
		o->why = errno;
	if (closed && o->lost == 0)
		return true;
	errno = o->why;
	if (o->lost == 0)
		return err_set_sys(e, o->name, "cannot be written");
	return err_set_sys(e, o->name, "%" PRIu64 " of %" PRIu64 " records were lost", o->lost, o->lines);
}
