/* IPv4, IPv6 with its extension headers, and TCP: lengths that cannot be, what is cut, what the options say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include "packet.h"

enum { RAW = 12, ETHERNET = 1 };

struct kit {
	struct decoder *d;
	struct packet_taken t;
	struct packet p;
};

static int begin(void **state)
{
	struct kit *k = calloc(1, sizeof *k);
	if (k == NULL)
		return -1;
	k->d = packet_decoder(CHECKSUM_ALL);
	*state = k;
	return 0;
}

static int end(void **state)
{
	struct kit *k = *state;
	free(k->t.frame);
	decoder_free(k->d);
	free(k);
	return 0;
}

static enum decoded take(struct kit *k)
{
	packet_take(k->d, &k->t, &k->p, RAW);
	return k->t.got;
}

static void every_field(void **state)
{
	struct kit *k = *state;
	packet_begin(&k->p, 10);
	packet_tcp(
	    &k->p, 1000, 80, TCP_SYN | TCP_URG | TCP_ECE, SLICE("\2\4\5\xb4\1\3\3\7\1\1\x08\x0a\1\2\3\4\5\6\7\x08"));
	packet_put16(packet_at(&k->p, 18), 5);
	packet_ipv4(&k->p, 9, 2, 6);
	assert_int_equal(take(k), DECODED_SEGMENT);
	const struct segment *s = &k->t.seg;
	char text[46];
	endpoint_text(&s->key.lo, false, text);
	assert_string_equal(text, "10.0.0.2");
	endpoint_text(&s->key.hi, false, text);
	assert_string_equal(text, "10.0.0.9");
	assert_int_equal(s->key.lo.port, 80);
	assert_int_equal(s->key.hi.port, 1000);
	assert_int_equal(s->way, HI_TO_LO);
	assert_memory_equal(s->key.lo.addr + 4, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
	assert_memory_equal(s->key.zero, "\0\0\0", 3);
	assert_int_equal(s->key.space, 0);
	assert_int_equal(s->key.ipv6, 0);
	assert_int_equal(s->seq, 0x01020304);
	assert_int_equal(s->ack, 0x05060708);
	assert_int_equal(s->window, 4321);
	assert_int_equal(s->urgent, 5);
	assert_int_equal(s->flags, TCP_SYN | TCP_URG | TCP_ECE);
	assert_int_equal(s->ttl, 61);
	assert_int_equal(s->window_shift, 7);
	assert_true(s->has_timestamp);
	assert_int_equal(s->ts_value, 0x01020304);
	assert_int_equal(s->ts_echo, 0x05060708);
	assert_int_equal(s->payload.len, 10);
	assert_int_equal(s->cut, 0);
	assert_int_equal(s->t, INT64_C(1700000000000000000));
	assert_int_equal(s->encap.count, 0);
	assert_int_equal(s->tcp.len, 20 + 20 + 10);
	assert_true(decode_checksum(k->d, s));
}

static void both_ways_one_key(void **state)
{
	struct kit *k = *state;
	static const unsigned rows[][4] = { { 1, 1000, 2, 80 }, { 2, 80, 2, 1000 }, { 3, 1, 3, 1 } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		for (int ipv6 = 0; ipv6 < 2; ipv6++) {
			struct segment there;
			const unsigned *r = rows[i];
			packet_begin(&k->p, 1);
			packet_tcp(&k->p, r[1], r[3], TCP_ACK, SLICE(""));
			(ipv6 ? packet_ipv6 : packet_ipv4)(&k->p, r[0], r[2], 6);
			assert_int_equal(take(k), DECODED_SEGMENT);
			there = k->t.seg;
			packet_begin(&k->p, 1);
			packet_tcp(&k->p, r[3], r[1], TCP_ACK, SLICE(""));
			(ipv6 ? packet_ipv6 : packet_ipv4)(&k->p, r[2], r[0], 6);
			assert_int_equal(take(k), DECODED_SEGMENT);
			assert_memory_equal(&there.key, &k->t.seg.key, sizeof there.key);
			assert_int_equal(there.way, LO_TO_HI);
			assert_int_equal(k->t.seg.way, i < 2 ? HI_TO_LO : LO_TO_HI);
			assert_int_equal(there.key.ipv6, ipv6);
		}
	}
}

struct option_row {
	struct slice options;
	unsigned flags;
	int shift;
	bool timestamp;
};

enum { PARTS = 5, PAIRS = 600 };

static enum decoded shared(struct decoder *d, struct kit *k, unsigned pair, bool back, bool ipv6)
{
	const uint8_t src = (uint8_t)(back ? 200 + pair / 200 : pair % 200),
		      dst = (uint8_t)(back ? pair % 200 : 200 + pair / 200);
	packet_begin(&k->p, 10);
	packet_tcp(&k->p, (uint16_t)(back ? 80 : 1000 + pair), (uint16_t)(back ? 1000 + pair : 80), TCP_ACK, SLICE(""));
	if (ipv6)
		packet_ipv6(&k->p, src, dst, 6);
	else
		packet_ipv4(&k->p, src, dst, 6);
	if (back)
		packet_ethernet(&k->p, ipv6 ? 0x86dd : 0x0800);
	packet_take(d, &k->t, &k->p, back ? ETHERNET : RAW);
	return k->t.got;
}

/* Of several decoders one and only one has a segment, the same for both ways, by whatever link, and all ports; each has its share. */
static void shared_by_pairs(void **state)
{
	struct kit *k = *state;
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		unsigned whose[PAIRS], share[PARTS] = { 0 };
		for (unsigned part = 0; part < PARTS; part++) {
			struct decoder *d = packet_decoder(CHECKSUM_ALL);
			decoder_share(d, part, PARTS);
			for (unsigned pair = 0; pair < PAIRS; pair++) {
				const enum decoded there = shared(d, k, pair, false, ipv6 != 0);
				assert_true(there == DECODED_SEGMENT || there == DECODED_ELSEWHERE);
				assert_int_equal(shared(d, k, pair, true, ipv6 != 0), there);
				if (there != DECODED_SEGMENT)
					continue;
				whose[pair] = part;
				share[part]++;
			}
			assert_int_equal(decode_counters(d)->by_result[DECODED_SEGMENT], 2 * share[part]);
			assert_int_equal(decode_counters(d)->by_result[DECODED_ELSEWHERE], 2 * (PAIRS - share[part]));
			decoder_free(d);
		}
		unsigned all = 0;
		for (unsigned part = 0; part < PARTS; part++) {
			all += share[part];
			assert_in_range(share[part], PAIRS / PARTS / 2, PAIRS / PARTS * 2);
		}
		assert_int_equal(all, PAIRS);
		assert_in_range(whose[0], 0, PARTS - 1);
	}
}

