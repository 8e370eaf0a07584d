/* verdict -- from the notes to a label: a pure function.
 *
 * A tunnel's proof outranks a relay's, a relay's proof outranks HTTP, HTTP outranks its absence: so a label can be
 * raised later in a conversation and never silently changes back.
 */
#ifndef VERDICT_VERDICT_H
#define VERDICT_VERDICT_H

#include "evidence/evidence.h"

enum label { LABEL_UNDECIDED, LABEL_NOT_HTTP, LABEL_PLAIN_HTTP, LABEL_BLIND_RELAY, LABEL_HTTP_TUNNEL, LABELS };
enum certainty { UNCERTAIN, LIKELY, CERTAIN };

struct verdict {
	uint8_t label, certainty; /* enum label, enum certainty */
	uint8_t readings;         /* 1 << enum label each: what it may be, if there are two versions of what was said */
	const struct sign *because; /* the note that decided; NULL when undecided */
	const char *undecided;      /* why not: "nothing-seen", "awaiting-answer", "one-way", ... ; NULL when decided */
};

/* `over`: no more will come.  `awaiting`: a handshake still waits for its answer. */
struct verdict verdict_weigh(const struct dossier *d, bool awaiting, bool over);

const char *label_name(enum label l);
const char *certainty_name(enum certainty c);

#endif
