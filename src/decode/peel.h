/* peel -- the room's own: a frame on its way to the segment inside it, one layer a step.
 *
 * Every step takes the bytes in `rest`, moves past its own header and says what comes next, so layers nest without
 * recursion.  A step that peels a carrier writes it down first (peel_carrier); when there is no more place for it the
 * frame is too deep, and that is what ends a loop of headers.
 */
#ifndef DECODE_PEEL_H
#define DECODE_PEEL_H

#include "decode/decode.h"
#include "decode/frag.h"
#include "decode/numbers.h"
#include "decode/senders.h"

enum step {
	STEP_ETHERNET,
	STEP_TYPE, /* what the EtherType in `type` says */
	STEP_PPP,  /* a PPP protocol number comes first */
	STEP_MPLS,
	STEP_IP,       /* IPv4 or IPv6 by the first four bits */
	STEP_PROTOCOL, /* what the IP protocol in `type` says */
	STEP_TCP,
	STEP_DONE, /* from here on: the outcomes, in the order of enum decoded */
	STEP_SEGMENT = STEP_DONE,
	STEP_OTHER,
	STEP_FRAGMENT,
	STEP_MALFORMED,
	STEP_TOO_DEEP,
	STEP_UNKNOWN_LINK,
	STEP_ELSEWHERE
};

struct decoder {
	struct decode_counters counters;
	enum checksum_policy policy;
	unsigned part, parts; /* parts 0: nothing is shared */
	struct frag frag;
	struct senders senders;
};

struct peel {
	struct decoder *d;
	struct segment *seg;      /* takes the carriers as they are met; all else at the end */
	struct slice rest;        /* bytes not yet peeled, as kept */
	size_t beyond;            /* bytes after `rest` that were sent but not kept */
	const uint8_t *src, *dst; /* addresses of the innermost IP header so far */
	int64_t t;
	uint32_t space;
	uint16_t type; /* an EtherType or an IP protocol: what `rest` is */
	uint8_t ttl;
	bool ipv6;
	bool ours; /* known already not to fall to another part */
};

/* Past the first `n` bytes of the rest, which must be there. */
static inline void peel_past(struct peel *p, size_t n)
{
	p->rest.at += n;
	p->rest.len -= n;
}

/* False when the frame is nested too deep. */
static inline bool peel_carrier(struct peel *p, enum carrier kind, uint32_t id)
{
	struct encapsulation *e = &p->seg->encap;
	if (e->count == MAX_ENCAPSULATION)
		return false;
	e->kind[e->count] = (uint8_t)kind;
	e->id[e->count++] = id;
	return true;
}

/* Joins a carrier's id to the space of the conversation.  Only for ids that are the same in both directions. */
void peel_space(struct peel *p, enum carrier kind, uint32_t id);

enum step link_begin(struct peel *p, int link);
enum step link_ethernet(struct peel *p);
enum step link_type(struct peel *p);
enum step link_ppp(struct peel *p);
enum step link_mpls(struct peel *p);
enum step link_llc(struct peel *p);

enum step wlan_peel(struct peel *p);
enum step wlan_radiotap(struct peel *p);

/* Do these bytes begin with an Ethernet header that leads to IP? */
bool link_is_ethernet(struct slice s);

enum step ip_peel(struct peel *p);

/* Past a header of IP that hangs on no frame before it, to TCP: IPv4 without options, whole, its sum right; IPv6 without extension
 * headers.  False: it is different, or odd. */
bool ip_peel_plain(struct peel *p);

enum step encap_ip(struct peel *p);
enum step encap_gre(struct peel *p);
enum step encap_udp(struct peel *p);

/* Is the sum of this IPv4 header right? */
bool checksum_ip_right(struct slice header);

/* May the header be believed, though its sum be wrong?  Credits the sender with a right one. */
bool checksum_ip(struct peel *p, struct slice header);

#endif
