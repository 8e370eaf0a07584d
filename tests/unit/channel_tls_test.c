/* ClientHellos: what is kept of them, however they are cut into records and segments; JA4 against its published example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "channel/tls.h"

enum { MOST = 4096 };

struct hello {
	uint8_t at[MOST];
	size_t len;
};

static void put(struct hello *h, unsigned value, unsigned bytes)
{
	while (bytes-- > 0)
		h->at[h->len++] = (uint8_t)(value >> 8 * bytes);
}

static void put_bytes(struct hello *h, const void *bytes, size_t len)
{
	if (len != 0)
		memcpy(h->at + h->len, bytes, len);
	h->len += len;
}

static void put_extension(struct hello *h, unsigned type, const void *body, unsigned len)
{
	put(h, type, 2);
	put(h, len, 2);
	put_bytes(h, body, len);
}

/* The body of a hello up to its extensions. */
static void begin(struct hello *h, unsigned version, const uint16_t *ciphers, unsigned count)
{
	h->len = 0;
	put(h, version, 2);
	for (unsigned i = 0; i < 32; i++)
		put(h, i, 1);
	put(h, 0, 1);
	put(h, 2 * count, 2);
	for (unsigned i = 0; i < count; i++)
		put(h, ciphers[i], 2);
	put(h, 0x0100, 2);
}

/* Puts the body and its extensions into records of at most `fragment` bytes each. */
static struct hello wrap(const struct hello *body, const struct hello *extensions, size_t fragment)
{
	struct hello message = { .len = 0 }, out = { .len = 0 };
	const size_t len = body->len + (extensions != NULL ? 2 + extensions->len : 0);
	put(&message, 1, 1);
	put(&message, (unsigned)len, 3);
	put_bytes(&message, body->at, body->len);
	if (extensions != NULL) {
		put(&message, (unsigned)extensions->len, 2);
		put_bytes(&message, extensions->at, extensions->len);
	}
	for (size_t at = 0; at < message.len; at += fragment) {
		const size_t n = message.len - at < fragment ? message.len - at : fragment;
		put(&out, 0x160301, 3);
		put(&out, (unsigned)n, 2);
		put_bytes(&out, message.at + at, n);
	}
	return out;
}

static const uint16_t chrome_ciphers[] = { 0x0a0a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9,
	0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035 };

static struct hello chrome(size_t fragment)
{
	static const uint16_t order[] = { 0x1a1a, 0x0000, 0x0017, 0xff01, 0x000a, 0x000b, 0x0023, 0x0010, 0x0005,
		0x000d, 0x0012, 0x0033, 0x002d, 0x002b, 0x001b, 0x4469, 0x3a3a, 0x0015 };
	struct hello body, extensions = { .len = 0 };
	begin(&body, 0x0303, chrome_ciphers, sizeof chrome_ciphers / sizeof *chrome_ciphers);
	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		switch (order[i]) {
		case 0x0000:
			put_extension(&extensions, 0,
			    "\0\x0e\0\0\x0b"
			    "Example.org",
			    16);
			break;
		case 0x0010:
			put_extension(&extensions, 16, "\0\x0c\x02h2\x08http/1.1", 14);
			break;
		case 0x000d:
			put_extension(&extensions, 13,
			    "\0\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01", 18);
			break;
		case 0x002b:
			put_extension(&extensions, 43, "\x06\x0a\x0a\x03\x04\x03\x03", 7);
			break;
		default:
			put_extension(&extensions, order[i], NULL, 0);
			break;
		}
	}
	return wrap(&body, &extensions, fragment);
}

static struct tls_scratch scratch;

/* Reads from a buffer of the exact size. */
static bool read_exact(const struct hello *h, size_t len, struct channel *c)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, h->at, len);
	memset(c, 0, sizeof *c);
	const bool read = tls_read_hello(&scratch, (struct slice){ copy, len }, c);
	free(copy);
	return read;
}

