/* A ClientHello may be spread over several records (RFC 8446, 5.1), even a byte in each: its fragments are put together
 * before anything is read. */
#include "channel/tls.h"

enum {
	RECORD_HEAD = 5,
	RECORD_HANDSHAKE = 22,
	MOST_RECORD = 16384 + 2048, /* RFC 5246, 6.2.3 */
	HELLO_HEAD = 4,             /* type, length */
	LEAST_HELLO = 41,           /* version, random, empty session, one cipher, one compression */
	MOST_HELLO = 131072,
	MOST_RECORDS = 4096,
	EXTENSION_SNI = 0,
	EXTENSION_ALGORITHMS = 13,
	EXTENSION_ALPN = 16,
	EXTENSION_VERSIONS = 43,
	EXTENSION_ECH = 0xfe0d,
	TYPE_CLIENT_HELLO = 1,
	TYPE_SERVER_HELLO = 2
};

static bool is_record_head(const uint8_t *p, uint8_t type)
{
	return p[0] == type && p[1] == 3 && p[2] <= 4 && read_be16(p + 3) != 0 && read_be16(p + 3) <= MOST_RECORD;
}

/* Handshake bytes of the records at the start of `s`: the first `cap` go to `to`, *have counts them up to `cap`.  False
 * when something other than a handshake record comes before `cap` bytes are there. */
static bool gather(struct slice s, uint8_t *to, size_t cap, size_t *have)
{
	*have = 0;
	for (int records = 0; records < MOST_RECORDS && s.len >= RECORD_HEAD && *have < cap; records++) {
		if (!is_record_head(s.at, RECORD_HANDSHAKE))
			return false;
		const size_t len = read_be16(s.at + 3);
		const struct slice fragment = slice_head(slice_from(s, RECORD_HEAD), len);
		const size_t take = fragment.len < cap - *have ? fragment.len : cap - *have;
		memcpy(to + *have, fragment.at, take);
		*have += take;
		s = slice_from(s, RECORD_HEAD + len);
	}
	return true;
}

/* How many handshake bytes are there, up to `need`. */
static size_t count_handshake(struct slice s, size_t need, bool *broken)
{
	size_t have = 0;
	*broken = false;
	for (int records = 0; records < MOST_RECORDS && s.len >= RECORD_HEAD && have < need; records++) {
		if (!is_record_head(s.at, RECORD_HANDSHAKE)) {
			*broken = true;
			return have;
		}
		const size_t len = read_be16(s.at + 3);
		have += slice_head(slice_from(s, RECORD_HEAD), len).len;
		s = slice_from(s, RECORD_HEAD + len);
	}
	return have;
}

static enum says ask_record_prefix(struct slice s)
{
	const uint8_t *p = s.at;
	if (s.len == 0 || p[0] != RECORD_HANDSHAKE || (s.len > 1 && p[1] != 3) || (s.len > 2 && p[2] > 4))
		return SAYS_NO;
	if (s.len >= RECORD_HEAD)
		return sign_if(is_record_head(p, RECORD_HANDSHAKE));
	return SAYS_WAIT;
}

static enum says ask_hello(struct slice s, uint8_t type)
{
	uint8_t head[HELLO_HEAD + 2 + 32 + 1];
	size_t have;
	bool broken;
	const enum says begins = ask_record_prefix(s);
	if (begins != SAYS_YES)
		return begins;
	if (!gather(s, head, sizeof head, &have))
		return SAYS_NO;
	if (have != 0 && head[0] != type)
		return SAYS_NO;
	if (have < HELLO_HEAD + 2)
		return SAYS_WAIT;
	const size_t len = read_be32(head) & 0xffffff;
	if (len < LEAST_HELLO - (type == TYPE_SERVER_HELLO ? 3 : 0) || len > MOST_HELLO || head[4] != 3 || head[5] > 4)
		return SAYS_NO;
	if (have == sizeof head && head[sizeof head - 1] > 32)
		return SAYS_NO;
	const size_t count = count_handshake(s, HELLO_HEAD + len, &broken);
	if (broken)
		return SAYS_NO;
	return count < HELLO_HEAD + len ? SAYS_LIKELY : SAYS_YES;
}

