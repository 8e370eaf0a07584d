/* GRE, IP in IP and the overlays: what is inside, under which name, in which space; and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "packet.h"

enum { RAW = 12, UDP = 17, GRE = 47 };

/* What lies between the outer IP header and the inner one. */
struct row {
	const char *name;
	unsigned protocol; /* of the outer header */
	unsigned port;     /* with UDP */
	struct slice between;
	bool outer_ipv6, inner_ipv6;
	enum decoded got;
	const char *carriers;
	bool space;
};

#define MACS   "\x02\0\0\0\0\1\x02\0\0\0\0\2"
#define ETHER  MACS "\x08\0"
#define ETHER6 MACS "\x86\xdd"

static const struct row rows[] = {
	{ "ip in ip", 4, 0, SLICE(""), false, false, DECODED_SEGMENT, "ipip/0", false },
	{ "6 in 4", 41, 0, SLICE(""), false, true, DECODED_SEGMENT, "6in4/0", false },
	{ "4 in 6", 4, 0, SLICE(""), true, false, DECODED_SEGMENT, "4in6/0", false },
	{ "6 in 6", 41, 0, SLICE(""), true, true, DECODED_SEGMENT, "6in6/0", false },
	{ "6 in 4 that is 4", 41, 0, SLICE(""), false, false, DECODED_MALFORMED, "", false },
	{ "ip in ip that is 6", 4, 0, SLICE(""), false, true, DECODED_MALFORMED, "", false },
	{ "mpls in ip", 137, 0, SLICE("\0\2\1\x40"), false, false, DECODED_SEGMENT, "mpls/32", false },
	{ "gre", GRE, 0, SLICE("\0\0\x08\0"), false, false, DECODED_SEGMENT, "gre/0", false },
	{ "gre over ipv6", GRE, 0, SLICE("\0\0\x86\xdd"), true, true, DECODED_SEGMENT, "gre/0", false },
	{ "gre checksum", GRE, 0, SLICE("\x80\0\x08\0\1\2\0\0"), false, false, DECODED_SEGMENT, "gre/0", false },
	{ "gre key", GRE, 0, SLICE("\x20\0\x08\0\0\0\0\7"), false, false, DECODED_SEGMENT, "gre/7", true },
	{ "gre sequence", GRE, 0, SLICE("\x10\0\x08\0\0\0\0\7"), false, false, DECODED_SEGMENT, "gre/0", false },
	{ "gre all", GRE, 0, SLICE("\xb0\0\x08\0\1\2\0\0\0\0\0\7\0\0\0\1"), false, false, DECODED_SEGMENT, "gre/7",
	    true },
	{ "gre route", GRE, 0, SLICE("\x40\0\x08\0\0\0\0\0\x08\0\0\4\1\2\3\4\0\0\0\0"), false, false, DECODED_SEGMENT,
	    "gre/0", false },
	{ "gre route without end", GRE, 0, SLICE("\x40\0\x08\0\0\0\0\0\x08\0\0\xff\1\2\3\4"), false, false,
	    DECODED_MALFORMED, "", false },
	{ "gre ethernet", GRE, 0, SLICE("\0\0\x65\x58" ETHER), false, false, DECODED_SEGMENT, "gre/0", false },
	{ "gre ethernet vlan", GRE, 0, SLICE("\0\0\x65\x58" MACS "\x81\0\0\7\x86\xdd"), false, true, DECODED_SEGMENT,
	    "gre/0 vlan/7", true },
	{ "nvgre", GRE, 0, SLICE("\x20\0\x65\x58\0\x50\0\xab" ETHER), false, false, DECODED_SEGMENT, "gre/5243051",
	    true },
	{ "gre mpls", GRE, 0, SLICE("\0\0\x88\x47\0\2\1\x40"), false, false, DECODED_SEGMENT, "gre/0 mpls/32", false },
	{ "gre ppp", GRE, 0, SLICE("\0\0\x88\x0b\xff\3\0\x21"), false, false, DECODED_SEGMENT, "gre/0", false },
	{ "gre keepalive", GRE, 0, SLICE("\0\0\0\0"), false, false, DECODED_OTHER, "", false },
	{ "gre version 2", GRE, 0, SLICE("\0\2\x08\0"), false, false, DECODED_OTHER, "", false },
	{ "pptp", GRE, 0, SLICE("\x30\1\x88\x0b\0\x40\0\x09\0\0\0\1\xff\3\0\x21"), false, false, DECODED_SEGMENT,
	    "gre/9", false },
	{ "pptp with ack", GRE, 0, SLICE("\x30\x81\x88\x0b\0\x40\0\x09\0\0\0\1\0\0\0\1\x21"), false, false,
	    DECODED_SEGMENT, "gre/9", false },
	{ "pptp ack alone", GRE, 0, SLICE("\x20\x81\x88\x0b\0\0\0\x09\0\0\0\1"), false, false, DECODED_OTHER, "",
	    false },
	{ "pptp without a key", GRE, 0, SLICE("\x10\1\x88\x0b\0\0\0\1\xff\3\0\x21"), false, false, DECODED_MALFORMED,
	    "", false },
	{ "erspan 1", GRE, 0, SLICE("\0\0\x88\xbe" ETHER), false, false, DECODED_SEGMENT, "erspan/0", false },
	{ "erspan 2", GRE, 0, SLICE("\x10\0\x88\xbe\0\0\0\1\x10\7\x18\x64\0\0\0\1" ETHER), false, false,
	    DECODED_SEGMENT, "erspan/100", false },
	{ "erspan 2 vlan", GRE, 0, SLICE("\x10\0\x88\xbe\0\0\0\1\x10\7\x18\x64\0\0\0\1" MACS "\x81\0\0\7\x08\0"), false,
	    false, DECODED_SEGMENT, "erspan/100 vlan/7", true },
	{ "erspan 3", GRE, 0, SLICE("\x10\0\x22\xeb\0\0\0\1\x20\7\0\x64tttt\0\0\0\0" ETHER), false, false,
	    DECODED_SEGMENT, "erspan/100", false },
	{ "erspan 3, more", GRE, 0, SLICE("\x10\0\x22\xeb\0\0\0\1\x20\7\0\x64tttt\0\0\0\1platform" ETHER6), false, true,
	    DECODED_SEGMENT, "erspan/100", false },
	{ "erspan of version 3", GRE, 0, SLICE("\x10\0\x88\xbe\0\0\0\1\x30\7\x18\x64\0\0\0\1" ETHER), false, false,
	    DECODED_OTHER, "", false },
	{ "aruba", GRE, 0, SLICE("\0\0\x82\1\x08\1\0\0" MACS "\2\0\0\0\0\3\x10\0\xaa\xaa\3\0\0\0\x08\0"), false, false,
	    DECODED_SEGMENT, "gre/0", false },
	{ "vxlan", UDP, 4789, SLICE("\x08\0\0\0\0\0\x2a\0" ETHER), false, false, DECODED_SEGMENT, "vxlan/42", true },
	{ "vxlan vni 0", UDP, 4789, SLICE("\x08\0\0\0\0\0\0\0" ETHER), false, false, DECODED_SEGMENT, "vxlan/0",
	    false },
	{ "vxlan over ipv6", UDP, 4789, SLICE("\x08\0\0\0\0\0\x2a\0" ETHER6), true, true, DECODED_SEGMENT, "vxlan/42",
	    true },
	{ "vxlan at linux's port", UDP, 8472, SLICE("\x08\0\0\0\0\0\x2a\0" ETHER), false, false, DECODED_SEGMENT,
	    "vxlan/42", true },
	{ "vxlan, policy group", UDP, 4789, SLICE("\x88\x08\0\5\0\0\x2a\0" ETHER), false, false, DECODED_SEGMENT,
	    "vxlan/42", true },
	{ "vxlan, reserved bits", UDP, 4789, SLICE("\xff\1\xd1\xf2\0\0\x0b\1" ETHER), false, false, DECODED_SEGMENT,
	    "vxlan/11", true },
	{ "vxlan, vlan inside", UDP, 4789, SLICE("\x08\0\0\0\0\0\x2a\0" MACS "\x81\0\0\7\x08\0"), false, false,
	    DECODED_SEGMENT, "vxlan/42 vlan/7", true },
	{ "vxlan without an id", UDP, 4789, SLICE("\0\0\0\0\0\0\x2a\0" ETHER), false, false, DECODED_OTHER, "", false },
	{ "vxlan at another port", UDP, 4788, SLICE("\x08\0\0\0\0\0\x2a\0" ETHER), false, false, DECODED_OTHER, "",
	    false },
	{ "no vxlan", UDP, 4789, SLICE("\x08\0\0\0\0\0\x2a\0not an Ethernet header"), false, false, DECODED_OTHER, "",
	    false },
	{ "vxlan of a type that lies", UDP, 4789, SLICE("\x08\0\0\0\0\0\x2a\0" ETHER6), false, false, DECODED_OTHER, "",
	    false },
	{ "gpe ethernet", UDP, 4790, SLICE("\x0c\0\0\3\0\0\x2a\0" ETHER), false, false, DECODED_SEGMENT, "vxlan/42",
	    true },
	{ "gpe ipv4", UDP, 4790, SLICE("\x0c\0\0\1\0\0\x2a\0"), false, false, DECODED_SEGMENT, "vxlan/42", true },
	{ "gpe ipv6", UDP, 4790, SLICE("\x0c\0\0\2\0\0\x2a\0"), false, true, DECODED_SEGMENT, "vxlan/42", true },
	{ "gpe network service header", UDP, 4790, SLICE("\x0c\0\0\4\0\0\x2a\0"), false, false, DECODED_OTHER, "",
	    false },
	{ "geneve", UDP, 6081, SLICE("\0\0\x65\x58\0\0\x2a\0" ETHER), false, false, DECODED_SEGMENT, "geneve/42",
	    true },
	{ "geneve, options", UDP, 6081, SLICE("\2\x40\x65\x58\0\0\x2a\0optional" ETHER), false, false, DECODED_SEGMENT,
	    "geneve/42", true },
	{ "geneve ipv6", UDP, 6081, SLICE("\0\0\x86\xdd\0\0\x2a\0"), false, true, DECODED_SEGMENT, "geneve/42", true },
	{ "geneve version 1", UDP, 6081, SLICE("\x40\0\x65\x58\0\0\x2a\0" ETHER), false, false, DECODED_OTHER, "",
	    false },
	{ "geneve control", UDP, 6081, SLICE("\0\x80\x65\x58\0\0\x2a\0" ETHER), false, false, DECODED_OTHER, "",
	    false },
	{ "no geneve", UDP, 6081, SLICE("\0\0\x12\x34\0\0\x2a\0"), false, false, DECODED_OTHER, "", false },
	{ "geneve, options beyond the end", UDP, 6081, SLICE("\x3f\0\x08\0\0\0\x2a\0"), false, false, DECODED_MALFORMED,
	    "", false },
	{ "icmp with tcp inside", 1, 0, SLICE("\3\1\0\0\0\0\0\0"), false, false, DECODED_OTHER, "", false },
};

