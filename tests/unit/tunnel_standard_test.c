/* The detectors of published protocols, each with one exchange that shows its protocol: cut anywhere the same is found and
 * unwrapped; with bytes missing nothing wrong is; with other contents in the same heads nothing is found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tunnel/tunnel.h"
#include "owner.h"
#include "room.h"

static const uint64_t some_id = 7;
static const struct tunnel_owner owner = { owner_pair, owner_flow_id, &some_id };

struct message {
	const char *first, *second; /* method and target; for an answer, not used */
	const char *fields[4][2];
	struct slice body;
};

struct exchange {
	const char *tool;
	struct message ask, answer;
	size_t inner[2]; /* bytes unwrapped of each side */
};

#define BODY(literal) SLICE(literal)

#define SSTP_ASK "\x10\1\0\x0e\0\1\0\1\0\1\0\6\0\1\x10\0\0\x08\xff\3\xc0\x21"
#define SSTP_ACK "\x10\1\0\x30\0\2\0\1\0\4\0\x28\0\0\0\3abcdefghijklmnopqrstuvwxyz012345\x10\0\0\x06hi"
#define RTS_ASK                                                                                                        \
	"\5\0\x14\3\x10\0\0\0\x4c\0\0\0\0\0\0\0\0\0\4\0\6\0\0\0\1\0\0\0\3\0\0\0ABCDEFGHIJKLMNOP\3\0\0\0abcdefghijklmn" \
	"op\0\0\0\0\0\0\1\0"
#define RTS_ANSWER "\5\0\x14\3\x10\0\0\0\x1c\0\0\0\0\0\0\0\0\0\1\0\2\0\0\0\xc0\xd4\1\0"
#define HTTPBIND   "xmlns='http://jabber.org/protocol/httpbind'"
#define PACK                                                  \
	"\0\0\0\2\0\0\0\7method\0\0\0\2\0\0\0\1\0\0\0\5login" \
	"\0\0\0\10pencore\0\0\0\1\0\0\0\1\0\0\0\12ABCDEFGHIJ"
#define DNS_ASK    "\0\0\1\0\0\1\0\0\0\0\0\0\3www\7example\0\0\1\0\1"
#define DNS_ANSWER "\0\0\x81\x80\0\1\0\1\0\0\0\0\3www\7example\0\0\1\0\1\xc0\x0c\0\1\0\1\0\0\0\1\0\4\1\2\3\4"

