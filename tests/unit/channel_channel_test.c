/* The steering: when a channel is named, when it waits, and that the name does not depend on how the bytes came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "channel/channel.h"
#include "bytes.h"

#define RAW_C        "\x9c\xe1\x07\xbb\x51\x0e\xaa\xf8\x93\x7d\xc1\x68\x02\xd5\x3e\x84\x19\xf0\x6b\xa7"
#define RAW_S        "\x05\xd2\x8e\x7f\xb0\x33\xc9\x14\xe6\x5a\x91\x0d\xfc\x28\x76\xab\x40\xe3\x9f\x11"
#define HELLO_FRAME  "\x81\x05Hello"
#define HELLO_MASKED "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"

static int begin(void **state)
{
	struct err e;
	*state = channel_kit_new(&e);
	return *state == NULL;
}

static int end(void **state)
{
	channel_kit_free(*state);
	return 0;
}

static enum channel_want look(
    struct channel_kit *k, struct channel *c, struct bytes client, struct bytes server, bool over)
{
	const struct bytes sides[2] = { client, server };
	struct slice s[2];
	for (int i = 0; i < 2; i++) {
		uint8_t *copy = malloc(sides[i].len != 0 ? sides[i].len : 1);
		assert_non_null(copy);
		if (sides[i].len != 0)
			memcpy(copy, sides[i].at, sides[i].len);
		s[i] = (struct slice){ copy, sides[i].len };
	}
	const enum channel_want want = channel_look(k, c, s[0], s[1], over);
	free((void *)(uintptr_t)s[0].at);
	free((void *)(uintptr_t)s[1].at);
	return want;
}

struct row {
	const char *name, *inside;
	enum channel_want want;
	enum agreed agreed;
	uint64_t odd;
	struct bytes client, server;
};

static const struct row rows[] = {
	{ "ssh", "", CHANNEL_DONE, AGREED_NOTHING, 0, B("SSH-2.0-OpenSSH_9.6\r\n"), B("SSH-2.0-OpenSSH_9.2p1\r\n") },
	{ "http", "", CHANNEL_IS_HTTP, AGREED_NOTHING, 0, B("GET / HTTP/1.1\r\n\r\n"), B("HTTP/1.1 200 OK\r\n\r\n") },
	{ "http", "", CHANNEL_DONE, AGREED_NOTHING, 0, NONE, B("HTTP/1.1 200 OK\r\n\r\n") },
	{ "smtp", "", CHANNEL_DONE, AGREED_NOTHING, 0, B("EHLO me\r\n"), B("220 mail.example ESMTP\r\n") },
	{ "unknown", "", CHANNEL_DONE, AGREED_NOTHING, 0, B(RAW_C), B(RAW_S) },
	{ "unknown", "", CHANNEL_DONE, AGREED_NOTHING, 0, B("x"), NONE },
	{ "unknown", "", CHANNEL_DONE, AGREED_TLS, ODD_BIT(INNER_NOT_AS_AGREED), B(RAW_C), B(RAW_S) },
	{ "ssh", "", CHANNEL_DONE, AGREED_TLS, ODD_BIT(INNER_NOT_AS_AGREED), B("SSH-2.0-x\r\n"), NONE },
	{ "tls", "", CHANNEL_DONE, AGREED_TLS, 0, B("\x17\x03\x03\0\x02zz\x17\x03\x03\0\x02zz"), NONE },
	{ "websocket", "", CHANNEL_DONE, AGREED_WEBSOCKET, 0, B(HELLO_MASKED), B(HELLO_FRAME) },
	{ "websocket", "", CHANNEL_DONE, AGREED_WEBSOCKET, ODD_BIT(WS_UNMASKED), B(HELLO_FRAME), B(HELLO_FRAME) },
	{ "websocket", "ssh", CHANNEL_DONE, AGREED_WEBSOCKET, 0,
	    B("\x82\x8c\x37\xfa\x21\x3d\x64\xa9\x69\x10\x05\xd4\x11\x10\x70\x95\x2c\x37"),
	    B("\x82\x0cSSH-2.0-Go\r\n") },
	{ "websocket", "ssh", CHANNEL_DONE, AGREED_WEBSOCKET, 0, NONE, B("\x82\x16SSH-chisel-v3-server\r\n") },
	{ "websocket", "sip", CHANNEL_DONE, AGREED_WEBSOCKET, 0, NONE, B("\x81\x11SIP/2.0 200 OK\r\n\r") },
	{ "ssh", "", CHANNEL_DONE, AGREED_WEBSOCKET, ODD_BIT(WS_NO_FRAME), B("SSH-2.0-x\r\n"), B("SSH-2.0-y\r\n") },
	{ "http", "", CHANNEL_IS_HTTP, AGREED_WEBSOCKET, ODD_BIT(WS_NO_FRAME), B("GET / HTTP/1.1\r\n\r\n"), NONE },
	{ "unknown", "", CHANNEL_DONE, AGREED_WEBSOCKET, ODD_BIT(WS_NO_FRAME), B(RAW_C), B(RAW_S) },
	{ "capsules", "", CHANNEL_DONE, AGREED_CAPSULES, 0, B("\0\x09\0abcdefgh"), B("\0\x09\0hgfedcba") },
	{ "ssh", "", CHANNEL_DONE, AGREED_CAPSULES, ODD_BIT(INNER_NOT_AS_AGREED), B("SSH-2.0-x\r\n"), NONE },
	{ "http2", "", CHANNEL_DONE, AGREED_HTTP2, 0, B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NONE },
	{ "http2", "", CHANNEL_DONE, AGREED_HTTP2, 0, NONE, B("\0\0\0\x04\0\0\0\0\0") },
	{ "http2", "", CHANNEL_DONE, AGREED_NOTHING, 0, B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), NONE },
	{ "", "", CHANNEL_DONE, AGREED_TLS, 0, NONE, NONE },
	{ "", "", CHANNEL_DONE, AGREED_WEBSOCKET, 0, NONE, NONE },
};

enum { ROWS = sizeof rows / sizeof *rows };

static void expect(size_t i, const char *how, const struct channel *c, enum channel_want want)
{
	const struct row *r = &rows[i];
	if (want != r->want || strcmp(c->name, r->name) != 0 || strcmp(c->inside, r->inside) != 0 || c->odd != r->odd)
		fail_msg(
		    "row %zu, %s: %d '%s' '%s' odd %llx", i, how, want, c->name, c->inside, (unsigned long long)c->odd);
}

static void all_at_once(void **state)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct channel c = { .agreed = (uint8_t)rows[i].agreed };
		expect(i, "whole", &c, look(*state, &c, rows[i].client, rows[i].server, true));
		assert_int_equal(look(*state, &c, rows[i].client, rows[i].server, true), CHANNEL_DONE);
	}
}

/* Byte by byte, both sides in turn or one before the other, and closed at the end. */
static void byte_by_byte(void **state)
{
	for (size_t i = 0; i < ROWS; i++)
		for (int order = 0; order < 3; order++) {
			struct channel c = { .agreed = (uint8_t)rows[i].agreed };
			struct bytes seen[2] = { { rows[i].client.at, 0 }, { rows[i].server.at, 0 } };
			const size_t whole[2] = { rows[i].client.len, rows[i].server.len };
			enum channel_want want = CHANNEL_MORE;
			while (want == CHANNEL_MORE && seen[0].len + seen[1].len < whole[0] + whole[1]) {
				int side = order == 2 ? (int)(seen[0].len > seen[1].len) : order;
				if (seen[side].len == whole[side])
					side = !side;
				seen[side].len++;
				want = look(*state, &c, seen[0], seen[1], false);
			}
			if (want == CHANNEL_MORE)
				want = look(*state, &c, seen[0], seen[1], true);
			expect(i, order == 0 ? "client first" : order == 1 ? "server first" : "in turn", &c, want);
		}
}

