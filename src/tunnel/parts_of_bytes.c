/* Protocols of bytes whose first words are short: each asks for consistent lengths and fixed bytes as far as there are any. */
#include "tunnel/dnswire.h"
#include "tunnel/parts.h"

/* TPKT and X.224: who asks for a connection, who confirms it. */
struct dialogue part_rdp(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	if (s.len < 11 || !slice_starts(s, SLICE("\3\0\0")) || s.at[3] < 11 || s.at[4] != s.at[3] - 5)
		return none;
	if (s.at[5] == 0xe0 && read_be16(s.at + 6) == 0)
		return opens("rdp");
	return s.at[5] == 0xd0 ? answers("rdp") : none;
}

/* Names and values, each to its zero, of which one is whom one wants to be. */
static bool names_a_user(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != 0 && (s.at[i] < 0x20 || s.at[i] >= 0x7f))
			return false;
	return s.len > 5 && (slice_starts(s, SLICE("user\0")) || slice_search(s, SLICE("\0user\0")) < s.len);
}

/* Who wants to come in as whom; how he is to prove it. */
struct dialogue part_postgres(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	if (s.len >= 13 && slice_starts(slice_from(s, 4), SLICE("\0\3\0\0")) && names_a_user(slice_from(s, 8)))
		return opens("postgres");
	if (s.len < 9 || !slice_starts(s, SLICE("R\0\0\0")) || s.at[4] < 8)
		return none;
	return read_be32(s.at + 5) <= 12 ? answers("postgres") : none;
}

/* Digits, a point, digits. */
static bool is_version(struct slice s)
{
	const size_t point = slice_find(s, '.');
	if (point == 0 || point > 2 || point + 1 >= s.len)
		return false;
	for (size_t i = 0; i < point + 2; i++)
		if (i != point && (s.at[i] < '0' || s.at[i] > '9'))
			return false;
	return true;
}

/* The server greets with its version, a number, eight bytes of salt and a zero; the client's answer has 19 bytes of nothing at a fixed
 * place, and speaks version 4.1. */
struct dialogue part_mysql(struct slice s, bool whole, enum side from)
{
	static const uint8_t nothing[19] = { 0 };
	(void)whole;
	(void)from;
	if (s.len < 36 || s.at[2] != 0 || read_be16(s.at) == 0)
		return none;
	const struct slice version = slice_from(s, 5);
	const size_t end = slice_find(version, 0);
	const bool greets = s.at[3] == 0 && s.at[4] == 10 && end < 60 && is_version(slice_head(version, end)) &&
			    version.len > end + 13 && version.at[end + 13] == 0;
	if (greets)
		return opens("mysql");
	return s.at[3] == 1 && s.at[0] >= 32 && (s.at[5] & 2) != 0 && memcmp(s.at + 13, nothing, sizeof nothing) == 0
		   ? answers("mysql")
		   : none;
}

/* SOCKS 4: a port and an address, somebody's name and perhaps that of a host, each to its zero; granted, or not. */
static struct dialogue socks_4(struct slice s)
{
	if (s.at[0] == 0)
		return s.len == 8 && s.at[1] >= 90 && s.at[1] <= 93 ? answers("socks") : none;
	if (s.len < 9 || s.at[1] < 1 || s.at[1] > 2 || read_be16(s.at + 2) == 0 || s.at[s.len - 1] != 0)
		return none;
	for (size_t i = 8; i < s.len; i++)
		if (s.at[i] != 0 && (s.at[i] < 0x20 || s.at[i] >= 0x7f))
			return none;
	return s.at[4] != 0 || (read_be32(s.at + 4) != 0 && s.len > 10) ? opens("socks") : none;
}

/* SOCKS 5 (RFC 1928, 4 and 6): an address of one of three kinds, and its end is the end.  Nobody connects to port 0 or to network 0. */
struct dialogue part_socks(struct slice s, bool whole, enum side from)
{
	(void)from;
	if (!whole || s.len < 8)
		return none;
	if (s.at[0] != 5)
		return socks_4(s);
	if (s.len < 10 || s.at[1] > 8 || s.at[2] != 0)
		return none;
	const size_t address = s.at[3] == 1 ? 4 : s.at[3] == 4 ? 16 : s.at[3] == 3 ? 1u + s.at[4] : 0;
	if (address == 0 || s.len != 6 + address)
		return none;
	const bool connects = s.at[1] >= 1 && s.at[1] <= 3 && s.at[4] != 0 && read_be16(s.at + s.len - 2) != 0;
	return connects ? opens("socks") : answers("socks");
}