static void outer(struct packet *p, const struct row *r)
{
	packet_bytes(p, r->between);
	if (r->protocol == UDP) {
		const size_t len = packet_len(p) + 8;
		uint8_t *udp = packet_front(p, 8);
		packet_put16(udp, 54321);
		packet_put16(udp + 2, r->port);
		packet_put16(udp + 4, (unsigned)len);
	}
	(r->outer_ipv6 ? packet_ipv6 : packet_ipv4)(p, 11, 12, r->protocol);
}

static void build(struct packet *p, const struct row *r)
{
	packet_begin(p, 4);
	packet_tcp(p, 1000, 80, TCP_ACK, SLICE(""));
	(r->inner_ipv6 ? packet_ipv6 : packet_ipv4)(p, 1, 2, 6);
	outer(p, r);
}

static void check_row(const struct row *r)
{
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_ALL);
	struct packet_taken t = { 0 };
	char text[256] = "";
	build(&p, r);
	packet_take(d, &t, &p, RAW);
	if (t.got != r->got)
		fail_msg("%s: %s", r->name, decoded_name(t.got));
	size_t len = 0;
	for (unsigned i = 0; t.got == DECODED_SEGMENT && i < t.seg.encap.count; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%s%s/%u", i == 0 ? "" : " ",
		    carrier_name((enum carrier)t.seg.encap.kind[i]), t.seg.encap.id[i]);
	if (r->got == DECODED_SEGMENT) {
		if (strcmp(text, r->carriers) != 0)
			fail_msg("%s: carriers %s", r->name, text);
		if ((t.seg.key.space != 0) != r->space)
			fail_msg("%s: space %u", r->name, t.seg.key.space);
		assert_int_equal(t.seg.key.ipv6, r->inner_ipv6);
		assert_int_equal(t.seg.key.lo.addr[r->inner_ipv6 ? 15 : 3], 1);
		assert_memory_equal(t.seg.payload.at, "abcd", 4);
		assert_int_equal(t.seg.payload.len, 4);
		assert_true(decode_checksum(d, &t.seg));
	}
	packet_take_cut(d, &t, &p, RAW, packet_len(&p) - 4, r->name);
	free(t.frame);
	decoder_free(d);
}

