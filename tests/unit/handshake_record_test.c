/* What is kept of a handshake: the target taken apart, who asked, what was offered; and that no secret stays. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "handshake/record.h"

struct target_row {
	const char *target;
	bool valid;
	const char *host;
	uint16_t port;
};

static const struct target_row targets[] = {
	{ "example.com:443", true, "example.com", 443 },
	{ "192.0.2.1:1", true, "192.0.2.1", 1 },
	{ "a_b.example:65535", true, "a_b.example", 65535 },
	{ "[2001:db8::1]:443", true, "2001:db8::1", 443 },
	{ "[::ffff:192.0.2.1]:80", true, "::ffff:192.0.2.1", 80 },
	{ "[fe80::1%25eth0]:80", false, "fe80::1%25eth0", 80 },
	{ "[::1]", false, "::1", 0 },
	{ "[::1]443", false, "::1", 0 },
	{ "[::1", false, "::1", 0 },
	{ "[]:443", false, "", 443 },
	{ "example.com", false, "example.com", 0 },
	{ "example.com:", false, "example.com", 0 },
	{ "example.com:0", false, "example.com", 0 },
	{ "example.com:65536", false, "example.com", 0 },
	{ "example.com:+443", false, "example.com", 0 },
	{ "example.com:443x", false, "example.com", 0 },
	{ "example.com:4294967739", false, "example.com", 0 },
	{ ":443", false, "", 443 },
	{ "example.com 443", false, "example.com", 443 },
	{ "mail.example:25 /", false, "mail.example", 25 },
	{ "http://example.com:8080/x", false, "example.com", 8080 },
	{ "user:pw@example.com:443", false, "example.com", 443 },
	{ "/CSCOSSLC/tunnel", false, "", 0 },
	{ "ex\x01mple.com:443", false, "ex\x01mple.com", 443 },
	{ "ex\xc3\xa4mple.com:443", false, "ex\xc3\xa4mple.com", 443 },
	{ "", false, "", 0 },
	{ ":", false, "", 0 },
	{ "@", false, "", 0 },
	{ " ", false, "", 0 },
};

static void target_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
		const struct target_row *row = &targets[i];
		const size_t len = strlen(row->target);
		uint8_t *copy = malloc(len + (len == 0));
		memcpy(copy, row->target, len);
		const struct hs_target t = hs_target_read((struct slice){ copy, len });
		const bool same_host =
		    slice_eq(t.host, (struct slice){ (const uint8_t *)row->host, strlen(row->host) });
		if (t.valid != row->valid || !same_host || t.port != row->port)
			fail_msg("'%s': valid %d, host '%.*s', port %u", row->target, t.valid, (int)t.host.len,
			    (const char *)t.host.at, t.port);
		assert_true(t.host.len == 0 || (t.host.at >= copy && t.host.at + t.host.len <= copy + len));
		free(copy);
	}
}

static struct handshake_record ask(const char *text, struct head *head)
{
	struct handshake_record r = { 0 };
	size_t scanned = 0, used = 0;
	assert_int_equal(
	    head_parse_request((struct slice){ (const uint8_t *)text, strlen(text) }, &scanned, head, &used), PARSED);
	const struct http_event ev = { .kind = HTTP_REQUEST, .head = head, .eat = used, .offset = 77, .t = 5 };
	if (head->method == METHOD_CONNECT)
		hs_record_connect(&r, &ev);
	else
		hs_record_upgrade(&r, &ev);
	return r;
}

static void connect_record(void **state)
{
	(void)state;
	static struct head head;
	const struct handshake_record r =
	    ask("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nALPN: h2, http%2F1.1, x%2, %zz\r\n\r\n", &head);
	assert_int_equal(r.kind, HS_KIND_CONNECT);
	assert_string_equal(r.target, "[2001:db8::1]:8443");
	assert_int_equal(r.port, 8443);
	assert_memory_equal(r.target + r.host_at, "2001:db8::1", r.host_len);
	assert_int_equal(r.host_len, 11);
	assert_string_equal(r.alpn, "h2, http/1.1, x%2, %zz");
	assert_int_equal(r.alpn_len, strlen(r.alpn));
	assert_int_equal(r.asked_at, 77);
}

static void long_target_is_cut(void **state)
{
	(void)state;
	static struct head head;
	char text[4096];
	for (size_t n = MAX_TARGET - 8; n < MAX_TARGET + 8; n++) {
		char name[1024];
		memset(name, 'a', n);
		name[n] = '\0';
		snprintf(text, sizeof text, "CONNECT %s:443 HTTP/1.1\r\n\r\n", name);
		const struct handshake_record r = ask(text, &head);
		assert_int_equal(r.port, 443);
		assert_true(r.target_len < MAX_TARGET);
		assert_int_equal(strlen(r.target), r.target_len);
		assert_true(r.host_at + r.host_len <= r.target_len);
		assert_true(r.host_len == n || r.host_len == MAX_TARGET - 1);
	}
	/* The host begins beyond what is kept. */
	memset(text, 'u', 600);
	memcpy(text, "CONNECT ", 8);
	strcpy(text + 600, "@a.example:443 HTTP/1.1\r\n\r\n");
	const struct handshake_record r = ask(text, &head);
	assert_int_equal(r.port, 443);
	assert_int_equal(r.host_len, 0);
}

