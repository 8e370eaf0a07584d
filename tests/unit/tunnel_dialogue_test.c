/* Parts of dialogues that only both sides together tell: which part it is, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/dialogue.h"

#define ZEROES_23 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct row {
	struct slice in;
	bool whole;
	const char *name;
	enum part part;
} rows[] = {
#define ROW(text, whole, name, part)                                                   \
	{                                                                              \
		{ (const uint8_t *)(text), sizeof(text) - 1 }, (whole), (name), (part) \
	}
	ROW("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", true, "http", PART_OPENS),
	ROW("HTTP/1.1 204 No Content\r\n\r\n", true, "http", PART_ANSWERS),
	ROW("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", true, "rdp", PART_OPENS),
	ROW("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\0\x08\0\2\0\0\0", true, "rdp", PART_ANSWERS),
	ROW("\0\0\0\x12\0\3\0\0user\0bob\0\0", true, "postgres", PART_OPENS),
	ROW("R\0\0\0\x0c\0\0\0\5salt", true, "postgres", PART_ANSWERS),
	ROW("\x4a\0\0\0\n8.0.36\0................................", false, "mysql", PART_OPENS),
	ROW("\xb6\0\0\1\x8d\xa6\xff\x19\0\0\0\1\xff" ZEROES_23 "bob\0", false, "mysql", PART_ANSWERS),
	ROW("\5\1\0\1\x7f\0\0\1\0\x50", true, "socks", PART_OPENS),
	ROW("\5\1\0\3\1a\0\x50xx", false, NULL, PART_NONE),
	ROW("\5\1\0\3\4a.de\0\x50", true, "socks", PART_OPENS),
	ROW("\5\0\0\1\0\0\0\0\0\0", true, "socks", PART_ANSWERS),
	/* none of it */
	ROW("\5\1\0\1\x7f\0\0\1\0\x50", false, NULL, PART_NONE),
	ROW("\5\1\0\1\x7f\0\0\1\0\x50\0", true, NULL, PART_NONE),
	ROW("\5\1\0\2\x7f\0\0\1\0\x50", true, NULL, PART_NONE),
	ROW("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", true, NULL, PART_NONE),
	ROW("GET /a HTTP/1.1", true, NULL, PART_NONE),
	ROW("GET /a HTTP/1.1\r\n\r\n", true, NULL, PART_NONE),
	ROW("GET /a HTTP/1.1\r\nno field here\r\n", true, NULL, PART_NONE),
	ROW("GETAWAY=1&a=2 HTTP/1.1\r\nHost: a\r\n", true, NULL, PART_NONE),
	ROW("HTTP/1.1 is a protocol\r\n\r\n", true, NULL, PART_NONE),
	ROW("HTTP/1.1 200 OK", true, NULL, PART_NONE),
	ROW("{\"a\":\"GET /a HTTP/1.1\"}", true, NULL, PART_NONE),
	ROW("RIFF\0\0\0\0WAVE", true, NULL, PART_NONE),
	ROW("R\0\0\0\x0c\0\0\1\5salt", true, NULL, PART_NONE),
	ROW("\3\0\0\x13\x0e\xf0\0\0\x12\x34\0\2\0", true, NULL, PART_NONE),
	ROW("\xb6\0\0\1\x8d\xa6\xff\x19\0\0\0\1\xff.......................bob\0", false, NULL, PART_NONE),
	ROW("", true, NULL, PART_NONE),
};

static void each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct dialogue d = dialogue_of(rows[i].in, rows[i].whole);
		const bool same =
		    rows[i].name == NULL ? d.name == NULL : d.name != NULL && strcmp(d.name, rows[i].name) == 0;
		if (!same || d.part != rows[i].part)
			fail_msg("row %zu: %s, part %d", i, d.name != NULL ? d.name : "none", (int)d.part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_row) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