/* CONNECT with the protocol's name and level, CONNACK with a reason and what it says (MQTT 3.1.1, 3.1 and 3.2; MQTT 5.0, 3.2).  Bridges
 * set the level's highest bit. */
struct dialogue part_mqtt(struct slice s, bool whole, enum side from)
{
	size_t n = 1;
	(void)whole;
	(void)from;
	while (n < s.len && n < 4 && (s.at[n] & 0x80) != 0)
		n++;
	const struct slice rest = slice_from(s, n + 1);
	if (s.at[0] == 0x10) {
		const bool now = rest.len >= 10 && slice_starts(rest, SLICE("\0\4MQTT")) && (rest.at[6] & 0x7f) >= 4 &&
				 (rest.at[6] & 0x7f) <= 5;
		const bool before =
		    rest.len >= 12 && slice_starts(rest, SLICE("\0\6MQIsdp")) && (rest.at[8] & 0x7f) == 3;
		return now || before ? opens("mqtt") : none;
	}
	const bool known =
	    s.at[0] == 0x20 && n <= 2 && rest.len >= 2 && rest.at[0] <= 1 && (rest.at[1] <= 5 || rest.at[1] >= 0x80);
	const bool fits =
	    known && (n == 2 || s.at[1] == 2 || (s.at[1] > 2 && rest.len > 2 && rest.at[2] + 3u <= s.at[1]));
	return fits ? answers("mqtt") : none;
}

/* The name and a version, which version 1.0 says back; a method frame of channel 0, connection.start (AMQP 0-9-1, 4.2.2 and 1.4; AMQP 1.0,
 * 2.2). */
struct dialogue part_amqp(struct slice s, bool whole, enum side from)
{
	(void)from;
	if (slice_starts(s, SLICE("AMQP\3\1\0\0")) || slice_starts(s, SLICE("AMQP\0\1\0\0")))
		return alike(goes_on("amqp"));
	if (whole && s.len == 8 && slice_starts(s, SLICE("AMQP")) && s.at[4] <= 1)
		return opens("amqp");
	const bool starts =
	    s.len > 16 && slice_starts(s, SLICE("\1\0\0")) && slice_starts(slice_from(s, 7), SLICE("\0\x0a\0\x0a"));
	return starts ? answers("amqp") : none;
}

/* Past a tag and a length of BER; empty: it is another, or none. */
static struct slice ber_value(struct slice s, uint8_t tag)
{
	if (s.len < 2 || s.at[0] != tag)
		return (struct slice){ 0 };
	const size_t more = (s.at[1] & 0x80) != 0 ? s.at[1] & 0x7fu : 0;
	return more <= 4 ? slice_from(s, 2 + more) : (struct slice){ 0 };
}

/* LDAPMessage: a number, then a bind or its answer (RFC 4511, 4.1.1 and 4.2). */
struct dialogue part_ldap(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	const struct slice number = ber_value(s, 0x30);
	if (number.len < 8 || number.at[0] != 2 || number.at[1] == 0 || number.at[1] > 4)
		return none;
	uint32_t id = 0;
	for (unsigned i = 0; i < number.at[1]; i++)
		id = id << 8 | number.at[2 + i];
	const struct slice operation = slice_from(number, 2u + number.at[1]);
	const struct slice asks = ber_value(operation, 0x60), says = ber_value(operation, 0x61);
	if (slice_starts(asks, SLICE("\2\1\3\4")) || slice_starts(asks, SLICE("\2\1\2\4")))
		return numbered(opens("ldap"), 0, id);
	return says.len >= 4 && slice_starts(says, SLICE("\x0a\1")) && says.at[3] == 4
		   ? numbered(answers("ldap"), id, 0)
		   : none;
}

/* PRELOGIN and its answer: both one packet, whose list begins with a version of six bytes (MS-TDS, 2.2.6.5). */
struct dialogue part_mssql(struct slice s, bool whole, enum side from)
{
	(void)whole;
	(void)from;
	if (s.len < 16 || s.at[1] != 1 || read_be16(s.at + 2) < 16 || s.at[8] != 0 || read_be16(s.at + 9) > 128 ||
	    read_be16(s.at + 11) != 6)
		return none;
	return s.at[0] == 0x12 ? opens("mssql") : answers("mssql");
}

/* Is its length in front right, as far as one can see? */
static bool is_framed(struct slice s, bool whole)
{
	const size_t len = read_be16(s.at) + 2u;
	return whole ? len == s.len : len > s.len;
}

