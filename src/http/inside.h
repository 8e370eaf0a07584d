/* inside -- what the files of this room share.
 *
 *   head.c     finds the end of a head and takes its first line apart
 *   fields.c   field lines; what they say about framing; looking fields up
 *   body.c     where content ends
 *   conn.c     one side's bytes into events; a head's place in the dialogue
 *   content.c  the bytes between a head and the message's end
 *   pairs.c    requests waiting for their answers, and the hold
 *   witness.c  what events prove
 */
#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H

#include "base/attributes.h"
#include "http/conn.h"

extern const uint8_t field_tchar[256]; /* RFC 9110, 5.6.2: 1 for a byte of a token */

/* ODD_FIELD_CONTROL for a byte below 0x20 (but tab, CR, LF) or DEL; ODD_BARE_CR for a CR without its LF. */
uint64_t field_oddities(struct slice s);

/* Reads the field lines from offset `from` on into *out.  Returns where the empty line behind them ends, or 0 when it is not
 * there: then *scanned is where the last line began that is not known to be whole, less its LF. */
size_t fields_read(struct slice in, size_t from, size_t *scanned, struct head *out);

/* A head with nothing in it. */
void head_begin(struct head *out, bool response);

/* pairs.c */
void pairs_ask(struct http_kit *k, struct http_conn *c, const struct head *h, struct http_ask *ask);
bool pairs_full(const struct http_conn *c);
void pairs_oldest(const struct http_conn *c, struct http_ask *ask); /* what the next response answers */
void pairs_answered(struct http_kit *k, struct http_conn *c);       /* the response to it was final */
void pairs_end(struct http_kit *k, struct http_conn *c);
void pairs_lost(struct http_conn *c, enum side from);  /* bytes of that side are missing */
void pairs_found(struct http_conn *c, enum side from); /* it is being read again */

/* What a step is made with. */
struct turn {
	struct http_kit *k;
	struct http_conn *c;
	struct http_side *s;
	const struct chunk *in;
	struct head *head;
	struct http_event *ev;
};

/* conn.c */
void side_expect_head(struct http_side *s);
void side_end_message(const struct turn *t, size_t n, bool complete); /* eats `n` bytes and tells the message's end */
void side_lose(const struct turn *t, enum http_lost why);

/* content.c */
void content_begin(const struct turn *t, size_t used, enum body_rule rule);
void content_leave_last_byte(const struct turn *t, bool cut_short);
void content_step_length(const struct turn *t);
void content_step_to_close(const struct turn *t);
void content_step_chunked(const struct turn *t);
void content_step_ending(const struct turn *t);

static inline uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

#endif
