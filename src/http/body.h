/* body -- where the content of a message ends (RFC 9112, 6 and 7): pure. */
#ifndef HTTP_BODY_H
#define HTTP_BODY_H

#include "http/head.h"

/* RFC 9112, 6.3, in its order.  For a response, `asked` is the method of its own request and `asked_known` is false when
 * the request was not seen. */
enum body_rule body_rule_request(const struct head *h);
enum body_rule body_rule_response(const struct head *h, enum method asked, bool asked_known);

enum chunk_state { CHUNK_SIZE, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER, CHUNK_DONE, CHUNK_BROKEN };
enum chunk_part { CHUNK_DIGITS, CHUNK_BLANKS, CHUNK_EXTENSION };

/* Chunked coding, RFC 9112, 7.1.  Zeroed memory is the start. */
struct chunked {
	uint64_t left;          /* data bytes of this chunk to come */
	uint32_t trailer_bytes; /* against MAX_HEAD */
	uint16_t line_len; /* of a size line, against MAX_CHUNK_LINE; of a trailer line, only whether it is empty */
	uint8_t digits;    /* of the size so far */
	uint8_t state : 3; /* enum chunk_state */
	uint8_t part : 2;  /* enum chunk_part, of the size line at hand */
	bool cr : 1;       /* the last byte was a CR */
	bool any : 1;      /* a size was read */
};

/* Reads framing from the start of `in`, at most to the next data: returns bytes used.  When it stops with state
 * CHUNK_DATA, `left` data bytes follow (say chunked_data once they were passed).  Oddities are or-ed into *odd. */
size_t chunked_framing(struct chunked *c, struct slice in, uint64_t *odd);
void chunked_data(struct chunked *c, uint64_t n);

#endif
