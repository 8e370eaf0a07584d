#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "report/id.h"
#include "report/report.h"

#define S INT64_C(1000000000)

static void times_are_spelt(void **state)
{
	(void)state;
	static const struct {
		int64_t t;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000000+00:00" },
		{ -1, "1969-12-31T23:59:59.999999+00:00" },
		{ -S, "1969-12-31T23:59:59.000000+00:00" },
		{ 1795461847 * S + 101822333, "2026-11-23T19:24:07.101822+00:00" },
		{ 951782400 * S, "2000-02-29T00:00:00.000000+00:00" },
		{ 951868799 * S + 999999999, "2000-02-29T23:59:59.999999+00:00" },
		{ 4107542400 * S, "2100-03-01T00:00:00.000000+00:00" },
		{ 2147483648 * S, "2038-01-19T03:14:08.000000+00:00" },
		{ INT64_MAX, "2262-04-11T23:47:16.854775+00:00" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224+00:00" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *out = malloc(40);
		assert_non_null(out);
		time_text(rows[i].t, out);
		assert_string_equal(out, rows[i].text);
		free(out);
	}
}

/* Every day that 64 bits of nanoseconds can name, against the C library. */
static void dates_agree_with_the_library(void **state)
{
	(void)state;
	for (int64_t day = -106751; day <= 106750; day++) {
		const time_t second = (time_t)(day * 86400 + (day & 0x7fff));
		struct tm tm;
		char want[64], got[40];
		gmtime_r(&second, &tm);
		strftime(want, sizeof want, "%Y-%m-%dT%H:%M:%S.000000+00:00", &tm);
		time_text(second * S, got);
		assert_string_equal(got, want);
	}
}

static void the_last_second_is_remembered_rightly(void **state)
{
	(void)state;
	static const int64_t ts[] = { 5 * S + 1000, 5 * S + 999999999, 6 * S, 5 * S, 0, -1, 0, INT64_MAX, INT64_MIN };
	struct clock_text clock = { .set = false };
	for (size_t i = 0; i < sizeof ts / sizeof *ts; i++) {
		char want[40], got[40];
		time_text(ts[i], want);
		clock_write(&clock, ts[i], got);
		assert_string_equal(got, want);
	}
}

static void community_ids_are_those_of_the_specification(void **state)
{
	(void)state;
	static const struct {
		struct flow_key key;
		const char *id;
	} rows[] = {
		{ { .lo = { { 1, 2, 3, 4 }, 1122 }, .hi = { { 5, 6, 7, 8 }, 3344 } },
		    "1:wCb3OG7yAFWelaUydu0D+125CLM=" },
		{ { .lo = { { 66, 35, 250, 204 }, 80 }, .hi = { { 128, 232, 110, 120 }, 34855 } },
		    "1:LQU9qZlK+B5F3KDmev6m5PMibrg=" },
		{ { .lo = { { 0x20, 1, 4, 0x70, 0xe5, 0xbf, 0xde, 0xad, 0x49, 0x57, 0x21, 0x74, 0xe8, 0x2c, 0x48,
				0x87 },
			63943 },
		      .hi = { { 0x26, 7, 0xf8, 0xb0, 0x40, 0xc, 0xc, 3, 0, 0, 0, 0, 0, 0, 0, 0x1a }, 25 },
		      .ipv6 = 1 },
		    "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *out = malloc(32);
		assert_non_null(out);
		community_id(&rows[i].key, out);
		assert_string_equal(out, rows[i].id);
		free(out);
	}
}

/* VLANs keep conversations apart, but everybody else's tools give both the same id. */
static void community_id_looks_at_addresses_and_ports_only(void **state)
{
	(void)state;
	struct flow_key key = { .lo = { { 1, 2, 3, 4 }, 1122 }, .hi = { { 5, 6, 7, 8 }, 3344 } };
	char plain[32], vlan[32];
	community_id(&key, plain);
	key.space = 77;
	community_id(&key, vlan);
	assert_string_equal(plain, vlan);
}

/* However many are owed; of both versions of IP, in turn; and nothing behind an id is touched. */
static void owed_ids_are_paid_as_they_are(void **state)
{
	(void)state;
	static struct owed_ids owed;
	struct flow_key key[LANES];
	char text[LANES][40], want[40];
	for (unsigned count = 0; count <= LANES; count++) {
		memset(text, '#', sizeof text);
		for (unsigned i = 0; i < count; i++) {
			key[i] = (struct flow_key){ .ipv6 = (count + i) % 2 };
			memset(key[i].lo.addr, (int)(count * LANES + i), key[i].ipv6 ? 16 : 4);
			memset(key[i].hi.addr, 0xfe, key[i].ipv6 ? 16 : 4);
			key[i].lo.port = (uint16_t)(i * 7001);
			community_id_owe(&owed, &key[i], text[i] + 1);
		}
		community_id_pay(&owed);
		assert_int_equal(owed.count, 0);
		for (unsigned i = 0; i < LANES; i++) {
			if (i < count)
				community_id(&key[i], want);
			else
				memset(want, '#', COMMUNITY_ID_LEN);
			assert_memory_equal(text[i] + 1, want, COMMUNITY_ID_LEN);
			assert_int_equal(text[i][0], '#');
			assert_int_equal(text[i][1 + COMMUNITY_ID_LEN], '#');
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_spelt),
		cmocka_unit_test(dates_agree_with_the_library),
		cmocka_unit_test(the_last_second_is_remembered_rightly),
		cmocka_unit_test(community_ids_are_those_of_the_specification),
		cmocka_unit_test(community_id_looks_at_addresses_and_ports_only),
		cmocka_unit_test(owed_ids_are_paid_as_they_are),
	};
	return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
