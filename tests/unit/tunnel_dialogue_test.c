/* Parts of dialogues that only both sides together tell: which part it is, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
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
	ROW("* OK Dovecot ready.\r\n", true, "imap", PART_OPENS),
	ROW("* PREAUTH welcome\r\n", false, "imap", PART_OPENS),
	ROW("a1 CAPABILITY\r\n", true, "imap", PART_ANSWERS),
	ROW("0001 LOGIN bob secret\r\n", true, "imap", PART_ANSWERS),
	ROW("+OK POP3 server ready\r\n", true, "pop3", PART_OPENS),
	ROW("CAPA\r\n", true, "pop3", PART_ANSWERS),
	ROW("APOP bob c4c9334bac560ecc979e58001b3e22fb\r\n", true, "pop3", PART_ANSWERS),
	ROW("220 (vsFTPd 3.0.3)\r\n", true, "ftp", PART_OPENS),
	ROW("220-Welcome\r\n220 go on\r\n", true, "ftp", PART_OPENS),
	ROW("USER anonymous\r\n", true, "ftp", PART_ANSWERS),
	ROW("AUTH TLS\r\n", true, "ftp", PART_ANSWERS),
	ROW("HELO a.example\r\n", true, "smtp", PART_ANSWERS),
	ROW("NICK bob\r\nUSER bob 0 * :Bob\r\n", true, "irc", PART_OPENS),
	ROW(":irc.example 001 bob :Welcome\r\n", true, "irc", PART_ANSWERS),
	ROW(":irc.example NOTICE * :*** Looking up your hostname\r\n", false, "irc", PART_ANSWERS),
	ROW("*1\r\n$4\r\nPING\r\n", true, "redis", PART_OPENS),
	ROW("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n", true, "redis", PART_OPENS),
	ROW("+OK\r\n", true, "redis", PART_ANSWERS),
	ROW("-NOAUTH Authentication required.\r\n", true, "redis", PART_ANSWERS),
	ROW("$5\r\nhello\r\n", true, "redis", PART_ANSWERS),
	ROW("$-1\r\n", true, "redis", PART_ANSWERS),
	ROW(":1000\r\n", true, "redis", PART_ANSWERS),
	ROW("\x10\x0f\0\4MQTT\4\2\0\x3c\0\3bob", true, "mqtt", PART_OPENS),
	ROW("\x10\x80\1\0\4MQTT\5\2\0\x3c.........", false, "mqtt", PART_OPENS),
	ROW("\x10\x11\0\6MQIsdp\3\2\0\x3c\0\3bob", true, "mqtt", PART_OPENS),
	ROW("\x20\2\0\0", true, "mqtt", PART_ANSWERS),
	ROW("\x20\2\0\5", true, "mqtt", PART_ANSWERS),
	ROW("\x20\x06\0\0\3\x21\0\x0a", true, "mqtt", PART_ANSWERS),
	ROW("AMQP\0\0\x09\1", true, "amqp", PART_OPENS),
	ROW("\1\0\0\0\0\1\xf8\0\x0a\0\x0a\0\x09\0\0\1\xd3", false, "amqp", PART_ANSWERS),
	ROW("\x30\x0c\2\1\1\x60\7\2\1\3\4\0\x80\0", true, "ldap", PART_OPENS),
	ROW("\x30\x84\0\0\0\x10\2\1\1\x60\x84\0\0\0\7\2\1\3\4\0\x80\0", true, "ldap", PART_OPENS),
	ROW("\x30\x0c\2\1\1\x61\7\x0a\1\0\4\0\4\0", true, "ldap", PART_ANSWERS),
	ROW("\x12\1\0\x2f\0\0\1\0\0\0\x1a\0\6\1\0\x20\0\1", false, "mssql", PART_OPENS),
	ROW("\4\1\0\x2b\0\0\1\0\0\0\x1a\0\6\1\0\x20\0\1", false, "mssql", PART_ANSWERS),
	ROW("\0\x17\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3com\0\0\1\0\1", true, "dns", PART_OPENS),
	ROW("\0\x17\x12\x34\x81\x83\0\1\0\0\0\0\0\0\1a\3com\0\0\1\0\1", true, "dns", PART_ANSWERS),
	ROW("\0\x0e\x38"
	    "SESSION!"
	    "\0\0\0\0\0",
	    true, "openvpn", PART_OPENS),
	ROW("\0\x1a\x40"
	    "SESSION?"
	    "\1\0\0\0\0"
	    "SESSION!"
	    "\0\0\0\0",
	    true, "openvpn", PART_ANSWERS),
	ROW("\0\x2a\x38"
	    "SESSION!"
	    "....................\0\0\0\1\x65\0\0\0\0\0\0\0\0",
	    true, "openvpn", PART_OPENS),
	ROW("\0\x36\x40"
	    "SESSION?"
	    "....................\0\0\0\1\x65\0\0\0\1\0\0\0\0"
	    "SESSION!"
	    "\0\0\0\0",
	    true, "openvpn", PART_ANSWERS),
	ROW("\0\x36\x38"
	    "SESSION!"
	    "\0\0\0\1.........................................",
	    true, "openvpn", PART_OPENS),
	ROW("\x1a\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\5\0\0\0\0", true, "mongodb", PART_OPENS),
	ROW("\x1a\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\5\0\0\0\0", true, "mongodb", PART_ANSWERS),
	/* none of it */
	ROW("* OK then\n", true, NULL, PART_NONE),
	ROW("* list of things\r\n", true, NULL, PART_NONE),
	ROW("a1 is a word\r\n", true, NULL, PART_NONE),
	ROW("CAPABILITY\r\n", true, "pop3", PART_ANSWERS),
	ROW("thisisaverylongword LOGIN a b\r\n", true, NULL, PART_NONE),
	ROW("name=LOGIN a b\r\n", true, NULL, PART_NONE),
	ROW("+OK", true, NULL, PART_NONE),
	ROW("+49 30 123456\r\n", true, NULL, PART_NONE),
	ROW("- one\r\n- two\r\n", true, NULL, PART_NONE),
	ROW("-Error\r\n", true, NULL, PART_NONE),
	ROW("$5.00\r\n", true, NULL, PART_NONE),
	ROW("$5\n", true, NULL, PART_NONE),
	ROW(":-) hello\r\n", true, NULL, PART_NONE),
	ROW(": keepalive\r\n", true, NULL, PART_NONE),
	ROW("*5\r\n", true, NULL, PART_NONE),
	ROW("*1\r\n$4\r\n", true, NULL, PART_NONE),
	ROW("*1\r\n$4\r\n1234\r\n", true, NULL, PART_NONE),
	ROW("user bob\r\n", true, NULL, PART_NONE),
	ROW("2200 metres\r\n", true, NULL, PART_NONE),
	ROW("\x10\x0f\0\4MQTX\4\2\0\x3c\0\3bob", true, NULL, PART_NONE),
	ROW("\x20\2\2\0", true, NULL, PART_NONE),
	ROW("    ", true, NULL, PART_NONE),
	ROW("AMQPlus\0", true, NULL, PART_NONE),
	ROW("\x30\x0c\2\1\1\x63\7\2\1\3\4\0\x80\0", true, NULL, PART_NONE),
	ROW("\x30\x84", true, NULL, PART_NONE),
	ROW("\x30\xff\2\1", true, NULL, PART_NONE),
	ROW("\x12\1\0\x2f\0\0\1\0\0\0\x1a\0\7\1\0\x20\0\1", false, NULL, PART_NONE),
	ROW("\0\x17\x12\x34\1\0\0\2\0\0\0\0\0\0\1a\3com\0\0\1\0\1", true, NULL, PART_NONE),
	ROW("\0\x19\x12\x34\1\0\0\1\0\0\0\0\0\0\1a\3com\0\0\1\0\1", true, NULL, PART_NONE),
	ROW("\0\x0e\x38"
	    "SESSION!"
	    "\1\0\0\0\0",
	    true, NULL, PART_NONE),
	ROW("\0\x0e"
	    "8 bottles of.",
	    true, NULL, PART_NONE),
	ROW("\0\x1a\x40"
	    "SESSION?"
	    "\0\0\0\0\0"
	    "SESSION!"
	    "\0\0\0\0",
	    true, NULL, PART_NONE),
	ROW("\x1a\0\0\0\1\0\0\0\0\0\0\0\xde\7\0\0\0\0\0\0\0\5\0\0\0\0", true, NULL, PART_NONE),
	ROW("\1\0\0\0", true, NULL, PART_NONE),
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

