#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "facts/layers.h"
#include "story.h"

static void append(char *to, size_t size, const char *before, struct slice s)
{
	const size_t used = strlen(to);
	snprintf(to + used, size - used, "%s%.*s", before, (int)s.len, (const char *)s.at);
}

static const char *inner_of(const struct made_up *x, char *to, size_t size)
{
	struct slice inner[MAX_LAYERS];
	const unsigned count = layers_inner(&x->f, inner);
	to[0] = '\0';
	for (unsigned i = 0; i < count; i++)
		append(to, size, i != 0 ? ">" : "", inner[i]);
	return to;
}

static const char *layers_of(const struct made_up *x, char *to, size_t size)
{
	struct layer layers[MAX_LAYERS];
	const unsigned count = layers_list(&x->f, layers);
	to[0] = '\0';
	for (unsigned i = 0; i < count; i++) {
		append(to, size, i != 0 ? "; " : "", layers[i].protocol);
		append(to, size, " ",
		    (struct slice){ (const uint8_t *)sits_name(layers[i].sits), strlen(sits_name(layers[i].sits)) });
		append(to, size, " ", layers[i].on);
	}
	return to;
}

static void make_nothing(struct made_up *x)
{
	(void)x;
}

static void make_no_dialogue(struct made_up *x)
{
	x->f.levels = 0;
}

static void make_http2(struct made_up *x)
{
	x->f.level[0].http2 = true;
}

static void make_foreign(struct made_up *x)
{
	story_channel(x, 0, "ssh", "");
	x->f.relay_from = 0;
}

static void make_connect_tls(struct made_up *x)
{
	story_connect(x, 0, "a.example", 443);
	story_channel(x, 0, "tls", "");
}

static void make_connect_silent(struct made_up *x)
{
	story_connect(x, 0, "a.example", 443);
	story_channel(x, 0, "unknown", "");
	x->f.relay_bytes[CLIENT] = x->f.relay_bytes[SERVER] = 0;
}

static void make_connect_unsettled(struct made_up *x)
{
	story_connect(x, 0, "a.example", 443);
	story_channel(x, 0, "", "");
}

static void make_connect_unknown(struct made_up *x)
{
	story_connect(x, 0, "a.example", 443);
	story_channel(x, 0, "unknown", "");
}

static void make_connect_http(struct made_up *x)
{
	story_connect(x, 0, "a.example", 80);
	story_channel(x, 0, "http", "");
	story_level(x, 1);
}

/* The channel that turned out to be HTTP may have been left without a name. */
static void make_connect_http_unnamed(struct made_up *x)
{
	make_connect_http(x);
	x->channel[0].name[0] = '\0';
}

static void make_connect_http_refused(struct made_up *x)
{
	make_connect_http(x);
	story_handshake(x, 1, HS_KIND_CONNECT, HS_REFUSED, "b.example:22");
}

static void make_connect_connect_ssh(struct made_up *x)
{
	make_connect_http(x);
	story_connect(x, 1, "b.example", 22);
	story_channel(x, 1, "ssh", "");
}

static void make_connect_websocket_tls(struct made_up *x)
{
	make_connect_http(x);
	story_upgrade(x, 1, "websocket");
	story_channel(x, 1, "websocket", "tls");
}

static void make_connect_upgrade_other(struct made_up *x)
{
	make_connect_http(x);
	story_upgrade(x, 1, "tcp");
	story_channel(x, 1, "ssh", "");
}

static void make_deepest(struct made_up *x)
{
	for (unsigned i = 0; i <= MAX_NESTING; i++) {
		story_connect(x, i, "a.example", 80);
		story_channel(x, i, i < MAX_NESTING ? "http" : "tls", "");
	}
}

static void make_websocket(struct made_up *x)
{
	story_upgrade(x, 0, "websocket");
	story_channel(x, 0, "websocket", "ssh");
}

static void make_upgraded_http2(struct made_up *x)
{
	story_upgrade(x, 0, "h2c");
	x->shake[0].state = HS_UPGRADED_HTTP2;
	x->f.level[0].http2 = true;
}

static void make_tunnel(struct made_up *x)
{
	x->f.finding = &x->finding;
	x->finding.tool = "gnu-httptunnel";
	x->f.wrapped = "ssh";
}

static void make_tunnel_unnamed(struct made_up *x)
{
	make_tunnel(x);
	x->f.wrapped = "";
}

static void make_tunnel_in_relay(struct made_up *x)
{
	make_connect_http(x);
	make_tunnel(x);
}

