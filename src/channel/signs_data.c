/* Protocols of bytes: databases, calls of procedures, routers. */
#include "base/digit.h"
#include "channel/sign.h"

/* The server's greeting: a packet numbered 0, protocol 10, a version in words. */
enum says sign_mysql(struct slice client, struct slice server)
{
	(void)client;
	if (server.len == 0)
		return SAYS_NO;
	if (server.len < 8)
		return server.len < 5 || (server.at[3] == 0 && server.at[4] == 10) ? SAYS_WAIT : SAYS_NO;
	const size_t len = read_le32(server.at) & 0xffffff;
	if (server.at[3] != 0 || server.at[4] != 10 || len < 32 || len > 512 || !is_digit(server.at[5]))
		return SAYS_NO;
	const struct slice version = slice_head(slice_from(server, 5), 64);
	const size_t end = slice_find(version, 0);
	for (size_t i = 0; i < end; i++)
		if (version.at[i] < 0x20 || version.at[i] > 0x7e)
			return SAYS_NO;
	if (end == version.len)
		return end < 64 ? SAYS_WAIT : SAYS_NO;
	return sign_if(slice_find(slice_head(version, end), '.') < end);
}

/* Length, then a request for encryption, to cancel, or version 3 and the first parameter. */
enum says sign_postgres(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || client.at[0] != 0)
		return SAYS_NO;
	if (client.len < 8)
		return SAYS_WAIT;
	const uint32_t len = read_be32(client.at), code = read_be32(client.at + 4);
	if (code == 80877103 || code == 80877104)
		return sign_if(len == 8);
	if (code == 80877102)
		return sign_if(len == 16);
	if (code < 0x30000 || code > 0x30002 || len < 9 || len > 10000)
		return SAYS_NO;
	if (client.len < 13)
		return SAYS_WAIT;
	for (size_t i = 8; i < 12; i++)
		if (client.at[i] != '_' && client.at[i] != '.' && (client.at[i] < 'a' || client.at[i] > 'z'))
			return SAYS_NO;
	return SAYS_YES;
}

/* TDS: a pre-login packet whose first option is the version, or a login. */
enum says sign_mssql(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || (client.at[0] != 0x12 && client.at[0] != 0x10))
		return SAYS_NO;
	if (client.len < 13)
		return SAYS_WAIT;
	const size_t len = read_be16(client.at + 2);
	if (client.at[0] == 0x10)
		return sign_if(client.at[1] <= 1 && len >= 94 && read_le32(client.at + 8) == len - 8);
	if (client.at[1] > 1 || len < 20 || len > 4096 || client.at[7] != 0 || client.at[8] != 0)
		return SAYS_NO;
	const size_t offset = read_be16(client.at + 9);
	return sign_if(offset >= 6 && offset < len && read_be16(client.at + 11) == 6);
}

/* TNS: a connect packet that holds a description. */
enum says sign_oracle(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || client.at[0] > 8)
		return SAYS_NO;
	if (client.len < 10)
		return client.len < 5 || client.at[4] == 1 ? SAYS_WAIT : SAYS_NO;
	const size_t len = read_be16(client.at);
	const uint16_t version = read_be16(client.at + 8);
	if (client.at[4] != 1 || client.at[3] != 0 || len < 58 || len > 2048 || version < 0x0100 || version > 0x0200)
		return SAYS_NO;
	const struct slice packet = slice_head(client, len);
	if (slice_search(packet, SLICE("(DESCRIPTION=")) < packet.len ||
	    slice_search(packet, SLICE("(CONNECT_DATA=")) < packet.len)
		return SAYS_YES;
	return client.len < len ? SAYS_WAIT : SAYS_NO;
}

/* A message header, little-endian: length, number, answer to 0, OP_QUERY or OP_MSG. */
enum says sign_mongodb(struct slice client, struct slice server)
{
	(void)server;
	if (client.len < 4 || (client.len < 16 && (read_le32(client.at) < 26 || read_le32(client.at) >= 0x1000000)))
		return SAYS_NO;
	if (client.len < 16)
		return SAYS_WAIT;
	const uint32_t len = read_le32(client.at), answers = read_le32(client.at + 8), code = read_le32(client.at + 12);
	return sign_if(len >= 26 && len < 0x3000000 && answers == 0 && (code == 2004 || code == 2013));
}

