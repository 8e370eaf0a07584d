/* inside -- what every source is below its own struct.  Private to capture. */
#ifndef CAPTURE_INSIDE_H
#define CAPTURE_INSIDE_H

#include "capture/source.h"

struct source_kind {
	enum source_got (*next)(struct source *s, struct frame *f, struct err *e);
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

void source_init(struct source *s, const struct source_kind *kind, const char *name);

#endif
