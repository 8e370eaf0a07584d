/* One datagram for each thing told, and nobody is waited for: see sd_notify(3).  What the watchdog is fed with is not the
 * passing of time: a timer would go on when the packets do not. */
#include "main/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/slice.h"

enum { FEEDS = 4 /* within the time that the watchdog waits */, MOST = 512 };

static bool environment_number(const char *name, uint64_t most, uint64_t *to)
{
	const char *text = getenv(name);
	return text != NULL && slice_decimal((struct slice){ (const uint8_t *)text, strlen(text) }, most, to);
}

static void read_watchdog(struct notify *n)
{
	uint64_t us = 0, pid = 0;
	if (environment_number("WATCHDOG_PID", INT32_MAX, &pid) && pid != (uint64_t)getpid())
		return;
	if (environment_number("WATCHDOG_USEC", INT64_MAX / 1000, &us))
		n->feed_every = (int64_t)us * 1000 / FEEDS;
}

void notify_open(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET");
	*n = (struct notify){ .fd = -1, .to = { .sun_family = AF_UNIX } };
	const size_t len = name != NULL ? strlen(name) : 0;
	if (len < 2 || len >= sizeof n->to.sun_path || (name[0] != '/' && name[0] != '@'))
		return;
	memcpy(n->to.sun_path, name, len);
	if (name[0] == '@')
		n->to.sun_path[0] = '\0';
	n->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/'));
	n->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (n->fd >= 0)
		read_watchdog(n);
}

static bool tell(const struct notify *n, const char *text)
{
	return n->fd >= 0 && sendto(n->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
				 (const struct sockaddr *)&n->to, n->to_len) >= 0;
}

void notify_ready(struct notify *n)
{
	(void)tell(n, "READY=1");
}

void notify_reloading(struct notify *n)
{
	char text[64];
	snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%" PRId64, clock_ns(CLOCK_MONOTONIC) / 1000);
	(void)tell(n, text);
}

void notify_stopping(struct notify *n)
{
	(void)tell(n, "STOPPING=1");
}

void notify_status(struct notify *n, const char *format, ...)
{
	static const char key[] = "STATUS=";
	char text[MOST] = "STATUS=";
	va_list args;
	va_start(args, format);
	const int len = vsnprintf(text + sizeof key - 1, sizeof text - sizeof key + 1, format, args);
	va_end(args);
	if (len >= 0)
		(void)tell(n, text);
}

void notify_beat(struct notify *n, uint64_t progress)
{
	const int64_t now = n->feed_every != 0 ? clock_ns(CLOCK_MONOTONIC) : 0;
	if (n->feed_every == 0 || progress == n->fed_with || (n->fed_at != 0 && now - n->fed_at < n->feed_every))
		return;
	if (!tell(n, "WATCHDOG=1"))
		return;
	n->fed_at = now;
	n->fed_with = progress;
}

void notify_close(struct notify *n)
{
	if (n->fd >= 0)
		close(n->fd);
	*n = (struct notify){ .fd = -1 };
}
