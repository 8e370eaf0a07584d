/* Which packets are pieces of datagrams, and which wait with which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "engine/pieces.h"

#define SECOND INT64_C(1000000000)

static struct slice v4(uint8_t out[28], unsigned id, unsigned cut)
{
	const uint8_t head[28] = { 0x45, 0, 0, 28, (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(cut >> 8), (uint8_t)cut,
		64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
	memcpy(out, head, sizeof head);
	return (struct slice){ out, sizeof head };
}

static void pieces_of_ipv4(void **state)
{
	(void)state;
	uint8_t packet[28];
	struct piece p;
	assert_false(piece_of(v4(packet, 7, 0), &p));
	assert_false(piece_of(v4(packet, 7, 0x4000), &p)); /* not to be cut */
	assert_true(piece_of(v4(packet, 7, 0x2000), &p));
	assert_true(p.from == 0 && p.to == 8 && p.key.id == 7 && p.key.protocol == 6 && p.key.ipv6 == 0);
	assert_true(piece_of(v4(packet, 0x1234, 3), &p));
	assert_true(p.from == 24 && p.to == 32 && p.key.id == 0x1234);
	assert_int_equal(p.key.source[3], 1);
	assert_int_equal(p.key.target[3], 2);
	assert_false(piece_of((struct slice){ packet, 19 }, &p));
	assert_false(piece_of((struct slice){ packet, 0 }, &p));
	packet[3] = 12; /* less than its header */
	assert_false(piece_of((struct slice){ packet, 28 }, &p));
}

static void pieces_of_ipv6(void **state)
{
	(void)state;
	uint8_t packet[64] = { 0x60, 0, 0, 0, 0, 24, 0, 64 };
	const uint8_t behind[] = { 44, 0, 1, 4, 0, 0, 0, 0, 6, 0, 0, 0x11, 1, 2, 3, 4 };
	struct piece p;
	packet[23] = 1;
	packet[39] = 2;
	memcpy(packet + 40, behind, sizeof behind);
	assert_true(piece_of((struct slice){ packet, 64 }, &p));
	assert_true(p.from == 16 && p.to == 24 && p.key.id == 0x01020304 && p.key.ipv6 == 1 && p.key.protocol == 0);
	assert_int_equal(p.key.source[15], 1);
	assert_int_equal(p.key.target[15], 2);
	assert_false(piece_of((struct slice){ packet, 55 }, &p)); /* cut inside the header */
	packet[51] = 0;                                           /* the first and the last */
	assert_false(piece_of((struct slice){ packet, 64 }, &p));
	packet[51] = 1; /* the first, more to come */
	assert_true(piece_of((struct slice){ packet, 64 }, &p));
	packet[6] = 6;
	assert_false(piece_of((struct slice){ packet, 64 }, &p));
	/* Lengths of headers that lead beyond the packet. */
	packet[6] = 0;
	packet[41] = 255;
	assert_false(piece_of((struct slice){ packet, 64 }, &p));
}

static struct piece at(uint32_t id, uint32_t from, uint32_t to)
{
	struct piece p;
	memset(&p, 0, sizeof p);
	p.key.id = id;
	p.from = from;
	p.to = to;
	return p;
}

static bool put(struct pieces *p, struct piece piece, uint32_t token, int64_t t)
{
	return pieces_put(p, &piece, token, t);
}

static bool overlaps(struct pieces *p, uint32_t id, uint32_t from, uint32_t to)
{
	const struct piece piece = at(id, from, to);
	return pieces_overlap(p, &piece);
}

static unsigned take_all(struct pieces *p, uint32_t id)
{
	const struct piece one = at(id, 0, 8);
	uint32_t token;
	unsigned n = 0;
	while (pieces_take(p, &one.key, &token))
		n++;
	return n;
}

static void wait_by_datagram(void **state)
{
	(void)state;
	static struct pieces p;
	memset(&p, 0, sizeof p);
	uint32_t token = 0;
	assert_true(put(&p, at(1, 0, 8), 10, 0));
	assert_true(put(&p, at(2, 0, 8), 20, 0));
	assert_true(put(&p, at(1, 16, 24), 11, 0));
	assert_true(overlaps(&p, 1, 0, 8) && overlaps(&p, 1, 4, 12) && overlaps(&p, 1, 0, 100));
	assert_false(overlaps(&p, 1, 8, 16) || overlaps(&p, 2, 8, 16) || overlaps(&p, 3, 0, 8));
	assert_true(put(&p, at(1, 8, 16), 14, 0));
	assert_int_equal(take_all(&p, 1), 3);
	assert_int_equal(take_all(&p, 1), 0);
	const struct piece other = at(2, 0, 0);
	assert_true(pieces_take(&p, &other.key, &token));
	assert_int_equal(token, 20);
	for (uint32_t i = 0; i < MAX_PIECES; i++)
		assert_true(put(&p, at(3, i * 8, i * 8 + 8), i, 0));
	assert_false(put(&p, at(3, 8 * MAX_PIECES, 8 * MAX_PIECES + 8), 99, 0));
	assert_int_equal(take_all(&p, 3), MAX_PIECES);
}

static void the_oldest_makes_room(void **state)
{
	(void)state;
	static struct pieces p;
	memset(&p, 0, sizeof p);
	uint32_t token = 0;
	for (uint32_t i = 0; i < MAX_PIECE_SETS; i++)
		assert_true(put(&p, at(i, 0, 8), i, SECOND * (5 + (i + 3) % MAX_PIECE_SETS)));
	const struct piece fresh = at(1000, 0, 8), known = at(7, 8, 16);
	assert_false(pieces_stale(&p, &known.key, 36 * SECOND - SECOND, &token));
	assert_false(pieces_put(&p, &fresh, 1000, 6 * SECOND));
	assert_true(pieces_stale(&p, &fresh.key, 6 * SECOND, &token));
	assert_int_equal(token, MAX_PIECE_SETS - 3);
	assert_false(pieces_stale(&p, &fresh.key, 6 * SECOND, &token));
	assert_true(pieces_put(&p, &fresh, 1000, 6 * SECOND));
}

static void nobody_waits_for_ever(void **state)
{
	(void)state;
	static struct pieces p;
	memset(&p, 0, sizeof p);
	uint32_t token = 0;
	put(&p, at(1, 0, 8), 1, SECOND);
	put(&p, at(1, 8, 16), 2, 20 * SECOND);
	assert_false(pieces_stale(&p, NULL, 31 * SECOND, &token));
	assert_true(pieces_stale(&p, NULL, 31 * SECOND + 1, &token));
	assert_true(pieces_stale(&p, NULL, 31 * SECOND + 1, &token));
	assert_false(pieces_stale(&p, NULL, INT64_MAX, &token));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_ipv4),
		cmocka_unit_test(pieces_of_ipv6),
		cmocka_unit_test(wait_by_datagram),
		cmocka_unit_test(the_oldest_makes_room),
		cmocka_unit_test(nobody_waits_for_ever),
	};
	return cmocka_run_group_tests_name("engine/pieces", tests, NULL, NULL);
}
