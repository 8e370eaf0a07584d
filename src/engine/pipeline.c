#include "engine/pipeline.h"

#include <stdlib.h>
#include "engine/enforcing.h"
#include "engine/gate.h"
#include "report/record.h"

#define KNOCKS_LATER (UINT64_C(1) << 63)

enum { SPARE = 1 /* place in the table: to tell of a SYN that was never answered */ };

static bool pools_init(struct pipeline *p, size_t flows, struct err *e)
{
	/* Handshakes, channels and encapsulations are rarer than conversations; what finds no block is told as a doubt. */
	const size_t half = flows / 2 + 64;
	return pool_init(&p->notes, "notes", sizeof(struct more_notes), flows, e) &&
	       pool_init(&p->records, "handshake records", MAX_HANDSHAKES * sizeof(struct handshake_record), half, e) &&
	       pool_init(&p->relays, "relays", sizeof(struct relay), half, e) &&
	       pool_init(&p->dialogues, "inner dialogues", sizeof(struct dialogue), flows / 8 + 64, e) &&
	       pool_init(&p->encaps, "encapsulations", sizeof(struct encapsulation), flows, e) &&
	       http_kit_init(&p->https, flows + flows / 8 + 2 * 64, e) &&
	       pool_init(
		   &p->furthers, "what few dialogues have", sizeof(struct further), flows + flows / 8 + 2 * 64, e) &&
	       pool_init(&p->masks, "lost framings", sizeof(struct mask), flows / 8 + 64, e) &&
	       rival_init(p, flows, e) && judging_init(p, flows, e);
}

struct pipeline *pipeline_new(const struct pipeline_options *o, struct reporter *r, struct err *e)
{
	struct pipeline *p = calloc(1, sizeof *p);
	if (p == NULL) {
		err_set_sys(e, "memory", "no room for the pipeline");
		return NULL;
	}
	p->reporter = r;
	p->flows_most = o->flows;
	p->alerts_per_s = o->alerts_per_s;
	p->anomalies = o->anomalies;
	p->watch_tunnels = !o->no_tunnels;
	p->checksums = o->checksums;
	p->strict_checksums = o->checksums == CHECKSUM_ALL;
	const bool ready = pools_init(p, o->flows, e) && stream_kit_init(&p->streams, o->flows, o->overlaps, e) &&
			   tunnel_kit_init(&p->tunnels, o->flows, o->unwrap, e) &&
			   (p->decoder = decoder_new(o->checksums, o->key, e)) != NULL &&
			   (p->flows = flow_table_new(o->flows + SPARE, sizeof(struct watch), o->key, e)) != NULL &&
			   (p->knocks = knocks_new(o->flows, e)) != NULL &&
			   (p->kin = kin_table_new(o->flows / 2 + 64, tunnel_shared_size(), o->key, e)) != NULL &&
			   (p->channels = channel_kit_new(e)) != NULL;
	if (!ready) {
		pipeline_free(p);
		return NULL;
	}
	p->clock = flow_clock_of(p->flows);
	if (o->gate != NULL && (p->gatekeeper = gatekeeper_new(o->gate, o->flows, e)) == NULL) {
		pipeline_free(p);
		return NULL;
	}
	if (o->enforce && (p->enforcer = calloc(1, sizeof *p->enforcer)) == NULL) {
		pipeline_free(p);
		err_set_sys(e, "memory", "no room for marks");
		return NULL;
	}
	if (o->rules != NULL)
		pipeline_rules(p, o->rules);
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (p == NULL)
		return;
	channel_kit_free(p->channels);
	kin_table_free(p->kin);
	flow_table_free(p->flows);
	knocks_free(p->knocks);
	decoder_free(p->decoder);
	tunnel_kit_fini(&p->tunnels);
	stream_kit_fini(&p->streams);
	pool_fini(&p->notes);
	pool_fini(&p->records);
	pool_fini(&p->relays);
	pool_fini(&p->dialogues);
	pool_fini(&p->encaps);
	pool_fini(&p->masks);
	pool_fini(&p->furthers);
	http_kit_fini(&p->https);
	pool_fini(&p->rivals);
	judging_fini(p);
	gatekeeper_free(p->gatekeeper);
	free(p->enforcer);
	free(p);
}

