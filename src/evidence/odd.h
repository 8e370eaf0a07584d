/* odd -- every deviation that culvert names, in one list: `ODD(NAME, "room", "name")`.
 *
 * Names are Suricata's where Suricata has one (its users know them), otherwise ours.  At most 64: a conversation
 * remembers them as bits.  `culvert list events` and culvert-events(5) print this list.
 */
#ifndef EVIDENCE_ODD_H
#define EVIDENCE_ODD_H

#include <stdint.h>

#define ODD_LIST(ODD)                                                          \
	/* stream */                                                           \
	ODD(OVERLAP_DIFFERS, "stream", "reassembly_overlap_different_data")    \
	ODD(HOLE, "stream", "reassembly_seq_gap")                              \
	ODD(STREAM_CAP, "stream", "reassembly_no_segment")                     \
	ODD(OUT_OF_WINDOW, "stream", "pkt_out_of_window")                      \
	ODD(RST_INJECTION, "stream", "rst_invalid_seq")                        \
	ODD(FIN_INVALID, "stream", "fin_invalid_seq")                          \
	ODD(DATA_AFTER_FIN, "stream", "data_after_fin")                        \
	ODD(SYN_ON_LIVE, "stream", "est_syn_resend_diff_seq")                  \
	ODD(BAD_FLAGS, "stream", "bad_flags")                                  \
	ODD(URGENT, "stream", "urgent_data")                                   \
	ODD(BAD_CHECKSUM, "stream", "tcp_invalid_checksum")                    \
	ODD(TTL_JUMP, "stream", "ttl_jump")                                    \
	ODD(OLD_STAMP, "stream", "pkt_invalid_timestamp")                      \
	ODD(UNASKED_MD5, "stream", "md5_unasked")                              \
	/* http */                                                             \
	ODD(BARE_LF, "http", "line_bare_lf")                                   \
	ODD(BARE_CR, "http", "line_bare_cr")                                   \
	ODD(LEADING_EMPTY, "http", "leading_empty_lines")                      \
	ODD(FOLDED, "http", "invalid_request_field_folding")                   \
	ODD(FIELD_NO_COLON, "http", "request_field_missing_colon")             \
	ODD(FIELD_SPACE, "http", "field_space_before_colon")                   \
	ODD(FIELD_CONTROL, "http", "field_control_byte")                       \
	ODD(TOO_MANY_FIELDS, "http", "too_many_headers")                       \
	ODD(HEAD_TOO_LONG, "http", "request_field_too_long")                   \
	ODD(REQUEST_LINE, "http", "request_line_invalid")                      \
	ODD(METHOD_CASE, "http", "method_not_upper_case")                      \
	ODD(VERSION, "http", "request_line_invalid_version")                   \
	ODD(STATUS_LINE, "http", "response_invalid_status")                    \
	ODD(LENGTH_INVALID, "http", "invalid_content_length_field")            \
	ODD(LENGTH_AND_CHUNKED, "http", "ambiguous_framing")                   \
	ODD(LENGTH_CONFLICT, "http", "duplicate_content_length_differs")       \
	ODD(CODING_INVALID, "http", "invalid_transfer_encoding_value")         \
	ODD(CHUNK_INVALID, "http", "invalid_response_chunk_len")               \
	ODD(RESPONSE_UNASKED, "http", "unable_to_match_response_to_request")   \
	ODD(RESPONSE_EARLY, "http", "response_before_request_end")             \
	ODD(DESYNC, "http", "desync")                                          \
	ODD(PIPELINE_FULL, "http", "pipeline_too_deep")                        \
	ODD(HTTP09, "http", "http_0_9")                                        \
	ODD(HOST_DIFFERS, "http", "host_header_ambiguous")                     \
	/* handshake */                                                        \
	ODD(CONNECT_TARGET, "handshake", "connect_target_invalid")             \
	ODD(CONNECT_BODY, "handshake", "connect_request_has_body_framing")     \
	ODD(CONNECT_FRAMED_2XX, "handshake", "connect_2xx_has_body_framing")   \
	ODD(CONNECT_NOT_200, "handshake", "connect_2xx_not_200")               \
	ODD(CONNECT_EARLY, "handshake", "connect_early_data")                  \
	ODD(EARLY_REFUSED, "handshake", "connect_early_data_refused")          \
	ODD(ANSWER_NO_STATUS, "handshake", "connect_answer_without_status")    \
	ODD(UPGRADE_UNASKED, "handshake", "upgrade_101_unasked")               \
	ODD(UPGRADE_NOT_OFFERED, "handshake", "upgrade_not_offered")           \
	ODD(UPGRADE_NO_FIELD, "handshake", "upgrade_101_without_upgrade")      \
	ODD(UPGRADE_NO_CONNECTION, "handshake", "upgrade_no_connection_token") \
	ODD(UPGRADE_HTTP10, "handshake", "upgrade_in_http_1_0")                \
	ODD(UPGRADE_FRAMED_101, "handshake", "upgrade_101_has_body_framing")   \
	ODD(INTERIM_HTTP10, "handshake", "interim_response_to_http_1_0")       \
	ODD(ACCEPT_WRONG, "handshake", "websocket_accept_wrong")               \
	ODD(WS_KEY, "handshake", "websocket_key_invalid")                      \
	ODD(WS_VERSION, "handshake", "websocket_version_missing")              \
	/* channel */                                                          \
	ODD(WS_UNMASKED, "channel", "websocket_client_unmasked")               \
	ODD(WS_MASKED, "channel", "websocket_server_masked")                   \
	ODD(WS_NO_FRAME, "channel", "websocket_no_frame")                      \
	ODD(SNI_DIFFERS, "channel", "connect_host_differs_from_sni")           \
	ODD(NESTED_TOO_DEEP, "channel", "nested_too_deep")                     \
	ODD(INNER_NOT_AS_AGREED, "channel", "inner_protocol_not_as_agreed")

#define ODD_ENUM(name, room, text) ODD_##name,
enum odd { ODD_LIST(ODD_ENUM) ODDS };
#undef ODD_ENUM
_Static_assert(ODDS <= 64, "a conversation remembers oddities as 64 bits");

#define ODD_BIT(name) (UINT64_C(1) << ODD_##name)

const char *odd_name(enum odd odd);
const char *odd_room(enum odd odd);

#endif
