/* conn -- both directions of one HTTP/1 connection: messages framed, responses paired with their own requests.
 *
 * A pull parser over the two streams.  The caller shows a chunk (stream_peek); http_next says how much of it to eat and
 * what, if anything, was found; call again until it says HTTP_WAIT.  Every other answer eats or changes state.
 *
 * The hold: after a request that may end HTTP (CONNECT; a field Upgrade) was sent whole, the client's next bytes are HTTP
 * or not depending on the answer, so the client side waits (HTTP_WAIT, nothing eaten) until the response to that very
 * request is there.  A 2xx to CONNECT and a 101 stop both sides (state asked for by `may_switch` in the event): the
 * caller must then say http_refused (HTTP goes on) or stop calling.
 *
 * Offsets are the streams' own, so a hole within a body is only a doubt; a hole anywhere else loses that side.  It is read
 * again from the first packet that begins with a whole head; which answers belong to which requests is then in doubt
 * (`known` is false, nothing may switch) until a request finds nothing unanswered.  A hold in doubt stays.
 *
 * A message without content still ends with an event of its own: its head's event leaves the last byte to be eaten by
 * HTTP_MESSAGE_END, so that the end is told at once.  So does the last HTTP_BODY of content by length.  A head that may
 * switch, an interim one and CONNECT are eaten whole and have no HTTP_MESSAGE_END.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include "http/body.h"
#include "http/head.h"
#include "stream/stream.h"

enum http_ev {
	HTTP_WAIT,        /* needs more bytes, or is held: eat nothing (beyond `eat`), come back with more */
	HTTP_EAT,         /* framing only: nothing to tell */
	HTTP_REQUEST,     /* a request head */
	HTTP_RESPONSE,    /* a response head, interim ones included */
	HTTP_BODY,        /* content bytes, de-chunked, in `bytes` */
	HTTP_MESSAGE_END, /* the message of `from` is complete */
	HTTP_H2,          /* the client began HTTP/2 (preface): the rest is not for this parser */
	HTTP_NOT,         /* the side's first bytes are not HTTP */
	HTTP_LOST         /* it was HTTP, and its framing is lost: `why_lost` */
};

enum http_lost { LOST_HOLE, LOST_DESYNC, LOST_TOO_LONG, LOST_CHUNK, LOST_END /* the stream ended within a head */ };

/* What is remembered of a request until its answer. */
struct http_ask {
	uint32_t ordinal; /* 0 for the connection's first request */
	uint8_t method;   /* enum method */
	uint8_t minor;    /* 0: HTTP/1.0; 1: 1.1 or later; 9: HTTP/0.9 */
	bool connect : 1, upgrade : 1;
	bool known : 1; /* false: a response whose request was not seen */
};

struct http_event {
	enum http_ev kind;
	enum side from;
	size_t eat;    /* bytes of the chunk to eat, framing included */
	uint64_t skip; /* after eating: so many bytes more are content nobody must see (stream_skip); 0 none */
	const struct head *head; /* REQUEST, RESPONSE: the scratch head; valid until the next call */
	struct http_ask ask;     /* REQUEST: itself; RESPONSE, BODY and MESSAGE_END of the server: what it answers */
	struct slice bytes;      /* BODY */
	enum body_rule rule;     /* REQUEST, RESPONSE: how its content is framed */
	bool may_switch;         /* RESPONSE: 2xx (or without status) to CONNECT, or 101: both sides stopped */
	bool held_bytes;         /* RESPONSE to a held request: the client had already sent more */
	bool interim;            /* RESPONSE: 1xx, not 101 */
	bool alone;       /* RESPONSE: the client has shown no bytes at all; the caller says so before http_witness */
	bool complete;    /* MESSAGE_END: false when cut off by the end of the stream */
	uint8_t why_lost; /* LOST: enum http_lost */
	bool begun;       /* LOST: what was there of the side's first head can be nothing else */
	bool bare; /* LOST: where the head before promised no content (a request) or its first chunk (a response) */
	uint64_t offset; /* of the event's first byte in the stream of `from` */
	uint64_t odd;    /* 1 << enum odd: what was irregular here */
	int64_t t;
};

enum http_state {
	HTTP_AT_START,
	HTTP_AT_HEAD,
	HTTP_IN_LENGTH,
	HTTP_IN_CHUNKED,
	HTTP_TO_CLOSE,
	HTTP_ENDING, /* all was told but the message's end */
	HTTP_HELD,
	HTTP_STOPPED,
	HTTP_SEEKING, /* a hole took the framing: looking for the next head */
	HTTP_GONE     /* lost for good */
};

