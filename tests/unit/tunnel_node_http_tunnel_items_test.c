/* Arrays of node-http-tunnel's objects: what is read, in whatever pieces it comes, and what is none of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/node_http_tunnel_items.h"

#define OPEN "{\"method\":\"open\",\"stream_id\":3,\"port\":\"22\",\"host\":\"far.example\"}"
#define DATA "{\"method\":\"data\",\"stream_id\":3,\"data\":\"aGVsbG8=\"}"

struct reading {
	struct items items;
	char bytes[64];
	size_t len;
	unsigned opened;
};

static struct reading read_all(const char *text, size_t piece)
{
	struct reading r = { .len = 0 };
	uint8_t out[7];
	size_t n = 0;
	items_begin(&r.items);
	struct slice all = { (const uint8_t *)text, strlen(text) };
	for (; all.len != 0; all = slice_from(all, piece)) {
		for (struct slice in = slice_head(all, piece); in.len != 0;) {
			const enum items_found what = items_read(&r.items, &in, out, sizeof out, &n);
			if (what == ITEMS_ITEM && r.items.method == ITEM_OPEN) {
				assert_int_equal(r.items.host_len, 11);
				assert_memory_equal(r.items.text, "far.example", 11);
				assert_int_equal(r.items.port, 22);
				assert_int_equal(r.items.stream, 3);
				r.opened++;
			}
			if (what != ITEMS_BYTES)
				continue;
			assert_true(r.len + n < sizeof r.bytes);
			memcpy(r.bytes + r.len, out, n);
			r.len += n;
		}
	}
	return r;
}

static void reads_objects_in_any_pieces(void **state)
{
	(void)state;
	static const char *const text =
	    " [" OPEN ",\n" DATA " , {\"method\":\"openAck\",\"stream_id\":3},{\"stream_id\":4, \"method\":\"close\"}, "
	    "{\"method\":\"data\",\"stream_id\":9,\"data\":\"IHdvcmxkLCBsb25nZXI=\"},{\"method\":\"end\",\"stream_id\":"
	    "3}]\n";
	for (size_t piece = 1; piece <= strlen(text); piece++) {
		const struct reading r = read_all(text, piece);
		assert_true(items_whole(&r.items));
		assert_int_equal(r.items.count, 6);
		assert_int_equal(r.opened, 1);
		assert_int_equal(r.len, 19);
		assert_memory_equal(r.bytes, "hello world, longer", 19);
	}
}

static void empty_array_is_whole(void **state)
{
	(void)state;
	const struct reading r = read_all("[]", 1);
	assert_true(items_whole(&r.items));
	assert_int_equal(r.items.count, 0);
}

static void unfinished_is_neither(void **state)
{
	(void)state;
	const struct reading r = read_all("[" OPEN, 3);
	assert_false(items_whole(&r.items));
	assert_false(items_broken(&r.items));
	assert_int_equal(r.items.count, 1);
}

static void breaks(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{}",
		"[1]",
		"[[]]",
		"[]x",
		"[{}]",
		"[" DATA ",]",
		"[" DATA "][]",
		"[{\"method\":\"data\",\"stream_id\":3}]",
		"[{\"method\":\"open\",\"stream_id\":3}]",
		"[{\"method\":\"open\",\"stream_id\":3,\"port\":\"22\"}]",
		"[{\"method\":\"open\",\"stream_id\":3,\"port\":\"\",\"host\":\"a\"}]",
		"[{\"method\":\"open\",\"stream_id\":3,\"port\":\"65536\",\"host\":\"a\"}]",
		"[{\"method\":\"open\",\"stream_id\":3,\"port\":\"22\",\"host\":\"\"}]",
		"[{\"method\":\"shut\",\"stream_id\":3}]",
		"[{\"method\":\"close\"}]",
		"[{\"method\":\"close\",\"stream_id\":\"3\"}]",
		"[{\"method\":\"close\",\"stream_id\":-3}]",
		"[{\"method\":\"close\",\"stream_id\":3.5}]",
		"[{\"method\":\"close\",\"stream_id\":99999999999}]",
		"[{\"method\":\"close\",\"stream_id\":3,\"stream_id\":3}]",
		"[{\"method\":\"close\",\"stream_id\":3,\"extra\":1}]",
		"[{\"method\":\"close\",\"stream_id\":3,\"data\":\"aGk=\"}]",
		"[{\"method\":\"close\",\"stream_id\":3,\"port\":1}]",
		"[{\"method\":\"data\",\"stream_id\":3,\"data\":\"aGk\"}]",
		"[{\"method\":\"data\",\"stream_id\":3,\"data\":\"a b\"}]",
		"[{\"data\":\"aGk=\",\"method\":\"data\",\"stream_id\":3}]",
		"[{\"method\":\"clo\\u0073e\",\"stream_id\":3}]",
		"[{\"jsonrpc\":\"2.0\",\"method\":\"open\",\"id\":1}]",
		"[{\"method\":"
		"\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}]",
	};
	for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
		const struct reading r = read_all(texts[i], 1 + i % 3);
		if (!items_broken(&r.items))
			fail_msg("not broken: %s", texts[i]);
	}
}

static void count_stops(void **state)
{
	(void)state;
	struct items it;
	uint8_t out[16];
	size_t n;
	items_begin(&it);
	struct slice in = SLICE("[" DATA);
	while (in.len != 0)
		items_read(&it, &in, out, sizeof out, &n);
	for (unsigned i = 0; i < 1000; i++)
		for (in = SLICE("," DATA); in.len != 0;)
			items_read(&it, &in, out, sizeof out, &n);
	assert_false(items_broken(&it));
	assert_int_equal(it.count, ITEM_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_objects_in_any_pieces),
		cmocka_unit_test(empty_array_is_whole),
		cmocka_unit_test(unfinished_is_neither),
		cmocka_unit_test(breaks),
		cmocka_unit_test(count_stops),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
