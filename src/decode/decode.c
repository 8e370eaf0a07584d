#include "decode/decode.h"

#include <stdlib.h>
#include "decode/peel.h"

#define ODD UINT64_C(0x9e3779b97f4a7c15)

/* Of IPv4's bytes 6 to 13: whether more fragments follow, the offset, and the protocol. */
#define FRAGMENT_AND_PROTOCOL UINT64_C(0x3fff00ff00000000)

enum {
	IPV4_LEN = 20,
	TCP_LEN = 20,
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_SCALE = 3,
	OPTION_TIMESTAMP = 8,
	OPTION_MD5 = 19,
	MAX_SCALE = 14 /* RFC 7323, 2.3 */
};

struct decoder *decoder_new(enum checksum_policy policy, struct hash_key key, struct err *e)
{
	struct decoder *d = calloc(1, sizeof *d);
	if (d == NULL) {
		err_set_sys(e, "decoder", "no memory");
		return NULL;
	}
	d->policy = policy;
	d->senders.key = (struct hash_key){ hash_bytes(key, "senders", 7), hash_bytes(key, "of checksums", 12) };
	if (!frag_init(&d->frag, key, e)) {
		free(d);
		return NULL;
	}
	return d;
}

void decoder_free(struct decoder *d)
{
	if (d == NULL)
		return;
	frag_fini(&d->frag);
	free(d);
}

void decoder_begin(struct decoder *d)
{
	d->senders = (struct senders){ .key = d->senders.key };
}

size_t decoder_reserved(const struct decoder *d)
{
	return sizeof *d + frag_reserved(&d->frag);
}

void decoder_policy(struct decoder *d, enum checksum_policy policy)
{
	d->policy = policy;
}

void decoder_share(struct decoder *d, unsigned part, unsigned parts)
{
	d->part = part;
	d->parts = parts;
}

/* Mixed by multiplication; the same in every run, as flow ids depend on it.  0 is left to conversations without. */
void peel_space(struct peel *p, enum carrier kind, uint32_t id)
{
	if (id == 0)
		return;
	uint64_t x = ((uint64_t)p->space << 32 | id) + ((uint64_t)kind + 1) * ODD;
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	p->space = (uint32_t)(x >> 32);
	if (p->space == 0)
		p->space = 1;
}

static void take_timestamp(struct segment *s, const uint8_t *at)
{
	s->has_timestamp = true;
	s->ts_value = read_be32(at);
	s->ts_echo = read_be32(at + 4);
}

/* Two NOPs and a timestamp: what nearly every segment has that has any (RFC 7323, appendix A). */
static bool is_timestamp_alone(struct slice options)
{
	static const uint8_t start[4] = { OPTION_NOP, OPTION_NOP, OPTION_TIMESTAMP, 10 };
	return options.len == 12 && memcmp(options.at, start, sizeof start) == 0;
}

/* A length that cannot be ends the list: what stood before it holds (RFC 9293, 3.1). */
static void take_options(struct segment *s, struct slice options)
{
	size_t at = 0;
	if (is_timestamp_alone(options)) {
		take_timestamp(s, options.at + 4);
		return;
	}
	while (at < options.len && options.at[at] != OPTION_END) {
		if (options.at[at] == OPTION_NOP) {
			at++;
			continue;
		}
		const struct slice option = slice_from(options, at);
		if (option.len < 2 || option.at[1] < 2 || option.at[1] > option.len)
			return;
		if (option.at[0] == OPTION_SCALE && option.at[1] == 3 && (s->flags & TCP_SYN) != 0)
			s->window_shift = option.at[2] < MAX_SCALE ? (int8_t)option.at[2] : MAX_SCALE;
		if (option.at[0] == OPTION_TIMESTAMP && option.at[1] == 10)
			take_timestamp(s, option.at + 2);
		s->has_md5 |= option.at[0] == OPTION_MD5;
		at += option.at[1];
	}
}

