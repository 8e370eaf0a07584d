#include "report/out.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "report/place.h"
#include "report/rotate.h"

/* ns of packet time */
#define RETRY_AFTER UINT64_C(1000000000)
#define STALL_AFTER UINT64_C(10000000)

/* For a slow reader, when a live run ends: waits in which it takes nothing, and seconds in all. */
enum { LAST_WAITS = 20, LAST_WAIT_MS = 100, LAST_S = 5 };

static const char socket_prefix[] = "unix:";

bool out_open(struct out *o, const char *path, enum out_manner manner, struct err *e)
{
	const bool error = path == NULL, output = !error && strcmp(path, "-") == 0;
	*o = (struct out){ .manner = manner, .owned = !error && !output };
	snprintf(o->name, sizeof o->name, "%s", error ? "standard error" : output ? "standard output" : path);
	o->socket = path != NULL && o->owned && strncmp(path, socket_prefix, sizeof socket_prefix - 1) == 0;
	o->path = o->socket ? path + sizeof socket_prefix - 1 : path;
	o->fd = error ? STDERR_FILENO : STDOUT_FILENO;
	if (!place_open(o, e))
		return false;
	o->room = manner == OUT_LIVE && o->at_once ? OUT_LIVE_BUFFER : OUT_BUFFER;
	o->buffer = malloc(o->room);
	if (o->buffer == NULL) {
		err_set_sys(e, o->name, "no memory");
		if (o->owned && o->fd >= 0)
			close(o->fd);
		return false;
	}
	if (o->fd < 0) {
		o->why = ECONNREFUSED;
		log_warn("%s: nobody listens; records wait", o->name);
	}
	return true;
}

void out_rotate(struct out *o, const struct rotation *r)
{
	if (o->manner != OUT_LIVE || !o->owned || !o->regular) {
		log_warn("%s: is not rotated, since it is no file", o->name);
		return;
	}
	o->rotation = *r;
	rotate_begin(o);
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
	o->used = o->torn = 0;
}