/* The hello of SSL 2 that offers TLS (RFC 5246, E.2): one record whose parts fill it. */
static enum says ask_old_hello(struct slice s)
{
	if (s.len == 0 || (s.at[0] & 0xfe) != 0x80)
		return SAYS_NO;
	if (s.len < 11)
		return s.len < 5 || (s.at[2] == 1 && s.at[3] == 3) ? SAYS_WAIT : SAYS_NO;
	const unsigned len = read_be16(s.at) & 0x7fffu;
	const unsigned ciphers = read_be16(s.at + 5), session = read_be16(s.at + 7), challenge = read_be16(s.at + 9);
	return sign_if(s.at[2] == 1 && s.at[3] == 3 && s.at[4] <= 3 && ciphers != 0 && ciphers % 3 == 0 &&
		       (session == 0 || session == 16) && challenge >= 16 && challenge <= 32 &&
		       len == 9 + ciphers + session + challenge);
}

/* Records of a connection whose beginning was not seen: a second head stands where the first record ends. */
static enum says ask_midstream(struct slice s)
{
	if (s.len == 0 || s.at[0] < 20 || s.at[0] > 23 || (s.len > 1 && s.at[1] != 3) ||
	    (s.len > 2 && (s.at[2] == 0 || s.at[2] > 3)))
		return SAYS_NO;
	if (s.len < RECORD_HEAD)
		return SAYS_WAIT;
	if (!is_record_head(s.at, s.at[0]))
		return SAYS_NO;
	const struct slice next = slice_from(s, (size_t)RECORD_HEAD + read_be16(s.at + 3));
	if (next.len < RECORD_HEAD)
		return SAYS_LIKELY;
	return sign_if(next.at[0] >= 20 && next.at[0] <= 23 && next.at[2] != 0 && is_record_head(next.at, next.at[0]));
}

/* One side's record is believed when the other's bytes do not speak against it. */
static enum says ask_midstream_both(struct slice client, struct slice server)
{
	const enum says by_client = ask_midstream(client), by_server = ask_midstream(server);
	if (by_client == SAYS_YES || by_server == SAYS_YES)
		return SAYS_YES;
	if ((by_client == SAYS_NO && client.len != 0) || (by_server == SAYS_NO && server.len != 0))
		return SAYS_NO;
	return by_client > by_server ? by_client : by_server;
}

enum says tls_sign(struct slice client, struct slice server)
{
	const enum says hello = ask_hello(client, TYPE_CLIENT_HELLO), old = ask_old_hello(client);
	const enum says asks = hello > old ? hello : old;
	const enum says answers = ask_hello(server, TYPE_SERVER_HELLO);
	if (asks >= SAYS_LIKELY)
		return asks;
	/* An answer whose question is missing, or has only begun. */
	if (answers >= SAYS_LIKELY && (client.len == 0 || asks == SAYS_WAIT))
		return SAYS_LIKELY;
	if (asks == SAYS_WAIT || (answers == SAYS_WAIT && client.len == 0))
		return SAYS_WAIT;
	return ask_midstream_both(client, server);
}

static uint16_t highest_version(struct slice list)
{
	uint16_t best = 0;
	struct cursor c = cursor_on(list);
	const uint8_t len = cursor_u8(&c);
	c.rest = slice_head(c.rest, len);
	while (c.rest.len >= 2) {
		const uint16_t version = cursor_be16(&c);
		if (!ja4_is_grease(version) && version > best)
			best = version;
	}
	return best;
}

/* RFC 6066, 3: the first name of type 0. */
static void read_sni(struct slice body, struct channel *c)
{
	struct cursor at = cursor_on(body);
	const uint16_t len = cursor_be16(&at);
	at.rest = slice_head(at.rest, len);
	while (at.rest.len != 0) {
		const uint8_t type = cursor_u8(&at);
		const struct slice name = cursor_take(&at, cursor_be16(&at));
		if (!at.ok)
			return;
		if (type != 0)
			continue;
		c->sni_len = (uint8_t)slice_copy(name, c->sni, sizeof c->sni);
		return;
	}
}

