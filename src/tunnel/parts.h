/* parts -- one protocol each: which part of its dialogue these bytes are, or none.  Private to dialogue.c; at least four bytes are there,
 * and `whole` says that they are all. */
#ifndef TUNNEL_PARTS_H
#define TUNNEL_PARTS_H

#include "tunnel/dialogue.h"

static const struct dialogue none = { .name = NULL };

static inline struct dialogue opens(const char *name)
{
	return (struct dialogue){ .name = name, .part = PART_OPENS, .needed = 1 };
}

static inline struct dialogue answers(const char *name)
{
	return (struct dialogue){ .name = name, .part = PART_ANSWERS, .needed = 1 };
}

static inline struct dialogue goes_on(const char *name)
{
	return (struct dialogue){ .name = name, .part = PART_GOES_ON, .needed = 1 };
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

static inline struct dialogue alike(struct dialogue d)
{
	d.alike = true;
	return d;
}

static inline struct dialogue numbered(struct dialogue d, uint32_t to, uint32_t number)
{
	d.to = to;
	d.number = number;
	return d;
}

typedef struct dialogue part_fn(struct slice s, bool whole, enum side from);

/* Lines. */
part_fn part_http, part_irc, part_redis;
part_fn part_greeting; /* of IMAP, POP3, FTP, SMTP, and their answers */
part_fn part_command;  /* to one of these; and of IRC */

/* Bytes. */
part_fn part_rdp, part_postgres, part_mysql, part_socks, part_mqtt, part_amqp, part_ldap, part_mssql;
part_fn part_dns, part_openvpn, part_wireguard, part_mongodb;

#endif