static void carriers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

static uint32_t space_of(unsigned protocol, unsigned port, struct slice between)
{
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_ALL);
	struct packet_taken t = { 0 };
	const struct row r = { "", protocol, port, between, false, false, DECODED_SEGMENT, "", false };
	build(&p, &r);
	packet_take(d, &t, &p, RAW);
	assert_int_equal(t.got, DECODED_SEGMENT);
	free(t.frame);
	decoder_free(d);
	return t.seg.key.space;
}

static void spaces(void **state)
{
	(void)state;
	const uint32_t key_7 = space_of(GRE, 0, SLICE("\x20\0\x08\0\0\0\0\7"));
	assert_int_equal(key_7, space_of(GRE, 0, SLICE("\x30\0\x08\0\0\0\0\7\0\0\0\x63")));
	assert_int_not_equal(key_7, space_of(GRE, 0, SLICE("\x20\0\x08\0\0\0\0\x08")));
	/* The low bits of an NVGRE key may differ by direction (RFC 7637, 3.2); small keys are keys. */
	assert_int_equal(space_of(GRE, 0, SLICE("\x20\0\x65\x58\0\x50\0\xab" ETHER)),
	    space_of(GRE, 0, SLICE("\x20\0\x65\x58\0\x50\0\xcd" ETHER)));
	assert_int_not_equal(space_of(GRE, 0, SLICE("\x20\0\x65\x58\0\0\0\1" ETHER)),
	    space_of(GRE, 0, SLICE("\x20\0\x65\x58\0\0\0\2" ETHER)));
	assert_int_not_equal(space_of(UDP, 4789, SLICE("\x08\0\0\0\0\0\x2a\0" ETHER)),
	    space_of(UDP, 4789, SLICE("\x08\0\0\0\0\0\x2b\0" ETHER)));
}