static const struct exchange exchanges[] = {
	{ "sstp", { "SSTP_DUPLEX_POST", "/x", { { NULL } }, BODY(SSTP_ASK) },
	    { NULL, NULL, { { NULL } }, BODY(SSTP_ACK) }, { 4, 2 } },
	{ "rpc-over-http", { "RPC_IN_DATA", "/rpc/rpcproxy.dll?h:1", { { NULL } }, BODY(RTS_ASK) },
	    { NULL, NULL, { { NULL } }, BODY(RTS_ANSWER) }, { 76, 28 } },
	{ "rdg",
	    { "RDG_IN_DATA", "/remoteDesktopGateway/", { { "RDG-Connection-Id", "{1}" } },
		BODY("\1\0\0\0\x0e\0\0\0\1\0\0\0\0\0\x0a\0\0\0\x0e\0\0\0\4\0data") },
	    { NULL, NULL, { { NULL } }, BODY("") }, { 4, 0 } },
	{ "rtsp-over-http",
	    { "POST", "/x", { { "x-sessioncookie", "c" } },
		BODY("T1BUSU9OUyBydHNwOi8vYy8gUlRTUC8xLjANCkNTZXE6IDENCg0K") },
	    { NULL, NULL, { { NULL } }, BODY("") }, { 39, 0 } },
	{ "bosh", { "POST", "/b", { { NULL } }, BODY("<body rid='1' " HTTPBIND "><iq/></body>") },
	    { NULL, NULL, { { "Content-Type", "text/xml" } }, BODY("<body sid='7' " HTTPBIND "><a><b/></a></body>") },
	    { 5, 11 } },
	{ "doh", { "POST", "/d", { { "Content-Type", "application/dns-message" } }, BODY(DNS_ASK) },
	    { NULL, NULL, { { "Content-Type", "application/dns-message" } }, BODY(DNS_ANSWER) }, { 29, 45 } },
	{ "softether", { "POST", "/vpnsvc/vpn.cgi", { { "Content-Type", "application/octet-stream" } }, BODY(PACK) },
	    { NULL, NULL, { { "Content-Type", "application/octet-stream" } }, BODY(PACK) }, { 0, 0 } },
	{ "mapi-over-http",
	    { "POST", "/m", { { "X-RequestType", "Execute" }, { "Content-Type", "application/mapi-http" } },
		BODY("ropbuffer") },
	    { NULL, NULL, { { "X-ResponseCode", "0" }, { "Content-Type", "application/mapi-http" } },
		BODY("PROCESSING\r\nDONE\r\nX-ResponseCode: 0\r\n\r\nanswer") },
	    { 9, 6 } },
	{ "ohttp",
	    { "POST", "/o", { { "Content-Type", "message/ohttp-req" } },
		BODY("\1\0\x20\0\1\0\1"
		     "0123456789012345678901234567890123456789012345678901234567890123") },
	    { NULL, NULL, { { "Content-Type", "message/ohttp-res" } }, BODY("0123456789abcdef") }, { 0, 0 } },
	{ "bayeux",
	    { "POST", "/c", { { "Content-Type", "application/json" } },
		BODY("[{\"channel\":\"/meta/handshake\",\"version\":\"1.0\"}]") },
	    { NULL, NULL, { { "Content-Type", "application/json" } },
		BODY("[{\"successful\":true,\"channel\":\"/meta/handshake\"}]") },
	    { 0, 0 } },
	{ "grpc-foreign",
	    { "POST", "/g", { { "Content-Type", "application/grpc-web+proto" } },
		BODY("\0\0\0\0\x0c\x08\1\x12\x08SSH-2.0-\0\0\0\0\4\x12\2ab") },
	    { NULL, NULL, { { "Content-Type", "application/grpc-web+proto" } },
		BODY("\0\0\0\0\x0a\x0a\x08SSH-1.99\x80\0\0\0\3a:b") },
	    { 10, 8 } },
};

enum { EXCHANGES = sizeof exchanges / sizeof *exchanges };

struct line {
	struct tunnel_kit kit;
	void *ours;
	struct tunnel tunnel;
	struct dossier notes;
	struct head *head;
	uint64_t at[2];
	struct http_ask ask;
	bool listening[2];
};

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static void line_begin(struct line *l, const char *tool)
{
	struct err e;
	*l = (struct line){ .head = calloc(1, sizeof *l->head), .notes = { .room = room_for_notes() } };
	assert_true(tunnel_kit_init(&l->kit, 2, NULL, &e));
	l->ours = calloc(1, tunnel_shared_size());
	tunnel_init(&l->tunnel, l->ours);
	unsigned which = 0;
	while (strcmp(tunnel_detector(which)->name, tool) != 0)
		which++;
	l->tunnel.never = ~(UINT64_C(1) << which) & ALL_DETECTORS;
}

static void line_end(struct line *l)
{
	tunnel_fini(&l->kit, &l->tunnel);
	assert_int_equal(l->kit.findings.used, 0);
	tunnel_kit_fini(&l->kit);
	free(l->ours);
	free(l->head);
}

static void show(struct line *l, struct http_event *ev)
{
	ev->offset = l->at[ev->from];
	l->at[ev->from] += ev->eat;
	ev->ask = l->ask;
	l->listening[ev->from] = tunnel_see(&l->kit, &l->tunnel, ev, &l->notes, &owner);
}

static enum method method_of(const char *name)
{
	return strcmp(name, "POST") == 0 ? METHOD_POST : strcmp(name, "GET") == 0 ? METHOD_GET : METHOD_OTHER;
}

