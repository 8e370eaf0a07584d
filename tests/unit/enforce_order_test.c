/* What may be asked of who marks connections, and what it must not believe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "enforce/order.h"

static struct segment segment(enum way way, bool ipv6)
{
	struct segment seg = { .way = way };
	memcpy(seg.key.lo.addr, "\x0a\x00\x00\x01", 4);
	memcpy(seg.key.hi.addr, "\x0a\x00\x00\x02", 4);
	seg.key.lo.port = 40000;
	seg.key.hi.port = 3128;
	seg.key.ipv6 = ipv6;
	return seg;
}

static void test_made_as_the_packet_went(void **state)
{
	(void)state;
	const struct segment up = segment(LO_TO_HI, false), down = segment(HI_TO_LO, false);
	struct mark_order o, turned;
	order_make(&up, MARK_FORBIDDEN, false, &o);
	assert_int_equal(o.source[3], 1);
	assert_int_equal(o.target[3], 2);
	assert_int_equal(o.source_port, 40000);
	assert_int_equal(o.target_port, 3128);
	assert_int_equal(o.kind, MARK_FORBIDDEN);
	assert_int_equal(o.zone, 0);
	assert_true(order_is_sane(&o));
	order_make(&down, MARK_FORBIDDEN, false, &turned);
	assert_int_equal(turned.source_port, 3128);
	order_turn(&turned);
	assert_memory_equal(&o, &turned, sizeof o);
}

static void test_no_padding(void **state)
{
	(void)state;
	/* It goes through a ring as it is: nothing of the memory around it goes along. */
	assert_int_equal(sizeof(struct mark_order), 16 + 16 + 2 + 2 + 2 + 1 + 1 + 1 + 3);
}

static void test_ipv6(void **state)
{
	(void)state;
	struct segment seg = segment(LO_TO_HI, true);
	struct mark_order o;
	seg.key.lo.addr[15] = 9;
	order_make(&seg, MARK_SETTLED, true, &o);
	assert_int_equal(o.ipv6, 1);
	assert_int_equal(o.again, 1);
	assert_int_equal(o.source[15], 9);
	assert_true(order_is_sane(&o));
}

static void test_what_is_no_order(void **state)
{
	(void)state;
	const struct segment seg = segment(LO_TO_HI, false);
	struct mark_order good, o;
	order_make(&seg, MARK_SETTLED, false, &good);
	o = good;
	o.kind = MARK_NONE;
	assert_false(order_is_sane(&o));
	o.kind = MARKS;
	assert_false(order_is_sane(&o));
	o = good;
	o.ipv6 = 2;
	assert_false(order_is_sane(&o));
	o = good;
	o.again = 2;
	assert_false(order_is_sane(&o));
	o = good;
	o.zone = 1;
	assert_false(order_is_sane(&o));
	o = good;
	o.zero[2] = 1;
	assert_false(order_is_sane(&o));
	o = good;
	o.target[4] = 1;
	assert_false(order_is_sane(&o));
	o.ipv6 = 1;
	assert_true(order_is_sane(&o));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_made_as_the_packet_went),
		cmocka_unit_test(test_no_padding),
		cmocka_unit_test(test_ipv6),
		cmocka_unit_test(test_what_is_no_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
