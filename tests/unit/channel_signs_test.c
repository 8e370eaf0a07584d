/* Signs: every name from the bytes that earn it, nothing from bytes that only resemble it, and the same answer however
 * the bytes are cut.  Every input lies in a buffer of its exact size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "channel/channel.h"
#include "channel/sign.h"
#include "bytes.h"

struct talk {
	const char *name; /* NULL: no sign may claim it */
	struct bytes client, server;
};

static struct slice exact(struct bytes b, size_t len)
{
	if (len > b.len)
		len = b.len;
	uint8_t *copy = malloc(len != 0 ? len : 1);
	assert_non_null(copy);
	if (len != 0)
		memcpy(copy, b.at, len);
	return (struct slice){ copy, len };
}

static void drop(struct slice s)
{
	free((void *)(uintptr_t)s.at);
}

static struct guess ask(const struct talk *t, size_t client_len, size_t server_len)
{
	const struct slice client = exact(t->client, client_len), server = exact(t->server, server_len);
	const struct guess guess = signs_ask(client, server);
	drop(client);
	drop(server);
	return guess;
}

static const struct talk talks[] = {
	{ "ssh", B("SSH-2.0-OpenSSH_9.6\r\n"), NONE },
	{ "ssh", NONE, B("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n") },
	{ "ssh", NONE, B("SSH-1.99-Cisco-1.25\n") },
	{ "ssh", NONE, B("SSH-chisel-v3-server\r\n") },
	{ NULL, B("SSH-3.0-none\r\n"), NONE },
	{ "http2", B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NONE },
	{ "http", B("GET / HTTP/1.1\r\n"), NONE },
	{ "http", B("CONNECT a.example:443 HTTP/1.0\n"), NONE },
	{ "http", B("\r\nPROPFIND /dav/ HTTP/1.1\r\n"), NONE },
	{ "http", B("CONNECT a.example 443\r\n"), B("HTTP/1.1 OK\r\n") },
	{ "http", NONE, B("HTTP/1.1 200 OK\r\n") },
	{ NULL, B("GET / FTTP/1.1\r\n"), NONE },
	{ NULL, B("GET /\x01 HTTP/1.1\r\n"), NONE },
	{ NULL, B("say HTTP/1.1 to them\r\n"), NONE },
	{ NULL, B("hello there, friend\r\n"), B("hello you\r\n") },
	{ "rtsp", B("OPTIONS rtsp://a.example/b RTSP/1.0\r\n"), NONE },
	{ "rtsp", B("OPTIONS * RTSP/1.0\r\n"), NONE },
	{ "sip", B("REGISTER sip:a.example SIP/2.0\r\n"), NONE },
	{ "sip", NONE, B("SIP/2.0 200 OK\r\n") },
	{ "icap", B("REQMOD icap://a.example/req ICAP/1.0\r\n"), NONE },
	{ "stomp", B("CONNECT\naccept-version:1.2\n"), NONE },
	{ "smtp", NONE, B("220 mail.example ESMTP ready\r\n") },
	{ "smtp", B("EHLO me.example\r\n"), B("220 mail.example ready\r\n") },
	{ "smtp", B("HELO me.example\r\n"), NONE },
	{ "ftp", NONE, B("220 (vsFTPd 3.0.3)\r\n") },
	{ "ftp", B("USER anonymous\r\n"), B("220 welcome\r\n") },
	{ NULL, B("PRINT me\r\n"), B("220 welcome\r\n") },
	{ NULL, B("EHLO me.example\r\n"), B("500 go away\r\n") },
	{ "imap", NONE, B("* OK IMAP4 ready\r\n") },
	{ "imap", B("a1 CAPABILITY\r\n"), NONE },
	{ NULL, NONE, B("* OKAY\r\n") },
	{ "redis", B("*1\r\n$4\r\nPING\r\n"), B("+PONG\r\n") },
	{ "redis", B("*1\r\n$4\r\nPING\r\n"), NONE },
	{ "redis", B("PING\r\n"), B("+PONG\r\n") },
	{ NULL, B("*1\r\n+OK\r\n"), NONE },
	{ "pop3", NONE, B("+OK POP3 ready\r\n") },
	{ "pop3", B("USER me\r\n"), B("+OK\r\n") },
	{ NULL, B("PING\r\n"), B("+OK\r\n") },
	{ "nntp", NONE, B("200 news.example InterNetNews ready\r\n") },
	{ "nntp", B("MODE READER\r\n"), B("200 hello\r\n") },
	{ "irc", B("NICK me\r\nUSER me 0 * :Me\r\n"), NONE },
	{ "irc", B("CAP LS 302\r\n"), NONE },
	{ "irc", NONE, B(":irc.example NOTICE * :*** Looking up\r\n") },
	{ "irc", NONE, B(":irc.example 001 me :Welcome\r\n") },
	{ "xmpp", B("<?xml version='1.0'?><stream:stream to='a.example'>"), NONE },
	{ "xmpp", B("<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"a\"/>"), NONE },
	{ "memcached", B("get key\r\n"), B("END\r\n") },
	{ NULL, B("get key\r\n"), B("nothing\r\n") },
	{ "git", B("0032git-upload-pack /a.git\0host=a.example\0"), NONE },
	{ "vnc", NONE, B("RFB 003.008\n") },
	{ NULL, NONE, B("RFB 003.x08\n") },
	{ "rsync", NONE, B("@RSYNCD: 31.0\n") },
	{ "nats", NONE, B("INFO {\"server_id\":\"x\"}\r\n") },
	{ "amqp", B("AMQP\0\0\x09\x01"), NONE },
	{ "bittorrent",
	    B("\x13"
	      "BitTorrent protocol\0\0\0\0"),
	    NONE },
	{ "zmtp", B("\xff\0\0\0\0\0\0\0\x01\x7f\x03"), NONE },
	{ "socks", B("\x05\x01\0"), NONE },
	{ "socks", B("\x05\x02\0\x02"), B("\x05\x02") },
	{ "socks", B("\x05\x01\0"), B("\x05\xff") },
	{ NULL, B("\x05\x01\0"), B("\x05\x02") },
	{ NULL, B("\x05\x01\0x"), NONE },
	{ NULL, NONE, B("\x05\0\0\x05\0") },
	{ "socks", B("\x04\x01\0\x50\x7f\0\0\x01me\0"), B("\0\x5a\0\0\0\0\0\0") },
	{ "socks", B("\x04\x02\0\x50\x7f\0\0\x01\0"), B("\0\x5b\0\0\0\0\0\0") },
	{ NULL, B("\x04\x01\0\x50\x7f\0\0\x01me\0"), B("\x01\x5a\0\0\0\0\0\0") },
	{ NULL, B("\x04\x01\0\x50\x7f\0\0\x01m\x01\0"), B("\0\x5a\0\0\0\0\0\0") },
	{ "rdp", B("\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0"), NONE },
	{ "rdp",
	    B("\x03\0\0\x28\x23\xe0\0\0\0\0\0"
	      "Cookie: mstshash=me\r\n\x01\0\x08\0\x03\0\0\0"),
	    NONE },
	{ NULL, B("\x03\0\0\x16\x11\xe0\0\0\0\x01\0\xc0\x01\x0a\xc1\x02\x01\0\xc2\x02\x01\x02"), NONE },
	{ "smb", B("\0\0\0\x45\xffSMBr\0\0\0\0"), NONE },
	{ "smb", B("\0\0\0\x45\xfeSMB@\0\0\0\0"), NONE },
	{ "netbios",
	    B("\x81\0\0\x44\x20"
	      "CKFDENECFDEFFCFGEFFCCACACACACACA\0"),
	    NONE },
	{ "ldap", B("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"), NONE },
	{ "ldap", B("\x30\x25\x02\x01\x01\x63\x20\x04\0\x0a\x01\x02\x0a\x01\0\x02"), NONE },
	{ "ldap", B("\x30\x84\0\0\0\x2d\x02\x01\x01\x63\x84\0\0\0\x24\x04\0\x0a\x01\0"), NONE },
	{ "ldap",
	    B("\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
	      "1.3.6.1.4.1.1466.20037"),
	    NONE },
	{ NULL, B("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x09\x04\0\x80\0"), NONE },
	{ NULL, B("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"), NONE },
	{ "mqtt", B("\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04test"), NONE },
	{ "telnet", NONE, B("\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23") },
	{ "telnet", B("\xff\xfb\x18\xff\xfa\x18\0xterm\xff\xf0"), NONE },
	{ "telnet", B("\xff\xfb\x03root\r\n"), B("\xff\xfd\x03login: ") },
	{ NULL, B("\xff\xfb\x03\x01\x02\x03\x04"), B("\xff\xfd\x03\x01\x02") },
	{ NULL, B("\xff\xd8\xff\xe0\0\x10JFIF"), NONE },
	{ "dns",
	    B("\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07"
	      "example\0\0\x01\0\x01"),
	    NONE },
	{ NULL,
	    B("\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x47"
	      "example\0\0\x01\0\x01"),
	    NONE },
	{ NULL,
	    B("\0\x1d\x12\x34\x01\0\0\x02\0\0\0\0\0\0\x03www\x07"
	      "example\0\0\x01\0\x01"),
	    NONE },
	{ NULL,
	    B("\0\x1d\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07"
	      "example\0\0\x01\0\x09"),
	    NONE },
	{ "openvpn",
	    B("\0\x2a\x38"
	      "sessionshhhhhhhhhhhhhhhhhhhh\0\0\0\x01time\0\0\0\0\0"),
	    NONE },
	{ NULL,
	    B("\0\x2a\x38"
	      "sessionshhhhhhhhhhhhhhhhhhhh\0\0\0\x02time\0\0\0\0\0"),
	    NONE },
	{ "openvpn",
	    B("\0\x36\x38"
	      "sessions\0\0\0\x01timehhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhheeeee"),
	    NONE },
	{ "kerberos", B("\0\0\0\x2a\x6a\x28\x30\x26\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x1a\x30\x18\xa0\x07"),
	    NONE },
	{ "kerberos", B("\0\0\x05\xdc\x6c\x82\x05\xd8\x30\x82\x05\xd4\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0c\xa3\x82"),
	    NONE },
	{ NULL, B("\0\0\0\x2a\x6a\x28\x30\x26\xa1\x03\x02\x01\x04\xa2\x03\x02\x01\x0a\xa4\x1a\x30\x18\xa0\x07"), NONE },
	{ NULL, B("\0\0\0\x2a\x6a\x48\x30\x26\xa1\x03\x02\x01\x05\xa2\x03\x02\x01\x0a\xa4\x1a\x30\x18\xa0\x07"), NONE },
	{ "openvpn",
	    B("\0\x0e\x38"
	      "abcdefgh\0\0\0\0\0"),
	    NONE },
	{ NULL,
	    B("\0\x0e\x38"
	      "abcdefgh\x01\0\0\0\0"),
	    NONE },
	{ "iec104", B("\x68\x04\x07\0\0\0"), NONE },
	{ "iec104", B("\x68\x0e\0\0\0\0\x64\x01\x06\0\x01\0\0\0\0\x14\x68\x04\x43\0\0\0"), NONE },
	{ NULL, B("\x68\x0e\0\0\0\0\x64\x01\0\0\x01\0\0\0\0\x14\x68\x04\x43\0\0\0"), NONE },
	{ NULL, B("\x68\x04\x07\0\x01\0"), NONE },
	{ "ppp", B("\x7e\xff\x03\xc0\x21\x01\x01"), NONE },
	{ "mysql", NONE,
	    B("\x4a\0\0\0\x0a"
	      "8.0.36\0\x08\0\0\0") },
	{ "postgres", B("\0\0\0\x08\x04\xd2\x16\x2f"), NONE },
	{ "postgres", B("\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"), NONE },
	{ NULL, B("\0\0\0\x21\0\x03\0\0USER\0me\0database\0it\0\0"), NONE },
	{ "oracle",
	    B("\0\x4a\0\0\x01\0\0\0\x01\x36\x01\x2c\0\0\x08\0\x7f\xff\x4f\x98\0\0\0\x01(DESCRIPTION=(CONNECT_DATA=(SID="
	      "x)))"),
	    NONE },
	{ NULL,
	    B("\0\x3a\0\0\x01\0\0\0\x01\x36\x01\x2c\0\0\x08\0\x7f\xff\x4f\x98\0\0\0\x01no description of where one "
	      "wants to go"),
	    NONE },
	{ "postgres", B("\0\0\0\x21\0\x03\0\0user\0me\0database\0it\0\0"), NONE },
	{ "mssql", B("\x12\x01\0\x2f\0\0\x01\0\0\0\x1a\0\x06\x01\0\x20"), NONE },
	{ "mongodb", B("\x3a\0\0\0\x01\0\0\0\0\0\0\0\xd4\x07\0\0"), NONE },
	{ "mongodb", B("\x3a\0\0\0\x01\0\0\0\0\0\0\0\xdd\x07\0\0"), NONE },
	{ NULL, B("\x3a\0\0\0\x01\0\0\0\x07\0\0\0\xdd\x07\0\0"), NONE },
	{ "sunrpc", B("\x80\0\0\x28\x01\x02\x03\x04\0\0\0\0\0\0\0\x02\0\x01\x86\xa3\0\0\0\x03\0\0\0\0"), NONE },
	{ "dcerpc", B("\x05\0\x0b\x03\x10\0\0\0\x48\0\0\0\x01\0\0\0"), NONE },
	{ "x11", B("l\0\x0b\0\0\0\0\0\0\0\0\0"), NONE },
	{ "x11", B("B\0\0\x0b\0\0\0\0\0\0\0\0"), NONE },
	{ "bgp", B("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\x1d\x01\x04"), NONE },
	{ "diameter", B("\x01\0\0\x14\x80\0\x01\x01\0\0\0\0\x01\x02\x03\x04\x01\x02\x03\x04"), NONE },
	{ "pptp", B("\0\x9c\0\x01\x1a\x2b\x3c\x4d\0\x01"), NONE },
	{ NULL, B("{\"hello\":\"world\"}"), B("{\"hello\":\"you\"}") },
	{ NULL, B("\x9c\xe1\x07\xbb\x51\x0e\xaa\xf8\x93\x7d\xc1\x68"), B("\x05\xd2\x8e\x7f\xb0\x33\xc9\x14\xe6\x5a") },
	{ NULL, NONE, NONE },
};

