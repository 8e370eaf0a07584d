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

static inline enum says sign_if(bool sure)
{
	return sure ? SAYS_YES : SAYS_NO;
}

/* Does `s` begin with `literal`?  WAIT while it is a true beginning of it. */
enum says sign_literal(struct slice s, struct slice literal);

/* The first line without its end; *whole when the end was seen. */
struct slice sign_line(struct slice s, bool *whole);

#define SIGN(name) enum says sign_##name(struct slice client, struct slice server)

/* signs_http.c */
SIGN(http);
SIGN(rtsp);
SIGN(sip);
SIGN(icap);

/* signs_text.c */
SIGN(ssh);
SIGN(vnc);
SIGN(smtp);
SIGN(ftp);
SIGN(imap);
SIGN(pop3);
SIGN(nntp);
SIGN(irc);
SIGN(xmpp);
SIGN(redis);
SIGN(memcached);
SIGN(git);

/* signs_binary.c: desktops, files, names, proxies, pipes */
SIGN(socks);
SIGN(rdp);
SIGN(smb);
SIGN(ldap);
SIGN(mqtt);
SIGN(telnet);
SIGN(dns);
SIGN(openvpn);
SIGN(kerberos);
SIGN(rtmp);
SIGN(iec104);
SIGN(ppp);

/* signs_data.c: databases and calls */
SIGN(mysql);
SIGN(postgres);
SIGN(mssql);
SIGN(oracle);
SIGN(mongodb);
SIGN(sunrpc);
SIGN(dcerpc);
SIGN(x11);
SIGN(bgp);
SIGN(diameter);
SIGN(tacacs);

#undef SIGN

#endif
