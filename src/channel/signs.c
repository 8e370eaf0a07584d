/* The table of signs.  Order matters only where two could claim the same first bytes: then the stricter comes first, and
 * one that still waits holds back those after it. */
#include "channel/sign.h"

#include "channel/tls.h"

enum { BY_CLIENT = 1, BY_SERVER = 2, BY_EITHER = 3 };

struct row {
	const char *name;
	enum says (*ask)(struct slice client, struct slice server);
	const char *literal; /* when there is no `ask` */
	uint8_t len, by;
	bool patient;
};

#define LITERAL(text) .literal = (text), .len = sizeof(text) - 1

static const struct row table[] = {
	{ "tls", .ask = tls_sign, .patient = true },
	{ "ssh", .ask = sign_ssh },
	{ "http2", LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), BY_CLIENT }, /* RFC 9113, 3.4 */
	{ "rtsp", .ask = sign_rtsp },
	{ "sip", .ask = sign_sip },
	{ "icap", .ask = sign_icap },
	{ "stomp", LITERAL("CONNECT\naccept-version:"), BY_CLIENT },
	{ "stomp", LITERAL("STOMP\naccept-version:"), BY_CLIENT },
	{ "http", .ask = sign_http, .patient = true },
	{ "smtp", .ask = sign_smtp },
	{ "ftp", .ask = sign_ftp },
	{ "imap", .ask = sign_imap },
	{ "redis", .ask = sign_redis },
	{ "pop3", .ask = sign_pop3 },
	{ "nntp", .ask = sign_nntp },
	{ "irc", .ask = sign_irc },
	{ "xmpp", .ask = sign_xmpp },
	{ "memcached", .ask = sign_memcached },
	{ "git", .ask = sign_git },
	{ "vnc", .ask = sign_vnc },
	{ "rsync", LITERAL("@RSYNCD: "), BY_EITHER },
	{ "svn", LITERAL("( success ( 2 2 ( "), BY_SERVER },
	{ "svn", LITERAL("( success ( 1 2 ( "), BY_SERVER },
	{ "nats", LITERAL("INFO {\"server_id\":"), BY_SERVER },
	{ "amqp", LITERAL("AMQP\0\0\x09\x01"), BY_CLIENT },
	{ "amqp", LITERAL("AMQP\0\x01\0\0"), BY_CLIENT },
	{ "amqp", LITERAL("AMQP\x03\x01\0\0"), BY_CLIENT },
	{ "amqp", LITERAL("AMQP\x01\x01\0\x09"), BY_CLIENT },
	{ "bittorrent",
	    LITERAL("\x13"
		    "BitTorrent protocol"),
	    BY_EITHER },
	{ "zmtp", LITERAL("\xff\0\0\0\0\0\0\0\x01\x7f\x03"), BY_EITHER },
	{ "jdwp", LITERAL("JDWP-Handshake"), BY_EITHER },
	{ "adb", LITERAL("CNXN\x01\0\0\x01"), BY_EITHER },
	{ "adb", LITERAL("CNXN\0\0\0\x01"), BY_EITHER },
	{ "rmi", LITERAL("JRMI\0\x02K"), BY_CLIENT },
	{ "corba", LITERAL("GIOP\x01"), BY_CLIENT },
	{ "fix", LITERAL("8=FIX.4."), BY_CLIENT },
	{ "fix", LITERAL("8=FIXT.1."), BY_CLIENT },
	{ "socks", .ask = sign_socks },
	{ "rdp", .ask = sign_rdp },
	{ "smb", .ask = sign_smb },
	{ "ldap", .ask = sign_ldap },
	{ "mqtt", .ask = sign_mqtt },
	{ "telnet", .ask = sign_telnet },
	{ "dns", .ask = sign_dns },
	{ "openvpn", .ask = sign_openvpn },
	{ "kerberos", .ask = sign_kerberos },
	{ "rtmp", .ask = sign_rtmp },
	{ "iec104", .ask = sign_iec104 },
	{ "ppp", .ask = sign_ppp },
	{ "mysql", .ask = sign_mysql },
	{ "postgres", .ask = sign_postgres },
	{ "mssql", .ask = sign_mssql },
	{ "oracle", .ask = sign_oracle },
	{ "mongodb", .ask = sign_mongodb },
	{ "sunrpc", .ask = sign_sunrpc },
	{ "dcerpc", .ask = sign_dcerpc },
	{ "x11", .ask = sign_x11 },
	{ "bgp", .ask = sign_bgp },
	{ "diameter", .ask = sign_diameter },
	{ "pptp", LITERAL("\0\x9c\0\x01\x1a\x2b\x3c\x4d\0\x01"), BY_CLIENT }, /* RFC 2637, 1.4 */
	{ "netbios", LITERAL("\x81\0\0\x44\x20"), BY_CLIENT },                /* RFC 1002, 4.3.2 */
	{ "tacacs", .ask = sign_tacacs },
};

enum says sign_literal(struct slice s, struct slice literal)
{
	if (s.len == 0)
		return SAYS_NO;
	if (s.len < literal.len)
		return slice_starts(literal, s) ? SAYS_WAIT : SAYS_NO;
	return sign_if(slice_starts(s, literal));
}

struct slice sign_line(struct slice s, bool *whole)
{
	const size_t end = slice_find(s, '\n');
	*whole = end < s.len;
	struct slice line = slice_head(s, end);
	if (*whole && line.len != 0 && line.at[line.len - 1] == '\r')
		line.len--;
	return line;
}

static enum says ask_literal(const struct row *row, struct slice client, struct slice server)
{
	const struct slice literal = { (const uint8_t *)row->literal, row->len };
	const enum says by_client = row->by & BY_CLIENT ? sign_literal(client, literal) : SAYS_NO;
	const enum says by_server = row->by & BY_SERVER ? sign_literal(server, literal) : SAYS_NO;
	return by_client > by_server ? by_client : by_server;
}

struct guess signs_ask(struct slice client, struct slice server)
{
	struct guess best = { NULL, SAYS_NO, false };
	for (size_t i = 0; i < sizeof table / sizeof *table && best.name == NULL; i++) {
		const struct row *row = &table[i];
		const enum says says = row->ask != NULL ? row->ask(client, server) : ask_literal(row, client, server);
		if (says == SAYS_NO)
			continue;
		if (says == SAYS_WAIT) {
			best.says = SAYS_WAIT;
			continue;
		}
		/* Sure, but not before those that come first in the table have said no. */
		best.says = best.says == SAYS_WAIT ? SAYS_LIKELY : says;
		best.name = row->name;
		best.patient = row->patient;
	}
	return best;
}
