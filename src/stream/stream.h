/* stream -- two ordered byte streams of one TCP conversation, every hole explicit (RFC 9293, RFC 5961).
 *
 * stream_push takes a segment; then, per side, stream_peek shows the next bytes in order until there are none.  A chunk
 * is contiguous: the packet's own bytes when nothing was waiting, else the stream's buffer.  The reader eats what it has
 * used; what it leaves is kept (to MAX_FLOW_BUFFER) and shown again, together with what came after it, at the next push.
 * Push, then peek and eat both sides until nothing moves, then stream_settle before the packet is gone.
 *
 * Offsets count stream bytes from 0 (the byte after the SYN, or the first byte seen) and never wrap.
 *
 * Holes: bytes behind one wait.  A hole is given up when the receiver has acknowledged beyond it (the capture lost the
 * bytes, the receiver did not) and three more packets came, when what waits passes MAX_HOLES or MAX_HOLE_BYTES, at once
 * when the capture cut the packet short, or at the end; the next chunk then says `hole`: so many bytes were lost before
 * it.  While bytes before a hole are unread, they are shown alone, with `cut`: nothing will ever join them.  A reader
 * that leaves them all the same keeps them until too much waits behind; then they are dropped and count as lost too.
 *
 * Telling: a hole, the end, and the passing of a dull range (stream_skip) are told by a chunk, if need be an empty one.
 * A hole or passing is told until stream_eat is called once, with 0 or more bytes.  `end` stands with the last bytes, and
 * again, when all is eaten, with an empty chunk, which is shown until stream_eat(..., 0): then peek is false for good.
 *
 * Overlaps, policy OVERLAP_LINUX (what most receivers do): delivered bytes stay; bytes in order beat those that wait;
 * among waiting segments the one that starts lower wins, of equal starts the longer.  OVERLAP_FIRST and OVERLAP_LAST:
 * of bytes that are not delivered yet, those that came first, or last, win.  Two versions that differ are told
 * (ODD_OVERLAP_DIFFERS).  Where MAX_HOLES pieces wait, pieces that touch are joined, and are one segment from then on.
 *
 * Forgery: what lies outside the receiver's window or acknowledges what was never sent is ignored; a reset counts only
 * at the exact place, and even then what its sender says afterwards counts again (hosts do not speak after a reset,
 * but a forger's reset is followed by the true sender).  So a reset sets STREAM_RESET, and `end` is told by
 * stream_finish.  Data on a SYN is held until the answer shows that it was taken.
 */
#ifndef STREAM_STREAM_H
#define STREAM_STREAM_H

#include "base/err.h"
#include "base/pool.h"
#include "decode/segment.h"
#include "evidence/evidence.h"

enum overlap_policy { OVERLAP_LINUX, OVERLAP_FIRST, OVERLAP_LAST, OVERLAP_WINDOWS, OVERLAP_BSD, OVERLAP_ACKED };

struct chunk {
	enum side from;
	struct slice bytes; /* may be empty when only `hole` or `end` is to be told */
	uint64_t offset;    /* of bytes.at[0] */
	uint64_t hole;      /* bytes lost just before bytes.at[0] */
	bool end;           /* the side has closed, or all is over, and `bytes` are its last */
	bool cut;           /* a hole follows: nothing will join `bytes` */
	int64_t t;          /* of the latest segment: its reader says that */
};

struct waiting;

enum { RECENT_BLOCKS = 11, CANDIDATES = 8 };

/* Sums of what was read lately, to notice a second version of it: recent.c. */
struct recent {
	uint32_t upto;          /* low half of the offset where the blocks' bytes and the latest segment end */
	uint32_t last_len : 24; /* of the latest segment, no longer than a frame; 0: there is none */
	uint32_t span : 8;      /* so many bytes before `upto` followed each other; stops at its largest */
	uint32_t before;        /* low half of the offset of the segment before */
	uint16_t segment[2];    /* sums of the beginnings of both, the latest first */
	uint8_t before_len;     /* bytes summed; 0: there is none */
	uint8_t sum[RECENT_BLOCKS];
};

