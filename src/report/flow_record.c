/* The record of a whole conversation: EVE's `flow` object, and under `culvert` what EVE has no words for. */
#include "report/record.h"

#include "facts/layers.h"

void record_counters(struct record *r, const struct facts *f)
{
	struct json *j = &r->json;
	char *at = json_claim(j);
	at = pen_text(at, ",\"flow\":{\"pkts_toserver\":");
	at = pen_uint(at, f->packets[CLIENT]);
	at = pen_text(at, ",\"pkts_toclient\":");
	at = pen_uint(at, f->packets[SERVER]);
	at = pen_text(at, ",\"bytes_toserver\":");
	at = pen_uint(at, f->bytes[CLIENT]);
	at = pen_text(at, ",\"bytes_toclient\":");
	at = pen_uint(at, f->bytes[SERVER]);
	at = pen_text(at, ",\"start\":\"");
	at = record_pen_time(r, at, f->first);
	at = pen_text(at, "\",\"end\":\"");
	at = record_pen_time(r, at, f->last);
	at = pen_text(at, "\",\"age\":");
	at = pen_uint(at, (uint64_t)record_us(f->first, f->last) / 1000000);
	at = pen_text(at, ",\"state\":\"");
	at = pen_word(at, f->state);
	if (f->ended != ENDED_NOT) {
		at = pen_text(at, "\",\"reason\":\"");
		at = pen_word(at, ended_name(f->ended));
	}
	at = pen_text(at, "\",\"alerted\":");
	at = f->alerted ? pen_text(at, "true}") : pen_text(at, "false}");
	json_settle(j, at);
}

static void write_http(struct json *j, const struct facts *f)
{
	if (f->levels == 0)
		return;
	const struct facts_level *own = &f->level[0];
	if (own->requests == 0 && own->responses == 0 && !own->http2)
		return;
	char *at = json_claim_value(j);
	at = pen_text(at, "\"http\":{\"version\":\"");
	*at++ = own->http2 ? '2' : '1';
	at = pen_text(at, "\",\"requests\":");
	at = pen_uint(at, own->requests);
	at = pen_text(at, ",\"responses\":");
	at = pen_uint(at, own->responses);
	json_settle(j, pen_text(at, "}"));
}

static unsigned count_records(const struct facts_level *level)
{
	return level->handshake != NULL && level->handshake->records != NULL ? level->handshake->count : 0;
}

/* The decisive one of the conversation's own dialogue by itself; all, those of inner dialogues too, when there are more. */
void record_handshakes(struct record *r, const struct facts *f)
{
	unsigned all = 0;
	for (unsigned i = 0; i < f->levels; i++)
		all += count_records(&f->level[i]);
	const struct handshake_record *decisive = f->levels != 0 ? layers_handshake(&f->level[0]) : NULL;
	if (decisive != NULL)
		record_one_handshake(r, "handshake", 0, decisive);
	if (all < 2)
		return;
	json_array(&r->json, "handshakes");
	for (unsigned i = 0; i < f->levels; i++)
		for (unsigned n = 0; n < count_records(&f->level[i]); n++)
			record_one_handshake(r, NULL, i, &f->level[i].handshake->records[n]);
	json_array_end(&r->json);
}

/* Versions as people call them (RFC 8446, 4.2.1; the numbers of older ones are on the wire as they are here). */
static void write_tls_version(struct json *j, uint16_t version)
{
	if (version == 0x0300)
		json_word(j, "tls_version", "SSL 3.0");
	else if (version >= 0x0301 && version <= 0x0304)
		json_printf(j, "tls_version", "TLS 1.%u", version - 0x0301u);
	else
		json_printf(j, "tls_version", "0x%04x", version);
}

static void write_hello(struct record *r, const struct facts_level *level)
{
	struct json *j = &r->json;
	const struct channel *c = level->channel;
	const struct handshake_record *h = layers_handshake(level);
	if (!c->has_hello)
		return;
	record_wire_text(r, "sni", c->sni, sizeof c->sni);
	if (h != NULL && h->kind == HS_KIND_CONNECT && h->host_len != 0 && h->target_len <= sizeof h->target) {
		const struct slice target = { (const uint8_t *)h->target, h->target_len };
		const struct slice host = slice_head(slice_from(target, h->host_at), h->host_len);
		json_word(j, "sni_vs_target", sni_match_name(channel_sni_match(c, host)));
	}
	json_array(j, "alpn");
	for (unsigned i = 0; i < c->alpn_count && i < sizeof c->alpn / sizeof c->alpn[0]; i++)
		record_wire_text(r, NULL, c->alpn[i], sizeof c->alpn[i]);
	json_array_end(j);
	record_wire_text(r, "ja4", c->ja4, sizeof c->ja4);
	write_tls_version(j, c->tls_version);
	if (c->ech)
		json_bool(j, "ech", true);
}

