/* overlap_model -- what a receiver of some overlap policy reads, byte by byte and without any cleverness: the oracle for
 * the stream room.  Every byte remembers the segment that it came from. */
#ifndef LIB_OVERLAP_MODEL_H
#define LIB_OVERLAP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "stream/stream.h"

enum { MODEL_MOST = 8192 };

struct model {
	enum overlap_policy policy;
	size_t next; /* all before is delivered */
	bool have[MODEL_MOST];
	uint8_t value[MODEL_MOST];
	uint32_t start[MODEL_MOST], span[MODEL_MOST];
};

static inline bool model_replaces(const struct model *m, size_t i, size_t start, size_t span, bool in_order)
{
	if (!m->have[i])
		return true;
	if (m->policy == OVERLAP_FIRST)
		return false;
	if (m->policy == OVERLAP_LAST || in_order)
		return true;
	return start < m->start[i] || (start == m->start[i] && span > m->span[i]);
}

static inline void model_push(struct model *m, size_t start, const uint8_t *bytes, size_t len)
{
	const bool in_order = start <= m->next;
	for (size_t i = start; i < start + len && i < MODEL_MOST; i++) {
		if (i < m->next || !model_replaces(m, i, start, len, in_order))
			continue;
		m->have[i] = true;
		m->value[i] = bytes[i - start];
		m->start[i] = (uint32_t)start;
		m->span[i] = (uint32_t)len;
	}
	while (m->next < MODEL_MOST && m->have[m->next])
		m->next++;
}

#endif
