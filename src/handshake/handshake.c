/* handshake -- is it still HTTP?  One table says where each sign leads; sign_of names the sign in an event; the rest
 * writes down what was irregular.
 *
 * The decisions: only the answer to the very request that asked counts (by its ordinal); every 2xx opens a CONNECT, whatever
 * its framing says; a 101 ends HTTP only as far as the request could ask for it.  A form that no standard has is neither
 * believed nor thrown away: the bytes that follow decide (UNSURE). */
#include "handshake/handshake.h"

#include "handshake/record.h"

/* Where a sign leads; a pair that is not listed changes nothing. */
#define TO(state) ((state) + 1)

static const uint8_t table[HS_STATES][HS_SIGNS] = {
	[HS_HTTP] = {
		[HS_SIGN_ASK_CONNECT] = TO(HS_CONNECT_ASKED),
		[HS_SIGN_ASK_UPGRADE] = TO(HS_UPGRADE_ASKED),
		[HS_SIGN_DISGUISE] = TO(HS_DISGUISED),
	},
	[HS_CONNECT_ASKED] = {
		[HS_SIGN_INTERIM] = TO(HS_CONNECT_ASKED),
		[HS_SIGN_ACCEPT] = TO(HS_CONNECTED),
		[HS_SIGN_UNSURE] = TO(HS_CONNECT_UNSURE),
		[HS_SIGN_REFUSE] = TO(HS_HTTP),
	},
	[HS_UPGRADE_ASKED] = {
		[HS_SIGN_INTERIM] = TO(HS_UPGRADE_ASKED),
		[HS_SIGN_ACCEPT] = TO(HS_UPGRADED),
		[HS_SIGN_ACCEPT_HTTP2] = TO(HS_UPGRADED_HTTP2),
		[HS_SIGN_UNSURE] = TO(HS_UPGRADE_UNSURE),
		[HS_SIGN_REFUSE] = TO(HS_HTTP),
	},
	[HS_CONNECT_UNSURE] = {
		[HS_SIGN_NOT_HTTP_FOLLOWS] = TO(HS_CONNECTED),
		[HS_SIGN_HTTP_FOLLOWS] = TO(HS_HTTP),
	},
	[HS_UPGRADE_UNSURE] = {
		[HS_SIGN_NOT_HTTP_FOLLOWS] = TO(HS_UPGRADED),
		[HS_SIGN_HTTP_FOLLOWS] = TO(HS_HTTP),
	},
	[HS_UPGRADED_HTTP2] = { [HS_SIGN_NOT_HTTP_FOLLOWS] = TO(HS_UPGRADED) },
};

static const char *const state_names[HS_STATES] = {
	[HS_HTTP] = "http",
	[HS_CONNECT_ASKED] = "connect-asked",
	[HS_UPGRADE_ASKED] = "upgrade-asked",
	[HS_CONNECT_UNSURE] = "connect-unsure",
	[HS_UPGRADE_UNSURE] = "upgrade-unsure",
	[HS_CONNECTED] = "connected",
	[HS_UPGRADED] = "upgraded",
	[HS_UPGRADED_HTTP2] = "upgraded-http2",
	[HS_DISGUISED] = "disguised",
};

static const char *const sign_names[HS_SIGNS] = {
	[HS_SIGN_NONE] = "none",
	[HS_SIGN_ASK_CONNECT] = "ask-connect",
	[HS_SIGN_ASK_UPGRADE] = "ask-upgrade",
	[HS_SIGN_INTERIM] = "interim",
	[HS_SIGN_ACCEPT] = "accept",
	[HS_SIGN_ACCEPT_HTTP2] = "accept-http2",
	[HS_SIGN_UNSURE] = "unsure",
	[HS_SIGN_REFUSE] = "refuse",
	[HS_SIGN_NOT_HTTP_FOLLOWS] = "not-http-follows",
	[HS_SIGN_HTTP_FOLLOWS] = "http-follows",
	[HS_SIGN_DISGUISE] = "disguise",
};

