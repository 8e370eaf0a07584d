/* wire -- builds Ethernet frames with a TCP segment inside, for tests: right lengths and checksums, plain or wrapped. */
#ifndef LIB_WIRE_H
#define LIB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_wrap { WIRE_PLAIN, WIRE_VLAN, WIRE_QINQ, WIRE_GRE, WIRE_VXLAN, WIRE_WRAPS };

enum wire_flag { WIRE_FIN = 0x01, WIRE_SYN = 0x02, WIRE_RST = 0x04, WIRE_PSH = 0x08, WIRE_ACK = 0x10 };

enum { WIRE_LINK = 1 /* Ethernet */, WIRE_MOST = 65535 + 200 };

/* A pair of hosts; side 0 is the client. */
struct wire {
	bool ipv6;
	enum wire_wrap wrap;
	uint8_t addr[2][16]; /* IPv4 in the first four bytes */
	uint16_t port[2];
};

struct wire_segment {
	unsigned from;
	uint32_t seq, ack;
	uint8_t flags; /* a SYN carries the options of an ordinary one */
	const uint8_t *at;
	size_t len;
};

/* Client number `n` (from 1) of a family of hosts; the server is the same for all. */
void wire_hosts(struct wire *w, bool ipv6, unsigned n, uint16_t client_port, uint16_t server_port);

/* Writes the frame to `out`, which holds WIRE_MOST bytes; returns its length. */
size_t wire_frame(uint8_t *out, const struct wire *w, const struct wire_segment *s);

#endif
