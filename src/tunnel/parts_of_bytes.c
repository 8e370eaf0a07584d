/* Protocols of bytes whose first words are short: each asks for consistent lengths and fixed bytes as far as there are any. */
#include "tunnel/dnswire.h"
#include "tunnel/parts.h"

/* TPKT and X.224: who asks for a connection, who confirms it. */
struct dialogue part_rdp(struct slice s, bool whole)
{
	(void)whole;
	if (s.len < 11 || !slice_starts(s, SLICE("\3\0\0")) || s.at[3] < 11 || s.at[4] != s.at[3] - 5)
		return none;
	if (s.at[5] == 0xe0 && read_be16(s.at + 6) == 0)
		return opens("rdp");
	return s.at[5] == 0xd0 ? answers("rdp") : none;
}

/* Who wants to come in as whom; how he is to prove it. */
struct dialogue part_postgres(struct slice s, bool whole)
{
	(void)whole;
	if (s.len >= 13 && slice_starts(slice_from(s, 4), SLICE("\0\3\0\0user\0")))
		return opens("postgres");
	if (s.len < 9 || !slice_starts(s, SLICE("R\0\0\0")) || s.at[4] < 8)
		return none;
	return read_be32(s.at + 5) <= 10 ? answers("postgres") : none;
}

/* The server greets with its version; the client's answer has 23 bytes of nothing at a fixed place. */
struct dialogue part_mysql(struct slice s, bool whole)
{
	(void)whole;
	static const uint8_t nothing[23] = { 0 };
	if (s.len < 36 || s.at[2] != 0)
		return none;
	if (s.at[3] == 0 && s.at[4] == 10 && s.at[5] >= '3' && s.at[5] <= '9' && slice_find(slice_from(s, 5), 0) < 60)
		return opens("mysql");
	return s.at[3] == 1 && memcmp(s.at + 13, nothing, sizeof nothing) == 0 ? answers("mysql") : none;
}

/* SOCKS 5 (RFC 1928, 4 and 6): an address of one of three kinds, and its end is the end. */
struct dialogue part_socks(struct slice s, bool whole)
{
	if (!whole || s.len < 10 || s.at[0] != 5 || s.at[1] > 3 || s.at[2] != 0)
		return none;
	const size_t address = s.at[3] == 1 ? 4 : s.at[3] == 4 ? 16 : s.at[3] == 3 ? 1u + s.at[4] : 0;
	if (address == 0 || s.len != 6 + address)
		return none;
	return s.at[1] == 0 ? answers("socks") : opens("socks");
}

/* CONNECT with the protocol's name and level, CONNACK with nothing odd in it (MQTT 3.1.1, 3.1 and 3.2; MQTT 5.0, 3.2). */
struct dialogue part_mqtt(struct slice s, bool whole)
{
	(void)whole;
	size_t n = 1;
	while (n < s.len && n < 4 && (s.at[n] & 0x80) != 0)
		n++;
	const struct slice rest = slice_from(s, n + 1);
	if (s.at[0] == 0x10 && rest.len >= 10 &&
	    (slice_starts(rest, SLICE("\0\4MQTT\4")) || slice_starts(rest, SLICE("\0\4MQTT\5")) ||
		slice_starts(rest, SLICE("\0\6MQIsdp\3"))))
		return opens("mqtt");
	const bool known = rest.len >= 2 && rest.at[0] <= 1 && (rest.at[1] <= 5 || rest.at[1] >= 0x80);
	return s.at[0] == 0x20 && n == 1 && known && (s.at[1] == 2 || s.at[1] + 2u >= s.len) ? answers("mqtt") : none;
}

/* The name and a version; a method frame of channel 0, connection.start (AMQP 0-9-1, 4.2.2 and 1.4). */
struct dialogue part_amqp(struct slice s, bool whole)
{
	if (whole && s.len == 8 && slice_starts(s, SLICE("AMQP")) && s.at[4] <= 3)
		return opens("amqp");
	const bool starts =
	    s.len > 16 && slice_starts(s, SLICE("\1\0\0")) && slice_starts(slice_from(s, 7), SLICE("\0\x0a\0\x0a"));
	return starts || (whole && s.len == 8 && slice_starts(s, SLICE("AMQP\3\1"))) ? answers("amqp") : none;
}