static const struct sign connect_accepted = { "handshake", "connect-accepted", FOR_RELAY, PROOF };
static const struct sign connect_unusual = { "handshake", "connect-accepted-unusual", FOR_RELAY, STRONG };
static const struct sign connect_refused = { "handshake", "connect-refused", FOR_HTTP, PROOF };
static const struct sign upgrade_accepted = { "handshake", "upgrade-accepted", FOR_RELAY, PROOF };
static const struct sign upgrade_unusual = { "handshake", "upgrade-accepted-unusual", FOR_RELAY, STRONG };
static const struct sign upgrade_refused = { "handshake", "upgrade-refused", FOR_HTTP, PROOF };
static const struct sign disguised = { "handshake", "disguised", FOR_RELAY, STRONG };
static const struct sign upgrade_http2 = { "handshake", "http2-upgrade", FOR_HTTP, PROOF };

enum hs_state hs_table(enum hs_state from, enum hs_sign sign)
{
	const uint8_t to = table[from][sign];
	return to != 0 ? (enum hs_state)(to - 1) : from;
}

/* The method is case-sensitive (RFC 9110, 9.1): `connect` asks for nothing. */
static bool asks_connect(const struct http_event *ev)
{
	return ev->kind == HTTP_REQUEST && ev->head->method == METHOD_CONNECT;
}

/* A CONNECT asks for a relay to its target whatever else it offers. */
static bool asks_upgrade(const struct http_event *ev)
{
	return ev->kind == HTTP_REQUEST && ev->head->method != METHOD_CONNECT && hs_first_token(ev->head).len != 0;
}

static bool requires_upgrade(const struct http_event *ev)
{
	return ev->kind == HTTP_RESPONSE && ev->head->status == 426 && !ev->ask.upgrade &&
	       hs_first_token(ev->head).len != 0;
}

bool hs_asks(const struct http_event *ev)
{
	return asks_connect(ev) || asks_upgrade(ev) || requires_upgrade(ev);
}

static bool asked(const struct handshake *h)
{
	return h->state == HS_CONNECT_ASKED || h->state == HS_UPGRADE_ASKED;
}

/* With pipelining, the answer to an earlier request must not pass for this one's. */
static bool is_answer(const struct handshake *h, const struct http_event *ev)
{
	return ev->kind == HTTP_RESPONSE && asked(h) && ev->ask.known && ev->ask.ordinal == h->ordinal;
}

static bool is_interim(const struct head *h)
{
	return h->status / 100 == 1 && h->status != 101;
}

/* RFC 9110, 15.2: no interim answer to a client that cannot know of them. */
static bool is_interim_to_http10(const struct http_event *ev)
{
	return ev->kind == HTTP_RESPONSE && is_interim(ev->head) && ev->ask.known && ev->ask.minor == 0;
}

static enum hs_sign connect_answer_sign(const struct head *answer)
{
	if (answer->status == 0)
		return HS_SIGN_UNSURE;
	return answer->status / 100 == 2 ? HS_SIGN_ACCEPT : HS_SIGN_REFUSE; /* RFC 9110, 9.3.6 */
}

/* What a 101 to an Upgrade request has that no standard gives it, RFC 9110, 7.8 and 15.2.2. */
static uint64_t odd_of_101(const struct handshake *h, const struct http_event *ev)
{
	const struct slice chosen = hs_first_token(ev->head);
	const struct handshake_record *r = hs_record_last(h);
	uint64_t odd = 0;
	if (chosen.len == 0)
		odd |= ODD_BIT(UPGRADE_NO_FIELD);
	else if (r != NULL && !hs_offered(r, chosen))
		odd |= ODD_BIT(UPGRADE_NOT_OFFERED);
	if (!h->named_connection)
		odd |= ODD_BIT(UPGRADE_NO_CONNECTION);
	if (ev->ask.minor == 0)
		odd |= ODD_BIT(UPGRADE_HTTP10);
	return odd;
}

