/* The table of the facts, in the order of the manual.
 *
 * A fact of one value that a conversation does not have (no handshake, no SNI) is unknown; a list may be known and empty.
 * What is counted while a conversation lives -- bytes, packets, messages, seconds -- is unknown until its end: else a rule
 * that asks for little would hold too early.  A label is unknown until there is one or it is too late for one. */
#include "rules/fact.h"

#include "rules/readers.h"
#include "stream/stream.h"

#define AT(name) MOMENT_BIT(MOMENT_##name)

enum {
	AT_BEGIN = AT(BEGIN),
	AT_SHAKE = AT(ASKED) | AT(ANSWERED) | AT(END),
	AT_ANSWER = AT(ANSWERED) | AT(END),
	AT_LABEL = AT(LABEL) | AT(END),
	AT_ODD = AT(ODD) | AT(END),
	AT_DOUBT = AT(LABEL) | AT(ODD) | AT(END),
	AT_CHANNEL = AT(CHANNEL) | AT(END),
	AT_TUNNEL = AT(TUNNEL) | AT(LABEL) | AT(END),
	AT_REQUEST = AT(REQUEST),
	AT_RESPONSE = AT(RESPONSE),
	AT_END = AT(END)
};

static const char *label_word(unsigned i)
{
	return i < LABELS ? label_name((enum label)i) : NULL;
}

static const char *certainty_word(unsigned i)
{
	return i <= CERTAIN ? certainty_name((enum certainty)i) : NULL;
}

static const char *undecided_word(unsigned i)
{
	return i + 1 < LACKS ? lack_name((enum lack)(i + 1)) : NULL;
}

static const char *doubt_word(unsigned i)
{
	return i < DOUBTS ? doubt_name(i) : NULL;
}

static const char *odd_word(unsigned i)
{
	return i < ODDS ? odd_name((enum odd)i) : NULL;
}

static const char *carrier_word(unsigned i)
{
	return i < CARRIERS ? carrier_name((enum carrier)i) : NULL;
}

static const char *kind_word(unsigned i)
{
	return i < HS_KIND_DISGUISED ? hs_kind_name((enum hs_kind)(i + HS_KIND_CONNECT)) : NULL;
}

static const char *result_word(unsigned i)
{
	return i <= HS_REQUIRED ? hs_result_name((enum hs_result)i) : NULL;
}

static const char *accept_word(unsigned i)
{
	static const char *const words[] = { "right", "wrong" };
	return i < 2 ? words[i] : NULL;
}

static const char *sni_word(unsigned i)
{
	return i + SNI_ABSENT <= SNI_DIFFERS ? sni_match_name((enum sni_match)(i + SNI_ABSENT)) : NULL;
}

/* The tools of one sort: those that talk in a relay, or those that wrap. */
static const char *tool_word(unsigned i, bool carriers)
{
	const struct detector *d;
	for (unsigned n = 0; (d = tunnel_detector(n)) != NULL; n++)
		if ((d->kind == KIND_CARRIER) == carriers && i-- == 0)
			return d->name;
	return !carriers && i == 0 ? "unknown" : NULL;
}

static const char *relay_tool_word(unsigned i)
{
	/* One detector finds these three, and names each. */
	static const char *const more[] = { "fortinet", "globalprotect", "f5" };
	const char *word = tool_word(i, true);
	unsigned carriers = 0;
	while (word == NULL && tool_word(carriers, true) != NULL)
		carriers++;
	if (word == NULL && i - carriers < sizeof more / sizeof *more)
		word = more[i - carriers];
	return word;
}

static const char *tunnel_tool_word(unsigned i)
{
	return tool_word(i, false);
}

static const char *tunnel_kind_word(unsigned i)
{
	static const char *const words[] = { "standard", "covert" };
	return i < 2 ? words[i] : NULL;
}

static const char *version_word(unsigned i)
{
	static const char *const words[] = { "1", "2" };
	return i < 2 ? words[i] : NULL;
}

static const char *state_word(unsigned i)
{
	return i <= STREAM_RESET ? stream_state_name((enum stream_state)i) : NULL;
}

static const char *reason_word(unsigned i)
{
	return i < ENDED_REUSED ? ended_name((enum ended)(i + ENDED_FIN)) : NULL;
}

