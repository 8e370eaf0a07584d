/* inside -- the flow table's own shape, shared by the files of this room only. */
#ifndef FLOW_INSIDE_H
#define FLOW_INSIDE_H

#include "base/pool.h"
#include "base/tags.h"
#include "flow/clock.h"
#include "flow/expire.h"
#include "flow/flow.h"

struct flow_table {
	struct pool slots;
	struct tags tags;
	struct hash_key key;
	struct flow_key asked; /* flow_tag, the latest */
	uint32_t asked_tag;
	struct {
		uint32_t first, last;
	} ranks[FLOW_RANKS];  /* by when they were put there */
	struct flow *touched; /* its caller may have changed timeout_s since; NULL: none */
	struct flow *latest;  /* touched last, and still in the table; NULL: none */
	struct clock clock;
	struct wheel wheel;
};

static inline struct flow *flow_at(const struct flow_table *t, uint32_t index)
{
	return (struct flow *)(void *)(t->slots.blocks + (size_t)(index - 1) * t->slots.size);
}

static inline uint32_t flow_index(const struct flow_table *t, const struct flow *f)
{
	return (uint32_t)pool_number(&t->slots, f) + 1;
}

#endif
