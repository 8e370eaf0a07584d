/* inside -- what the files of this room share.
 *
 *   stream.c   what the carrier calls
 *   tcp.c      which segments count, and what their flags and acknowledgements mean
 *   syn.c      how a conversation opens
 *   order.c    where a segment's bytes go: delivered, kept waiting, or passed over; and when a hole is given up
 *   waiting.c  the pieces behind a hole, and who wins where two overlap
 *   recent.c   sums of what was read, to notice a second version
 *   left.c     the buffer of what a reader left
 *   unrest.c   what only a side has that is not at rest
 *   belief.c   segments that a host may not have taken
 */
#ifndef STREAM_INSIDE_H
#define STREAM_INSIDE_H

#include "stream/stream.h"

enum side_flag {
	SIDE_SPOKE = 1 << 0,    /* a segment of it was seen */
	SIDE_ANCHORED = 1 << 1, /* isn is set */
	SIDE_SYN = 1 << 2,      /* its SYN was seen */
	SIDE_SCALE = 1 << 3,    /* its SYN had the window scale option */
	SIDE_FIRM =
	    1 << 4, /* its isn was confirmed by the other side; until then unrest.isn holds those of other SYNs */
	SIDE_GUESS = 1 << 5, /* its isn comes from the middle of a conversation */
	SIDE_DATA = 1 << 6,  /* it sent data */
	SIDE_HELD = 1 << 7,  /* what waits came on the SYN and is not to be delivered yet */
	SIDE_COUNT = 1 << 8, /* only count */
	SIDE_OVER = 1 << 9,  /* no more will come */
	SIDE_END_TOLD = 1 << 10,
	SIDE_MARK = 1 << 11,     /* the passing of `dull` is to be told */
	SIDE_RESET = 1 << 12,    /* it sent the RST that closed the conversation */
	SIDE_LIVE_SYN = 1 << 13, /* live_syn is set */
	SIDE_STAMPED = 1 << 14,  /* stream.stamp is set */
	SIDE_SIGNED = 1 << 15,   /* its SYN had the MD5 option */
};

enum {
	WINDOW_SLACK = 65536, /* windows are seen late, and senders probe */
	FAR_AHEAD = 1 << 30,  /* the largest window there can be (RFC 7323, 2.3) */
	SHIFT_MAX = 14,       /* the same section */
	WAITING_BLOCK = 2048
};

#define NO_FIN UINT64_MAX

/* A piece of a segment that waits.  `start` and `span` are the whole segment's, to decide overlaps; `cut` bytes behind
 * the piece were sent but not captured. */
struct waiting {
	struct waiting *next;
	uint64_t offset, start;
	uint32_t len, span, cut;
	uint8_t bytes[WAITING_BLOCK - 36];
};
_Static_assert(sizeof(struct waiting) == WAITING_BLOCK, "one block each");

/* Bytes of a segment on their way in. */
struct piece {
	struct slice bytes;
	uint64_t offset; /* of bytes.at[0] */
	uint64_t start;  /* of the segment, before anything was taken off its front */
	uint32_t span;   /* of the segment, what was cut included */
	uint32_t cut;
};

/* Oddities found in one call, and the place of the first. */
struct odds {
	uint64_t bits, at;
	enum side from;
};

