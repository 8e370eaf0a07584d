/* Fragments: in any order, on any carrier, overlapping, beyond every bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "packet.h"

enum { RAW = 12 };

#define SECOND INT64_C(1000000000)
#define T0     (INT64_C(1700000000) * SECOND)

struct kit {
	struct decoder *d;
	struct packet_taken t;
	struct packet whole; /* without its IP header: TCP and payload */
	struct packet p;
	bool ipv6;
	uint32_t id;
	int64_t now;
	struct slice carrier; /* put before each fragment */
	unsigned carrier_protocol;
};

static int begin_v4(void **state)
{
	struct kit *k = calloc(1, sizeof *k);
	if (k == NULL)
		return -1;
	k->d = packet_decoder(CHECKSUM_ALL);
	k->id = 77;
	k->now = T0;
	*state = k;
	return 0;
}

static int begin_v6(void **state)
{
	const int failed = begin_v4(state);
	if (failed == 0)
		((struct kit *)*state)->ipv6 = true;
	return failed;
}

static int end(void **state)
{
	struct kit *k = *state;
	free(k->t.frame);
	decoder_free(k->d);
	free(k);
	return 0;
}

/* A datagram to be cut up. */
static void datagram(struct kit *k, size_t payload)
{
	packet_begin(&k->whole, payload);
	packet_tcp(&k->whole, 1000, 80, TCP_ACK, SLICE(""));
	(k->ipv6 ? packet_ipv6 : packet_ipv4)(&k->whole, 1, 2, 6);
	k->whole.start += k->ipv6 ? 40 : 20;
}

/* A fragment of `len` bytes, whatever they are. */
static enum decoded give_bytes(struct kit *k, const uint8_t *bytes, size_t len, size_t offset, bool more)
{
	packet_begin(&k->p, 0);
	packet_bytes(&k->p, (struct slice){ bytes, len });
	if (k->ipv6) {
		uint8_t *f = packet_front(&k->p, 8);
		f[0] = 6;
		packet_put16(f + 2, (unsigned)offset | more);
		packet_put32(f + 4, k->id);
		packet_ipv6(&k->p, 1, 2, 44);
	} else {
		uint8_t *ip = packet_ipv4(&k->p, 1, 2, 47);
		ip[9] = 6;
		packet_put16(ip + 4, k->id & 0xffff);
		packet_put16(ip + 6, (unsigned)(offset / 8) | (more ? 0x2000u : 0));
		packet_ipv4_sum(ip);
	}
	if (k->carrier.len != 0) {
		packet_bytes(&k->p, k->carrier);
		packet_ipv4(&k->p, 11, 12, k->carrier_protocol);
	}
	packet_take_at(k->d, &k->t, &k->p, RAW, packet_len(&k->p), packet_len(&k->p), k->now);
	return k->t.got;
}

static enum decoded give(struct kit *k, size_t from, size_t to)
{
	return give_bytes(k, packet_at(&k->whole, from), to - from, from, to < packet_len(&k->whole));
}

static void check_whole(struct kit *k)
{
	const struct segment *s = &k->t.seg;
	assert_int_equal(k->t.got, DECODED_SEGMENT);
	assert_int_equal(s->tcp.len, packet_len(&k->whole));
	assert_memory_equal(s->tcp.at, packet_at(&k->whole, 0), s->tcp.len);
	assert_int_equal(s->cut, 0);
	assert_int_equal(s->key.ipv6, k->ipv6);
	assert_true(decode_checksum(k->d, s));
}

static uint64_t dropped(const struct kit *k)
{
	return decode_counters(k->d)->fragments_dropped;
}

static void every_order(void **state)
{
	struct kit *k = *state;
	enum { PIECES = 4 };
	datagram(k, 76);
	for (unsigned order = 0; order < PIECES * PIECES * PIECES * PIECES; order++) {
		unsigned seen = 0, count = 0;
		k->id++;
		for (unsigned i = 0, rest = order; i < PIECES; i++, rest /= PIECES) {
			const unsigned piece = rest % PIECES;
			const bool fresh = (seen >> piece & 1) == 0;
			seen |= 1u << piece;
			count += fresh;
			const enum decoded got = give(k, piece * 24, piece * 24 + 24);
			if (fresh && count == PIECES)
				check_whole(k);
			else
				assert_int_equal(got, DECODED_FRAGMENT);
		}
	}
	assert_int_equal(dropped(k), 0);
}

/* A first piece that ends inside TCP's header (RFC 1858) hides nothing. */
static void tiny(void **state)
{
	struct kit *k = *state;
	datagram(k, 300);
	for (size_t at = 0; at < 320 - 8; at += 8)
		assert_int_equal(give(k, at, at + 8), DECODED_FRAGMENT);
	give(k, 312, 320);
	check_whole(k);
}