static void upgrade_record(void **state)
{
	(void)state;
	static struct head head;
	const struct handshake_record r = ask(
	    "OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0,  ,FOO/1\r\nConnection: upgrade\r\nUpgrade: IF-T/TLS 1.0\r\n\r\n",
	    &head);
	assert_int_equal(r.kind, HS_KIND_UPGRADE);
	assert_string_equal(r.target, "OPTIONS *");
	assert_string_equal(r.offered, "TLS/1.0, FOO/1, IF-T/TLS 1.0");
	assert_int_equal(r.offered_len8, strlen(r.offered));
	assert_string_equal(r.protocol, "tls");
	assert_true(hs_offered(&r, SLICE("tls/1.3")));
	assert_true(hs_offered(&r, SLICE("foo")));
	assert_true(hs_offered(&r, SLICE("if-t")));
	assert_false(hs_offered(&r, SLICE("fo")));
	assert_false(hs_offered(&r, SLICE("")));
}

/* A flood of tokens is cut and stays within its array. */
static void long_offer_is_cut(void **state)
{
	(void)state;
	static struct head head;
	char text[4096] = "GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket";
	for (unsigned i = 0; i < 100; i++)
		strcat(text, ", protocol-with-a-long-name/1");
	strcat(text, "\r\n\r\n");
	const struct handshake_record r = ask(text, &head);
	assert_true(r.offered_len8 < sizeof r.offered);
	assert_int_equal(strlen(r.offered), r.offered_len8);
	assert_true(hs_offered(&r, SLICE("websocket")));
}

struct user_row {
	const char *value, *scheme, *user;
};

static const struct user_row users[] = {
	{ "Basic Ym9iOnNlY3JldA==", "basic", "bob" }, /* bob:secret */
	{ "BASIC   Ym9iOnNlY3JldA", "basic", "bob" }, /* padding left out */
	{ "Basic OnNlY3JldA==", "basic", "" },        /* :secret */
	{ "Basic c2VjcmV0", "basic", "" },            /* secret, no colon */
	{ "Basic !!!!", "basic", "" }, { "Basic", "", "" }, { "c2VjcmV0", "", "" },
	{ "Digest username=\"bob\", realm=\"x\", nonce=\"y\"", "digest", "bob" },
	{ "Digest realm=\"username=eve\", username=\"b\\\"o\", nonce=\"y\"", "digest", "b\"o" },
	{ "Digest realm=\"x\", username=bob, nonce=y", "digest", "bob" }, { "Digest username=\"", "digest", "" },
	{ "Digest username=", "digest", "" }, { "Digest realm=\"x", "digest", "" },
	{ "Digest realm=\"x\\", "digest", "" }, { "Bearer abc.def.ghi", "bearer", "" },
	{ "A-scheme-with-a-very-long-name x", "a-scheme-with-a", "" },
	{ "NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKALpHAAAADw==", "ntlm", "" }, /* type 1 */
};

