/* What is known of a relay's channel and of a tunnel. */
#include "rules/readers.h"

#include "facts/layers.h"

static struct slice kept_line(const char *text, size_t room)
{
	return (struct slice){ (const uint8_t *)text, strnlen(text, room) };
}

/* The innermost channel; NULL when there is none, or it is not named yet. */
static const struct facts_level *channel_of(const struct facts *f)
{
	return layers_relayed(f) ? layers_innermost(f) : NULL;
}

/* The same, when it begins with a ClientHello. */
static const struct channel *hello_of(const struct facts *f)
{
	const struct facts_level *last = channel_of(f);
	return last != NULL && last->channel->has_hello ? last->channel : NULL;
}

/* HTTP has begun in the channel, and may yet turn out to be the way into one more relay. */
static bool may_go_deeper(const struct facts *f)
{
	if (f->levels < 2 || f->levels > MAX_NESTING + 1 || is_over(f))
		return false;
	const struct facts_level *last = &f->level[f->levels - 1];
	const struct handshake_record *h = layers_handshake(last);
	if (last->channel != NULL)
		return last->channel->name[0] == '\0';
	return !last->http2 && (last->requests == 0 || (h != NULL && h->result == HS_PENDING));
}

int see_inner(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	struct slice inner[MAX_LAYERS];
	(void)h;
	if (!layers_relayed(f) || may_go_deeper(f))
		return FACT_UNKNOWN;
	const unsigned count = layers_inner(f, inner);
	/* Nothing yet is not nothing. */
	if (count == 0 && !is_over(f))
		return FACT_UNKNOWN;
	int values = 0;
	for (unsigned i = 0; i < count && values < MAX_VALUES; i++)
		if (inner[i].len != 0)
			values += value_text(&out[values], FACT_NAME, inner[i]);
	return values;
}

int see_sni(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct channel *c = hello_of(f);
	(void)h;
	return c != NULL ? value_text(out, FACT_HOST, kept_line(c->sni, sizeof c->sni)) : FACT_UNKNOWN;
}

int see_sni_vs_target(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_level *last = channel_of(f);
	const struct handshake_record *own = last != NULL ? layers_handshake(last) : NULL;
	(void)h;
	if (own == NULL || !last->channel->has_hello || own->kind != HS_KIND_CONNECT || own->host_len == 0)
		return FACT_UNKNOWN;
	const struct slice target =
	    slice_head((struct slice){ (const uint8_t *)own->target, sizeof own->target }, own->target_len);
	const struct slice host = slice_head(slice_from(target, own->host_at), own->host_len);
	return value_word(out, sni_match_name(channel_sni_match(last->channel, host)));
}

int see_alpn(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct channel *c = hello_of(f);
	int count = 0;
	(void)h;
	if (c == NULL)
		return FACT_UNKNOWN;
	for (unsigned i = 0; i < c->alpn_count && i < sizeof c->alpn / sizeof c->alpn[0]; i++)
		if (c->alpn[i][0] != '\0')
			count += value_text(&out[count], FACT_NAME, kept_line(c->alpn[i], sizeof c->alpn[i]));
	return count;
}

int see_ja4(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct channel *c = hello_of(f);
	(void)h;
	return c != NULL ? value_text(out, FACT_NAME, kept_line(c->ja4, sizeof c->ja4)) : FACT_UNKNOWN;
}

/* As records write it. */
int see_tls_version(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	static const char *const names[] = { "SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" };
	const struct channel *c = hello_of(f);
	(void)h;
	if (c == NULL)
		return FACT_UNKNOWN;
	if (c->tls_version >= 0x0300 && c->tls_version <= 0x0304)
		return value_word(out, names[c->tls_version - 0x0300]);
	snprintf(out->made, sizeof out->made, "0x%04x", c->tls_version);
	return value_word(out, out->made);
}

int see_banner(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_level *last = channel_of(f);
	(void)h;
	if (last == NULL)
		return FACT_UNKNOWN;
	return value_text(out, FACT_TEXT, kept_line(last->channel->banner, sizeof last->channel->banner));
}

int see_entropy(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const struct facts_level *last = channel_of(f);
	const struct channel *c = last != NULL ? last->channel : NULL;
	(void)h;
	if (c == NULL || (strcmp(c->name, "unknown") != 0 && strcmp(c->inside, "unknown") != 0))
		return FACT_UNKNOWN;
	return value_number(out, FACT_RATIO, c->entropy8 * 100u / 16);
}