/* What is no segment is that for all, so that they count the same. */
static void broken_for_all(void **state)
{
	struct kit *k = *state;
	for (unsigned part = 0; part < PARTS; part++) {
		decoder_share(k->d, part, PARTS);
		packet_begin(&k->p, 10);
		packet_tcp(&k->p, 1, 2, TCP_ACK, SLICE(""));
		*packet_at(&k->p, 12) = 0x40;
		packet_ipv4(&k->p, 9, 2, 6);
		assert_int_equal(take(k), DECODED_MALFORMED);
		packet_ethernet(&k->p, 0x0800);
		packet_take(k->d, &k->t, &k->p, ETHERNET);
		assert_int_equal(k->t.got, DECODED_MALFORMED);
	}
}

static void options(void **state)
{
	struct kit *k = *state;
	static const struct option_row rows[] = {
		{ SLICE(""), TCP_SYN, -1, false },
		{ SLICE("\3\3\x0e\0"), TCP_SYN, 14, false },
		{ SLICE("\3\3\x0f\0"), TCP_SYN, 14, false }, /* RFC 7323, 2.3 */
		{ SLICE("\3\3\xff\0"), TCP_SYN | TCP_ACK, 14, false },
		{ SLICE("\3\3\7\0"), TCP_ACK, -1, false }, /* only a SYN may */
		{ SLICE("\1\1\x08\x0a\1\2\3\4\5\6\7\x08"), TCP_ACK, -1, true },
		{ SLICE("\0\1\x08\x0a\1\2\3\4\5\6\7\x08"), TCP_ACK, -1, false }, /* behind the end */
		{ SLICE("\x08\x09\1\2\3\4\5\6\7\1\1\1"), TCP_ACK, -1, false },   /* a length of its own */
		{ SLICE("\5\0\3\3\7\0\0\0"), TCP_SYN, -1, false },               /* no length: the list ends */
		{ SLICE("\5\1\3\3\7\0\0\0"), TCP_SYN, -1, false },
		{ SLICE("\3\3\7\5\xff\0\0\0"), TCP_SYN, 7, false }, /* what stood before holds */
		{ SLICE("\1\1\1\3"), TCP_SYN, -1, false },
		{ SLICE("\1\1\3\3"), TCP_SYN, -1, false },
		{ SLICE("\1\1\x08\x0a\1\2\3\4"), TCP_ACK, -1, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		packet_begin(&k->p, 0);
		packet_tcp(&k->p, 1, 2, rows[i].flags, rows[i].options);
		packet_ipv4(&k->p, 1, 2, 6);
		assert_int_equal(take(k), DECODED_SEGMENT);
		if (k->t.seg.window_shift != rows[i].shift || k->t.seg.has_timestamp != rows[i].timestamp)
			fail_msg("row %zu: shift %d, timestamp %d", i, k->t.seg.window_shift, k->t.seg.has_timestamp);
		assert_int_equal(k->t.seg.payload.len, 0);
	}
}

static void data_offset(void **state)
{
	struct kit *k = *state;
	for (unsigned words = 0; words < 16; words++) {
		packet_plain(&k->p, 12);
		packet_at(&k->p, 20)[12] = (uint8_t)(words << 4);
		const enum decoded got = take(k);
		assert_int_equal(got, words < 5 || words > 8 ? DECODED_MALFORMED : DECODED_SEGMENT);
		if (got == DECODED_SEGMENT)
			assert_int_equal(k->t.seg.payload.len, 32 - 4 * words);
	}
}

static void lengths_of_v4(void **state)
{
	struct kit *k = *state;
	/* A header that is too short, or longer than the packet. */
	for (unsigned words = 0; words < 16; words++) {
		packet_plain(&k->p, 0);
		packet_at(&k->p, 0)[0] = (uint8_t)(0x40 | words);
		packet_ipv4_sum(packet_at(&k->p, 0));
		if (words != 5)
			assert_int_not_equal(take(k), DECODED_SEGMENT);
	}
	/* Options, which need not make sense. */
	packet_begin(&k->p, 3);
	packet_tcp(&k->p, 1000, 80, TCP_ACK, SLICE(""));
	uint8_t *ip = packet_ipv4(&k->p, 1, 2, 6);
	memmove(ip - 4, ip, 20);
	k->p.start -= 4;
	ip -= 4;
	memcpy(ip + 20, "\x94\xff\0\0", 4);
	ip[0] = 0x46;
	packet_put16(ip + 2, 24 + 23);
	packet_ipv4_sum(ip);
	assert_int_equal(take(k), DECODED_SEGMENT);
	assert_int_equal(k->t.seg.payload.len, 3);
	assert_true(decode_checksum(k->d, &k->t.seg));
	/* Shorter than its own header. */
	packet_plain(&k->p, 5);
	packet_put16(packet_at(&k->p, 2), 19);
	packet_ipv4_sum(packet_at(&k->p, 0));
	assert_int_equal(take(k), DECODED_MALFORMED);
	/* Ends inside TCP's header, though the frame goes on. */
	packet_plain(&k->p, 50);
	packet_put16(packet_at(&k->p, 2), 39);
	packet_ipv4_sum(packet_at(&k->p, 0));
	assert_int_equal(take(k), DECODED_MALFORMED);
	/* Bytes behind the datagram are not its payload. */
	packet_plain(&k->p, 50);
	packet_put16(packet_at(&k->p, 2), 45);
	packet_ipv4_sum(packet_at(&k->p, 0));
	assert_int_equal(take(k), DECODED_SEGMENT);
	assert_int_equal(k->t.seg.payload.len, 5);
	assert_int_equal(k->t.seg.cut, 0);
	/* More than was sent: a receiver drops it. */
	packet_plain(&k->p, 50);
	packet_put16(packet_at(&k->p, 2), 91);
	packet_ipv4_sum(packet_at(&k->p, 0));
	assert_int_equal(take(k), DECODED_MALFORMED);
	/* Zero: a large segment before the card splits it. */
	packet_plain(&k->p, 2000);
	packet_put16(packet_at(&k->p, 2), 0);
	packet_ipv4_sum(packet_at(&k->p, 0));
	assert_int_equal(take(k), DECODED_SEGMENT);
	assert_int_equal(k->t.seg.payload.len, 2000);
	assert_true(decode_checksum(k->d, &k->t.seg));
}

static void cut(void **state)
{
	struct kit *k = *state;
	for (int ipv6 = 0; ipv6 < 2; ipv6++) {
		packet_begin(&k->p, 100);
		packet_tcp(&k->p, 1000, 80, TCP_ACK, SLICE(""));
		(ipv6 ? packet_ipv6 : packet_ipv4)(&k->p, 1, 2, 6);
		const size_t whole = packet_len(&k->p), headers = whole - 100;
		for (size_t kept = 0; kept <= whole; kept++) {
			packet_take_at(k->d, &k->t, &k->p, RAW, kept, whole + 6, 0);
			assert_int_equal(k->t.got, kept < headers ? DECODED_MALFORMED : DECODED_SEGMENT);
			if (k->t.got != DECODED_SEGMENT)
				continue;
			assert_int_equal(k->t.seg.payload.len, kept - headers);
			assert_int_equal(k->t.seg.cut, whole - kept);
			assert_true(decode_checksum(k->d, &k->t.seg)); /* what is cut cannot be checked */
		}
	}
	/* Of a datagram without a length, all that was sent counts. */
	packet_plain(&k->p, 100);
	packet_put16(packet_at(&k->p, 2), 0);
	packet_ipv4_sum(packet_at(&k->p, 0));
	packet_take_at(k->d, &k->t, &k->p, RAW, 90, 5000, 0);
	assert_int_equal(k->t.got, DECODED_SEGMENT);
	assert_int_equal(k->t.seg.payload.len, 50);
	assert_int_equal(k->t.seg.cut, 4910);
}

struct extension_row {
	const char *name;
	unsigned first;
	struct slice bytes;
	enum decoded got;
};

#define HOP  "\0\0\0\0\0\0\0"
#define LIST "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"

static void extensions(void **state)
{
	struct kit *k = *state;
	/* The first byte of each header names the next; 6 is TCP. */
	static const struct extension_row rows[] = {
		{ "hop by hop", 0, SLICE("\6" HOP), DECODED_SEGMENT },
		{ "all six", 0,
		    SLICE("\x3c" HOP "\x2b" HOP "\x2c\0\0\0\0\0\0\0"
			  "\x33\0\0\0\0\0\0\1"
			  "\x3c\4\0\0\0\0\0\1\0\0\0\2"
			  "abcdefghijkl"
			  "\6" HOP),
		    DECODED_SEGMENT },
		{ "longer", 60, SLICE("\6\1" HOP "1234567"), DECODED_SEGMENT },
		{ "mobility", 135, SLICE("\6" HOP), DECODED_SEGMENT },
		{ "atomic fragment", 44, SLICE("\6\0\0\0abcd"), DECODED_SEGMENT },
		{ "two atomic fragments", 44, SLICE("\x2c\0\0\0abcd\6\0\0\0abcd"), DECODED_SEGMENT },
		{ "authentication", 51, SLICE("\6\1\0\0\0\0\0\1\0\0\0\2"), DECODED_SEGMENT },
		{ "authentication too long", 51, SLICE("\6\xff\0\0\0\0\0\1\0\0\0\2"), DECODED_MALFORMED },
		{ "too long", 60, SLICE("\6\xff" HOP), DECODED_MALFORMED },
		{ "no next header", 59, SLICE(""), DECODED_OTHER },
		{ "encrypted", 50, SLICE(""), DECODED_OTHER },
		{ "arrived by a route", 43, SLICE("\6\2\0\0\0\0\0\0" LIST), DECODED_SEGMENT },
		{ "route with no address", 43, SLICE("\6\0\0\1\0\0\0\0"), DECODED_MALFORMED },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		packet_begin(&k->p, 3);
		packet_tcp(&k->p, 1000, 80, TCP_ACK, SLICE(""));
		packet_ipv6(&k->p, 1, 2, 6);
		k->p.start += 40; /* the checksum is made; the header goes */
		packet_bytes(&k->p, rows[i].bytes);
		packet_ipv6(&k->p, 1, 2, rows[i].first);
		if (take(k) != rows[i].got)
			fail_msg("%s: %s", rows[i].name, decoded_name(k->t.got));
		if (k->t.got == DECODED_SEGMENT && !decode_checksum(k->d, &k->t.seg))
			fail_msg("%s: checksum", rows[i].name);
	}
}

static void extension_limit(void **state)
{
	struct kit *k = *state;
	for (unsigned count = MAX_IPV6_EXTENSIONS; count <= MAX_IPV6_EXTENSIONS + 100; count += 50) {
		packet_begin(&k->p, 3);
		packet_tcp(&k->p, 1000, 80, TCP_ACK, SLICE(""));
		packet_bytes(&k->p, SLICE("\6" HOP));
		for (unsigned i = 1; i < count; i++)
			packet_bytes(&k->p, SLICE("\x3c" HOP));
		packet_ipv6(&k->p, 1, 2, 60);
		assert_int_equal(take(k), count == MAX_IPV6_EXTENSIONS ? DECODED_SEGMENT : DECODED_TOO_DEEP);
	}
}

/* RFC 8200, 8.1: the checksum is over the last address of the route, and so is the conversation. */
static void routes(void **state)
{
	struct kit *k = *state;
	static const struct slice rows[] = {
		SLICE("\6\2\0\1\0\0\0\0" LIST),
		SLICE("\6\4\0\2\0\0\0\0 is on the way.." LIST),
		SLICE("\6\2\2\1\0\0\0\0" LIST),
		SLICE("\6\4\4\1\0\0\0\0" LIST " is on the way.."),
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		packet_begin(&k->p, 3);
		packet_tcp(&k->p, 1000, 80, TCP_ACK, SLICE(""));
		packet_ipv6(&k->p, 1, 2, 6);
		k->p.start += 40;
		packet_bytes(&k->p, rows[i]);
		packet_ipv6(&k->p, 1, 99, 43);
		assert_int_equal(take(k), DECODED_SEGMENT);
		assert_int_equal(k->t.seg.key.hi.addr[15], 2);
		assert_true(decode_checksum(k->d, &k->t.seg));
	}
}

static void lengths_of_v6(void **state)
{
	struct kit *k = *state;
	struct packet *p = &k->p;
	packet_begin(p, 30);
	packet_tcp(p, 1000, 80, TCP_ACK, SLICE(""));
	packet_ipv6(p, 1, 2, 6);
	packet_put16(packet_at(p, 4), 51);
	assert_int_equal(take(k), DECODED_MALFORMED);
	packet_put16(packet_at(p, 4), 19);
	assert_int_equal(take(k), DECODED_MALFORMED);
	packet_put16(packet_at(p, 4), 25);
	assert_int_equal(take(k), DECODED_SEGMENT);
	assert_int_equal(k->t.seg.payload.len, 5);
	packet_put16(packet_at(p, 4), 0);
	assert_int_equal(take(k), DECODED_SEGMENT);
	assert_int_equal(k->t.seg.payload.len, 30);
	assert_true(decode_checksum(k->d, &k->t.seg));
	packet_at(p, 0)[0] = 0x50;
	assert_int_equal(take(k), DECODED_MALFORMED);
}

static void addresses(void **state)
{
	(void)state;
	static const struct {
		struct endpoint e;
		bool ipv6;
		const char *text;
	} rows[] = {
		{ { { 192, 0, 2, 255 }, 80 }, false, "192.0.2.255" },
		{ { { 0 }, 80 }, false, "0.0.0.0" },
		{ { { 0 }, 80 }, true, "::" },
		{ { { [15] = 1 }, 80 }, true, "::1" },
		{ { { 0x20, 1, 0x0d, 0xb8, [8] = 0, 1, [15] = 1 }, 80 }, true, "2001:db8::1:0:0:1" },
		{ { { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0xAB, 0xCD, 0, 1 }, 80 }, true,
		    "2001:db8:0:1:1:1:abcd:1" },
		{ { { [10] = 0xff, 0xff, 192, 0, 2, 1 }, 80 }, true, "::ffff:192.0.2.1" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[46];
		assert_int_equal(endpoint_text(&rows[i].e, rows[i].ipv6, text), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
	}
}

/* Every pattern of zero, short and long groups, against the C library; and every value of a byte. */
static void addresses_agree_with_the_library(void **state)
{
	(void)state;
	static const uint16_t groups[] = { 0, 0xffff, 0x1, 0xab0 };
	char text[46], want[46];
	for (unsigned pattern = 0; pattern < 65536; pattern++) {
		struct endpoint e = { .port = 0 };
		for (unsigned i = 0; i < 8; i++)
			packet_put16(e.addr + 2 * i, groups[pattern >> 2 * i & 3]);
		assert_non_null(inet_ntop(AF_INET6, e.addr, want, sizeof want));
		assert_int_equal(endpoint_text(&e, true, text), strlen(want));
		assert_string_equal(text, want);
	}
	for (unsigned n = 0; n < 256; n++) {
		const struct endpoint e = { { (uint8_t)n, 0, (uint8_t)(n * 7), (uint8_t)~n }, 0 };
		assert_non_null(inet_ntop(AF_INET, e.addr, want, sizeof want));
		assert_int_equal(endpoint_text(&e, false, text), strlen(want));
		assert_string_equal(text, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_field, begin, end),
		cmocka_unit_test_setup_teardown(both_ways_one_key, begin, end),
		cmocka_unit_test_setup_teardown(shared_by_pairs, begin, end),
		cmocka_unit_test_setup_teardown(broken_for_all, begin, end),
		cmocka_unit_test_setup_teardown(options, begin, end),
		cmocka_unit_test_setup_teardown(data_offset, begin, end),
		cmocka_unit_test_setup_teardown(lengths_of_v4, begin, end),
		cmocka_unit_test_setup_teardown(cut, begin, end),
		cmocka_unit_test_setup_teardown(extensions, begin, end),
		cmocka_unit_test_setup_teardown(extension_limit, begin, end),
		cmocka_unit_test_setup_teardown(routes, begin, end),
		cmocka_unit_test_setup_teardown(lengths_of_v6, begin, end),
		cmocka_unit_test(addresses),
		cmocka_unit_test(addresses_agree_with_the_library),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
