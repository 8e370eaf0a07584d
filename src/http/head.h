/* head -- one HTTP/1 message head, parsed in place: pure, no state, no memory, no opinion (RFC 9112, 2 to 5).
 *
 * Tolerant where real peers are (bare LF, obs-fold, spaces before the colon or within the target), and saying so in
 * `odd`.  All slices point into the input.  Empty lines before a message are the caller's to pass over (conn does).
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "base/limits.h"
#include "base/slice.h"
#include "evidence/odd.h"

enum method { METHOD_OTHER, METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_PUT, METHOD_OPTIONS, METHOD_CONNECT };

struct field {
	struct slice name, value; /* value trimmed; a folded value still holds its line breaks */
};

enum body_rule { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_UNTIL_CLOSE };

struct head {
	bool response;
	enum method method; /* request; METHOD_OTHER for every other token, `method_text` has it */
	struct slice method_text, target;
	uint16_t status; /* response; 0 when the line has no three-digit status */
	struct slice reason;
	uint8_t major, minor; /* 1, 1.  0, 9: a request line without version */
	struct field fields[MAX_FIELDS];
	unsigned field_count;
	uint64_t names;    /* 1 << field_bit of each name: most fields that are asked for are not there */
	uint8_t first[64]; /* of each bit that is set: the first field whose name has it, or one before */
	uint64_t odd;      /* 1 << enum odd */
	/* Framing as the fields say it, before the rules of RFC 9112, 6.3 (body.h). */
	bool has_length, length_valid, chunked, has_coding;
	uint64_t length; /* saturates at UINT64_MAX */
	/* Connection tokens worth knowing. */
	bool connection_close, connection_keep_alive, connection_upgrade;
};

enum parsed { PARSED, PARSE_MORE, PARSE_NOT_HTTP, PARSE_TOO_LONG };

/* `scanned` is how many bytes of `in` an earlier call on the same bytes has already searched for the end of the head
 * (0 at first; updated), so that a head which comes byte by byte costs one touch per byte.  PARSED: *used is the length
 * of the head with its empty line.  PARSE_NOT_HTTP comes as early as the bytes show it. */
enum parsed head_parse_request(struct slice in, size_t *scanned, struct head *out, size_t *used);
enum parsed head_parse_response(struct slice in, size_t *scanned, struct head *out, size_t *used);

/* Could these first bytes still become a request line, a status line?  False only when they cannot. */
bool head_maybe_request(struct slice in);
bool head_maybe_response(struct slice in);

/* The client's beginning in HTTP/2, a line that no other protocol has and a SETTINGS frame (RFC 9113, 3.4): PARSED, PARSE_MORE
 * (it may become one), or PARSE_NOT_HTTP. */
enum parsed head_is_h2_preface(struct slice in);
bool head_has_h2_magic(struct slice in); /* the line, whatever follows */

/* A number below 64 for a name in any case.  The factors are the best of all, tried on the names that 150,000 messages had:
 * the usual ones share hardly a number with those that are asked for or wake a detector. */
static inline unsigned field_bit(struct slice name)
{
	if (name.len == 0)
		return 0;
	return ((unsigned)name.len + (name.at[0] | 0x20u) * 10 + (name.at[name.len / 2] | 0x20u) * 8) % 64;
}

/* Some field has that name's bit. */
struct slice head_find(const struct head *h, struct slice name);

/* First field of that name (any case), or an empty slice with at == NULL. */
static inline struct slice head_field(const struct head *h, struct slice name)
{
	return (h->names >> field_bit(name) & 1) != 0 ? head_find(h, name) : (struct slice){ NULL, 0 };
}

static inline bool head_has(const struct head *h, struct slice name)
{
	return head_field(h, name).at != NULL;
}

/* Is `token` (any case) among the comma-separated elements of all field lines of that name?  A parameter after ';' and a
 * version after '/' are not part of the token unless `token` has one too. */
bool head_lists(const struct head *h, struct slice name, struct slice token);

/* Walks the list elements of all field lines of that name, in order; *at is 0 at first.  False at the end. */
bool head_next_element(
    const struct head *h, struct slice name, unsigned *at_field, size_t *at_byte, struct slice *element);

#endif