/* Whatever comes, a channel is settled when one side has shown what is looked at, or when it is over. */
static void it_never_waits_for_ever(void **state)
{
	static char bytes[MAX_CHANNEL_LOOK];
	static const char *const begins[] = { "", "GET /", "\x16\x03\x01\x40\0\x01\0\x3f\xfc\x03\x03", "220 ",
		"SSH-2.0-", "<?xml", "\x82", "\x81\xfe\x7f\xff", "\0", "*" };
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		for (enum agreed agreed = AGREED_NOTHING; agreed <= AGREED_HTTP2; agreed++)
			for (int side = 0; side < 2; side++) {
				struct channel c = { .agreed = (uint8_t)agreed };
				memset(bytes, 'a', sizeof bytes);
				memcpy(bytes, begins[i], strlen(begins[i]));
				const struct bytes full = { bytes, sizeof bytes }, none = NONE;
				assert_int_not_equal(
				    look(*state, &c, side == 0 ? full : none, side == 0 ? none : full, false),
				    CHANNEL_MORE);
				assert_string_not_equal(c.name, "");
				c = (struct channel){ .agreed = (uint8_t)agreed };
				const struct bytes few = { bytes, 3 };
				assert_int_not_equal(
				    look(*state, &c, side == 0 ? few : none, side == 0 ? none : few, true),
				    CHANNEL_MORE);
			}
}