static void largest(void **state)
{
	struct kit *k = *state;
	const size_t len = 65480;
	datagram(k, len - 20);
	for (size_t at = 0; at < len; at += 1480)
		give(k, at, at + 1480 < len ? at + 1480 : len);
	check_whole(k);
	/* The last bytes lie beyond what a datagram can hold. */
	k->id++;
	const uint64_t before = dropped(k);
	assert_int_equal(give_bytes(k, packet_at(&k->whole, 0), 100, 65528, false), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), before + 1);
}

static void kept_apart(void **state)
{
	struct kit *k = *state;
	datagram(k, 76);
	give(k, 0, 48);
	k->id++;
	assert_int_equal(give(k, 48, 96), DECODED_FRAGMENT);
	k->id--;
	/* The same datagram inside GRE with a key is another one. */
	k->carrier = SLICE("\x20\0\x08\0\0\0\0\7");
	if (k->ipv6)
		k->carrier = SLICE("\x20\0\x86\xdd\0\0\0\7");
	k->carrier_protocol = 47;
	assert_int_equal(give(k, 48, 96), DECODED_FRAGMENT);
	give(k, 0, 48);
	check_whole(k);
	assert_int_equal(k->t.seg.encap.count, 1);
	k->carrier.len = 0;
	give(k, 48, 96);
	check_whole(k);
	assert_int_equal(dropped(k), 0);
}

static void too_many(void **state)
{
	struct kit *k = *state;
	datagram(k, 8 * (MAX_FRAGMENTS + 1) - 20);
	for (size_t i = 0; i < MAX_FRAGMENTS; i++)
		assert_int_equal(give(k, 8 * i, 8 * i + 8), DECODED_FRAGMENT);
	assert_int_equal(give(k, 8 * MAX_FRAGMENTS, 8 * MAX_FRAGMENTS + 8), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), MAX_FRAGMENTS + 1);
	assert_int_equal(decode_counters(k->d)->datagrams_too_many, 1);
	/* Holes between all of them: the list of ranges holds. */
	k->id++;
	for (size_t i = 0; i <= MAX_FRAGMENTS; i++)
		assert_int_equal(
		    give_bytes(k, packet_at(&k->whole, 0), 8, 16 * (MAX_FRAGMENTS - i), true), DECODED_FRAGMENT);
}

static void timeout(void **state)
{
	struct kit *k = *state;
	datagram(k, 76);
	give(k, 0, 48);
	k->now += 30 * SECOND;
	give(k, 48, 96);
	check_whole(k);
	k->id++;
	give(k, 0, 48);
	k->now += 30 * SECOND + 1;
	assert_int_equal(give(k, 48, 96), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), 1);
	give(k, 0, 48);
	check_whole(k);
}

/* More datagrams than there are places: the one that waited longest goes, the others stay. */
static void crowd(void **state)
{
	struct kit *k = *state;
	datagram(k, 76);
	for (uint32_t i = 0; i <= MAX_FRAGMENT_SETS; i++) {
		k->id = 1000 + i;
		k->now = T0 + i;
		give(k, 0, 48);
	}
	assert_int_equal(dropped(k), 1);
	assert_int_equal(decode_counters(k->d)->datagrams_evicted, 1);
	for (uint32_t i = 1; i <= MAX_FRAGMENT_SETS; i++) {
		k->id = 1000 + i;
		give(k, 48, 96);
		check_whole(k);
	}
	k->id = 1000;
	assert_int_equal(give(k, 48, 96), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), 1);
}

static void not_a_piece(void **state)
{
	struct kit *k = *state;
	datagram(k, 76);
	/* Not a multiple of eight, though others follow; none at all; cut by the capture. */
	assert_int_equal(give_bytes(k, packet_at(&k->whole, 0), 47, 0, true), DECODED_FRAGMENT);
	assert_int_equal(give_bytes(k, packet_at(&k->whole, 0), 0, 0, true), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), 2);
	give(k, 0, 48);
	packet_take_at(k->d, &k->t, &k->p, RAW, packet_len(&k->p) - 1, packet_len(&k->p), k->now);
	assert_int_equal(k->t.got, DECODED_FRAGMENT);
	assert_int_equal(dropped(k), 3);
	give(k, 48, 96);
	check_whole(k);
}

