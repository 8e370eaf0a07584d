/* packet -- what reading a file and listening to an interface share of libpcap.  Private to capture. */
#ifndef CAPTURE_PACKET_H
#define CAPTURE_PACKET_H

#include <errno.h>
#include <pcap/pcap.h>
#include "base/err.h"
#include "base/limits.h"
#include "capture/frame.h"

/* `unit`: nanoseconds in one of what tv_usec counts. */
static inline int64_t packet_time(const struct pcap_pkthdr *h, int64_t unit)
{
	int64_t t;
	if (__builtin_mul_overflow((int64_t)h->ts.tv_sec, INT64_C(1000000000), &t) ||
	    __builtin_add_overflow(t, (int64_t)h->ts.tv_usec * unit, &t))
		return h->ts.tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return t;
}

static inline struct frame packet_frame(
    const struct pcap_pkthdr *h, const uint8_t *bytes, int64_t unit, int link, uint64_t number)
{
	return (struct frame){
		.bytes = slice_head((struct slice){ bytes, h->caplen }, MAX_FRAME),
		.wire_len = h->len > h->caplen ? h->len : h->caplen,
		.t = packet_time(h, unit),
		.link = link,
		.number = number,
	};
}

/* EINVAL when the expression cannot be used. */
static inline bool packet_filter(
    pcap_t *pcap, struct bpf_program *program, const char *filter, const char *where, struct err *e)
{
	if (pcap_compile(pcap, program, filter, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return true;
	return err_set_code(e, EINVAL, where, "filter \"%s\": %s", filter, pcap_geterr(pcap));
}

#endif
