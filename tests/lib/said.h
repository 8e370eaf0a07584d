/* said -- what the unit tests of the stream room say and read: texts at any offset, and bytes that follow from their offset.  Include
 * after <cmocka.h>. */
#ifndef LIB_SAID_H
#define LIB_SAID_H

#include "segments.h"

static inline void begin_open(struct talk *k)
{
	talk_begin(k, OVERLAP_LINUX, 4);
	talk_open(k);
}

static inline uint64_t say_at(struct talk *k, enum side from, int64_t at, const char *text, unsigned flags)
{
	struct segment seg = talk_segment(k, from, 0, text, strlen(text), flags);
	seg.seq += (uint32_t)at;
	return talk_push(k, &seg, SIZE_MAX);
}

static inline uint8_t byte_at(uint64_t offset)
{
	return (uint8_t)((offset * 2654435761U) >> 13);
}

static inline uint8_t *bytes_from(uint64_t offset, size_t len)
{
	uint8_t *b = malloc(len + 1);
	assert_non_null(b);
	for (size_t i = 0; i < len; i++)
		b[i] = byte_at(offset + i);
	return b;
}

static inline uint64_t say_bytes(struct talk *k, enum side from, uint64_t at, size_t len, size_t most)
{
	uint8_t *b = bytes_from(at, len);
	const struct segment seg = talk_segment(k, from, at, b, len, TCP_ACK);
	const uint64_t odd = talk_push(k, &seg, most);
	free(b);
	return odd;
}

static inline void assert_read(const struct talk *k, enum side from, uint64_t begin, uint64_t end)
{
	for (uint64_t i = begin; i < end; i++)
		if (!k->got[from].seen[i] || k->got[from].bytes[i] != byte_at(i))
			fail_msg("byte %llu is %s", (unsigned long long)i, k->got[from].seen[i] ? "wrong" : "missing");
}

#endif