static void overlap_v4(void **state)
{
	struct kit *k = *state;
	uint8_t other[48];
	memset(other, 'X', sizeof other);
	datagram(k, 76);
	/* What came first stays: over all of a piece, its end, its start, and into a hole on both sides. */
	give(k, 24, 48);
	assert_int_equal(give_bytes(k, other, 24, 24, true), DECODED_FRAGMENT);
	give(k, 0, 24);
	assert_int_equal(dropped(k), 1);
	give(k, 72, 96);
	assert_int_equal(give_bytes(k, other, 16, 40, true), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), 2);
	give(k, 56, 80);
	assert_int_equal(k->t.got, DECODED_SEGMENT);
	assert_int_equal(dropped(k), 2);
	assert_memory_equal(k->t.seg.tcp.at, packet_at(&k->whole, 0), 48);
	assert_memory_equal(k->t.seg.tcp.at + 48, other, 8);
	assert_memory_equal(k->t.seg.tcp.at + 56, packet_at(&k->whole, 56), 40);
	/* Two ends: the first holds. */
	k->id++;
	give(k, 48, 96);
	assert_int_equal(give_bytes(k, other, 8, 48, false), DECODED_FRAGMENT);
	assert_int_equal(give_bytes(k, other, 48, 96, true), DECODED_FRAGMENT);
	assert_int_equal(dropped(k), 4);
	give(k, 0, 48);
	check_whole(k);
}

static void overlap_v6(void **state)
{
	struct kit *k = *state;
	uint8_t other[48];
	memset(other, 'X', sizeof other);
	datagram(k, 76);
	/* An exact copy is no harm (RFC 8200, 4.5). */
	give(k, 0, 48);
	give(k, 0, 48);
	give(k, 8, 24);
	assert_int_equal(dropped(k), 0);
	give(k, 48, 96);
	check_whole(k);
	/* Any other overlap spoils the datagram, and its pieces that are still to come (RFC 5722, 4). */
	for (unsigned row = 0; row < 2; row++) {
		k->id++;
		const uint64_t before = dropped(k);
		give(k, 0, 48);
		if (row == 0)
			give_bytes(k, other, 48, 0, true);
		else
			give(k, 40, 96);
		assert_int_equal(give(k, 48, 96), DECODED_FRAGMENT);
		assert_int_equal(give(k, 0, 48), DECODED_FRAGMENT);
		assert_int_equal(dropped(k), before + 4);
	}
	/* Two ends. */
	k->id++;
	give(k, 48, 96);
	assert_int_equal(give_bytes(k, other, 8, 24, false), DECODED_FRAGMENT);
	assert_int_equal(give(k, 0, 48), DECODED_FRAGMENT);
}

/* One half of an IP datagram of GRE, as a fragment of its own. */
static void give_half(struct kit *k, const uint8_t *bytes, size_t len, unsigned offset, bool more)
{
	packet_begin(&k->p, 0);
	packet_bytes(&k->p, (struct slice){ bytes, len });
	uint8_t *ip = packet_ipv4(&k->p, 11, 12, 47);
	packet_put16(ip + 4, 0x4242);
	packet_put16(ip + 6, offset / 8 | (more ? 0x2000u : 0));
	packet_ipv4_sum(ip);
	packet_take_at(k->d, &k->t, &k->p, RAW, packet_len(&k->p), packet_len(&k->p), k->now);
}

/* A datagram in pieces that holds the last missing piece of another: one frame completes both. */
static void fragment_in_fragment(void **state)
{
	struct kit *k = *state;
	static uint8_t outer[200];
	datagram(k, 76);
	k->carrier = SLICE("\0\0\x08\0");
	k->carrier_protocol = 47;
	give(k, 0, 48);
	const size_t len = packet_len(&k->p) - 20;
	memcpy(outer, packet_at(&k->p, 20), len);
	give(k, 48, 96);
	check_whole(k);
	for (unsigned round = 0; round < 2 * MAX_FRAGMENT_SETS; round++) {
		give_half(k, outer, 40, 0, true);
		assert_int_equal(k->t.got, DECODED_FRAGMENT);
		assert_int_equal(give(k, 48, 96), DECODED_FRAGMENT);
		give_half(k, outer + 40, len - 40, 40, false);
		check_whole(k);
	}
	assert_int_equal(dropped(k), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define BOTH(f) cmocka_unit_test_setup_teardown(f, begin_v4, end), cmocka_unit_test_setup_teardown(f, begin_v6, end)
		BOTH(every_order),
		BOTH(tiny),
		BOTH(largest),
		BOTH(kept_apart),
		BOTH(too_many),
		BOTH(timeout),
		BOTH(crowd),
		BOTH(not_a_piece),
		cmocka_unit_test_setup_teardown(overlap_v4, begin_v4, end),
		cmocka_unit_test_setup_teardown(overlap_v6, begin_v6, end),
		cmocka_unit_test_setup_teardown(fragment_in_fragment, begin_v4, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
