#include "capture/blocks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/attributes.h"

enum {
	FILE_HEADER_LEN = 24,
	MAGIC_US = 0xa1b2c3d4,
	MAGIC_NS = 0xa1b23c4d,
	VERSION_MAJOR = 2,
	VERSION_MINOR = 4 /* earlier ones have their lengths the other way round */
};

static inline uint32_t word(const uint8_t *at, bool swapped)
{
	uint32_t w;
	memcpy(&w, at, sizeof w);
	return swapped ? __builtin_bswap32(w) : w;
}

bool blocks_open(struct blocks *b, int fd, uint32_t most)
{
	uint8_t header[FILE_HEADER_LEN];
	uint32_t magic;
	uint16_t version[2];
	if (pread(fd, header, sizeof header, 0) != (ssize_t)sizeof header || most > MAX_FRAME)
		return false;
	memcpy(&magic, header, sizeof magic);
	b->swapped = magic == __builtin_bswap32(MAGIC_US) || magic == __builtin_bswap32(MAGIC_NS);
	magic = b->swapped ? __builtin_bswap32(magic) : magic;
	memcpy(version, header + sizeof magic, sizeof version);
	for (unsigned i = 0; i < 2 && b->swapped; i++)
		version[i] = __builtin_bswap16(version[i]);
	if ((magic != MAGIC_US && magic != MAGIC_NS) || version[0] != VERSION_MAJOR || version[1] != VERSION_MINOR ||
	    lseek(fd, sizeof header, SEEK_SET) < 0)
		return false;
	b->unit = magic == MAGIC_NS ? 1 : 1000;
	b->fd = fd;
	b->most = most;
	b->offset = sizeof header;
	b->next = b->end = b->room + BLOCK_LEFT;
	return true;
}

static size_t unread(const struct blocks *b)
{
	return (size_t)(b->end - b->next);
}

/* False at the end of the file, and when it cannot be read: errno says which, 0 at the end. */
static bool read_on(struct blocks *b)
{
	uint8_t *fresh = b->room + BLOCK_LEFT;
	const size_t kept = unread(b);
	memmove(fresh - kept, b->next, kept);
	b->next = fresh - kept;
	b->end = fresh;
	ssize_t got;
	do {
		errno = 0;
		got = read(b->fd, fresh, BLOCK_LEN);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		b->end += got;
	return got > 0;
}

static bool read_until(struct blocks *b, size_t want)
{
	while (unread(b) < want)
		if (!read_on(b))
			return false;
	return true;
}

static inline bool has_bytes(struct blocks *b, size_t want)
{
	return unread(b) >= want || read_until(b, want);
}

static bool ended(const struct blocks *b)
{
	return unread(b) == 0 && errno == 0;
}

static enum blocks_got cut(const char *what, size_t want, size_t there, char why[128])
{
	if (errno != 0)
		snprintf(why, 128, "%s", strerror(errno));
	else
		snprintf(why, 128, "%s of %zu bytes is cut: %zu are there", what, want, there);
	return BLOCKS_DAMAGE;
}

/* Of a record that is there in full. */
static inline void take(const struct blocks *b, const uint8_t *record, size_t len, bool swapped, struct frame *f)
{
	const uint32_t sent = word(record + 12, swapped);
	f->bytes = slice_head((struct slice){ record + BLOCK_RECORD_LEN, len }, b->most);
	f->wire_len = sent > len ? sent : (uint32_t)len;
	f->t = (int64_t)(word(record, swapped) * UINT64_C(1000000000) + word(record + 4, swapped) * b->unit);
}

enum blocks_got blocks_next(struct blocks *b, struct frame *f, char why[128])
{
	if (!has_bytes(b, BLOCK_RECORD_LEN))
		return ended(b) ? BLOCKS_END : cut("a record", BLOCK_RECORD_LEN, unread(b), why);
	const size_t len = word(b->next + 8, b->swapped);
	if (len > MAX_FRAME) {
		snprintf(why, 128, "a frame of %zu bytes cannot be", len);
		return BLOCKS_DAMAGE;
	}
	if (!has_bytes(b, BLOCK_RECORD_LEN + len))
		return cut("a frame", len, unread(b) - BLOCK_RECORD_LEN, why);
	take(b, b->next, len, b->swapped, f);
	b->next += BLOCK_RECORD_LEN + len;
	b->offset += BLOCK_RECORD_LEN + len;
	return BLOCKS_FRAME;
}

/* What is there is kept in registers, and the order of bytes is known when compiled. */
static ALWAYS_INLINE size_t take_at_hand(struct blocks *b, struct frame *f, size_t room, bool swapped)
{
	const uint8_t *next = b->next;
	size_t n = 0, there = unread(b);
	for (; n < room && there >= BLOCK_RECORD_LEN; n++) {
		const size_t len = word(next + 8, swapped);
		if (len > MAX_FRAME || len > there - BLOCK_RECORD_LEN)
			break;
		take(b, next, len, swapped, &f[n]);
		next += BLOCK_RECORD_LEN + len;
		there -= BLOCK_RECORD_LEN + len;
	}
	b->offset += (uint64_t)(next - b->next);
	b->next = next;
	return n;
}

size_t blocks_at_hand(struct blocks *b, struct frame *f, size_t room)
{
	return b->swapped ? take_at_hand(b, f, room, true) : take_at_hand(b, f, room, false);
}
