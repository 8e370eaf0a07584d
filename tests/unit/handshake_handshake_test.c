/* The rules of CONNECT and Upgrade, one row each: what was said, and where the dialogue must stand then. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "handshake/handshake.h"
#include "room.h"

enum { STEPS = 8, SECOND = 1000000000 };

struct talk {
	const char *rule;
	/* What is said: a head, "end:" for the end of the client's message, "http:" and "other:" for the bytes that follow
	 * an unsure answer.  Before a response may stand "#" and the ordinal of the request that it answers (0 if left
	 * out), "h": the client had already sent more, "u": nobody knows what it answers. */
	const char *steps[STEPS];
	enum hs_state state;
	enum hs_result result;
	unsigned count, tries;
	uint64_t odd;
	const char *note;     /* NULL: none */
	const char *protocol; /* NULL: not compared */
};

#define CONNECT   "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"
#define CONNECT10 "CONNECT a.example:443 HTTP/1.0\r\n\r\n"
#define GET       "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK        "HTTP/1.1 200 OK\r\n\r\n"
#define NEED_AUTH "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
#define WS_FIELDS "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
#define WS_ASK    "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" WS_FIELDS "\r\n"
#define WS_ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define WS_101    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" WS_ACCEPT "\r\n"
#define TLS_ASK   "OPTIONS * HTTP/1.1\r\nHost: a\r\nUpgrade: TLS/1.0\r\nConnection: upgrade\r\n\r\n"
#define ASK(list) "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: " list "\r\n\r\n"
#define TO(list)  "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: " list "\r\n\r\n"
#define B(name)   ODD_BIT(name)