/* What only a side has that is not at rest: it opens or closes, bytes are missing or unread. */
struct unrest {
	uint64_t lost;            /* what is missing before this offset never comes */
	uint64_t fin;             /* offset of the FIN, or UINT64_MAX */
	uint64_t hole;            /* lost bytes to be told with the next chunk */
	uint64_t end_seen;        /* highest offset seen on the wire, where that is beyond `next` */
	uint8_t *left;            /* a buffer; what the reader left begins at left_at in it */
	struct waiting *waiting;  /* pieces behind a hole, by offset; none overlap */
	struct waiting *last;     /* the last of them */
	uint32_t isn[CANDIDATES]; /* of other SYNs, if there are any, until one is confirmed */
	uint32_t left_at, left_len;
	uint32_t waiting_bytes;
	uint32_t wild;     /* an acknowledgement too far ahead to be believed at once */
	uint32_t live_syn; /* sequence number of a SYN in the middle of all this */
	uint16_t waiting_count;
	uint8_t past_hole;  /* packets seen since the receiver acknowledged beyond the hole */
	uint8_t candidates; /* SYNs added to isn so far, the oldest give way */
	uint8_t wild_count;
	uint8_t left_kind; /* which pool `left` is from; 0: none */
};
extern const struct unrest stream_calm; /* what all sides have that are at rest */

/* Memory shared by all streams of one worker. */
struct stream_kit {
	struct pool small, medium, large, waiting; /* left-over buffers of three sizes; segments behind holes */
	struct pool unrests;                       /* one for every side of every conversation */
	struct unrest nowhere;                     /* what is written there is lost */
	/* Of the packet at hand, what is in order, behind `left` and not yet copied: packet_len of a side says how much there is.
	 * There is one at a time: whoever pushes a segment settles, counts only or ends that stream before another is pushed. */
	const uint8_t *packet;
	enum overlap_policy policy;
	uint64_t over_holes, over_bytes,
	    over_unread; /* times that a side reached MAX_HOLES, MAX_HOLE_BYTES, MAX_FLOW_BUFFER */
};

/* What waits lies at or behind `next`. */
struct stream_side {
	uint64_t next;               /* offset expected next from the wire, all before it delivered or at hand */
	uint64_t acked;              /* highest offset the other side acknowledged */
	uint64_t dull;               /* nobody needs bytes before this offset (stream_skip) */
	const struct unrest *unrest; /* from a pool, or stream_calm; written through unrest_of only */
	uint32_t isn;                /* sequence number of offset 0 */
	uint32_t packet_len : 20;    /* of the packet at hand, see stream_kit */
	uint32_t shift : 4;          /* the window's scale, SHIFT_MAX at most */
	uint32_t ttl : 8;            /* as its segments mostly have it; 0: not known */
	uint16_t window;             /* as last advertised by this side */
	uint16_t flags;              /* the stream's own bits */
	struct recent recent;
};
enum { PACKET_MOST = (1 << 20) - 1 };
_Static_assert(
    (int)MAX_FRAME <= (int)PACKET_MOST, "a packet's bytes are counted in packet_len, and in recent.last_len");

/* Offset of the first byte not eaten. */
static inline uint64_t side_read(const struct stream_side *x)
{
	return x->next - x->unrest->left_len - x->packet_len;
}

/* Highest offset seen on the wire. */
static inline uint64_t side_seen(const struct stream_side *x)
{
	return x->unrest->end_seen > x->next ? x->unrest->end_seen : x->next;
}

enum stream_state { STREAM_NEW, STREAM_SYN, STREAM_OPEN, STREAM_CLOSING, STREAM_CLOSED, STREAM_RESET };

struct stream {
	struct stream_side side[2];
	uint8_t state;       /* enum stream_state */
	uint8_t client_way;  /* enum way of the client's segments */
	uint8_t midstream;   /* began without a SYN */
	uint8_t sides_known; /* who is the client was learnt from a SYN */
	uint16_t stamp[2];   /* by side: the upper half of its SYN's time stamp */
};
_Static_assert(sizeof(struct stream) <= 152, "every conversation has one");

bool stream_kit_init(struct stream_kit *k, size_t flows, enum overlap_policy policy, struct err *e) MUST_CHECK;
void stream_kit_fini(struct stream_kit *k);
size_t stream_kit_reserved(const struct stream_kit *k);  /* bytes at most */
uint64_t stream_kit_refused(const struct stream_kit *k); /* buffers that could not be had */

/* Begin with the conversation's first segment; `s` is zeroed memory.  Does not push it. */
void stream_init(struct stream *s, const struct segment *first);
void stream_fini(struct stream_kit *k, struct stream *s);

/* True when this segment begins a new conversation on the same addresses and ports: a SYN after the old one was closed,
 * reset, or idle for long, since `last`; or the answer to a SYN in the middle of it, which proves that the old one was over. */
bool stream_reopens(const struct stream *s, const struct segment *seg, int64_t last);

