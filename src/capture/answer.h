/* answer -- what is to become of a packet that the kernel holds until it is told.
 *
 * Of a fixed size, and complete: who has the right to answer needs to look at no packet.  What goes out instead of a refused
 * packet is one of a few kinds, made from the numbers of `passage` alone (forge.h). */
#ifndef CAPTURE_ANSWER_H
#define CAPTURE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

enum fate { FATE_PASS, FATE_DROP, FATES };
const char *fate_name(enum fate f); /* "pass", "drop" */

/* What one end hears in place of a packet that was dropped. */
enum reply {
	REPLY_NONE,
	REPLY_RST,
	REPLY_403,
	REPLY_ASK, /* says where it stands; then that can be answered by a reset that it believes */
	REPLIES
};
const char *reply_name(enum reply r); /* "none", "rst", "403", "ask" */

/* The place in a conversation of the packet that was dropped: it went from `source` to `target`. */
struct passage {
	uint8_t source[16], target[16]; /* IPv4 in the first four bytes */
	uint16_t source_port, target_port;
	uint32_t seq, ack;
	uint32_t span; /* sequence numbers it took: bytes, SYN, FIN */
	bool ipv6, acks;
};

struct packet_answer {
	uint32_t token;               /* of the frame */
	uint32_t mark, mask;          /* bits of the packet's mark to be set so; mask 0: the mark stays */
	uint8_t fate;                 /* enum fate */
	uint8_t to_source, to_target; /* enum reply; of what was dropped */
	struct passage passage;       /* when there is a reply */
};

#endif