static enum hs_sign upgrade_answer_sign(const struct handshake *h, const struct http_event *ev)
{
	if (ev->head->status != 101)
		return HS_SIGN_REFUSE;
	/* Without a record the offer is not remembered, so nothing can be matched. */
	if (hs_record_last(h) == NULL || odd_of_101(h, ev) != 0)
		return HS_SIGN_UNSURE;
	const struct slice name = hs_token_name(hs_first_token(ev->head));
	return slice_eq_nocase(name, SLICE("h2c")) ? HS_SIGN_ACCEPT_HTTP2 : HS_SIGN_ACCEPT;
}

static enum hs_sign sign_of(const struct handshake *h, const struct http_event *ev)
{
	if (asks_connect(ev))
		return HS_SIGN_ASK_CONNECT;
	if (asks_upgrade(ev))
		return HS_SIGN_ASK_UPGRADE;
	if (!is_answer(h, ev))
		return HS_SIGN_NONE;
	if (is_interim(ev->head))
		return HS_SIGN_INTERIM;
	return h->state == HS_CONNECT_ASKED ? connect_answer_sign(ev->head) : upgrade_answer_sign(h, ev);
}

static bool has_body_framing(const struct head *h)
{
	return h->has_length || h->has_coding || h->chunked;
}

static uint64_t odd_of_connect(const struct head *h)
{
	uint64_t odd = 0;
	if (!hs_target_read(h->target).valid)
		odd |= ODD_BIT(CONNECT_TARGET);
	if ((h->has_length && h->length != 0) || h->has_coding || h->chunked)
		odd |= ODD_BIT(CONNECT_BODY);
	return odd;
}

static uint64_t odd_of_connect_answer(const struct http_event *ev)
{
	const struct head *answer = ev->head;
	if (answer->status == 0)
		return ODD_BIT(ANSWER_NO_STATUS);
	if (answer->status == 101)
		return ODD_BIT(UPGRADE_UNASKED);
	if (answer->status / 100 != 2)
		return ev->held_bytes ? ODD_BIT(EARLY_REFUSED) : 0;
	uint64_t odd = 0;
	if (answer->status != 200)
		odd |= ODD_BIT(CONNECT_NOT_200);
	if (has_body_framing(answer))
		odd |= ODD_BIT(CONNECT_FRAMED_2XX); /* RFC 9110, 9.3.6: to be ignored */
	if (ev->held_bytes)
		odd |= ODD_BIT(CONNECT_EARLY);
	return odd;
}

static void take_connect(struct handshake *h, const struct http_event *ev, struct dossier *d)
{
	if (h->tries_connect < UINT8_MAX)
		h->tries_connect++;
	d->odd |= odd_of_connect(ev->head);
	struct handshake_record *r = hs_record_new(h);
	if (r == NULL)
		return;
	hs_record_connect(r, ev);
	r->tries = h->tries_connect;
}

static void take_upgrade(struct handshake *h, const struct http_event *ev)
{
	if (h->tries_upgrade < UINT8_MAX)
		h->tries_upgrade++;
	h->named_connection = ev->head->connection_upgrade;
	struct handshake_record *r = hs_record_new(h);
	if (r == NULL)
		return;
	hs_record_upgrade(r, ev);
	r->tries = h->tries_upgrade;
}

static void take_ask(struct handshake *h, enum hs_sign sign, const struct http_event *ev, struct dossier *d)
{
	h->ordinal = ev->ask.ordinal;
	h->asked_until = ev->offset + ev->eat;
	if (sign == HS_SIGN_ASK_CONNECT) {
		take_connect(h, ev, d);
		return;
	}
	take_upgrade(h, ev);
}

/* RFC 6455, 4.1: a server that cannot answer the key does not speak WebSocket; it has switched all the same.  The first
 * drafts had two other keys and an answer in the body. */
static void check_websocket(struct handshake_record *r, const struct http_event *ev, struct dossier *d)
{
	if (!slice_eq((struct slice){ (const uint8_t *)r->protocol, r->protocol_len }, SLICE("websocket")))
		return;
	if (head_has(ev->head, SLICE("Sec-WebSocket-Location")) || head_has(ev->head, SLICE("WebSocket-Location")))
		return;
	r->websocket_accept = hs_websocket_right(r, ev->head) ? 1 : 2;
	if (r->websocket_accept == 2)
		d->odd |= ODD_BIT(ACCEPT_WRONG);
	/* RFC 6455, 4.2.1: without these the server had to refuse. */
	if (!r->ws_key)
		d->odd |= ODD_BIT(WS_KEY);
	if (!r->ws_version)
		d->odd |= ODD_BIT(WS_VERSION);
}