static void write_channel(struct record *r, const struct facts_level *level)
{
	const struct channel *c = level->channel;
	write_hello(r, level);
	record_wire_text(r, "banner", c->banner, sizeof c->banner);
	if (strcmp(c->name, "unknown") == 0 || strcmp(c->inside, "unknown") == 0)
		json_fixed(&r->json, "entropy", c->entropy8 * 100 / 16, 2);
	if (c->by_ndpi)
		json_bool(&r->json, "by_ndpi", true);
}

static void write_slices(struct json *j, const char *key, const struct slice *names, unsigned count)
{
	json_array(j, key);
	for (unsigned i = 0; i < count; i++)
		json_slice(j, NULL, names[i]);
	json_array_end(j);
}

/* A tool that is known by its handshake: it wraps nothing, it is only a name for who talks in the channel. */
static void write_carrier(struct record *r, const struct finding *found)
{
	if (found == NULL)
		return;
	json_string(&r->json, "tool", found->tool);
	if (found->target[0] != '\0')
		record_wire_text(r, "target", found->target, sizeof found->target);
}

static void write_relay(struct record *r, const struct facts *f)
{
	struct json *j = &r->json;
	struct slice inner[MAX_LAYERS];
	if (!layers_relayed(f))
		return;
	json_object(j, "relay");
	write_carrier(r, f->carrier);
	write_slices(j, "inner", inner, layers_inner(f, inner));
	const struct facts_level *last = layers_innermost(f);
	if (last != NULL)
		write_channel(r, last);
	json_uint(j, "bytes_toserver", f->relay_bytes[CLIENT]);
	json_uint(j, "bytes_toclient", f->relay_bytes[SERVER]);
	json_fixed(j, "seconds", record_us(f->relay_from, f->relay_to), 6);
	json_object_end(j);
}

static void write_finding(struct record *r, const struct finding *found)
{
	struct json *j = &r->json;
	json_word(j, "kind", found->kind == KIND_STANDARD ? "standard" : "covert");
	record_wire_text(r, "target", found->target, sizeof found->target);
	if (found->target[0] == '\0')
		json_null(j, "target");
	if (found->tunnel_id != 0)
		json_printf(j, "id", "%016llx", (unsigned long long)found->tunnel_id);
	else
		json_null(j, "id");
	json_array(j, "peers");
	for (unsigned i = 0; i < found->peer_count && i < FINDING_PEERS; i++)
		json_uint(j, NULL, found->peers[i]);
	json_array_end(j);
	json_uint(j, "bytes_toserver", found->inner_bytes[CLIENT]);
	json_uint(j, "bytes_toclient", found->inner_bytes[SERVER]);
}

static void write_tunnel(struct record *r, const struct facts *f)
{
	struct json *j = &r->json;
	const struct finding *found = f->finding;
	if (found == NULL && f->verdict->label != LABEL_HTTP_TUNNEL)
		return;
	const struct slice wrapped = layers_wrapped(f);
	json_object(j, "tunnel");
	json_string(j, "tool", found != NULL && found->tool != NULL ? found->tool : "unknown");
	write_slices(j, "wrapped", &wrapped, wrapped.len != 0);
	if (found != NULL)
		write_finding(r, found);
	json_object_end(j);
}

/* What protocols are called may come from the wire, so these two are escaped. */
static void write_layer(struct json *j, const struct layer *l)
{
	char *at = json_claim_value(j);
	json_settle(j, pen_text(at, "{\"protocol\":"));
	json_put_slice(j, l->protocol);
	at = json_claim(j);
	at = pen_text(at, ",\"sits\":\"");
	at = pen_word(at, sits_name(l->sits));
	json_settle(j, pen_text(at, "\",\"on\":"));
	json_put_slice(j, l->on);
	at = json_claim(j);
	if (l->dialogue != NULL) {
		at = pen_text(at, ",\"requests\":");
		at = pen_uint(at, l->dialogue->requests);
		at = pen_text(at, ",\"responses\":");
		at = pen_uint(at, l->dialogue->responses);
	}
	json_settle(j, pen_text(at, "}"));
}

static void write_layers(struct json *j, const struct facts *f)
{
	struct layer layers[MAX_LAYERS];
	const unsigned count = layers_list(f, layers);
	json_settle(j, pen_text(json_claim_value(j), "\"layers\":["));
	for (unsigned i = 0; i < count; i++)
		write_layer(j, &layers[i]);
	json_array_end(j);
}

/* What graded signs add up to; SCORE_SUSPECT and SCORE_CONVICTS say what that is worth. */
static void write_suspicion(struct json *j, const struct dossier *d)
{
	const unsigned score = dossier_score(d);
	if (score == 0)
		return;
	json_object(j, "suspicion");
	json_uint(j, "score", score);
	json_array(j, "families");
	for (unsigned i = 0; i < FAMILIES; i++)
		if (d->grade[i] != 0)
			json_word(j, NULL, family_name((enum family)i));
	json_array_end(j);
	json_bool(j, "suspect", score >= SCORE_SUSPECT);
	json_object_end(j);
}