void pipeline_source(struct pipeline *p, const char *name)
{
	p->source = record_base_name(name);
	decoder_begin(p->decoder);
}

void pipeline_share(struct pipeline *p, unsigned part, unsigned parts, bool ordered)
{
	decoder_share(p->decoder, part, parts);
	p->ordered = ordered;
}

void pipeline_interfaces(struct pipeline *p, const char *const *names)
{
	p->interfaces = names;
}

void pipeline_table(struct pipeline *p, struct reporter *table)
{
	p->table = table;
}

/* There may be one more.  False when the table is full, and nobody gives way. */
static bool make_room(struct pipeline *p, int64_t now)
{
	if (flow_count(p->flows) < p->flows_most)
		return true;
	if (p->gatekeeper != NULL && gate_keeps_out(p->gatekeeper))
		return false;
	struct flow *least = flow_least(p->flows);
	if (least == NULL)
		return false;
	const struct seat at = seat_of(p, least, now);
	if (at.w->stream.state == STREAM_SYN && p->gatekeeper == NULL) {
		/* SYNs again, only repeated. */
		p->stats.half_open_evicted++;
		p->stats.by_label[LABEL_UNDECIDED]++;
		watch_end(&at);
		flow_drop(p->flows, at.flow);
		return true;
	}
	p->stats.flows_evicted++;
	finish(&at, ENDED_EVICTED);
	return true;
}

/* A conversation that began with a SYN some time ago; there must be a place.  False: there was none after all. */
static bool open_up(struct pipeline *p, const struct knock *k, struct seat *at)
{
	struct flow *f = flow_make(p->flows, &k->syn, k->tag, p->turn / 2);
	if (f == NULL)
		return false;
	*at = take_seat(p, f, &k->syn, k->interface);
	judging_begin(at);
	carry(at, &k->syn);
	return true;
}

/* Nobody answered.  In a flood that is only counted: it is not to fill the disk as well. */
static void forget_knock(struct pipeline *p, const struct knock *k, bool flood, enum ended why)
{
	struct seat at;
	if (flood || !open_up(p, k, &at)) {
		p->stats.half_open_evicted++;
		p->stats.by_label[LABEL_UNDECIDED]++;
		return;
	}
	finish(&at, why);
}

/* Is it a SYN and nothing else, which may wait for its answer without costing a conversation?  Not where a rule is to hear of it
 * at once, nor where packets that find no room are kept out. */
static bool knocks_only(const struct pipeline *p, const struct segment *seg)
{
	return knock_fits(seg) && (p->moments & MOMENT_BIT(MOMENT_BEGIN)) == 0 &&
	       (p->gatekeeper == NULL || flow_count(p->flows) < p->flows_most);
}

static void knock(struct pipeline *p, const struct segment *seg, uint32_t tag, unsigned interface)
{
	struct knock oldest;
	if (!decode_checksum(p->decoder, seg)) {
		p->stats.bad_checksums++;
		return;
	}
	p->stats.flows++;
	if (knocks_put(p->knocks, seg, tag, interface, flow_clock(p->flows)))
		return;
	if (knocks_oldest(p->knocks, &oldest))
		forget_knock(p, &oldest, true, ENDED_EVICTED);
	if (!knocks_put(p->knocks, seg, tag, interface, flow_clock(p->flows)))
		p->stats.flows--;
}

static struct flow *answer_knock(struct pipeline *p, const struct knock *k, const struct segment *seg)
{
	struct seat at;
	int64_t before;
	if (!make_room(p, seg->t) || !open_up(p, k, &at)) {
		p->stats.flows--;
		return NULL;
	}
	return flow_find(p->flows, seg, &before);
}

/* The segment that shows that it is over is none of its own, by which it was found; `last` was. */
static void finish_reused(struct pipeline *p, struct flow *old, int64_t last)
{
	const struct seat at = seat_of(p, old, last);
	old->last = last;
	finish(&at, ENDED_REUSED);
}

/* None is known with its addresses and ports. */
static struct flow *newcomer(struct pipeline *p, const struct segment *seg, unsigned interface, bool *fresh)
{
	struct knock k;
	const uint32_t tag = seg->tag != 0 ? seg->tag : flow_tag(p->flows, &seg->key);
	if (knocks_take(p->knocks, &seg->key, tag, &k))
		return answer_knock(p, &k, seg);
	if (knocks_only(p, seg)) {
		knock(p, seg, tag, interface);
		return NULL;
	}
	return make_room(p, seg->t) ? flow_touch(p->flows, seg, fresh) : NULL;
}

