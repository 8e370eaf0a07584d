/* record -- what is kept of one handshake: bounded copies, cut to their arrays.
 *
 * An Upgrade offer is kept as text and the 101 is matched against that text, so an offer longer than its array is matched
 * by what was kept; the answer to a token beyond it is then judged by what follows, like any unusual one. */
#include "handshake/record.h"

#include "base/digest.h"
#include "base/digit.h"

enum {
	WEBSOCKET_KEY_MOST = 64, /* a right key has 24 bytes */
	WEBSOCKET_ACCEPT = 28    /* base64 of a SHA-1 */
};

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static size_t copy_lower(struct slice s, char *to, size_t size)
{
	const size_t n = slice_copy(s, to, size);
	for (size_t i = 0; i < n; i++)
		to[i] = (char)lower((uint8_t)to[i]);
	return n;
}

static struct slice kept(const char *text, size_t len)
{
	return (struct slice){ (const uint8_t *)text, len };
}

/* A number with nothing else around it, or 0. */
static uint16_t port_of(struct slice s)
{
	uint64_t port;
	return s.len <= 5 && slice_decimal(s, 65535, &port) ? (uint16_t)port : 0;
}

/* Offset just after the last `byte`, or 0. */
static size_t after_last(struct slice s, uint8_t byte)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.at[i - 1] == byte)
			return i;
	return 0;
}

/* RFC 3986, 3.2.2: what a reg-name or an IPv4 address may be written with; a looser set would hide mistakes. */
static bool host_byte(uint8_t c)
{
	const uint8_t l = lower(c);
	return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || (c != 0 && strchr("-._~%!$&'()*+,;=", c) != NULL);
}

static bool host_clean(struct slice host, bool bracketed)
{
	for (size_t i = 0; i < host.len; i++) {
		const uint8_t l = lower(host.at[i]);
		const bool hex = (l >= 'a' && l <= 'f') || (l >= '0' && l <= '9');
		if (bracketed ? !hex && l != ':' && l != '.' && l != '%' : !host_byte(l))
			return false;
	}
	return host.len != 0;
}

/* "host:port" without anything around it. */
static struct hs_target read_authority(struct slice s)
{
	struct hs_target t = { .host = s };
	if (s.len != 0 && s.at[0] == '[') {
		const size_t close = slice_find(s, ']');
		t.host = slice_from(slice_head(s, close), 1);
		const struct slice rest = slice_from(s, close + 1);
		if (close == s.len || rest.len == 0 || rest.at[0] != ':')
			return t;
		t.port = port_of(slice_from(rest, 1));
		t.valid = t.port != 0 && host_clean(t.host, true);
		return t;
	}
	const size_t colon = after_last(s, ':');
	if (colon == 0)
		return t;
	t.host = slice_head(s, colon - 1);
	t.port = port_of(slice_from(s, colon));
	t.valid = t.port != 0 && host_clean(t.host, false);
	return t;
}

struct hs_target hs_target_read(struct slice target)
{
	const struct hs_target strict = read_authority(target);
	if (strict.valid)
		return strict;
	/* "host 443", "host:25 /", "http://host:443/", "user@host:443": seen, never right. */
	struct slice s = target;
	const size_t scheme = slice_search(s, SLICE("://"));
	if (scheme < s.len)
		s = slice_from(s, scheme + 3);
	size_t end = 0;
	while (end < s.len && s.at[end] != ' ' && s.at[end] != '\t' && s.at[end] != '/' && s.at[end] != '?')
		end++;
	const struct slice rest = slice_trim(slice_from(s, end));
	s = slice_head(s, end);
	s = slice_from(s, after_last(s, '@'));
	struct hs_target t = read_authority(s);
	t.valid = false;
	if (t.port == 0) {
		size_t digits = 0;
		while (digits < rest.len && rest.at[digits] >= '0' && rest.at[digits] <= '9')
			digits++;
		t.port = port_of(slice_head(rest, digits));
	}
	return t;
}

struct handshake_record *hs_record_last(const struct handshake *h)
{
	return h->records != NULL && h->count != 0 ? &h->records[h->count - 1] : NULL;
}

static unsigned oldest_spare(const struct handshake *h)
{
	for (unsigned i = 0; i < h->count; i++)
		if (h->records[i].result == HS_REFUSED || h->records[i].result == HS_REQUIRED)
			return i;
	return 0;
}

struct handshake_record *hs_record_new(struct handshake *h)
{
	if (h->records == NULL)
		return NULL;
	if (h->count >= MAX_HANDSHAKES) {
		const unsigned spare = oldest_spare(h);
		memmove(&h->records[spare], &h->records[spare + 1], (h->count - 1 - spare) * sizeof *h->records);
		h->count--;
	}
	struct handshake_record *r = &h->records[h->count++];
	*r = (struct handshake_record){ 0 };
	return r;
}

static void record_ask(struct handshake_record *r, const struct http_event *ev)
{
	r->asked_at = ev->offset;
	r->t_asked = ev->t;
	hs_record_user(r, ev->head);
}

/* RFC 7639, 2.2: protocol names are percent-encoded. */
static size_t copy_decoded(struct slice s, char *to, size_t size)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len && n + 1 < size; i++) {
		uint8_t c = s.at[i];
		if (c == '%' && s.len - i > 2 && hex_value(s.at[i + 1]) >= 0 && hex_value(s.at[i + 2]) >= 0) {
			c = (uint8_t)(hex_value(s.at[i + 1]) << 4 | hex_value(s.at[i + 2]));
			i += 2;
		}
		to[n++] = (char)c;
	}
	to[n] = '\0';
	return n;
}

