/* The one file of libmicrohttpd, which is loaded when metrics are asked for: it brings ten libraries with it, some of which
 * do much before main, and a replay takes twice as long to start with them.  It polls through a descriptor of its own (epoll), which fits into every loop.
 *
 * Its time limit is for silence only, so that somebody who sends a byte now and then could stay for ever: whoever has been
 * here too long is cut off. */
#include "main/metrics_http.h"

#include <dlfcn.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include "base/clock.h"
#include "base/log.h"
#include "main/listen.h"
#include "report/metrics.h"

enum { CLIENTS = 16, CLIENT_MEMORY = 8192, SILENT_S = 5, STAYS_S = 10 };

#define FUNCTIONS(F)                   \
	F(start_daemon)                \
	F(stop_daemon)                 \
	F(run)                         \
	F(get_daemon_info)             \
	F(get_connection_info)         \
	F(create_response_from_buffer) \
	F(add_response_header)         \
	F(queue_response)              \
	F(destroy_response)

struct library {
#define DECLARE(name) __typeof__(MHD_##name) *(name);
	FUNCTIONS(DECLARE)
#undef DECLARE
};

struct client {
	bool here;
	int fd;
	time_t since; /* s, monotonic */
};

struct metrics_http {
	struct library mhd;
	struct MHD_Daemon *daemon;
	struct listener listener;
	int fd;
	const struct report_stats *stats; /* while it runs */
	struct client clients[CLIENTS];
	char text[METRICS_SIZE];
};

static time_t now_s(void)
{
	return (time_t)(clock_ns(CLOCK_MONOTONIC) / SECOND);
}

static enum MHD_Result answer(const struct library *mhd, struct MHD_Connection *c, unsigned status, const char *type,
    const char *text, size_t len)
{
	/* Copied, though libmicrohttpd asks for bytes that could be changed. */
	char *bytes = malloc(len + 1);
	if (bytes == NULL)
		return MHD_NO;
	memcpy(bytes, text, len);
	struct MHD_Response *r = mhd->create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);
	if (r == NULL) {
		free(bytes);
		return MHD_NO;
	}
	bool whole = mhd->add_response_header(r, "Content-Type", type) == MHD_YES &&
		     mhd->add_response_header(r, "Connection", "close") == MHD_YES;
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		whole = whole && mhd->add_response_header(r, "Allow", "GET, HEAD") == MHD_YES;
	const enum MHD_Result queued = whole ? mhd->queue_response(c, status, r) : MHD_NO;
	mhd->destroy_response(r);
	return queued;
}

static enum MHD_Result say(const struct library *mhd, struct MHD_Connection *c, unsigned status, const char *what)
{
	return answer(mhd, c, status, "text/plain; charset=utf-8", what, strlen(what));
}

static enum MHD_Result on_request(void *of, struct MHD_Connection *c, const char *path, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **request)
{
	struct metrics_http *m = of;
	(void)version;
	(void)upload;
	(void)upload_len;
	(void)request;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return say(&m->mhd, c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n");
	if (strcmp(path, "/metrics") != 0)
		return say(&m->mhd, c, MHD_HTTP_NOT_FOUND, "see /metrics\n");
	const size_t len = m->stats != NULL ? metrics_text(m->stats, m->text, sizeof m->text) : 0;
	if (len == 0)
		return say(&m->mhd, c, MHD_HTTP_INTERNAL_SERVER_ERROR, "no metrics now\n");
	return answer(&m->mhd, c, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", m->text, len);
}

static void on_connection(void *of, struct MHD_Connection *c, void **context, enum MHD_ConnectionNotificationCode what)
{
	struct metrics_http *m = of;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		struct client *gone = *context;
		if (gone != NULL)
			gone->here = false;
		return;
	}
	const union MHD_ConnectionInfo *info = m->mhd.get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	*context = NULL;
	for (unsigned i = 0; i < CLIENTS && info != NULL && *context == NULL; i++)
		if (!m->clients[i].here) {
			m->clients[i] = (struct client){ true, info->connect_fd, now_s() };
			*context = &m->clients[i];
		}
}

/* Of the version that the header was for.  It stays loaded. */
static bool load(struct library *l)
{
	void *const handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
	void *at = NULL;
#define FIND(name)                                                        \
	if (handle == NULL || (at = dlsym(handle, "MHD_" #name)) == NULL) \
		return false;                                             \
	memcpy(&l->name, &at, sizeof at);
	FUNCTIONS(FIND)
#undef FIND
	return true;
}

static bool start(struct metrics_http *m)
{
	m->daemon = m->mhd.start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, m, MHD_OPTION_LISTEN_SOCKET,
	    m->listener.fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CLIENTS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)CLIENT_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SILENT_S, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, m, MHD_OPTION_END);
	if (m->daemon == NULL)
		return false;
	const union MHD_DaemonInfo *info = m->mhd.get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	m->fd = info != NULL ? info->epoll_fd : -1;
	return m->fd >= 0;
}

struct metrics_http *metrics_http_open(const char *where, struct err *e)
{
	struct metrics_http *m = calloc(1, sizeof *m);
	if (m == NULL) {
		err_set_sys(e, where, "no memory");
		return NULL;
	}
	m->fd = -1;
	if (!load(&m->mhd)) {
		err_set(e, where, "no metrics without libmicrohttpd.so.12, which is not installed");
		free(m);
		return NULL;
	}
	if (!listen_open(&m->listener, where, e)) {
		free(m);
		return NULL;
	}
	if (!start(m)) {
		err_set(e, where, "the server of metrics cannot be started");
		metrics_http_close(m);
		return NULL;
	}
	log_info(m->listener.path == NULL ? "metrics at http://%s/metrics" : "metrics at %s", m->listener.name);
	if (m->listener.everybody)
		log_warn("metrics at %s can be read by whoever reaches that address", m->listener.name);
	return m;
}

int metrics_http_fd(const struct metrics_http *m)
{
	return m != NULL ? m->fd : -1;
}

bool metrics_http_ready(const struct metrics_http *m)
{
	struct pollfd p = { .fd = metrics_http_fd(m), .events = POLLIN };
	return p.fd >= 0 && poll(&p, 1, 0) == 1;
}

static void send_away(struct metrics_http *m)
{
	const time_t now = now_s();
	for (unsigned i = 0; i < CLIENTS; i++)
		if (m->clients[i].here && now - m->clients[i].since > STAYS_S)
			(void)shutdown(m->clients[i].fd, SHUT_RDWR);
}

void metrics_http_run(struct metrics_http *m, const struct report_stats *s)
{
	if (m == NULL)
		return;
	m->stats = s;
	send_away(m);
	(void)m->mhd.run(m->daemon);
	m->stats = NULL;
}

void metrics_http_close(struct metrics_http *m)
{
	if (m == NULL)
		return;
	if (m->daemon != NULL) {
		m->mhd.stop_daemon(m->daemon);
		listen_forget(&m->listener);
	} else
		listen_close(&m->listener);
	free(m);
}