/* What a moment ends is told before what its frame brings: conversations in the order in which they began, then SYNs. */
static void take_place(struct pipeline *p, uint64_t order)
{
	if (p->ordered)
		reporter_place(p->reporter, p->table, p->turn, order);
}

static void expire_knocks(struct pipeline *p, bool all)
{
	struct knock k;
	uint32_t next;
	p->knocks_looked = flow_clock(p->flows);
	for (;;) {
		const bool flood = knocks_are_flood(p->knocks);
		if (all ? !knocks_oldest(p->knocks, &k) : !knocks_expired(p->knocks, flow_clock(p->flows), &k))
			return;
		if (knocks_ahead(p->knocks, &next) && !flood)
			flow_expect(p->flows, next);
		take_place(p, KNOCKS_LATER | k.syn.turn);
		forget_knock(p, &k, flood, all ? ENDED_INPUT : ENDED_TIMEOUT);
	}
}

static NOT_INLINE void forget_whose_time_is_over(struct pipeline *p)
{
	struct flow *f;
	while ((f = flow_expired(p->flows)) != NULL) {
		const struct seat at = seat_of(p, f, f->last);
		take_place(p, f->turn);
		finish(&at, ENDED_TIMEOUT);
	}
	/* Once a second of packet time. */
	if (flow_clock(p->flows) != p->knocks_looked)
		expire_knocks(p, false);
}

static NOT_INLINE void show_time(struct pipeline *p, int64_t now)
{
	if (!flow_idle(p->flows, now) || flow_clock(p->flows) != p->knocks_looked)
		forget_whose_time_is_over(p);
}

/* Whose time is over is asked for once a second.  Nearly every frame is of the second of the one before: what is long is apart, so
 * that nothing is saved for it. */
static inline void expire(struct pipeline *p, int64_t now)
{
	if (!clock_stays(p->clock, now))
		show_time(p, now);
}

/* A segment with a wrong checksum changes nothing in a conversation that is known.  One with data that would begin a
 * conversation is believed, so that it is told at all, unless the operator wants every checksum right. */
static bool forgive_checksum(const struct seat *at, const struct segment *seg, bool fresh)
{
	const uint64_t before = at->w->dossier.odd;
	at->p->stats.bad_checksums++;
	at->w->dossier.odd |= ODD_BIT(BAD_CHECKSUM);
	if (fresh && (at->p->strict_checksums || seg->payload.len == 0)) {
		watch_end(at);
		flow_drop(at->p->flows, at->flow);
		at->p->stats.flows--;
		return false;
	}
	tell_odd(at, before, stream_side_of(&at->w->stream, seg), 0);
	return fresh;
}

static struct flow *take_segment(struct pipeline *p, const struct segment *seg, unsigned interface)
{
	bool fresh = false;
	int64_t before;
	struct flow *f = flow_find(p->flows, seg, &before);
	if (f != NULL && stream_reopens(&((const struct watch *)flow_payload(f))->stream, seg, before)) {
		finish_reused(p, f, before);
		f = NULL;
	}
	if (f == NULL)
		f = newcomer(p, seg, interface, &fresh);
	if (f == NULL)
		return NULL;
	p->stats.flows += fresh;
	const struct seat at = fresh ? take_seat(p, f, seg, interface) : seat_of(p, f, seg->t);
	if (stream_matters(&at.w->stream, seg) && !decode_checksum(p->decoder, seg) &&
	    !forgive_checksum(&at, seg, fresh))
		return NULL;
	if (fresh)
		judging_begin(&at);
	carry(&at, seg);
	return f;
}

/* So many frames have come. */
static inline void count_frames(struct pipeline *p, uint64_t frames)
{
	p->stats.frames = frames;
	p->turn = 2 * frames;
}

static inline void begin_turn(struct pipeline *p, const struct frame *f)
{
	if (p->stats.frames == 0)
		p->stats.first = f->t;
	count_frames(p, p->stats.frames + 1);
	p->stats.frame_bytes += f->bytes.len;
	p->stats.last = f->t;
	expire(p, f->t);
	take_place(p, UINT64_MAX);
}

