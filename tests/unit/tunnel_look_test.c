/* What a message says of itself and what its first bytes say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/look.h"

static struct head with(const char *name, const char *value)
{
	struct head h = { .field_count = 1, .names = UINT64_MAX };
	h.fields[0].name = (struct slice){ (const uint8_t *)name, strlen(name) };
	h.fields[0].value = (struct slice){ (const uint8_t *)value, strlen(value) };
	return h;
}

static void types(void **state)
{
	static const struct {
		const char *value;
		enum look_type type;
	} rows[] = {
		{ "application/octet-stream", LOOK_BINARY },
		{ "text/html; charset=utf-8", LOOK_TEXT },
		{ "text/event-stream", LOOK_EVENTS },
		{ "IMAGE/PNG", LOOK_IMAGE },
		{ "image/webp", LOOK_MEDIA },
		{ "application/json", LOOK_TEXT },
		{ "application/made-up", LOOK_OTHER },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct head h = with("content-type", rows[i].value);
		assert_int_equal(look_type(&h), rows[i].type);
	}
	const struct head none = { 0 }, coded = with("Content-Encoding", "gzip"),
			  known = with("Content-Type", "multipart/encrypted");
	assert_int_equal(look_type(&none), LOOK_NOTHING);
	assert_int_equal(look_type(&coded), LOOK_CODED);
	assert_true(look_known_type(&known));
	assert_false(look_known_type(&coded));
}

static uint64_t place(const char *target)
{
	struct head h = with("Host", "www.example");
	h.target = (struct slice){ (const uint8_t *)target, strlen(target) };
	uint64_t host;
	return look_place(&h, &host);
}

/* One place however its requests are numbered; other places are others. */
static void places(void **state)
{
	(void)state;
	assert_true(place("/t?x=1") == place("/t?x=2"));
	assert_true(place("/t/1") == place("/t/2"));
	assert_true(place("/t/8ef43a44/7") == place("/t/0011aabb/19"));
	assert_true(
	    place("/t/123e4567-e89b-12d3-a456-426614174000") == place("/t/223e4567-e89b-12d3-a456-426614174111"));
	assert_true(place("/t") != place("/u"));
	assert_true(place("/api/v2/x") != place("/api/v1/x"));
	assert_true(place("") != 0);
}

static void fill(uint8_t *to, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 17;
		seed ^= seed << 5;
		to[i] = (uint8_t)(seed >> 11);
	}
}

/* Random bytes look random hardly ever not; text, base64 and files never. */
static void randomness(void **state)
{
	(void)state;
	unsigned missed = 0;
	for (uint32_t seed = 1; seed <= 2000; seed++) {
		uint8_t bytes[FOREIGN_SAMPLE], text[FOREIGN_SAMPLE];
		const size_t n = 64 + seed % 97;
		fill(bytes, n, seed * 2654435761u);
		missed += !look_random((struct slice){ bytes, n });
		for (size_t i = 0; i < n; i++)
			text[i] =
			    (uint8_t)("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[bytes[i] &
													 63]);
		assert_false(look_random((struct slice){ text, n }));
		bytes[0] = 0x1f;
		bytes[1] = 0x8b;
		assert_false(look_random((struct slice){ bytes, n }));
	}
	assert_true(missed < 20);
	assert_false(look_random(SLICE("short")));
}

static void base64s(void **state)
{
	(void)state;
	assert_true(look_base64(SLICE("lVFvwL2iFHU5RPTao4LkaY2P+0prShZhQyGEaP/KnJZQZfhi7VCbiGshPYI8Qp2=")));
	assert_false(look_base64(SLICE("lVFvwL2iFHU5RPTao4LkaY2P")));
	assert_false(look_base64(SLICE("this-is-a-long-name-made-of-letters-and-dashes-that-is-no-base64-at-all")));
	assert_false(look_base64(SLICE("0123456789012345678901234567890123456789012345678901234567890123456789")));
	assert_false(
	    look_base64(SLICE("{\"a\":\"lVFvwL2iFHU5RPTao4LkaY2P+0prShZhQyGEaP/KnJZQZfhi7VCbiGshPYI8Qp2=\"}")));
}

static void events(void **state)
{
	(void)state;
	assert_true(look_events(SLICE("data: x\n\n")));
	assert_true(look_events(SLICE(": ping\n")));
	assert_true(look_events(SLICE("eve")));
	assert_false(look_events(SLICE("\x16\x03\x01")));
	assert_false(look_events(SLICE("SSH-2.0-x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(types), cmocka_unit_test(places),
		cmocka_unit_test(randomness), cmocka_unit_test(base64s), cmocka_unit_test(events) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
