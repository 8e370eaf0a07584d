/* tear -- is content of a message missing before these bytes?  Once it is, what was unwrapped can no longer be whole.
 *
 * Only content framed by length or by the end can have holes; chunked content with a hole is lost altogether.
 */
#ifndef TUNNEL_TEAR_H
#define TUNNEL_TEAR_H

#include "http/conn.h"

struct tear {
	uint64_t next; /* offset of the content byte that should come */
	bool chunked, torn;
};

/* The head of a message with content: the next one begins. */
static inline void tear_begin(struct tear *t, const struct http_event *ev)
{
	t->next = ev->offset + ev->eat;
	t->chunked = ev->rule == BODY_CHUNKED;
}

/* HTTP_BODY: true while nothing was ever missing. */
static inline bool tear_whole(struct tear *t, const struct http_event *ev)
{
	t->torn = t->torn || (!t->chunked && ev->offset > t->next);
	t->next = ev->offset + ev->eat;
	return !t->torn;
}

#endif