static void depth(void **state)
{
	(void)state;
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_AUTO);
	struct packet_taken t = { 0 };
	static const struct row mixed[] = {
		{ .protocol = 4 },
		{ .protocol = GRE, .between = SLICE("\0\0\x08\0") },
		{ .protocol = UDP, .port = 4789, .between = SLICE("\x08\0\0\0\0\0\x2a\0" ETHER) },
	};
	for (unsigned layers = 1; layers < 40; layers++) {
		packet_plain(&p, 4);
		for (unsigned i = 0; i < layers; i++)
			outer(&p, &mixed[i % 3]);
		packet_take(d, &t, &p, RAW);
		assert_int_equal(t.got, layers <= MAX_ENCAPSULATION ? DECODED_SEGMENT : DECODED_TOO_DEEP);
		assert_true(t.seg.encap.count <= MAX_ENCAPSULATION);
	}
	free(t.frame);
	decoder_free(d);
}

/* The inner length governs, and what the outer datagram cuts off is not there. */
static void inner_lengths(void **state)
{
	(void)state;
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_AUTO);
	struct packet_taken t = { 0 };
	static const struct row gre = { .protocol = GRE, .between = SLICE("\0\0\x08\0") };
	packet_plain(&p, 20);
	memcpy(p.room + p.end, "behind", 6);
	p.end += 6;
	outer(&p, &gre);
	packet_take(d, &t, &p, RAW);
	assert_int_equal(t.got, DECODED_SEGMENT);
	assert_int_equal(t.seg.payload.len, 20);
	assert_int_equal(t.seg.cut, 0);
	packet_take_at(d, &t, &p, RAW, packet_len(&p) - 16, packet_len(&p), 0);
	assert_int_equal(t.got, DECODED_SEGMENT);
	assert_int_equal(t.seg.payload.len, 10);
	assert_int_equal(t.seg.cut, 10);
	packet_put16(packet_at(&p, 2), (unsigned)packet_len(&p) - 10);
	packet_ipv4_sum(packet_at(&p, 0));
	packet_take(d, &t, &p, RAW);
	assert_int_equal(t.got, DECODED_MALFORMED);
	free(t.frame);
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carriers),
		cmocka_unit_test(spaces),
		cmocka_unit_test(depth),
		cmocka_unit_test(inner_lengths),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