static void what_is_kept(void **state)
{
	struct channel c = { 0 };
	look(*state, &c, (struct bytes)B("SSH-2.0-client\r\n"), (struct bytes)B("SSH-2.0-server\r\n"), true);
	assert_string_equal(c.banner, "SSH-2.0-server");
	assert_int_equal(c.first_speaker, CLIENT);
	c = (struct channel){ 0 };
	assert_int_equal(look(*state, &c, (struct bytes)NONE, (struct bytes)B("220 mail.ex"), false), CHANNEL_MORE);
	assert_int_equal(
	    look(*state, &c, (struct bytes)B("EHLO me\r\n"), (struct bytes)B("220 mail.example ready\r\n"), false),
	    CHANNEL_DONE);
	assert_string_equal(c.banner, "220 mail.example ready");
	assert_int_equal(c.first_speaker, SERVER);
	assert_int_equal(c.spoke, 3);
	c = (struct channel){ 0 };
	look(*state, &c, (struct bytes)B(RAW_C), (struct bytes)B(RAW_S), true);
	assert_in_range(c.entropy8, 64, 72); /* 20 different bytes: 4.32 bits */
	c = (struct channel){ 0 };
	look(*state, &c, (struct bytes)B("zzzzzzzz"), (struct bytes)NONE, true);
	assert_int_equal(c.entropy8, 0);
	c = (struct channel){ .agreed = AGREED_WEBSOCKET };
	look(*state, &c, (struct bytes)B(RAW_C), (struct bytes)B(RAW_S), true);
	assert_int_equal(c.fake_websocket, 1);
}

static void it_waits(void **state)
{
	struct channel c = { 0 };
	assert_int_equal(look(*state, &c, (struct bytes)B(RAW_C), (struct bytes)NONE, false), CHANNEL_MORE);
	assert_int_equal(c.looks, 0);
	assert_int_equal(look(*state, &c, (struct bytes)B(RAW_C), (struct bytes)B(RAW_S), false), CHANNEL_MORE);
	assert_int_equal(c.looks, 1);
	assert_int_equal(look(*state, &c, (struct bytes)B(RAW_C RAW_C), (struct bytes)B(RAW_S), false), CHANNEL_MORE);
	assert_int_equal(c.looks, 1);
	assert_int_equal(look(*state, &c, (struct bytes)B(RAW_C RAW_C), (struct bytes)B(RAW_S), true), CHANNEL_DONE);
	assert_int_equal(c.looks, 2);
	assert_string_equal(c.name, "unknown");
	c = (struct channel){ .agreed = AGREED_WEBSOCKET };
	assert_int_equal(
	    look(*state, &c, (struct bytes)B(HELLO_MASKED), (struct bytes)B(HELLO_FRAME), false), CHANNEL_MORE);
	assert_string_equal(c.name, "websocket");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_at_once),
		cmocka_unit_test(byte_by_byte),
		cmocka_unit_test(it_never_waits_for_ever),
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(it_waits),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