static void what_is_kept(void **state)
{
	(void)state;
	static const size_t fragments[] = { MOST, 100, 7, 1 };
	for (size_t i = 0; i < sizeof fragments / sizeof *fragments; i++) {
		const struct hello h = chrome(fragments[i]);
		struct channel c;
		assert_true(read_exact(&h, h.len, &c));
		assert_string_equal(c.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
		assert_string_equal(c.sni, "Example.org");
		assert_int_equal(c.sni_len, 11);
		assert_int_equal(c.tls_version, 0x0304);
		assert_int_equal(c.alpn_count, 2);
		assert_string_equal(c.alpn[0], "h2");
		assert_string_equal(c.alpn[1], "http/1.1");
		assert_int_equal(c.has_hello, 1);
		assert_int_equal(c.ech, 0);
	}
}

static void a_hello_is_whole_or_not_read(void **state)
{
	(void)state;
	const struct hello h = chrome(90);
	const struct slice silent = { NULL, 0 };
	for (size_t n = 0; n < h.len; n++) {
		struct channel c;
		assert_false(read_exact(&h, n, &c));
		const enum says says = tls_sign((struct slice){ h.at, n }, silent);
		assert_int_equal(says, n == 0 ? SAYS_NO : n < 11 ? SAYS_WAIT : SAYS_LIKELY);
	}
	assert_int_equal(tls_sign((struct slice){ h.at, h.len }, silent), SAYS_YES);
}

static void damage_is_survived(void **state)
{
	(void)state;
	const struct hello good = chrome(MOST);
	for (size_t at = 0; at < good.len; at++)
		for (unsigned bit = 0; bit < 8; bit++) {
			struct hello h = good;
			struct channel c;
			h.at[at] ^= (uint8_t)(1u << bit);
			read_exact(&h, h.len, &c);
			assert_true(memchr(c.sni, 0, sizeof c.sni) != NULL);
			assert_in_range(c.alpn_count, 0, 4);
		}
}

struct ja4_row {
	const char *want;
	unsigned version;
	const char *alpn; /* bytes of the extension; NULL: none */
	unsigned alpn_len;
	bool sni;
};

static void ja4_rules(void **state)
{
	(void)state;
	static const uint16_t ciphers[] = { 0x1302, 0x1301 };
	static const struct ja4_row rows[] = {
		{ "t12i020000", 0x0303, NULL, 0, false },
		{ "t10d020100", 0x0301, NULL, 0, true },
		{ "ts3i020000", 0x0300, NULL, 0, false },
		{ "t12i0201hh", 0x0303, "\0\x02\x01h", 4, false },
		{ "t12i0201ad", 0x0303, "\0\x03\x02\xab\xcd", 5, false },
		{ "t12i020130", 0x0303, "\0\x03\x02\x30\xa0", 5, false },
		{ "t12i020100", 0x0303, "\0\0", 2, false },
		{ "t12i0201h2", 0x0303, "\0\x06\x02\x0a\x0a\x02h2", 8, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct hello body, extensions = { .len = 0 };
		struct channel c;
		begin(&body, rows[i].version, ciphers, 2);
		if (rows[i].sni)
			put_extension(&extensions, 0, "\0\x04\0\0\x01z", 6);
		if (rows[i].alpn != NULL)
			put_extension(&extensions, 16, rows[i].alpn, rows[i].alpn_len);
		const struct hello h = wrap(&body, extensions.len != 0 ? &extensions : NULL, MOST);
		assert_true(read_exact(&h, h.len, &c));
		assert_memory_equal(c.ja4, rows[i].want, 10);
		assert_string_equal(c.ja4 + 10, "_62ed6f6ca7ad_000000000000");
	}
}

static void counts_stop_at_99(void **state)
{
	(void)state;
	uint16_t ciphers[300];
	struct hello body, extensions = { .len = 0 };
	struct channel c;
	for (unsigned i = 0; i < 300; i++)
		ciphers[i] = (uint16_t)(0xc100 + i);
	begin(&body, 0x0303, ciphers, 300);
	for (unsigned i = 0; i < 120; i++)
		put_extension(&extensions, 0x8000 + i, NULL, 0);
	struct hello h = wrap(&body, &extensions, MOST);
	assert_true(read_exact(&h, h.len, &c));
	assert_memory_equal(c.ja4, "t12i9999", 8);
	/* More than there is room for: no fingerprint rather than a wrong one. */
	for (unsigned i = 0; i < 200; i++)
		put_extension(&extensions, 0x9000 + i, NULL, 0);
	h = wrap(&body, &extensions, MOST);
	assert_true(read_exact(&h, h.len, &c));
	assert_string_equal(c.ja4, "");
	assert_int_equal(c.has_hello, 1);
}

static void ech_is_noticed(void **state)
{
	(void)state;
	struct hello body, extensions = { .len = 0 };
	struct channel c;
	begin(&body, 0x0303, chrome_ciphers, 3);
	put_extension(&extensions, 0xfe0d, "\0", 1);
	const struct hello h = wrap(&body, &extensions, MOST);
	assert_true(read_exact(&h, h.len, &c));
	assert_int_equal(c.ech, 1);
}

static void a_long_name_is_cut(void **state)
{
	(void)state;
	struct hello body, extensions = { .len = 0 };
	struct channel c;
	uint8_t list[5 + 400] = { 401 >> 8 & 0xff, 0x93, 0, 400 >> 8, 400 & 0xff };
	memset(list + 5, 'a', 400);
	list[0] = 403 >> 8;
	list[1] = 403 & 0xff;
	begin(&body, 0x0303, chrome_ciphers, 3);
	put_extension(&extensions, 0, list, sizeof list);
	const struct hello h = wrap(&body, &extensions, MOST);
	assert_true(read_exact(&h, h.len, &c));
	assert_int_equal(c.sni_len, 255);
	assert_int_equal(strlen(c.sni), 255);
}

struct sign_row {
	enum says want;
	const char *client, *server;
	size_t client_len, server_len;
};

#define ROW(want, client, server)                                            \
	{                                                                    \
		want, client, server, sizeof(client) - 1, sizeof(server) - 1 \
	}

static void records(void **state)
{
	(void)state;
	static const struct sign_row rows[] = {
		ROW(SAYS_YES, "\x17\x03\x03\0\x02zz\x17\x03\x03\0\x20", ""), /* joined midway */
		ROW(SAYS_NO, "\x17\x03\x03\0\x02zz\x18\x03\x03\0\x20", ""),
		ROW(SAYS_LIKELY, "\x15\x03\x01\0\x02zz", ""),
		ROW(SAYS_LIKELY, "\x17\x03\x03\0\x22zz", "\x17\x03\x03\0\x22zz"),
		ROW(SAYS_NO, "GET / HTTP/1.1\r\n", "\x15\x03\x03\0\x02\x02\x28"),
		ROW(SAYS_NO, "\x16\x03\x01\xff\xff\x01\0\0\x60\x03\x03", ""), /* longer than a record may be */
		ROW(SAYS_NO, "\x16\x03\x01\0\0\x01\0\0\x60\x03\x03", ""),
		ROW(SAYS_NO, "\x16\x03\x05\0\x60", ""),
		ROW(SAYS_YES,
		    "\x80\x1c\x01\x03\x01\0\x03\0\0\0\x10\0\0\x2f"
		    "0123456789abcdef",
		    ""),
		ROW(SAYS_NO,
		    "\x80\x1c\x01\x03\x01\0\x04\0\0\0\x10\0\0\x2f"
		    "0123456789abcdef",
		    ""),
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct slice client = { (const uint8_t *)rows[i].client, rows[i].client_len };
		const struct slice server = { (const uint8_t *)rows[i].server, rows[i].server_len };
		if (tls_sign(client, server) != rows[i].want)
			fail_msg("row %zu", i);
	}
}

static void matches(void **state)
{
	(void)state;
	static const struct {
		const char *name, *sni, *host;
		enum sni_match want;
	} rows[] = {
		{ "tls", "www.example", "www.example", SNI_SAME },
		{ "tls", "WWW.example", "www.EXAMPLE", SNI_SAME },
		{ "tls", "www.example.", "www.example", SNI_SAME },
		{ "tls", "www.example", "www.example.", SNI_SAME },
		{ "tls", "www.example", "www.example.org", SNI_DIFFERS },
		{ "tls", "www.example", "192.0.2.1", SNI_DIFFERS },
		{ "tls", "", "192.0.2.1", SNI_ABSENT },
		{ "ssh", "", "www.example", SNI_NOT_TLS },
		{ "", "", "", SNI_NOT_TLS },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct channel c = { .has_hello = 1, .sni_len = (uint8_t)strlen(rows[i].sni) };
		strcpy(c.name, rows[i].name);
		strcpy(c.sni, rows[i].sni);
		const struct slice host = { (const uint8_t *)rows[i].host, strlen(rows[i].host) };
		if (channel_sni_match(&c, host) != rows[i].want)
			fail_msg("row %zu", i);
	}
	assert_string_equal(sni_match_name(SNI_DIFFERS), "differs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept),
		cmocka_unit_test(a_hello_is_whole_or_not_read),
		cmocka_unit_test(damage_is_survived),
		cmocka_unit_test(ja4_rules),
		cmocka_unit_test(counts_stop_at_99),
		cmocka_unit_test(ech_is_noticed),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(records),
		cmocka_unit_test(matches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
