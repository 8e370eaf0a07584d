/* leg -- small things that readers of message content share: is it still whole, what does a head call it. */
#ifndef TUNNEL_LEG_H
#define TUNNEL_LEG_H

#include "http/conn.h"

/* The content of one side's message at hand. */
struct leg {
	uint64_t next; /* offset where it goes on */
	bool on;       /* it is read */
	bool chunked;
	bool torn; /* bytes are missing */
};

/* A message with content begins. */
void leg_begin(struct leg *l, const struct http_event *ev);

/* A piece of it.  False once bytes before it are missing: what follows cannot be told apart any more. */
bool leg_takes(struct leg *l, const struct http_event *ev);

/* Does that field name this media type, whatever its parameters? */
bool head_names_type(const struct head *h, struct slice field, struct slice type);

/* Can the content be read as it is? */
bool head_is_uncoded(const struct head *h);

#endif
