/* WebSocket frames and capsules: what passes for them, what does not, what they carry; every input in a buffer of its
 * exact size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "channel/capsule.h"
#include "channel/websocket.h"
#include "bytes.h"

static struct websocket_scratch scratch;

static struct slice exact(struct bytes b)
{
	uint8_t *copy = malloc(b.len != 0 ? b.len : 1);
	assert_non_null(copy);
	if (b.len != 0)
		memcpy(copy, b.at, b.len);
	return (struct slice){ copy, b.len };
}

static void drop(struct slice s)
{
	free((void *)(uintptr_t)s.at);
}

static struct websocket_seen look(struct bytes client, struct bytes server, bool over)
{
	const struct slice c = exact(client), s = exact(server);
	struct websocket_seen seen;
	websocket_look(&scratch, c, s, over, &seen);
	drop(c);
	drop(s);
	return seen;
}

/* "Hello" of RFC 6455, 5.7, masked and not. */
#define MASKED "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
#define PLAIN  "\x81\x05Hello"

static void frames(void **state)
{
	(void)state;
	static const struct {
		enum frames want;
		uint64_t odd;
		struct bytes client, server;
	} rows[] = {
		{ FRAMES_YES, 0, B(MASKED), B(PLAIN) },
		{ FRAMES_YES, 0, B(MASKED), NONE },
		{ FRAMES_YES, 0, NONE, B(PLAIN) },
		{ FRAMES_YES, 0, NONE, B("\x82\x7e\x01\0a") },                    /* cut */
		{ FRAMES_YES, 0, NONE, B("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\0") }, /* compressed: RFC 7692, 7.2.3.1 */
		{ FRAMES_YES, 0, NONE, B("\x01\x03Hel\x80\x02lo") },
		{ FRAMES_YES, 0, NONE, B("\x01\x03Hel\x89\x02hi\x80\x02lo") },
		{ FRAMES_YES, 0, NONE, B("\x88\x02\x03\xe8") },
		{ FRAMES_YES, ODD_BIT(WS_UNMASKED), B(PLAIN), B(PLAIN) },
		{ FRAMES_YES, ODD_BIT(WS_MASKED), B(MASKED), B(MASKED) },
		{ FRAMES_YES, ODD_BIT(WS_NO_FRAME), B(MASKED MASKED), B("SSH-2.0-x") }, /* frames after a hole, say */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), B("SSH-2.0-x\r\n"), B("SSH-2.0-y\r\n") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x16\x03\x03\0\x7a") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x80\x05Hello") }, /* continues nothing */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\xa1\x05Hello") }, /* RSV2 */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x91\x05Hello") }, /* RSV3 */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x83\x05Hello") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x09\x02hi") },     /* a ping in pieces */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\xc9\x02hi") },     /* a compressed ping */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x89\x7e\0\x80") }, /* a long ping */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x81\x7e\0\x05Hello") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x82\x7f\0\0\0\0\0\0\x10\0") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x82\x7f\x80\0\0\0\0\x01\0\0") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x81\x05He\xffll") }, /* no UTF-8 */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x88\x02\0\x01") },
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x82\x02hi\x17\x03") }, /* the chain breaks */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), B("\x82\x30short"), NONE },      /* wrong mask and no end */
		{ FRAMES_NOT, ODD_BIT(WS_NO_FRAME), NONE, B("\x81") },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct websocket_seen seen = look(rows[i].client, rows[i].server, true);
		if (seen.frames != rows[i].want || seen.odd != rows[i].odd)
			fail_msg("row %zu: %d, odd %llx", i, seen.frames, (unsigned long long)seen.odd);
	}
}

