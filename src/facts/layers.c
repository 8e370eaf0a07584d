#include "facts/layers.h"

static struct slice text_slice(const char *text)
{
	return (struct slice){ (const uint8_t *)text, strlen(text) };
}

const char *sits_name(enum sits s)
{
	static const char *const names[] = {
		[SITS_CARRIED_BY] = "carried-by",
		[SITS_REPLACES] = "replaces",
		[SITS_WRAPPED_IN] = "wrapped-in",
	};
	return names[s];
}

const struct handshake_record *layers_handshake(const struct facts_level *level)
{
	return level->handshake != NULL && level->handshake->records != NULL ? hs_decisive(level->handshake) : NULL;
}

bool layers_relayed(const struct facts *f)
{
	return f->verdict->label == LABEL_BLIND_RELAY || f->relay_from != 0;
}

static bool has_channel(const struct facts_level *level)
{
	return level->channel != NULL && level->channel->name[0] != '\0';
}

/* Is this level's channel itself a dialogue of HTTP, which the next level tells of? */
static bool goes_deeper(const struct facts *f, unsigned i)
{
	return i < MAX_NESTING && i + 1 < f->levels;
}

const struct facts_level *layers_innermost(const struct facts *f)
{
	if (f->levels == 0 || f->levels > MAX_NESTING + 1)
		return NULL;
	const struct facts_level *last = &f->level[f->levels - 1];
	return has_channel(last) ? last : NULL;
}

struct slice layers_wrapped(const struct facts *f)
{
	return text_slice(f->wrapped != NULL ? f->wrapped : "");
}

static struct slice http_name(const struct facts_level *level)
{
	return level->http2 ? SLICE("http2") : SLICE("http");
}

/* A channel in which nothing was ever sent is nothing, not an unknown protocol. */
static bool is_silent(const struct facts *f, const struct channel *c)
{
	return f->relay_bytes[CLIENT] + f->relay_bytes[SERVER] == 0 && strcmp(c->name, "unknown") == 0;
}

/* What an accepted handshake of an inner dialogue put in its place: "connect", or the protocol upgraded to. */
static struct slice switched_to(const struct facts_level *level)
{
	const struct handshake_record *h = layers_handshake(level);
	if (h == NULL || h->result != HS_ACCEPTED || hs_still_http(level->handshake))
		return (struct slice){ NULL, 0 };
	if (h->kind == HS_KIND_CONNECT)
		return SLICE("connect");
	const struct slice protocol = { (const uint8_t *)h->protocol, strnlen(h->protocol, sizeof h->protocol) };
	return slice_head(protocol, h->protocol_len);
}

/* The last channel of all and what it says it carries. */
static unsigned add_channel(
    const struct facts *f, const struct channel *c, unsigned count, struct slice out[MAX_LAYERS])
{
	const struct slice name = text_slice(c->name);
	if (is_silent(f, c))
		return count;
	if (count == 0 || !slice_eq(out[count - 1], name))
		out[count++] = name;
	if (c->inside[0] != '\0')
		out[count++] = text_slice(c->inside);
	return count;
}

unsigned layers_inner(const struct facts *f, struct slice out[MAX_LAYERS])
{
	unsigned count = 0;
	for (unsigned i = 0; i < f->levels && i <= MAX_NESTING; i++) {
		const struct facts_level *level = &f->level[i];
		if (i > 0) {
			const struct slice next = switched_to(level);
			out[count++] = next.len != 0 ? next : http_name(level);
			if (next.len == 0 && f->finding != NULL && layers_wrapped(f).len != 0)
				out[count++] = layers_wrapped(f);
			if (next.len == 0)
				return count;
		}
		if (goes_deeper(f, i))
			continue;
		return has_channel(level) ? add_channel(f, level->channel, count, out) : count;
	}
	return count;
}

static void add_layer(struct layer *out, unsigned *count, struct slice protocol, enum sits sits, struct slice on,
    const struct facts_level *dialogue)
{
	out[(*count)++] = (struct layer){ .protocol = protocol, .on = on, .sits = sits, .dialogue = dialogue };
}

/* Neither HTTP nor a relay: only what the bytes were recognised as. */
static unsigned list_foreign(const struct facts *f, struct layer out[MAX_LAYERS])
{
	unsigned count = 0;
	if (f->levels != 0 && has_channel(&f->level[0]))
		add_layer(out, &count, text_slice(f->level[0].channel->name), SITS_CARRIED_BY, SLICE("tcp"), NULL);
	return count;
}

unsigned layers_list(const struct facts *f, struct layer out[MAX_LAYERS])
{
	const enum label label = (enum label)f->verdict->label;
	unsigned count = 0;
	if (f->levels == 0 || label == LABEL_NOT_HTTP || (label == LABEL_UNDECIDED && !layers_relayed(f)))
		return list_foreign(f, out);
	add_layer(out, &count, http_name(&f->level[0]), SITS_CARRIED_BY, SLICE("tcp"), &f->level[0]);
	for (unsigned i = 0; goes_deeper(f, i); i++)
		add_layer(
		    out, &count, http_name(&f->level[i + 1]), SITS_REPLACES, out[count - 1].protocol, &f->level[i + 1]);
	const struct facts_level *last = layers_innermost(f);
	if (last != NULL && !is_silent(f, last->channel)) {
		const struct slice name = text_slice(last->channel->name);
		add_layer(out, &count, name, SITS_REPLACES, out[count - 1].protocol, NULL);
		if (last->channel->inside[0] != '\0')
			add_layer(out, &count, text_slice(last->channel->inside), SITS_CARRIED_BY, name, NULL);
	}
	if (f->finding != NULL || label == LABEL_HTTP_TUNNEL) {
		const struct slice wrapped = layers_wrapped(f);
		add_layer(
		    out, &count, wrapped.len != 0 ? wrapped : SLICE("unknown"), SITS_WRAPPED_IN, SLICE("http"), NULL);
	}
	return count;
}