/* Where lines go from now on, nobody has the beginning of the first. */
static void drop_torn(struct out *o)
{
	if (o->torn == 0)
		return;
	o->lost++;
	o->used -= o->torn;
	memmove(o->buffer, o->buffer + o->torn, o->used);
	o->torn = 0;
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

/* `done` bytes are out. */
static void keep_rest(struct out *o, size_t done)
{
	if (done == 0)
		return;
	const bool between = o->buffer[done - 1] == '\n';
	o->used -= done;
	memmove(o->buffer, o->buffer + done, o->used);
	const char *end = between ? NULL : memchr(o->buffer, '\n', o->used);
	o->torn = end != NULL ? (size_t)(end + 1 - o->buffer) : 0;
}

static void leave(struct out *o, int why)
{
	log_warn("%s: the reader has gone (%s); records wait", o->name, strerror(why));
	close(o->fd);
	o->fd = -1;
	drop_torn(o);
}

/* `done` bytes went out before the write failed.  What cannot be taken back is not written twice: the rest of a torn line
 * stays in front and completes it at the next try. */
static void fail(struct out *o, size_t done, int why, int64_t t)
{
	const char *last = memrchr(o->buffer, '\n', done);
	const size_t whole = last != NULL ? (size_t)(last + 1 - o->buffer) : 0;
	keep_rest(o, take_back(o, done - whole) ? whole : done);
	if (o->why == 0)
		o->why = why;
	o->failing = true;
	o->stalled = false;
	o->failed_at = t;
	if (o->socket && o->manner == OUT_LIVE) {
		leave(o, why);
		return;
	}
	o->gone = why == EPIPE || why == ECONNRESET || why == EBADF;
	if (o->gone)
		drop_all(o);
}

static bool connected(struct out *o, int64_t t)
{
	if (o->fd >= 0)
		return true;
	o->fd = place_connect(o->path);
	o->failing = o->fd < 0;
	o->failed_at = t;
	if (o->fd >= 0)
		log_warn("%s: connected", o->name);
	return o->fd >= 0;
}

static void tell_losses(struct out *o)
{
	if (o->manner == OUT_LIVE && o->lost != o->told)
		log_warn("%s: %" PRIu64 " records were lost", o->name, o->lost - o->told);
	o->told = o->lost;
}

static void flush(struct out *o, int64_t t)
{
	size_t done = 0;
	if (!connected(o, t))
		return;
	rotate_when_due(o, o->used);
	while (done < o->used) {
		const ssize_t n = place_write(o, o->buffer + done, o->used - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		const int why = n == 0 ? EIO : errno;
		if (why == EAGAIN && o->manner == OUT_LIVE) {
			keep_rest(o, done);
			o->stalled = true;
			o->failed_at = t;
			return;
		}
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
	o->used = o->torn = 0;
	o->failing = o->stalled = false;
	tell_losses(o);
}

/* The subtraction wraps on purpose: a clock that jumps back is a reason to try as well. */
static bool may_flush(const struct out *o, int64_t t)
{
	const uint64_t since = (uint64_t)t - (uint64_t)o->failed_at;
	return o->failing ? since >= RETRY_AFTER : !o->stalled || since >= STALL_AFTER;
}

void out_lose(struct out *o)
{
	o->lines++;
	o->lost++;
}

void out_line(struct out *o, const char *line, size_t len, int64_t t)
{
	if (o->gone || len > o->room) {
		out_lose(o);
		return;
	}
	if (o->used + len > o->room && may_flush(o, t))
		flush(o, t);
	if (o->gone || o->used + len > o->room) {
		out_lose(o);
		return;
	}
	memcpy(o->buffer + o->used, line, len);
	o->used += len;
	o->lines++;
	if ((o->at_once || o->failing) && may_flush(o, t))
		flush(o, t);
}

enum out_waits out_tick(struct out *o, int64_t t)
{
	if (!o->gone && (o->used != 0 || o->fd < 0) && may_flush(o, t))
		flush(o, t);
	rotate_when_due(o, 0);
	if (o->gone)
		return OUT_GONE;
	return o->stalled ? OUT_WAITS : OUT_IDLE;
}

bool out_reopen(struct out *o, struct err *e)
{
	if (!o->owned || o->socket)
		return true;
	flush(o, o->failed_at);
	const int fd = place_append(o->path);
	if (fd < 0)
		return err_set_sys(e, o->name, "cannot be opened again, the old one is used on");
	drop_torn(o);
	close(o->fd);
	o->fd = fd;
	rotate_begin(o);
	o->failing = o->gone = false;
	return true;
}

static int64_t seconds(void)
{
	return clock_ns(CLOCK_MONOTONIC) / SECOND;
}

/* A slow reader is given a moment more, and as long as it reads, some: a pipe takes little at a time, and more may wait. */
static void last_flush(struct out *o)
{
	const int64_t until = seconds() + LAST_S;
	flush(o, o->failed_at);
	for (unsigned idle = 0; idle < LAST_WAITS && o->stalled && o->fd >= 0 && seconds() <= until;) {
		const size_t before = o->used;
		struct pollfd wait = { .fd = o->fd, .events = POLLOUT };
		poll(&wait, 1, LAST_WAIT_MS);
		flush(o, o->failed_at);
		idle = o->used < before ? 0 : idle + 1;
	}
	drop_all(o);
	free(o->buffer);
	o->buffer = NULL;
}

bool out_close(struct out *o, struct err *e)
{
	last_flush(o);
	const bool closed = !o->owned || o->fd < 0 || close(o->fd) == 0;
	if (o->why == 0 && (!closed || o->lost != 0))
		o->why = closed ? ENOBUFS : errno;
	if (closed && o->lost == 0)
		return true;
	errno = o->why;
	if (o->lost == 0)
		return err_set_sys(e, o->name, "cannot be written");
	return err_set_sys(e, o->name, "%" PRIu64 " of %" PRIu64 " records were lost", o->lost, o->lines);
}