static void user_names(void **state)
{
	(void)state;
	static struct head head;
	for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
		char text[512];
		snprintf(text, sizeof text, "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: %s\r\n\r\n", users[i].value);
		const struct handshake_record r = ask(text, &head);
		if (strcmp(r.scheme, users[i].scheme) != 0 || strcmp(r.user, users[i].user) != 0)
			fail_msg("'%s': scheme '%s', user '%s'", users[i].value, r.scheme, r.user);
		assert_int_equal(r.user_len, strlen(r.user));
		/* Nothing of the secret anywhere in the record. */
		const struct slice all = { (const uint8_t *)&r, sizeof r };
		assert_int_equal(slice_search(all, SLICE("secret")), sizeof r);
		assert_int_equal(slice_search(all, SLICE("Ym9i")), sizeof r);
	}
}

static size_t ntlm(uint8_t *m, uint32_t flags, const char *name, size_t len, uint32_t at)
{
	memset(m, 0, 512);
	memcpy(m, "NTLMSSP\0\3", 9);
	m[36] = m[38] = (uint8_t)len;
	for (unsigned i = 0; i < 4; i++)
		m[40 + i] = (uint8_t)(at >> 8 * i);
	m[60] = (uint8_t)flags;
	if (at + len <= 512)
		memcpy(m + at, name, len);
	return 120;
}

static struct handshake_record ask_ntlm(const char *scheme, const uint8_t *m, size_t len)
{
	static struct head head;
	char base64[1024], text[2048];
	assert_true(base64_encode((struct slice){ m, len }, base64, sizeof base64) != 0);
	snprintf(text, sizeof text, "CONNECT a:1 HTTP/1.1\r\nProxy-Authorization: %s %s\r\n\r\n", scheme, base64);
	return ask(text, &head);
}

static void ntlm_names(void **state)
{
	(void)state;
	uint8_t m[600], wrapped[700];
	size_t len = ntlm(m, 1, "b\0\xe4\0\xac\x20", 6, 72);
	assert_string_equal(ask_ntlm("NTLM", m, len).user, "b\xc3\xa4\xe2\x82\xac");
	/* Within SPNEGO. */
	memset(wrapped, 0x60, 30);
	memcpy(wrapped + 30, m, len);
	assert_string_equal(ask_ntlm("Negotiate", wrapped, len + 30).user, "b\xc3\xa4\xe2\x82\xac");
	len = ntlm(m, 0, "bob", 3, 72);
	assert_string_equal(ask_ntlm("NTLM", m, len).user, "bob");
	/* Places outside the message. */
	static const char zeros[256];
	len = ntlm(m, 1, zeros, 200, 100);
	assert_true(ask_ntlm("NTLM", m, len).user_len < MAX_USER);
	len = ntlm(m, 1, zeros, 20, 0xfffffff0u);
	assert_string_equal(ask_ntlm("NTLM", m, len).user, "");
	for (size_t cut = 0; cut < 80; cut++)
		ask_ntlm("NTLM", m, cut + 1);
}

static void records_give_way(void **state)
{
	(void)state;
	struct handshake_record room[MAX_HANDSHAKES];
	struct handshake h = { 0 };
	assert_null(hs_record_new(&h));
	assert_null(hs_record_last(&h));
	h.records = room;
	for (unsigned i = 0; i < MAX_HANDSHAKES; i++) {
		struct handshake_record *r = hs_record_new(&h);
		r->status = (uint16_t)(400 + i);
		r->result = i == 0 ? HS_ACCEPTED : HS_REFUSED;
	}
	struct handshake_record *r = hs_record_new(&h);
	assert_ptr_equal(r, hs_record_last(&h));
	assert_int_equal(h.count, MAX_HANDSHAKES);
	assert_int_equal(room[0].status, 400);
	assert_int_equal(room[1].status, 402);
	assert_int_equal(r->status, 0);
	assert_ptr_equal(hs_decisive(&h), &room[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(target_parts),
		cmocka_unit_test(connect_record),
		cmocka_unit_test(long_target_is_cut),
		cmocka_unit_test(upgrade_record),
		cmocka_unit_test(long_offer_is_cut),
		cmocka_unit_test(user_names),
		cmocka_unit_test(ntlm_names),
		cmocka_unit_test(records_give_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
