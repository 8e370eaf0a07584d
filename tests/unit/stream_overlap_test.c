/* Overlapping segments, against an oracle that keeps every byte with its segment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "overlap_model.h"
#include "segments.h"

/* The six ways two segments can overlap (Novak and Sturges, 2007): the second against the first. */
static const struct shape {
	const char *name;
	size_t first_at, first_len, second_at, second_len;
	const char *want[3]; /* by policy; behind a hole of two bytes "__" */
} shapes[] = {
	{ "starts before, ends within", 4, 4, 2, 4, { "__222211", "__221111", "__222211" } },
	{ "starts before, ends with it", 4, 4, 2, 6, { "__222222", "__221111", "__222222" } },
	{ "starts before, ends after", 4, 2, 2, 6, { "__222222", "__221122", "__222222" } },
	{ "starts with it, ends within", 2, 6, 2, 4, { "__111111", "__111111", "__222211" } },
	{ "the same place", 2, 6, 2, 6, { "__111111", "__111111", "__222222" } },
	{ "starts with it, ends after", 2, 4, 2, 6, { "__222222", "__111122", "__222222" } },
	{ "starts within, ends within", 2, 6, 4, 2, { "__111111", "__111111", "__112211" } },
	{ "starts within, ends with it", 2, 6, 4, 4, { "__111111", "__111111", "__112222" } },
	{ "starts within, ends after", 2, 4, 4, 4, { "__111122", "__111122", "__112222" } },
};

static void test_two_waiting(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		for (enum overlap_policy policy = OVERLAP_LINUX; policy <= OVERLAP_LAST; policy++) {
			const struct shape *p = &shapes[i];
			struct talk k;
			talk_begin(&k, policy, 4);
			talk_open(&k);
			struct segment one = talk_segment(&k, CLIENT, p->first_at, "11111111", p->first_len, TCP_ACK);
			struct segment two = talk_segment(&k, CLIENT, p->second_at, "22222222", p->second_len, TCP_ACK);
			assert_int_equal(talk_push(&k, &one, SIZE_MAX), 0);
			assert_int_equal(talk_push(&k, &two, SIZE_MAX), ODD_BIT(OVERLAP_DIFFERS));
			assert_int_equal(talk_say(&k, CLIENT, 0, "__"), 0);
			if (!talk_got(&k, CLIENT, p->want[policy]))
				print_error("%s, policy %d\n", p->name, policy);
			assert_true(talk_got(&k, CLIENT, p->want[policy]));
			talk_end(&k);
		}
	}
}

/* Bytes in order against bytes that wait. */
static void test_in_order_over_waiting(void **state)
{
	(void)state;
	static const char *const want[] = { "2222222211", "2211112211", "2222222211" };
	for (enum overlap_policy policy = OVERLAP_LINUX; policy <= OVERLAP_LAST; policy++) {
		struct talk k;
		talk_begin(&k, policy, 4);
		talk_open(&k);
		talk_say(&k, CLIENT, 2, "1111");
		talk_say(&k, CLIENT, 8, "11");
		assert_int_equal(talk_say(&k, CLIENT, 0, "22222222"), ODD_BIT(OVERLAP_DIFFERS));
		assert_true(talk_got(&k, CLIENT, want[policy]));
		talk_end(&k);
	}
}

static void test_delivered_stays(void **state)
{
	(void)state;
	for (enum overlap_policy policy = OVERLAP_LINUX; policy <= OVERLAP_LAST; policy++) {
		struct talk k;
		talk_begin(&k, policy, 4);
		talk_open(&k);
		assert_int_equal(talk_say(&k, CLIENT, 0, "GET /one"), 0);
		assert_int_equal(talk_say(&k, CLIENT, 0, "GET /one"), 0);
		assert_int_equal(talk_say(&k, CLIENT, 0, "GET /two"), ODD_BIT(OVERLAP_DIFFERS));
		assert_int_equal(talk_say(&k, CLIENT, 4, "/one more"), 0);
		assert_true(talk_got(&k, CLIENT, "GET /one more"));
		/* The same beginning, longer: what was there before is compared, what is new is delivered. */
		assert_int_equal(talk_say(&k, CLIENT, 8, " more and more"), 0);
		assert_int_equal(talk_say(&k, CLIENT, 8, " less and less, still"), ODD_BIT(OVERLAP_DIFFERS));
		assert_true(talk_got(&k, CLIENT, "GET /one more and more, still"));
		talk_end(&k);
	}
}

