/* caps -- every bound that traffic can reach, in one table: what it is by default, what it bounds, what happens there.
 *
 * How often each was reached is counted (report_stats.caps), told in the stats record and served as a metric; `culvert list
 * caps` and docs/SECURITY.md print the table.  CAP(NAME, "name", default, "unit", "what it bounds", "what happens").
 */
#ifndef REPORT_CAPS_H
#define REPORT_CAPS_H

#include <stdint.h>

#define CAP_LIST(CAP)                                                                                                \
	CAP(FLOWS, "flows", MAX_FLOWS, "conversations", "conversations held at once (--flows, --memory)",            \
	    "what matters least is concluded, doubt evicted; inline: exception flow-table")                          \
	CAP(HALF_OPEN, "half-open", MAX_FLOWS, "conversations", "SYNs without an answer (as flows)",                 \
	    "the oldest is counted as undecided, without a record; so are all while over 65536 wait")                \
	CAP(UNREAD, "unread", MAX_FLOW_BUFFER, "bytes", "of one side, left unread",                                  \
	    "they are dropped: a hole, doubt cap; inline: exception reassembly")                                     \
	CAP(HOLES, "holes", MAX_HOLES, "pieces", "of one side, waiting behind a hole", "the hole is given up: lost") \
	CAP(HOLE_BYTES, "hole-bytes", MAX_HOLE_BYTES, "bytes", "of one side, waiting behind a hole",                 \
	    "the hole is given up: lost")                                                                            \
	CAP(STREAM_MEMORY, "stream-memory", MAX_STREAM_MEMORY, "bytes", "buffers of all streams (by --flows)",       \
	    "as unread and holes: what came last is not kept")                                                       \
	CAP(HEAD, "head", MAX_HEAD, "bytes", "one message head", "the dialogue is given up: doubt, undecided")       \
	CAP(FIELDS, "fields", MAX_FIELDS, "field lines", "kept of one head", "later ones are passed over")           \
	CAP(PIPELINE, "pipeline", MAX_PIPELINE, "requests", "waiting for their answers",                             \
	    "more are left unread; when these are too many, the oldest is forgotten")                                \
	CAP(NESTING, "nesting", MAX_NESTING, "dialogues", "inside relays inside dialogues",                          \
	    "what is deeper is a channel")                                                                           \
	CAP(NDPI_BYTES, "ndpi-bytes", MAX_NDPI_BYTES, "bytes",                                                       \
	    "of one side shown to nDPI, one conversation at a time", "the rest is not shown")                        \
	CAP(KIN, "kin", MAX_FLOWS / 2 + 64, "pairs", "of hosts seen together (by --flows)",                          \
	    "the one longest without a connection is forgotten, or the new one not kept")                            \
	CAP(NOTEBOOKS, "notebooks", MAX_FLOWS, "conversations", "looked at by detectors of tunnels (by --flows)",    \
	    "the conversation is not looked at by them")                                                             \
	CAP(GROUPS, "groups", MAX_FLOWS / 4, "groups", "of requests to one place (by --flows)",                      \
	    "the one longest unused is forgotten")                                                                   \
	CAP(ENCAPSULATION, "encapsulation", MAX_ENCAPSULATION, "layers", "around one segment",                       \
	    "the packet is passed over")                                                                             \
	CAP(DATAGRAMS, "datagrams", MAX_FRAGMENT_SETS, "datagrams", "being put together",                            \
	    "the one that waited longest is given up")                                                               \
	CAP(FRAGMENTS, "fragments", MAX_FRAGMENTS, "pieces", "of one datagram", "the datagram is given up")          \
	CAP(STRING, "string", MAX_STRING, "bytes", "one string from the wire, in a record", "it is cut: truncated")  \
	CAP(LINE, "line", MAX_LINE, "bytes", "one record", "its strings are left out: truncated")                    \
	CAP(ALERTS, "alerts", MAX_ALERTS_S, "alerts a second",                                                       \
	    "told by one worker (--alerts-per-second; replay: no bound)",                                            \
	    "the alert is held back, and counted as suppressed")                                                     \
	CAP(LIMITS, "limits", MAX_LIMIT_ENTRIES, "counts", "of limits and thresholds of rules",                      \
	    "the one longest unused is forgotten")                                                                   \
	CAP(HELD, "held", MAX_HELD, "packets", "waiting for the answer to a handshake (inline)", "exception held")

#define CAP_ENUM(name, word, value, unit, bounds, then) CAP_##name,
enum cap { CAP_LIST(CAP_ENUM) CAPS };
#undef CAP_ENUM

struct cap_row {
	const char *name, *unit, *bounds, *then;
	uint64_t value; /* by default */
};

const struct cap_row *cap_row(enum cap c);

#endif