/* Takes one segment.  Returns oddities it showed, 1 << enum odd each; *odd_at and *odd_from say where. */
uint64_t stream_push(
    struct stream_kit *k, struct stream *s, const struct segment *seg, enum side *odd_from, uint64_t *odd_at);

/* Takes a segment that is next in order, has nothing for a reader, and comes while nothing is at hand or missing: what most
 * segments are.  False, and nothing is taken, when it is any other: then it is pushed.  Afterwards the stream is quiet. */
bool stream_glide(struct stream *s, const struct segment *seg, enum side from);

/* Could this segment matter?  False only when it has no SYN, FIN or RST and its bytes are all dull (stream_skip), or old
 * and not compared, or it has none and acknowledges dull ones: then its checksum need not be looked at. */
bool stream_matters(const struct stream *s, const struct segment *seg);

/* The next bytes of that side, all that are there; false when there is nothing to show or tell. */
bool stream_peek(const struct stream_kit *k, const struct stream *s, enum side from, struct chunk *out);

/* Neither side has anything to show, tell or settle: stream_peek would say no, stream_settle do nothing. */
bool stream_quiet(const struct stream *s);

/* The reader has used `n` bytes of what peek showed, and heard what was told with them. */
void stream_eat(struct stream_kit *k, struct stream *s, enum side from, size_t n);

/* Nobody needs the next `n` bytes after what was eaten (UINT64_MAX: all that follow): they are passed over as if eaten,
 * and so are holes among them; what is already there counts.  When the range has gone by, peek shows a chunk that begins
 * at its end, once, even if it is empty. */
void stream_skip(struct stream_kit *k, struct stream *s, enum side from, uint64_t n);

/* Keep what was left, before the packet's memory goes.  False for a side whose left-over passed MAX_FLOW_BUFFER or found
 * no memory: its unread bytes are dropped, the next chunk tells a hole, ODD_STREAM_CAP is due. */
bool stream_settle(struct stream_kit *k, struct stream *s);

/* No more will come (closed, timed out, end of input): gives up every hole; peek then shows the rest, with `end`.  Where
 * bytes are unread, what waits behind a hole is dropped: they are the last.  Returns oddities as stream_push does. */
uint64_t stream_finish(struct stream_kit *k, struct stream *s);

/* Only count from now on: frees all memory; peek never shows anything again, offsets still advance. */
void stream_count_only(struct stream_kit *k, struct stream *s);

/* Client and server were mistaken for each other (midstream): swap, only before anything was eaten. */
void stream_swap(struct stream *s);

/* Belief.  A segment that its receiver may not have taken: its TTL is not its sender's, it has a signature or a time stamp that
 * hosts refuse, or it comes before the conversation is open.  Returns the oddity that it shows if it turns out to be forged, 0 when
 * there is none; `*strange` says whether to doubt it.  Learns from the first segments of each side. */
enum { TTL_NEAR = 4 };

/* Is there nothing to doubt, at a glance? */
static inline bool stream_is_usual(const struct stream *s, const struct segment *seg, enum side from)
{
	const uint8_t ttl = s->side[from].ttl;
	if (seg->payload.len == 0)
		return ttl != 0;
	const bool old = seg->has_timestamp && (int16_t)((uint16_t)(seg->ts_value >> 16) - s->stamp[from]) < 0;
	return ttl != 0 && (unsigned)(seg->ttl - ttl + TTL_NEAR) <= 2 * TTL_NEAR && !seg->has_md5 && !old &&
	       s->state != STREAM_SYN;
}

uint64_t stream_doubts(struct stream *s, const struct segment *seg, enum side from, bool *strange);
void stream_trust_ttl(struct stream *s, enum side from, uint8_t ttl); /* the side has it from now on */

/* Where the segment's bytes begin; false when that is not known or before the start. */
bool stream_offset(const struct stream *s, enum side from, uint32_t seq, uint64_t *offset);

/* Of what is unread and not in the packet at hand: other bytes in the place of those there; nothing from `upto` on. */
void stream_replace(struct stream *s, enum side from, uint64_t offset, struct slice bytes);
void stream_cut(struct stream_kit *k, struct stream *s, enum side from, uint64_t upto);

/* Of the two ways, each 0 or 1, the client's is side 0. */
static inline enum side stream_side_of(const struct stream *s, const struct segment *seg)
{
	return (enum side)((unsigned)seg->way ^ s->client_way);
}

uint64_t stream_total(const struct stream *s, enum side from); /* bytes known to have been sent so far */
bool stream_spoke(const struct stream *s, enum side from);     /* any segment of that side was seen */
const char *stream_state_name(enum stream_state s);

#endif
