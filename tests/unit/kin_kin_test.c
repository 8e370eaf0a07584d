/* Pairs of hosts: who shares a notebook, for how long, and who gives way when there is no more room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "kin/kin.h"

#define SECOND INT64_C(1000000000)

enum { PAYLOAD = 40 };

static struct kin_table *made(size_t pairs)
{
	struct err e;
	const struct hash_key key = { 1, 2 };
	struct kin_table *const t = kin_table_new(pairs, PAYLOAD, key, &e);
	assert_non_null(t);
	return t;
}

static struct endpoint host(unsigned n, uint16_t port)
{
	struct endpoint e = { .port = port };
	e.addr[0] = 10;
	e.addr[2] = (uint8_t)(n >> 8);
	e.addr[3] = (uint8_t)n;
	return e;
}

static void *join(
    struct kin_table *t, unsigned client, uint16_t client_port, unsigned server, uint16_t port, int64_t now)
{
	const struct endpoint c = host(client, client_port), s = host(server, port);
	return kin_join(t, &c, &s, 0, now);
}

static bool is_zero(const unsigned char *payload)
{
	for (unsigned i = 0; i < PAYLOAD; i++)
		if (payload[i] != 0)
			return false;
	return true;
}

/* A mark is the pair's own, as long as the pair is known; a new one has none. */
static void pairs_are_marked(void **state)
{
	(void)state;
	struct kin_table *const t = made(2);
	void *const a = join(t, 1, 40000, 2, 80, 0), *const b = join(t, 1, 40000, 2, 81, 0);
	assert_int_equal(*kin_mark(t, a), 0);
	*kin_mark(t, a) = 5;
	*kin_mark(t, b) = UINT64_MAX;
	assert_ptr_equal(join(t, 1, 40001, 2, 80, 1), a);
	assert_int_equal(*kin_mark(t, a), 5);
	assert_int_equal(*kin_mark(t, b), UINT64_MAX);
	kin_leave(t, b, 2);
	void *const c = join(t, 1, 40000, 2, 82, 3);
	assert_ptr_equal(c, b);
	assert_int_equal(*kin_mark(t, c), 0);
	kin_table_free(t);
}

static void connections_of_one_pair_share(void **state)
{
	(void)state;
	struct kin_table *const t = made(16);
	unsigned char *const a = join(t, 1, 40000, 2, 80, 0);
	assert_non_null(a);
	assert_int_equal((uintptr_t)a % 16, 0);
	assert_true(is_zero(a));
	memset(a, 0x77, PAYLOAD);
	/* The client's port does not count; all else does. */
	assert_ptr_equal(join(t, 1, 40001, 2, 80, 1), a);
	unsigned char *const others[] = { join(t, 1, 40000, 2, 81, 1), join(t, 1, 40000, 3, 80, 1),
		join(t, 3, 40000, 2, 80, 1), join(t, 2, 40000, 1, 80, 1) };
	for (unsigned i = 0; i < 4; i++) {
		assert_ptr_not_equal(others[i], a);
		assert_true(is_zero(others[i]));
		for (unsigned n = 0; n < i; n++)
			assert_ptr_not_equal(others[i], others[n]);
		kin_leave(t, others[i], 2);
	}
	const struct endpoint c = host(1, 40000), s = host(2, 80);
	unsigned char *const elsewhere = kin_join(t, &c, &s, 7, 1);
	assert_ptr_not_equal(elsewhere, a);
	kin_leave(t, elsewhere, 2);
	kin_leave(t, a, 2);
	kin_leave(t, a, 3);
	kin_leave(t, NULL, 3);
	kin_table_free(t);
}

static void a_pair_lingers_and_is_then_forgotten(void **state)
{
	(void)state;
	static const struct {
		int64_t left, back;
		bool known;
	} rows[] = {
		{ 100 * SECOND, 100 * SECOND, true },
		{ 100 * SECOND, 109 * SECOND, true },
		{ 100 * SECOND, 110 * SECOND, true },
		{ 100 * SECOND, 110 * SECOND + 1, false },
		{ 100 * SECOND, 50 * SECOND, true }, /* time ran backwards */
		{ INT64_MIN, INT64_MAX, false },
		{ INT64_MAX, INT64_MIN, true },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct kin_table *const t = made(16);
		unsigned char *p = join(t, 1, 1, 2, 80, rows[i].left);
		p[0] = 9;
		p[PAYLOAD - 1] = 9;
		kin_leave(t, p, rows[i].left);
		p = join(t, 1, 2, 2, 80, rows[i].back);
		assert_int_equal(is_zero(p), !rows[i].known);
		assert_int_equal(kin_evicted(t), 0);
		kin_leave(t, p, rows[i].back);
		kin_table_free(t);
	}
}

/* Forgotten by name although others older than it stand before it in the list of what is to be cleared away. */
static void a_stale_pair_is_not_known_again(void **state)
{
	(void)state;
	struct kin_table *const t = made(64);
	for (unsigned i = 0; i < 20; i++) {
		unsigned char *const p = join(t, i, 1, 500, 80, i);
		p[0] = 9;
		kin_leave(t, p, i);
	}
	unsigned char *const last = join(t, 19, 1, 500, 80, 60 * SECOND);
	assert_true(is_zero(last));
	kin_leave(t, last, 60 * SECOND);
	kin_table_free(t);
}

static void a_living_pair_stays_however_long(void **state)
{
	(void)state;
	struct kin_table *const t = made(16);
	unsigned char *const a = join(t, 1, 1, 2, 80, 0);
	a[0] = 5;
	assert_ptr_equal(join(t, 1, 2, 2, 80, 3600 * SECOND), a);
	assert_int_equal(a[0], 5);
	kin_leave(t, a, 3600 * SECOND);
	assert_ptr_equal(join(t, 1, 3, 2, 80, 7200 * SECOND), a);
	assert_int_equal(a[0], 5);
	kin_leave(t, a, 7200 * SECOND);
	kin_leave(t, a, 7200 * SECOND);
	kin_table_free(t);
}