/* The two lengths apart, so that each is a few moves of known size. */
static inline void set_endpoint(struct endpoint *e, const uint8_t *address, bool ipv6, uint16_t port)
{
	if (ipv6) {
		memcpy(e->addr, address, 16);
	} else {
		memset(e->addr, 0, sizeof e->addr);
		memcpy(e->addr, address, 4);
	}
	e->port = port;
}

static inline int order_of(const struct peel *p)
{
	if (p->ipv6)
		return memcmp(p->src, p->dst, 16);
	const uint32_t src = read_be32(p->src), dst = read_be32(p->dst);
	return (src > dst) - (src < dst);
}

static ALWAYS_INLINE void set_key(const struct peel *p, struct segment *s, uint16_t from, uint16_t to)
{
	int order = order_of(p);
	if (order == 0)
		order = from - to;
	s->way = order <= 0 ? LO_TO_HI : HI_TO_LO;
	set_endpoint(order <= 0 ? &s->key.lo : &s->key.hi, p->src, p->ipv6, from);
	set_endpoint(order <= 0 ? &s->key.hi : &s->key.lo, p->dst, p->ipv6, to);
	s->key.space = p->space;
	s->key.ipv6 = p->ipv6;
	memset(s->key.zero, 0, sizeof s->key.zero);
}

static inline uint64_t sum_of_words(const uint8_t *a, const uint8_t *b)
{
	uint64_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x + y;
}

/* By what was made of addresses and network: the same in every process, and of both ways.  Mixed by multiplication. */
static inline bool is_of_others(const struct decoder *d, uint64_t mix)
{
	return (mix * ODD >> 32) * d->parts >> 32 != d->part;
}

static inline uint64_t mix_of_ipv4(uint32_t space, const uint8_t *src, const uint8_t *dst)
{
	return space ^ ((uint64_t)read_be32(src) + read_be32(dst));
}

static inline bool falls_elsewhere(const struct peel *p)
{
	if (!p->ipv6)
		return is_of_others(p->d, mix_of_ipv4(p->space, p->src, p->dst));
	const uint64_t first = (p->space ^ sum_of_words(p->src, p->dst)) * ODD;
	return is_of_others(p->d, first >> 32 ^ sum_of_words(p->src + 8, p->dst + 8));
}

/* Made anew where it is called: what is plain is known to be of IPv4 and ours. */
static ALWAYS_INLINE enum step peel_tcp(struct peel *p)
{
	struct segment *s = p->seg;
	const struct slice tcp = p->rest;
	if (tcp.len < TCP_LEN)
		return STEP_MALFORMED;
	const uint8_t *at = tcp.at;
	const size_t len = (size_t)(at[12] >> 4) * 4;
	if (len < TCP_LEN || len > tcp.len)
		return STEP_MALFORMED;
	if (p->d->parts > 1 && !p->ours && falls_elsewhere(p))
		return STEP_ELSEWHERE;
	set_key(p, s, read_be16(at), read_be16(at + 2));
	s->seq = read_be32(at + 4);
	s->ack = read_be32(at + 8);
	s->flags = at[13];
	s->window = read_be16(at + 14);
	s->urgent = (s->flags & TCP_URG) != 0 ? read_be16(at + 18) : 0;
	s->ttl = p->ttl;
	s->window_shift = -1;
	s->has_timestamp = s->has_md5 = false;
	s->ts_value = s->ts_echo = 0;
	take_options(s, (struct slice){ at + TCP_LEN, len - TCP_LEN });
	s->payload = slice_from(tcp, len);
	s->cut = (uint32_t)p->beyond;
	s->t = p->t;
	s->tcp = tcp;
	return STEP_SEGMENT;
}

static enum step peel_protocol(struct peel *p)
{
	switch (p->type) {
	case PROTOCOL_TCP:
		return STEP_TCP;
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		return encap_ip(p);
	case PROTOCOL_UDP:
		return encap_udp(p);
	case PROTOCOL_GRE:
		return encap_gre(p);
	case PROTOCOL_MPLS:
		return STEP_MPLS;
	default:
		return STEP_OTHER;
	}
}

