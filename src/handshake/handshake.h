/* handshake -- CONNECT and Upgrade as one table: what was asked, what was answered, is it still HTTP?
 *
 * Nothing is decided on the asking (RFC 9110, 9.3.6 and 7.8): only the answer to that very request opens a relay.
 * The table is printed by `culvert explain --states`, and the manual holds that print.
 */
#ifndef HANDSHAKE_HANDSHAKE_H
#define HANDSHAKE_HANDSHAKE_H

#include "base/json.h"
#include "evidence/evidence.h"
#include "http/conn.h"

enum hs_state {
	HS_HTTP, /* nothing asked, or refused: ordinary HTTP */
	HS_CONNECT_ASKED,
	HS_UPGRADE_ASKED,
	HS_CONNECT_UNSURE, /* answered in a form no standard has: what follows decides */
	HS_UPGRADE_UNSURE,
	HS_CONNECTED,      /* CONNECT accepted: a relay */
	HS_UPGRADED,       /* another protocol took over: a relay */
	HS_UPGRADED_HTTP2, /* h2c took over: still HTTP */
	HS_DISGUISED,      /* HTTP on the surface only, then bytes that are none, and nothing asked: a relay */
	HS_STATES
};

enum hs_sign {
	HS_SIGN_NONE,
	HS_SIGN_ASK_CONNECT,
	HS_SIGN_ASK_UPGRADE,
	HS_SIGN_INTERIM,
	HS_SIGN_ACCEPT,
	HS_SIGN_ACCEPT_HTTP2,
	HS_SIGN_UNSURE,
	HS_SIGN_REFUSE,
	HS_SIGN_NOT_HTTP_FOLLOWS,
	HS_SIGN_HTTP_FOLLOWS,
	HS_SIGN_DISGUISE,
	HS_SIGNS
};

enum hs_kind { HS_KIND_NONE, HS_KIND_CONNECT, HS_KIND_UPGRADE, HS_KIND_DISGUISED };
enum hs_result { HS_PENDING, HS_ACCEPTED, HS_REFUSED, HS_REQUIRED }; /* REQUIRED: a 426 that nobody had offered */

/* One handshake, as kept for the record.  Strings are cut to their array, bytes as on the wire. */
struct handshake_record {
	uint8_t kind, result;     /* enum hs_kind, enum hs_result */
	uint8_t unusual;          /* accepted by what followed, not by a standard's form */
	uint8_t websocket_accept; /* 0 not to check, 1 right, 2 wrong or missing */
	bool ws_key, ws_version;  /* the request had a key of 16 bytes, and a version */
	uint16_t status;
	uint16_t tries;             /* requests of this kind up to and with this one */
	uint16_t target_len, port;  /* port of the CONNECT target, 0 if none */
	uint16_t host_at, host_len; /* the host's place within target (brackets of IPv6 left out) */
	uint8_t user_len, protocol_len, offered_len8, alpn_len;
	char target[MAX_TARGET]; /* CONNECT: the target as written; Upgrade: method SP target */
	char user[MAX_USER];     /* Proxy-Authorization: user of Basic or Digest; never the secret */
	char scheme[16];         /* "basic", "digest", "ntlm", "negotiate", ... */
	char protocol[32];       /* Upgrade: lower-case name of the token chosen, else of the first offered */
	char offered[96];        /* Upgrade: the offer, field lines joined by ", " */
	char chosen[32];         /* Upgrade: the token of the 101 as written */
	char alpn[64];           /* CONNECT: the ALPN field (RFC 7639), a claim only */
	char ws_expect[28];      /* the Sec-WebSocket-Accept that the key asks for, no NUL; all zero: no usable key */
	uint64_t asked_at, ended[2]; /* offset of the request; where HTTP ended on each side (accepted only) */
	int64_t t_asked, t_answered;
};

struct handshake {
	uint8_t state; /* enum hs_state */
	uint8_t tries_connect, tries_upgrade;
	uint8_t count : 7;            /* of records, at most MAX_HANDSHAKES; the last is the one in progress */
	uint8_t named_connection : 1; /* the Upgrade request had Connection: upgrade too */
	uint32_t ordinal;             /* of the request that asked */
	struct handshake_record
	    *records;         /* room for MAX_HANDSHAKES, lent by the caller when first needed; may be NULL */
	uint64_t asked_until; /* client offset right after the request that asked */
	uint64_t answered_at; /* server offset of the answer */
};

/* True when this event opens a handshake (or is a 426 that asks for one), so that the caller can lend records before
 * hs_step. */
bool hs_asks(const struct http_event *ev);

/* Could this event mean anything to a handshake while nobody has asked?  Of ordinary exchanges none does: 300 instructions less for
 * each. */
static inline bool hs_concerns(const struct http_event *ev)
{
	if (ev->kind == HTTP_REQUEST)
		return ev->head->method == METHOD_CONNECT || (ev->head->names >> field_bit(SLICE("Upgrade")) & 1) != 0;
	return ev->kind == HTTP_RESPONSE && (ev->head->status / 100 == 1 || ev->head->status == 426);
}

enum hs_state hs_step(struct handshake *h, const struct http_event *ev, struct dossier *d);

/* In an UNSURE state: the next bytes of either side are there.  Says what became of it. */
enum hs_state hs_judge_next(
    struct handshake *h, bool looks_like_http, uint64_t client_at, uint64_t server_at, int64_t t, struct dossier *d);

/* HTTP/2 was agreed on, and the client's bytes are none. */
void hs_not_http2(struct handshake *h, int64_t t, struct dossier *d);

/* After an exchange of HTTP the framing was lost to bytes of another protocol, and no handshake explains it. */
void hs_disguised(struct handshake *h, const struct http_event *lost, struct dossier *d);

bool hs_still_http(const struct handshake *h); /* false once CONNECTED, UPGRADED or DISGUISED */
bool hs_unsure(const struct handshake *h);

/* The decisive record: the accepted one, else the last; NULL when none. */
const struct handshake_record *hs_decisive(const struct handshake *h);

const char *hs_state_name(enum hs_state s);
const char *hs_sign_name(enum hs_sign s);
const char *hs_kind_name(enum hs_kind k);
const char *hs_result_name(enum hs_result r);
enum hs_state hs_table(enum hs_state from, enum hs_sign sign); /* for printing and testing the table */

#endif
