/* Protocols of bytes: desktops, files, names, proxies, pipes.  Each asks for enough fixed bytes and consistent lengths that
 * chance does not meet them. */
#include "channel/sign.h"

/* TPKT (RFC 1006, 6) with a connection request (X.224, 13.3).  A negotiation or a cookie makes it a desktop's; the same
 * envelope also carries factory controllers, whose requests begin with TSAP parameters. */
enum says sign_rdp(struct slice client, struct slice server)
{
	(void)server;
	const enum says begins = sign_literal(client, SLICE("\x03\0"));
	if (begins != SAYS_YES)
		return begins;
	if (client.len < 11)
		return SAYS_WAIT;
	const size_t len = read_be16(client.at + 2);
	if (len < 11 || len > 512 || client.at[4] != len - 5 || client.at[5] != 0xe0 || read_be16(client.at + 6) != 0 ||
	    client.at[10] != 0)
		return SAYS_NO;
	if (client.len < len)
		return SAYS_WAIT;
	const struct slice rest = slice_from(slice_head(client, len), 11);
	if (rest.len == 0)
		return SAYS_LIKELY;
	const bool cookie = slice_starts(rest, SLICE("Cookie: "));
	const bool negotiation = rest.len >= 8 && rest.at[0] == 1 && rest.at[2] == 8 && rest.at[3] == 0;
	return sign_if(cookie || negotiation);
}

/* A NetBIOS session header, then SMB 1 or 2/3. */
enum says sign_smb(struct slice client, struct slice server)
{
	const struct slice s = client.len != 0 ? client : server;
	if (s.len == 0 || s.at[0] != 0)
		return SAYS_NO;
	if (s.len < 8)
		return SAYS_WAIT;
	const uint32_t len = read_be32(s.at) & 0xffffff;
	const struct slice magic = slice_head(slice_from(s, 4), 4);
	return sign_if(len >= 32 && (slice_eq(magic, SLICE("\xffSMB")) || slice_eq(magic, SLICE("\xfeSMB"))));
}

/* The length octets of BER; SAYS_YES moves the cursor behind them. */
static enum says take_ber_length(struct slice *s, uint32_t *len)
{
	if (s->len == 0)
		return SAYS_WAIT;
	const uint8_t first = s->at[0];
	const size_t more = first & 0x80 ? first & 0x7fu : 0;
	*len = first;
	if (first == 0x80 || more > 4)
		return SAYS_NO;
	if (s->len < 1 + more)
		return SAYS_WAIT;
	if (more != 0)
		*len = 0;
	for (size_t i = 0; i < more; i++)
		*len = *len << 8 | s->at[1 + i];
	*s = slice_from(*s, 1 + more);
	return SAYS_YES;
}

/* LDAPMessage: a sequence, a message number, a bind, search or extended request (RFC 4511, 4.1.1). */
enum says sign_ldap(struct slice client, struct slice server)
{
	(void)server;
	uint32_t whole, inner;
	if (client.len == 0 || client.at[0] != 0x30)
		return SAYS_NO;
	struct slice s = slice_from(client, 1);
	enum says says = take_ber_length(&s, &whole);
	if (says != SAYS_YES)
		return says;
	if (whole < 12 || whole > 65536)
		return SAYS_NO;
	if (s.len < 12)
		return SAYS_WAIT;
	if (s.at[0] != 2 || s.at[1] == 0 || s.at[1] > 4)
		return SAYS_NO;
	const size_t number = s.at[1];
	const uint8_t operation = s.at[2 + number];
	s = slice_from(s, 3 + number);
	if (operation != 0x60 && operation != 0x63 && operation != 0x77)
		return SAYS_NO;
	says = take_ber_length(&s, &inner);
	if (says != SAYS_YES || inner > whole)
		return says == SAYS_WAIT ? SAYS_WAIT : SAYS_NO;
	if (s.len < 3)
		return SAYS_WAIT;
	if (operation == 0x60) /* version 2 or 3 */
		return sign_if(s.at[0] == 2 && s.at[1] == 1 && (s.at[2] == 2 || s.at[2] == 3));
	return s.at[0] == (operation == 0x63 ? 0x04 : 0x80) ? SAYS_YES : SAYS_NO;
}

