/* suo5's frames in the three forms of its versions, cut anywhere, broken everywhere. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tunnel/suo5_frames.h"

/* {ac: 0, id: "abcd", h: "10.9.8.7", p: "22"}, as written by each version under the key 0x5a or 0x5a 0xc3. */
#define ROW                                           \
	"\2ac\0\0\0\1\0\2id\0\0\0\4abcd\1h\0\0\0\010" \
	"10.9.8.7\1p\0\0\0\2"                         \
	"22"
enum { ROW_LEN = sizeof(ROW) - 1, MOST = 512 };

struct bytes {
	uint8_t at[MOST];
	size_t len;
};

static void add(struct bytes *b, uint8_t c)
{
	assert_true(b->len < MOST);
	b->at[b->len++] = c;
}

static void add_base64url(struct bytes *b, const uint8_t *in, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t bits = 0;
	unsigned have = 0;
	for (size_t i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (have += 8; have >= 6; have -= 6)
			add(b, (uint8_t)digits[bits >> (have - 6) & 63]);
	}
	if (have != 0)
		add(b, (uint8_t)digits[bits << (6 - have) & 63]);
}

static void add_length(uint8_t *to, uint32_t len)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (uint8_t)(len >> (24 - 8 * i));
}

static void add_frame(struct bytes *b, enum suo5_form form, const void *row, size_t len)
{
	const uint8_t key[2] = { 0x5a, form == SUO5_ONE_KEY ? 0x5a : 0xc3 };
	uint8_t data[MOST], head[6];
	for (size_t i = 0; i < len; i++)
		data[i] = ((const uint8_t *)row)[i] ^ key[i % 2];
	if (form == SUO5_TEXT) {
		memcpy(head, key, 2);
		add_length(head + 2, (uint32_t)(len * 8 + 5) / 6);
		for (unsigned i = 2; i < 6; i++)
			head[i] ^= key[i % 2];
		add_base64url(b, head, 6);
		add_base64url(b, data, len);
		return;
	}
	add_length(head, (uint32_t)len);
	for (unsigned i = 0; i < 4; i++)
		add(b, head[i]);
	add(b, key[0]);
	if (form == SUO5_TWO_KEYS)
		add(b, key[1]);
	for (size_t i = 0; i < len; i++)
		add(b, data[i]);
}

/* What was read, in a line: name=value; and a full stop for each frame. */
struct told {
	char text[MOST];
	size_t len;
	unsigned frames;
	bool broken;
};

static void tell(struct told *t, const void *bytes, size_t len)
{
	assert_true(t->len + len < sizeof t->text);
	memcpy(t->text + t->len, bytes, len);
	t->len += len;
}

/* Fed in pieces of `step`, read through a buffer of `room`. */
static struct told read_all(const struct bytes *b, size_t step, size_t room)
{
	struct told t = { 0 };
	struct suo5_frames f;
	uint8_t out[MOST];
	suo5_begin(&f);
	for (size_t at = 0; at < b->len; at += step) {
		struct slice in = slice_head(slice_from((struct slice){ b->at, b->len }, at), step);
		for (struct suo5_piece p; (p = suo5_read(&f, &in, out, room)).what != SUO5_NOTHING;) {
			if (p.what == SUO5_FRAME) {
				tell(&t, ".", 1);
				t.frames++;
				continue;
			}
			if (p.first)
				tell(&t, " ", 1), tell(&t, p.name, strlen(p.name)), tell(&t, "=", 1);
			tell(&t, p.bytes.at, p.bytes.len);
		}
		assert_int_equal(in.len, 0);
	}
	t.broken = f.at == SUO5_BROKEN;
	return t;
}

static const enum suo5_form forms[] = { SUO5_TEXT, SUO5_ONE_KEY, SUO5_TWO_KEYS };

static void every_form_cut_anywhere(void **state)
{
	(void)state;
	static const char one[] = " ac=\0 id=abcd h=10.9.8.7 p=22.";
	for (unsigned i = 0; i < 3; i++) {
		struct bytes b = { 0 };
		add_frame(&b, forms[i], ROW, ROW_LEN);
		add_frame(&b, forms[i], ROW, ROW_LEN);
		for (size_t step = 1; step <= b.len; step++) {
			const struct told t = read_all(&b, step, 1 + step % 7);
			assert_false(t.broken);
			assert_int_equal(t.len, 2 * (sizeof one - 1));
			assert_memory_equal(t.text, one, sizeof one - 1);
			assert_memory_equal(t.text + sizeof one - 1, one, sizeof one - 1);
		}
	}
}

/* Cut short it is no frame yet; a row that does not fill its frame, or has no action, never is. */
static void only_exact_rows_are_frames(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct bytes b = { 0 };
		add_frame(&b, forms[i], ROW, ROW_LEN);
		for (b.len--; b.len > 0; b.len--) {
			const struct told t = read_all(&b, 3, 64);
			assert_false(t.broken);
			assert_int_equal(t.frames, 0);
		}
		b.len = 0;
		add_frame(&b, forms[i], ROW, ROW_LEN - 1);
		assert_true(read_all(&b, 5, 64).broken);
		b.len = 0;
		add_frame(&b, forms[i], ROW "\1", ROW_LEN + 1);
		assert_true(read_all(&b, 5, 64).broken);
		b.len = 0;
		add_frame(&b, forms[i], "\2id\0\0\0\4abcd\2dt\0\0\0\0", 18);
		assert_true(read_all(&b, 5, 64).broken);
		b.len = 0;
		add_frame(&b, forms[i], "\2ac\0\0\0\2\0\0\2id\0\0\0\1a", 17);
		assert_true(read_all(&b, 5, 64).broken);
	}
}

/* Random bodies, and random base64url, are no frames. */
static void noise(void **state)
{
	(void)state;
	uint64_t seed = 1;
	for (unsigned n = 0; n < 20000; n++) {
		uint8_t raw[96];
		for (unsigned i = 0; i < sizeof raw; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			raw[i] = (uint8_t)(seed >> 56);
		}
		struct bytes b = { 0 };
		if (n % 2 != 0) {
			add_base64url(&b, raw, sizeof raw);
		} else {
			add_length(raw, sizeof raw - 5);
			memcpy(b.at, raw, b.len = sizeof raw);
		}
		const struct told t = read_all(&b, 40, 64);
		assert_true(t.broken || t.len == 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_cut_anywhere),
		cmocka_unit_test(only_exact_rows_are_frames),
		cmocka_unit_test(noise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
