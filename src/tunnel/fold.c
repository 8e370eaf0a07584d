/* What a request without content leaves in a leaf, once it is over, is a fifth of it: a few hashes.  So many connections wait for
 * answers at a time that the rest is worth sparing: it is all zeros, which is looked at, not believed.
 *
 * A folded notebook has the beginning of struct notebook, then of each part that was cleared its `brief`, one behind the other.
 * Names that its owner gave are asked for once more. */
#include "tunnel/fold.h"

#include <string.h>

enum { KEPT = offsetof(struct notebook, done) };

size_t fold_size(const struct tunnel_kit *k)
{
	size_t n = KEPT;
	for (uint64_t bits = k->fits[LEAF]; bits != 0; bits &= bits - 1)
		n += k->at[__builtin_ctzll(bits)].brief;
	return n;
}

/* A few words and what is left of one: a call of memcpy for each part costs more. */
static void copy(unsigned char *to, const unsigned char *from, size_t n)
{
	for (; n >= 8; n -= 8, to += 8, from += 8)
		memcpy(to, from, 8);
	for (; n != 0; n--)
		*to++ = *from++;
}

static bool is_zero(const unsigned char *at, size_t n)
{
	return n == 0 || (*at == 0 && memcmp(at, at + 1, n - 1) == 0);
}

static bool folds(const struct tunnel_kit *k, const struct notebook *n)
{
	if ((n->listening[CLIENT] | n->listening[SERVER] | n->done[CLIENT] | n->done[SERVER]) != 0 ||
	    n->sample[CLIENT] != NULL || n->sample[SERVER] != NULL || n->finding != NULL)
		return false;
	for (uint64_t bits = n->clear; bits != 0; bits &= bits - 1) {
		const struct stall *const at = &k->at[__builtin_ctzll(bits)];
		if (!is_zero((const unsigned char *)n + at->mine_at + at->brief, at->memory - at->brief))
			return false;
	}
	return true;
}

void fold(struct tunnel_kit *k, struct tunnel *t)
{
	struct notebook *const leaf = t->notebook;
	if (t->sheet != LEAF || k->notebooks[LEAF].used <= k->unfolded || !folds(k, leaf))
		return;
	struct notebook *const folded = pool_take_uncleared(&k->notebooks[FOLDED]);
	if (folded == NULL)
		return;
	memcpy(folded, leaf, KEPT);
	unsigned char *to = (unsigned char *)folded + KEPT;
	for (uint64_t bits = leaf->clear; bits != 0; bits &= bits - 1) {
		const struct stall *const at = &k->at[__builtin_ctzll(bits)];
		copy(to, (const unsigned char *)leaf + at->mine_at, at->brief);
		to += at->brief;
	}
	pool_give(&k->notebooks[LEAF], leaf);
	t->notebook = folded;
	t->sheet = FOLDED;
}

static void unfold_into(const struct tunnel_kit *k, const struct notebook *folded, struct notebook *leaf)
{
	memset(leaf, 0, k->notebooks[LEAF].size);
	memcpy(leaf, folded, KEPT);
	const unsigned char *from = (const unsigned char *)folded + KEPT;
	for (uint64_t bits = leaf->clear; bits != 0; bits &= bits - 1) {
		const struct stall *const at = &k->at[__builtin_ctzll(bits)];
		copy((unsigned char *)leaf + at->mine_at, from, at->brief);
		from += at->brief;
	}
}

/* There are as many leaves as folded ones; where none is left all the same, the connection is watched less, as if there had been
 * none when it asked. */
void unfold_folded(struct tunnel_kit *k, struct tunnel *t)
{
	struct notebook *const folded = t->notebook, *const leaf = pool_take_uncleared(&k->notebooks[LEAF]);
	if (leaf != NULL)
		unfold_into(k, folded, leaf);
	else
		t->exhausted = 1;
	pool_give(&k->notebooks[FOLDED], folded);
	t->notebook = leaf;
	t->sheet = LEAF;
}
