/* watch -- all that is held of one conversation, and the carrier's own memory.  Private to engine: nobody else can reach
 * through a flow into another room. */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include "channel/channel.h"
#include "decode/decode.h"
#include "enforce/sanction.h"
#include "engine/pipeline.h"
#include "flow/flow.h"
#include "flow/knock.h"
#include "handshake/handshake.h"
#include "http/conn.h"
#include "http/witness.h"
#include "kin/kin.h"
#include "report/report.h"
#include "rules/rules.h"
#include "stream/stream.h"
#include "tunnel/tunnel.h"
#include "verdict/verdict.h"

/* What replaced HTTP in a dialogue. */
struct relay {
	struct channel channel;
	uint64_t at[2];   /* stream offsets where it began */
	int64_t from, to; /* ns: when it began; its latest packet */
};

/* What most dialogues never have, all of it from pools. */
struct further {
	struct handshake shake; /* what was asked for that may end HTTP */
	struct relay *relay;    /* what replaced HTTP here */
	struct dialogue *inner; /* the dialogue inside that channel */
	bool http2;             /* it went on as HTTP/2 */
	/* Of the conversation's own only: */
	struct encapsulation *encap; /* of the first segment; NULL when there is none */
	struct fired *fired;         /* which rules have spoken; NULL until one does */
	void *request;               /* the latest, while a rule reads it */
	struct gate *gate;           /* inline: what becomes of its packets */
	struct mask *mask;           /* its framing was lost by its own bytes: was the HTTP a disguise? */
	struct sanction sanction;    /* is its connection to be marked? */
	uint32_t rival;              /* place of a block in a pool, see rival.c; 0: none */
};
extern const struct further no_further;

/* One dialogue of HTTP.  The conversation's own is level 0; one that runs inside a channel is linked below it. */
struct dialogue {
	const struct further *further; /* from a pool, or no_further; written through further_of only */
	struct http_conn http;
	struct tunnel tunnel;
};

enum phase {
	WATCH_HTTP,    /* the deepest dialogue is being read */
	WATCH_UNSURE,  /* a handshake was answered oddly: the next bytes decide */
	WATCH_HTTP2,   /* the client may begin HTTP/2: does it? */
	WATCH_CHANNEL, /* HTTP is over: the channel is being named */
	WATCH_SETTLED  /* nothing more to learn: only counting */
};

/* Bytes that are no HTTP where HTTP should go on; see disguise.c. */
struct mask {
	uint64_t at[2];    /* where what is no HTTP begins; of a server's content, where that does */
	uint64_t heard[2]; /* where what was said ended at the last look */
	uint64_t burst[2]; /* where what was said latest, without the other side between, begins */
	uint8_t lost;      /* 1 << side whose framing was lost */
	uint8_t bare;      /* 1 << side that lost it at once, where its head had promised no content or chunks */
	uint8_t spilled;   /* 1 << side whose bytes were too many to be held */
	uint8_t opaque;    /* 1 << side whose bytes look like a cipher's, as far as they were held */
	uint8_t speaker;   /* enum side: who spoke last */
	uint8_t turns;     /* changes of the speaker since both sides said what may be no HTTP; stops at its largest */
	bool midway;       /* the server's content had begun before: what is there of it is not its beginning */
	bool foreign_answer; /* the server said something that may be no HTTP */
	bool waited;         /* the client's came when all was answered, or being answered */
	bool reply;          /* and nothing of that was outstanding: whatever the server says then is a reply */
	bool over;           /* it is decided, or cannot be: nothing is held any more */
	bool past; /* what the client lost was answered as if it had asked: how does it go on behind burst[CLIENT]? */
};

/* What a segment of content touches lies together: the head of the flow, the stream, and what follows it down to where HTTP begins
 * take five lines of the cache. */
