/* record -- a conversation's facts as one line of JSON; every key is told in culvert-events(5).
 *
 * Each function returns the length of the line, newline included, or 0 when it did not fit: then it is asked again for
 * the `bare` form, which leaves out what came from the wire and always fits.
 */
#ifndef REPORT_RECORD_H
#define REPORT_RECORD_H

#include "base/json.h"
#include "report/id.h"
#include "report/phrase.h"
#include "report/report.h"

struct record {
	struct json json;
	struct clock_text *clock;
	struct phrases *phrases;
	struct owed_ids *owed; /* NULL: ids are made at once */
	bool bare;             /* leave out strings from the wire */
	bool cut;              /* something was left out or shortened */
};

size_t record_handshake(struct record *r, const struct facts *f, unsigned level, const struct handshake_record *h);
size_t record_label(struct record *r, const struct facts *f, enum label before);
size_t record_anomaly(struct record *r, const struct facts *f, enum odd odd, enum side from, uint64_t offset);
size_t record_flow(struct record *r, const struct facts *f);
size_t record_alert(
    struct record *r, const struct facts *f, const struct alert *a, unsigned level, const struct handshake_record *h);
size_t record_stats(struct record *r, const struct report_stats *s);

/* The parts that records share. */
void record_head_as(struct record *r, struct slice type, const struct facts *f);
size_t record_end(struct record *r); /* closes `culvert` and the line */
void record_verdict(struct record *r, const struct verdict *v);
void record_one_handshake(struct record *r, const char *key, unsigned level, const struct handshake_record *h);

/* What the records of a conversation and of an alert share: EVE's `flow`; under `culvert` its HTTP, its handshakes, the rest. */
void record_counters(struct record *r, const struct facts *f);
void record_http(struct record *r, const struct facts *f);
void record_handshakes(struct record *r, const struct facts *f);
void record_what_is_known(struct record *r, const struct facts *f);

/* What the rules did; alert_record.c. */
void record_rule_stats(struct json *j, const struct rule_stats *s);

/* The last part of a capture's path. */
const char *record_base_name(const char *path);

/* Bytes from the wire; nothing when empty.  Like the functions of json.h, these see the letters of their key. */
static ALWAYS_INLINE void record_wire(struct record *r, const char *key, struct slice value)
{
	if (value.len == 0)
		return;
	r->cut |= r->bare || json_slice(&r->json, key, value);
}

static ALWAYS_INLINE void record_wire_text(struct record *r, const char *key, const char *value, size_t room)
{
	record_wire(r, key, (struct slice){ (const uint8_t *)value, strnlen(value, room) });
}

/* Leaves the line's own object open. */
static ALWAYS_INLINE void record_head(struct record *r, const char *type, const struct facts *f)
{
	record_head_as(r, (struct slice){ (const uint8_t *)type, strlen(type) }, f);
}

/* A moment of TIME_LEN bytes. */
static inline char *record_pen_time(const struct record *r, char *at, int64_t t)
{
	clock_write(r->clock, t, at);
	return at + TIME_LEN;
}

static ALWAYS_INLINE void record_time(struct record *r, const char *key, int64_t t)
{
	char text[TIME_TEXT];
	clock_write(r->clock, t, text);
	json_plain(&r->json, key, text, TIME_LEN);
}

/* From one moment to a later one in us; 0 when the clock went back. */
int64_t record_us(int64_t from, int64_t to);

#endif