/* LDAPMessage: a number, then a bind or its answer (RFC 4511, 4.1.1 and 4.2), with short lengths of BER. */
struct dialogue part_ldap(struct slice s, bool whole)
{
	(void)whole;
	const size_t long_form = s.len > 1 && (s.at[1] & 0x80) != 0 ? s.at[1] & 0x7fu : 0;
	const struct slice number = slice_from(s, 2 + long_form),
			   operation = slice_from(number, number.len > 1 ? 2u + number.at[1] : 0);
	if (s.at[0] != 0x30 || long_form > 4 || number.len < 3 || number.at[0] != 2 || number.at[1] == 0 ||
	    number.at[1] > 4 || operation.len < 5)
		return none;
	const size_t more = (operation.at[1] & 0x80) != 0 ? operation.at[1] & 0x7fu : 0;
	const struct slice in = slice_from(operation, 2 + more);
	if (operation.at[0] == 0x60 && (slice_starts(in, SLICE("\2\1\3\4")) || slice_starts(in, SLICE("\2\1\2\4"))))
		return opens("ldap");
	return operation.at[0] == 0x61 && in.len >= 4 && slice_starts(in, SLICE("\x0a\1")) && in.at[3] == 4
		   ? answers("ldap")
		   : none;
}

/* PRELOGIN and its answer: both one packet, whose list begins with a version of six bytes (MS-TDS, 2.2.6.5). */
struct dialogue part_mssql(struct slice s, bool whole)
{
	(void)whole;
	if (s.len < 16 || s.at[1] != 1 || read_be16(s.at + 2) < 16 || s.at[8] != 0 || read_be16(s.at + 9) > 128 ||
	    read_be16(s.at + 11) != 6)
		return none;
	return s.at[0] == 0x12 ? opens("mssql") : answers("mssql");
}

/* Behind its length, as over TCP (RFC 1035, 4.2.2). */
struct dialogue part_dns(struct slice s, bool whole)
{
	struct dnswire d;
	if (!whole || s.len < 19 || read_be16(s.at) != s.len - 2)
		return none;
	dnswire_begin(&d);
	dnswire_read(&d, slice_from(s, 2));
	if (dnswire_is_question(&d))
		return twice(opens("dns"));
	return dnswire_is_answer(&d) ? twice(answers("dns")) : none;
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
		const size_t numbered = hmacs[i] != 0 ? hmacs[i] + 8u : 0;
		if (s.len != 9 + numbered + rest)
			continue;
		return (hmacs[i] == 0 || read_be32(s.at + 9 + hmacs[i]) == 1) && s.at[9 + numbered] == acknowledged &&
		       read_be32(s.at + 9 + numbered + 1) == 0;
	}
	return false;
}

/* A hard reset of the client's, and the server's that acknowledges it, behind their length as over TCP (OpenVPN's protocol 2 and 3). */
struct dialogue part_openvpn(struct slice s, bool whole)
{
	if (!whole || s.len < 16 || read_be16(s.at) != s.len - 2)
		return none;
	const uint8_t opcode = s.at[2];
	const struct slice packet = slice_from(s, 2);
	if (opcode == 0x38 || opcode == 0x50)
		return is_reset(packet, 0) ? opens("openvpn") : none;
	return opcode == 0x40 && is_reset(packet, 1) ? answers("openvpn") : none;
}

/* Handshake messages have a length each (the white paper, 5.4.2 and 5.4.3). */
struct dialogue part_wireguard(struct slice s, bool whole)
{
	if (whole && s.len == 148 && slice_starts(s, SLICE("\1\0\0\0")))
		return opens("wireguard");
	return whole && s.len == 92 && slice_starts(s, SLICE("\2\0\0\0")) ? answers("wireguard") : none;
}

static uint32_t read_le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* A length, a number, whom it answers, what it is: a message, or the older query and reply (MongoDB's wire protocol). */
struct dialogue part_mongodb(struct slice s, bool whole)
{
	enum { OP_REPLY = 1, OP_QUERY = 2004, OP_MSG = 2013 };
	if (s.len < 26 || read_le32(s.at) < s.len || (whole && read_le32(s.at) != s.len))
		return none;
	const uint32_t to = read_le32(s.at + 8), kind = read_le32(s.at + 12);
	if (to == 0)
		return kind == OP_MSG || kind == OP_QUERY ? opens("mongodb") : none;
	return kind == OP_MSG || kind == OP_REPLY ? answers("mongodb") : none;
}
