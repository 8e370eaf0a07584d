#include "tunnel/dialogue.h"

#include "tunnel/base64.h"
#include "tunnel/parts.h"

enum part_number {
	HTTP,
	GREETING,
	COMMAND,
	IRC,
	REDIS,
	RDP,
	POSTGRES,
	MSSQL,
	SOCKS,
	MQTT,
	AMQP,
	LDAP,
	WIREGUARD,
	DNS,
	OPENVPN,
	MYSQL,
	MONGODB,
	PARTS
};
#define BIT(part) (UINT32_C(1) << (part))

static part_fn *const parts[PARTS] = {
	[HTTP] = part_http,
	[GREETING] = part_greeting,
	[COMMAND] = part_command,
	[IRC] = part_irc,
	[REDIS] = part_redis,
	[RDP] = part_rdp,
	[POSTGRES] = part_postgres,
	[SOCKS] = part_socks,
	[MQTT] = part_mqtt,
	[AMQP] = part_amqp,
	[LDAP] = part_ldap,
	[MSSQL] = part_mssql,
	[WIREGUARD] = part_wireguard,
	[DNS] = part_dns,
	[OPENVPN] = part_openvpn,
	[MYSQL] = part_mysql,
	[MONGODB] = part_mongodb,
};

/* The first byte tells of most: nearly every body is asked about by one or none. */
static const uint32_t by_first[256] = {
	[0] = BIT(POSTGRES) | BIT(SOCKS),
	[1] = BIT(WIREGUARD) | BIT(AMQP),
	[2] = BIT(WIREGUARD),
	[3] = BIT(RDP),
	[4] = BIT(MSSQL) | BIT(SOCKS),
	[5] = BIT(SOCKS),
	[0x10] = BIT(MQTT),
	[0x12] = BIT(MSSQL),
	[' '] = BIT(MQTT),
	['#'] = BIT(REDIS),
	['$'] = BIT(REDIS),
	['%'] = BIT(REDIS),
	['*'] = BIT(GREETING) | BIT(REDIS),
	['+'] = BIT(GREETING) | BIT(REDIS),
	['-'] = BIT(GREETING) | BIT(REDIS),
	['0'] = BIT(LDAP),
	['8'] = BIT(OPENVPN),
	[':'] = BIT(IRC) | BIT(REDIS),
	['>'] = BIT(REDIS),
	['@'] = BIT(OPENVPN),
	['A'] = BIT(AMQP),
	['D'] = BIT(HTTP),
	['G'] = BIT(HTTP),
	['H'] = BIT(HTTP),
	['O'] = BIT(HTTP),
	['P'] = BIT(HTTP) | BIT(OPENVPN),
	['R'] = BIT(POSTGRES) | BIT(HTTP),
	['_'] = BIT(REDIS),
	['~'] = BIT(REDIS),
};

/* A tag of IMAP may be any word. */
static bool may_be_command(uint8_t first)
{
	return is_digit(first) || ((first | 0x20) >= 'a' && (first | 0x20) <= 'z');
}

/* What begins with its length is told by that. */
static uint32_t askable(struct slice s, bool whole)
{
	uint32_t ask = by_first[s.at[0]];
	if (may_be_command(s.at[0]))
		ask |= BIT(COMMAND);
	if (s.at[3] <= 1)
		ask |= BIT(MYSQL) | BIT(MONGODB);
	if (s.at[0] < ' ' && (whole ? read_be16(s.at) + 2u == s.len : read_be16(s.at) + 2u > s.len))
		ask |= BIT(DNS) | BIT(OPENVPN);
	return ask;
}

struct dialogue dialogue_of(struct slice bytes, bool whole, enum side from)
{
	if (bytes.len < 4)
		return none;
	for (uint32_t ask = askable(bytes, whole); ask != 0; ask &= ask - 1) {
		const struct dialogue d = parts[__builtin_ctz(ask)](bytes, whole, from);
		if (d.name != NULL)
			return d;
	}
	return none;
}

/* From the first byte to the last, to padding or to the end of a line; as much as is there may end anywhere. */
static bool is_base64(struct slice s, bool whole)
{
	size_t at = 0;
	while (at < s.len && base64_value(s.at[at]) >= 0)
		at++;
	const size_t digits = at;
	while (at < s.len && at - digits < 2 && s.at[at] == '=')
		at++;
	const bool padded = at != digits;
	while (at < s.len && (s.at[at] == '\r' || s.at[at] == '\n'))
		at++;
	return digits >= 6 && at == s.len && (!whole || !padded || digits % 4 >= 2) && digits % 4 != 1;
}

struct dialogue dialogue_inside(
    struct slice bytes, bool whole, enum side from, uint8_t plain[FOREIGN_SAMPLE], struct slice *inner)
{
	const struct dialogue d = dialogue_of(bytes, whole, from);
	*inner = bytes;
	if (d.name != NULL || !is_base64(bytes, whole))
		return d;
	/* What pads it may be missing: without it the last bytes would not come. */
	uint8_t text[FOREIGN_SAMPLE + 2];
	const size_t len = bytes.len < FOREIGN_SAMPLE ? bytes.len : FOREIGN_SAMPLE;
	memcpy(text, bytes.at, len);
	memcpy(text + len, "==", 2);
	struct base64 b = { 0 };
	struct slice in = { text, len + (whole ? 2 : 0) };
	*inner = (struct slice){ plain, base64_read(&b, &in, plain, FOREIGN_SAMPLE) };
	return dialogue_of(*inner, whole, from);
}