static void the_longest_idle_gives_way(void **state)
{
	(void)state;
	struct kin_table *const t = made(3);
	unsigned char *p[3];
	for (unsigned i = 0; i < 3; i++) {
		p[i] = join(t, i, 1, 500, 80, 0);
		p[i][0] = (unsigned char)(i + 1);
	}
	kin_leave(t, p[1], SECOND);
	kin_leave(t, p[0], 2 * SECOND);
	assert_true(is_zero(join(t, 10, 1, 500, 80, 3 * SECOND))); /* takes the place of 1 */
	assert_int_equal(kin_evicted(t), 1);
	assert_ptr_equal(join(t, 0, 1, 500, 80, 3 * SECOND), p[0]); /* 0 was younger: still known */
	assert_int_equal(p[0][0], 1);
	assert_int_equal(p[2][0], 3);

	/* All three live: no room for a fourth, until one leaves. */
	assert_null(join(t, 1, 1, 500, 80, 3 * SECOND));
	assert_int_equal(kin_evicted(t), 1);
	kin_leave(t, p[2], 4 * SECOND);
	assert_true(is_zero(join(t, 1, 1, 500, 80, 4 * SECOND)));
	assert_int_equal(kin_evicted(t), 2);
	kin_table_free(t);
}

static void what_is_stale_is_no_eviction(void **state)
{
	(void)state;
	struct kin_table *const t = made(4);
	for (unsigned i = 0; i < 1000; i++) {
		const int64_t now = i * 4 * SECOND;
		void *const p = join(t, i, 1, 500, 80, now);
		assert_non_null(p);
		assert_true(is_zero(p));
		memset(p, 0xff, PAYLOAD);
		kin_leave(t, p, now);
	}
	assert_int_equal(kin_evicted(t), 0);
	kin_table_free(t);
}

static void a_table_of_none(void **state)
{
	(void)state;
	struct kin_table *const t = made(0);
	assert_null(join(t, 1, 1, 2, 80, 0));
	assert_int_equal(kin_evicted(t), 0);
	kin_table_free(t);
	kin_table_free(NULL);
}

static void what_cannot_be_is_an_error(void **state)
{
	(void)state;
	const struct hash_key key = { 1, 2 };
	static const struct {
		size_t pairs, payload;
	} rows[] = { { 1, SIZE_MAX }, { SIZE_MAX / 64, 64 }, { 16, SIZE_MAX / 16 } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err e = { .what = "" };
		assert_null(kin_table_new(rows[i].pairs, rows[i].payload, key, &e));
		assert_true(e.what[0] != '\0');
	}
}

/* Against a plain array that says the same the slow way. */
enum { MODEL_PAIRS = 40, MODEL_ROOM = 24 };

struct model {
	unsigned alive[MODEL_PAIRS];
	int64_t left[MODEL_PAIRS];
	uint8_t mark[MODEL_PAIRS]; /* 0: not known */
	void *payload[MODEL_PAIRS];
};

static unsigned random_below(uint64_t *x, unsigned n)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return (unsigned)(*x % n);
}

static unsigned model_living(const struct model *m)
{
	unsigned n = 0;
	for (unsigned i = 0; i < MODEL_PAIRS; i++)
		n += m->alive[i] != 0;
	return n;
}

static void it_agrees_with_a_plain_array(void **state)
{
	(void)state;
	struct kin_table *const t = made(MODEL_ROOM);
	struct model m = { .alive = { 0 } };
	uint64_t x = 88172645463325252u;
	int64_t now = 0;
	for (unsigned step = 0; step < 200000; step++) {
		const unsigned who = random_below(&x, MODEL_PAIRS);
		now += random_below(&x, 100) == 0 ? 11 * SECOND : SECOND / 100;
		if (m.alive[who] != 0 && random_below(&x, 2) == 0) {
			m.alive[who]--;
			m.left[who] = now;
			kin_leave(t, m.payload[who], now);
			continue;
		}
		unsigned char *const p = join(t, who, 1, 500, 80, now);
		if (p == NULL) {
			assert_int_equal(m.alive[who], 0);
			assert_int_equal(model_living(&m), MODEL_ROOM);
			continue;
		}
		if (m.alive[who] != 0) {
			assert_ptr_equal(p, m.payload[who]);
			assert_int_equal(p[0], m.mark[who]);
		} else if (now - m.left[who] > 10 * SECOND) {
			assert_true(is_zero(p));
		} else {
			assert_true(is_zero(p) || p[0] == m.mark[who]);
		}
		m.mark[who] = (uint8_t)(1 + random_below(&x, 255));
		memset(p, m.mark[who], PAYLOAD);
		m.payload[who] = p;
		m.alive[who]++;
	}
	assert_true(kin_evicted(t) > 0);
	kin_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_marked),
		cmocka_unit_test(connections_of_one_pair_share),
		cmocka_unit_test(a_pair_lingers_and_is_then_forgotten),
		cmocka_unit_test(a_stale_pair_is_not_known_again),
		cmocka_unit_test(a_living_pair_stays_however_long),
		cmocka_unit_test(the_longest_idle_gives_way),
		cmocka_unit_test(what_is_stale_is_no_eviction),
		cmocka_unit_test(a_table_of_none),
		cmocka_unit_test(what_cannot_be_is_an_error),
		cmocka_unit_test(it_agrees_with_a_plain_array),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
