#include "report/record.h"

#include "decode/decode.h"

const char *record_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

int64_t record_us(int64_t from, int64_t to)
{
	if (to <= from)
		return 0;
	return (int64_t)(((uint64_t)to - (uint64_t)from) / 1000);
}

/* A whole address and its port. */
static char *pen_endpoint(char *at, const struct endpoint *e, bool ipv6)
{
	return at + endpoint_text(e, ipv6, at);
}

/* A record's head is written with a pen: 600 instructions less than key by key. */
static void write_endpoints(struct record *r, const struct facts *f)
{
	struct json *const j = &r->json;
	const struct endpoint *client = facts_client(f), *server = facts_server(f);
	char *const claimed = json_claim(j), *at = claimed;
	at = pen_text(at, ",\"src_ip\":\"");
	at = pen_endpoint(at, client, f->key->ipv6);
	at = pen_text(at, "\",\"src_port\":");
	at = pen_uint(at, client->port);
	at = pen_text(at, ",\"dest_ip\":\"");
	at = pen_endpoint(at, server, f->key->ipv6);
	at = pen_text(at, "\",\"dest_port\":");
	at = pen_uint(at, server->port);
	at = pen_text(at, ",\"proto\":\"TCP\",\"community_id\":\"");
	/* Not where it may not stay. */
	if (r->owed != NULL && claimed != j->spare)
		community_id_owe(r->owed, f->key, at);
	else
		community_id(f->key, at);
	at = pen_text(at + COMMUNITY_ID_LEN, "\"");
	json_settle(j, at);
}

/* EVE's own key: the ids of the VLANs, outermost first. */
static void write_vlans(struct record *r, const struct encapsulation *e)
{
	bool any = false;
	for (unsigned i = 0; e != NULL && i < e->count; i++) {
		if (e->kind[i] != CARRIER_VLAN)
			continue;
		if (!any)
			json_array(&r->json, "vlan");
		any = true;
		json_uint(&r->json, NULL, e->id[i]);
	}
	if (any)
		json_array_end(&r->json);
}

void record_head_as(struct record *r, struct slice type, const struct facts *f)
{
	struct json *j = &r->json;
	char *at = json_claim(j);
	at = pen_text(at, "\"timestamp\":\"");
	at = record_pen_time(r, at, f->now);
	at = pen_text(at, "\",\"flow_id\":");
	json_settle(j, pen_uint(at, f->flow_id));
	if (f->capture != NULL)
		record_wire(r, "pcap_filename", (struct slice){ (const uint8_t *)f->capture, strlen(f->capture) });
	if (f->interface != NULL)
		record_wire(r, "in_iface", (struct slice){ (const uint8_t *)f->interface, strlen(f->interface) });
	json_plain(j, "event_type", (const char *)type.at, type.len);
	write_vlans(r, f->encap);
	write_endpoints(r, f);
}

size_t record_end(struct record *r)
{
	if (r->cut)
		json_bool(&r->json, "truncated", true);
	json_object_end(&r->json);
	return json_end(&r->json);
}

static char *pen_label(char *at, const struct verdict *v)
{
	at = pen_text(at, "\"label\":\"");
	at = pen_word(at, label_name((enum label)v->label));
	at = pen_text(at, "\",\"certainty\":\"");
	at = pen_word(at, certainty_name((enum certainty)v->certainty));
	if (v->because != NULL) {
		at = pen_text(at, "\",\"because\":\"");
		at = pen_word(at, v->because->who);
		*at++ = '/';
		at = pen_word(at, v->because->what);
	}
	return pen_text(at, "\"");
}

void record_verdict(struct record *r, const struct verdict *v)
{
	struct json *j = &r->json;
	const uint32_t manner = PHRASE_VERDICT | (uint32_t)v->label << 8 | v->certainty;
	char *const begin = json_claim_value(j), *end = phrase_put(r->phrases, v->because, manner, begin);
	if (end == NULL) {
		end = pen_label(begin, v);
		phrase_keep(r->phrases, v->because, manner, begin, (size_t)(end - begin));
	}
	json_settle(j, end);
	if (v->lack != LACKS_NOTHING)
		json_word(j, "undecided", lack_name((enum lack)v->lack));
	if (v->readings == 0)
		return;
	json_array(j, "readings");
	for (unsigned i = 0; i < LABELS; i++)
		if ((v->readings >> i & 1) != 0)
			json_word(j, NULL, label_name((enum label)i));
	json_array_end(j);
}

