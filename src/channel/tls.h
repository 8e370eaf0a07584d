/* tls -- the records that begin TLS and what its ClientHello offers.  Private to channel. */
#ifndef CHANNEL_TLS_H
#define CHANNEL_TLS_H

#include "base/limits.h"
#include "channel/channel.h"
#include "channel/sign.h"

enum { MOST_CIPHERS = 1024, MOST_EXTENSIONS = 256 };

/* What JA4 is made of; lists are in the order of the wire, without GREASE (RFC 8701). */
struct ja4_parts {
	uint16_t ciphers[MOST_CIPHERS], extensions[MOST_EXTENSIONS], algorithms[MOST_EXTENSIONS];
	unsigned cipher_count, extension_count, algorithm_count;
	uint16_t version;
	bool has_sni;
	bool too_many;     /* a list was longer than there is room for */
	struct slice alpn; /* the first value offered; no address when there is none */
};

struct tls_scratch {
	uint8_t hello[MAX_CHANNEL_LOOK];
	struct ja4_parts parts;
	char text[(MOST_CIPHERS > 2 * MOST_EXTENSIONS ? MOST_CIPHERS : 2 * MOST_EXTENSIONS) * 5 + 2];
};

enum says tls_sign(struct slice client, struct slice server);

/* Fills in what channel.h keeps of a ClientHello.  False when there is no whole one. */
bool tls_read_hello(struct tls_scratch *t, struct slice client, struct channel *c);

/* Sorts the lists of `p`; false when a list was too long to be exact. */
bool ja4_write(struct ja4_parts *p, char *text, size_t size, char *out, size_t out_size);
bool ja4_is_grease(uint16_t value);

#endif
