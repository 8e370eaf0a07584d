/* id -- the texts that name a conversation and a moment. */
#ifndef REPORT_ID_H
#define REPORT_ID_H

#include <stdbool.h>
#include <stdint.h>
#include "base/lanes.h"

enum { CLOCK_SECONDS = 19, TIME_LEN = 32, TIME_TEXT = 40, COMMUNITY_ID_LEN = 30 };

/* The last second that was written out: most records are of the same second as the one before. */
struct clock_text {
	bool set;
	int64_t second;
	char text[CLOCK_SECONDS + 1]; /* "2026-11-23T19:24:07" */
};

/* As time_text; `out` holds TIME_TEXT bytes. */
void clock_write(struct clock_text *c, int64_t t, char *out);

/* Ids that are still to be made: eight at once cost little more than one. */
struct owed_ids {
	struct lanes lanes;
	char *at[LANES];
	unsigned count;
};

/* As community_id, but COMMUNITY_ID_LEN bytes come to stand at `at` when it is paid, and no NUL.  At most LANES are owed. */
struct flow_key;
void community_id_owe(struct owed_ids *o, const struct flow_key *k, char *at);
void community_id_pay(struct owed_ids *o);

#endif
