/* What carriers are known by: fields, parameters, tokens; and that a name waits for the 101 to its own request. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tunnel/carrier.h"
#include "tunnel/tunnel.h"
#include "owner.h"
#include "room.h"

static const uint64_t some_id = 1;
static const struct tunnel_owner owner = { owner_pair, owner_flow_id, &some_id };

static struct head *head_of(const char *text, bool response)
{
	struct head *h = calloc(1, sizeof *h);
	size_t scanned = 0, used = 0;
	const struct slice in = { (const uint8_t *)text, strlen(text) };
	const enum parsed p =
	    response ? head_parse_response(in, &scanned, h, &used) : head_parse_request(in, &scanned, h, &used);
	assert_int_equal(p, PARSED);
	return h;
}

static void decoding(void **state)
{
	(void)state;
	char to[16];
	assert_int_equal(carrier_decode(SLICE("a%3ab%3"), to, sizeof to), 5);
	assert_string_equal(to, "a:b%3");
	assert_int_equal(carrier_decode(SLICE("a%00%0a%20 b%zz"), to, sizeof to), 5);
	assert_string_equal(to, "ab%zz");
	assert_int_equal(carrier_decode(SLICE("0123456789abcdefghij"), to, sizeof to), 15);
	assert_string_equal(to, "0123456789abcde");
	assert_int_equal(carrier_decode((struct slice){ NULL, 0 }, to, sizeof to), 0);
	assert_string_equal(to, "");
}

static void elements(void **state)
{
	(void)state;
	struct head *h = head_of("GET / HTTP/1.1\r\nP: chat,  Chisel-v3\r\nP: other\r\n\r\n", false);
	assert_true(carrier_lists(h, SLICE("p"), SLICE("chisel-v")));
	assert_true(carrier_lists(h, SLICE("P"), SLICE("other")));
	assert_false(carrier_lists(h, SLICE("P"), SLICE("isel")));
	assert_false(carrier_lists(h, SLICE("Q"), SLICE("chat")));
	free(h);
}

struct stage {
	struct tunnel_kit kit;
	struct tunnel t;
	struct dossier d;
	uint32_t ordinal;
};

static void stage_begin(struct stage *g)
{
	struct err e;
	*g = (struct stage){ .d = { .room = room_for_notes() } };
	assert_true(tunnel_kit_init(&g->kit, 4, NULL, &e));
	tunnel_init(&g->t, NULL);
}

static void stage_end(struct stage *g)
{
	tunnel_end(&g->kit, &g->t, &g->d, &owner);
	tunnel_fini(&g->kit, &g->t);
	assert_int_equal(g->kit.findings.used, 0);
	tunnel_kit_fini(&g->kit);
}

static void ask(struct stage *g, const char *text)
{
	struct head *h = head_of(text, false);
	const struct http_event ev = { .kind = HTTP_REQUEST,
		.head = h,
		.eat = strlen(text),
		.ask = { .ordinal = g->ordinal, .upgrade = true, .known = true, .minor = 1 } };
	tunnel_see(&g->kit, &g->t, &ev, &g->d, &owner);
	free(h);
}

static void answer(struct stage *g, uint32_t ordinal, const char *text)
{
	struct head *h = head_of(text, true);
	const struct http_event ev = { .kind = HTTP_RESPONSE,
		.from = SERVER,
		.head = h,
		.eat = strlen(text),
		.ask = { .ordinal = ordinal, .upgrade = true, .known = true, .minor = 1 } };
	tunnel_see(&g->kit, &g->t, &ev, &g->d, &owner);
	free(h);
}

#define ASK_NPM                                                         \
	"GET /?dst=far:22 HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: " \
	"websocket\r\nSec-WebSocket-Protocol: tunnel-protocol\r\n\r\n"
#define YES_NPM "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: tunnel-protocol\r\n\r\n"

static void named_when_accepted(void **state)
{
	(void)state;
	struct stage g;
	stage_begin(&g);
	ask(&g, ASK_NPM);
	assert_null(tunnel_finding(&g.t));
	answer(&g, 7, YES_NPM); /* to another request */
	assert_null(tunnel_finding(&g.t));
	answer(&g, 0, YES_NPM);
	const struct finding *f = tunnel_finding(&g.t);
	assert_non_null(f);
	assert_string_equal(f->tool, "wstunnel-npm");
	assert_string_equal(f->target, "far:22");
	assert_int_equal(f->kind, KIND_CARRIER);
	/* A name is no ground for a label. */
	assert_int_equal(dossier_count(&g.d, FOR_RELAY, STRONG), 0);
	assert_int_equal(dossier_count(&g.d, FOR_RELAY, WEAK), 1);
	stage_end(&g);
}

static void not_named_when_refused(void **state)
{
	(void)state;
	struct stage g;
	stage_begin(&g);
	ask(&g, ASK_NPM);
	assert_int_equal(g.kit.findings.used, 1);
	answer(&g, 0, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(g.kit.findings.used, 0);
	/* The other end does not know the subprotocol. */
	ask(&g, ASK_NPM);
	answer(&g, 0, "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\n\r\n");
	assert_null(tunnel_finding(&g.t));
	assert_int_equal(g.d.count, 0);
	stage_end(&g);
}

/* Tokens that are cut, empty, or no base64 give no name and do no harm. */
static void tokens(void **state)
{
	(void)state;
	static const char *const bad[] = { "", ".", "..", "a.b", "e30.e30.x", "e30.!!!.x", "x.eyJyIjoiaCIsInJwIjo.x",
		"x.eyJpZCI6IiIsInAiOjEsInIiOiIiLCJycCI6MX0.x" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct stage g;
		char text[512];
		stage_begin(&g);
		snprintf(text, sizeof text,
		    "GET /v1/events HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v1, "
		    "authorization.bearer.%s\r\n\r\n",
		    bad[i]);
		ask(&g, text);
		answer(&g, 0, "HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v1\r\n\r\n");
		assert_null(tunnel_finding(&g.t));
		stage_end(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decoding),
		cmocka_unit_test(elements),
		cmocka_unit_test(named_when_accepted),
		cmocka_unit_test(not_named_when_refused),
		cmocka_unit_test(tokens),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