static void head_of(struct line *l, const struct message *m, size_t length)
{
	const bool response = m->first == NULL;
	*l->head = (struct head){ .response = response,
		.status = response ? 200 : 0,
		.has_length = true,
		.length_valid = true,
		.names = UINT64_MAX,
		.length = length };
	for (unsigned i = 0; i < 4 && m->fields[i][0] != NULL; i++)
		l->head->fields[l->head->field_count++] =
		    (struct field){ text(m->fields[i][0]), text(m->fields[i][1]) };
	if (response)
		return;
	l->head->method = method_of(m->first);
	l->head->method_text = text(m->first);
	l->head->target = text(m->second);
	l->ask = (struct http_ask){ .method = (uint8_t)l->head->method, .minor = 1, .known = true };
}

/* In pieces of `piece` bytes, each in a buffer of just that size, without the bytes from `hole` to `hole_end`. */
static void say(struct line *l, const struct message *m, struct slice body, size_t piece, size_t hole, size_t hole_end)
{
	const enum side side = m->first != NULL ? CLIENT : SERVER;
	head_of(l, m, body.len);
	struct http_event head = { .kind = side == CLIENT ? HTTP_REQUEST : HTTP_RESPONSE,
		.from = side,
		.eat = 100,
		.head = l->head,
		.rule = body.len != 0 ? BODY_LENGTH : BODY_NONE };
	show(l, &head);
	for (size_t at = 0; at < body.len; at += piece) {
		const struct slice part = slice_head(slice_from(body, at), piece);
		if (at >= hole && at < hole_end) {
			l->at[side] += part.len;
			continue;
		}
		uint8_t *copy = malloc(part.len);
		memcpy(copy, part.at, part.len);
		struct http_event ev = {
			.kind = HTTP_BODY, .from = side, .eat = part.len, .bytes = { copy, part.len }
		};
		if (l->listening[side])
			show(l, &ev);
		else
			l->at[side] += part.len;
		free(copy);
	}
	struct http_event end = { .kind = HTTP_MESSAGE_END, .from = side, .complete = hole == hole_end };
	show(l, &end);
}

static bool proven(const struct line *l)
{
	for (unsigned i = 0; i < l->notes.count; i++)
		if (dossier_note(&l->notes, i).sign->weight == PROOF)
			return true;
	return false;
}

static void both(struct line *l, const struct exchange *x, size_t piece)
{
	line_begin(l, x->tool);
	say(l, &x->ask, x->ask.body, piece, 0, 0);
	say(l, &x->answer, x->answer.body, piece, 0, 0);
	tunnel_end(&l->kit, &l->tunnel, &l->notes, &owner);
}

static void cut_anywhere(void **state)
{
	(void)state;
	struct line whole, l;
	for (unsigned i = 0; i < EXCHANGES; i++) {
		const struct exchange *x = &exchanges[i];
		both(&whole, x, 4096);
		const struct finding *f = tunnel_finding(&whole.tunnel), *g;
		if (f == NULL)
			fail_msg("%s: not found", x->tool);
		assert_string_equal(f->tool, x->tool);
		assert_true(proven(&whole));
		if (f->inner_bytes[CLIENT] != x->inner[CLIENT] || f->inner_bytes[SERVER] != x->inner[SERVER])
			fail_msg("%s: unwrapped %u and %u bytes", x->tool, (unsigned)f->inner_bytes[CLIENT],
			    (unsigned)f->inner_bytes[SERVER]);
		for (size_t piece = 1; piece < 40; piece++) {
			both(&l, x, piece);
			g = tunnel_finding(&l.tunnel);
			assert_non_null(g);
			for (enum side side = CLIENT; side <= SERVER; side++) {
				assert_int_equal(g->inner_bytes[side], f->inner_bytes[side]);
				assert_memory_equal(g->inner[side], f->inner[side], f->inner_len[side]);
			}
			line_end(&l);
		}
		line_end(&whole);
	}
}

