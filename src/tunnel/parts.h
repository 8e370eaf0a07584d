/* parts -- one protocol each: which part of its dialogue these bytes are, or none.  Private to dialogue.c; at least four bytes are there,
 * and `whole` says that they are all. */
#ifndef TUNNEL_PARTS_H
#define TUNNEL_PARTS_H

#include "tunnel/dialogue.h"

static const struct dialogue none = { NULL, PART_NONE, 0, NULL };

static inline struct dialogue opens(const char *name)
{
	return (struct dialogue){ name, PART_OPENS, 1, NULL };
}

static inline struct dialogue answers(const char *name)
{
	return (struct dialogue){ name, PART_ANSWERS, 1, NULL };
}

/* Once may be an accident. */
static inline struct dialogue twice(struct dialogue d)
{
	d.needed = 2;
	return d;
}

static inline struct dialogue either(struct dialogue d, const char *other)
{
	d.other = other;
	return d;
}

typedef struct dialogue part_fn(struct slice s, bool whole);

/* Lines. */
part_fn part_http, part_irc, part_redis;
part_fn part_greeting; /* of IMAP, POP3, FTP, SMTP */
part_fn part_command;  /* to one of these; and of IRC */

/* Bytes. */
part_fn part_rdp, part_postgres, part_mysql, part_socks, part_mqtt, part_amqp, part_ldap, part_mssql;
part_fn part_dns, part_openvpn, part_wireguard, part_mongodb;

#endif
