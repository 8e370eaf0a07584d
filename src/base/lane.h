/* lane -- items from one process to another, through memory that both map, to be read where they lie: one writer, one reader,
 * no lock, no copy but the writer's own.
 *
 * It is for what comes a million times a second, so both sides tell the other only now and then how far they are: the writer
 * when enough has gathered or it says so, the reader when it has read much or finds nothing more.  Each side that must wait
 * says so and polls its own eventfd; only then does the other pay for a system call.
 *
 * The reader trusts the writer, the writer does not trust the reader: a place that cannot be counts as none.
 */
#ifndef BASE_LANE_H
#define BASE_LANE_H

#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum { LANE_ALIGN = 16 };

struct lane_shared;

/* What one of the two holds; made before the fork, then each uses its own copy. */
struct lane {
	struct lane_shared *shared;
	size_t size;                  /* a power of two */
	uint64_t at, shown, other;    /* one's own place; as the other knows it; the other's, as last seen */
	size_t taken;                 /* the reader's: bytes of the item that it holds */
	int wake_reader, wake_writer; /* eventfds */
};

bool lane_init(struct lane *l, size_t size, int wake_reader, int wake_writer, struct err *e) MUST_CHECK;
void lane_fini(struct lane *l);

/* The writer's.  Room for an item of so many bytes, at most a fourth of the lane, in one piece and aligned; NULL: not now. */
void *lane_room(struct lane *l, size_t len);

/* It has been filled in, and is `len` bytes long: no more than was asked for. */
void lane_add(struct lane *l, uint32_t tag, size_t len);

/* All that was added may be read now. */
void lane_show(struct lane *l);

/* Has the reader done with all? */
bool lane_is_read(const struct lane *l);

/* Where the next item will begin; that half the lane is free again.  Has the reader done with all before such a place? */
uint64_t lane_place(const struct lane *l);
uint64_t lane_half(const struct lane *l);
bool lane_is_past(struct lane *l, uint64_t place);

/* From now on the reader wakes the writer when it is past this place, which must have been shown.  False: it is already. */
bool lane_await(struct lane *l, uint64_t place);

/* The reader's.  The next item, valid until the next call, which says that one has done with it.  NULL: there is none. */
const void *lane_next(struct lane *l, uint32_t *tag, size_t *len);

/* The one after that, for a look ahead; NULL: it is not known to be there.  Valid as long. */
const void *lane_ahead(const struct lane *l, uint32_t *tag);

/* From now on the writer wakes the reader.  False: there is something to read already. */
bool lane_sleep(struct lane *l);

#endif
