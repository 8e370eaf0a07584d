/* channel -- what the bytes outside HTTP are, from their content only: never from a port or an address.
 *
 * Shown both sides' first unread bytes, it says DONE or asks for more.  Own signs first (TLS, SSH, HTTP, WebSocket
 * frames, SOCKS, mail and FTP banners, capsules), then nDPI on a flow of its own with these bytes only, else "unknown"
 * with the entropy.  Nothing is eaten by looking; the caller keeps the bytes until DONE.
 */
#ifndef CHANNEL_CHANNEL_H
#define CHANNEL_CHANNEL_H

#include "base/err.h"
#include "base/slice.h"
#include "evidence/evidence.h"

/* What the handshake agreed on, a hint of what to check first. */
enum agreed { AGREED_NOTHING, AGREED_TLS, AGREED_WEBSOCKET, AGREED_CAPSULES, AGREED_HTTP2 };

enum channel_want { CHANNEL_MORE, CHANNEL_DONE, CHANNEL_IS_HTTP }; /* IS_HTTP: a dialogue of its own begins here */

struct channel {
	uint8_t settled;
	uint8_t agreed;         /* enum agreed */
	uint8_t fake_websocket; /* agreed on WebSocket, the bytes are no frames */
	uint8_t alpn_count;
	uint8_t first_speaker; /* enum side; whose bytes came first */
	uint8_t spoke;         /* bit 0: bytes of the client were seen, bit 1: of the server */
	uint8_t entropy8;      /* 16 * bits per byte of the larger side looked at, 0..128; for "unknown" */
	uint8_t by_ndpi;
	uint8_t looks;        /* times nDPI was asked */
	uint16_t tls_version; /* highest the ClientHello offers, e.g. 0x0304 */
	uint8_t has_hello, sni_len, ech;
	char name[24];   /* "tls", "ssh", "websocket", "capsules", "unknown", ... lower case; "" not yet */
	char inside[24]; /* WebSocket, capsules: what they carry; "" not known */
	char sni[256];
	char alpn[4][24];
	char ja4[40];
	char banner[96]; /* SSH version line, mail or FTP greeting; bytes as on the wire, NUL-terminated */
	uint64_t odd;    /* 1 << enum odd: what was irregular in the channel */
};

struct channel_kit; /* nDPI's module and scratch memory, one a worker */

struct channel_kit *channel_kit_new(struct err *e) MUST_CHECK;
void channel_kit_free(struct channel_kit *k);
uint64_t channel_kit_cut(const struct channel_kit *k); /* times that MAX_NDPI_BYTES was reached */

/* The first bytes of each side since the channel began (cut at MAX_CHANNEL_LOOK by the caller's memory or not), `over`
 * when no more will come.  On DONE, c->name is set. */
enum channel_want channel_look(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over);

/* Own signs only, cheap, without a verdict: the name of what begins these bytes, or NULL.  For tunnels' unwrapped bytes. */
const char *channel_sign(struct slice client, struct slice server);

/* Neither text nor a file that can be known by its first bytes, and 16 bytes at least: what a cipher makes. */
bool channel_is_opaque(struct slice s);

/* Settles a channel whose first bytes are not at hand; `some` are later ones, for the entropy. */
void channel_unknown(struct channel *c, struct slice some);

/* CONNECT host against the ClientHello. */
enum sni_match { SNI_NOT_TLS, SNI_ABSENT, SNI_SAME, SNI_DIFFERS };
enum sni_match channel_sni_match(const struct channel *c, struct slice host);
const char *sni_match_name(enum sni_match m); /* "not-tls", "absent", "same", "differs" */

#endif
