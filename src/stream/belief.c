/* What a host would not have taken, as far as that shows from outside.
 *
 * A TTL far from what the side's segments have means another sender, or one that wants the segment to die on the way.  A signature
 * that was not agreed on by the SYNs (RFC 2385) and a time stamp from before the side's own SYN (RFC 7323, 5) are refused by
 * hosts.  And before the SYN is answered nobody takes bytes.  None of this proves anything: routes change and middle boxes answer
 * for others, so such a segment is doubted, not refused; whoever asks decides by what the receiver acknowledges. */
#include "stream/inside.h"

static void learn(struct stream *s, const struct segment *seg, enum side from)
{
	struct stream_side *x = &s->side[from];
	x->ttl = seg->ttl;
	if (!(seg->flags & TCP_SYN))
		return;
	if (seg->has_timestamp) {
		s->stamp[from] = (uint16_t)(seg->ts_value >> 16);
		x->flags |= SIDE_STAMPED;
	}
	if (seg->has_md5)
		x->flags |= SIDE_SIGNED;
}

static bool is_old(const struct stream *s, const struct segment *seg, enum side from)
{
	const unsigned both = s->side[CLIENT].flags & s->side[SERVER].flags & SIDE_STAMPED;
	return seg->has_timestamp && both != 0 && (int16_t)((uint16_t)(seg->ts_value >> 16) - s->stamp[from]) < 0;
}

static bool is_early(const struct stream *s, enum side from)
{
	const struct stream_side *x = &s->side[from], *o = &s->side[OTHER(from)];
	return s->state == STREAM_SYN && x->flags & SIDE_SYN && !(o->flags & SIDE_SPOKE);
}

uint64_t stream_doubts(struct stream *s, const struct segment *seg, enum side from, bool *strange)
{
	struct stream_side *x = &s->side[from];
	*strange = false;
	if (x->ttl == 0) {
		learn(s, seg, from);
		return 0;
	}
	if (seg->payload.len == 0 || seg->flags & (TCP_SYN | TCP_RST))
		return 0;
	*strange = true;
	if (is_old(s, seg, from))
		return ODD_BIT(OLD_STAMP);
	if (seg->has_md5 && x->flags & SIDE_SYN && !(x->flags & SIDE_SIGNED))
		return ODD_BIT(UNASKED_MD5);
	if (seg->ttl > x->ttl + TTL_NEAR || seg->ttl + TTL_NEAR < x->ttl)
		return ODD_BIT(TTL_JUMP);
	*strange = is_early(s, from);
	return 0;
}

void stream_trust_ttl(struct stream *s, enum side from, uint8_t ttl)
{
	s->side[from].ttl = ttl;
}

bool stream_offset(const struct stream *s, enum side from, uint32_t seq, uint64_t *offset)
{
	const struct stream_side *x = &s->side[from];
	const int64_t at = x->flags & SIDE_ANCHORED ? side_offset(x, seq) : -1;
	*offset = at < 0 ? 0 : (uint64_t)at;
	return at >= 0;
}

void stream_replace(struct stream *s, enum side from, uint64_t offset, struct slice bytes)
{
	struct stream_side *x = &s->side[from];
	const struct unrest *u = x->unrest;
	const uint64_t read = side_read(x), begin = max_u64(offset, read);
	const uint64_t end = min_u64(offset + bytes.len, read + u->left_len);
	if (begin < end)
		memcpy(u->left + u->left_at + (begin - read), bytes.at + (begin - offset), end - begin);
}

void stream_cut(struct stream_kit *k, struct stream *s, enum side from, uint64_t upto)
{
	struct stream_side *x = &s->side[from];
	const uint64_t to = max_u64(upto, side_read(x)), seen = max_u64(x->acked, to);
	if (x->packet_len != 0 || to >= x->next)
		return;
	waiting_drop(k, x);
	if (x->unrest->left_kind != 0)
		left_cut(k, x, x->next - to);
	x->next = to;
	if (x->unrest->end_seen > seen || seen != to)
		unrest_of(k, x)->end_seen = seen;
}
