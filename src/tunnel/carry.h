/* carry -- is a body whole so far?  For detectors that hand its bytes on: after a hole the rest is not what was sent, so
 * they stop.
 */
#ifndef TUNNEL_CARRY_H
#define TUNNEL_CARRY_H

#include "http/conn.h"

struct carry {
	uint64_t next; /* offset where the body goes on */
	bool chunked;  /* offsets say nothing; a hole there is the end of HTTP */
	bool torn;     /* once torn, for good */
};

/* With the event of the message's head. */
static inline void carry_begin(struct carry *c, const struct http_event *head)
{
	c->next = head->offset + head->eat;
	c->chunked = head->rule == BODY_CHUNKED;
}

/* With each HTTP_BODY: do these bytes follow what was seen before? */
static inline bool carry_on(struct carry *c, const struct http_event *body)
{
	if (!c->chunked && body->offset != c->next)
		c->torn = true;
	c->next = body->offset + body->eat;
	return !c->torn;
}

/* Does a message have content at all? */
static inline bool carry_any(const struct http_event *head)
{
	return head->rule == BODY_CHUNKED || head->rule == BODY_UNTIL_CLOSE ||
	       (head->rule == BODY_LENGTH && head->head->length != 0);
}

#endif
