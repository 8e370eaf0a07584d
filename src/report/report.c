/* A line is made whole in the reporter's own memory, then given to `out` or to a ring.  One that does not fit is made again in its bare
 * form: short of strings, never missing.
 *
 * Where nobody waits for each line, some are held until there are eight, so that the digests in them are made side by side: they were
 * a tenth of all instructions on short flows. */
#include "report/report.h"

#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/ring.h"
#include "report/out.h"
#include "report/record.h"
#include "report/text.h"

enum {
	PATIENCE_MS = 200 /* for a keeper that is behind */,
	HELD_ROOM = 16384 /* bytes of lines, beside one more */,
	HELD_TURNS = 4096 /* frames in which an ordered line is held: others may wait for it */
};

/* A line that has been made, but for its id. */
struct held {
	size_t at, len; /* its place before it, if it has one */
	int64_t now;
};

struct reporter {
	struct ring *ring; /* NULL: `out` is used */
	uint32_t tag;
	bool crowded; /* it was waited for in vain */
	bool hurries;
	bool patient;
	bool placed; /* lines go into the ring behind their place */
	bool holds;  /* lines may be held */
	struct line_place place;
	enum report_format format;
	bool colours;
	uint64_t cut, bare;
	struct clock_text clock;
	struct phrases phrases;
	struct out out;
	unsigned held_count;
	uint64_t held_turn; /* of the first of them */
	size_t used;
	struct held held[LANES];
	struct owed_ids owed;
	char lines[HELD_ROOM + sizeof(struct line_place) + MAX_LINE];
};

enum telling { TELL_HANDSHAKE, TELL_LABEL, TELL_ANOMALY, TELL_ALERT, TELL_FLOW, TELL_STATS };

/* One thing to tell, so that it can be told twice. */
struct story {
	enum telling what;
	const struct facts *facts;
	const struct handshake_record *handshake;
	unsigned level;
	enum label before;
	enum odd odd;
	enum side from;
	uint64_t offset;
	const struct alert *alert;
	const struct report_stats *stats;
};

static struct reporter *open_as(const char *path, enum report_format format, enum out_manner manner, struct err *e)
{
	struct reporter *r = calloc(1, sizeof *r);
	if (r == NULL) {
		err_set(e, path != NULL ? path : "standard error", "no memory for %zu bytes", sizeof *r);
		return NULL;
	}
	if (!out_open(&r->out, path, manner, e)) {
		free(r);
		return NULL;
	}
	r->format = format;
	r->colours = format == REPORT_TEXT && log_colours(r->out.fd);
	r->holds = format == REPORT_JSON && manner == OUT_ONCE && !r->out.at_once;
	return r;
}

struct reporter *reporter_open(const char *path, enum report_format format, struct err *e)
{
	return open_as(path, format, OUT_ONCE, e);
}

struct reporter *reporter_open_live(const char *path, enum report_format format, struct err *e)
{
	return open_as(path, format, OUT_LIVE, e);
}

struct reporter *reporter_open_ring(
    struct ring *ring, uint32_t tag, enum report_format format, bool colours, struct err *e)
{
	struct reporter *r = calloc(1, sizeof *r);
	if (r == NULL) {
		err_set(e, "ring", "no memory for %zu bytes", sizeof *r);
		return NULL;
	}
	*r = (struct reporter){ .ring = ring, .tag = tag, .format = format, .colours = colours, .out.fd = -1 };
	return r;
}

void reporter_hurry(struct reporter *r)
{
	r->hurries = true;
}

static size_t write_story(struct record *record, const struct story *s)
{
	switch (s->what) {
	case TELL_HANDSHAKE:
		return record_handshake(record, s->facts, s->level, s->handshake);
	case TELL_LABEL:
		return record_label(record, s->facts, s->before);
	case TELL_ANOMALY:
		return record_anomaly(record, s->facts, s->odd, s->from, s->offset);
	case TELL_ALERT:
		return record_alert(record, s->facts, s->alert, s->level, s->handshake);
	case TELL_FLOW:
		return record_flow(record, s->facts);
	case TELL_STATS:
		return record_stats(record, s->stats);
	}
	return 0;
}

/* The keeper is waited for a moment, once; while it does not come back, lines are lost at once.  Who is patient waits on. */
static bool put_when_room(struct reporter *r, const char *item, size_t len)
{
	bool put = ring_put(r->ring, r->tag, item, len);
	if (!put && !r->crowded && !r->hurries && ring_wait(r->ring, len, PATIENCE_MS))
		put = ring_put(r->ring, r->tag, item, len);
	while (!put && r->patient) {
		(void)ring_wait(r->ring, len, PATIENCE_MS);
		put = ring_put(r->ring, r->tag, item, len);
	}
	return put;
}

static void put_in_ring(struct reporter *r, const char *item, size_t len)
{
	const bool put = put_when_room(r, item, len);
	r->crowded = !put;
	r->out.lines++;
	if (put)
		return;
	r->out.lost++;
	ring_lose(r->ring);
}

static void settle(struct reporter *r)
{
	community_id_pay(&r->owed);
	for (unsigned i = 0; i < r->held_count; i++) {
		const struct held *const h = &r->held[i];
		if (r->ring != NULL)
			put_in_ring(r, r->lines + h->at, h->len);
		else
			out_line(&r->out, r->lines + h->at, h->len, h->now);
	}
	r->held_count = 0;
	r->used = 0;
}

/* Where the next line is made. */
static char *next_line(struct reporter *r)
{
	return r->lines + r->used + (r->placed ? sizeof r->place : 0);
}

