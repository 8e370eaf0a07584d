/* The records by their keys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "desk.h"

static void a_relay_in_full(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	story_begin(x, LABEL_BLIND_RELAY);
	struct handshake_record *h = story_connect(x, 0, "www.lab", 443);
	h->user_len = (uint8_t)snprintf(h->user, sizeof h->user, "bob");
	snprintf(h->scheme, sizeof h->scheme, "basic");
	h->alpn_len = (uint8_t)snprintf(h->alpn, sizeof h->alpn, "h2");
	h->asked_at = 17;
	story_hello(story_channel(x, 0, "tls", ""), "www.lab");
	dossier_add(&x->dossier, &story_sign, SERVER, 373, STORY_T0 + 4000000);
	tell_flow(d);
	has(d, "{\"timestamp\":\"2026-11-23T19:24:10.601822+00:00\",\"flow_id\":1203944880102233,");
	has(d, "\"pcap_filename\":\"x.pcap\",\"event_type\":\"flow\",");
	has(d, "\"src_ip\":\"10.1.0.2\",\"src_port\":34324,\"dest_ip\":\"10.1.0.1\",\"dest_port\":3128,\"proto\":"
	       "\"TCP\",");
	has(d, "\"community_id\":\"1:");
	has(d, "\"flow\":{\"pkts_toserver\":14,\"pkts_toclient\":12,\"bytes_toserver\":1804,\"bytes_toclient\":6711,"
	       "\"start\":\"2026-11-23T19:24:07.101822+00:00\",\"end\":\"2026-11-23T19:24:10.601822+00:00\",\"age\":3,"
	       "\"state\":\"closed\",\"reason\":\"fin\",\"alerted\":false}");
	has(d, "\"culvert\":{\"label\":\"blind-relay\",\"certainty\":\"certain\",\"because\":\"handshake/"
	       "connect-accepted\",");
	has(d, "\"http\":{\"version\":\"1\",\"requests\":2,\"responses\":1},");
	has(d, "\"handshake\":{\"kind\":\"connect\",\"level\":0,\"target\":\"www.lab:443\",\"host\":\"www.lab\","
	       "\"port\":443,"
	       "\"result\":\"accepted\",\"status\":200,\"http_ended\":{\"toserver\":301,\"toclient\":412},\"took_ms\":"
	       "3.100,"
	       "\"tries\":1,\"asked_at\":17,\"proxy_user\":\"bob\",\"proxy_scheme\":\"basic\",\"alpn\":\"h2\"}");
	has(d, "\"relay\":{\"inner\":[\"tls\"],\"sni\":\"www.lab\",\"sni_vs_target\":\"same\",\"alpn\":[\"h2\",\"http/"
	       "1.1\"],"
	       "\"ja4\":\"t13d1516h2_8daaf6152771_e5627efa2ab1\",\"tls_version\":\"TLS 1.3\",\"bytes_toserver\":678,"
	       "\"bytes_toclient\":5489,\"seconds\":0.120000}");
	has(d,
	    "\"layers\":[{\"protocol\":\"http\",\"sits\":\"carried-by\",\"on\":\"tcp\",\"requests\":2,\"responses\":1},"
	    "{\"protocol\":\"tls\",\"sits\":\"replaces\",\"on\":\"http\"}]");
	has(d, "\"evidence\":[{\"who\":\"handshake\",\"what\":\"connect-accepted\",\"side\":\"server\",\"offset\":373,"
	       "\"t\":0.004000}]");
	has(d, "\"doubt\":[],\"anomalies\":[]");
	lacks(d, "handshakes");
	lacks(d, "truncated");
	lacks(d, "tunnel");
	lacks(d, "vlan");
}

static void a_tunnel_in_full(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	story_begin(x, LABEL_HTTP_TUNNEL);
	x->f.finding = &x->finding;
	x->f.wrapped = "ssh";
	x->finding = (struct finding){ .tool = "gnu-httptunnel",
		.tunnel_id = 0xabc,
		.peers = { 7, 8 },
		.peer_count = 2,
		.inner_bytes = { 100, 200 } };
	snprintf(x->finding.target, sizeof x->finding.target, "far:22");
	tell_flow(d);
	has(d, "\"tunnel\":{\"tool\":\"gnu-httptunnel\",\"wrapped\":[\"ssh\"],\"kind\":\"covert\",\"target\":\"far:"
	       "22\",\"id\":"
	       "\"0000000000000abc\","
	       "\"peers\":[7,8],\"bytes_toserver\":100,\"bytes_toclient\":200}");
	has(d, "{\"protocol\":\"ssh\",\"sits\":\"wrapped-in\",\"on\":\"http\"}");
	lacks(d, "relay");
	x->finding = (struct finding){ .tool = "unknown" };
	x->f.wrapped = NULL;
	tell_flow(d);
	has(d, "\"tunnel\":{\"tool\":\"unknown\",\"wrapped\":[],\"kind\":\"covert\",\"target\":null,\"id\":null,"
	       "\"peers\":[],");
	x->f.finding = NULL;
	tell_flow(d);
	has(d, "\"tunnel\":{\"tool\":\"unknown\",\"wrapped\":[]}");
}

/* Who talks in a channel wraps nothing. */
static void a_carrier(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	story_begin(x, LABEL_BLIND_RELAY);
	story_upgrade(x, 0, "websocket");
	story_channel(x, 0, "websocket", "ssh");
	x->f.carrier = &x->finding;
	x->finding = (struct finding){ .tool = "chisel", .kind = KIND_CARRIER };
	tell_flow(d);
	has(d, "\"relay\":{\"tool\":\"chisel\",\"inner\":[\"websocket\",\"ssh\"]");
	lacks(d, "\"tunnel\"");
	lacks(d, "wrapped-in");
	snprintf(x->finding.target, sizeof x->finding.target, "far:22");
	tell_flow(d);
	has(d, "\"relay\":{\"tool\":\"chisel\",\"target\":\"far:22\",\"inner\"");
	story_begin(x, LABEL_PLAIN_HTTP);
	x->f.carrier = &x->finding;
	tell_flow(d);
	lacks(d, "chisel");
}

