/* Another protocol's first bytes: found where a tool puts them, and not in what files and messages hold. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/foreign.h"
#include "tunnel/look.h"

#define HELLO                                          \
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" \
	"0123456789abcdef"
#define ANSWER                                         \
	"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" \
	"0123456789abcdef"
#define IPV4     "\x45\x00\x00\x3c\x1c\x46\x40\x00\x40\x06\xb1\xe6\xac\x10\x0a\x63\xac\x10\x0a\x0c"
#define BANNER64 "U1NILTIuMC1PcGVuU1NIXzkuMnAx"
#define HELLO64  "FgMBAgABAAH8AwPExMTExMTExMTExMTE"

struct row {
	struct slice sample;
	bool whole;
	const char *name;
	enum form form;
	size_t at;
};

static const struct row rows[] = {
	{ { (const uint8_t *)"SSH-2.0-x\r\n", 11 }, true, "ssh", FORM_RAW, 0 },
	{ { (const uint8_t *)HELLO, sizeof HELLO - 1 }, false, "tls", FORM_RAW, 0 },
	{ { (const uint8_t *)ANSWER, sizeof ANSWER - 1 }, false, "tls", FORM_RAW, 0 },
	{ { (const uint8_t *)IPV4, sizeof IPV4 - 1 }, false, "ip", FORM_RAW, 0 },
	{ { (const uint8_t *)"\5\1\0", 3 }, true, "socks", FORM_RAW, 0 },
	{ { (const uint8_t *)"220 mail.example ESMTP\r\n", 24 }, true, "smtp", FORM_RAW, 0 },
	{ { (const uint8_t *)"RFB 003.008\n", 12 }, true, "vnc", FORM_RAW, 0 },
	{ { (const uint8_t *)"\0\0\0\x0b\1SSH-2.0-x\r\n", 16 }, true, "ssh", FORM_RAW, 5 },
	{ { (const uint8_t *)BANNER64, sizeof BANNER64 - 1 }, false, "ssh", FORM_BASE64, 0 },
	{ { (const uint8_t *)"{\"d\":\"" HELLO64 "\"}", sizeof HELLO64 + 7 }, true, "tls", FORM_BASE64, 6 },
	{ { (const uint8_t *)"?d=" BANNER64, sizeof BANNER64 + 2 }, false, "ssh", FORM_BASE64, 3 },
	{ { (const uint8_t *)"data=5353482d322e302d4f70656e535348", 35 }, true, "ssh", FORM_HEX, 5 },
	{ { (const uint8_t *)"\0\0\6\x14\x08\x14"
			     "0123456789abcdef"
			     "\0\0\1\x48sntrup761",
	      36 },
	    false, "ssh", FORM_RAW, 0 },
	{ { (const uint8_t *)"ARYDAQIAAQAB/AMDMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm", 80 },
	    true, "tls", FORM_BASE64, 0 },
	{ { (const uint8_t *)"AQAHFgMBAgABAAH8AwMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
	      84 },
	    true, "tls", FORM_BASE64, 4 },
	{ { (const uint8_t *)"AAACBRYDAQIAAQAB/AMDMDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm",
	      84 },
	    true, "tls", FORM_BASE64, 4 },
	{ { (const uint8_t *)"AAAAC1NTSC0yLjAtT3BlblNTSF85LjINCg==", 36 }, true, "ssh", FORM_BASE64, 4 },
	{ { (const uint8_t *)"id=7;len=517;" HELLO, sizeof HELLO + 12 }, false, "tls", FORM_RAW, 13 },
	{ { (const uint8_t *)"<html><!--" HELLO64 "-->", sizeof HELLO64 + 12 }, true, "tls", FORM_BASE64, 10 },
	/* none of it */
	{ { (const uint8_t *)"well-known-FgMBAgABAAH8AwPExMTExMTExMTExMTE", 43 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"\0\0\6\x14\x08\x14"
			     "0123456789abcdef"
			     "\0\0\1\x48\1\2\3\4\5\6",
	      32 },
	    false, NULL, 0, 0 },
	{ { (const uint8_t *)"{\"banner\":\"SSH-2.0-OpenSSH_9\"}", 30 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"the SSH-2.0- protocol", 21 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"\5\1\0", 3 }, false, NULL, 0, 0 },
	{ { (const uint8_t *)"220 items in your basket\r\n", 26 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03\x03", 11 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"E\0\0<\x1c\x46@\0@\6\xb1\xe7\xac\x10\x0a\x63\xac\x10\x0a\x0c", 20 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"{\"token\":\"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9\"}", 49 }, true, NULL, 0, 0 },
	{ { (const uint8_t *)"MjIwIGl0ZW1zIGluIHRoZSBiYXNrZXQ=", 32 }, true, NULL, 0, 0 },
	{ { NULL, 0 }, true, NULL, 0, 0 },
};

static void table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		struct foreign f = { 0 };
		const bool found = foreign_find(r->sample, r->whole, &f);
		if (found != (r->name != NULL))
			fail_msg("row %zu", i);
		if (!found)
			continue;
		assert_string_equal(f.name, r->name);
		assert_int_equal(f.form, r->form);
		assert_int_equal(f.at, r->at);
	}
}

/* A beginning cut short says nothing yet, and never something else. */
static void cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t n = 0; n < rows[i].sample.len; n++) {
			struct foreign f = { 0 };
			if (foreign_find(slice_head(rows[i].sample, n), false, &f)) {
				assert_non_null(rows[i].name);
				assert_string_equal(f.name, rows[i].name);
			}
		}
}

static void decoded(void **state)
{
	(void)state;
	uint8_t plain[FOREIGN_SAMPLE];
	struct slice s = look_decoded(SLICE("U1NILTIu"), FORM_BASE64, plain);
	assert_true(slice_eq(s, SLICE("SSH-2.")));
	s = look_decoded(SLICE("5353482d\"}"), FORM_HEX, plain);
	assert_true(slice_eq(s, SLICE("SSH-")));
	s = look_decoded(SLICE("SSH-"), FORM_RAW, plain);
	assert_true(slice_eq(s, SLICE("SSH-")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table), cmocka_unit_test(cut_short),
		cmocka_unit_test(decoded) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