/* What the reader left unread is compared exactly, wherever the second version begins. */
static void test_unread_is_compared(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	struct segment seg = talk_segment(&k, CLIENT, 0, "GET / HTTP/1.1\r\nHost: ", 22, TCP_ACK);
	assert_int_equal(talk_push(&k, &seg, 0), 0);
	seg = talk_segment(&k, CLIENT, 5, " HTTP/1.", 8, TCP_ACK);
	assert_int_equal(talk_push(&k, &seg, 0), 0);
	seg = talk_segment(&k, CLIENT, 5, " HTTP/2.", 8, TCP_ACK);
	assert_int_equal(talk_push(&k, &seg, 0), ODD_BIT(OVERLAP_DIFFERS));
	assert_int_equal(k.odd_from, CLIENT);
	assert_int_equal(k.odd_at, 5);
	talk_read(&k, SIZE_MAX);
	assert_true(talk_got(&k, CLIENT, "GET / HTTP/1.1\r\nHost: "));
	talk_end(&k);
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Up to a dozen overlapping segments of differing content, then the missing bytes: as the oracle says. */
static void random_overlaps(enum overlap_policy policy, uint32_t seed)
{
	struct talk k;
	struct model *m = calloc(1, sizeof *m);
	assert_non_null(m);
	m->policy = policy;
	talk_begin(&k, policy, 4);
	talk_open(&k);
	const unsigned segments = 2 + next_random(&seed) % 11;
	const size_t scale = next_random(&seed) % 8 == 0 ? 3000 : 30;
	uint8_t bytes[3001];
	for (unsigned i = 0; i < segments; i++) {
		const size_t at = 1 + next_random(&seed) % (scale * 2), len = 1 + next_random(&seed) % scale;
		memset(bytes, 'a' + (int)i, len);
		model_push(m, at, bytes, len);
		const struct segment seg = talk_segment(&k, CLIENT, at, bytes, len, TCP_ACK);
		talk_push(&k, &seg, SIZE_MAX);
		if (next_random(&seed) % 8 == 0) {
			const uint8_t one = '0';
			model_push(m, 0, &one, 1);
			const struct segment first = talk_segment(&k, CLIENT, 0, &one, 1, TCP_ACK);
			talk_push(&k, &first, SIZE_MAX);
		}
	}
	assert_int_equal(k.odd & ~ODD_BIT(OVERLAP_DIFFERS), 0);
	talk_finish(&k);
	for (size_t i = 0; i < MODEL_MOST; i++) {
		if (m->have[i] != k.got[CLIENT].seen[i] || m->value[i] != k.got[CLIENT].bytes[i])
			print_error("policy %d, %u segments of up to %zu, byte %zu\n", policy, segments, scale, i);
		assert_int_equal(m->have[i], k.got[CLIENT].seen[i]);
		if (m->have[i])
			assert_int_equal(m->value[i], k.got[CLIENT].bytes[i]);
	}
	talk_end(&k);
	free(m);
}

/* Bytes that were read, cut in any way, and some of the last of them again, cut otherwise: never said to differ when they do not;
 * noticed, but for the chance of a sum of 8 bits, when a whole block of them does. */
static unsigned noticed(uint32_t seed, bool differs)
{
	uint8_t bytes[700], again[700];
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	talk_open(&k);
	const size_t len = 50 + next_random(&seed) % 600, most = next_random(&seed) % 3 == 0 ? 3 : 200;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)next_random(&seed);
	for (size_t at = 0, n; at < len; at += n) {
		n = 1 + next_random(&seed) % most;
		n = n < len - at ? n : len - at;
		const struct segment seg = talk_segment(&k, CLIENT, at, bytes + at, n, TCP_ACK);
		assert_int_equal(talk_push(&k, &seg, SIZE_MAX), 0);
	}
	const size_t least = len > 160 ? len - 160 : 0, from = least + next_random(&seed) % (len - least - 33);
	const size_t end = from + 33 + next_random(&seed) % (len - from - 32);
	memcpy(again, bytes, len);
	if (differs)
		again[from + 16 + next_random(&seed) % 8] ^= (uint8_t)(1 + next_random(&seed) % 255);
	const struct segment seg = talk_segment(&k, CLIENT, from, again + from, end - from, TCP_ACK);
	const bool told = talk_push(&k, &seg, SIZE_MAX) == ODD_BIT(OVERLAP_DIFFERS);
	talk_end(&k);
	return told;
}

static void test_read_is_compared(void **state)
{
	(void)state;
	unsigned found = 0;
	for (uint32_t i = 0; i < 2000; i++) {
		assert_int_equal(noticed(i * 7919, false), 0);
		found += noticed(i * 104729, true);
	}
	assert_in_range(found, 1950, 2000);
}

/* Several SYNs before the answer are kept where the sums are later; of the ninth the first gives way. */
static void test_sums_after_many_syns(void **state)
{
	(void)state;
	struct talk k;
	talk_begin(&k, OVERLAP_LINUX, 4);
	for (uint32_t i = 0; i < 20; i++) {
		k.isn[CLIENT] = 1000 + i * 100000;
		talk_flags(&k, CLIENT, 0, TCP_SYN);
	}
	talk_flags(&k, SERVER, 0, TCP_SYN | TCP_ACK);
	talk_flags(&k, CLIENT, 0, TCP_ACK);
	assert_int_equal(k.s.side[CLIENT].isn, k.isn[CLIENT]);
	assert_int_equal(talk_say(&k, CLIENT, 0, "GET / HTTP/1.1\r\nHost: one\r\n\r\n"), 0);
	assert_int_equal(talk_say(&k, CLIENT, 0, "GET / HTTP/1.1\r\nHost: one"), 0);
	assert_int_equal(talk_say(&k, CLIENT, 0, "PUT / HTTP/1.1\r\nHost: one"), ODD_BIT(OVERLAP_DIFFERS));
	talk_end(&k);
}

static void test_random_overlaps(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 3000; i++)
		random_overlaps((enum overlap_policy)(i % 3), i * 7919);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_waiting),
		cmocka_unit_test(test_in_order_over_waiting),
		cmocka_unit_test(test_delivered_stays),
		cmocka_unit_test(test_unread_is_compared),
		cmocka_unit_test(test_read_is_compared),
		cmocka_unit_test(test_sums_after_many_syns),
		cmocka_unit_test(test_random_overlaps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
