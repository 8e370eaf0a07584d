/* listen -- a place at which others may connect: a port of this machine, or a socket in the file system. */
#ifndef MAIN_LISTEN_H
#define MAIN_LISTEN_H

#include <stddef.h>
#include "base/err.h"

enum { LISTEN_NAME = 160 };

struct listener {
	int fd;                 /* does not block */
	bool everybody;         /* not only this machine can reach it */
	const char *path;       /* of a socket in the file system, else NULL */
	char name[LISTEN_NAME]; /* "127.0.0.1:9717", with the port that was given for 0; "unix:PATH" */
};

/* `where` is PORT or :PORT, which mean this machine alone; ADDRESS:PORT; [ADDRESS]:PORT; or unix:PATH, which must live as
 * long as the listener, and takes the place of a socket on which nobody listens any more. */
bool listen_open(struct listener *l, const char *where, struct err *e) MUST_CHECK;

/* The socket is somebody else's to close; a path is removed. */
void listen_forget(struct listener *l);

void listen_close(struct listener *l);

#endif
