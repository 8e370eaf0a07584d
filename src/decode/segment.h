/* segment -- one TCP segment, free of all that carried it. */
#ifndef DECODE_SEGMENT_H
#define DECODE_SEGMENT_H

#include "base/limits.h"
#include "base/slice.h"

struct endpoint {
	uint8_t addr[16]; /* network order; IPv4 in the first four bytes, the rest zero */
	uint16_t port;    /* host order */
};

/* Both directions of a conversation have the same key: `lo` compares lower, address then port. */
struct flow_key {
	struct endpoint lo, hi;
	uint32_t space; /* hash of interface, VLAN ids, VNI and the like: overlapping networks do not mix.  0: none */
	uint8_t ipv6;   /* 1 or 0 */
	uint8_t zero[3];
};

enum way { LO_TO_HI, HI_TO_LO };

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
	TCP_ECE = 0x40,
	TCP_CWR = 0x80
};

enum carrier {
	CARRIER_VLAN,
	CARRIER_PPPOE,
	CARRIER_MPLS,
	CARRIER_GRE,
	CARRIER_IPIP,
	CARRIER_6IN4,
	CARRIER_4IN6,
	CARRIER_6IN6,
	CARRIER_VXLAN,
	CARRIER_GENEVE,
	CARRIER_ERSPAN,
	CARRIERS
};

/* What was peeled off, outermost first: only the first `count` are set.  An id is the VLAN id, VNI, MPLS label,
 * GRE key or PPPoE session; 0 if none. */
struct encapsulation {
	uint8_t count;
	uint8_t kind[MAX_ENCAPSULATION]; /* enum carrier */
	uint32_t id[MAX_ENCAPSULATION];
};

const char *carrier_name(enum carrier c); /* "vlan", "gre", "6in4", ... */

struct segment {
	struct flow_key key;
	enum way way;
	uint32_t seq, ack;
	uint16_t window; /* unscaled */
	uint16_t urgent; /* pointer, 0 unless TCP_URG */
	uint8_t flags;   /* enum tcp_flag, or-ed */
	uint8_t ttl;
	int8_t window_shift; /* from the option on a SYN; -1: not there */
	bool has_timestamp;  /* RFC 7323 option */
	bool has_md5;        /* RFC 2385 option */
	bool ip_right; /* IPv4's checksum was, which its sender has yet to be credited with: decode_checksum does */
	uint32_t ts_value, ts_echo;
	uint32_t cut; /* payload bytes that IP's length promises but the capture did not keep */
	int64_t t;
	uint64_t turn;        /* its frame's place in the run; whoever has it decoded sets it */
	uint32_t tag;         /* flow_tag of `key`, where that has been asked for already; 0: it has not */
	struct slice tcp;     /* whole segment from the TCP header on, as kept: decode_checksum looks at it */
	struct slice payload; /* as kept in the capture; IP's length, never the frame's padding */
	struct encapsulation encap;
};

#endif