/* CONNECT: its remaining length, then the protocol's name (MQTT 5.0, 3.1.2). */
enum says sign_mqtt(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || client.at[0] != 0x10)
		return SAYS_NO;
	size_t n = 1;
	while (n < client.len && n < 4 && client.at[n] & 0x80)
		n++;
	const struct slice rest = slice_from(client, n + 1);
	if (rest.len == 0)
		return SAYS_WAIT;
	const enum says now = sign_literal(rest, SLICE("\0\x04MQTT")),
			before = sign_literal(rest, SLICE("\0\x06MQIsdp"));
	return now > before ? now : before;
}

static bool is_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.at[i] < 0x20 && s.at[i] != '\r' && s.at[i] != '\n' && s.at[i] != '\t') || s.at[i] > 0x7e)
			return false;
	return true;
}

static enum says ask_telnet(struct slice s)
{
	for (size_t n = 0; n < 2; n++) {
		const struct slice verb = slice_from(s, 3 * n);
		if (verb.len == 0)
			return n == 0 ? SAYS_NO : SAYS_LIKELY;
		if (verb.at[0] != 0xff) /* one negotiation, then text */
			return n != 0 && is_text(slice_head(verb, 16)) ? SAYS_LIKELY : SAYS_NO;
		if (verb.len < 3)
			return SAYS_WAIT;
		if (n == 1 && verb.at[1] == 0xfa)
			return SAYS_YES;
		if (verb.at[1] < 0xfb || verb.at[1] == 0xff || verb.at[2] > 49)
			return SAYS_NO;
	}
	return SAYS_YES;
}

/* IAC WILL/WONT/DO/DONT option, twice (RFC 854). */
enum says sign_telnet(struct slice client, struct slice server)
{
	const enum says by_client = ask_telnet(client), by_server = ask_telnet(server);
	if (by_client == SAYS_LIKELY && by_server == SAYS_LIKELY)
		return SAYS_YES;
	return by_client > by_server ? by_client : by_server;
}

/* Labels of a name to its end; RFC 1035, 3.1. */
static bool take_name(struct cursor *c)
{
	for (int labels = 0; labels < 128 && c->ok; labels++) {
		const uint8_t len = cursor_u8(c);
		if (len > 63)
			return false;
		if (len == 0)
			return c->ok;
		cursor_take(c, len);
	}
	return false;
}

/* One query behind its length (RFC 1035, 4.2.2), or what a server says first when the query was not seen. */
enum says sign_dns(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0)
		return SAYS_NO;
	if (client.len < 14)
		return client.len < 5 || (client.at[4] & 0xfc) == 0 ? SAYS_WAIT : SAYS_NO;
	struct cursor c = cursor_on(client);
	const uint16_t len = cursor_be16(&c);
	cursor_be16(&c);
	const uint16_t flags = cursor_be16(&c), questions = cursor_be16(&c), answers = cursor_be16(&c);
	const uint16_t authorities = cursor_be16(&c), additional = cursor_be16(&c);
	const bool query = (flags & 0xf800) == 0 && (flags & 0x0440) == 0; /* QR 0, opcode 0, AA 0, Z 0 */
	if (len < 17 || !query || questions != 1 || answers != 0 || authorities > 1 || additional > 3)
		return SAYS_NO;
	c.rest = slice_head(c.rest, len - 12u);
	const bool cut = client.len < 2u + len;
	if (!take_name(&c) && (c.ok || !cut))
		return SAYS_NO;
	const uint16_t type = cursor_be16(&c), class = cursor_be16(&c);
	if (!c.ok)
		return cut ? SAYS_WAIT : SAYS_NO;
	return sign_if(type != 0 && (class == 1 || class == 3 || class == 255));
}