static void an_upgrade(void **state)
{
	struct desk *d = *state;
	story_begin(&d->x, LABEL_BLIND_RELAY);
	story_upgrade(&d->x, 0, "websocket")->websocket_accept = 2;
	struct channel *c = story_channel(&d->x, 0, "websocket", "unknown");
	c->entropy8 = 127;
	c->by_ndpi = 1;
	tell_flow(d);
	has(d, "\"kind\":\"upgrade\",\"level\":0,\"method\":\"GET\",\"target\":\"/chat\",\"protocol\":\"websocket\","
	       "\"offered\":\"websocket\",\"chosen\":\"websocket\",\"accept\":\"wrong\",\"result\":\"accepted\","
	       "\"status\":101");
	has(d, "\"inner\":[\"websocket\",\"unknown\"],\"entropy\":7.93,\"by_ndpi\":true");
	lacks(d, "sni");
}

static void several_handshakes_are_all_told(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	story_begin(x, LABEL_BLIND_RELAY);
	story_handshake(x, 0, HS_KIND_CONNECT, HS_REFUSED, "first:1")->status = 407;
	story_connect(x, 0, "second", 2);
	story_channel(x, 0, "http", "");
	story_connect(x, 1, "third", 3)->unusual = 1;
	story_channel(x, 1, "ssh", "");
	snprintf(x->channel[1].banner, sizeof x->channel[1].banner, "SSH-2.0-x");
	tell_flow(d);
	has(d, "\"handshake\":{\"kind\":\"connect\",\"level\":0,\"target\":\"second:2\"");
	has(d, "\"handshakes\":[{\"kind\":\"connect\",\"level\":0,\"target\":\"first:1\",\"result\":\"refused\","
	       "\"status\":407,"
	       "\"took_ms\":3.100,\"tries\":1,\"asked_at\":0},");
	has(d, "{\"kind\":\"connect\",\"level\":1,\"target\":\"third:3\"");
	has(d, "\"unusual\":true");
	has(d, "\"relay\":{\"inner\":[\"connect\",\"ssh\"],\"banner\":\"SSH-2.0-x\",");
}

