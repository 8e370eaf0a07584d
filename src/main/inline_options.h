/* inline_options -- the words of the command line that only `culvert inline` has, and `culvert live --enforce`. */
#ifndef MAIN_INLINE_OPTIONS_H
#define MAIN_INLINE_OPTIONS_H

#include "capture/source.h"
#include "enforce/conntrack.h"
#include "engine/pipeline.h"

enum fail { FAIL_UNSAID, FAIL_OPEN, FAIL_CLOSED };
enum firewall { FIREWALL_NONE, FIREWALL_NFT, FIREWALL_IPTABLES };

struct inline_options {
	bool numbered; /* a queue was named */
	bool check;
	enum fail fail;
	enum firewall print;        /* a rule set is to be printed for it */
	struct queue_options queue; /* the first */
	uint32_t last;              /* number of the last queue */
	struct gate_options gate;   /* its mark is live's, too */
	uint8_t said[EXCEPTIONS];   /* 1 + enum policy; 0: as `fail` says */
	struct conn_mark forbidden; /* live --enforce */
	bool enforce;
};

enum {
	OPT_FAIL = 512,
	OPT_EXCEPTIONS,
	OPT_REJECT_WITH,
	OPT_SETTLED_MARK,
	OPT_FORBIDDEN_MARK,
	OPT_ENFORCE,
	OPT_QUEUE_LENGTH,
	OPT_PRINT_RULES,
	OPT_CHECK,
	OPT_LAST
};

enum { QUEUE_LENGTH = 8192 };
#define SETTLED_MARK   0x1000000u
#define FORBIDDEN_MARK 0x2000000u

/* One of the above, or 'q'.  False, after saying why, when its value cannot be. */
bool inline_option(struct inline_options *o, int c, const char *value);

/* What was not said is as `fail` wants it. */
void inline_settle_policies(struct inline_options *o);

#endif
