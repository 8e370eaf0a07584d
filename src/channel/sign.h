/* sign -- what the first bytes of both sides say they are, by content alone.  Private to channel.
 *
 * Every sign is asked again as bytes come, and its answers only harden: from WAIT (these bytes may become mine) and
 * LIKELY (they are mine unless what follows denies it) to YES or NO.  So the answer does not depend on how the bytes
 * were cut into segments.  A side that has not spoken yet says nothing for or against.
 */
#ifndef CHANNEL_SIGN_H
#define CHANNEL_SIGN_H

#include "base/slice.h"

enum says { SAYS_NO, SAYS_WAIT, SAYS_LIKELY, SAYS_YES };

struct guess {
	const char *name; /* NULL with SAYS_NO */
	enum says says;
	bool patient; /* worth waiting for more bytes than usual */
};

/* The first sign of the table that does not say no. */
struct guess signs_ask(struct slice client, struct slice server);

/* Does `s` begin with `literal`?  WAIT while it is a true beginning of it. */
enum says sign_literal(struct slice s, struct slice literal);

/* The first line without its end; *whole when the end was seen. */
struct slice sign_line(struct slice s, bool *whole);

/* signs_http.c */
enum says sign_http(struct slice client, struct slice server);
enum says sign_rtsp(struct slice client, struct slice server);
enum says sign_sip(struct slice client, struct slice server);
enum says sign_icap(struct slice client, struct slice server);

/* signs_text.c */
enum says sign_ssh(struct slice client, struct slice server);
enum says sign_vnc(struct slice client, struct slice server);
enum says sign_smtp(struct slice client, struct slice server);
enum says sign_ftp(struct slice client, struct slice server);
enum says sign_imap(struct slice client, struct slice server);
enum says sign_pop3(struct slice client, struct slice server);
enum says sign_nntp(struct slice client, struct slice server);
enum says sign_irc(struct slice client, struct slice server);
enum says sign_xmpp(struct slice client, struct slice server);
enum says sign_redis(struct slice client, struct slice server);
enum says sign_memcached(struct slice client, struct slice server);
enum says sign_git(struct slice client, struct slice server);

/* signs_binary.c: desktops, files, names, proxies, pipes */
enum says sign_socks(struct slice client, struct slice server);
enum says sign_rdp(struct slice client, struct slice server);
enum says sign_smb(struct slice client, struct slice server);
enum says sign_ldap(struct slice client, struct slice server);
enum says sign_mqtt(struct slice client, struct slice server);
enum says sign_telnet(struct slice client, struct slice server);
enum says sign_dns(struct slice client, struct slice server);
enum says sign_openvpn(struct slice client, struct slice server);
enum says sign_kerberos(struct slice client, struct slice server);
enum says sign_rtmp(struct slice client, struct slice server);
enum says sign_iec104(struct slice client, struct slice server);
enum says sign_ppp(struct slice client, struct slice server);

/* signs_data.c: databases and calls */
enum says sign_mysql(struct slice client, struct slice server);
enum says sign_postgres(struct slice client, struct slice server);
enum says sign_mssql(struct slice client, struct slice server);
enum says sign_oracle(struct slice client, struct slice server);
enum says sign_mongodb(struct slice client, struct slice server);
enum says sign_sunrpc(struct slice client, struct slice server);
enum says sign_dcerpc(struct slice client, struct slice server);
enum says sign_x11(struct slice client, struct slice server);
enum says sign_bgp(struct slice client, struct slice server);
enum says sign_diameter(struct slice client, struct slice server);
enum says sign_tacacs(struct slice client, struct slice server);

#endif