static const struct {
	const char *name;
	enum label label;
	void (*make)(struct made_up *x);
	const char *inner, *layers;
} rows[] = {
	{ "plain", LABEL_PLAIN_HTTP, make_nothing, "", "http carried-by tcp" },
	{ "no dialogue", LABEL_UNDECIDED, make_no_dialogue, "", "" },
	{ "undecided", LABEL_UNDECIDED, make_nothing, "", "" },
	{ "http2", LABEL_PLAIN_HTTP, make_http2, "", "http2 carried-by tcp" },
	{ "upgraded to http2", LABEL_PLAIN_HTTP, make_upgraded_http2, "", "http2 carried-by tcp" },
	{ "foreign", LABEL_NOT_HTTP, make_foreign, "ssh", "ssh carried-by tcp" },
	{ "foreign, no name", LABEL_NOT_HTTP, make_nothing, "", "" },
	{ "connect, tls", LABEL_BLIND_RELAY, make_connect_tls, "tls", "http carried-by tcp; tls replaces http" },
	{ "connect, nothing sent", LABEL_BLIND_RELAY, make_connect_silent, "", "http carried-by tcp" },
	{ "connect, not settled", LABEL_BLIND_RELAY, make_connect_unsettled, "", "http carried-by tcp" },
	{ "connect, unknown", LABEL_BLIND_RELAY, make_connect_unknown, "unknown",
	    "http carried-by tcp; unknown replaces http" },
	{ "connect, http", LABEL_BLIND_RELAY, make_connect_http, "http", "http carried-by tcp; http replaces http" },
	{ "connect, http, no name", LABEL_BLIND_RELAY, make_connect_http_unnamed, "http",
	    "http carried-by tcp; http replaces http" },
	{ "connect, http, refused", LABEL_BLIND_RELAY, make_connect_http_refused, "http",
	    "http carried-by tcp; http replaces http" },
	{ "connect, connect, ssh", LABEL_BLIND_RELAY, make_connect_connect_ssh, "connect>ssh",
	    "http carried-by tcp; http replaces http; ssh replaces http" },
	{ "connect, websocket, tls", LABEL_BLIND_RELAY, make_connect_websocket_tls, "websocket>tls",
	    "http carried-by tcp; http replaces http; websocket replaces http; tls carried-by websocket" },
	{ "connect, upgrade, ssh", LABEL_BLIND_RELAY, make_connect_upgrade_other, "tcp>ssh",
	    "http carried-by tcp; http replaces http; ssh replaces http" },
	{ "as deep as it goes", LABEL_BLIND_RELAY, make_deepest, "connect>connect>connect>connect>tls",
	    "http carried-by tcp; http replaces http; http replaces http; http replaces http; http replaces http; "
	    "tls replaces http" },
	{ "websocket, ssh", LABEL_BLIND_RELAY, make_websocket, "websocket>ssh",
	    "http carried-by tcp; websocket replaces http; ssh carried-by websocket" },
	{ "tunnel", LABEL_HTTP_TUNNEL, make_tunnel, "", "http carried-by tcp; ssh wrapped-in http" },
	{ "tunnel, content not known", LABEL_HTTP_TUNNEL, make_tunnel_unnamed, "",
	    "http carried-by tcp; unknown wrapped-in http" },
	{ "tunnel in a relay", LABEL_BLIND_RELAY, make_tunnel_in_relay, "http>ssh",
	    "http carried-by tcp; http replaces http; ssh wrapped-in http" },
};

static void layers_are_read_as_they_lie(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct made_up *x = malloc(sizeof *x);
		char inner[256], layers[512];
		assert_non_null(x);
		story_begin(x, rows[i].label);
		rows[i].make(x);
		if (strcmp(inner_of(x, inner, sizeof inner), rows[i].inner) != 0 ||
		    strcmp(layers_of(x, layers, sizeof layers), rows[i].layers) != 0)
			fail_msg(
			    "%s: inner '%s', layers '%s'", rows[i].name, inner, layers_of(x, layers, sizeof layers));
		free(x);
	}
}

static void the_innermost_channel_tells(void **state)
{
	(void)state;
	struct made_up x;
	story_begin(&x, LABEL_BLIND_RELAY);
	assert_null(layers_innermost(&x.f));
	make_connect_connect_ssh(&x);
	assert_ptr_equal(layers_innermost(&x.f), &x.f.level[1]);
	story_begin(&x, LABEL_BLIND_RELAY);
	make_connect_http(&x);
	assert_null(layers_innermost(&x.f));
}

/* Records are lent when first needed, and there may be none left to lend. */
static void a_handshake_without_records_is_none(void **state)
{
	(void)state;
	struct made_up x;
	story_begin(&x, LABEL_BLIND_RELAY);
	story_connect(&x, 0, "a.example", 443);
	assert_non_null(layers_handshake(&x.f.level[0]));
	x.shake[0].records = NULL;
	assert_null(layers_handshake(&x.f.level[0]));
	x.f.level[0].handshake = NULL;
	assert_null(layers_handshake(&x.f.level[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_are_read_as_they_lie),
		cmocka_unit_test(the_innermost_channel_tells),
		cmocka_unit_test(a_handshake_without_records_is_none),
	};
	return cmocka_run_group_tests_name("layers", tests, NULL, NULL);
}