static void take_101(struct handshake *h, const struct http_event *ev, struct dossier *d)
{
	d->odd |= odd_of_101(h, ev);
	if (has_body_framing(ev->head))
		d->odd |= ODD_BIT(UPGRADE_FRAMED_101); /* RFC 9112, 6.3: no content all the same */
	struct handshake_record *r = hs_record_last(h);
	if (r == NULL)
		return;
	const struct slice chosen = hs_first_token(ev->head);
	if (chosen.len != 0)
		hs_record_chosen(r, chosen);
	check_websocket(r, ev, d);
}

static void accept_at(struct handshake *h, uint64_t client_at, uint64_t server_at)
{
	struct handshake_record *r = hs_record_last(h);
	if (r == NULL)
		return;
	r->result = HS_ACCEPTED;
	r->ended[CLIENT] = client_at;
	r->ended[SERVER] = server_at;
}

static void refuse(struct handshake *h)
{
	struct handshake_record *r = hs_record_last(h);
	if (r != NULL)
		r->result = HS_REFUSED;
}

static const struct sign *note_of(const struct handshake *h, enum hs_sign sign)
{
	const bool connect = h->state == HS_CONNECT_ASKED;
	switch (sign) {
	case HS_SIGN_ACCEPT:
		return connect ? &connect_accepted : &upgrade_accepted;
	case HS_SIGN_ACCEPT_HTTP2:
		return &upgrade_http2;
	case HS_SIGN_REFUSE:
		return connect ? &connect_refused : &upgrade_refused;
	default:
		return NULL;
	}
}

/* The final answer to the request that asked. */
static void take_answer(struct handshake *h, enum hs_sign sign, const struct http_event *ev, struct dossier *d)
{
	h->answered_at = ev->offset;
	struct handshake_record *r = hs_record_last(h);
	if (r != NULL) {
		r->status = ev->head->status;
		r->t_answered = ev->t;
	}
	if (h->state == HS_CONNECT_ASKED)
		d->odd |= odd_of_connect_answer(ev);
	else if (ev->head->status == 101)
		take_101(h, ev, d);
	if (sign == HS_SIGN_ACCEPT || sign == HS_SIGN_ACCEPT_HTTP2)
		accept_at(h, h->asked_until, ev->offset + ev->eat);
	if (sign == HS_SIGN_REFUSE)
		refuse(h);
	const struct sign *note = note_of(h, sign);
	if (note != NULL)
		dossier_add(d, note, SERVER, ev->offset, ev->t);
}

/* What moves no state is worth a word too. */
static void take_other(struct handshake *h, const struct http_event *ev, struct dossier *d)
{
	/* The new protocol begins after the whole request, content included (RFC 9110, 7.8). */
	if (ev->kind == HTTP_MESSAGE_END && ev->from == CLIENT && h->state == HS_UPGRADE_ASKED) {
		h->asked_until = ev->offset + ev->eat;
		return;
	}
	if (ev->kind != HTTP_RESPONSE)
		return;
	if (ev->head->status == 101 && (ev->ask.known || (ev->odd & ODD_BIT(RESPONSE_UNASKED)) != 0))
		d->odd |= ODD_BIT(UPGRADE_UNASKED);
	if (h->state != HS_HTTP || !requires_upgrade(ev))
		return;
	struct handshake_record *r = hs_record_new(h);
	if (r != NULL)
		hs_record_required(r, ev);
}

