/* pipeline -- the journey of a frame through the rooms; its `struct watch` is the only thing that holds a whole
 * conversation. */
#ifndef ENGINE_PIPELINE_H
#define ENGINE_PIPELINE_H

#include "base/err.h"
#include "capture/frame.h"
#include "decode/decode.h"
#include "enforce/order.h"
#include "report/report.h"
#include "rules/rules.h"
#include "stream/stream.h"
#include "tunnel/unwrap.h"

struct pipeline;

/* Packets wait for an answer (inline). */
struct gate_options {
	uint8_t policy[EXCEPTIONS]; /* enum policy */
	uint32_t mark, mask;    /* of packets of conversations that need not be asked about any more; mask 0: none */
	enum reply reject_with; /* what a client hears whose handshake is rejected */
};

struct pipeline_options {
	size_t flows;          /* conversations held at once */
	uint32_t alerts_per_s; /* told at most; 0: any number */
	enum checksum_policy checksums;
	enum overlap_policy overlaps;
	struct hash_key key;
	bool anomalies;                  /* write anomaly records */
	bool no_tunnels;                 /* do not look for tunnels in HTTP messages */
	struct unwrap *unwrap;           /* where what they carry is written; NULL: nowhere */
	const struct ruleset *rules;     /* NULL: none */
	const struct gate_options *gate; /* NULL: nothing waits for an answer */
	bool enforce;                    /* conversations are to be marked in the kernel */
};

struct pipeline *pipeline_new(const struct pipeline_options *o, struct reporter *r, struct err *e) MUST_CHECK;
void pipeline_free(struct pipeline *p);

/* The last part of this path goes into records as pcap_filename; it must live as long as the pipeline is used. */
void pipeline_source(struct pipeline *p, const char *name);

/* It is shown all frames of a run and follows only those conversations that fall to its part (decoder_share).  Frames are counted,
 * fragments put together and the clock is read as if it had all, so that conversations have the names, times and ends that they
 * have in one pipeline.  With `ordered`, the reporter is told where in the run each record belongs, and how far the run is. */
void pipeline_share(struct pipeline *p, unsigned part, unsigned parts, bool ordered);

/* Frames come from interfaces: names by frame.interface, for in_iface; they must live as long. */
void pipeline_interfaces(struct pipeline *p, const char *const *names);

/* Finished conversations are told there as well. */
void pipeline_table(struct pipeline *p, struct reporter *table);

/* Exchanges the rules; between two frames.  They must live as long as they are used; NULL: none. */
void pipeline_rules(struct pipeline *p, const struct ruleset *r);

void pipeline_frame(struct pipeline *p, const struct frame *f);

/* The same for up to PIPELINE_FRAMES that have come already, which takes less time than one after the other. */
enum { PIPELINE_FRAMES = 8 };
void pipeline_frames(struct pipeline *p, const struct frame *f, size_t count);

/* The same for a frame that waits for an answer. */
void pipeline_decide(struct pipeline *p, const struct frame *f);

/* What is to be answered after pipeline_decide, _tick or _drain: about the frame, unless it has to wait, and about such as have
 * waited.  Only until the next of these calls. */
const struct packet_answer *pipeline_answers(const struct pipeline *p, size_t *count);

/* The same as pipeline_frame where conversations are to be marked: what is to be asked for about that of the frame; mostly NULL.
 * Only until the next frame. */
const struct mark_order *pipeline_enforce(struct pipeline *p, const struct frame *f);

/* No frame has come for a while, and it is `now`: conversations whose time is over are concluded. */
void pipeline_tick(struct pipeline *p, int64_t now);

/* The source has ended: every conversation is concluded and reported. */
void pipeline_drain(struct pipeline *p);

/* Bytes that it takes at most, however hostile the traffic; nDPI's and the rules' own not counted. */
size_t pipeline_reserved(const struct pipeline *p);

/* The most conversations with which that is no more than `bytes`; 0: not even a few. */
size_t pipeline_fit(const struct pipeline_options *o, size_t bytes);

void pipeline_stats(const struct pipeline *p, struct report_stats *out);

#endif
