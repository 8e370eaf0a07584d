/* answering -- the half of a kernel's queue that takes rights: what a reader without any has decided goes to the kernel.
 *
 * It looks into no packet.  Whoever fills the ring is not trusted: what cannot be an answer ends it as broken. */
#ifndef CAPTURE_ANSWERING_H
#define CAPTURE_ANSWERING_H

#include "base/ring.h"
#include "capture/source.h"

struct answering;

/* Opens the sockets by which resets are sent.  The queue was opened with this ring, and is closed by its owner. */
struct answering *answering_open(struct source *queue, struct ring *from, struct err *e) MUST_CHECK;
void answering_close(struct answering *a);

/* Sends on what is in the ring, for a while.  RING_ITEM: there was something. */
enum ring_got answering_round(struct answering *a);

/* In the reader's stead: lets everything pass that waits. */
void answering_let_pass(struct answering *a);

/* Answers that the kernel did not take, and resets that could not be sent, since it was last asked. */
uint64_t answering_refused(struct answering *a);

#endif