static void an_undecided_conversation(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	story_begin(x, LABEL_UNDECIDED);
	x->verdict.certainty = UNCERTAIN;
	x->f.level[0] = (struct facts_level){ 0 };
	x->f.capture = NULL;
	x->f.ended = ENDED_INPUT;
	tell_flow(d);
	has(d, "\"culvert\":{\"label\":\"undecided\",\"certainty\":\"uncertain\",\"undecided\":\"nothing-seen\","
	       "\"layers\":[],");
	has(d, "\"reason\":\"end-of-input\"");
	lacks(d, "pcap_filename");
	lacks(d, "because");
	lacks(d, "\"http\"");
	x->f.levels = 0;
	tell_flow(d);
}

static void doubts_deviations_and_headers(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	story_begin(x, LABEL_PLAIN_HTTP);
	x->dossier.doubts = (1u << DOUBTS) - 1;
	x->dossier.odd = ODDS < 64 ? (UINT64_C(1) << ODDS) - 1 : UINT64_MAX;
	x->encap = (struct encapsulation){
		.count = 3, .kind = { CARRIER_VLAN, CARRIER_GRE, CARRIER_VLAN }, .id = { 100, 0, 7 }
	};
	x->f.encap = &x->encap;
	x->f.level[0].http2 = true;
	tell_flow(d);
	has(d, "\"vlan\":[100,7],");
	has(d, "\"encapsulation\":[{\"type\":\"vlan\",\"id\":100},{\"type\":\"gre\",\"id\":0},{\"type\":\"vlan\","
	       "\"id\":7}]");
	has(d, "\"http\":{\"version\":\"2\"");
	for (unsigned i = 0; i < DOUBTS; i++)
		has(d, doubt_name(i));
	for (unsigned i = 0; i < ODDS; i++)
		has(d, odd_name((enum odd)i));
}

static void tls_versions_have_their_names(void **state)
{
	struct desk *d = *state;
	static const struct {
		uint16_t version;
		const char *name;
	} rows[] = { { 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" }, { 0x0303, "TLS 1.2" },
		{ 0x0304, "TLS 1.3" }, { 0x0305, "0x0305" }, { 0x7f1c, "0x7f1c" }, { 0, "0x0000" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char want[64];
		story_begin(&d->x, LABEL_BLIND_RELAY);
		story_connect(&d->x, 0, "a", 1);
		struct channel *c = story_channel(&d->x, 0, "tls", "");
		story_hello(c, "b");
		c->tls_version = rows[i].version;
		c->ech = 1;
		tell_flow(d);
		snprintf(want, sizeof want, "\"tls_version\":\"%s\",\"ech\":true", rows[i].name);
		has(d, want);
		has(d, "\"sni_vs_target\":\"differs\"");
	}
}

static void the_client_is_the_source(void **state)
{
	struct desk *d = *state;
	story_begin(&d->x, LABEL_PLAIN_HTTP);
	d->x.f.client_is_lo = true;
	tell_flow(d);
	has(d, "\"src_ip\":\"10.1.0.1\",\"src_port\":3128,\"dest_ip\":\"10.1.0.2\",\"dest_port\":34324,");
}

/* Clocks that go back, or from one end of time to the other, give no negative and no absurd figure. */
static void strange_clocks(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	static const int64_t ends[][2] = { { 5, 4 }, { INT64_MIN, INT64_MAX }, { INT64_MAX, INT64_MIN },
		{ 0, INT64_MIN } };
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		story_begin(x, LABEL_BLIND_RELAY);
		struct handshake_record *h = story_connect(x, 0, "a", 1);
		story_channel(x, 0, "tls", "");
		x->f.first = x->f.relay_from = h->t_asked = ends[i][0];
		x->f.last = x->f.now = x->f.relay_to = h->t_answered = ends[i][1];
		dossier_add(&x->dossier, &story_sign, SERVER, UINT64_MAX, ends[i][1]);
		tell_flow(d);
		lacks(d, ":-");
	}
	has(d, "\"age\":0");
}

static void hostile_strings_stay_in_their_strings(void **state)
{
	struct desk *d = *state;
	static const int bytes[] = { 0x01, '"', '\\', '\n', 0x1b, 0x7f, 0x80, 0xc2, 0xe2, 0xff, 'a', ' ', ',' };
	char *exact = malloc(MAX_LINE);
	assert_non_null(exact);
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		fill_hostile(&d->x, bytes[i]);
		struct record r = begin(d, exact, MAX_LINE, false);
		size_t len = record_flow(&r, &d->x.f);
		assert_true(len == 0 || json_check_line(exact, len));
		r = begin(d, exact, MAX_LINE, true);
		len = record_flow(&r, &d->x.f);
		memcpy(d->line, exact, len);
		keep(d, len);
		has(d, "\"truncated\":true}}");
		has(d, "\"label\":\"blind-relay\"");
		lacks(d, "\"sni\":");
	}
	free(exact);
}

