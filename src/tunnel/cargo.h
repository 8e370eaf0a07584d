/* cargo -- what a message carries, its content: what its head calls it, and is it whole so far?
 *
 * Bytes that the capture lacks are skipped by http, so each piece is held against the place where it should be.  What was
 * unwrapped before a hole is good; what comes behind it cannot be told apart any more.
 */
#ifndef TUNNEL_CARGO_H
#define TUNNEL_CARGO_H

#include "http/conn.h"

/* The content of one side's message at hand. */
struct cargo {
	uint64_t next; /* offset where it goes on */
	bool on;       /* it is read: for the detector to clear */
	bool chunked;
	bool torn; /* bytes are missing */
};

/* With the event of a head. */
void cargo_begin(struct cargo *c, const struct http_event *head);

/* The same where one stream goes through many messages: once torn, it stays so. */
void cargo_follow(struct cargo *c, const struct http_event *head);

/* With each HTTP_BODY: how many bytes are missing before it. */
uint64_t cargo_missing(struct cargo *c, const struct http_event *body);

/* The same, asked shorter.  False once anything is missing. */
bool cargo_goes_on(struct cargo *c, const struct http_event *body);

/* Does the message have content at all? */
bool cargo_any(const struct http_event *head);

/* The media type without its parameters; empty when there is none. */
struct slice cargo_type(const struct head *h);
bool cargo_is(const struct head *h, struct slice type);

/* Can it be read as it is: no content coding? */
bool cargo_uncoded(const struct head *h);

#endif
