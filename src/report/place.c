/* A live file is added to, so that a restart forgets nothing.  A program that was killed in the midst of a write may have
 * left half a line: it is cut off, for what is added would make one wrong line of two.  What is too long to be
 * a line of ours is somebody else's: it is ended, not cut.
 *
 * A pipe or terminal is shared with others, so it is not made non-blocking: poll is asked before, and after its yes there is
 * room for PIPE_BUF bytes. */
#include "report/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/log.h"

/* The length of the file without the torn end of a line; -1 when its end is no line of ours. */
static off_t whole_length(int fd, off_t len)
{
	static const size_t step = 4096;
	char piece[4096];
	for (off_t end = len; end > 0 && len - end < MAX_LINE;) {
		const size_t want = end < (off_t)step ? (size_t)end : step;
		const ssize_t got = pread(fd, piece, want, end - (off_t)want);
		if (got != (ssize_t)want)
			return len;
		const char *last = memrchr(piece, '\n', want);
		if (last != NULL)
			return end - (off_t)want + (last + 1 - piece);
		end -= (off_t)want;
	}
	return len <= MAX_LINE ? 0 : -1;
}

static bool mend(int fd, const char *path)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return false;
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return true;
	const int reader = open(path, O_RDONLY | O_CLOEXEC);
	const off_t whole = reader >= 0 ? whole_length(reader, st.st_size) : st.st_size;
	if (reader >= 0)
		close(reader);
	if (whole == st.st_size)
		return true;
	if (whole < 0)
		return write(fd, "\n", 1) == 1;
	if (ftruncate(fd, whole) != 0)
		return false;
	log_warn("%s: cut off %lld bytes at its end, of a line that was never finished", path,
	    (long long)(st.st_size - whole));
	return true;
}

int place_append(const char *path)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
	if (fd < 0 || mend(fd, path))
		return fd;
	const int why = errno;
	close(fd);
	errno = why;
	return -1;
}

int place_connect(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const size_t len = strlen(path);
	if (len >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, len);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
		return fd;
	const int why = errno;
	close(fd);
	errno = why;
	return -1;
}

static int open_path(struct out *o)
{
	if (o->socket)
		return place_connect(o->path);
	if (o->manner == OUT_LIVE)
		return place_append(o->path);
	return open(o->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

bool place_open(struct out *o, struct err *e)
{
	struct stat st;
	if (o->owned)
		o->fd = open_path(o);
	o->at_once = o->socket;
	if (o->fd < 0 && o->socket && o->manner == OUT_LIVE && errno != ENAMETOOLONG)
		return true;
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

ssize_t place_write(const struct out *o, const char *at, size_t len)
{
	if (o->socket)
		return send(o->fd, at, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (o->manner == OUT_ONCE || !o->at_once)
		return write(o->fd, at, len);
	struct pollfd room = { .fd = o->fd, .events = POLLOUT };
	if (poll(&room, 1, 0) != 1) {
		errno = EAGAIN;
		return -1;
	}
	return write(o->fd, at, len < PIPE_BUF ? len : PIPE_BUF);
}
