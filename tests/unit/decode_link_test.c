/* Every link layer down to the same segment, and every way to cut one short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>
#include "packet.h"

enum { IPV4 = 4, IPV6 = 6 };

struct row {
	const char *name;
	int link;
	int version;
	struct slice before; /* what stands before the IP header */
	struct slice after;  /* and behind it */
	enum decoded got;
	const char *carriers; /* "vlan/7 pppoe/1" */
	bool space;
};

#define MACS      "\x02\0\0\0\0\1\x02\0\0\0\0\2"
#define SLL       "\0\0\0\1\0\6\2\0\0\0\0\2\0\0"
#define SLL2_REST "\0\0\0\0\0\2\0\1\0\6\2\0\0\0\0\2\0\0"

static const struct row rows[] = {
	{ "ethernet", 1, IPV4, SLICE(MACS "\x08\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ethernet padding", 1, IPV4, SLICE(MACS "\x08\0"), SLICE("PADDING"), DECODED_SEGMENT, "", false },
	{ "ethernet ipv6", 1, IPV6, SLICE(MACS "\x86\xdd"), SLICE("PADDING"), DECODED_SEGMENT, "", false },
	{ "ethernet arp", 1, IPV4, SLICE(MACS "\x08\6"), SLICE(""), DECODED_OTHER, "", false },
	{ "a type that lies", 1, IPV4, SLICE(MACS "\x08\0\0"), SLICE(""), DECODED_MALFORMED, "", false },
	{ "snap", 1, IPV4, SLICE(MACS "\0\x50\xaa\xaa\3\0\0\0\x08\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "snap, bridged", 1, IPV4, SLICE(MACS "\0\x50\xaa\xaa\3\0\0\xf8\x08\0"), SLICE(""), DECODED_SEGMENT, "",
	    false },
	{ "snap within snap", 1, IPV4, SLICE(MACS "\0\x50\xaa\xaa\3\0\0\0\0\x50"), SLICE(""), DECODED_OTHER, "",
	    false },
	{ "snap of a vendor", 1, IPV4, SLICE(MACS "\0\x50\xaa\xaa\3\0\0\x0c\x08\0"), SLICE(""), DECODED_OTHER, "",
	    false },
	{ "llc ip", 1, IPV4, SLICE(MACS "\0\x50\6\6\3"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "spanning tree", 1, IPV4, SLICE(MACS "\0\x50\x42\x42\3"), SLICE(""), DECODED_OTHER, "", false },
	{ "vlan", 1, IPV4, SLICE(MACS "\x81\0\x20\7\x08\0"), SLICE("PAD"), DECODED_SEGMENT, "vlan/7", true },
	{ "vlan 0 is a priority", 1, IPV4, SLICE(MACS "\x81\0\x20\0\x08\0"), SLICE(""), DECODED_SEGMENT, "vlan/0",
	    false },
	{ "qinq", 1, IPV4, SLICE(MACS "\x88\xa8\0\x64\x81\0\0\7\x08\0"), SLICE(""), DECODED_SEGMENT, "vlan/100 vlan/7",
	    true },
	{ "old qinq", 1, IPV6, SLICE(MACS "\x91\0\0\x64\x91\0\0\7\x86\xdd"), SLICE(""), DECODED_SEGMENT,
	    "vlan/100 vlan/7", true },
	{ "vlan then llc", 1, IPV4, SLICE(MACS "\x81\0\0\7\0\x50\xaa\xaa\3\0\0\0\x08\0"), SLICE(""), DECODED_SEGMENT,
	    "vlan/7", true },
	{ "pppoe", 1, IPV4, SLICE(MACS "\x88\x64\x11\0\0\5\0\x50\0\x21"), SLICE("PAD"), DECODED_SEGMENT, "pppoe/5",
	    true },
	{ "pppoe ipv6", 1, IPV6, SLICE(MACS "\x88\x64\x11\0\0\5\0\x50\0\x57"), SLICE(""), DECODED_SEGMENT, "pppoe/5",
	    true },
	{ "pppoe discovery", 1, IPV4, SLICE(MACS "\x88\x64\x11\x09\0\5\0\x50\0\x21"), SLICE(""), DECODED_OTHER, "",
	    false },
	{ "mpls", 1, IPV4, SLICE(MACS "\x88\x47\0\1\0\x40\0\2\1\x40"), SLICE(""), DECODED_SEGMENT, "mpls/32", false },
	{ "mpls ipv6", 1, IPV6, SLICE(MACS "\x88\x48\0\2\1\x40"), SLICE(""), DECODED_SEGMENT, "mpls/32", false },
	{ "mpls, control word, ethernet", 1, IPV4, SLICE(MACS "\x88\x47\0\2\1\x40\0\0\0\1" MACS "\x08\0"), SLICE(""),
	    DECODED_SEGMENT, "mpls/32", false },
	{ "mpls, ethernet", 1, IPV4, SLICE(MACS "\x88\x47\0\2\1\x40" MACS "\x08\0"), SLICE(""), DECODED_SEGMENT,
	    "mpls/32", false },
	{ "mpls, vlan inside", 1, IPV4, SLICE(MACS "\x88\x47\0\2\1\x40" MACS "\x81\0\0\7\x08\0"), SLICE(""),
	    DECODED_SEGMENT, "mpls/32 vlan/7", true },
	{ "mpls, something else", 1, IPV4, SLICE(MACS "\x88\x47\0\2\1\x40\x10\0\0\0"), SLICE(""), DECODED_OTHER, "",
	    false },
	{ "mpls without a bottom", 1, IPV4,
	    SLICE(MACS
		"\x88\x47\0\2\0\x40\0\2\0\x40\0\2\0\x40\0\2\0\x40\0\2\0\x40\0\2\0\x40\0\2\0\x40\0\2\0\x40\0\2\1\x40"),
	    SLICE(""), DECODED_TOO_DEEP, "", false },
	{ "cooked", 113, IPV4, SLICE(SLL "\x08\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "cooked vlan", 113, IPV4, SLICE(SLL "\x81\0\0\7\x08\0"), SLICE(""), DECODED_SEGMENT, "vlan/7", true },
	{ "cooked llc", 113, IPV4, SLICE(SLL "\0\4\xaa\xaa\3\0\0\0\x08\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "cooked can", 113, IPV4, SLICE(SLL "\0\x0c"), SLICE(""), DECODED_OTHER, "", false },
	{ "cooked 2", 276, IPV4, SLICE("\x08\0" SLL2_REST), SLICE(""), DECODED_SEGMENT, "", false },
	{ "cooked 2 ipv6", 276, IPV6, SLICE("\x86\xdd" SLL2_REST), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, little", 0, IPV4, SLICE("\2\0\0\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, big", 0, IPV4, SLICE("\0\0\0\2"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, linux ipv6", 0, IPV6, SLICE("\x0a\0\0\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, netbsd ipv6", 0, IPV6, SLICE("\x18\0\0\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, freebsd ipv6", 0, IPV6, SLICE("\x1c\0\0\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, macos ipv6, big", 0, IPV6, SLICE("\0\0\0\x1e"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "null, appletalk", 0, IPV4, SLICE("\x10\0\0\0"), SLICE(""), DECODED_OTHER, "", false },
	{ "loop", 108, IPV4, SLICE("\0\0\0\2"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "raw", 12, IPV4, SLICE(""), SLICE(""), DECODED_SEGMENT, "", false },
	{ "raw 14", 14, IPV6, SLICE(""), SLICE(""), DECODED_SEGMENT, "", false },
	{ "raw 101", 101, IPV4, SLICE(""), SLICE("junk"), DECODED_SEGMENT, "", false },
	{ "ipv4", 228, IPV4, SLICE(""), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ipv6", 229, IPV6, SLICE(""), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ppp", 9, IPV4, SLICE("\0\x21"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ppp framed", 9, IPV4, SLICE("\xff\3\0\x21"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ppp short protocol", 9, IPV4, SLICE("\xff\3\x21"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ppp mpls", 9, IPV4, SLICE("\xff\3\2\x81\0\2\1\x40"), SLICE(""), DECODED_SEGMENT, "mpls/32", false },
	{ "ppp link control", 9, IPV4, SLICE("\xff\3\xc0\x21"), SLICE(""), DECODED_OTHER, "", false },
	{ "pppd, outgoing", 166, IPV6, SLICE("\1\3\0\x57"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ppp serial", 50, IPV4, SLICE("\xff\3\0\x21"), SLICE("\x7e"), DECODED_SEGMENT, "", false },
	{ "ppp serial, cisco", 50, IPV4, SLICE("\x0f\0\x08\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "hdlc", 104, IPV6, SLICE("\x0f\0\x86\xdd"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "ppp over ethernet", 51, IPV4, SLICE("\x11\0\0\5\0\x50\0\x21"), SLICE(""), DECODED_SEGMENT, "pppoe/5", true },
	{ "nflog", 239, IPV4, SLICE("\2\0\0\0\5\0\x0a\0x\0\0\0\x30\0\x09\0"), SLICE(""), DECODED_SEGMENT, "", false },
	{ "nflog of no length", 239, IPV4, SLICE("\2\0\0\0\0\0\x0a\0"), SLICE(""), DECODED_MALFORMED, "", false },
	{ "nflog without payload", 239, IPV4, SLICE("\2\0\0\0\xff\x0f\x0a\0"), SLICE(""), DECODED_OTHER, "", false },
	{ "nflog version 1", 239, IPV4, SLICE("\2\1\0\0\x30\0\x09\0"), SLICE(""), DECODED_OTHER, "", false },
	{ "unknown", 147, IPV4, SLICE(""), SLICE(""), DECODED_UNKNOWN_LINK, "", false },
};

#define WLAN_REST "\0\0\2\0\0\0\0\1\2\0\0\0\0\2\2\0\0\0\0\3\x10\0"
#define SNAP      "\xaa\xaa\3\0\0\0\x08\0"

static const struct row wlan_rows[] = {
	{ "data", 105, IPV4, SLICE("\x08\1" WLAN_REST SNAP), SLICE("FCS "), DECODED_SEGMENT, "", false },
	{ "quality of service", 105, IPV4, SLICE("\x88\2" WLAN_REST "\0\0" SNAP), SLICE(""), DECODED_SEGMENT, "",
	    false },
	{ "with a control field", 105, IPV4, SLICE("\x88\x82" WLAN_REST "\0\0\0\0\0\0" SNAP), SLICE(""),
	    DECODED_SEGMENT, "", false },
	{ "four addresses", 105, IPV4, SLICE("\x88\3" WLAN_REST "\2\0\0\0\0\4\0\0" SNAP), SLICE(""), DECODED_SEGMENT,
	    "", false },
	{ "encrypted", 105, IPV4, SLICE("\x08\x41" WLAN_REST SNAP), SLICE(""), DECODED_OTHER, "", false },
	{ "nothing in it", 105, IPV4, SLICE("\x48\1" WLAN_REST SNAP), SLICE(""), DECODED_OTHER, "", false },
	{ "more fragments", 105, IPV4, SLICE("\x08\5" WLAN_REST SNAP), SLICE(""), DECODED_OTHER, "", false },
	{ "aggregate", 105, IPV4, SLICE("\x88\2" WLAN_REST "\x80\0" SNAP), SLICE(""), DECODED_OTHER, "", false },
	{ "beacon", 105, IPV4, SLICE("\x80\0" WLAN_REST SNAP), SLICE(""), DECODED_OTHER, "", false },
	{ "radiotap", 127, IPV4, SLICE("\0\0\x0a\0\0\0\0\0xx\x08\1" WLAN_REST SNAP), SLICE(""), DECODED_SEGMENT, "",
	    false },
	{ "radiotap too short", 127, IPV4, SLICE("\0\0\7\0\0\0\0\0xx\x08\1" WLAN_REST SNAP), SLICE(""),
	    DECODED_MALFORMED, "", false },
	{ "radiotap too long", 127, IPV4, SLICE("\0\0\xff\xff\0\0\0\0xx\x08\1" WLAN_REST SNAP), SLICE(""),
	    DECODED_MALFORMED, "", false },
};

static void build(struct packet *p, const struct row *r)
{
	packet_begin(p, 4);
	packet_tcp(p, 1000, 80, TCP_ACK, SLICE(""));
	if (r->version == IPV4)
		packet_ipv4(p, 1, 2, 6);
	else
		packet_ipv6(p, 1, 2, 6);
	packet_bytes(p, r->before);
	memcpy(p->room + p->end, r->after.at, r->after.len);
	p->end += r->after.len;
}

static void carriers_text(const struct encapsulation *e, char *out, size_t size)
{
	size_t len = 0;
	out[0] = '\0';
	for (unsigned i = 0; i < e->count && len < size; i++)
		len += (size_t)snprintf(out + len, size - len, "%s%s/%u", i == 0 ? "" : " ",
		    carrier_name((enum carrier)e->kind[i]), e->id[i]);
}

static void check_row(const struct row *r)
{
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_ALL);
	struct packet_taken t = { 0 };
	char text[256];
	build(&p, r);
	packet_take(d, &t, &p, r->link);
	if (t.got != r->got)
		fail_msg("%s: %s", r->name, decoded_name(t.got));
	carriers_text(&t.seg.encap, text, sizeof text);
	if (r->got == DECODED_SEGMENT) {
		if (strcmp(text, r->carriers) != 0)
			fail_msg("%s: carriers %s", r->name, text);
		if ((t.seg.key.space != 0) != r->space)
			fail_msg("%s: space %u", r->name, t.seg.key.space);
		assert_int_equal(t.seg.payload.len, 4);
		assert_memory_equal(t.seg.payload.at, "abcd", 4);
		assert_int_equal(t.seg.cut, 0);
		assert_int_equal(t.seg.key.ipv6, r->version == IPV6);
		assert_true(decode_checksum(d, &t.seg));
	}
	if (r->got == DECODED_SEGMENT)
		packet_take_cut(d, &t, &p, r->link, packet_len(&p) - 4 - r->after.len, r->name);
	free(t.frame);
	decoder_free(d);
}

static void links(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check_row(&rows[i]);
}

static void wlans(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof wlan_rows / sizeof *wlan_rows; i++)
		check_row(&wlan_rows[i]);
}

static uint32_t space_of(struct slice before)
{
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_ALL);
	struct packet_taken t = { 0 };
	const struct row r = { "", 1, IPV4, before, SLICE(""), DECODED_SEGMENT, "", false };
	build(&p, &r);
	packet_take(d, &t, &p, 1);
	assert_int_equal(t.got, DECODED_SEGMENT);
	free(t.frame);
	decoder_free(d);
	return t.seg.key.space;
}

static void spaces(void **state)
{
	(void)state;
	const uint32_t seven = space_of(SLICE(MACS "\x81\0\0\7\x08\0"));
	assert_int_equal(seven, space_of(SLICE(MACS "\x81\0\xe0\7\x08\0")));
	assert_int_not_equal(seven, space_of(SLICE(MACS "\x81\0\0\x08\x08\0")));
	assert_int_not_equal(seven, space_of(SLICE(MACS "\x88\x64\x11\0\0\7\0\x50\0\x21")));
	assert_int_not_equal(
	    space_of(SLICE(MACS "\x88\xa8\0\1\x81\0\0\2\x08\0")), space_of(SLICE(MACS "\x88\xa8\0\2\x81\0\0\1\x08\0")));
	/* Labels differ between the two directions. */
	assert_int_equal(space_of(SLICE(MACS "\x81\0\0\7\x88\x47\0\2\1\x40")), seven);
}

static void too_deep(void **state)
{
	(void)state;
	static struct packet p;
	struct decoder *d = packet_decoder(CHECKSUM_AUTO);
	struct packet_taken t = { 0 };
	for (unsigned layers = MAX_ENCAPSULATION; layers < MAX_ENCAPSULATION + 400; layers += 100) {
		packet_plain(&p, 4);
		packet_bytes(&p, SLICE("\x08\0"));
		for (unsigned i = 0; i < layers; i++)
			packet_bytes(&p, SLICE("\x81\0\0\7"));
		packet_bytes(&p, SLICE(MACS));
		packet_take(d, &t, &p, 1);
		assert_int_equal(t.got, layers == MAX_ENCAPSULATION ? DECODED_SEGMENT : DECODED_TOO_DEEP);
		assert_int_equal(t.seg.encap.count, MAX_ENCAPSULATION);
	}
	assert_int_equal(decode_counters(d)->frames, 4);
	assert_int_equal(decode_counters(d)->by_result[DECODED_TOO_DEEP], 3);
	free(t.frame);
	decoder_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(wlans),
		cmocka_unit_test(spaces),
		cmocka_unit_test(too_deep),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
