/* inside -- what every source is below its own struct.  Private to capture. */
#ifndef CAPTURE_INSIDE_H
#define CAPTURE_INSIDE_H

#include "capture/source.h"

struct source_kind {
	enum source_got (*next)(struct source *s, struct frame *f, struct err *e);
	size_t (*more)(struct source *s, struct frame *f, size_t room); /* NULL: never any */
	uint64_t (*position)(const struct source *s, uint64_t *total);
	void (*close)(struct source *s);
	/* A queue only. */
	void (*answer)(struct source *s, const struct packet_answer *a);
	void (*flush)(struct source *s);
	/* Interfaces and queues only; NULL: it has nothing to wait for. */
	size_t (*descriptors)(const struct source *s, struct pollfd *fds, size_t room);
	bool (*share)(struct source *s, const unsigned *place, unsigned workers, struct err *e);
	void (*tick)(struct source *s);
	void (*counters)(const struct source *s, struct source_counters *c);
};

struct source {
	const struct source_kind *kind;
	char name[4096];
};

/* What goes through the ring from a queue's reader to who may answer: many at once. */
struct queue_answer {
	struct packet_answer answer;
	uint32_t mark;    /* the packet's, whole; of meaning when the answer marks */
	uint8_t in_place; /* the packet may be exchanged for another */
};
enum { QUEUE_ANSWERS = 64 };

/* queue.c's, for who answers.  They are gathered, and sent many at once. */
struct queue_verdict {
	uint32_t token, mark;
	bool pass, marks;
	const uint8_t *packet; /* instead of it; `len` 0: it stays as it is */
	size_t len;
};
void queue_verdict(struct source *queue, const struct queue_verdict *v);
void queue_send_verdicts(struct source *queue);

/* What this process reads is no sign of the other's life. */
void queue_stand_in(struct source *queue);

void source_init(struct source *s, const struct source_kind *kind, const char *name);

#endif
