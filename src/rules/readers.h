/* readers -- what reads each fact from the facts of a conversation.  Private to rules. */
#ifndef RULES_READERS_H
#define RULES_READERS_H

#include "rules/fact.h"

/* As `read` of struct fact. */
typedef int fact_reader(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES]);

/* fact_flow.c */
fact_reader read_label, read_certainty, read_because, read_undecided, read_doubt, read_evidence, read_anomalies,
    read_suspicion, read_encapsulation, read_vlan, read_src_ip, read_src_port, read_dest_ip, read_dest_port,
    read_http_version, read_requests, read_responses, read_request_method, read_request_host, read_request_path,
    read_response_status, read_bytes_up, read_bytes_down, read_packets_up, read_packets_down, read_age, read_state,
    read_reason;

/* fact_handshake.c */
fact_reader read_kind, read_protocol, read_target, read_host, read_port, read_method, read_result, read_status,
    read_tries, read_offered, read_chosen, read_accept, read_proxy_user, read_proxy_scheme, read_shake_alpn, read_level;

/* fact_pipe.c: relays and tunnels */
fact_reader read_inner, read_sni, read_sni_vs_target, read_alpn, read_ja4, read_tls_version, read_banner, read_entropy,
    read_relay_tool, read_relay_target, read_relay_up, read_relay_down, read_relay_seconds, read_depth, read_tool,
    read_tunnel_kind, read_wrapped, read_tunnel_target, read_tunnel_host, read_tunnel_port, read_tunnel_up,
    read_tunnel_down;

/* One value, for readers to return. */
static inline int value_number(struct value *out, enum fact_kind kind, uint64_t n)
{
	out->kind = kind;
	out->number = n;
	return 1;
}

static inline int value_text(struct value *out, enum fact_kind kind, struct slice text)
{
	out->kind = kind;
	out->text = text;
	return text.len != 0 ? 1 : FACT_UNKNOWN;
}

static inline int value_word(struct value *out, const char *word)
{
	return value_text(out, FACT_NAME, (struct slice){ (const uint8_t *)word, strlen(word) });
}

static inline bool is_over(const struct facts *f)
{
	return f->ended != ENDED_NOT;
}

#endif
