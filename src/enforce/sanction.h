/* sanction -- which conversations are to be marked, with what, and when it is asked for again.
 *
 * Forbidden is one of which a rule with drop or reject has spoken before a pass rule did, and before its end.  Settled is one of
 * which a pass rule has spoken, or of which nothing more will be learnt and nothing is in doubt.  What comes
 * inside an encapsulation never is a reason to ask: the kernel knows its carrier only. */
#ifndef ENFORCE_SANCTION_H
#define ENFORCE_SANCTION_H

#include "enforce/order.h"
#include "rules/rules.h"

/* Of one conversation; zero at its beginning. */
struct sanction {
	uint32_t asked_ms; /* of packet time: when it was asked for, the latest time */
	uint8_t kind;      /* enum mark_kind that was asked for */
	uint8_t asked;     /* times; stops at its largest */
	bool forbidden : 1, excused : 1;
	bool mixed : 1; /* some of it came inside an encapsulation */
};

/* A packet of it. */
struct sanction_view {
	int64_t now;  /* ns, packet time */
	bool settled; /* nothing more is to be learnt, nothing is in doubt */
	bool carried; /* the packet came inside an encapsulation */
};

/* A rule has spoken. */
void sanction_judged(struct sanction *s, enum act act, enum moment m);

/* The mark to be asked for now, mostly none.  The first time that is asked at once; while packets still come, again after a
 * quarter of a second, one, four, and every 16 seconds: the kernel may not have known the connection yet, or have forgotten
 * it.  For the settled mark that is not worth more than a few times.  *again: it was asked for before. */
enum mark_kind sanction_next(struct sanction *s, const struct sanction_view *v, bool *again);

#endif
