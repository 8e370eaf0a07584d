/* limits -- every bound of the program in one place, each with its reason.
 *
 * A bound is what keeps hostile traffic from costing more than honest traffic: whatever is cut by one of these is
 * counted and named in the record, never guessed over.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum limits {
	/* capture */
	MAX_FRAME = 262144, /* libpcap's own largest snapshot length */

	/* decode */
	MAX_ENCAPSULATION = 8,    /* nobody nests deeper on purpose; a loop of headers stops here */
	MAX_IPV6_EXTENSIONS = 16, /* RFC 8200 lists six; more is an attack on the walker */
	MAX_FRAGMENT_SETS = 256,  /* datagrams being put together at once */
	MAX_FRAGMENTS = 64,       /* pieces of one datagram: 64 KiB in 1 KiB pieces */

	/* flow */
	MAX_FLOWS = 262144, /* default; an option raises it */

	/* stream */
	MAX_FLOW_BUFFER = 65536, /* bytes one side may leave unread: one head, or the hold after a handshake */
	MAX_HOLES = 32,          /* segments waiting behind holes, per side */
	MAX_HOLE_BYTES = 262144, /* bytes waiting behind holes, per side */
	MAX_STREAM_SHARE = 2304, /* bytes of buffers in all streams, for each conversation in the table */
	MAX_STREAM_MEMORY = MAX_FLOWS * MAX_STREAM_SHARE,

	/* http */
	MAX_HEAD = 65536,      /* one message head; Apache and nginx refuse at 8 to 32 KiB */
	MAX_FIELDS = 128,      /* field lines kept of one head; later ones are counted, not kept */
	MAX_PIPELINE = 64,     /* requests waiting for their response */
	MAX_CHUNK_LINE = 4096, /* a chunk-size line with its extensions */
	MAX_EMPTY_LINES = 64,  /* blank lines before a message; RFC 9112, 2.2 expects one */

	/* evidence */
	MAX_NOTES = 8, /* distinct notes kept for one conversation */

	/* handshake */
	MAX_HANDSHAKES = 4, /* handshakes kept for one conversation, the decisive one always */
	MAX_TARGET = 256,   /* a CONNECT target or Upgrade offer as kept for the record: RFC 1035 names are shorter */
	MAX_USER = 64,      /* a proxy user's name as kept */
	MAX_NESTING = 4,    /* dialogues inside relays inside dialogues */

	/* inline */
	MAX_HELD = 1024, /* packets that wait for the answer to a handshake, in all: an eighth of the kernel's queue */
	MAX_HELD_FLOW = 16,  /* of one conversation: what fits a first window */
	MAX_PIECE_SETS = 32, /* datagrams whose pieces wait for the others, where the kernel leaves them as they are */
	MAX_PIECES = 16,     /* of one of them: 9000 bytes in pieces for the shortest links of IPv4 */

	/* channel */
	MAX_CHANNEL_LOOK = 16640, /* bytes of a channel looked at: one TLS record and its header, and a bit */
	MAX_NDPI_BYTES = 1400,    /* bytes a side shown to nDPI; it holds memory in proportion */

	/* rules */
	MAX_ALERTS_S = 1000,       /* told in one second of packet time; replay has no such bound */
	MAX_LIMIT_ENTRIES = 65536, /* counts of limits and thresholds */

	/* report */
	MAX_STRING = 1024, /* one string from the wire, as written out */
	MAX_LINE = 32768,  /* one JSON line */
};

#endif
