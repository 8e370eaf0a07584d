/* SipHash-1-3 against vectors made with another program's implementation of it, at lengths around the word boundary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "base/hash.h"

static const struct hash_key keys[] = { { 0, 0 }, { UINT64_C(0x25556dc46dc3dca0), UINT64_C(0xfc3ee4dbd06f6c90) } };

static const struct {
	size_t len;
	uint64_t hash[2];
} vectors[] = {
	{ 1, { UINT64_C(0x44bc103b1f8540ed), UINT64_C(0x2fa2a562722d7e86) } },
	{ 7, { UINT64_C(0xb41012aeee05c7d4), UINT64_C(0x64af71461176b0eb) } },
	{ 8, { UINT64_C(0xd22d9341176d0728), UINT64_C(0x774c3172df2be4f9) } },
	{ 9, { UINT64_C(0x4ec42971d570753b), UINT64_C(0xc4d947ba817b7140) } },
	{ 15, { UINT64_C(0x566f711d32f59152), UINT64_C(0x2068ce09f20c1095) } },
	{ 16, { UINT64_C(0x7e6bfb8bf1d36ac4), UINT64_C(0x4d444fb4617c374d) } },
	{ 40, { UINT64_C(0xaf08005c19450807), UINT64_C(0x052fb0a78b2c06f7) } },
	{ 255, { UINT64_C(0xb2f32f6aad260bc4), UINT64_C(0xdec812de399372f2) } },
	{ 256, { UINT64_C(0xf2d7dbb07ff010cc), UINT64_C(0x21d84f2d4e20f1dc) } },
	{ 257, { UINT64_C(0x24de328160f923e6), UINT64_C(0x1eb55e12262f68eb) } },
};

/* Byte i is 7 i + 1; the copy is of the exact size and, one byte in, not aligned. */
static void it_is_siphash_1_3(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
		unsigned char *const bytes = malloc(vectors[i].len + 1);
		assert_non_null(bytes);
		for (size_t n = 0; n < vectors[i].len; n++)
			bytes[n + 1] = (unsigned char)(n * 7 + 1);
		for (unsigned k = 0; k < 2; k++)
			assert_true(hash_bytes(keys[k], bytes + 1, vectors[i].len) == vectors[i].hash[k]);
		free(bytes);
	}
}

static void length_counts(void **state)
{
	(void)state;
	static const unsigned char zeros[64];
	for (size_t a = 0; a <= sizeof zeros; a++)
		for (size_t b = 0; b < a; b++)
			assert_true(hash_bytes(keys[1], zeros, a) != hash_bytes(keys[1], zeros, b));
	assert_true(hash_bytes(keys[1], NULL, 0) == hash_bytes(keys[1], zeros, 0));
}

/* One bit of input should turn about half of the output's. */
static void one_bit_turns_half(void **state)
{
	(void)state;
	unsigned char bytes[16] = { 0 };
	const uint64_t plain = hash_bytes(keys[1], bytes, sizeof bytes);
	for (unsigned bit = 0; bit < 128; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		const int turned = __builtin_popcountll(plain ^ hash_bytes(keys[1], bytes, sizeof bytes));
		assert_in_range(turned, 12, 52);
		bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

static void keys_differ_every_time(void **state)
{
	(void)state;
	const struct hash_key a = hash_key_random(), b = hash_key_random();
	assert_true(a.k0 != b.k0 && a.k1 != b.k1 && a.k0 != a.k1);
	assert_true(hash_bytes(a, "x", 1) != hash_bytes(b, "x", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_siphash_1_3),
		cmocka_unit_test(length_counts),
		cmocka_unit_test(one_bit_turns_half),
		cmocka_unit_test(keys_differ_every_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
