/* report -- one line for each thing worth telling: EVE-shaped JSON, or text for people.
 *
 * Speaks of traffic only; the program speaks through log.  A line is written with one write, whole or not at all; what
 * could not be written is counted and never silent.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdio.h>
#include "base/err.h"
#include "facts/facts.h"
#include "report/caps.h"
#include "rules/rules.h"

struct reporter;

enum report_format { REPORT_JSON, REPORT_TEXT };

/* `path` "-" is standard output, NULL standard error. */
struct reporter *reporter_open(const char *path, enum report_format format, struct err *e) MUST_CHECK;

/* For a run that goes on for days: a file is added to; a reader that is slow or away is never waited for.  `path` may also
 * be unix:PATH, a stream socket to connect to, again and again. */
struct reporter *reporter_open_live(const char *path, enum report_format format, struct err *e) MUST_CHECK;

/* A worker's: lines go into `ring`, which a keeper empties, marked with `tag`. */
struct ring;
struct reporter *reporter_open_ring(
    struct ring *ring, uint32_t tag, enum report_format format, bool colours, struct err *e) MUST_CHECK;

/* A line that finds no room is waited for, as long as it takes. */
void reporter_patient(struct reporter *r);

/* From now on lines bear the place in the run where they belong, which goes before each line in the ring: by `turn`, then by
 * `order`, and those of one place stay as they were told.  Places never go back; the last `order` of all says in the ring that the
 * run is at this `turn` (ring_say).  `other` may be NULL. */
struct line_place {
	uint64_t turn, order;
};
void reporter_place(struct reporter *r, struct reporter *other, uint64_t turn, uint64_t order);

/* From now on it waits for nobody. */
void reporter_hurry(struct reporter *r);

/* The keeper's: a line that a worker made; lines that it had to give up. */
void reporter_relay(struct reporter *r, const char *line, size_t len, int64_t now);
void reporter_lose(struct reporter *r, uint64_t lines);
bool reporter_colours(const struct reporter *r);

/* A live file is set aside from time to time; see report/out.h. */
struct rotation;
void reporter_rotate(struct reporter *r, const struct rotation *how);

/* Opens a file again by its name, which may be another file now. */
bool reporter_reopen(struct reporter *r, struct err *e) MUST_CHECK;

/* Time goes on: what waits is written. */
enum reporter_waits { REPORT_IDLE, REPORT_WAITS /* for a reader */, REPORT_GONE /* nobody reads any more */ };
enum reporter_waits reporter_tick(struct reporter *r, int64_t now);

/* False when lines were lost; `e` says how many and why the first. */
bool reporter_close(struct reporter *r, struct err *e) MUST_CHECK;

/* A handshake was asked or answered; `level` is its dialogue. */
void report_handshake(struct reporter *r, const struct facts *f, unsigned level, const struct handshake_record *h);

/* The label was set or raised. */
void report_label(struct reporter *r, const struct facts *f, enum label before);

void report_anomaly(struct reporter *r, const struct facts *f, enum odd odd, enum side from, uint64_t offset);

/* A rule has spoken.  `h`: the handshake it was about, of the dialogue `level`; NULL: about the conversation. */
void report_alert(
    struct reporter *r, const struct facts *f, const struct alert *a, unsigned level, const struct handshake_record *h);

/* The conversation is over. */
void report_flow(struct reporter *r, const struct facts *f);

/* What the rules did; told only when there are, or were, any. */
struct rule_stats {
	bool used;
	uint64_t rules, loaded, refused;         /* rules now; sets of them read, and refused for an error */
	uint64_t by_severity[SEVERITY_INFO + 1]; /* alerts told */
	struct judge_counters judge;
};

/* Of one worker, with those that had its place before. */
struct worker_stats {
	uint64_t received, dropped; /* frames, by the kernel */
	uint64_t frames, restarts;
};

/* Of a run on interfaces. */
struct live_stats {
	int64_t now;
	uint64_t uptime_s, received, dropped;
	uint64_t restarts, conversations_lost; /* lost: with workers that died */
	unsigned workers;
	const struct worker_stats *worker;
};

/* Of a run inline. */
struct inline_stats {
	uint64_t passed, marked, dropped; /* packets; the marked ones, of settled conversations, are among the passed */
	uint64_t held, held_again;        /* packets that waited; that came again meanwhile, and were dropped */
	uint64_t conflicts;               /* packets dropped for saying other bytes than one before */
	uint64_t settled, forbidden;      /* conversations */
	uint64_t exceptions[EXCEPTIONS];  /* conversations that met one; held: packets */
};

/* Of a run that has connections marked in the kernel. */
struct enforce_stats {
	uint64_t forbidden, settled; /* conversations for which that was asked */
	uint64_t enforced;           /* connections that the kernel has marked */
	uint64_t unknown, failed;    /* times that it knew no such connection; that it did not do it */
	uint64_t lost;               /* times that could not be asked, for want of room */
};

struct report_stats {
	const char *source;
	uint64_t frames, frame_bytes, segments, other, malformed, fragments_dropped, bad_checksums;
	uint64_t flows, flows_peak, flows_evicted, half_open_peak, half_open_evicted, by_label[LABELS];
	uint64_t anomalies, stream_caps, tunnel_caps, kin_evicted, groups_evicted, records, records_lost;
	uint64_t caps[CAPS]; /* times that each was reached */
	struct rule_stats rules;
	int64_t first, last;
	const struct live_stats *live;         /* NULL: files were read */
	const struct inline_stats *in_the_way; /* NULL: it was only listened to */
	const struct enforce_stats *enforce;   /* NULL: nothing is marked */
};
void report_stats(struct reporter *r, const struct report_stats *s);

/* The sum of what two workers counted.  What is told of rules and records, and `live`, is left to the caller. */
void report_stats_add(struct report_stats *sum, const struct report_stats *more);
void inline_stats_add(struct inline_stats *sum, const struct inline_stats *more);
void enforce_stats_add(struct enforce_stats *sum, const struct enforce_stats *more);

uint64_t reporter_lines(struct reporter *r);
uint64_t reporter_lost(const struct reporter *r);
uint64_t reporter_cut(const struct reporter *r);  /* records with a string that was cut */
uint64_t reporter_bare(const struct reporter *r); /* records that were made without strings */

/* Community ID v1, seed 0; `out` holds 32 bytes. */
void community_id(const struct flow_key *k, char *out);

/* "2026-11-23T19:24:07.101822+00:00"; `out` holds 40 bytes. */
void time_text(int64_t t, char *out);

#endif