/* Whatever the room, a line is whole or not there. */
static void no_room_means_no_line(void **state)
{
	struct desk *d = *state;
	story_begin(&d->x, LABEL_BLIND_RELAY);
	story_connect(&d->x, 0, "www.lab", 443);
	story_hello(story_channel(&d->x, 0, "tls", ""), "www.lab");
	tell_flow(d);
	const size_t whole = d->len;
	for (size_t room = 1; room < whole; room++) {
		char *exact = malloc(room);
		assert_non_null(exact);
		struct record r = begin(d, exact, room, false);
		assert_int_equal(record_flow(&r, &d->x.f), 0);
		free(exact);
	}
}

static void a_long_capture_name_is_cut_and_said(void **state)
{
	struct desk *d = *state;
	char name[MAX_STRING + 10] = "";
	memset(name, 'n', sizeof name - 1);
	story_begin(&d->x, LABEL_PLAIN_HTTP);
	d->x.f.capture = name;
	tell_flow(d);
	has(d, "\"truncated\":true}}");
	assert_string_equal(record_base_name("a/b/c.pcap"), "c.pcap");
	assert_string_equal(record_base_name("c.pcap"), "c.pcap");
	assert_string_equal(record_base_name("-"), "-");
}

static void handshakes_as_they_happen(void **state)
{
	struct desk *d = *state;
	story_begin(&d->x, LABEL_UNDECIDED);
	struct handshake_record *h = story_handshake(&d->x, 0, HS_KIND_CONNECT, HS_PENDING, "a:443");
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_handshake(&r, &d->x.f, 0, h));
	has(d, "\"event_type\":\"handshake\"");
	has(d, "\"culvert\":{\"event\":\"asked\",\"handshake\":{\"kind\":\"connect\",\"level\":0,\"target\":\"a:443\","
	       "\"result\":\"pending\",\"tries\":1,\"asked_at\":0}}}");
	h->result = HS_REFUSED;
	h->status = 403;
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_handshake(&r, &d->x.f, 2, h));
	has(d, "\"event\":\"answered\",\"handshake\":{\"kind\":\"connect\",\"level\":2,");
	has(d, "\"result\":\"refused\",\"status\":403,\"took_ms\":3.100");
}

