#include "facts/fate.h"

const char *exception_name(enum exception x)
{
	static const char *const names[EXCEPTIONS] = {
		[EXCEPTION_FLOW_TABLE] = "flow-table",
		[EXCEPTION_REASSEMBLY] = "reassembly",
		[EXCEPTION_MIDSTREAM] = "midstream",
		[EXCEPTION_RESTART] = "restart",
		[EXCEPTION_PARSER] = "parser",
		[EXCEPTION_HELD] = "held",
		[EXCEPTION_QUEUE] = "queue",
	};
	return (unsigned)x < EXCEPTIONS ? names[x] : "";
}

const char *policy_name(enum policy p)
{
	static const char *const names[POLICIES] = { "pass", "drop", "reject" };
	return (unsigned)p < POLICIES ? names[p] : "";
}

const char *standing_name(enum standing s)
{
	static const char *const names[] = {
		[STANDING_OPEN] = "passed",
		[STANDING_SETTLED] = "settled",
		[STANDING_DROPPED] = "dropped",
		[STANDING_REJECTED] = "rejected",
	};
	return (unsigned)s < sizeof names / sizeof *names ? names[s] : "";
}
