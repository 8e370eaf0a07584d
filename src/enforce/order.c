#include "enforce/order.h"

#include <string.h>

enum { IPV4_LEN = 4 };

const char *mark_name(enum mark_kind k)
{
	static const char *const names[MARKS] = {
		[MARK_NONE] = "none",
		[MARK_FORBIDDEN] = "forbidden",
		[MARK_SETTLED] = "settled",
	};
	return names[k];
}

void order_make(const struct segment *seg, enum mark_kind kind, bool again, struct mark_order *o)
{
	const bool up = seg->way == LO_TO_HI;
	const struct endpoint *from = up ? &seg->key.lo : &seg->key.hi, *to = up ? &seg->key.hi : &seg->key.lo;
	*o = (struct mark_order){
		.source_port = from->port,
		.target_port = to->port,
		.kind = (uint8_t)kind,
		.ipv6 = seg->key.ipv6 != 0,
		.again = again,
	};
	memcpy(o->source, from->addr, sizeof o->source);
	memcpy(o->target, to->addr, sizeof o->target);
}

static bool is_zero(const uint8_t *at, size_t len)
{
	uint8_t any = 0;
	for (size_t i = 0; i < len; i++)
		any |= at[i];
	return any == 0;
}

bool order_is_sane(const struct mark_order *o)
{
	if (o->kind == MARK_NONE || o->kind >= MARKS || o->ipv6 > 1 || o->again > 1 || o->zone != 0)
		return false;
	if (!is_zero(o->zero, sizeof o->zero))
		return false;
	return o->ipv6 == 1 || (is_zero(o->source + IPV4_LEN, sizeof o->source - IPV4_LEN) &&
				   is_zero(o->target + IPV4_LEN, sizeof o->target - IPV4_LEN));
}

void order_turn(struct mark_order *o)
{
	const struct mark_order was = *o;
	memcpy(o->source, was.target, sizeof o->source);
	memcpy(o->target, was.source, sizeof o->target);
	o->source_port = was.target_port;
	o->target_port = was.source_port;
}