struct watch {
	struct stream stream;
	uint64_t bytes[2];
	uint32_t packets[2];
	uint8_t phase;
	uint8_t interface;  /* of its first segment */
	uint16_t status;    /* of the latest final response of the conversation's own HTTP */
	uint16_t tries : 9; /* midstream: looks for the beginning of a message */
	uint16_t depth : 3;
	uint16_t label : 3; /* highest announced */
	uint8_t failed : 2; /* midstream: 1 << side that was seen to say something else than a message's beginning */
	bool begun : 1;     /* judged by its addresses */
	bool alerted : 1;   /* a rule has spoken */
	bool weighed : 1;   /* at least once */
	struct dialogue top;
	struct dossier dossier;
	struct verdict verdict; /* `state`: notes, doubts and waiting as they were when last weighed */
};
_Static_assert(sizeof(struct flow) + sizeof(struct watch) <= 488, "a conversation at rest is that, and no more");
_Static_assert((int)LABELS <= 8 && (int)MAX_NESTING < 8, "they fit");

struct pipeline {
	struct reporter *reporter, *table; /* table: may be NULL */
	struct decoder *decoder;
	struct flow_table *flows;
	struct clock *clock; /* that of `flows` */
	size_t flows_most;
	struct knocks *knocks;
	uint32_t knocks_looked; /* the second in which their time was last asked */
	struct kin_table *kin;
	struct stream_kit streams;
	struct http_kit https;
	struct tunnel_kit tunnels;
	struct channel_kit *channels;
	struct pool notes, records, relays, dialogues, encaps, masks, rivals, fired, requests,
	    furthers;           /* one for every dialogue */
	struct further nowhere; /* what is written there is lost */
	struct judge *judge;
	struct gatekeeper *gatekeeper; /* NULL: nothing waits for an answer */
	struct enforcer *enforcer;     /* NULL: nothing is marked */
	uint32_t moments;              /* those that a rule waits for */
	const char *source;
	const char *const *interfaces; /* NULL: frames come from files */
	uint64_t turn;                 /* twice the place of the frame that is carried; one more: behind it */
	bool ordered;                  /* records say where they belong */
	enum checksum_policy checksums;
	uint32_t alerts_per_s, alerts_told; /* in the second `alerts_at` */
	int64_t alerts_at;
	bool anomalies, strict_checksums, watch_tunnels, keeps_requests;
	struct report_stats stats;
};

/* One flow and its watch, as the carrier hands them around. */
struct seat {
	struct pipeline *p;
	struct flow *flow;
	struct watch *w;
	int64_t t;
};

/* pipeline.c: takes a frame in.  The conversation it belongs to, and its segment; NULL: to none. */
struct flow *carry_frame(struct pipeline *p, const struct frame *f, struct segment *seg);

/* carry.c: a conversation's first segment gives it its seat; each is carried to where it is read; at its end all is told, and the
 * conversation dropped. */
struct seat seat_of(struct pipeline *p, struct flow *f, int64_t t);
struct seat take_seat(struct pipeline *p, struct flow *f, const struct segment *first, unsigned interface);
void carry(const struct seat *at, const struct segment *seg);
void finish(const struct seat *at, enum ended why);

/* What nobody has read yet stays, and the packet's bytes are not needed any more; `from`: whose packet it was. */
void keep_unread(const struct seat *at, enum side from);

/* watch.c: a conversation's first segment, and its end; nothing more is to be learnt of it. */
void watch_begin(const struct seat *at, const struct segment *first);
void watch_end(const struct seat *at);
void settle(const struct seat *at);

/* To be written. */
struct further *further_of(struct pipeline *p, struct dialogue *d);

/* follow.c: reads what the streams have, as far as it goes.  `over`: no more will come. */
void follow(const struct seat *at, bool over);

/* Would that do nothing?  True where a plain conversation of HTTP is closed: 200 instructions less for each segment that does it. */
bool follow_rests(const struct seat *at);

/* show.c: an event that detectors may want to see; a conversation is over for them. */
void show_tunnels(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes);
void tunnels_end(const struct seat *at);

/* leave.c: an event that may move the handshake, and where that then stands. */
void step_handshake(const struct seat *at, struct dialogue *d, const struct http_event *ev, struct dossier *notes);
void after_handshake(const struct seat *at, struct dialogue *d, const struct http_event *ev);

/* Reads while that is unsure, HTTP/2 is agreed on, or a channel is to be named.  True when something changed. */
bool follow_unsure(const struct seat *at, bool over);
bool follow_http2(const struct seat *at, bool over);
bool follow_channel(const struct seat *at, bool over);

