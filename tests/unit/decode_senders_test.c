/* The table of senders: who is remembered, whatever the key of its hash. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "decode/senders.h"

static struct senders *table_new(uint64_t key)
{
	struct senders *t = calloc(1, sizeof *t);
	assert_non_null(t);
	key++;
	t->key = (struct hash_key){ key * UINT64_C(0x9e3779b97f4a7c15), key * UINT64_C(0xd6e8feb86659fd93) };
	return t;
}

static struct sender *get(struct senders *t, uint64_t who)
{
	const uint64_t from[2] = { who, 7 }, to[2] = { 5, 5 };
	return senders_get(t, senders_who(t, (const uint8_t *)from, (const uint8_t *)to, true, 0));
}

static void each_has_its_own(void **state)
{
	(void)state;
	struct senders *t = table_new(0);
	for (uint64_t i = 0; i < SENDERS; i++)
		get(t, i)->shown = (uint8_t)(i % 255 + 1);
	for (uint64_t i = 0; i < SENDERS; i++)
		assert_int_equal(get(t, i)->shown, i % 255 + 1);
	free(t);
}

/* In each pair one sender to one receiver in one network; the other way round is another. */
static void who_it_is(void **state)
{
	(void)state;
	const uint8_t a[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct senders *t = table_new(1);
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		const unsigned len = ipv6 != 0 ? 16 : 4;
		uint8_t b[16] = { 4, 3, 2, 1 };
		const uint64_t who = senders_who(t, a, b, ipv6 != 0, 0);
		assert_int_equal(senders_who(t, a, b, ipv6 != 0, 0), who);
		assert_int_not_equal(senders_who(t, b, a, ipv6 != 0, 0), who);
		assert_int_not_equal(senders_who(t, a, b, ipv6 != 0, 1), who);
		for (unsigned i = 0; i < len; i++) {
			b[i] ^= 1;
			assert_int_not_equal(senders_who(t, a, b, ipv6 != 0, 0), who);
			assert_int_not_equal(senders_who(t, b, a, ipv6 != 0, 0), who);
			b[i] ^= 1;
		}
		senders_get(t, who)->shown = 3;
		assert_int_equal(senders_get(t, who)->shown, 3);
		assert_int_equal(senders_get(t, senders_who(t, b, a, ipv6 != 0, 0))->shown, 0);
	}
	free(t);
}

static void who_is_heard_of_stays(void **state)
{
	(void)state;
	struct senders *t = table_new(1);
	get(t, 1)->shown = 1;
	get(t, 2)->shown = 1;
	for (uint64_t i = 0; i < 10 * SENDERS; i++) {
		get(t, 1000 + i);
		if (i % 1000 == 0)
			assert_int_equal(get(t, 1)->shown, 1);
	}
	assert_int_equal(get(t, 2)->shown, 0);
	free(t);
}

/* A long history of more senders than there is room for, as one number. */
static uint64_t history(uint64_t key)
{
	struct senders *t = table_new(key);
	uint64_t random = 1, told = 0;
	for (unsigned i = 0; i < 100000; i++) {
		random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		const uint64_t who = random >> 33;
		struct sender *s = get(t, who % (who % 3 == 0 ? 1000 : 3 * SENDERS));
		told = (told ^ s->shown) * UINT64_C(0x100000001b3);
		s->shown++;
	}
	free(t);
	return told;
}

static void the_key_decides_nothing(void **state)
{
	(void)state;
	const uint64_t told = history(0);
	for (uint64_t key = 1; key < 8; key++)
		assert_int_equal(history(key), told);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_own),
		cmocka_unit_test(who_it_is),
		cmocka_unit_test(who_is_heard_of_stays),
		cmocka_unit_test(the_key_decides_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
