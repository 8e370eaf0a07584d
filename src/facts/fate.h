/* fate -- what was done about a conversation whose packets wait for an answer (inline). */
#ifndef FACTS_FATE_H
#define FACTS_FATE_H

#include <stdint.h>
#include "capture/answer.h"

/* Where nothing can be known, an operator says beforehand what is done. */
enum exception {
	EXCEPTION_FLOW_TABLE, /* there is no room for one more conversation */
	EXCEPTION_REASSEMBLY, /* its bytes could not be put together for want of room */
	EXCEPTION_MIDSTREAM,  /* its beginning was not seen */
	EXCEPTION_RESTART,    /* nor could it be: it is from before the start, or may be */
	EXCEPTION_PARSER,     /* it was HTTP, and its framing is lost */
	EXCEPTION_HELD,       /* more packets would have to wait for an answer than can */
	EXCEPTION_QUEUE,      /* the kernel's queue is full: the kernel's affair */
	EXCEPTIONS
};
const char *exception_name(enum exception x); /* "flow-table", ... */

enum policy { POLICY_PASS, POLICY_DROP, POLICY_REJECT, POLICIES };
const char *policy_name(enum policy p); /* "pass", "drop", "reject" */

enum standing {
	STANDING_OPEN,    /* its packets pass, so far */
	STANDING_SETTLED, /* they pass, and need not be asked about any more */
	STANDING_DROPPED, /* none passes */
	STANDING_REJECTED /* nor here, and both ends are told */
};
const char *standing_name(enum standing s); /* "passed", "settled", "dropped", "rejected" */

struct facts_fate {
	uint32_t rule;     /* that forbade it; 0: none did */
	uint32_t refused;  /* packets */
	uint32_t held;     /* packets that had to wait for the answer to a handshake */
	uint8_t standing;  /* enum standing */
	uint8_t moment;    /* enum moment of the rule */
	uint8_t reply;     /* enum reply that the client hears */
	uint8_t exception; /* that forbade it, plus 1; 0: none did */
	uint8_t met;       /* 1 << enum exception, each that it met */
};

static inline bool fate_forbidden(const struct facts_fate *f)
{
	return f->standing >= STANDING_DROPPED;
}

#endif
