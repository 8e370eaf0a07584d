/* Digests and base64 against the vectors of the standards (FIPS 180-4 examples; RFC 4648, 10; RFC 6455, 1.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/digest.h"

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static void hashes(void **state)
{
	(void)state;
	static const struct {
		const char *in, *sha1, *sha256;
	} rows[] = {
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t sha1[20], sha256[32];
		char hex[65];
		digest_sha1(text(rows[i].in), sha1);
		hex_encode((struct slice){ sha1, sizeof sha1 }, hex);
		assert_string_equal(hex, rows[i].sha1);
		digest_sha256(text(rows[i].in), sha256);
		hex_encode((struct slice){ sha256, sizeof sha256 }, hex);
		assert_string_equal(hex, rows[i].sha256);
	}
	uint8_t out[20];
	digest_sha1((struct slice){ NULL, 0 }, out);
	assert_int_equal(out[0], 0xda);
}

/* Lengths around the ends of blocks, where padding is easily got wrong; the digests of all of them, digested. */
static void lengths_around_a_block(void **state)
{
	(void)state;
	uint8_t sums[200][20], all[20];
	char hex[41];
	for (size_t len = 0; len < 200; len++) {
		uint8_t *const in = malloc(len + (len == 0));
		assert_non_null(in);
		memset(in, 'a', len);
		digest_sha1((struct slice){ in, len }, sums[len]);
		free(in);
	}
	digest_sha1((struct slice){ sums[0], sizeof sums }, all);
	hex_encode((struct slice){ all, sizeof all }, hex);
	assert_string_equal(hex, "8a18f04bac7c86cfcffa6a93e5cb21ae0159deac");
}

static void the_websocket_example(void **state)
{
	(void)state;
	uint8_t sha1[20];
	char accept[29];
	digest_sha1(SLICE("dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11"), sha1);
	assert_int_equal(base64_encode((struct slice){ sha1, sizeof sha1 }, accept, sizeof accept), 28);
	assert_string_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void base64_of_the_standard(void **state)
{
	(void)state;
	static const struct {
		const char *plain, *coded;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char coded[16];
		uint8_t plain[16];
		size_t used;
		assert_int_equal(base64_encode(text(rows[i].plain), coded, sizeof coded), strlen(rows[i].coded));
		assert_string_equal(coded, rows[i].coded);
		const size_t n = base64_decode(text(rows[i].coded), plain, sizeof plain, &used);
		assert_true(slice_eq((struct slice){ plain, n }, text(rows[i].plain)));
		assert_int_equal(used, strlen(rows[i].coded));
	}
}

static void encoding_needs_its_room(void **state)
{
	(void)state;
	char out[9];
	assert_int_equal(base64_encode(SLICE("foobar"), out, 9), 8);
	assert_int_equal(base64_encode(SLICE("foobar"), out, 8), 0);
	assert_int_equal(base64_encode(SLICE("foobar"), out, 0), 0);
	assert_int_equal(base64_encode(SLICE(""), out, 1), 0);
	assert_string_equal(out, "");
	assert_int_equal(base64_encode((struct slice){ NULL, 0 }, out, 0), 0);
}

static void decoding_what_comes(void **state)
{
	(void)state;
	static const struct {
		const char *in;
		size_t size;
		const char *out;
		size_t used;
	} rows[] = {
		{ "Zm8", 9, "fo", 3 }, /* no padding */
		{ "Zg", 9, "f", 2 },
		{ "Zg=", 9, "f", 3 },
		{ "Zg===", 9, "f", 4 }, /* one too many is not ours */
		{ "Zm9v=", 9, "foo", 4 },
		{ "=Zm9v", 9, "", 0 },
		{ "Z", 9, "", 1 },
		{ "Zm9v Zm9v", 9, "foo", 4 }, /* stops at what is neither */
		{ "Zm9v\r\n", 9, "foo", 4 },
		{ "Zm8=Zm8=", 9, "fo", 4 },
		{ "-_-_", 9, "\xfb\xff\xbf", 4 }, /* URL alphabet */
		{ "+_-/", 9, "\xfb\xff\xbf", 4 },
		{ "Zm9vYmFy", 3, "foo", 4 }, /* room for three */
		{ "Zm9vYmFy", 0, "", 0 },
		{ "Zm9\x80", 9, "fo", 3 },
		{ "", 9, "", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const size_t len = strlen(rows[i].in);
		uint8_t *const in = malloc(len + 1), *const out = malloc(rows[i].size + (rows[i].size == 0));
		size_t used;
		assert_non_null(in);
		assert_non_null(out);
		memcpy(in + 1, rows[i].in, len);
		const size_t n = base64_decode((struct slice){ in + 1, len }, out, rows[i].size, &used);
		assert_true(slice_eq((struct slice){ out, n }, text(rows[i].out)));
		assert_int_equal(used, rows[i].used);
		free(in);
		free(out);
	}
}

static void every_byte_comes_back(void **state)
{
	(void)state;
	uint8_t in[256], back[256];
	char coded[345];
	size_t used;
	for (unsigned i = 0; i < 256; i++)
		in[i] = (uint8_t)(i * 167 + 13);
	for (size_t len = 0; len <= 256; len++) {
		const size_t n = base64_encode((struct slice){ in, len }, coded, (len + 2) / 3 * 4 + 1);
		assert_int_equal(n, (len + 2) / 3 * 4);
		const struct slice code = { (const uint8_t *)coded, n };
		assert_int_equal(base64_decode(code, back, sizeof back, &used), len);
		assert_memory_equal(back, in, len);
		assert_int_equal(used, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes),
		cmocka_unit_test(lengths_around_a_block),
		cmocka_unit_test(the_websocket_example),
		cmocka_unit_test(base64_of_the_standard),
		cmocka_unit_test(encoding_needs_its_room),
		cmocka_unit_test(decoding_what_comes),
		cmocka_unit_test(every_byte_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