/* WireGuard's are told by how long they are. */
static void handshakes_of_wireguard(void **state)
{
	(void)state;
	uint8_t first[148] = { 1 }, second[92] = { 2 };
	const struct dialogue asks = dialogue_of((struct slice){ first, sizeof first }, true),
			      says = dialogue_of((struct slice){ second, sizeof second }, true);
	assert_string_equal(asks.name, "wireguard");
	assert_int_equal(asks.part, PART_OPENS);
	assert_string_equal(says.name, "wireguard");
	assert_int_equal(says.part, PART_ANSWERS);
	assert_null(dialogue_of((struct slice){ first, sizeof first }, false).name);
	assert_null(dialogue_of((struct slice){ first, sizeof first - 1 }, true).name);
	assert_null(dialogue_of((struct slice){ second, sizeof second - 1 }, true).name);
}

/* Every beginning, cut anywhere, is read within its bounds. */
static void each_row_cut_short(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t len = 0; len < rows[i].in.len; len++) {
			uint8_t *const copy = malloc(len + (len == 0));
			assert_non_null(copy);
			memcpy(copy, rows[i].in.at, len);
			const struct dialogue d = dialogue_of((struct slice){ copy, len }, len % 2 == 0);
			assert_true(d.name == NULL || d.part != PART_NONE);
			free(copy);
		}
}

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
	const struct CMUnitTest tests[] = { cmocka_unit_test(each_row), cmocka_unit_test(each_row_cut_short),
		cmocka_unit_test(handshakes_of_wireguard) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