enum { TALKS = sizeof talks / sizeof *talks };

static void names(void **state)
{
	(void)state;
	for (size_t i = 0; i < TALKS; i++) {
		const struct talk *t = &talks[i];
		const struct slice client = exact(t->client, t->client.len), server = exact(t->server, t->server.len);
		const char *name = channel_sign(client, server);
		if (t->name == NULL ? name != NULL : name == NULL || strcmp(name, t->name) != 0)
			fail_msg("row %zu: '%s' where '%s' was due", i, name != NULL ? name : "nothing",
			    t->name != NULL ? t->name : "nothing");
		drop(client);
		drop(server);
	}
}

/* With every cut of one side, the other whole or silent: a name once sure is the name to the end. */
static void what_is_sure_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < TALKS; i++) {
		const struct talk *t = &talks[i];
		for (size_t n = 0; n <= t->client.len; n++) {
			const struct guess early = ask(t, n, t->server.len);
			if (early.says == SAYS_YES && (t->name == NULL || strcmp(early.name, t->name) != 0))
				fail_msg("row %zu: %zu bytes of the client are '%s'", i, n, early.name);
			if (n != 0 && n < t->client.len && t->name != NULL && t->server.len == 0)
				assert_int_not_equal(early.says, SAYS_NO);
		}
		for (size_t n = 0; n <= t->server.len; n++) {
			const struct guess early = ask(t, t->client.len, n);
			if (early.says == SAYS_YES && (t->name == NULL || strcmp(early.name, t->name) != 0))
				fail_msg("row %zu: %zu bytes of the server are '%s'", i, n, early.name);
			if (n != 0 && n < t->server.len && t->name != NULL && t->client.len == 0)
				assert_int_not_equal(early.says, SAYS_NO);
		}
	}
}

