/* inside -- what the files of this room share.
 *
 *   head.c     finds the end of a head and takes its first line apart
 *   fields.c   field lines; what they say about framing; looking fields up
 *   body.c     where content ends
 *   conn.c     one side's bytes into events; a head's place in the dialogue
 *   pairs.c    requests waiting for their answers, and the hold
 *   witness.c  what events prove
 */
#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H

#include "http/conn.h"

/* RFC 9110, 5.6.2. */
bool field_is_tchar(uint8_t b);

/* ODD_FIELD_CONTROL for a byte below 0x20 (but tab, CR, LF) or DEL; ODD_BARE_CR for a CR without its LF. */
uint64_t field_oddities(struct slice s);

/* Reads the field lines between the first line and the end of a head, both given by offset, into *out. */
void fields_read(struct slice in, size_t from, size_t end, struct head *out);

/* pairs.c */
void pairs_ask(struct http_conn *c, const struct head *h, struct http_ask *ask);
bool pairs_full(const struct http_conn *c);
void pairs_oldest(const struct http_conn *c, struct http_ask *ask);   /* what the next response answers */
void pairs_answered(struct http_conn *c, const struct http_ask *ask); /* the response to it was final */
void pairs_doubt(struct http_conn *c, enum side lost);

#endif