static const struct talk talks[] = {
	/* CONNECT */
	{ "2xx opens", { CONNECT, OK }, HS_CONNECTED, HS_ACCEPTED, 1, 1, 0, "connect-accepted", "" },
	{ "only asked", { CONNECT }, HS_CONNECT_ASKED, HS_PENDING, 1, 1, 0, NULL, "" },
	{ "204 opens", { CONNECT, "HTTP/1.1 204 x\r\n\r\n" }, HS_CONNECTED, HS_ACCEPTED, 1, 1, B(CONNECT_NOT_200),
	    "connect-accepted", "" },
	{ "299 opens", { CONNECT, "HTTP/1.1 299 x\r\n\r\n" }, HS_CONNECTED, HS_ACCEPTED, 1, 1, B(CONNECT_NOT_200),
	    "connect-accepted", "" },
	{ "300 does not", { CONNECT, "HTTP/1.1 300 x\r\n\r\n" }, HS_HTTP, HS_REFUSED, 1, 1, 0, "connect-refused", "" },
	{ "199 is interim", { CONNECT, "HTTP/1.1 199 x\r\n\r\n" }, HS_CONNECT_ASKED, HS_PENDING, 1, 1, 0, NULL, "" },
	{ "100, 103, then 200", { CONNECT, "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", OK },
	    HS_CONNECTED, HS_ACCEPTED, 1, 1, 0, "connect-accepted", "" },
	{ "interim to HTTP/1.0", { CONNECT10, "HTTP/1.1 100 Continue\r\n\r\n", OK }, HS_CONNECTED, HS_ACCEPTED, 1, 1,
	    B(INTERIM_HTTP10), "connect-accepted", "" },
	{ "HTTP/1.0 opens too", { CONNECT10, "HTTP/1.0 200 OK\r\n\r\n" }, HS_CONNECTED, HS_ACCEPTED, 1, 1, 0,
	    "connect-accepted", "" },
	{ "Content-Length on 2xx", { CONNECT, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" }, HS_CONNECTED,
	    HS_ACCEPTED, 1, 1, B(CONNECT_FRAMED_2XX), "connect-accepted", "" },
	{ "Content-Length 0 on 2xx", { CONNECT, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" }, HS_CONNECTED,
	    HS_ACCEPTED, 1, 1, B(CONNECT_FRAMED_2XX), "connect-accepted", "" },
	{ "chunked on 2xx", { CONNECT, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" }, HS_CONNECTED,
	    HS_ACCEPTED, 1, 1, B(CONNECT_FRAMED_2XX), "connect-accepted", "" },
	{ "407 refuses", { CONNECT, NEED_AUTH }, HS_HTTP, HS_REFUSED, 1, 1, 0, "connect-refused", "" },
	{ "407, 407, 200", { CONNECT, NEED_AUTH, CONNECT, "#1" NEED_AUTH, CONNECT, "#2" OK }, HS_CONNECTED, HS_ACCEPTED,
	    3, 3, 0, "connect-accepted", "" },
	{ "refused, then GET", { CONNECT, "HTTP/1.1 403 No\r\n\r\n", GET, "#1" OK }, HS_HTTP, HS_REFUSED, 1, 1, 0,
	    "connect-refused", "" },
	{ "the 200 of an earlier GET", { GET, CONNECT, "#0" OK }, HS_CONNECT_ASKED, HS_PENDING, 1, 1, 0, NULL, "" },
	{ "GET, CONNECT, two answers", { GET, CONNECT, "#0" OK, "#1" OK }, HS_CONNECTED, HS_ACCEPTED, 1, 1, 0,
	    "connect-accepted", "" },
	{ "an answer nobody can place", { CONNECT, "#u" OK }, HS_CONNECT_ASKED, HS_PENDING, 1, 1, 0, NULL, "" },
	{ "an answer before the asking", { "#u" OK, CONNECT }, HS_CONNECT_ASKED, HS_PENDING, 1, 1, 0, NULL, "" },
	{ "a second CONNECT is channel", { CONNECT, OK, CONNECT }, HS_CONNECTED, HS_ACCEPTED, 1, 1, 0,
	    "connect-accepted", "" },
	{ "early data accepted", { CONNECT, "#h" OK }, HS_CONNECTED, HS_ACCEPTED, 1, 1, B(CONNECT_EARLY),
	    "connect-accepted", "" },
	{ "early data refused", { CONNECT, "#h" NEED_AUTH }, HS_HTTP, HS_REFUSED, 1, 1, B(EARLY_REFUSED),
	    "connect-refused", "" },
	{ "CONNECT with content", { "CONNECT a:1 HTTP/1.1\r\nContent-Length: 9\r\n\r\n", OK }, HS_CONNECTED,
	    HS_ACCEPTED, 1, 1, B(CONNECT_BODY), "connect-accepted", "" },
	{ "CONNECT with empty content", { "CONNECT a:1 HTTP/1.1\r\nContent-Length: 0\r\n\r\n", OK }, HS_CONNECTED,
	    HS_ACCEPTED, 1, 1, 0, "connect-accepted", "" },
	{ "CONNECT chunked", { "CONNECT a:1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", OK }, HS_CONNECTED,
	    HS_ACCEPTED, 1, 1, B(CONNECT_BODY), "connect-accepted", "" },
	{ "a path as target", { "CONNECT /CSCOSSLC/tunnel HTTP/1.1\r\n\r\n", OK }, HS_CONNECTED, HS_ACCEPTED, 1, 1,
	    B(CONNECT_TARGET), "connect-accepted", "" },
	{ "101 to CONNECT", { CONNECT, TO("tls") }, HS_HTTP, HS_REFUSED, 1, 1, B(UPGRADE_UNASKED), "connect-refused",
	    "" },
	{ "lower-case connect", { "connect a:443 HTTP/1.1\r\n\r\n", OK }, HS_HTTP, HS_PENDING, 0, 0, 0, NULL, NULL },
	{ "a prefix of CONNECT", { "CON a:443 HTTP/1.1\r\n\r\n", OK }, HS_HTTP, HS_PENDING, 0, 0, 0, NULL, NULL },
	{ "no status", { CONNECT, "HTTP/1.1 OK\r\n\r\n" }, HS_CONNECT_UNSURE, HS_PENDING, 1, 1, B(ANSWER_NO_STATUS),
	    NULL, "" },
	{ "no status, a channel follows", { CONNECT, "HTTP/1.1 OK\r\n\r\n", "other:" }, HS_CONNECTED, HS_ACCEPTED, 1, 1,
	    B(ANSWER_NO_STATUS), "connect-accepted-unusual", "" },
	{ "no status, HTTP follows", { CONNECT, "HTTP/1.1 OK\r\n\r\n", "http:" }, HS_HTTP, HS_REFUSED, 1, 1,
	    B(ANSWER_NO_STATUS), "connect-refused", "" },

	/* Upgrade */
	{ "101 switches", { WS_ASK, WS_101 }, HS_UPGRADED, HS_ACCEPTED, 1, 1, 0, "upgrade-accepted", "websocket" },
	{ "RFC 2817, another version", { TLS_ASK, TO("TLS/1.2, HTTP/1.1") }, HS_UPGRADED, HS_ACCEPTED, 1, 1, 0,
	    "upgrade-accepted", "tls" },
	{ "100, then 101", { TLS_ASK, "HTTP/1.1 100 Continue\r\n\r\n", TO("tls/1.0") }, HS_UPGRADED, HS_ACCEPTED, 1, 1,
	    0, "upgrade-accepted", "tls" },
	{ "200 refuses", { WS_ASK, OK }, HS_HTTP, HS_REFUSED, 1, 1, 0, "upgrade-refused", "websocket" },
	{ "426 refuses the offer", { ASK("foo"), "HTTP/1.1 426 x\r\nUpgrade: tls/1.2\r\n\r\n" }, HS_HTTP, HS_REFUSED, 1,
	    1, 0, "upgrade-refused", "foo" },
	{ "426 without an offer", { GET, "HTTP/1.1 426 x\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n" }, HS_HTTP, HS_REQUIRED,
	    1, 0, 0, NULL, "tls" },
	{ "426, then obeyed", { GET, "HTTP/1.1 426 x\r\nUpgrade: TLS/1.0\r\n\r\n", TLS_ASK, "#1" TO("TLS/1.0") },
	    HS_UPGRADED, HS_ACCEPTED, 2, 1, 0, "upgrade-accepted", "tls" },
	{ "Upgrade in a 200 advertises", { GET, "HTTP/1.1 200 OK\r\nUpgrade: h2c\r\n\r\n" }, HS_HTTP, HS_PENDING, 0, 0,
	    0, NULL, NULL },
	{ "the second token", { ASK("foo, WebSocket"), TO("websocket") }, HS_UPGRADED, HS_ACCEPTED, 1, 1,
	    B(ACCEPT_WRONG) | B(WS_KEY) | B(WS_VERSION), "upgrade-accepted", "websocket" },
	{ "the second field line", { ASK("foo\r\nUpgrade: bar/2"), TO("BAR") }, HS_UPGRADED, HS_ACCEPTED, 1, 1, 0,
	    "upgrade-accepted", "bar" },
	{ "h2c stays HTTP", { ASK("h2c"), TO("h2c") }, HS_UPGRADED_HTTP2, HS_ACCEPTED, 1, 1, 0, "http2-upgrade",
	    "h2c" },
	{ "h2c below another is no HTTP/2", { ASK("tls/1.0, h2c"), TO("tls/1.0, h2c") }, HS_UPGRADED, HS_ACCEPTED, 1, 1,
	    0, "upgrade-accepted", "tls" },
	{ "not offered", { ASK("foo"), TO("bar") }, HS_UPGRADE_UNSURE, HS_PENDING, 1, 1, B(UPGRADE_NOT_OFFERED), NULL,
	    "bar" },
	{ "part of a token is not it", { ASK("foobar"), TO("foo") }, HS_UPGRADE_UNSURE, HS_PENDING, 1, 1,
	    B(UPGRADE_NOT_OFFERED), NULL, "foo" },
	{ "not offered, a channel follows", { ASK("foo"), TO("bar"), "other:" }, HS_UPGRADED, HS_ACCEPTED, 1, 1,
	    B(UPGRADE_NOT_OFFERED), "upgrade-accepted-unusual", "bar" },
	{ "not offered, HTTP follows", { ASK("foo"), TO("bar"), "http:" }, HS_HTTP, HS_REFUSED, 1, 1,
	    B(UPGRADE_NOT_OFFERED), "upgrade-refused", "bar" },
	{ "101 without Upgrade", { ASK("foo"), "HTTP/1.1 101 x\r\n\r\n" }, HS_UPGRADE_UNSURE, HS_PENDING, 1, 1,
	    B(UPGRADE_NO_FIELD), NULL, "foo" },
	{ "no Connection: upgrade", { "GET / HTTP/1.1\r\nUpgrade: foo\r\n\r\n", TO("foo") }, HS_UPGRADE_UNSURE,
	    HS_PENDING, 1, 1, B(UPGRADE_NO_CONNECTION), NULL, "foo" },
	{ "Connection: keep-alive, Upgrade",
	    { "GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: foo\r\n\r\n", TO("foo") }, HS_UPGRADED,
	    HS_ACCEPTED, 1, 1, 0, "upgrade-accepted", "foo" },
	{ "101 to HTTP/1.0", { "GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n", TO("foo") },
	    HS_UPGRADE_UNSURE, HS_PENDING, 1, 1, B(UPGRADE_HTTP10), NULL, "foo" },
	{ "framing on 101", { ASK("foo"), "HTTP/1.1 101 x\r\nUpgrade: foo\r\nContent-Length: 5\r\n\r\n" }, HS_UPGRADED,
	    HS_ACCEPTED, 1, 1, B(UPGRADE_FRAMED_101), "upgrade-accepted", "foo" },
	{ "101 nobody asked for", { GET, TO("websocket") }, HS_HTTP, HS_PENDING, 0, 0, B(UPGRADE_UNASKED), NULL, NULL },
	{ "101 to an earlier request", { GET, ASK("foo"), "#0" TO("foo") }, HS_UPGRADE_ASKED, HS_PENDING, 1, 1,
	    B(UPGRADE_UNASKED), NULL, "foo" },
	{ "wrong accept",
	    { WS_ASK, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "
		      "s3pPLMBiTxaQ9kYGzzhZRbK+xOX=\r\n\r\n" },
	    HS_UPGRADED, HS_ACCEPTED, 1, 1, B(ACCEPT_WRONG), "upgrade-accepted", "websocket" },
	{ "accept cut short",
	    { WS_ASK, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ\r\n\r\n" },
	    HS_UPGRADED, HS_ACCEPTED, 1, 1, B(ACCEPT_WRONG), "upgrade-accepted", "websocket" },
	{ "a key of 15 bytes, no version",
	    { ASK("websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA"),
		"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: bad\r\n\r\n" },
	    HS_UPGRADED, HS_ACCEPTED, 1, 1, B(ACCEPT_WRONG) | B(WS_KEY) | B(WS_VERSION), "upgrade-accepted",
	    "websocket" },
	{ "a key that is no base64",
	    { ASK("websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhl!HNhbXBsZSBub25jZQ=="),
		TO("websocket") },
	    HS_UPGRADED, HS_ACCEPTED, 1, 1, B(ACCEPT_WRONG) | B(WS_KEY), "upgrade-accepted", "websocket" },
	{ "the first draft of WebSocket", { ASK("WebSocket"), TO("WebSocket\r\nWebSocket-Location: ws://a/") },
	    HS_UPGRADED, HS_ACCEPTED, 1, 1, 0, "upgrade-accepted", "websocket" },
	{ "no accept", { WS_ASK, TO("websocket") }, HS_UPGRADED, HS_ACCEPTED, 1, 1, B(ACCEPT_WRONG), "upgrade-accepted",
	    "websocket" },
	{ "an empty Upgrade asks nothing", { ASK(" ,, "), OK }, HS_HTTP, HS_PENDING, 0, 0, 0, NULL, NULL },
	{ "refused, offered again", { WS_ASK, "HTTP/1.1 401 x\r\n\r\n", WS_ASK, "#1" WS_101 }, HS_UPGRADED, HS_ACCEPTED,
	    2, 2, 0, "upgrade-accepted", "websocket" },
	{ "CONNECT that offers too", { "CONNECT a:1 HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: tls\r\n\r\n", OK },
	    HS_CONNECTED, HS_ACCEPTED, 1, 1, 0, "connect-accepted", "" },
	{ "CONNECT refused, then Upgrade", { CONNECT, NEED_AUTH, ASK("foo"), "#1" TO("foo") }, HS_UPGRADED, HS_ACCEPTED,
	    2, 1, 0, "upgrade-accepted", "foo" },
};

struct play {
	struct handshake h;
	struct dossier d;
	struct head *head;
	uint64_t at[2];
	uint32_t asked;
	struct http_ask asks[STEPS];
	struct handshake_record records[MAX_HANDSHAKES];
	bool no_records;
};

/* What is said not to concern a handshake that nobody asked for must leave everything as it was. */
static void step(struct play *p, const struct http_event *ev)
{
	const bool idle = p->h.state == HS_HTTP && p->h.count == 0 && !hs_concerns(ev);
	const struct handshake before = p->h;
	const uint64_t odd = p->d.odd;
	const unsigned notes = p->d.count, doubts = p->d.doubts;
	hs_step(&p->h, ev, &p->d);
	if (!idle)
		return;
	assert_false(hs_asks(ev));
	assert_int_equal(p->h.state, before.state);
	assert_int_equal(p->h.count, before.count);
	assert_true(p->d.odd == odd && p->d.count == notes && p->d.doubts == doubts);
}

/* The text in a buffer of exactly its size, so that a byte too far is seen. */
static void say_head(struct play *p, const char *text)
{
	const char mark = text[0] == '#' ? text[1] : '0';
	text += text[0] == '#' ? 2 : 0;
	const size_t len = strlen(text);
	uint8_t *copy = malloc(len);
	memcpy(copy, text, len);
	const bool answer = len > 5 && memcmp(text, "HTTP/", 5) == 0;
	size_t scanned = 0, used = 0;
	const enum parsed parsed = answer ? head_parse_response((struct slice){ copy, len }, &scanned, p->head, &used)
					  : head_parse_request((struct slice){ copy, len }, &scanned, p->head, &used);
	assert_int_equal(parsed, PARSED);
	assert_int_equal(used, len);
	struct http_event ev = { .kind = answer ? HTTP_RESPONSE : HTTP_REQUEST,
		.from = answer ? SERVER : CLIENT,
		.eat = len,
		.head = p->head,
		.held_bytes = mark == 'h',
		.t = (int64_t)(p->at[CLIENT] + p->at[SERVER]) * SECOND };
	ev.offset = p->at[ev.from];
	p->at[ev.from] += len;
	if (answer) {
		ev.ask = p->asks[mark >= '0' && mark < '0' + STEPS ? mark - '0' : 0];
		ev.ask.known = mark != 'u';
	} else {
		ev.ask = (struct http_ask){ .ordinal = p->asked,
			.method = (uint8_t)p->head->method,
			.minor = p->head->minor,
			.connect = p->head->method == METHOD_CONNECT,
			.upgrade = head_has(p->head, SLICE("Upgrade")),
			.known = true };
		p->asks[p->asked++] = ev.ask;
	}
	if (!p->no_records && hs_asks(&ev))
		p->h.records = p->records;
	step(p, &ev);
	free(copy);
}

static void say(struct play *p, const char *text)
{
	if (strcmp(text, "http:") == 0 || strcmp(text, "other:") == 0) {
		hs_judge_next(&p->h, text[0] == 'h', p->at[CLIENT], p->at[SERVER], 7, &p->d);
		return;
	}
	if (strncmp(text, "end:", 4) == 0) {
		const size_t len = strlen(text) - 4;
		const struct http_event ev = {
			.kind = HTTP_MESSAGE_END, .from = CLIENT, .eat = len, .offset = p->at[CLIENT], .complete = true
		};
		p->at[CLIENT] += len;
		step(p, &ev);
		return;
	}
	say_head(p, text);
}

static void play(struct play *p, const struct talk *t, bool no_records)
{
	*p = (struct play){
		.head = calloc(1, sizeof *p->head), .d = { .room = room_for_notes() }, .no_records = no_records
	};
	for (unsigned i = 0; i < STEPS && t->steps[i] != NULL; i++)
		say(p, t->steps[i]);
	free(p->head);
}

static const struct sign *last_sign(const struct dossier *d)
{
	return d->count != 0 ? dossier_sign(d, d->count - 1U) : NULL;
}

static struct note relay_note(const struct dossier *d)
{
	unsigned i = 0;
	while (dossier_sign(d, i) != dossier_strongest(d, FOR_RELAY))
		i++;
	return dossier_note(d, i);
}

static void check(const struct talk *t)
{
	struct play p;
	play(&p, t, false);
	const struct handshake_record *r = hs_decisive(&p.h);
	const struct sign *n = last_sign(&p.d);
	bool good = p.h.state == t->state && p.h.count == t->count && p.d.odd == t->odd;
	good = good && (t->note == NULL) == (n == NULL) && (n == NULL || strcmp(n->what, t->note) == 0);
	good = good && (t->count == 0) == (r == NULL);
	if (good && r != NULL)
		good = r->result == t->result && r->tries == t->tries &&
		       (t->protocol == NULL || strcmp(r->protocol, t->protocol) == 0);
	if (!good)
		fail_msg("%s: state %s, %u records, odd %llx, note %s, result %s, tries %u, protocol '%s'", t->rule,
		    hs_state_name(p.h.state), p.h.count, (unsigned long long)p.d.odd, n != NULL ? n->what : "none",
		    r != NULL ? hs_result_name(r->result) : "-", r != NULL ? r->tries : 0,
		    r != NULL ? r->protocol : "-");
}

static void rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof talks / sizeof *talks; i++)
		check(&talks[i]);
}

/* Without memory for records the states are the same, but a 101 cannot be matched and is left to what follows. */
static void rules_without_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof talks / sizeof *talks; i++) {
		const struct talk *t = &talks[i];
		struct play p;
		play(&p, t, true);
		const bool unmatched =
		    p.h.state == HS_UPGRADE_UNSURE && (t->state == HS_UPGRADED || t->state == HS_UPGRADED_HTTP2);
		if (p.h.state != t->state && !unmatched)
			fail_msg("%s: state %s", t->rule, hs_state_name(p.h.state));
		assert_null(hs_decisive(&p.h));
		assert_int_equal(p.h.count, 0);
	}
}