/* A head that is still short is waited for, and no beginning of good frames is ever refused. */
static void heads_in_pieces(void **state)
{
	(void)state;
	static const char client[] = MASKED MASKED "\x82\xfe\0\x80\x01\x02\x03\x04zz",
			  server[] = PLAIN "\x82\x7e\0\x80zz";
	for (size_t n = 0; n < sizeof client; n++)
		assert_int_not_equal(look((struct bytes){ client, n }, (struct bytes)NONE, false).frames, FRAMES_NOT);
	for (size_t n = 0; n < sizeof server; n++)
		assert_int_not_equal(look((struct bytes)NONE, (struct bytes){ server, n }, false).frames, FRAMES_NOT);
	assert_int_equal(look((struct bytes)B("\x81\x85\x37"), (struct bytes)NONE, false).frames, FRAMES_MORE);
	assert_int_equal(look((struct bytes)B(PLAIN), (struct bytes)NONE, false).frames, FRAMES_YES);
	assert_int_equal(look((struct bytes)B("\x81\x06Hello"), (struct bytes)NONE, false).frames, FRAMES_MORE);
}

static void payload_is_unmasked_and_joined(void **state)
{
	(void)state;
	struct websocket_seen seen =
	    look((struct bytes)B(MASKED "\x89\x81\0\0\0\0!" MASKED), (struct bytes)B(PLAIN), true);
	assert_int_equal(seen.inner[CLIENT].len, 10);
	assert_memory_equal(seen.inner[CLIENT].at, "HelloHello", 10); /* the ping's byte is none of it */
	assert_int_equal(seen.inner[SERVER].len, 5);
	assert_true(seen.enough);
	seen = look((struct bytes)B(MASKED), (struct bytes)B(PLAIN), false);
	assert_false(seen.enough);
	seen = look((struct bytes)B(MASKED MASKED MASKED MASKED), (struct bytes)B(PLAIN PLAIN PLAIN PLAIN), false);
	assert_true(seen.enough);
	/* What is compressed is not looked into. */
	seen = look((struct bytes)NONE, (struct bytes)B("\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\0" PLAIN), true);
	assert_int_equal(seen.inner[SERVER].len, 5);
}

static void a_flood_of_frames_is_bounded(void **state)
{
	(void)state;
	static char empty[MAX_CHANNEL_LOOK];
	for (size_t i = 0; i + 1 < sizeof empty; i += 2) {
		empty[i] = (char)0x82;
		empty[i + 1] = 0;
	}
	const struct websocket_seen seen = look((struct bytes)NONE, (struct bytes){ empty, sizeof empty }, false);
	assert_int_equal(seen.frames, FRAMES_YES);
	assert_true(seen.enough);
	assert_int_equal(seen.inner[SERVER].len, 0);
}

static void capsules(void **state)
{
	(void)state;
	static const struct {
		enum says want;
		struct bytes client, server;
	} rows[] = {
		{ SAYS_YES, B("\0\x09\0abcdefgh"), NONE },
		{ SAYS_YES, NONE, B("\0\x09\0hgfedcba") },
		{ SAYS_YES, B("\0\x40\x80\0ab"), NONE },              /* cut */
		{ SAYS_YES, B("\x17\x02hi\0\x03\0ab"), NONE },        /* a type to be skipped, then a datagram */
		{ SAYS_YES, B("\x68\x94\x02xx\x68\x94\x01y"), NONE }, /* unknown types that end exactly */
		{ SAYS_WAIT, B("\x05\x08half"), NONE },
		{ SAYS_WAIT, B("\0"), NONE },
		{ SAYS_WAIT, B("\x40"), NONE },
		{ SAYS_WAIT, B("SSH-2.0-OpenSSH_9.6\r\n"), NONE }, /* a type and a length, by chance */
		{ SAYS_NO, B("\0\xff\xff\xff\xff\xff\xff\xff\xff"), NONE },
		{ SAYS_NO, NONE, NONE },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct slice client = exact(rows[i].client), server = exact(rows[i].server);
		const enum says says = capsule_sign(client, server);
		drop(client);
		drop(server);
		if (says != rows[i].want)
			fail_msg("row %zu: %d", i, says);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames),
		cmocka_unit_test(heads_in_pieces),
		cmocka_unit_test(payload_is_unmasked_and_joined),
		cmocka_unit_test(a_flood_of_frames_is_bounded),
		cmocka_unit_test(capsules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