/* A hard reset behind its length: opcode and key 0, a session id, then one of three layouts: plain, with an HMAC of 16 to
 * 64 bytes and a packet number, or tls-crypt's packet number first. */
enum says sign_openvpn(struct slice client, struct slice server)
{
	static const uint8_t hmacs[] = { 16, 20, 28, 32, 48, 64 };
	(void)server;
	if (client.len == 0 || client.at[0] > 1)
		return SAYS_NO;
	if (client.len < 3)
		return SAYS_WAIT;
	const size_t len = read_be16(client.at);
	const uint8_t opcode = client.at[2];
	if (len < 14 || len > 1024 || (opcode != 0x38 && opcode != 0x50))
		return SAYS_NO;
	if (client.len < 2 + len)
		return SAYS_WAIT;
	const uint8_t *body = client.at + 2;
	if (len == 14 && opcode == 0x38)
		return sign_if(body[9] == 0 && read_be32(body + 10) == 0);
	if ((len == 54 || opcode == 0x50) && len >= 54 && (read_be32(body + 9) & 0xf0ffffff) == 1)
		return SAYS_YES;
	for (size_t i = 0; i < sizeof hmacs; i++) {
		const size_t at = 9u + hmacs[i];
		if (len == at + 13 && read_be32(body + at) == 1 && body[at + 8] == 0 && read_be32(body + at + 9) == 0)
			return SAYS_YES;
	}
	return SAYS_NO;
}

/* A request behind its length: AS-REQ or TGS-REQ, a sequence, version 5 (RFC 4120, 5.4.1 and 7.2.2). */
enum says sign_kerberos(struct slice client, struct slice server)
{
	(void)server;
	uint32_t application, sequence;
	if (client.len == 0 || client.at[0] != 0)
		return SAYS_NO;
	if (client.len < 5)
		return SAYS_WAIT;
	const uint32_t len = read_be32(client.at);
	if (len < 32 || len > 65536 || (client.at[4] != 0x6a && client.at[4] != 0x6c))
		return SAYS_NO;
	if (client.len < 24)
		return SAYS_WAIT;
	struct slice s = slice_from(client, 5);
	if (take_ber_length(&s, &application) != SAYS_YES || application >= len || s.len < 8 || s.at[0] != 0x30)
		return SAYS_NO;
	s = slice_from(s, 1);
	if (take_ber_length(&s, &sequence) != SAYS_YES || sequence >= application)
		return SAYS_NO;
	return sign_if(slice_starts(s, SLICE("\xa1\x03\x02\x01\x05")));
}

/* Version 3, a time, four bytes that are zero or the player's version, then random bytes; the server answers in kind. */
enum says sign_rtmp(struct slice client, struct slice server)
{
	if (client.len == 0 || client.at[0] != 3)
		return SAYS_NO;
	if (client.len < 16)
		return SAYS_WAIT;
	const uint32_t zero = read_be32(client.at + 5);
	if ((zero != 0 && zero != 0x80000702) || read_be32(client.at + 9) == 0 || read_be32(client.at + 12) == 0)
		return SAYS_NO;
	if (client.len < 1024 || server.len == 0)
		return SAYS_WAIT;
	return sign_if(server.at[0] == 3);
}

/* IEC 60870-5-104: U-format frames of six bytes, or an I-format frame that is as long as it says, with numbers as low as
 * they are at the beginning, a type and a cause. */