/* HTTP of this dialogue is over: what follows `last`, whose bytes are not eaten yet, is a channel. */
void begin_channel(const struct seat *at, struct dialogue *d, const struct http_event *last);

/* The dossier that a dialogue's notes go to: the conversation's own, or one that is thrown away. */
struct dossier *dossier_of(const struct seat *at, const struct dialogue *d, struct dossier *aside);

/* "SSH-2.0-OpenSSH_9" may be a method until its line ends. */
bool first_line_is_whole(struct slice s);

/* disguise.c: HTTP on the surface only. */

/* A side's framing was lost, a head came: taken into account. */
void disguise_lost(const struct seat *at, const struct http_event *ev);
void disguise_head(const struct seat *at, const struct http_event *ev);

/* A segment came: who speaks? */
void disguise_hear(const struct seat *at);

/* Are these bytes to be left where they are until more is known? */
bool disguise_holds(const struct seat *at, enum side side, const struct chunk *in);

/* Weighs what was seen; true when something changed: a channel began, or what was held is free. */
bool disguise_weigh(const struct seat *at, bool over);

/* rival.c: the same bytes in two versions. */
bool rival_init(struct pipeline *p, size_t flows, struct err *e) MUST_CHECK;
void rival_leave(const struct seat *at);

/* Is this segment put aside until it is acknowledged? */
bool rival_parks(const struct seat *at, const struct segment *seg, enum side from);

/* A segment was taken, with these oddities; its side had come to `next` before. */
void rival_hears(const struct seat *at, const struct segment *seg, enum side from, uint64_t odd, uint64_t next);

/* There is a second version of something: do the acknowledgements tell which is true? */
void rival_acked(const struct seat *at);

/* Nothing more will come: what was put aside and is not contradicted is read, but for an answer to a handshake. */
void rival_ends(const struct seat *at);

/* Of the server's bytes while a handshake waits: leaves what is to be believed.  True when they mean two things; then the
 * conversation is settled. */
bool rival_contests(const struct seat *at, struct chunk *in, bool over);

/* The deepest dialogue. */
static inline struct dialogue *watch_now(struct watch *w)
{
	struct dialogue *d = &w->top;
	while (d->further->inner != NULL)
		d = d->further->inner;
	return d;
}

static inline bool awaits_answer(const struct watch *w)
{
	const struct dialogue *d = &w->top;
	while (d->further->inner != NULL)
		d = d->further->inner;
	return d->http.side[CLIENT].state == HTTP_HELD;
}

/* Nothing more will come: what a conversation leaves unsaid is a note too. */
void watch_last_words(const struct seat *at);

/* judging.c: what is told to the rules. */
bool judging_init(struct pipeline *p, size_t flows, struct err *e) MUST_CHECK;
void judging_fini(struct pipeline *p);
size_t judging_reserved(const struct pipeline *p);
void judging_leave(const struct seat *at);
const struct facts_request *judging_request(const struct watch *w);

static inline bool judging_waits(const struct seat *at, enum moment m)
{
	return (at->p->moments & MOMENT_BIT(m)) != 0;
}

/* The conversation has begun, and is to be believed. */
void judging_begin(const struct seat *at);

/* Something has changed.  `f` is gathered already; `h`: the handshake it is about, of the dialogue `level`. */
void judging_at(const struct seat *at, enum moment m);
void judging_facts(
    const struct seat *at, struct facts *f, enum moment m, unsigned level, const struct handshake_record *h);

/* A message of the conversation's own HTTP. */
void judging_message(const struct seat *at, const struct http_event *ev);

/* tell.c: what is told to the reporter. */
void tell_gather(const struct seat *at, struct facts *f);
void tell_fresh_odd(const struct seat *at, uint64_t fresh, enum side from, uint64_t offset);
void tell_handshake(const struct seat *at, const struct dialogue *d, const struct handshake_record *h);
void tell_label(const struct seat *at, enum label before);
void tell_flow(const struct seat *at, enum ended why);

/* What is odd now and was not `before`; nearly always nothing. */
static inline void tell_odd(const struct seat *at, uint64_t before, enum side from, uint64_t offset)
{
	const uint64_t fresh = at->w->dossier.odd & ~before;
	if (fresh != 0)
		tell_fresh_odd(at, fresh, from, offset);
}

#endif
