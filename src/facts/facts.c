#include "facts/facts.h"

const char *ended_name(enum ended e)
{
	static const char *const names[] = {
		[ENDED_NOT] = "",
		[ENDED_FIN] = "fin",
		[ENDED_RST] = "rst",
		[ENDED_TIMEOUT] = "timeout",
		[ENDED_INPUT] = "end-of-input",
		[ENDED_EVICTED] = "evicted",
		[ENDED_REUSED] = "reused",
	};
	return (unsigned)e < sizeof names / sizeof *names ? names[e] : "";
}
