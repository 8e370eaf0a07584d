/* Parts of dialogues that only both sides together tell: which part it is, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#include "tunnel/dialogue.h"

#define ZEROES_19 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROES_23 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const struct row {
	struct slice in;
	bool whole;
	enum side from;
	const char *name;
	enum part part;
} rows[] = {
#define AS(from, text, whole, name, part)                                                      \
	{                                                                                      \
		{ (const uint8_t *)(text), sizeof(text) - 1 }, (whole), (from), (name), (part) \
	}
#define ROW(text, whole, name, part)  AS(CLIENT, text, whole, name, part)
#define SAYS(text, whole, name, part) AS(SERVER, text, whole, name, part)
	ROW("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", true, "http", PART_OPENS),
	ROW("HTTP/1.1 204 No Content\r\n\r\n", true, "http", PART_ANSWERS),
	ROW("\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\3\0\0\0", true, "rdp", PART_OPENS),
	ROW("\3\0\0\x13\x0e\xd0\0\0\x12\x34\0\2\0\x08\0\2\0\0\0", true, "rdp", PART_ANSWERS),
	ROW("\0\0\0\x12\0\3\0\0user\0bob\0\0", true, "postgres", PART_OPENS),
	ROW("R\0\0\0\x0c\0\0\0\5salt", true, "postgres", PART_ANSWERS),
	ROW("\x4a\0\0\0\n8.0.36\0....SALTSALT\0...................", false, "mysql", PART_OPENS),
	ROW("\xb6\0\0\1\x8d\xa6\xff\x19\0\0\0\1\xff" ZEROES_23 "bob\0", false, "mysql", PART_ANSWERS),
	ROW("\5\1\0\1\x7f\0\0\1\0\x50", true, "socks", PART_OPENS),
	ROW("\5\1\0\3\1a\0\x50xx", false, NULL, PART_NONE),
	ROW("\5\1\0\3\4a.de\0\x50", true, "socks", PART_OPENS),
	ROW("\5\0\0\1\0\0\0\0\0\0", true, "socks", PART_ANSWERS),
	SAYS("* OK Dovecot ready.\r\n", true, "imap", PART_OPENS),
	SAYS("* PREAUTH welcome\r\n", false, "imap", PART_OPENS),
	SAYS("* CAPABILITY IMAP4rev1\r\na1 OK done\r\n", true, "imap", PART_ANSWERS),
	SAYS("a1 NO never\r\n", true, "imap", PART_ANSWERS),
	SAYS("* 12 EXISTS\r\n", true, "imap", PART_ANSWERS),
	ROW("a1 CAPABILITY\r\n", true, "imap", PART_GOES_ON),
	ROW("1.1 capability\r\n", true, "imap", PART_GOES_ON),
	ROW("0001 LOGIN bob secret\r\n", true, "imap", PART_GOES_ON),
	ROW("2 ID (\"name\" \"x\")\r\n", true, "imap", PART_GOES_ON),
	ROW("1 authenticate PLAIN AGJvYgBzZWNyZXQ=\r\n", true, "imap", PART_GOES_ON),
	SAYS("+OK POP3 server ready\r\n", true, "pop3", PART_GOES_ON),
	SAYS("+OK\r\n", true, "redis", PART_ANSWERS),
	SAYS("-ERR no\r\n", true, "redis", PART_ANSWERS),
	ROW("CAPA\r\n", true, "pop3", PART_GOES_ON),
	ROW("APOP bob c4c9334bac560ecc979e58001b3e22fb\r\n", true, "pop3", PART_GOES_ON),
	ROW("AUTH PLAIN AGJvYgBz\r\n", true, "pop3", PART_GOES_ON),
	SAYS("220 (vsFTPd 3.0.3)\r\n", true, "ftp", PART_GOES_ON),
	SAYS("220-Welcome\r\n220 go on\r\n", true, "ftp", PART_GOES_ON),
	SAYS("331 Password?\r\n", true, "ftp", PART_ANSWERS),
	ROW("USER anonymous\r\n", true, "ftp", PART_GOES_ON),
	ROW("AUTH TLS\r\n", true, "ftp", PART_GOES_ON),
	ROW("feat\r\n", true, "ftp", PART_GOES_ON),
	ROW("HELO a.example\r\n", true, "smtp", PART_GOES_ON),
	ROW("MAIL FROM:<a@a.example>\r\n", true, "smtp", PART_GOES_ON),
	ROW("USER bob 0 * :Bob\r\n", true, "irc", PART_OPENS),
	ROW("PASS x\r\nNICK bob\r\n", true, "irc", PART_OPENS),
	ROW("CAP REQ :a.example/tags\r\n", true, "irc", PART_OPENS),
	ROW("NICK bob\r\nUSER bob 0 * :Bob\r\n", true, "irc", PART_OPENS),
	ROW(":irc.example 001 bob :Welcome\r\n", true, "irc", PART_ANSWERS),
	ROW(":irc.example NOTICE * :*** Looking up your hostname\r\n", false, "irc", PART_ANSWERS),
	ROW("*1\r\n$4\r\nPING\r\n", true, "redis", PART_GOES_ON),
	ROW("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n", true, "redis", PART_GOES_ON),
	ROW("+OK\r\n", true, "redis", PART_ANSWERS),
	ROW("-NOAUTH Authentication required.\r\n", true, "redis", PART_ANSWERS),
	ROW("$5\r\nhello\r\n", true, "redis", PART_ANSWERS),
	ROW("$-1\r\n", true, "redis", PART_ANSWERS),
	ROW(":1000\r\n", true, "redis", PART_ANSWERS),
	ROW("*2\r\n*1\r\n$1\r\na\r\n", false, "redis", PART_ANSWERS),
	ROW("%7\r\n$6\r\nserver\r\n", false, "redis", PART_ANSWERS),
	ROW("_\r\n", true, NULL, PART_NONE), /* too short to be asked */
	ROW("AMQP\3\1\0\0", true, "amqp", PART_GOES_ON),
	ROW("\x10\x11\0\4MQTT\x84\2\0\x3c\0\5local", true, "mqtt", PART_OPENS),
	ROW("\x20\x06\1\0\3\x21\0\x0a\x32\4\0\1ax", true, "mqtt", PART_ANSWERS),
	ROW("\0\0\0\x1e\0\3\0\0database\0db\0user\0bob\0\0", true, "postgres", PART_OPENS),
	ROW("\x4a\0\0\0\n11.4.2-MariaDB\0....SALTSALT\0........", false, "mysql", PART_OPENS),
	ROW("\xb6\0\0\1\x8d\xa6\xff\x19\0\0\0\1\xff" ZEROES_19 "\x0d\0\0\0bob\0", false, "mysql", PART_ANSWERS),
	ROW("\5\5\0\1\0\0\0\0\0\0", true, "socks", PART_ANSWERS),
	ROW("\4\1\1\xbb\x5d\xb8\xd8\x22\0", true, "socks", PART_OPENS),
	ROW("\0\x5a\0\0\0\0\0\0", true, "socks", PART_ANSWERS),
	ROW("\x38"
	    "SESSION!"
	    "\0\0\0\0\0",
	    true, "openvpn", PART_OPENS),
	ROW("\1\x58\x50"
	    "SESSION!"
	    "\x0f\0\0\1.........................................",
	    false, "openvpn", PART_OPENS),
	ROW("PATCH /a HTTP/1.1\r\nHost: a\r\n\r\n", true, "http", PART_OPENS),
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
	ROW("\x1a\0\0\0\1\0\0\0\0\0\0\0\xdd\7\0\0\0\0\0\0\0\5\0\0\0\0", true, "mongodb", PART_GOES_ON),
	ROW("\x1a\0\0\0\2\0\0\0\1\0\0\0\xdd\7\0\0\0\0\0\0\0\5\0\0\0\0", true, "mongodb", PART_ANSWERS),
	/* none of it */
	SAYS("* OK then\n", true, NULL, PART_NONE),
	ROW("* list of things\r\n", true, NULL, PART_NONE),
	ROW("a1 is a word\r\n", true, NULL, PART_NONE),
	ROW("CAPABILITY\r\n", true, NULL, PART_NONE),
	ROW("CAPACITY,USED\r\n7,3\r\n", true, NULL, PART_NONE),
	ROW("USER ID,NAME\r\n7,bob\r\n", true, NULL, PART_NONE),
	ROW("USER a b\r\n", true, NULL, PART_NONE),
	SAYS("USER UNKNOWN\r\n", true, NULL, PART_NONE),
	ROW("220 4.1 902\r\n", true, NULL, PART_NONE),
	SAYS("* OK disk\r\n* OK load\r\n", true, NULL, PART_NONE),
	SAYS("report ID 4711 stored\r\n", true, NULL, PART_NONE),
	ROW("1718000000 LOGIN bob 10.0.0.1 x\r\n", true, NULL, PART_NONE),
	ROW("NICK of time\r\n", true, NULL, PART_NONE),
	ROW(":somebody 001 x\r\n", true, NULL, PART_NONE),
	ROW("\5\1\0\1\0\0\3\xe9\0\7", true, "socks", PART_ANSWERS),
	ROW("\4\1\1\xbb\x5d\xb8\xd8\x22\1\0", true, NULL, PART_NONE),
	ROW("\0\0\0\0\x0a\x38\1\x45\0\0\0\x3f\x48\x80\1\x80\0\0\0\x20grpc-status:0\r\n", true, NULL, PART_NONE),
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
	ROW("*5\r\n", true, "redis", PART_ANSWERS),
	ROW("*1\r\n$4\r\n", true, "redis", PART_ANSWERS),
	ROW("*1\r\n$4\r\n1234\r\n", true, "redis", PART_ANSWERS),
	ROW("user bob\r\n", true, "ftp", PART_GOES_ON),
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
	const struct dialogue asks = dialogue_of((struct slice){ first, sizeof first }, true, CLIENT),
			      says = dialogue_of((struct slice){ second, sizeof second }, true, CLIENT);
	assert_string_equal(asks.name, "wireguard");
	assert_int_equal(asks.part, PART_OPENS);
	assert_string_equal(says.name, "wireguard");
	assert_int_equal(says.part, PART_ANSWERS);
	second[9] = first[5] = 7;
	assert_int_equal(dialogue_of((struct slice){ first, sizeof first }, true, CLIENT).number,
	    dialogue_of((struct slice){ second, sizeof second }, true, SERVER).to);
	assert_null(dialogue_of((struct slice){ first, sizeof first }, false, CLIENT).name);
	assert_null(dialogue_of((struct slice){ first, sizeof first - 1 }, true, CLIENT).name);
	assert_null(dialogue_of((struct slice){ second, sizeof second - 1 }, true, CLIENT).name);
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
			const struct dialogue d = dialogue_of((struct slice){ copy, len }, len % 2 == 0, rows[i].from);
			assert_true(d.name == NULL || d.part != PART_NONE);
			free(copy);
		}
}

static void each_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct dialogue d = dialogue_of(rows[i].in, rows[i].whole, rows[i].from);
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
