/* suo5_frames -- reads a body as suo5's frames, in any of the three forms that its versions have had.
 *
 * A frame is a length, a key and so many bytes, each byte combined with the key by exclusive or; version 2 writes it in
 * base64url.  The bytes are a row of names and values, each with its length, that fills the frame exactly.  The name "ac"
 * is in every frame.  So a frame that ends where its row does, with an "ac" in it, is a proof.
 */
#ifndef TUNNEL_SUO5_FRAMES_H
#define TUNNEL_SUO5_FRAMES_H

#include "base/slice.h"

enum suo5_form { SUO5_UNKNOWN, SUO5_TEXT, SUO5_ONE_KEY, SUO5_TWO_KEYS };

/* Actions, the value of "ac". */
enum { SUO5_CREATE = 0 };

enum suo5_at { SUO5_OFF, SUO5_HEAD, SUO5_ROW, SUO5_BROKEN };

/* What suo5_read met. */
enum suo5_what {
	SUO5_NOTHING, /* the input is used up */
	SUO5_VALUE,   /* part of a value: `name`, `bytes` */
	SUO5_FRAME,   /* a frame ended, and is one */
};

enum {
	SUO5_NAME = 8,   /* longest name that is believed */
	SUO5_HEADER = 11 /* bytes that tell which form it is */
};

struct suo5_frames {
	uint8_t at;   /* enum suo5_at */
	uint8_t form; /* enum suo5_form */
	uint8_t step; /* within the row */
	uint8_t have; /* of the header, of a name, of a length */
	uint8_t key[2], turn;
	uint8_t name_len, digits;
	uint8_t action;         /* of this frame, when has_action */
	bool has_action, check; /* check: it only tries the server out ("m" is 0) */
	uint8_t head[SUO5_HEADER];
	char name[SUO5_NAME + 1];
	uint32_t bits;       /* of base64 */
	uint32_t left;       /* of the frame, as written */
	uint32_t value_left; /* of the value at hand, and its length while it is read */
	uint32_t value_at;
	uint64_t id; /* of this frame, by hash */
};

struct suo5_piece {
	enum suo5_what what;
	const char *name;
	struct slice bytes; /* within the caller's buffer */
	bool first;         /* the value begins with them */
};

void suo5_begin(struct suo5_frames *f);

/* Reads `*in`, which it advances, up to the next thing to tell; values go through `out`.  SUO5_NOTHING: it is empty, or
 * f->at is SUO5_BROKEN. */
struct suo5_piece suo5_read(struct suo5_frames *f, struct slice *in, uint8_t *out, size_t size);

#endif