enum hs_state hs_step(struct handshake *h, const struct http_event *ev, struct dossier *d)
{
	const enum hs_sign sign = sign_of(h, ev);
	const enum hs_state next = hs_table(h->state, sign);
	if (is_interim_to_http10(ev))
		d->odd |= ODD_BIT(INTERIM_HTTP10);
	switch (sign) {
	case HS_SIGN_ASK_CONNECT:
	case HS_SIGN_ASK_UPGRADE:
		if (next != h->state)
			take_ask(h, sign, ev, d);
		break;
	case HS_SIGN_ACCEPT:
	case HS_SIGN_ACCEPT_HTTP2:
	case HS_SIGN_UNSURE:
	case HS_SIGN_REFUSE:
		take_answer(h, sign, ev, d);
		break;
	default:
		take_other(h, ev, d);
	}
	h->state = (uint8_t)next;
	return next;
}

enum hs_state hs_judge_next(
    struct handshake *h, bool looks_like_http, uint64_t client_at, uint64_t server_at, int64_t t, struct dossier *d)
{
	if (!hs_unsure(h))
		return h->state;
	const bool connect = h->state == HS_CONNECT_UNSURE;
	h->state = (uint8_t)hs_table(h->state, looks_like_http ? HS_SIGN_HTTP_FOLLOWS : HS_SIGN_NOT_HTTP_FOLLOWS);
	if (looks_like_http) {
		refuse(h);
		dossier_add(d, connect ? &connect_refused : &upgrade_refused, SERVER, h->answered_at, t);
		return h->state;
	}
	accept_at(h, client_at, server_at);
	struct handshake_record *r = hs_record_last(h);
	if (r != NULL)
		r->unusual = 1;
	d->doubts |= DOUBT_SPELLING;
	dossier_add(d, connect ? &connect_unusual : &upgrade_unusual, SERVER, h->answered_at, t);
	return h->state;
}

void hs_not_http2(struct handshake *h, int64_t t, struct dossier *d)
{
	h->state = (uint8_t)hs_table(h->state, HS_SIGN_NOT_HTTP_FOLLOWS);
	dossier_add(d, &upgrade_accepted, SERVER, h->answered_at, t);
}

void hs_disguised(struct handshake *h, const struct http_event *lost, struct dossier *d)
{
	h->state = (uint8_t)hs_table(h->state, HS_SIGN_DISGUISE);
	if (h->state != HS_DISGUISED)
		return;
	dossier_add(d, &disguised, lost->from, lost->offset, lost->t);
	struct handshake_record *r = hs_record_new(h);
	if (r == NULL)
		return;
	r->kind = HS_KIND_DISGUISED;
	r->result = HS_ACCEPTED;
	r->unusual = 1;
	r->t_asked = r->t_answered = lost->t;
	r->ended[lost->from] = lost->offset;
}

bool hs_still_http(const struct handshake *h)
{
	return h->state != HS_CONNECTED && h->state != HS_UPGRADED && h->state != HS_DISGUISED;
}

bool hs_unsure(const struct handshake *h)
{
	return h->state == HS_CONNECT_UNSURE || h->state == HS_UPGRADE_UNSURE;
}

const struct handshake_record *hs_decisive(const struct handshake *h)
{
	for (unsigned i = h->records != NULL ? h->count : 0; i > 0; i--)
		if (h->records[i - 1].result == HS_ACCEPTED)
			return &h->records[i - 1];
	return hs_record_last(h);
}

const char *hs_state_name(enum hs_state s)
{
	return s < HS_STATES ? state_names[s] : "";
}

const char *hs_sign_name(enum hs_sign s)
{
	return s < HS_SIGNS ? sign_names[s] : "";
}

const char *hs_kind_name(enum hs_kind k)
{
	static const char *const names[] = {
		[HS_KIND_NONE] = "none",
		[HS_KIND_CONNECT] = "connect",
		[HS_KIND_UPGRADE] = "upgrade",
		[HS_KIND_DISGUISED] = "disguised",
	};
	return (unsigned)k < sizeof names / sizeof *names ? names[k] : "";
}

const char *hs_result_name(enum hs_result r)
{
	static const char *const names[] = { [HS_PENDING] = "pending",
		[HS_ACCEPTED] = "accepted",
		[HS_REFUSED] = "refused",
		[HS_REQUIRED] = "required" };
	return (unsigned)r < sizeof names / sizeof *names ? names[r] : "";
}
