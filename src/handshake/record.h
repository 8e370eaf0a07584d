/* record -- what is kept of one handshake for the people who read the output.  Private to the room. */
#ifndef HANDSHAKE_RECORD_H
#define HANDSHAKE_RECORD_H

#include "handshake/handshake.h"

/* A CONNECT target taken apart.  `valid` is RFC 9110, 9.3.6 to the letter; host and port are also read from the spellings
 * that are seen in the wild. */
struct hs_target {
	bool valid;
	uint16_t port;     /* 0: none */
	struct slice host; /* within the target, brackets left out; empty: none */
};
struct hs_target hs_target_read(struct slice target);

/* The next record of this connection, zeroed; NULL when the caller lent no room.  When all are used, the oldest refused one
 * gives way. */
struct handshake_record *hs_record_new(struct handshake *h);

/* The record in progress; NULL when there is none. */
struct handshake_record *hs_record_last(const struct handshake *h);

void hs_record_connect(struct handshake_record *r, const struct http_event *ev);
void hs_record_upgrade(struct handshake_record *r, const struct http_event *ev);

/* A 426 (RFC 9110, 15.5.22) to a request that offered nothing. */
void hs_record_required(struct handshake_record *r, const struct http_event *ev);

/* The first token of the Upgrade field: the lowest layer (RFC 9110, 7.8).  Empty when there is none. */
struct slice hs_first_token(const struct head *h);

/* The name of an Upgrade token, without its version. */
struct slice hs_token_name(struct slice token);

/* Keeps the token that a 101 chose. */
void hs_record_chosen(struct handshake_record *r, struct slice token);

/* Was a token of that name (any case, any version) among the offered? */
bool hs_offered(const struct handshake_record *r, struct slice token);

/* Does the 101 bear the Sec-WebSocket-Accept that the key asked for (RFC 6455, 4.2.2)? */
bool hs_websocket_right(const struct handshake_record *r, const struct head *answer);

/* credentials.c: fills user and scheme from Proxy-Authorization (RFC 9110, 11.7.2).  Of the secret nothing is kept. */
void hs_record_user(struct handshake_record *r, const struct head *h);

#endif
