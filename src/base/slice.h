/* slice -- a read-only view of bytes that somebody else owns.  All bytes from the wire are read through it.
 *
 * A slice belongs to whoever gave it and dies at the end of the call, unless the header that hands it out says more.
 * No function here fails: what lies outside is simply not there.  The cursor goes bad once, at the first short read,
 * and stays bad, so a parser may read a whole structure and ask `ok` at the end.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *at;
	size_t len;
};

#define SLICE(literal) ((struct slice){ (const uint8_t *)(literal), sizeof(literal) - 1 })

/* From `off` to the end; empty when `off` lies beyond.  An empty slice may have no address: C gives NULL + 0 no meaning. */
static inline struct slice slice_from(struct slice s, size_t off)
{
	if (s.len == 0)
		return s;
	return off < s.len ? (struct slice){ s.at + off, s.len - off } : (struct slice){ s.at + s.len, 0 };
}

/* The first `n` bytes, or all when there are fewer. */
static inline struct slice slice_head(struct slice s, size_t n)
{
	return (struct slice){ s.at, n < s.len ? n : s.len };
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

static inline bool slice_starts(struct slice s, struct slice with)
{
	return s.len >= with.len && (with.len == 0 || memcmp(s.at, with.at, with.len) == 0);
}

/* ASCII letters only, whatever the locale. */
bool slice_starts_nocase(struct slice s, struct slice with);

static inline bool slice_eq_nocase(struct slice a, struct slice b)
{
	return a.len == b.len && slice_starts_nocase(a, b);
}

/* Offset of the first `byte`, or s.len. */
size_t slice_find(struct slice s, uint8_t byte);

/* Offset of the first `what`, or s.len. */
size_t slice_search(struct slice s, struct slice what);

/* Without spaces and tabs at both ends. */
struct slice slice_trim(struct slice s);

/* Takes everything before the first `sep` off `*rest` into `*part`, and the separator away; the last part ends at the
 * end.  False when `*rest` was already used up (its `at` is NULL then). */
bool slice_cut(struct slice *rest, uint8_t sep, struct slice *part);

/* A decimal number that fills the whole slice.  False when empty, not only digits, or over `max`. */
bool slice_decimal(struct slice s, uint64_t max, uint64_t *out);

/* Copies at most size - 1 bytes and a NUL; bytes are not cleaned.  Returns how many bytes of `s` were copied. */
size_t slice_copy(struct slice s, char *to, size_t size);

struct cursor {
	struct slice rest;
	bool ok;
};

static inline struct cursor cursor_on(struct slice s)
{
	return (struct cursor){ s, true };
}

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_be16(struct cursor *c);
uint32_t cursor_be24(struct cursor *c);
uint32_t cursor_be32(struct cursor *c);
struct slice cursor_take(struct cursor *c, size_t n);

static inline uint16_t read_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t read_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint32_t read_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t read_be64(const uint8_t *p)
{
	return (uint64_t)read_be32(p) << 32 | read_be32(p + 4);
}

#endif