static enum step peel_step(struct peel *p, enum step step)
{
	switch (step) {
	case STEP_ETHERNET:
		return link_ethernet(p);
	case STEP_TYPE:
		return link_type(p);
	case STEP_PPP:
		return link_ppp(p);
	case STEP_MPLS:
		return link_mpls(p);
	case STEP_IP:
		return ip_peel(p);
	case STEP_PROTOCOL:
		return peel_protocol(p);
	case STEP_TCP:
		return peel_tcp(p);
	default:
		return STEP_OTHER;
	}
}

/* TCP in IPv4 without options, in no fragment, in Ethernet, whole, and its header's sum right: nearly all traffic.  The datagram; empty:
 * it is different, or odd, and goes layer by layer. */
static inline struct slice plain_datagram(const struct frame *f)
{
	const uint8_t *at = f->bytes.at, *ip = at + ETHERNET_LEN;
	const size_t len = f->bytes.len;
	if (f->link != LINK_ETHERNET || len < ETHERNET_LEN + IPV4_LEN + TCP_LEN || f->wire_len > len)
		return (struct slice){ 0 };
	/* EtherType, version and lengths; then fragment and protocol: two comparisons instead of five. */
	const uint64_t type = read_be64(at + ETHERNET_TYPE_AT), fragment = read_be64(ip + 6);
	const size_t total = type >> 16 & 0xffff;
	if (type >> 40 != (TYPE_IPV4 << 8 | 0x45) ||
	    (fragment & FRAGMENT_AND_PROTOCOL) != (uint64_t)PROTOCOL_TCP << 32 || total < IPV4_LEN + TCP_LEN ||
	    total > len - ETHERNET_LEN || !checksum_ip_right((struct slice){ ip, IPV4_LEN }))
		return (struct slice){ 0 };
	return (struct slice){ ip, total };
}

static inline bool is_ipv4_in_ethernet(const struct frame *f)
{
	return f->link == LINK_ETHERNET && f->bytes.len >= ETHERNET_LEN &&
	       read_be16(f->bytes.at + ETHERNET_TYPE_AT) == TYPE_IPV4;
}

/* In one step instead of five, which saves a third of all that decoding takes. */
static ALWAYS_INLINE enum step peel_plain(struct peel *p, struct slice datagram)
{
	const uint8_t *ip = datagram.at;
	p->ttl = ip[8];
	p->src = ip + 12;
	p->dst = ip + 16;
	p->rest = slice_from(datagram, IPV4_LEN);
	p->ours = true;
	p->seg->ip_right = true;
	return peel_tcp(p);
}

/* What N - 1 of N decoders are shown is told before anything is laid out for it. */
static inline bool passes_over(const struct decoder *d, const struct frame *f, struct slice datagram)
{
	if (d->parts <= 1 || datagram.len == 0)
		return false;
	const uint8_t *ip = datagram.at;
	const size_t header = (size_t)(ip[IPV4_LEN + 12] >> 4) * 4;
	return header >= TCP_LEN && header <= datagram.len - IPV4_LEN &&
	       is_of_others(d, mix_of_ipv4(f->interface, ip + 12, ip + 16));
}

static inline struct peel begin_peel(struct decoder *d, const struct frame *f, struct segment *out)
{
	out->encap.count = 0;
	out->ip_right = false;
	out->tag = 0;
	return (struct peel){
		.d = d,
		.seg = out,
		.rest = f->bytes,
		.beyond = f->wire_len > f->bytes.len ? f->wire_len - f->bytes.len : 0,
		.t = f->t,
		.space = f->interface,
	};
}