static void put(struct reporter *r, size_t len, int64_t now)
{
	struct held *const h = &r->held[r->held_count++];
	*h = (struct held){ .at = r->used, .len = len, .now = now };
	if (r->held_count == 1)
		r->held_turn = r->place.turn;
	if (r->placed) {
		memcpy(r->lines + r->used, &r->place, sizeof r->place);
		h->len += sizeof r->place;
	}
	r->used += h->len;
	if (!r->holds || r->held_count == LANES || r->used > HELD_ROOM)
		settle(r);
}

static size_t make_record(struct reporter *r, const struct story *s, bool bare)
{
	struct record record;
	const unsigned owed = r->owed.count;
	record.clock = &r->clock;
	record.phrases = &r->phrases;
	record.owed = r->holds ? &r->owed : NULL;
	record.bare = record.cut = bare;
	json_begin(&record.json, next_line(r), MAX_LINE);
	const size_t len = write_story(&record, s);
	if (len == 0)
		r->owed.count = owed;
	r->cut += record.cut && !bare && len != 0;
	r->bare += bare;
	return len;
}

static void tell(struct reporter *r, const struct story *s, int64_t now)
{
	size_t len = make_record(r, s, false);
	if (len == 0)
		len = make_record(r, s, true);
	if (never(len == 0)) {
		out_lose(&r->out);
		return;
	}
	put(r, len, now);
}

void reporter_patient(struct reporter *r)
{
	r->patient = true;
	r->holds = r->format == REPORT_JSON;
}

/* What is held belongs to a turn before this one. */
static void say(struct reporter *r, uint64_t turn)
{
	if (r->held_count != 0) {
		if (turn - r->held_turn < HELD_TURNS)
			return;
		settle(r);
	}
	ring_say(r->ring, turn);
}

void reporter_place(struct reporter *r, struct reporter *other, uint64_t turn, uint64_t order)
{
	r->placed = true;
	r->place = (struct line_place){ turn, order };
	if (order == UINT64_MAX && r->ring != NULL)
		say(r, turn);
	if (other != NULL)
		reporter_place(other, NULL, turn, order);
}

void reporter_relay(struct reporter *r, const char *line, size_t len, int64_t now)
{
	settle(r);
	out_line(&r->out, line, len, now);
}

void reporter_lose(struct reporter *r, uint64_t lines)
{
	for (; lines != 0; lines--)
		out_lose(&r->out);
}

bool reporter_colours(const struct reporter *r)
{
	return r->colours;
}

void reporter_rotate(struct reporter *r, const struct rotation *how)
{
	out_rotate(&r->out, how);
}

bool reporter_reopen(struct reporter *r, struct err *e)
{
	settle(r);
	return out_reopen(&r->out, e);
}

enum reporter_waits reporter_tick(struct reporter *r, int64_t now)
{
	settle(r);
	return (enum reporter_waits)out_tick(&r->out, now);
}

bool reporter_close(struct reporter *r, struct err *e)
{
	settle(r);
	const bool whole = r->ring != NULL || out_close(&r->out, e);
	free(r);
	return whole;
}

void report_handshake(struct reporter *r, const struct facts *f, unsigned level, const struct handshake_record *h)
{
	if (r->format == REPORT_JSON)
		tell(r, &(struct story){ .what = TELL_HANDSHAKE, .facts = f, .level = level, .handshake = h }, f->now);
}

void report_label(struct reporter *r, const struct facts *f, enum label before)
{
	if (r->format == REPORT_JSON)
		tell(r, &(struct story){ .what = TELL_LABEL, .facts = f, .before = before }, f->now);
}

void report_anomaly(struct reporter *r, const struct facts *f, enum odd odd, enum side from, uint64_t offset)
{
	const struct story s = { .what = TELL_ANOMALY, .facts = f, .odd = odd, .from = from, .offset = offset };
	if (r->format == REPORT_JSON)
		tell(r, &s, f->now);
}

void report_alert(
    struct reporter *r, const struct facts *f, const struct alert *a, unsigned level, const struct handshake_record *h)
{
	if (r->format == REPORT_JSON) {
		const struct story s = { .what = TELL_ALERT, .facts = f, .alert = a, .level = level, .handshake = h };
		tell(r, &s, f->now);
		return;
	}
	put(r, text_alert(f, a, &r->clock, r->colours, next_line(r), MAX_LINE), f->now);
}

void report_flow(struct reporter *r, const struct facts *f)
{
	if (r->format == REPORT_JSON) {
		tell(r, &(struct story){ .what = TELL_FLOW, .facts = f }, f->now);
		return;
	}
	put(r, text_flow(f, &r->clock, r->colours, next_line(r), MAX_LINE), f->now);
}

void report_stats(struct reporter *r, const struct report_stats *s)
{
	if (r->format != REPORT_JSON)
		return;
	settle(r);
	struct report_stats told = *s;
	told.records_lost += r->out.lost;
	tell(r, &(struct story){ .what = TELL_STATS, .stats = &told }, s->live != NULL ? s->live->now : s->last);
}

uint64_t reporter_lines(struct reporter *r)
{
	settle(r);
	return r->out.lines - r->out.lost;
}

uint64_t reporter_lost(const struct reporter *r)
{
	return r->out.lost;
}

uint64_t reporter_cut(const struct reporter *r)
{
	return r->cut;
}

uint64_t reporter_bare(const struct reporter *r)
{
	return r->bare;
}