static void long_lines_end(void **state)
{
	(void)state;
	static char line[20000];
	memset(line, 'a', sizeof line);
	memcpy(line, "GET /", 5);
	const struct slice request = exact((struct bytes){ line, sizeof line }, sizeof line);
	assert_int_equal(signs_ask(request, (struct slice){ NULL, 0 }).says, SAYS_LIKELY);
	drop(request);
	memcpy(line, "aaa b", 5);
	const struct slice text = exact((struct bytes){ line, sizeof line }, sizeof line);
	assert_int_equal(signs_ask(text, (struct slice){ NULL, 0 }).says, SAYS_NO);
	drop(text);
}

/* The client's version and 1,536 bytes of handshake, answered in kind or not. */
static void rtmp_is_told_by_both(void **state)
{
	(void)state;
	uint8_t hello[1537];
	memset(hello, 0x5a, sizeof hello);
	memcpy(hello, "\x03\x12\x34\x56\x78\0\0\0\0", 9);
	const struct slice client = { hello, sizeof hello };
	assert_string_equal(channel_sign(client, SLICE("\x03\0\0\0")), "rtmp");
	assert_null(channel_sign(client, SLICE("no\r\n")));
	assert_int_equal(signs_ask(slice_head(client, 1000), SLICE("\x03")).says, SAYS_WAIT);
	hello[5] = 1;
	assert_null(channel_sign(client, SLICE("\x03\0\0\0")));
}

/* Bytes from a generator with a fixed start: chance must not make a name. */
static void chance_makes_no_name(void **state)
{
	(void)state;
	uint64_t x = UINT64_C(88172645463325252);
	unsigned named = 0;
	for (int round = 0; round < 20000; round++) {
		uint8_t bytes[2][96];
		for (size_t i = 0; i < sizeof bytes; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			bytes[i / 96][i % 96] = (uint8_t)(x >> 32);
		}
		named += channel_sign((struct slice){ bytes[0], 96 }, (struct slice){ bytes[1], 96 }) != NULL;
	}
	assert_int_equal(named, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(what_is_sure_stays),
		cmocka_unit_test(long_lines_end),
		cmocka_unit_test(rtmp_is_told_by_both),
		cmocka_unit_test(chance_makes_no_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
