/* notify -- what systemd is told of a run: ready, reading its rules anew, alive, ending.
 *
 * Whoever started the program otherwise has named no socket, and then nothing is told to anybody. */
#ifndef MAIN_NOTIFY_H
#define MAIN_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include "base/attributes.h"

struct notify {
	int fd; /* -1: nobody listens */
	struct sockaddr_un to;
	socklen_t to_len;
	int64_t feed_every; /* ns; 0: no watchdog */
	int64_t fed_at;     /* ns, monotonic */
	uint64_t fed_with;
};

/* As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say. */
void notify_open(struct notify *n);

void notify_ready(struct notify *n);     /* also: done with reloading */
void notify_reloading(struct notify *n); /* notify_ready is due */
void notify_stopping(struct notify *n);

/* One line for people. */
void notify_status(struct notify *n, const char *format, ...) PRINTF_LIKE(2, 3);

/* Once a second or more often: `progress` is another number whenever packets are being looked after, so that a loop that
 * hangs is found out.  With several workers it may change only when each of them has moved. */
void notify_beat(struct notify *n, uint64_t progress);

void notify_close(struct notify *n);

#endif
