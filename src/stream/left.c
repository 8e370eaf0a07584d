/* One buffer a side, from the smallest pool that does; it moves to a larger one as it grows.  Eating moves a mark, not
 * bytes: they are moved down only when there is no room behind them, and given back when all is eaten. */
#include "stream/inside.h"

enum { KINDS = 3 };

static struct pool *pool_of(struct stream_kit *k, unsigned kind)
{
	return kind == 1 ? &k->small : kind == 2 ? &k->medium : &k->large;
}

static size_t size_of(const struct stream_kit *k, unsigned kind)
{
	return kind == 0 ? 0 : kind == 1 ? k->small.size : kind == 2 ? k->medium.size : k->large.size;
}

size_t left_room(const struct stream_side *x)
{
	return MAX_FLOW_BUFFER - x->left_len;
}

static bool grow(struct stream_kit *k, struct stream_side *x, size_t need)
{
	uint8_t *bigger = NULL;
	unsigned kind = x->left_kind + 1U;
	for (; kind <= KINDS; kind++)
		if (size_of(k, kind) >= need && (bigger = pool_take(pool_of(k, kind))) != NULL)
			break;
	if (bigger == NULL)
		return false;
	if (x->left_kind != 0) {
		memcpy(bigger, x->left + x->left_at, x->left_len);
		pool_give(pool_of(k, x->left_kind), x->left);
	}
	x->left = bigger;
	x->left_kind = (uint8_t)kind;
	x->left_at = 0;
	return true;
}

bool left_add(struct stream_kit *k, struct stream_side *x, const uint8_t *at, size_t n)
{
	if (n == 0)
		return true;
	if (n > left_room(x)) {
		k->over_unread++;
		return false;
	}
	const size_t need = x->left_len + n;
	if (need > size_of(k, x->left_kind)) {
		if (!grow(k, x, need))
			return false;
	} else if (x->left_at + need > size_of(k, x->left_kind)) {
		memmove(x->left, x->left + x->left_at, x->left_len);
		x->left_at = 0;
	}
	memcpy(x->left + x->left_at + x->left_len, at, n);
	x->left_len += (uint32_t)n;
	return true;
}

void left_eat(struct stream_kit *k, struct stream_side *x, size_t n)
{
	if (x->left_kind == 0)
		return;
	x->left_at += (uint32_t)n;
	left_cut(k, x, n);
}

void left_cut(struct stream_kit *k, struct stream_side *x, size_t n)
{
	x->left_len -= (uint32_t)n;
	if (x->left_len != 0)
		return;
	pool_give(pool_of(k, x->left_kind), x->left);
	x->left = NULL;
	x->left_kind = 0;
	x->left_at = 0;
}