static inline struct flow *carry_segment(
    struct pipeline *p, const struct frame *f, struct segment *seg, enum decoded result)
{
	if (result != DECODED_SEGMENT)
		return NULL;
	seg->turn = p->stats.frames;
	return take_segment(p, seg, f->interface);
}

struct flow *carry_frame(struct pipeline *p, const struct frame *f, struct segment *seg)
{
	begin_turn(p, f);
	return carry_segment(p, f, seg, decode(p->decoder, f, seg));
}

/* A SYN, and the answer to one, are asked for among SYNs as well.  Returns the tag. */
static inline uint32_t expect(struct pipeline *p, struct segment *seg, uint32_t before)
{
	const uint32_t tag = flow_tag(p->flows, &seg->key);
	seg->tag = tag;
	if (tag == before)
		return tag;
	flow_expect(p->flows, tag);
	if ((seg->flags & TCP_SYN) != 0)
		knocks_expect(p->knocks, tag);
	return tag;
}

/* Each waits for memory three times: for the tag, for the conversation, and for what that leads to.  Side by side, they wait
 * at once. */
static inline void run_ahead(struct pipeline *p, struct early *early, const struct early *end)
{
	uint32_t tag = 0;
	for (struct early *e = early; e < end; e++)
		if (e->result == DECODED_SEGMENT)
			tag = expect(p, &e->segment, tag);
	tag = 0;
	for (const struct early *e = early; e < end; e++) {
		if (e->result != DECODED_SEGMENT || e->segment.tag == tag)
			continue;
		tag = e->segment.tag;
		if (e != early)
			flow_fetch(p->flows, tag);
	}
}

/* Those of the second of the frame before are shown to the clock together: nobody's time is over at one of them, and what is
 * another's needs no turn.  Returns how many. */
static inline size_t show_times(struct pipeline *p, const struct frame *f, size_t count)
{
	size_t n = 0;
	uint64_t bytes = 0;
	for (; n < count && clock_stays(p->clock, f[n].t); n++)
		bytes += f[n].bytes.len;
	p->stats.frame_bytes += bytes;
	if (n != 0)
		p->stats.last = f[n - 1].t;
	return n;
}

static inline void take_turn(struct pipeline *p, const struct frame *f, struct early *e)
{
	if (e->result == DECODED_LATER)
		e->result = decode(p->decoder, f, &e->segment);
	else
		decode_turns(p->decoder, e->result, 1);
	carry_segment(p, f, &e->segment, e->result);
}

void pipeline_frames(struct pipeline *p, const struct frame *f, size_t count)
{
	struct early early[PIPELINE_FRAMES], *e = early;
	const struct early *const end = early + decode_early(p->decoder, f, count, early);
	run_ahead(p, early, end);
	const uint64_t before = p->stats.frames;
	const size_t together = show_times(p, f, count);
	for (; e < end && e->frame < together; e++) {
		count_frames(p, before + e->frame + 1);
		take_place(p, UINT64_MAX);
		take_turn(p, &f[e->frame], e);
	}
	if (together != 0) {
		decode_turns(p->decoder, DECODED_ELSEWHERE, together - (size_t)(e - early));
		count_frames(p, before + together);
		take_place(p, UINT64_MAX);
	}
	for (size_t i = together; i < count; i++) {
		begin_turn(p, &f[i]);
		if (e < end && e->frame == i)
			take_turn(p, &f[i], e++);
		else
			decode_turns(p->decoder, DECODED_ELSEWHERE, 1);
	}
}

void pipeline_frame(struct pipeline *p, const struct frame *f)
{
	struct segment seg;
	carry_frame(p, f, &seg);
}

void pipeline_tick(struct pipeline *p, int64_t now)
{
	gate_begin(p);
	gate_tick(p, now);
	expire(p, now);
}

void pipeline_drain(struct pipeline *p)
{
	p->turn |= 1;
	gate_begin(p);
	gate_tick(p, INT64_MAX);
	struct flow *f;
	while ((f = flow_oldest(p->flows)) != NULL) {
		const struct seat at = seat_of(p, f, f->last);
		take_place(p, f->turn);
		finish(&at, ENDED_INPUT);
	}
	expire_knocks(p, true);
	take_place(p, UINT64_MAX);
	flow_rest(p->flows);
}