static void where_http_ended(void **state)
{
	(void)state;
	const struct talk t = { .steps = { GET, "#0" OK, CONNECT, "#1" NEED_AUTH, CONNECT, "#2" OK } };
	struct play p;
	play(&p, &t, false);
	const struct handshake_record *r = hs_decisive(&p.h);
	assert_int_equal(r->asked_at, strlen(GET CONNECT));
	assert_int_equal(r->ended[CLIENT], strlen(GET CONNECT CONNECT));
	assert_int_equal(r->ended[SERVER], strlen(OK NEED_AUTH OK));
	assert_int_equal(r->t_answered - r->t_asked, (int64_t)strlen(CONNECT) * SECOND);
	const struct note n = relay_note(&p.d);
	assert_int_equal(n.from, SERVER);
	assert_int_equal(n.offset, strlen(OK NEED_AUTH));
	assert_int_equal(n.sign->weight, PROOF);
	assert_false(hs_still_http(&p.h));
}

/* RFC 9110, 7.8: the new protocol begins after the whole request. */
static void content_of_the_asking(void **state)
{
	(void)state;
	const char *ask = "POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: foo\r\nContent-Length: 5\r\n\r\n";
	const struct talk t = { .steps = { ask, "end:hello", TO("foo") } };
	struct play p;
	play(&p, &t, false);
	assert_int_equal(hs_decisive(&p.h)->ended[CLIENT], strlen(ask) + 5);
	assert_string_equal(hs_decisive(&p.h)->target, "POST /");
}