/* RFC 7301, 3.1. */
static void read_alpn(struct slice body, struct ja4_parts *p, struct channel *c)
{
	const size_t room = sizeof c->alpn / sizeof *c->alpn;
	struct cursor at = cursor_on(body);
	const uint16_t len = cursor_be16(&at);
	at.rest = slice_head(at.rest, len);
	while (at.rest.len != 0) {
		const struct slice name = cursor_take(&at, cursor_u8(&at));
		if (!at.ok)
			return;
		if (name.len == 2 && ja4_is_grease(read_be16(name.at)))
			continue;
		if (p->alpn.at == NULL)
			p->alpn = name;
		if (c->alpn_count < room)
			slice_copy(name, c->alpn[c->alpn_count++], sizeof c->alpn[0]);
	}
}

/* Values of two bytes, without GREASE. */
static void read_list(struct slice list, uint16_t *to, unsigned *count, unsigned room, bool *too_many)
{
	for (size_t i = 0; i + 2 <= list.len; i += 2) {
		const uint16_t value = read_be16(list.at + i);
		if (ja4_is_grease(value))
			continue;
		if (*count == room) {
			*too_many = true;
			return;
		}
		to[(*count)++] = value;
	}
}

static void read_extension(uint16_t type, struct slice body, struct ja4_parts *p, struct channel *c)
{
	struct cursor at = cursor_on(body);
	switch (type) {
	case EXTENSION_SNI:
		if (!p->has_sni)
			read_sni(body, c);
		p->has_sni = true;
		return;
	case EXTENSION_ALGORITHMS:
		if (p->algorithm_count == 0)
			read_list(cursor_take(&at, cursor_be16(&at)), p->algorithms, &p->algorithm_count,
			    MOST_EXTENSIONS, &p->too_many);
		return;
	case EXTENSION_ALPN:
		if (p->alpn.at == NULL)
			read_alpn(body, p, c);
		return;
	case EXTENSION_VERSIONS:
		c->tls_version = highest_version(body) != 0 ? highest_version(body) : c->tls_version;
		return;
	case EXTENSION_ECH:
		c->ech = 1;
		return;
	default:
		return;
	}
}

static bool read_hello(struct slice hello, struct ja4_parts *p, struct channel *c)
{
	struct cursor at = cursor_on(slice_from(hello, HELLO_HEAD));
	c->tls_version = cursor_be16(&at);
	cursor_take(&at, 32);
	cursor_take(&at, cursor_u8(&at));
	read_list(cursor_take(&at, cursor_be16(&at)), p->ciphers, &p->cipher_count, MOST_CIPHERS, &p->too_many);
	cursor_take(&at, cursor_u8(&at));
	if (!at.ok)
		return false;
	if (at.rest.len >= 2) {
		const uint16_t len = cursor_be16(&at);
		at.rest = slice_head(at.rest, len);
	}
	while (at.rest.len != 0) {
		const uint16_t type = cursor_be16(&at);
		const struct slice body = cursor_take(&at, cursor_be16(&at));
		if (!at.ok)
			return true; /* the rest is malformed; what came before it stands */
		if (!ja4_is_grease(type) && p->extension_count == MOST_EXTENSIONS)
			p->too_many = true;
		if (!ja4_is_grease(type) && p->extension_count < MOST_EXTENSIONS)
			p->extensions[p->extension_count++] = type;
		read_extension(type, body, p, c);
	}
	return true;
}

bool tls_read_hello(struct tls_scratch *t, struct slice client, struct channel *c)
{
	size_t have;
	if (ask_hello(client, TYPE_CLIENT_HELLO) != SAYS_YES || !gather(client, t->hello, HELLO_HEAD, &have))
		return false;
	const size_t len = HELLO_HEAD + (read_be32(t->hello) & 0xffffff);
	if (len > sizeof t->hello || !gather(client, t->hello, len, &have) || have < len)
		return false;
	struct ja4_parts *p = &t->parts;
	p->cipher_count = p->extension_count = p->algorithm_count = 0;
	p->has_sni = p->too_many = false;
	p->alpn = (struct slice){ NULL, 0 };
	if (!read_hello((struct slice){ t->hello, len }, p, c))
		return false;
	p->version = c->tls_version;
	if (!ja4_write(p, t->text, sizeof t->text, c->ja4, sizeof c->ja4))
		c->ja4[0] = '\0';
	c->has_hello = 1;
	return true;
}
