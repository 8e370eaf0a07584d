/* readers -- what reads each fact from the facts of a conversation.  Private to rules. */
#ifndef RULES_READERS_H
#define RULES_READERS_H

#include "rules/fact.h"

/* As `read` of struct fact. */
typedef int fact_reader(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES]);

/* fact_flow.c */
fact_reader see_label, see_certainty, see_because, see_undecided, see_doubt, see_evidence, see_anomalies, see_suspicion,
    see_encapsulation, see_vlan, see_src_ip, see_src_port, see_dest_ip, see_dest_port, see_http_version, see_requests,
    see_responses, see_request_method, see_request_host, see_request_path, see_response_status, see_bytes_up,
    see_bytes_down, see_packets_up, see_packets_down, see_age, see_state, see_reason;

/* fact_handshake.c */
fact_reader see_kind, see_protocol, see_target, see_host, see_port, see_method, see_result, see_status, see_tries,
    see_offered, see_chosen, see_accept, see_proxy_user, see_proxy_scheme, see_shake_alpn, see_level;

/* fact_pipe.c: relays and tunnels */
fact_reader see_inner, see_sni, see_sni_vs_target, see_alpn, see_ja4, see_tls_version, see_banner, see_entropy,
    see_relay_tool, see_relay_target, see_relay_up, see_relay_down, see_relay_seconds, see_depth, see_tool,
    see_tunnel_kind, see_wrapped, see_tunnel_target, see_tunnel_host, see_tunnel_port, see_tunnel_up, see_tunnel_down;

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
