/* source -- where frames come from.  A source is pulled: no callback, one frame at a time, nothing kept.
 *
 * A damaged file is not an error of the program: what could be read was given, then source_next says GOT_DAMAGE with a
 * text that names the place.  Interfaces never end: GOT_NOTHING means that nothing has come yet, and the caller waits with
 * poll.  One that goes away gives nothing more; links.h tells when to open them anew.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include <poll.h>
#include "base/err.h"
#include "base/page.h"
#include "base/ring.h"
#include "capture/answer.h"
#include "capture/frame.h"

struct source;

enum source_got { GOT_FRAME, GOT_END, GOT_DAMAGE, GOT_NOTHING };

/* `path` names a pcap or pcapng file, or is "-" for standard input; `filter` is a BPF expression or NULL; one that cannot
 * be used is EINVAL. */
struct source *source_open_file(const char *path, const char *filter, struct err *e) MUST_CHECK;

/* The same, where another has opened what `path` names; `fd` is the source's from now on. */
struct source *source_open_descriptor(int fd, const char *path, const char *filter, struct err *e) MUST_CHECK;

enum { MAX_INTERFACES = 16 };

struct live_options {
	const char *interface[MAX_INTERFACES]; /* must live as long as the source */
	size_t interfaces;
	const char *filter;  /* or NULL */
	uint32_t snaplen;    /* bytes kept of a frame */
	uint32_t buffer_mib; /* of the kernel, for each interface */
	bool promiscuous;
	unsigned workers; /* that share the traffic, each with a source of its own; 0 and 1: it is not shared */
	int *group;       /* of each interface, what they share it by; -1 at first */
	bool again;       /* it was there before: what is not there now is awaited */
};

/* No such interface is ENODEV, no permission EPERM, a filter that cannot be used EINVAL.  One that is down is awaited. */
struct source *source_open_live(const struct live_options *o, struct err *e) MUST_CHECK;

/* After another worker has come or gone: each keeps its share.  place[w] is where worker w stands in the kernel's list, to whose
 * end who comes is added, and in which who goes is replaced by the last. */
bool source_share(struct source *s, const unsigned *place, unsigned workers, struct err *e) MUST_CHECK;

struct queue_options {
	uint32_t number;
	uint32_t length; /* packets that the kernel lets wait */
	bool fail_open;  /* what finds no room there passes, and is not dropped */
	/* What is decided of packets goes through `answers` to a process that may answer (answering.h); `life` is moved by the
	 * reading, and keeps what was last counted.  NULL: nothing is answered. */
	struct ring *answers;
	struct page *life; /* of struct queue_life */
};

struct queue_life {
	uint64_t received, dropped;
};

/* The kernel's queue of that number: packets that wait for an answer.  No permission is EPERM; EBUSY: another program has it. */
struct source *source_open_queue(const struct queue_options *o, struct err *e) MUST_CHECK;

enum source_got source_next(struct source *s, struct frame *f, struct err *e);

/* Up to `room` frames that come next and are at hand, so that they leave those before them as they are; mostly 0 of interfaces.
 * Returns how many. */
size_t source_more(struct source *s, struct frame *f, size_t room);

const char *source_name(const struct source *s);

/* Bytes of the file read so far and in all (0: not known), for progress. */
uint64_t source_position(const struct source *s, uint64_t *total);

/* What to poll for reading after GOT_NOTHING; returns how many. */
size_t source_descriptors(const struct source *s, struct pollfd *fds, size_t room);

/* Asks the kernel what it has counted; at least once in an hour, for its counters wrap. */
void source_tick(struct source *s);

/* What becomes of a frame; of other sources than a queue nothing does.  It may wait here until source_next has nothing more, or
 * source_flush. */
void source_answer(struct source *s, const struct packet_answer *a);
void source_flush(struct source *s);

struct source_counters {
	uint64_t received, dropped; /* frames, by the kernel; the dropped ones are among the received */
	uint64_t refused;           /* answers that the kernel did not take, and replies that could not be sent */
};
void source_counters(const struct source *s, struct source_counters *c);

/* Also by a process that was forked and has no use for it: to the other one nothing changes. */
void source_close(struct source *s);

#endif