/* Behind its length, as over TCP (RFC 1035, 4.2.2). */
struct dialogue part_dns(struct slice s, bool whole, enum side from)
{
	struct dnswire d;
	(void)from;
	if (s.len < 19 || !is_framed(s, whole))
		return none;
	const uint32_t id = read_be16(s.at + 2) + UINT32_C(1);
	dnswire_begin(&d);
	dnswire_read(&d, slice_from(s, 2));
	if (dnswire_is_question(&d))
		return numbered(twice(opens("dns")), 0, id);
	return dnswire_is_answer(&d) ? numbered(twice(answers("dns")), id, 0) : none;
}

/* Behind opcode, key 0 and a session id one of three layouts: plain, with an HMAC and a packet number before the rest, or tls-crypt's
 * packet number first; the rest acknowledges so many packets. */
static bool is_reset(struct slice s, uint8_t acknowledged)
{
	static const uint8_t hmacs[] = { 0, 16, 20, 28, 32, 48, 64 };
	const size_t rest =
	    acknowledged != 0 ? 17 : 5; /* a count, numbers and their session; this packet's own number */
	if (s.len >= 54 && (read_be32(s.at + 9) & 0xf0ffffff) == 1)
		return true;
	for (size_t i = 0; i < sizeof hmacs; i++) {
		const size_t numbered_at = hmacs[i] != 0 ? hmacs[i] + 8u : 0;
		if (s.len != 9 + numbered_at + rest)
			continue;
		return (hmacs[i] == 0 || read_be32(s.at + 9 + hmacs[i]) == 1) &&
		       s.at[9 + numbered_at] == acknowledged && read_be32(s.at + 9 + numbered_at + 1) == 0;
	}
	return false;
}

/* A hard reset of the client's, and the server's that acknowledges it (OpenVPN's protocol 2 and 3): a datagram, or behind its length as
 * over TCP.  The third kind has a key behind, and is long. */
struct dialogue part_openvpn(struct slice s, bool whole, enum side from)
{
	(void)from;
	const bool datagram = s.at[0] == 0x38 || s.at[0] == 0x40 || s.at[0] == 0x50;
	if (s.len < 14 || (datagram ? !whole : !is_framed(s, whole)))
		return none;
	const struct slice packet = slice_from(s, datagram ? 0 : 2);
	const uint8_t opcode = packet.at[0];
	if (opcode == 0x38 || opcode == 0x50)
		return is_reset(packet, 0) ? opens("openvpn") : none;
	return opcode == 0x40 && is_reset(packet, 1) ? answers("openvpn") : none;
}

/* Handshake messages have a length each, and the second names whom it answers (the white paper, 5.4.2 and 5.4.3). */
struct dialogue part_wireguard(struct slice s, bool whole, enum side from)
{
	(void)from;
	if (whole && s.len == 148 && slice_starts(s, SLICE("\1\0\0\0")))
		return numbered(opens("wireguard"), 0, read_le32(s.at + 4));
	return whole && s.len == 92 && slice_starts(s, SLICE("\2\0\0\0"))
		   ? numbered(answers("wireguard"), read_le32(s.at + 8), 0)
		   : none;
}

/* A length, a number, whom it answers, what it is: a message, or the older query and reply (MongoDB's wire protocol).  Numbers may begin
 * at 0, so they are told one higher. */
struct dialogue part_mongodb(struct slice s, bool whole, enum side from)
{
	enum { OP_REPLY = 1, OP_QUERY = 2004, OP_COMPRESSED = 2012, OP_MSG = 2013, KNOWN_FLAGS = 0x10003 };
	(void)from;
	if (s.len < 26 || read_le32(s.at) < s.len || (whole && read_le32(s.at) != s.len))
		return none;
	const uint32_t number = read_le32(s.at + 4) + 1, to = read_le32(s.at + 8) + 1, kind = read_le32(s.at + 12);
	const bool query = kind == OP_QUERY && slice_search(slice_from(s, 20), SLICE(".$cmd\0")) < s.len - 20;
	const bool message =
	    (kind == OP_MSG && (read_le32(s.at + 16) & ~(uint32_t)KNOWN_FLAGS) == 0 && s.at[20] <= 1) ||
	    (kind == OP_COMPRESSED && (read_le32(s.at + 16) == OP_MSG || read_le32(s.at + 16) == OP_QUERY) &&
		s.at[24] <= 3);
	if (query)
		return numbered(opens("mongodb"), 0, number);
	if (kind == OP_REPLY && read_le32(s.at + 16) <= 15)
		return numbered(answers("mongodb"), to, 0);
	return message ? numbered(to == 1 ? goes_on("mongodb") : answers("mongodb"), to, number) : none;
}
