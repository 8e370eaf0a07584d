/* place -- where lines go: opened, connected, written to.  Private to report. */
#ifndef REPORT_PLACE_H
#define REPORT_PLACE_H

#include <sys/types.h>
#include "report/out.h"

/* Sets fd and what is known of it.  A socket that nobody listens on is an error, or in OUT_LIVE no more than a fd of -1. */
bool place_open(struct out *o, struct err *e) MUST_CHECK;

/* A file to be added to, by name; -1 when it cannot be opened.  A last line that is not whole is cut off. */
int place_append(const char *path);

/* -1, with errno, when it cannot be connected now. */
int place_connect(const char *path);

/* As write.  In OUT_LIVE it never waits: EAGAIN. */
ssize_t place_write(const struct out *o, const char *at, size_t len);

#endif
