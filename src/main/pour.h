/* pour -- captures that can be read once only, such as standard input and named pipes: one process reads them and pours all that
 * comes into a pipe for each of those that want it.
 *
 * It goes at the pace of the slowest.  One that closes its pipe wants no more; the others are served on.
 */
#ifndef MAIN_POUR_H
#define MAIN_POUR_H

#include <poll.h>
#include <stdint.h>
#include "capture/files.h"

struct pour {
	const struct files *files;
	unsigned hands;
	struct poured {
		size_t file;
		int (*pipe)[2]; /* of each hand: the end that it reads, and the end that is written; -1: closed */
	} * poured;
	size_t count, now; /* the one that is read, or is next */
	int from;          /* what is read of it; -1: it is not open */
	uint8_t *chunk;
	size_t len, *done; /* of the chunk, and of that what each hand has */
	int status; /* an exit status: a bad one when one could not be read; beyond EXIT_INCOMPLETE none is to be */
};

/* Finds them and makes the pipes; the hands are forked afterwards. */
bool pour_init(struct pour *p, const struct files *files, unsigned hands, struct err *e) MUST_CHECK;
void pour_fini(struct pour *p);

/* Is this one poured?  Which end does this hand read? */
bool pour_has(const struct pour *p, size_t file);
int pour_out(const struct pour *p, size_t file, unsigned hand);

/* The hands are forked: they alone hold the ends that are read. */
void pour_forked(struct pour *p);

/* What to poll for: room for 1 + hands, returns how many.  After polling, if there were any, pour_on moves what can be moved. */
size_t pour_waits(struct pour *p, struct pollfd *fds);
void pour_on(struct pour *p, const struct pollfd *fds);

/* Nothing more is to be read. */
void pour_stop(struct pour *p);

/* Bytes that it takes. */
size_t pour_reserved(const struct pour *p);

#endif