int see_relay_tool(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (f->carrier == NULL || f->carrier->tool == NULL || !layers_relayed(f))
		return FACT_UNKNOWN;
	return value_word(out, f->carrier->tool);
}

int see_relay_target(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (f->carrier == NULL || !layers_relayed(f))
		return FACT_UNKNOWN;
	return value_text(out, FACT_TEXT, kept_line(f->carrier->target, sizeof f->carrier->target));
}

static int relay_final(const struct facts *f, struct value *out, enum fact_kind kind, uint64_t n)
{
	return is_over(f) && layers_relayed(f) ? value_number(out, kind, n) : FACT_UNKNOWN;
}

int see_relay_up(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return relay_final(f, out, FACT_BYTES, f->relay_bytes[CLIENT]);
}

int see_relay_down(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return relay_final(f, out, FACT_BYTES, f->relay_bytes[SERVER]);
}

int see_relay_seconds(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	const uint64_t ns = f->relay_to > f->relay_from ? (uint64_t)f->relay_to - (uint64_t)f->relay_from : 0;
	(void)h;
	return relay_final(f, out, FACT_SECONDS, ns);
}

int see_depth(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	uint64_t depth = 0;
	(void)h;
	for (unsigned i = 0; i < f->levels && i <= MAX_NESTING; i++)
		depth += f->level[i].channel != NULL;
	return layers_relayed(f) && depth != 0 ? value_number(out, FACT_NUMBER, depth) : FACT_UNKNOWN;
}

static bool is_tunnel(const struct facts *f)
{
	return f->finding != NULL || f->verdict->label == LABEL_HTTP_TUNNEL;
}

int see_tool(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (!is_tunnel(f))
		return FACT_UNKNOWN;
	return value_word(out, f->finding != NULL && f->finding->tool != NULL ? f->finding->tool : "unknown");
}

int see_tunnel_kind(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (f->finding == NULL)
		return FACT_UNKNOWN;
	return value_word(out, f->finding->kind == KIND_STANDARD ? "standard" : "covert");
}

int see_wrapped(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	if (!is_tunnel(f))
		return FACT_UNKNOWN;
	if (f->finding != NULL && f->finding->wrapped != NULL)
		return value_word(out, f->finding->wrapped);
	return value_text(out, FACT_NAME, layers_wrapped(f));
}

static struct slice tunnel_target(const struct facts *f)
{
	return f->finding != NULL ? kept_line(f->finding->target, sizeof f->finding->target)
				  : (struct slice){ NULL, 0 };
}

int see_tunnel_target(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return value_text(out, FACT_TEXT, tunnel_target(f));
}

/* "host:port", "[v6]:port", "host"; what stands before the host as in a URL is left out. */
static struct slice split_target(struct slice s, uint64_t *port)
{
	const size_t scheme = slice_search(s, SLICE("://"));
	if (scheme < s.len)
		s = slice_from(s, scheme + 3);
	s = slice_head(s, slice_find(s, '/'));
	size_t colon = s.len;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == ':')
			colon = i;
	const bool bare_v6 = s.len != 0 && s.at[0] != '[' && slice_find(s, ':') != colon;
	*port = 0;
	if (colon < s.len && !bare_v6 && slice_decimal(slice_from(s, colon + 1), 65535, port))
		s = slice_head(s, colon);
	else
		*port = 0;
	if (s.len > 1 && s.at[0] == '[')
		s = slice_head(slice_from(s, 1), slice_find(s, ']') - 1);
	return s;
}

int see_tunnel_host(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	uint64_t port;
	(void)h;
	return value_text(out, FACT_HOST, split_target(tunnel_target(f), &port));
}

int see_tunnel_port(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	uint64_t port;
	(void)h;
	split_target(tunnel_target(f), &port);
	return port != 0 ? value_number(out, FACT_PORT, port) : FACT_UNKNOWN;
}

static int tunnel_final(const struct facts *f, struct value *out, enum side side)
{
	if (!is_over(f) || f->finding == NULL)
		return FACT_UNKNOWN;
	return value_number(out, FACT_BYTES, f->finding->inner_bytes[side]);
}

int see_tunnel_up(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return tunnel_final(f, out, CLIENT);
}

int see_tunnel_down(const struct facts *f, const struct handshake_record *h, struct value out[MAX_VALUES])
{
	(void)h;
	return tunnel_final(f, out, SERVER);
}