static char *pen_sign(char *at, const struct note *n)
{
	at = pen_text(at, "{\"who\":\"");
	at = pen_word(at, n->sign->who);
	at = pen_text(at, "\",\"what\":\"");
	at = pen_word(at, n->sign->what);
	at = pen_text(at, "\",\"side\":\"");
	at = pen_word(at, side_name((enum side)n->from));
	return pen_text(at, "\",\"offset\":");
}

static void write_note(struct record *r, const struct note *n, int64_t first)
{
	struct json *j = &r->json;
	const uint32_t manner = PHRASE_NOTE | n->from;
	char *const begin = json_claim_value(j), *at = phrase_put(r->phrases, n->sign, manner, begin);
	if (at == NULL) {
		at = pen_sign(begin, n);
		phrase_keep(r->phrases, n->sign, manner, begin, (size_t)(at - begin));
	}
	at = pen_uint(at, n->offset);
	at = pen_text(at, ",\"t\":");
	at = pen_millionths(at, (uint64_t)record_us(first, n->t));
	json_settle(j, pen_text(at, "}"));
}

static void write_evidence(struct record *r, const struct facts *f)
{
	const struct dossier *d = f->dossier;
	json_settle(&r->json, pen_text(json_claim_value(&r->json), "\"evidence\":["));
	for (unsigned i = 0; i < d->count && i < MAX_NOTES; i++) {
		const struct note n = dossier_note(d, i);
		write_note(r, &n, f->first);
	}
	json_array_end(&r->json);
}

static void write_doubts_and_odds(struct json *j, const struct dossier *d)
{
	if (d->doubts == 0 && d->odd == 0) {
		json_settle(j, pen_text(json_claim_value(j), "\"doubt\":[],\"anomalies\":[]"));
		return;
	}
	json_array(j, "doubt");
	for (unsigned bits = d->doubts; bits != 0; bits &= bits - 1)
		json_word(j, NULL, doubt_name((unsigned)__builtin_ctz(bits)));
	json_array_end(j);
	json_array(j, "anomalies");
	for (uint64_t bits = d->odd; bits != 0; bits &= bits - 1)
		json_word(j, NULL, odd_name((enum odd)__builtin_ctzll(bits)));
	json_array_end(j);
}

static void write_encapsulation(struct json *j, const struct encapsulation *e)
{
	if (e == NULL || e->count == 0)
		return;
	json_array(j, "encapsulation");
	for (unsigned i = 0; i < e->count && i < MAX_ENCAPSULATION; i++) {
		json_object(j, NULL);
		json_word(j, "type", carrier_name((enum carrier)e->kind[i]));
		json_uint(j, "id", e->id[i]);
		json_object_end(j);
	}
	json_array_end(j);
}

/* What was done about it, inline. */
static void write_fate(struct json *j, const struct facts_fate *f)
{
	if (f == NULL)
		return;
	json_object(j, "inline");
	json_word(j, "fate", standing_name((enum standing)f->standing));
	if (f->rule != 0) {
		json_uint(j, "rule", f->rule);
		json_word(j, "moment", moment_name((enum moment)f->moment));
	}
	if (f->exception != 0)
		json_word(j, "exception", exception_name((enum exception)(f->exception - 1)));
	if (f->standing == STANDING_REJECTED)
		json_word(j, "reply", reply_name((enum reply)f->reply));
	json_array(j, "met");
	for (unsigned i = 0; i < EXCEPTIONS; i++)
		if ((f->met >> i & 1) != 0)
			json_word(j, NULL, exception_name((enum exception)i));
	json_array_end(j);
	json_uint(j, "held", f->held);
	json_uint(j, "refused", f->refused);
	json_object_end(j);
}

void record_http(struct record *r, const struct facts *f)
{
	write_http(&r->json, f);
}

void record_what_is_known(struct record *r, const struct facts *f)
{
	struct json *j = &r->json;
	write_relay(r, f);
	write_tunnel(r, f);
	write_layers(j, f);
	write_evidence(r, f);
	write_suspicion(j, f->dossier);
	write_doubts_and_odds(j, f->dossier);
	write_encapsulation(j, f->encap);
}

size_t record_flow(struct record *r, const struct facts *f)
{
	record_head(r, "flow", f);
	record_counters(r, f);
	json_object(&r->json, "culvert");
	record_verdict(r, f->verdict);
	record_http(r, f);
	record_handshakes(r, f);
	record_what_is_known(r, f);
	write_fate(&r->json, f->fate);
	return record_end(r);
}
