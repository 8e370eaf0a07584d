/* blocks -- the records of a classic capture file, read in large blocks; frames lie in the block, nothing is copied.
 *
 * Most captures are of this format, and its records are a header of 16 bytes and a frame.  Asking libpcap for each costs two
 * calls of fread and a copy: most of what reading costs, and an eighth of all instructions on bulk HTTP.  The file's
 * own header, other formats and what cannot be sought in stay with libpcap.  Private to capture.
 */
#ifndef CAPTURE_BLOCKS_H
#define CAPTURE_BLOCKS_H

#include "base/limits.h"
#include "capture/frame.h"

enum {
	BLOCK_LEN = 1 << 17, /* it stays in a core's cache, beside what the frames are carried to */
	BLOCK_RECORD_LEN = 16,
	BLOCK_PAGE = 4096,
	BLOCK_LEFT = (BLOCK_RECORD_LEN + MAX_FRAME + BLOCK_PAGE - 1) / BLOCK_PAGE * BLOCK_PAGE
};

struct blocks {
	int fd;
	bool swapped;
	uint64_t unit;   /* ns in which a record counts what is less than a second */
	uint32_t most;   /* bytes of a frame that are kept */
	uint64_t offset; /* in the file, of the next record */
	const uint8_t *next, *end;
	/* A block is read to BLOCK_LEFT; what the one before left over is moved to before that.  At the beginning of a page the
	 * kernel's copy costs a third of what it costs elsewhere. */
	_Alignas(BLOCK_PAGE) uint8_t room[BLOCK_LEFT + BLOCK_LEN];
};

/* True when the file is a classic capture that can be read so, from its first record on; `most` is its snapshot length. */
bool blocks_open(struct blocks *b, int fd, uint32_t most);

enum blocks_got { BLOCKS_FRAME, BLOCKS_END, BLOCKS_DAMAGE };

/* Fills bytes, wire_len and t; on damage, `why` says what is wrong with the record at `offset`. */
enum blocks_got blocks_next(struct blocks *b, struct frame *f, char why[128]);

/* As many of the next records as are there in full, so that to take them leaves the bytes of those before where they are; at most
 * `room`.  Returns how many; what comes after them may be damaged. */
size_t blocks_at_hand(struct blocks *b, struct frame *f, size_t room);

#endif
