/* Every fact: what it is named, what it reads from a conversation that has it, and from one that has not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "rules/fact.h"
#include "story.h"

static struct slice slice_of(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static void add_value(const struct value *v, char *to, size_t size)
{
	const size_t used = strlen(to);
	if (v->kind == FACT_ADDRESS)
		snprintf(to + used, size - used, "%u.%u.%u.%u%s", v->addr[0], v->addr[1], v->addr[2], v->addr[3],
		    v->ipv6 ? "/v6" : "");
	else if (v->kind == FACT_TEXT || v->kind == FACT_NAME || v->kind == FACT_HOST)
		snprintf(to + used, size - used, "%.*s", (int)v->text.len, (const char *)v->text.at);
	else
		snprintf(to + used, size - used, "%llu", (unsigned long long)v->number);
}

/* "a,b"; "?" when it is not known. */
static const char *text_of(const struct fact *fact, const struct facts *f, const struct handshake_record *h)
{
	static char out[1024];
	struct value values[MAX_VALUES];
	const int count = fact->read(f, h, values);
	out[0] = '\0';
	if (count == FACT_UNKNOWN)
		return "?";
	for (int i = 0; i < count; i++) {
		if (i != 0)
			snprintf(out + strlen(out), sizeof out - strlen(out), ",");
		assert_int_equal(values[i].kind, fact->kind);
		add_value(&values[i], out, sizeof out);
	}
	return out;
}

static const char *read_fact(const char *name, const struct facts *f, const struct handshake_record *h)
{
	const struct fact *fact = fact_find(slice_of(name));
	if (fact == NULL)
		fail_msg("no fact %s", name);
	return text_of(fact, f, h);
}

static struct made_up x;

struct expected {
	const char *name, *value;
};

static void expect_all(const struct expected *e, size_t count, const struct handshake_record *h)
{
	for (size_t i = 0; i < count; i++) {
		const char *got = read_fact(e[i].name, &x.f, h);
		if (strcmp(got, e[i].value) != 0)
			fail_msg("%s is '%s', not '%s'", e[i].name, got, e[i].value);
	}
}
#define EXPECT(h, ...)                                         \
	do {                                                   \
		const struct expected all[] = { __VA_ARGS__ }; \
		expect_all(all, sizeof all / sizeof *all, h);  \
	} while (0)

static void names_are_found_and_told_once(void **state)
{
	(void)state;
	const struct fact *f;
	unsigned count = 0;
	for (; (f = fact_at(count)) != NULL; count++) {
		assert_ptr_equal(fact_find(slice_of(f->name)), f);
		assert_int_equal(fact_number(f), count);
		assert_true(f->moments != 0 && f->moments < MOMENT_BIT(MOMENTS));
		assert_true(f->read != NULL && f->what[0] != '\0');
		assert_int_equal(f->handshake, strncmp(f->name, "handshake.", 10) == 0);
		for (unsigned i = 0; f->word != NULL && f->word(i) != NULL; i++)
			assert_true(f->word(i)[0] != '\0' && i < 200);
	}
	assert_true(count > 50 && count <= MAX_FACTS);
	assert_null(fact_find(slice_of("labels")));
	assert_null(fact_find(slice_of("")));
}

/* What a word list says is what the reader can say. */
static void words_hold_what_is_read(void **state)
{
	(void)state;
	for (unsigned label = 0; label < LABELS; label++) {
		story_begin(&x, (enum label)label);
		const struct fact *f = fact_find(slice_of("label"));
		const char *got = text_of(f, &x.f, NULL);
		bool known = false;
		for (unsigned i = 0; f->word(i) != NULL; i++)
			known |= strcmp(f->word(i), got) == 0;
		assert_true(known);
	}
	const struct fact *tool = fact_find(slice_of("tunnel.tool")), *carrier = fact_find(slice_of("relay.tool"));
	bool unknown = false, wraps = false, talks = false;
	for (unsigned i = 0; tool->word(i) != NULL; i++) {
		unknown |= strcmp(tool->word(i), "unknown") == 0;
		wraps |= strcmp(tool->word(i), "meek") == 0;
		assert_string_not_equal(tool->word(i), "wstunnel");
	}
	for (unsigned i = 0; carrier->word(i) != NULL; i++)
		talks |= strcmp(carrier->word(i), "wstunnel") == 0;
	assert_true(unknown && wraps && talks);
}

