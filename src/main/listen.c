/* Addresses are numbers: a name would have to be asked for, and may mean another machine tomorrow. */
#include "main/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/slice.h"

enum { BACKLOG = 16, ADDRESS = 64 };

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static bool fail(struct listener *l, const char *where, struct err *e)
{
	err_set_sys(e, where, "cannot listen there");
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
	return false;
}

/* Fills in `a`; 0 when it is no address. */
static socklen_t parse(const char *where, union address *a, bool *everybody)
{
	char host[ADDRESS] = "127.0.0.1";
	uint64_t port;
	const char *colon = strrchr(where, ':');
	const char *digits = colon != NULL ? colon + 1 : where;
	const size_t len = colon != NULL ? (size_t)(colon - where) : 0;
	if (len >= sizeof host ||
	    !slice_decimal((struct slice){ (const uint8_t *)digits, strlen(digits) }, 65535, &port))
		return 0;
	const bool bracketed = len > 2 && where[0] == '[' && where[len - 1] == ']';
	if (bracketed)
		snprintf(host, sizeof host, "%.*s", (int)len - 2, where + 1);
	else if (len != 0)
		snprintf(host, sizeof host, "%.*s", (int)len, where);
	*a = (union address){ 0 };
	if (!bracketed && inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
		a->v4.sin_family = AF_INET;
		a->v4.sin_port = htons((uint16_t)port);
		*everybody = ntohl(a->v4.sin_addr.s_addr) >> 24 != 127;
		return sizeof a->v4;
	}
	if (!bracketed || inet_pton(AF_INET6, host, &a->v6.sin6_addr) != 1)
		return 0;
	a->v6.sin6_family = AF_INET6;
	a->v6.sin6_port = htons((uint16_t)port);
	*everybody = !IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
	return sizeof a->v6;
}

/* The port may have been chosen by the kernel. */
static void write_name(struct listener *l)
{
	union address a = { 0 };
	socklen_t len = sizeof a;
	char host[INET6_ADDRSTRLEN] = "";
	if (getsockname(l->fd, &a.any, &len) != 0)
		return;
	if (a.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
		snprintf(l->name, sizeof l->name, "%s:%u", host, ntohs(a.v4.sin_port));
		return;
	}
	inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
	snprintf(l->name, sizeof l->name, "[%s]:%u", host, ntohs(a.v6.sin6_port));
}

static bool listen_on_port(struct listener *l, const char *where, struct err *e)
{
	union address a;
	const int yes = 1;
	const socklen_t len = parse(where, &a, &l->everybody);
	if (len == 0)
		return err_set_code(e, EINVAL, where, "is none of PORT, ADDRESS:PORT, [ADDRESS]:PORT, unix:PATH");
	l->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return fail(l, where, e);
	(void)setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(l->fd, &a.any, len) != 0 || listen(l->fd, BACKLOG) != 0)
		return fail(l, where, e);
	write_name(l);
	return true;
}

/* Left by a program that was killed. */
static void remove_dead(const union address *a)
{
	struct stat st;
	if (lstat(a->local.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return;
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	if (connect(fd, &a->any, sizeof a->local) != 0 && errno == ECONNREFUSED)
		unlink(a->local.sun_path);
	close(fd);
}

static bool listen_on_path(struct listener *l, const char *path, struct err *e)
{
	union address a = { .local = { .sun_family = AF_UNIX } };
	const size_t len = strlen(path);
	if (len == 0 || len >= sizeof a.local.sun_path)
		return err_set_code(e, EINVAL, path, "is no path of a socket");
	memcpy(a.local.sun_path, path, len);
	remove_dead(&a);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return fail(l, path, e);
	const mode_t old = umask(0117);
	const bool bound = bind(l->fd, &a.any, sizeof a.local) == 0;
	const int why = errno;
	umask(old);
	errno = why;
	if (!bound || listen(l->fd, BACKLOG) != 0)
		return fail(l, path, e);
	l->path = path;
	snprintf(l->name, sizeof l->name, "unix:%s", path);
	return true;
}

bool listen_open(struct listener *l, const char *where, struct err *e)
{
	*l = (struct listener){ .fd = -1 };
	if (strncmp(where, "unix:", 5) == 0)
		return listen_on_path(l, where + 5, e);
	return listen_on_port(l, where, e);
}

void listen_forget(struct listener *l)
{
	if (l->path != NULL)
		unlink(l->path);
	*l = (struct listener){ .fd = -1 };
}

void listen_close(struct listener *l)
{
	if (l->fd >= 0)
		close(l->fd);
	listen_forget(l);
}