/* A record mark, then a call of version 2 (RFC 5531, 9 and 11). */
enum says sign_sunrpc(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || client.at[0] != 0x80)
		return SAYS_NO;
	if (client.len < 28)
		return SAYS_WAIT;
	const uint32_t len = read_be32(client.at) & 0x7fffffff, program = read_be32(client.at + 16);
	if (len < 40 || len > 0x200000 || read_be32(client.at + 8) != 0 || read_be32(client.at + 12) != 2)
		return SAYS_NO;
	return sign_if(program >= 100000 && program < 0x60000000 && read_be32(client.at + 20) < 16);
}

static enum says ask_dcerpc(struct slice s)
{
	if (s.len == 0 || s.at[0] != 5)
		return SAYS_NO;
	if (s.len < 16)
		return s.len < 2 || s.at[1] <= 1 ? SAYS_WAIT : SAYS_NO;
	const size_t len = (size_t)(s.at[9] << 8 | s.at[8]);
	const uint8_t type = s.at[2];
	return sign_if(s.at[1] <= 1 && (type == 11 || type == 12 || type == 14 || type == 20) && s.at[4] == 0x10 &&
		       s.at[5] == 0 && s.at[6] == 0 && s.at[7] == 0 && len >= 16 && len <= 8192);
}

/* Version 5, a bind or what belongs to one, little-endian data, a length. */
enum says sign_dcerpc(struct slice client, struct slice server)
{
	const enum says by_client = ask_dcerpc(client), by_server = ask_dcerpc(server);
	return by_client > by_server ? by_client : by_server;
}

/* Byte order, protocol 11.0, and a request that is as long as its parts. */
enum says sign_x11(struct slice client, struct slice server)
{
	(void)server;
	const enum says little = sign_literal(client, SLICE("l\0\x0b\0\0\0")),
			big = sign_literal(client, SLICE("B\0\0\x0b\0\0"));
	if (little != SAYS_YES && big != SAYS_YES)
		return little > big ? little : big;
	if (client.len < 12)
		return SAYS_WAIT;
	const uint8_t *p = client.at + 6;
	const unsigned name = big == SAYS_YES ? read_be16(p) : p[0] | (unsigned)p[1] << 8;
	const unsigned data = big == SAYS_YES ? read_be16(p + 2) : p[2] | (unsigned)p[3] << 8;
	return sign_if(name <= 64 && data <= 256 && p[4] == 0 && p[5] == 0);
}

/* A marker of ones and an OPEN of version 4 (RFC 4271, 4.2). */
enum says sign_bgp(struct slice client, struct slice server)
{
	const struct slice s = client.len != 0 ? client : server;
	const struct slice marker = SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	const enum says begins = sign_literal(s, marker);
	if (begins != SAYS_YES)
		return begins;
	if (s.len < 20)
		return SAYS_WAIT;
	return sign_if(read_be16(s.at + 16) >= 29 && read_be16(s.at + 16) <= 4096 && s.at[18] == 1 && s.at[19] == 4);
}

/* Version 1 and a Capabilities-Exchange request (RFC 6733, 3 and 5.3). */
enum says sign_diameter(struct slice client, struct slice server)
{
	(void)server;
	if (client.len == 0 || client.at[0] != 1)
		return SAYS_NO;
	if (client.len < 20)
		return SAYS_WAIT;
	const uint32_t len = read_be32(client.at) & 0xffffff, command = read_be32(client.at + 4) & 0xffffff;
	return sign_if(len >= 20 && len % 4 == 0 && len <= 8192 && client.at[4] == 0x80 && command == 257 &&
		       read_be32(client.at + 8) == 0);
}

/* A header of twelve bytes whose length is that of the packet, and the same session on both sides (RFC 8907, 4.1). */
enum says sign_tacacs(struct slice client, struct slice server)
{
	if (client.len == 0 || client.at[0] >> 4 != 0xc || (client.at[0] & 15) > 1)
		return SAYS_NO;
	if (client.len < 12 || server.len < 12)
		return SAYS_WAIT;
	const bool head = client.at[1] >= 1 && client.at[1] <= 3 && client.at[2] == 1 && server.at[1] == client.at[1] &&
			  server.at[2] == 2 && read_be32(client.at + 8) <= 4096 && read_be32(server.at + 8) <= 4096;
	return sign_if(head && memcmp(client.at + 4, server.at + 4, 4) == 0);
}