/* What is known of chunked content between two looks at it: struct chunked, but for what is told by `until`. */
struct chunk_place {
	uint32_t next; /* low half of the offset where the next byte of framing is expected */
	uint16_t line_len;
	uint8_t digits;
	uint8_t state : 3;
	uint8_t part : 2;
	bool cr : 1;
	bool any : 1;
};

struct http_side {
	uint8_t state;         /* enum http_state */
	uint8_t rule;          /* enum body_rule, of the message at hand or the last */
	uint8_t resume;        /* HTTP_STOPPED: the state to go on in when it was no switch */
	bool wants_bodies : 1; /* someone looks at this side's content: give HTTP_BODY, never `skip` */
	bool cut_short : 1;    /* HTTP_ENDING: the stream ended before the message */
	uint32_t messages;
	struct http_ask ask; /* of the message at hand */
	/* Absolute offset where content ends, or the data of the chunk at hand; elsewhere, where the next byte is expected.  Of
	 * chunked content between data: what is read of the next size, or how many bytes of trailers. */
	uint64_t until;
	union {
		struct {
			uint32_t scanned; /* of the head at hand */
			uint16_t empty_lines;
		};
		struct chunk_place chunk; /* HTTP_IN_CHUNKED */
	};
};
_Static_assert(sizeof(struct http_side) <= 32, "every conversation has two");

/* Unanswered requests are kept in place while they are few. */
enum { FEW_ASKED = 8 };

struct http_conn {
	struct http_side side[2];
	union {
		uint8_t few[FEW_ASKED];
		uint8_t *many; /* room for MAX_PIPELINE, from a pool */
	} queue;               /* unanswered requests, oldest at answered % the queue's length; see pairs.c */
	uint32_t answered;     /* final responses seen */
	uint32_t hold;         /* ordinal of the request that holds the client */
	uint32_t other_end;    /* low half of the offset */
	bool holding : 1;
	bool held_bytes : 1;    /* the client was seen to go on while held */
	bool hasty : 1;         /* its answer came before it was sent whole */
	bool client_behind : 1; /* it has bytes that nobody has read, for want of an answer */
	bool midstream : 1;
	bool queues : 1;         /* queue.many holds them */
	bool hurried : 1;        /* so many requests unanswered that the oldest are forgotten */
	bool two_framings : 1;   /* a request had a length and a coding: by the length its content ends at other_end */
	bool smuggled : 1;       /* the latest CONNECT began before that: others take it for content */
	bool answered_since : 1; /* a final response came since `doubt` last changed */
	uint8_t doubt : 2;       /* exchanges to come before pairs are believed again */
};
_Static_assert(sizeof(struct http_conn) <= 88, "every conversation has one");

/* Requests seen. */
static inline uint32_t http_asked(const struct http_conn *c)
{
	return c->side[CLIENT].messages;
}

/* Memory shared by all connections of one worker, with room for as many. */
struct http_kit {
	struct pool queues;
	struct head head; /* scratch */
};

bool http_kit_init(struct http_kit *k, size_t connections, struct err *e) MUST_CHECK;
void http_kit_fini(struct http_kit *k);

void http_conn_init(struct http_conn *c, bool midstream);
void http_conn_fini(struct http_kit *k, struct http_conn *c);

void http_next(struct http_kit *k, struct http_conn *c, const struct chunk *in, struct http_event *ev);

/* Between two messages, and nothing is there but perhaps the end: HTTP_WAIT is all that http_next would say.  A connection that
 * closes asks seven times: 500 instructions less for it. */
static inline bool http_rests(const struct http_conn *c, const struct chunk *in)
{
	const struct http_side *s = &c->side[in->from];
	return in->bytes.len == 0 && s->state == HTTP_AT_HEAD && in->offset == s->until && !c->client_behind;
}

/* After an event with may_switch: it was no switch, both sides go on as HTTP. */
void http_refused(struct http_conn *c);

/* After HTTP_NOT: this side's next bytes are looked at as its first. */
void http_restart(struct http_conn *c, enum side from);

/* Someone wants to see (or no longer) the content of messages of that side, from now on. */
void http_want_bodies(struct http_conn *c, enum side from, bool want);

bool http_holds(const struct http_conn *c);

/* Is the client held by a CONNECT that is content by another reading of the request before it, and that the server will not
 * answer as we read it? */
bool http_doubts_hold(const struct http_conn *c, bool over);
const char *http_state_name(enum http_state s);

#endif