/* What is unwrapped in spite of missing bytes is at most what came before them. */
static void holes(void **state)
{
	(void)state;
	struct line whole, l;
	for (unsigned i = 0; i < EXCHANGES; i++) {
		const struct exchange *x = &exchanges[i];
		both(&whole, x, 1);
		const struct finding *f = tunnel_finding(&whole.tunnel);
		for (size_t hole = 0; hole < x->ask.body.len; hole++) {
			line_begin(&l, x->tool);
			say(&l, &x->ask, x->ask.body, 1, hole, hole + 3);
			const struct finding *g =
			    l.tunnel.notebook != NULL && l.tunnel.sheet != FOLDED ? l.tunnel.notebook->finding : NULL;
			const size_t n = g != NULL ? g->inner_len[CLIENT] : 0;
			assert_true(n <= hole);
			if (n != 0)
				assert_memory_equal(g->inner[CLIENT], f->inner[CLIENT], n);
			line_end(&l);
		}
		line_end(&whole);
	}
}

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* The same heads, and contents of random bytes, of text, and of the right ones for another protocol. */
static void other_contents(void **state)
{
	(void)state;
	struct line l;
	uint64_t seed = 11;
	uint8_t noise[200];
	for (unsigned i = 0; i < EXCHANGES; i++) {
		const struct exchange *x = &exchanges[i];
		for (unsigned n = 0; n < 400 + EXCHANGES; n++) {
			struct slice body = { noise, sizeof noise };
			for (size_t at = 0; at < sizeof noise; at++)
				noise[at] =
				    (uint8_t)(n % 2 ? next_random(&seed) >> 20
						    : (unsigned char)"{\"a\": 12} <b/>\r\n"[next_random(&seed) % 16]);
			if (n >= 400)
				body = exchanges[n - 400].ask.body;
			if (n >= 400 && n - 400 == i)
				continue;
			line_begin(&l, x->tool);
			say(&l, &x->ask, body, 50, 0, 0);
			say(&l, &x->answer, body, 50, 0, 0);
			tunnel_end(&l.kit, &l.tunnel, &l.notes, &owner);
			if (proven(&l))
				fail_msg("%s: found in other contents (%u)", x->tool, n);
			line_end(&l);
		}
	}
}

/* A finding that was only suspected is given back, whatever bytes are changed; and nothing is read out of bounds. */
static void changed_bytes(void **state)
{
	(void)state;
	struct line l;
	uint64_t seed = 5;
	uint8_t ask[512], answer[512];
	for (unsigned i = 0; i < EXCHANGES; i++) {
		const struct exchange *x = &exchanges[i];
		for (unsigned n = 0; n < 2000; n++) {
			memcpy(ask, x->ask.body.at, x->ask.body.len);
			if (x->answer.body.len != 0)
				memcpy(answer, x->answer.body.at, x->answer.body.len);
			for (unsigned k = 0; k < 3; k++) {
				ask[next_random(&seed) % x->ask.body.len] = (uint8_t)(next_random(&seed) >> 13);
				if (x->answer.body.len != 0)
					answer[next_random(&seed) % x->answer.body.len] =
					    (uint8_t)(next_random(&seed) >> 9);
			}
			line_begin(&l, x->tool);
			say(&l, &x->ask, (struct slice){ ask, x->ask.body.len }, 1 + n % 30, 0, 0);
			say(&l, &x->answer, (struct slice){ answer, x->answer.body.len }, 1 + n % 17, 0, 0);
			tunnel_end(&l.kit, &l.tunnel, &l.notes, &owner);
			line_end(&l);
		}
	}
}

static void notebooks_are_small(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EXCHANGES; i++)
		for (unsigned k = 0; tunnel_detector(k) != NULL; k++)
			if (strcmp(tunnel_detector(k)->name, exchanges[i].tool) == 0)
				assert_true(tunnel_detector(k)->memory <= 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(holes),
		cmocka_unit_test(other_contents),
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(notebooks_are_small),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