/* Apart, so that what is plain is decoded where it is asked for. */
static NOT_INLINE enum decoded peel_layers(struct decoder *d, const struct frame *f, struct segment *out)
{
	struct peel p = begin_peel(d, f, out);
	enum step step = link_begin(&p, f->link);
	while (step < STEP_DONE)
		step = peel_step(&p, step);
	return (enum decoded)(step - STEP_DONE);
}

/* Whatever carries it in one link: VLANs, MPLS, PPP, IPv6, cooked captures.  None of these steps changes the decoder. */
static NOT_INLINE enum decoded decode_linked(struct decoder *d, const struct frame *f, struct segment *out)
{
	struct peel p = begin_peel(d, f, out);
	enum step step = link_begin(&p, f->link);
	while (step < STEP_IP)
		step = peel_step(&p, step);
	if (step != STEP_IP)
		return step >= STEP_DONE ? (enum decoded)(step - STEP_DONE) : DECODED_LATER;
	return ip_peel_plain(&p) ? (enum decoded)(peel_tcp(&p) - STEP_DONE) : DECODED_LATER;
}

/* `plain` is its datagram, or empty. */
static ALWAYS_INLINE enum decoded decode_ours(
    struct decoder *d, const struct frame *f, struct slice plain, struct segment *out)
{
	if (plain.len == 0)
		return is_ipv4_in_ethernet(f) ? DECODED_LATER : decode_linked(d, f, out);
	struct peel p = begin_peel(d, f, out);
	return (enum decoded)(peel_plain(&p, plain) - STEP_DONE);
}

/* First whose they are, then what they are.  Whose the next one is nobody can foretell, nor can a processor: asked by a jump, it
 * would go the wrong way every other time, here and wherever frames are gone through after this. */
static NOT_INLINE size_t decode_share(struct decoder *d, const struct frame *f, size_t count, struct early *out)
{
	struct early *end = out;
	for (size_t i = 0; i < count; i++) {
		end->frame = i;
		end->datagram = plain_datagram(&f[i]);
		end += !passes_over(d, &f[i], end->datagram);
	}
	for (struct early *e = out; e < end; e++)
		e->result = decode_ours(d, &f[e->frame], e->datagram, &e->segment);
	return (size_t)(end - out);
}

size_t decode_early(struct decoder *d, const struct frame *f, size_t count, struct early *out)
{
	if (d->parts > 1)
		return decode_share(d, f, count, out);
	for (size_t i = 0; i < count; i++) {
		out[i].frame = i;
		out[i].result = decode_ours(d, &f[i], plain_datagram(&f[i]), &out[i].segment);
	}
	return count;
}

void decode_turns(struct decoder *d, enum decoded result, uint64_t count)
{
	d->counters.frames += count;
	d->counters.by_result[result] += count;
}

enum decoded decode(struct decoder *d, const struct frame *f, struct segment *out)
{
	frag_release(&d->frag);
	const struct slice plain = plain_datagram(f);
	enum decoded result = passes_over(d, f, plain) ? DECODED_ELSEWHERE : decode_ours(d, f, plain, out);
	if (result == DECODED_LATER)
		result = peel_layers(d, f, out);
	decode_turns(d, result, 1);
	return result;
}

const struct decode_counters *decode_counters(struct decoder *d)
{
	d->counters.fragments_dropped = d->frag.dropped;
	d->counters.datagrams_evicted = d->frag.evicted;
	d->counters.datagrams_too_many = d->frag.too_many;
	return &d->counters;
}

const char *decoded_name(enum decoded d)
{
	static const char *const names[DECODED_KINDS] = {
		[DECODED_SEGMENT] = "segment",
		[DECODED_OTHER] = "other",
		[DECODED_FRAGMENT] = "fragment",
		[DECODED_MALFORMED] = "malformed",
		[DECODED_TOO_DEEP] = "too-deep",
		[DECODED_UNKNOWN_LINK] = "unknown-link",
		[DECODED_ELSEWHERE] = "elsewhere",
	};
	return (unsigned)d < DECODED_KINDS ? names[d] : "unknown";
}