static void unusual_is_a_doubt(void **state)
{
	(void)state;
	const struct talk t = { .steps = { CONNECT, "HTTP/1.1 OK\r\n\r\n", "other:" } };
	struct play p;
	play(&p, &t, false);
	assert_true(p.d.doubts & DOUBT_SPELLING);
	assert_int_equal(hs_decisive(&p.h)->unusual, 1);
	assert_int_equal(hs_decisive(&p.h)->ended[SERVER], strlen("HTTP/1.1 OK\r\n\r\n"));
	assert_int_equal(relay_note(&p.d).offset, 0);
	assert_int_equal(dossier_strongest(&p.d, FOR_RELAY)->weight, STRONG);
	assert_false(hs_unsure(&p.h));
	assert_int_equal(hs_judge_next(&p.h, true, 0, 0, 0, &p.d), HS_CONNECTED);
}

/* HTTP was a disguise: a relay without any handshake, but never in place of one that is under way. */
static void disguise(void **state)
{
	(void)state;
	const struct http_event lost = { .kind = HTTP_LOST, .from = SERVER, .offset = 99, .t = 3 };
	struct play p;
	play(&p, &(struct talk){ .steps = { GET, OK } }, false);
	p.h.records = p.records;
	hs_disguised(&p.h, &lost, &p.d);
	assert_int_equal(p.h.state, HS_DISGUISED);
	assert_false(hs_still_http(&p.h));
	assert_int_equal(hs_decisive(&p.h)->kind, HS_KIND_DISGUISED);
	assert_int_equal(hs_decisive(&p.h)->ended[SERVER], 99);
	assert_int_equal(dossier_strongest(&p.d, FOR_RELAY)->weight, STRONG);
	play(&p, &(struct talk){ .steps = { CONNECT } }, false);
	hs_disguised(&p.h, &lost, &p.d);
	assert_int_equal(p.h.state, HS_CONNECT_ASKED);
	assert_null(dossier_strongest(&p.d, FOR_RELAY));
}