/* The target of a CONNECT is host and port; a request to upgrade has a method before its target. */
static void write_target(struct record *r, const struct handshake_record *h)
{
	const struct slice target =
	    slice_head((struct slice){ (const uint8_t *)h->target, sizeof h->target }, h->target_len);
	if (h->kind == HS_KIND_UPGRADE) {
		const size_t space = slice_find(target, ' ');
		record_wire(r, "method", slice_head(target, space));
		record_wire(r, "target", slice_from(target, space + 1));
		return;
	}
	record_wire(r, "target", target);
	if (h->port == 0)
		return;
	record_wire(r, "host", slice_head(slice_from(target, h->host_at), h->host_len));
	json_uint(&r->json, "port", h->port);
}

static void write_offer(struct record *r, const struct handshake_record *h)
{
	record_wire_text(
	    r, "protocol", h->protocol, h->protocol_len < sizeof h->protocol ? h->protocol_len : sizeof h->protocol);
	record_wire_text(
	    r, "offered", h->offered, h->offered_len8 < sizeof h->offered ? h->offered_len8 : sizeof h->offered);
	record_wire_text(r, "chosen", h->chosen, sizeof h->chosen);
	if (h->websocket_accept != 0)
		json_word(&r->json, "accept", h->websocket_accept == 1 ? "right" : "wrong");
}

static void write_answer(struct record *r, const struct handshake_record *h)
{
	struct json *j = &r->json;
	json_word(j, "result", hs_result_name((enum hs_result)h->result));
	if (h->status != 0)
		json_uint(j, "status", h->status);
	if (h->result == HS_ACCEPTED) {
		json_object(j, "http_ended");
		json_uint(j, "toserver", h->ended[CLIENT]);
		json_uint(j, "toclient", h->ended[SERVER]);
		json_object_end(j);
	}
	if (h->result != HS_PENDING)
		json_fixed(j, "took_ms", record_us(h->t_asked, h->t_answered), 3);
}

void record_one_handshake(struct record *r, const char *key, unsigned level, const struct handshake_record *h)
{
	struct json *j = &r->json;
	json_object(j, key);
	json_word(j, "kind", hs_kind_name((enum hs_kind)h->kind));
	json_uint(j, "level", level);
	write_target(r, h);
	write_offer(r, h);
	write_answer(r, h);
	if (h->unusual)
		json_bool(j, "unusual", true);
	json_uint(j, "tries", h->tries);
	json_uint(j, "asked_at", h->asked_at);
	record_wire_text(r, "proxy_user", h->user, h->user_len < sizeof h->user ? h->user_len : sizeof h->user);
	record_wire_text(r, "proxy_scheme", h->scheme, sizeof h->scheme);
	record_wire_text(r, "alpn", h->alpn, h->alpn_len < sizeof h->alpn ? h->alpn_len : sizeof h->alpn);
	json_object_end(j);
}

size_t record_handshake(struct record *r, const struct facts *f, unsigned level, const struct handshake_record *h)
{
	record_head(r, "handshake", f);
	json_object(&r->json, "culvert");
	json_word(&r->json, "event", h->result == HS_PENDING ? "asked" : "answered");
	record_one_handshake(r, "handshake", level, h);
	return record_end(r);
}

size_t record_label(struct record *r, const struct facts *f, enum label before)
{
	record_head(r, "label", f);
	json_object(&r->json, "culvert");
	record_verdict(r, f->verdict);
	json_word(&r->json, "before", label_name(before));
	return record_end(r);
}

/* EVE knows two kinds of deviation above the packet: of the stream, and of what runs on it. */
size_t record_anomaly(struct record *r, const struct facts *f, enum odd odd, enum side from, uint64_t offset)
{
	struct json *j = &r->json;
	const char *room = odd_room(odd);
	record_head(r, "anomaly", f);
	json_object(j, "anomaly");
	json_word(j, "type", strcmp(room, "stream") == 0 ? "stream" : "applayer");
	json_word(j, "event", odd_name(odd));
	json_word(j, "layer", room);
	json_object_end(j);
	json_object(j, "culvert");
	json_word(j, "side", side_name(from));
	json_uint(j, "offset", offset);
	return record_end(r);
}

static void write_live_stats(struct json *j, const struct live_stats *s)
{
	json_uint(j, "uptime", s->uptime_s);
	json_object(j, "capture");
	json_uint(j, "kernel_packets", s->received);
	json_uint(j, "kernel_drops", s->dropped);
	json_object_end(j);
}