static const struct fact facts[] = {
	{ "label", FACT_NAME, false, false, AT_LABEL, label_word, see_label, "what the conversation is" },
	{ "certainty", FACT_NAME, false, false, AT_LABEL, certainty_word, see_certainty, "how sure that is" },
	{ "because", FACT_NAME, false, false, AT_LABEL, NULL, see_because, "the note that decided, as who/what" },
	{ "undecided", FACT_NAME, false, false, AT_END, undecided_word, see_undecided, "why there is no label" },
	{ "doubt", FACT_NAME, true, false, AT_DOUBT, doubt_word, see_doubt, "what could not be seen" },
	{ "evidence", FACT_NAME, true, false, AT_LABEL, NULL, see_evidence, "the notes, each as who/what" },
	{ "anomalies", FACT_NAME, true, false, AT_ODD, odd_word, see_anomalies, "the deviations" },
	{ "suspicion", FACT_NUMBER, false, false, AT_LABEL, NULL, see_suspicion,
	    "the score of weak signs of a tunnel, tenths of a ban" },
	{ "encapsulation", FACT_NAME, true, false, AT_BEGIN, carrier_word, see_encapsulation,
	    "what was peeled off around IP" },
	{ "vlan", FACT_NUMBER, true, false, AT_BEGIN, NULL, see_vlan, "VLAN ids" },

	{ "src_ip", FACT_ADDRESS, false, false, AT_BEGIN, NULL, see_src_ip, "address of the client" },
	{ "src_port", FACT_PORT, false, false, AT_BEGIN, NULL, see_src_port, "port of the client" },
	{ "dest_ip", FACT_ADDRESS, false, false, AT_BEGIN, NULL, see_dest_ip, "address of the server" },
	{ "dest_port", FACT_PORT, false, false, AT_BEGIN, NULL, see_dest_port, "port of the server" },

	{ "handshake.kind", FACT_NAME, false, true, AT_SHAKE, kind_word, see_kind, "what was asked for" },
	{ "handshake.protocol", FACT_NAME, false, true, AT_SHAKE, NULL, see_protocol,
	    "Upgrade: the protocol chosen, else the first offered" },
	{ "handshake.target", FACT_TEXT, false, true, AT_SHAKE, NULL, see_target, "the target as written" },
	{ "handshake.host", FACT_HOST, false, true, AT_SHAKE, NULL, see_host, "CONNECT: the host asked for" },
	{ "handshake.port", FACT_PORT, false, true, AT_SHAKE, NULL, see_port, "CONNECT: the port asked for" },
	{ "handshake.method", FACT_TEXT, false, true, AT_SHAKE, NULL, see_method, "Upgrade: the method" },
	{ "handshake.result", FACT_NAME, false, true, AT_SHAKE, result_word, see_result, "what was answered" },
	{ "handshake.status", FACT_NUMBER, false, true, AT_ANSWER, NULL, see_status, "status code of the answer" },
	{ "handshake.tries", FACT_NUMBER, false, true, AT_SHAKE, NULL, see_tries, "requests of this kind until then" },
	{ "handshake.offered", FACT_NAME, true, true, AT_SHAKE, NULL, see_offered, "Upgrade: the tokens offered" },
	{ "handshake.chosen", FACT_NAME, false, true, AT_ANSWER, NULL, see_chosen, "Upgrade: what the answer chose" },
	{ "handshake.accept", FACT_NAME, false, true, AT_ANSWER, accept_word, see_accept,
	    "WebSocket: is its proof right?" },
	{ "handshake.proxy_user", FACT_TEXT, false, true, AT_SHAKE, NULL, see_proxy_user, "who asked" },
	{ "handshake.proxy_scheme", FACT_NAME, false, true, AT_SHAKE, NULL, see_proxy_scheme,
	    "scheme of the credentials" },
	{ "handshake.alpn", FACT_TEXT, false, true, AT_SHAKE, NULL, see_shake_alpn, "CONNECT: the field ALPN" },
	{ "handshake.level", FACT_NUMBER, false, true, AT_SHAKE, NULL, see_level, "the dialogue: 0 is the own one" },

	{ "relay.inner", FACT_NAME, true, false, AT_CHANNEL, NULL, see_inner, "the protocols in the channel" },
	{ "relay.sni", FACT_HOST, false, false, AT_CHANNEL, NULL, see_sni, "TLS: the server name" },
	{ "relay.sni_vs_target", FACT_NAME, false, false, AT_CHANNEL, sni_word, see_sni_vs_target,
	    "TLS in a CONNECT: host asked for against server name" },
	{ "relay.alpn", FACT_NAME, true, false, AT_CHANNEL, NULL, see_alpn, "TLS: the protocols offered" },
	{ "relay.ja4", FACT_NAME, false, false, AT_CHANNEL, NULL, see_ja4, "TLS: JA4 of the ClientHello" },
	{ "relay.tls_version", FACT_NAME, false, false, AT_CHANNEL, NULL, see_tls_version,
	    "TLS: highest version offered" },
	{ "relay.banner", FACT_TEXT, false, false, AT_CHANNEL, NULL, see_banner, "greeting of SSH, SMTP, ..." },
	{ "relay.entropy", FACT_RATIO, false, false, AT_CHANNEL, NULL, see_entropy, "unknown protocol: bits per byte" },
	{ "relay.tool", FACT_NAME, false, false, AT_TUNNEL, relay_tool_word, see_relay_tool,
	    "who talks in the channel" },
	{ "relay.target", FACT_TEXT, false, false, AT_TUNNEL, NULL, see_relay_target,
	    "where it leads, if the tool shows it" },
	{ "relay.bytes_toserver", FACT_BYTES, false, false, AT_END, NULL, see_relay_up, "sent after the switch" },
	{ "relay.bytes_toclient", FACT_BYTES, false, false, AT_END, NULL, see_relay_down, "received after the switch" },
	{ "relay.seconds", FACT_SECONDS, false, false, AT_END, NULL, see_relay_seconds,
	    "from the switch to the last byte" },
	{ "relay.depth", FACT_NUMBER, false, false, AT_CHANNEL, NULL, see_depth, "relays inside relays: 1 is one" },

	{ "tunnel.tool", FACT_NAME, false, false, AT_TUNNEL, tunnel_tool_word, see_tool, "the tool that wraps" },
	{ "tunnel.kind", FACT_NAME, false, false, AT_TUNNEL, tunnel_kind_word, see_tunnel_kind,
	    "a published protocol, or made to get through" },
	{ "tunnel.wrapped", FACT_NAME, false, false, AT_TUNNEL, NULL, see_wrapped, "the protocol inside" },
	{ "tunnel.target", FACT_TEXT, false, false, AT_TUNNEL, NULL, see_tunnel_target,
	    "where it leads, if the tool shows it" },
	{ "tunnel.host", FACT_HOST, false, false, AT_TUNNEL, NULL, see_tunnel_host, "the host in that" },
	{ "tunnel.port", FACT_PORT, false, false, AT_TUNNEL, NULL, see_tunnel_port, "the port in that" },
	{ "tunnel.bytes_toserver", FACT_BYTES, false, false, AT_END, NULL, see_tunnel_up, "unwrapped, of the client" },
	{ "tunnel.bytes_toclient", FACT_BYTES, false, false, AT_END, NULL, see_tunnel_down,
	    "unwrapped, of the server" },

	{ "http.version", FACT_NAME, false, false, AT_LABEL, version_word, see_http_version, "1 or 2" },
	{ "http.requests", FACT_NUMBER, false, false, AT_END, NULL, see_requests, "requests seen" },
	{ "http.responses", FACT_NUMBER, false, false, AT_END, NULL, see_responses, "final responses seen" },
	{ "request.method", FACT_TEXT, false, false, AT_REQUEST, NULL, see_request_method,
	    "of the latest request of the own HTTP" },
	{ "request.host", FACT_HOST, false, false, AT_REQUEST, NULL, see_request_host, "its host, without port" },
	{ "request.path", FACT_TEXT, false, false, AT_REQUEST, NULL, see_request_path, "its path and query" },
	{ "response.status", FACT_NUMBER, false, false, AT_RESPONSE, NULL, see_response_status,
	    "status code of its answer" },

	{ "flow.bytes_toserver", FACT_BYTES, false, false, AT_END, NULL, see_bytes_up, "TCP headers and data" },
	{ "flow.bytes_toclient", FACT_BYTES, false, false, AT_END, NULL, see_bytes_down, "TCP headers and data" },
	{ "flow.pkts_toserver", FACT_NUMBER, false, false, AT_END, NULL, see_packets_up, "packets of the client" },
	{ "flow.pkts_toclient", FACT_NUMBER, false, false, AT_END, NULL, see_packets_down, "packets of the server" },
	{ "flow.age", FACT_SECONDS, false, false, AT_END, NULL, see_age, "from the first packet to the last" },
	{ "flow.state", FACT_NAME, false, false, AT_END, state_word, see_state, "how far TCP had come" },
	{ "flow.reason", FACT_NAME, false, false, AT_END, reason_word, see_reason, "why it is over" },
};

enum { FACTS = sizeof facts / sizeof *facts };
_Static_assert((int)FACTS <= (int)MAX_FACTS, "a judge has a place for each fact");

const struct fact *fact_find(struct slice name)
{
	for (unsigned i = 0; i < FACTS; i++)
		if (slice_eq(name, (struct slice){ (const uint8_t *)facts[i].name, strlen(facts[i].name) }))
			return &facts[i];
	return NULL;
}

const struct fact *fact_at(unsigned i)
{
	return i < FACTS ? &facts[i] : NULL;
}

unsigned fact_number(const struct fact *f)
{
	return (unsigned)(f - facts);
}

const char *fact_kind_word(enum fact_kind k)
{
	static const char *const names[] = {
		[FACT_TEXT] = "text",
		[FACT_NAME] = "name",
		[FACT_HOST] = "host",
		[FACT_NUMBER] = "number",
		[FACT_PORT] = "port",
		[FACT_BYTES] = "bytes",
		[FACT_SECONDS] = "seconds",
		[FACT_RATIO] = "ratio",
		[FACT_ADDRESS] = "address",
	};
	return (unsigned)k < sizeof names / sizeof *names ? names[k] : "";
}