static void a_relay(void **state)
{
	(void)state;
	story_begin(&x, LABEL_BLIND_RELAY);
	struct handshake_record *h = story_connect(&x, 0, "www.lab", 443);
	snprintf(h->scheme, sizeof h->scheme, "basic");
	h->user_len = (uint8_t)snprintf(h->user, sizeof h->user, "bob");
	story_hello(story_channel(&x, 0, "tls", ""), "WWW.lab");
	dossier_add(&x.dossier, &story_sign, SERVER, 0, STORY_T0);
	x.dossier.doubts = DOUBT_GAP | DOUBT_ONE_WAY;
	x.dossier.odd = ODD_BIT(SNI_DIFFERS);
	EXPECT(h, { "label", "blind-relay" }, { "certainty", "certain" }, { "because", "handshake/connect-accepted" },
	    { "undecided", "?" }, { "evidence", "handshake/connect-accepted" }, { "doubt", "gap,one-way" },
	    { "anomalies", "connect_host_differs_from_sni" }, { "suspicion", "0" }, { "encapsulation", "" },
	    { "vlan", "" });
	EXPECT(
	    h, { "src_ip", "10.1.0.2" }, { "src_port", "34324" }, { "dest_ip", "10.1.0.1" }, { "dest_port", "3128" });
	EXPECT(h, { "handshake.kind", "connect" }, { "handshake.target", "www.lab:443" },
	    { "handshake.host", "www.lab" }, { "handshake.port", "443" }, { "handshake.method", "?" },
	    { "handshake.result", "accepted" }, { "handshake.status", "200" }, { "handshake.tries", "1" },
	    { "handshake.offered", "" }, { "handshake.proxy_user", "bob" }, { "handshake.proxy_scheme", "basic" },
	    { "handshake.level", "0" }, { "handshake.alpn", "?" });
	EXPECT(h, { "relay.inner", "tls" }, { "relay.sni", "WWW.lab" }, { "relay.sni_vs_target", "same" },
	    { "relay.alpn", "h2,http/1.1" }, { "relay.ja4", "t13d1516h2_8daaf6152771_e5627efa2ab1" },
	    { "relay.tls_version", "TLS 1.3" }, { "relay.bytes_toserver", "678" }, { "relay.bytes_toclient", "5489" },
	    { "relay.seconds", "120000000" }, { "relay.depth", "1" }, { "relay.tool", "?" }, { "relay.banner", "?" });
	EXPECT(h, { "http.version", "1" }, { "http.requests", "2" }, { "http.responses", "1" },
	    { "flow.bytes_toserver", "1804" }, { "flow.bytes_toclient", "6711" }, { "flow.pkts_toserver", "14" },
	    { "flow.pkts_toclient", "12" }, { "flow.age", "3500000000" }, { "flow.state", "closed" },
	    { "flow.reason", "fin" });
}

static void an_upgrade(void **state)
{
	(void)state;
	story_begin(&x, LABEL_BLIND_RELAY);
	struct handshake_record *h = story_upgrade(&x, 0, "websocket");
	h->offered_len8 = (uint8_t)snprintf(h->offered, sizeof h->offered, "WebSocket,, foo/2 , bar");
	h->websocket_accept = 2;
	struct channel *c = story_channel(&x, 0, "websocket", "ssh");
	snprintf(c->banner, sizeof c->banner, "SSH-2.0-x");
	EXPECT(h, { "handshake.kind", "upgrade" }, { "handshake.protocol", "websocket" }, { "handshake.method", "GET" },
	    { "handshake.target", "/chat" }, { "handshake.host", "?" }, { "handshake.offered", "WebSocket,foo/2,bar" },
	    { "handshake.chosen", "websocket" }, { "handshake.accept", "wrong" }, { "relay.inner", "websocket,ssh" },
	    { "relay.banner", "SSH-2.0-x" }, { "relay.sni_vs_target", "?" });
}