static inline void odds_add(struct odds *o, uint64_t bits, enum side from, uint64_t at)
{
	if (o->bits == 0) {
		o->from = from;
		o->at = at;
	}
	o->bits |= bits;
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* 32-bit sequence number to 64-bit offset: the one nearest to `next` (RFC 9293, 3.4).  Negative: before the start. */
static inline int64_t side_offset(const struct stream_side *x, uint32_t seq)
{
	return (int64_t)x->next + (int32_t)(seq - (x->isn + (uint32_t)x->next));
}

static inline void side_anchor(struct stream_side *x, uint32_t isn, unsigned flags)
{
	x->isn = isn;
	x->flags = (uint16_t)(x->flags | SIDE_ANCHORED | flags);
}

static inline uint64_t side_unread(const struct stream_side *x)
{
	return (uint64_t)x->unrest->left_len + x->packet_len;
}

/* What is left of the packet at hand. */
static inline struct slice side_packet(const struct stream_kit *k, const struct stream_side *x)
{
	return (struct slice){ k->packet, x->packet_len };
}

static inline void side_set_packet(struct stream_side *x, uint32_t len)
{
	x->packet_len = len & PACKET_MOST;
}

/* unrest.c */
struct unrest *unrest_begin(struct stream_kit *k, struct stream_side *x);
void unrest_leave(
    struct stream_kit *k, struct stream_side *x);             /* of one that has one: gives it back if it is at rest */
void unrest_end(struct stream_kit *k, struct stream_side *x); /* whatever it holds */

static inline bool is_calm(const struct stream_side *x)
{
	return x->unrest == &stream_calm;
}

/* To be written, of a side that has one. */
static inline struct unrest *unrest_held(const struct stream_side *x)
{
	struct unrest *u;
	memcpy(&u, &x->unrest, sizeof u);
	return u;
}

/* To be written. */
static inline struct unrest *unrest_of(struct stream_kit *k, struct stream_side *x)
{
	return is_calm(x) ? unrest_begin(k, x) : unrest_held(x);
}

static inline void side_see(struct stream_kit *k, struct stream_side *x, uint64_t end)
{
	if (end > side_seen(x))
		unrest_of(k, x)->end_seen = end;
}

static inline void side_forget_hole(struct stream_side *x)
{
	if (x->unrest->hole != 0)
		unrest_held(x)->hole = 0;
}

static inline void side_forget_past(struct stream_side *x)
{
	if (x->unrest->past_hole != 0)
		unrest_held(x)->past_hole = 0;
}

/* left.c */
size_t left_room(const struct stream_side *x);
bool left_add(struct stream_kit *k, struct stream_side *x, const uint8_t *at, size_t n);
void left_eat(struct stream_kit *k, struct stream_side *x, size_t n);
void left_cut(struct stream_kit *k, struct stream_side *x, size_t n); /* the last of it */

/* waiting.c */
uint64_t waiting_keep(struct stream_kit *k, struct stream_side *x, const struct piece *p); /* returns oddities */
bool waiting_differs(const struct stream_side *x, struct slice bytes, uint64_t offset);
bool waiting_overlaps(const struct stream_side *x, uint64_t from, uint64_t to);
bool waiting_over_cap(const struct stream_side *x);
void waiting_pass(struct stream_kit *k, struct stream_side *x, uint64_t upto); /* forgets what lies before */
void waiting_drop(struct stream_kit *k, struct stream_side *x);                /* forgets all */

/* order.c */
/* The segment's bytes from `at` (negative: before the start) to `upto`. */
void order_put(struct stream_kit *k, struct stream *s, enum side from, const struct segment *seg, int64_t at,
    int64_t upto, struct odds *odds);
void order_advance(struct stream_kit *k, struct stream_side *x);
void order_read(struct stream_kit *k, struct stream_side *x, uint64_t n);
void order_skip(struct stream_kit *k, struct stream_side *x, uint64_t upto);
void order_drop_unread(struct stream_kit *k, struct stream_side *x);
void order_judge_waiting(struct stream_kit *k, struct stream *s, enum side from, struct odds *odds);
bool order_settle(struct stream_kit *k, struct stream_side *x);
bool order_finish(struct stream_kit *k, struct stream_side *x); /* true when a hole was given up */
bool order_is_compared(const struct stream_side *x, uint64_t offset, uint64_t end);

/* Nothing waits, nothing is lost, no end, or one that was seen to: order_advance would do nothing.  So it is mostly, and it is asked
 * several times for each packet: seeing it here and not there saved a tenth of what a packet costs. */
static inline bool order_stands(const struct stream_side *x)
{
	const struct unrest *u = x->unrest;
	return is_calm(x) || (u->waiting == NULL && u->lost <= x->next && (x->next < u->fin || x->next == u->lost) &&
				 (u->left_len == 0 || x->packet_len == 0));
}

/* Makes the next bytes readable. */
static inline void order_go_on(struct stream_kit *k, struct stream_side *x)
{
	if (!order_stands(x))
		order_advance(k, x);
}

static inline void order_judge_hole(struct stream_kit *k, struct stream *s, enum side from, struct odds *odds)
{
	if (s->side[from].unrest->waiting != NULL)
		order_judge_waiting(k, s, from, odds);
}

/* recent.c */
void recent_add(struct stream_side *x, struct slice bytes, uint64_t offset);
bool recent_differs(const struct stream_side *x, const struct piece *p); /* from what was read in that place? */
bool recent_has(const struct stream_side *x, uint64_t offset, uint64_t end);

/* syn.c */
void syn_take(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds);
bool syn_is_confirmed(struct stream_kit *k, struct stream_side *x, uint32_t ack);
bool syn_elect(struct stream_kit *k, struct stream_side *x, uint32_t isn); /* was it one of several SYNs? */
void syn_firm(struct stream_side *x);
void syn_open_up(struct stream *s);

/* tcp.c */
void tcp_take(struct stream_kit *k, struct stream *s, const struct segment *seg, enum side from, struct odds *odds);

#endif