void hs_record_connect(struct handshake_record *r, const struct http_event *ev)
{
	const struct slice target = ev->head->target;
	record_ask(r, ev);
	r->kind = HS_KIND_CONNECT;
	r->target_len = (uint16_t)slice_copy(target, r->target, sizeof r->target);
	const struct hs_target t = hs_target_read(target);
	r->port = t.port;
	const size_t at = t.host.len != 0 ? (size_t)(t.host.at - target.at) : 0;
	if (t.host.len != 0 && at < r->target_len) {
		const size_t room = r->target_len - at;
		r->host_at = (uint16_t)at;
		r->host_len = (uint16_t)(t.host.len < room ? t.host.len : room);
	}
	r->alpn_len = (uint8_t)copy_decoded(head_field(ev->head, SLICE("ALPN")), r->alpn, sizeof r->alpn);
}

struct slice hs_first_token(const struct head *h)
{
	unsigned field = 0;
	size_t byte = 0;
	struct slice token;
	while (head_next_element(h, SLICE("Upgrade"), &field, &byte, &token))
		if (token.len != 0)
			return token;
	return (struct slice){ NULL, 0 };
}

struct slice hs_token_name(struct slice token)
{
	return slice_trim(slice_head(token, slice_find(token, '/')));
}

static void keep_protocol(struct handshake_record *r, struct slice token)
{
	r->protocol_len = (uint8_t)copy_lower(hs_token_name(token), r->protocol, sizeof r->protocol);
}

/* All field lines are one list (RFC 9110, 5.3). */
static void keep_offer(struct handshake_record *r, const struct head *h)
{
	unsigned field = 0;
	size_t byte = 0, len = 0;
	struct slice token;
	while (head_next_element(h, SLICE("Upgrade"), &field, &byte, &token)) {
		if (token.len == 0)
			continue;
		if (len != 0)
			len += slice_copy(SLICE(", "), r->offered + len, sizeof r->offered - len);
		len += slice_copy(token, r->offered + len, sizeof r->offered - len);
	}
	r->offered_len8 = (uint8_t)len;
}

/* RFC 6455, 4.2.2: base64(SHA-1(key GUID)). */
static void expect_accept(struct handshake_record *r, const struct head *h)
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	const struct slice key = head_field(h, SLICE("Sec-WebSocket-Key"));
	if (key.len == 0 || key.len > WEBSOCKET_KEY_MOST)
		return;
	uint8_t text[WEBSOCKET_KEY_MOST + sizeof guid], sum[20];
	memcpy(text, key.at, key.len);
	memcpy(text + key.len, guid, sizeof guid - 1);
	digest_sha1((struct slice){ text, key.len + sizeof guid - 1 }, sum);
	char base64[WEBSOCKET_ACCEPT + 1];
	if (base64_encode((struct slice){ sum, sizeof sum }, base64, sizeof base64) == WEBSOCKET_ACCEPT)
		memcpy(r->ws_expect, base64, sizeof r->ws_expect);
}

/* RFC 6455, 4.1: 16 bytes in base64. */
static bool is_websocket_key(struct slice key)
{
	uint8_t bytes[WEBSOCKET_KEY_MOST];
	size_t used = 0;
	return key.len == 24 && base64_decode(key, bytes, sizeof bytes, &used) == 16 && used == key.len;
}

void hs_record_upgrade(struct handshake_record *r, const struct http_event *ev)
{
	const struct head *h = ev->head;
	record_ask(r, ev);
	r->kind = HS_KIND_UPGRADE;
	size_t len = slice_copy(h->method_text, r->target, sizeof r->target);
	len += slice_copy(SLICE(" "), r->target + len, sizeof r->target - len);
	len += slice_copy(h->target, r->target + len, sizeof r->target - len);
	r->target_len = (uint16_t)len;
	keep_offer(r, h);
	keep_protocol(r, hs_first_token(h));
	expect_accept(r, h);
	r->ws_key = is_websocket_key(head_field(h, SLICE("Sec-WebSocket-Key")));
	r->ws_version = head_has(h, SLICE("Sec-WebSocket-Version"));
}

void hs_record_required(struct handshake_record *r, const struct http_event *ev)
{
	r->kind = HS_KIND_UPGRADE;
	r->result = HS_REQUIRED;
	r->status = ev->head->status;
	r->t_asked = r->t_answered = ev->t;
	keep_protocol(r, hs_first_token(ev->head));
}

void hs_record_chosen(struct handshake_record *r, struct slice token)
{
	slice_copy(token, r->chosen, sizeof r->chosen);
	keep_protocol(r, token);
}

bool hs_offered(const struct handshake_record *r, struct slice token)
{
	struct slice rest = kept(r->offered, r->offered_len8), offered;
	while (slice_cut(&rest, ',', &offered))
		if (slice_eq_nocase(hs_token_name(slice_trim(offered)), hs_token_name(token)))
			return true;
	return false;
}

bool hs_websocket_right(const struct handshake_record *r, const struct head *answer)
{
	const struct slice accept = head_field(answer, SLICE("Sec-WebSocket-Accept"));
	return r->ws_expect[0] != '\0' && slice_eq(accept, kept(r->ws_expect, sizeof r->ws_expect));
}
