/* fold -- a notebook in less room while a request waits for its answer.  Private to tunnel. */
#ifndef TUNNEL_FOLD_H
#define TUNNEL_FOLD_H

#include "tunnel/tunnel.h"

/* Bytes of a folded notebook, when it is known which detectors have a part in a leaf. */
size_t fold_size(const struct tunnel_kit *k);

/* Of one that has a notebook: folds it if nothing is lost by that. */
void fold(struct tunnel_kit *k, struct tunnel *t);

/* Of one that is folded. */
void unfold_folded(struct tunnel_kit *k, struct tunnel *t);

/* Afterwards the notebook, if there is one, is not folded. */
static inline void unfold(struct tunnel_kit *k, struct tunnel *t)
{
	if (t->sheet == FOLDED && t->notebook != NULL)
		unfold_folded(k, t);
}

#endif