static void websocket_accept(void **state)
{
	(void)state;
	struct play p;
	play(&p, &(struct talk){ .steps = { WS_ASK, WS_101 } }, false);
	assert_int_equal(hs_decisive(&p.h)->websocket_accept, 1);
	play(&p, &(struct talk){ .steps = { WS_ASK, TO("websocket") } }, false);
	assert_int_equal(hs_decisive(&p.h)->websocket_accept, 2);
	/* Without a key nothing can be right. */
	play(&p, &(struct talk){ .steps = { ASK("websocket"), WS_101 } }, false);
	assert_int_equal(hs_decisive(&p.h)->websocket_accept, 2);
	play(&p, &(struct talk){ .steps = { ASK("foo"), TO("foo") } }, false);
	assert_int_equal(hs_decisive(&p.h)->websocket_accept, 0);
	/* The first drafts had no such answer. */
	play(&p, &(struct talk){ .steps = { ASK("WebSocket"), TO("WebSocket\r\nSec-WebSocket-Location: ws://a/") } },
	    false);
	assert_int_equal(hs_decisive(&p.h)->websocket_accept, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(rules_without_records),
		cmocka_unit_test(where_http_ended),
		cmocka_unit_test(content_of_the_asking),
		cmocka_unit_test(unusual_is_a_doubt),
		cmocka_unit_test(disguise),
		cmocka_unit_test(websocket_accept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