static void a_tunnel(void **state)
{
	(void)state;
	story_begin(&x, LABEL_HTTP_TUNNEL);
	EXPECT(NULL, { "tunnel.tool", "unknown" }, { "tunnel.kind", "?" }, { "tunnel.wrapped", "?" },
	    { "tunnel.host", "?" }, { "tunnel.port", "?" }, { "tunnel.bytes_toserver", "?" });
	x.finding = (struct finding){ .tool = "meek", .kind = KIND_COVERT, .inner_bytes = { 5, 7 } };
	x.f.finding = &x.finding;
	x.f.wrapped = "tls";
	snprintf(x.finding.target, sizeof x.finding.target, "[2001:db8::1]:22");
	EXPECT(NULL, { "tunnel.tool", "meek" }, { "tunnel.kind", "covert" }, { "tunnel.wrapped", "tls" },
	    { "tunnel.target", "[2001:db8::1]:22" }, { "tunnel.host", "2001:db8::1" }, { "tunnel.port", "22" },
	    { "tunnel.bytes_toserver", "5" }, { "tunnel.bytes_toclient", "7" });
	snprintf(x.finding.target, sizeof x.finding.target, "tcp://a.lab:99999/x");
	EXPECT(NULL, { "tunnel.host", "a.lab:99999" }, { "tunnel.port", "?" });
	snprintf(x.finding.target, sizeof x.finding.target, "tcp://a.lab:99/x");
	EXPECT(NULL, { "tunnel.host", "a.lab" }, { "tunnel.port", "99" });
	snprintf(x.finding.target, sizeof x.finding.target, "[");
	EXPECT(NULL, { "tunnel.host", "[" }, { "tunnel.port", "?" });
}

/* Nothing that is counted, and no lack of a label, is known before the end. */
static void not_yet(void **state)
{
	(void)state;
	story_begin(&x, LABEL_UNDECIDED);
	x.f.ended = ENDED_NOT;
	story_channel(&x, 0, "", "");
	x.f.relay_bytes[CLIENT] = x.f.relay_bytes[SERVER] = 0;
	EXPECT(NULL, { "label", "?" }, { "certainty", "?" }, { "undecided", "?" }, { "http.requests", "?" },
	    { "flow.bytes_toserver", "?" }, { "flow.age", "?" }, { "flow.state", "?" }, { "flow.reason", "?" },
	    { "relay.bytes_toserver", "?" }, { "relay.seconds", "?" }, { "relay.inner", "?" },
	    { "handshake.kind", "?" }, { "handshake.offered", "?" }, { "request.host", "?" });
	x.f.ended = ENDED_RST;
	EXPECT(NULL, { "label", "undecided" }, { "undecided", "nothing-seen" }, { "relay.inner", "" },
	    { "flow.reason", "rst" });
}

static void a_request(void **state)
{
	(void)state;
	const struct facts_request r = {
		.method_len = 3, .host_len = 5, .path_len = 2, .method = "GET", .host = "a.lab", .path = "/x"
	};
	struct facts_request answered = r;
	story_begin(&x, LABEL_PLAIN_HTTP);
	x.f.request = &r;
	EXPECT(NULL, { "request.method", "GET" }, { "request.host", "a.lab" }, { "request.path", "/x" },
	    { "response.status", "?" });
	answered.status = 404;
	x.f.request = &answered;
	EXPECT(NULL, { "response.status", "404" });
}

static void layers_below(void **state)
{
	(void)state;
	story_begin(&x, LABEL_PLAIN_HTTP);
	x.encap = (struct encapsulation){
		.count = 3, .kind = { CARRIER_VLAN, CARRIER_VLAN, CARRIER_VXLAN }, .id = { 7, 9, 5000 }
	};
	x.f.encap = &x.encap;
	EXPECT(NULL, { "encapsulation", "vlan,vlan,vxlan" }, { "vlan", "7,9" });
}

static void all_at_once(void **state)
{
	(void)state;
	story_begin(&x, LABEL_PLAIN_HTTP);
	x.dossier.odd = ODDS == 64 ? UINT64_MAX : (UINT64_C(1) << ODDS) - 1;
	x.dossier.doubts = (1u << DOUBTS) - 1;
	struct value values[MAX_VALUES];
	assert_int_equal(fact_find(slice_of("anomalies"))->read(&x.f, NULL, values), ODDS);
	assert_int_equal(fact_find(slice_of("doubt"))->read(&x.f, NULL, values), DOUBTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found_and_told_once),
		cmocka_unit_test(words_hold_what_is_read),
		cmocka_unit_test(a_relay),
		cmocka_unit_test(an_upgrade),
		cmocka_unit_test(a_tunnel),
		cmocka_unit_test(not_yet),
		cmocka_unit_test(a_request),
		cmocka_unit_test(layers_below),
		cmocka_unit_test(all_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
