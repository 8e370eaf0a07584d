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
	return MAX_FLOW_BUFFER - x->unrest->left_len;
}

static bool grow(struct stream_kit *k, struct unrest *u, size_t need)
{
	uint8_t *bigger = NULL;
	unsigned kind = u->left_kind + 1U;
	for (; kind <= KINDS; kind++)
		if (size_of(k, kind) >= need && (bigger = pool_take(pool_of(k, kind))) != NULL)
			break;
	if (bigger == NULL)
		return false;
	if (u->left_kind != 0) {
		memcpy(bigger, u->left + u->left_at, u->left_len);
		pool_give(pool_of(k, u->left_kind), u->left);
	}
	u->left = bigger;
	u->left_kind = (uint8_t)kind;
	u->left_at = 0;
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
	struct unrest *u = unrest_of(k, x);
	const size_t need = u->left_len + n;
	if (need > size_of(k, u->left_kind)) {
		if (!grow(k, u, need))
			return false;
	} else if (u->left_at + need > size_of(k, u->left_kind)) {
		memmove(u->left, u->left + u->left_at, u->left_len);
		u->left_at = 0;
	}
	memcpy(u->left + u->left_at + u->left_len, at, n);
	u->left_len += (uint32_t)n;
	return true;
}

void left_eat(struct stream_kit *k, struct stream_side *x, size_t n)
{
	if (x->unrest->left_kind == 0)
		return;
	unrest_held(x)->left_at += (uint32_t)n;
	left_cut(k, x, n);
}

void left_cut(struct stream_kit *k, struct stream_side *x, size_t n)
{
	struct unrest *u = unrest_held(x);
	u->left_len -= (uint32_t)n;
	if (u->left_len != 0)
		return;
	pool_give(pool_of(k, u->left_kind), u->left);
	u->left = NULL;
	u->left_kind = 0;
	u->left_at = 0;
}
