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

enum lack {
	LACKS_NOTHING, /* it is decided */
	LACKS_ANYTHING,
	LACKS_ANSWER,       /* of a handshake */
	LACKS_OTHER_HALF,   /* of an exchange */
	LACKS_ANSWER_STILL, /* and none will come */
	LACKS_ONE_WAY,
	LACKS_BYTES,
	LACKS_HARMONY, /* what was seen contradicts itself */
	LACKS_MORE,
	LACKS_ONE_READING, /* there are two of the same bytes */
	LACKS
};

struct verdict {
	const struct sign *because; /* the note that decided; NULL when undecided */
	uint8_t label, certainty;   /* enum label, enum certainty */
	uint8_t lack;               /* enum lack: why undecided */
	uint8_t readings; /* 1 << enum label each: what it may be, if there are two versions of what was said */
	uint32_t state;   /* the caller's: which state of the evidence was weighed last */
};

/* `over`: no more will come.  `awaiting`: a handshake still waits for its answer. */
struct verdict verdict_weigh(const struct dossier *d, bool awaiting, bool over);

const char *label_name(enum label l);
const char *certainty_name(enum certainty c);
const char *lack_name(enum lack l); /* "nothing-seen", "awaiting-answer", "one-way", ... ; "" when decided */

#endif
