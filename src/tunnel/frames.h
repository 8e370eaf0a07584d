/* frames -- reads a body as GNU httptunnel's frames, and says how unlikely it is that another body reads so.
 *
 * A frame is a type, then for types without bit 0x40 a 16-bit length and so many bytes.  Any body may begin like one; what
 * ordinary bodies do not do is that each length leads exactly to the next type.  So the evidence is counted in bits: each
 * time a DATA frame ends and a valid type stands there, that was worth -log2 of how often such bytes occur in this very
 * body.  A body full of small numbers thus earns almost nothing by it, and one frame repeated unchanged nothing at all.
 */
#ifndef TUNNEL_FRAMES_H
#define TUNNEL_FRAMES_H

#include "base/slice.h"

enum frame_type {
	FRAME_OPEN = 0x01,
	FRAME_DATA = 0x02,
	FRAME_PADDING = 0x03,
	FRAME_ERROR = 0x04,
	FRAME_PAD1 = 0x45,
	FRAME_CLOSE = 0x46,
	FRAME_DISCONNECT = 0x47
};

enum frames_at {
	FRAMES_OFF, /* nothing is read */
	FRAMES_TYPE,
	FRAMES_LENGTH,
	FRAMES_LENGTH_LOW,
	FRAMES_CONTENT,
	FRAMES_LOST,  /* bytes were missing and the chain with them: what was read still counts */
	FRAMES_BROKEN /* not frames */
};

struct frames {
	uint8_t at;            /* enum frames_at */
	uint8_t type;          /* of the frame at hand, or the last */
	uint8_t first;         /* type of the first frame */
	bool open;             /* the body began 01 00 01 2a, as a new tunnel does */
	bool ended;            /* DISCONNECT was read: nothing may follow */
	bool lands;            /* the frame that just ended earns something if a type follows */
	bool exact;            /* the body ended where a frame did */
	uint16_t length, left; /* of the frame at hand */
	uint16_t before;       /* length of the DATA frame before */
	uint16_t to_sample;    /* bytes of this frame's content still to be sampled */
	uint32_t count;        /* whole frames */
	uint32_t data_count;   /* DATA frames begun */
	uint32_t landings;
	uint32_t sampled, alike; /* content bytes sampled; those that would pass for a type */
	uint64_t seen;           /* body bytes */
};

/* A body begins. */
void frames_begin(struct frames *f);

/* Reads `*in` up to the end of a frame or of a run of tunnelled bytes, which it takes off into `*data` (empty when there was
 * none).  Call until `*in` is empty. */
void frames_read(struct frames *f, struct slice *in, struct slice *data);

/* So many bytes of the body are missing here. */
void frames_skip(struct frames *f, uint64_t n);

/* The body is over; `complete` when it was seen to its declared end. */
void frames_end(struct frames *f, bool complete);

/* Is it still read? */
bool frames_live(const struct frames *f);

/* Whatever was seen reads as frames, and there is something to it: alone no evidence. */
bool frames_consistent(const struct frames *f);

unsigned frames_bits(const struct frames *f);
bool frames_prove(const struct frames *f);

#endif
