/* links -- are the interfaces there that are listened to?  For who may open them; no packet is looked at. */
#ifndef CAPTURE_LINKS_H
#define CAPTURE_LINKS_H

#include "capture/source.h"

struct links {
	const char *const *name;
	size_t count;
	int socket;
	unsigned index[MAX_INTERFACES]; /* the kernel's, of what is listened to; 0: nothing is */
	bool down[MAX_INTERFACES];      /* as said last */
	bool flapped;                   /* one was down and is up again: its sockets are in the order of their making */
};

void links_open(struct links *l, const struct live_options *o);
void links_close(struct links *l);

/* All that is there has been opened. */
void links_opened(struct links *l);

/* About once a second: says what goes and comes.  True: one is there that is not listened to. */
bool links_look(struct links *l);

bool links_all_up(const struct links *l);

#endif