static void a_label_as_it_rises(void **state)
{
	struct desk *d = *state;
	story_begin(&d->x, LABEL_BLIND_RELAY);
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_label(&r, &d->x.f, LABEL_PLAIN_HTTP));
	has(d, "\"event_type\":\"label\"");
	has(d, "\"culvert\":{\"label\":\"blind-relay\",\"certainty\":\"certain\",\"because\":\"handshake/"
	       "connect-accepted\","
	       "\"before\":\"plain-http\"}}");
}

static void every_anomaly_in_the_shape_of_eve(void **state)
{
	struct desk *d = *state;
	for (unsigned i = 0; i < ODDS; i++) {
		char want[160];
		const char *room = odd_room((enum odd)i);
		story_begin(&d->x, LABEL_PLAIN_HTTP);
		struct record r = begin(d, d->line, MAX_LINE, false);
		keep(d, record_anomaly(&r, &d->x.f, (enum odd)i, SERVER, 42));
		snprintf(want, sizeof want, "\"anomaly\":{\"type\":\"%s\",\"event\":\"%s\",\"layer\":\"%s\"},",
		    strcmp(room, "stream") == 0 ? "stream" : "applayer", odd_name((enum odd)i), room);
		has(d, want);
		has(d, "\"culvert\":{\"side\":\"server\",\"offset\":42}}");
	}
}

static void counters_of_a_run(void **state)
{
	struct desk *d = *state;
	const struct report_stats s = { .source = "dir/x.pcap",
		.frames = 10,
		.segments = 9,
		.flows = 3,
		.by_label = { 1, 0, 2 },
		.records = 5,
		.records_lost = 1,
		.first = STORY_T0,
		.last = STORY_T0 };
	struct record r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_stats(&r, &s));
	has(d, "\"event_type\":\"stats\",\"pcap_filename\":\"x.pcap\",\"stats\":{\"decoder\":{\"pkts\":10,\"bytes\":0,"
	       "\"tcp\":9,");
	has(d, "\"labels\":{\"undecided\":1,\"not-http\":0,\"plain-http\":2,\"blind-relay\":0,\"http-tunnel\":0}");
	has(d, "\"records\":5,\"records_lost\":1,\"first\":\"2026-11-23T19:24:07.101822+00:00\"");
	const struct report_stats none = { .source = NULL };
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_stats(&r, &none));
	lacks(d, "\"first\"");
	lacks(d, "\"enforce\"");
	lacks(d, "peak\"");
	const struct live_stats listening = { .now = STORY_T0, .uptime_s = 1 };
	const struct report_stats peaks = { .flows_peak = 7, .half_open_peak = 8, .live = &listening };
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_stats(&r, &peaks));
	has(d, "\"flow\":{\"total\":0,\"peak\":7,\"evicted\":0,\"half_open_peak\":8,\"half_open_evicted\":0}");
	const struct enforce_stats marks = { 1, 2, 3, 4, 5, 6 };
	const struct report_stats marking = { .enforce = &marks };
	r = begin(d, d->line, MAX_LINE, false);
	keep(d, record_stats(&r, &marking));
	has(d, "\"enforce\":{\"forbidden\":1,\"settled\":2,\"enforced\":3,\"unknown\":4,\"failed\":5,\"lost\":6}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_relay_in_full),
		TEST(a_tunnel_in_full),
		TEST(a_carrier),
		TEST(an_upgrade),
		TEST(several_handshakes_are_all_told),
		TEST(an_undecided_conversation),
		TEST(doubts_deviations_and_headers),
		TEST(tls_versions_have_their_names),
		TEST(the_client_is_the_source),
		TEST(strange_clocks),
		TEST(hostile_strings_stay_in_their_strings),
		TEST(no_room_means_no_line),
		TEST(a_long_capture_name_is_cut_and_said),
		TEST(handshakes_as_they_happen),
		TEST(a_label_as_it_rises),
		TEST(every_anomaly_in_the_shape_of_eve),
		TEST(counters_of_a_run),
	};
	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