enum says sign_iec104(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || client.at[0] != 0x68)
		return SAYS_NO;
	if (client.len < 6)
		return SAYS_WAIT;
	const uint8_t *p = client.at;
	if (p[1] == 4 && (p[2] & 3) == 3)
		return sign_if((p[2] == 0x07 || p[2] == 0x43 || p[2] == 0x13) && p[3] == 0 && p[4] == 0 && p[5] == 0);
	if (p[1] < 13 || p[1] > 253 || (p[2] & 1) != 0 || p[3] != 0 || (p[4] & 1) != 0 || p[5] != 0)
		return SAYS_NO;
	if (client.len < 2u + p[1])
		return SAYS_WAIT;
	if (p[6] < 1 || p[6] > 127 || (p[8] & 0x3f) < 1 || (p[8] & 0x3f) > 47)
		return SAYS_NO;
	if (client.len == 2u + p[1])
		return SAYS_LIKELY;
	return sign_if(client.at[2u + p[1]] == 0x68);
}

static enum says ask_ppp(struct slice s)
{
	static const struct {
		const char *text;
		uint8_t len;
	} begins[] = { { "\x7e\xff\x03\xc0\x21", 5 }, { "\x7e\xff\x7d\x23\xc0\x21", 6 },
		{ "\xff\x03\xc0\x21\x01", 5 } };
	enum says best = SAYS_NO;
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
		const enum says says =
		    sign_literal(s, (struct slice){ (const uint8_t *)begins[i].text, begins[i].len });
		best = says > best ? says : best;
	}
	return best;
}

/* LCP in frames like HDLC's, or without their flags (RFC 1662, 3.1 and 4.2). */
enum says sign_ppp(struct slice client, struct slice server)
{
	const enum says by_client = ask_ppp(client), by_server = ask_ppp(server);
	return by_client > by_server ? by_client : by_server;
}

/* RFC 1928, 3: version, count, methods, and nothing more until the server has chosen one of them. */
static enum says ask_socks5(struct slice client, struct slice server)
{
	if (client.len < 2)
		return SAYS_WAIT;
	const size_t methods = client.at[1];
	if (methods == 0 || methods > 16)
		return SAYS_NO;
	if (client.len < 2 + methods)
		return SAYS_WAIT;
	for (size_t i = 0; i < methods; i++)
		if (client.at[2 + i] > 9 && (client.at[2 + i] < 0x80 || client.at[2 + i] == 0xff))
			return SAYS_NO;
	if (server.len == 0)
		return client.len == 2 + methods ? SAYS_LIKELY : SAYS_WAIT;
	if (server.len < 2)
		return server.at[0] == 5 ? SAYS_WAIT : SAYS_NO;
	if (server.at[0] != 5)
		return SAYS_NO;
	if (server.at[1] == 0xff)
		return SAYS_YES;
	return sign_if(memchr(client.at + 2, server.at[1], methods) != NULL);
}

/* Version 4, connect or bind, port, address, a user's name that ends with a zero. */
static enum says ask_socks4(struct slice client, struct slice server)
{
	if (client.len < 9)
		return client.len < 2 || client.at[1] == 1 || client.at[1] == 2 ? SAYS_WAIT : SAYS_NO;
	if ((client.at[1] != 1 && client.at[1] != 2) || read_be16(client.at + 2) == 0)
		return SAYS_NO;
	const struct slice user = slice_from(client, 8);
	const size_t end = slice_find(user, 0);
	for (size_t i = 0; i < end; i++)
		if (user.at[i] < 0x20 || user.at[i] > 0x7e)
			return SAYS_NO;
	if (end == user.len)
		return end < 256 ? SAYS_WAIT : SAYS_NO;
	if (server.len == 0)
		return SAYS_WAIT;
	if (server.at[0] != 0 || (server.len >= 2 && (server.at[1] < 0x5a || server.at[1] > 0x5d)))
		return SAYS_NO;
	return server.len < 8 ? SAYS_WAIT : SAYS_YES;
}

enum says sign_socks(struct slice client, struct slice server)
{
	if (client.len == 0)
		return SAYS_NO;
	if (client.at[0] == 5)
		return ask_socks5(client, server);
	return client.at[0] == 4 ? ask_socks4(client, server) : SAYS_NO;
}