static void write_traffic_stats(struct json *j, const struct report_stats *s)
{
	json_object(j, "stats");
	if (s->live != NULL)
		write_live_stats(j, s->live);
	json_object(j, "decoder");
	json_uint(j, "pkts", s->frames);
	json_uint(j, "bytes", s->frame_bytes);
	json_uint(j, "tcp", s->segments);
	json_uint(j, "other", s->other);
	json_uint(j, "invalid", s->malformed);
	json_uint(j, "fragments_dropped", s->fragments_dropped);
	json_uint(j, "bad_checksums", s->bad_checksums);
	json_object_end(j);
	/* Peaks of several workers need not have been at one time: with files, which any number of them tells alike, none is told. */
	json_object(j, "flow");
	json_uint(j, "total", s->flows);
	if (s->live != NULL)
		json_uint(j, "peak", s->flows_peak);
	json_uint(j, "evicted", s->flows_evicted);
	if (s->live != NULL)
		json_uint(j, "half_open_peak", s->half_open_peak);
	json_uint(j, "half_open_evicted", s->half_open_evicted);
	json_object_end(j);
	json_object_end(j);
}

static void write_inline_stats(struct json *j, const struct inline_stats *s)
{
	if (s == NULL)
		return;
	json_object(j, "inline");
	json_uint(j, "passed", s->passed);
	json_uint(j, "marked", s->marked);
	json_uint(j, "dropped", s->dropped);
	json_uint(j, "held", s->held);
	json_uint(j, "held_again", s->held_again);
	json_uint(j, "conflicts", s->conflicts);
	json_uint(j, "settled", s->settled);
	json_uint(j, "forbidden", s->forbidden);
	json_object(j, "exceptions");
	for (unsigned i = 0; i < EXCEPTIONS; i++)
		json_uint(j, exception_name((enum exception)i), s->exceptions[i]);
	json_object_end(j);
	json_object_end(j);
}

static void write_enforce_stats(struct json *j, const struct enforce_stats *s)
{
	if (s == NULL)
		return;
	json_object(j, "enforce");
	json_uint(j, "forbidden", s->forbidden);
	json_uint(j, "settled", s->settled);
	json_uint(j, "enforced", s->enforced);
	json_uint(j, "unknown", s->unknown);
	json_uint(j, "failed", s->failed);
	json_uint(j, "lost", s->lost);
	json_object_end(j);
}

static void write_caps(struct json *j, const struct report_stats *s)
{
	json_object(j, "caps");
	for (unsigned i = 0; i < CAPS; i++)
		json_uint(j, cap_row((enum cap)i)->name, s->caps[i]);
	json_object_end(j);
}

static void write_workers(struct json *j, const struct live_stats *s)
{
	json_object(j, "workers");
	json_uint(j, "count", s->workers);
	json_uint(j, "restarts", s->restarts);
	json_uint(j, "conversations_lost", s->conversations_lost);
	json_array(j, "each");
	for (unsigned i = 0; i < s->workers; i++) {
		json_object(j, NULL);
		json_uint(j, "received", s->worker[i].received);
		json_uint(j, "dropped", s->worker[i].dropped);
		json_uint(j, "read", s->worker[i].frames);
		json_uint(j, "restarts", s->worker[i].restarts);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

size_t record_stats(struct record *r, const struct report_stats *s)
{
	struct json *j = &r->json;
	record_time(r, "timestamp", s->live != NULL ? s->live->now : s->last);
	json_word(j, "event_type", "stats");
	if (s->source != NULL) {
		const char *name = record_base_name(s->source);
		record_wire(r, "pcap_filename", (struct slice){ (const uint8_t *)name, strlen(name) });
	}
	write_traffic_stats(j, s);
	json_object(j, "culvert");
	json_object(j, "labels");
	for (unsigned i = 0; i < LABELS; i++)
		json_uint(j, label_name((enum label)i), s->by_label[i]);
	json_object_end(j);
	json_uint(j, "anomalies", s->anomalies);
	json_uint(j, "stream_caps", s->stream_caps);
	json_uint(j, "tunnel_caps", s->tunnel_caps);
	json_uint(j, "kin_evicted", s->kin_evicted);
	json_uint(j, "groups_evicted", s->groups_evicted);
	write_caps(j, s);
	record_rule_stats(j, &s->rules);
	write_inline_stats(j, s->in_the_way);
	write_enforce_stats(j, s->enforce);
	if (s->live != NULL && s->live->workers != 0)
		write_workers(j, s->live);
	json_uint(j, "records", s->records);
	json_uint(j, "records_lost", s->records_lost);
	if (s->frames != 0) {
		record_time(r, "first", s->first);
		record_time(r, "last", s->last);
	}
	return record_end(r);
}
