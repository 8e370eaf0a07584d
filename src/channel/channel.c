/* A name is given at once when the bytes leave no doubt.  Else it waits: for the other side's answer, for the rest of a
 * record or line, until there are 16 bytes of both sides or 512 of one to show to nDPI, at the latest until 1400 of one.
 * Two looks by nDPI at most. */
#include "channel/channel.h"

#include <stdlib.h>
#include "channel/capsule.h"
#include "channel/entropy.h"
#include "channel/kit.h"

enum { SEEN_CLIENT = 1, SEEN_SERVER = 2, LOOK_BOTH = 16, LOOK_ONE = 512, MOST_LOOKS = 2 };

struct channel_kit *channel_kit_new(struct err *e)
{
	struct channel_kit *k = calloc(1, sizeof *k);
	if (k == NULL) {
		err_set(e, "channel", "no memory");
		return NULL;
	}
	k->dpi = dpi_new(e);
	if (k->dpi != NULL)
		return k;
	free(k);
	return NULL;
}

void channel_kit_free(struct channel_kit *k)
{
	if (k == NULL)
		return;
	dpi_free(k->dpi);
	free(k);
}

uint64_t channel_kit_cut(const struct channel_kit *k)
{
	return dpi_cut(k->dpi);
}

static void set_name(char to[24], const char *name)
{
	slice_copy((struct slice){ (const uint8_t *)name, strlen(name) }, to, 24);
}

static bool is_name(const char *name, const char *of)
{
	return strcmp(name, of) == 0;
}

/* The line with which these protocols introduce themselves; of SSH's two the server's, when it is there. */
static void keep_banner(struct channel *c, const char *name, struct slice client, struct slice server)
{
	static const char *const by_server[] = { "smtp", "ftp", "imap", "pop3", "nntp", "vnc", "rsync" };
	bool whole, wanted = false;
	struct slice from = server;
	for (size_t i = 0; i < sizeof by_server / sizeof *by_server; i++)
		wanted |= is_name(name, by_server[i]);
	if (is_name(name, "ssh")) {
		wanted = true;
		from = slice_starts(server, SLICE("SSH-")) ? server : client;
	}
	if (wanted)
		slice_copy(sign_line(from, &whole), c->banner, sizeof c->banner);
}

static void keep_details(
    struct channel_kit *k, struct channel *c, const char *name, struct slice client, struct slice server)
{
	keep_banner(c, name, client, server);
	if (is_name(name, "tls"))
		tls_read_hello(&k->tls, client, c);
}

static enum channel_want settle(struct channel *c, const char *name)
{
	set_name(c->name, name);
	c->settled = 1;
	if (c->agreed == AGREED_TLS && name[0] != '\0' && !is_name(name, "tls"))
		c->odd |= ODD_BIT(INNER_NOT_AS_AGREED);
	return CHANNEL_DONE;
}

static enum channel_want settle_as(
    struct channel_kit *k, struct channel *c, const char *name, struct slice client, struct slice server)
{
	keep_details(k, c, name, client, server);
	settle(c, name);
	return is_name(name, "http") && client.len != 0 ? CHANNEL_IS_HTTP : CHANNEL_DONE;
}

static enum channel_want settle_unknown(struct channel *c, struct slice client, struct slice server)
{
	const struct slice larger = client.len >= server.len ? client : server;
	c->entropy8 = entropy_sixteenths(slice_head(larger, MAX_CHANNEL_LOOK));
	return settle(c, "unknown");
}

static enum channel_want look_plain(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over)
{
	const size_t most = client.len > server.len ? client.len : server.len;
	const struct guess guess = signs_ask(client, server);
	const bool last = over || most >= (guess.patient ? (size_t)MAX_CHANNEL_LOOK : (size_t)MAX_NDPI_BYTES);
	if (guess.says == SAYS_YES || (last && guess.says == SAYS_LIKELY))
		return settle_as(k, c, guess.name, client, server);
	if (!last && guess.says != SAYS_NO)
		return CHANNEL_MORE;
	if (!last && (client.len < LOOK_BOTH || server.len < LOOK_BOTH) && most < LOOK_ONE)
		return CHANNEL_MORE;
	/* A first look at what may be little; the second and last when no more is to be waited for. */
	if (!last && c->looks != 0)
		return CHANNEL_MORE;
	const char *name = c->looks < MOST_LOOKS ? dpi_name(k->dpi, client, server, (enum side)c->first_speaker) : NULL;
	c->looks++;
	if (name != NULL) {
		c->by_ndpi = 1;
		return settle_as(k, c, name, client, server);
	}
	return last ? settle_unknown(c, client, server) : CHANNEL_MORE;
}

/* What the frames carry: own signs, then nDPI for what is no text.  NULL: nothing known, or not yet (*more). */
static const char *name_inside(
    struct channel_kit *k, struct channel *c, const struct websocket_seen *seen, size_t most, bool over, bool *more)
{
	const struct slice *inner = seen->inner;
	const struct guess guess = signs_ask(inner[CLIENT], inner[SERVER]);
	const bool last = over || most >= (guess.patient ? (size_t)MAX_CHANNEL_LOOK : (size_t)WEBSOCKET_RAW);
	*more = !last && (guess.says != SAYS_NO || !seen->enough);
	if (guess.says == SAYS_YES || (last && guess.says == SAYS_LIKELY))
		return guess.name;
	if (*more || (!entropy_is_binary(inner[CLIENT]) && !entropy_is_binary(inner[SERVER])))
		return NULL;
	c->looks++;
	const char *name = dpi_name(k->dpi, inner[CLIENT], inner[SERVER], (enum side)c->first_speaker);
	c->by_ndpi = name != NULL;
	return name;
}

static enum channel_want look_websocket(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over)
{
	struct websocket_seen seen;
	websocket_look(&k->websocket, client, server, over, &seen);
	c->odd |= seen.frames == FRAMES_MORE ? 0 : seen.odd;
	if (seen.frames == FRAMES_NOT) {
		c->fake_websocket = 1;
		return look_plain(k, c, client, server, over);
	}
	if (seen.frames == FRAMES_MORE)
		return CHANNEL_MORE;
	bool more;
	const size_t most = client.len > server.len ? client.len : server.len;
	const char *inside = name_inside(k, c, &seen, most, over, &more);
	set_name(c->name, "websocket");
	if (inside == NULL)
		return more ? CHANNEL_MORE : settle(c, "websocket");
	keep_details(k, c, inside, seen.inner[CLIENT], seen.inner[SERVER]);
	set_name(c->inside, inside);
	return settle(c, "websocket");
}

/* Something else than what was agreed on: from now on judged like any channel. */
static enum channel_want look_otherwise(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over)
{
	c->odd |= ODD_BIT(INNER_NOT_AS_AGREED);
	return look_plain(k, c, client, server, over);
}

static enum channel_want look_capsules(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over)
{
	const enum says says = capsule_sign(client, server);
	const bool last = over || client.len >= MAX_NDPI_BYTES || server.len >= MAX_NDPI_BYTES;
	if (says == SAYS_YES)
		return settle(c, "capsules");
	if (says != SAYS_NO && !last)
		return CHANNEL_MORE;
	return look_otherwise(k, c, client, server, over);
}

/* The client's preface, or the server's SETTINGS, which come first (RFC 9113, 3.4). */
static enum channel_want look_http2(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over)
{
	const enum says preface = sign_literal(client, SLICE("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
	const bool settings = server.len >= 9 && server.at[0] == 0 && server.at[3] == 4 && server.at[4] == 0 &&
			      read_be32(server.at + 5) == 0;
	if (preface == SAYS_YES || (client.len == 0 && settings))
		return settle(c, "http2");
	if (!over && (preface == SAYS_WAIT || (client.len == 0 && server.len < 9)))
		return CHANNEL_MORE;
	return look_otherwise(k, c, client, server, over);
}

static void see_speakers(struct channel *c, struct slice client, struct slice server)
{
	if (c->spoke == 0)
		c->first_speaker = client.len == 0 && server.len != 0 ? SERVER : CLIENT;
	c->spoke |= (uint8_t)((client.len != 0 ? SEEN_CLIENT : 0) | (server.len != 0 ? SEEN_SERVER : 0));
}

enum channel_want channel_look(
    struct channel_kit *k, struct channel *c, struct slice client, struct slice server, bool over)
{
	if (c->settled)
		return CHANNEL_DONE;
	see_speakers(c, client, server);
	if (client.len == 0 && server.len == 0) {
		c->settled = over;
		return over ? CHANNEL_DONE : CHANNEL_MORE; /* nothing was said: there is nothing to name */
	}
	const bool otherwise = c->fake_websocket || c->odd & ODD_BIT(INNER_NOT_AS_AGREED);
	if (c->agreed == AGREED_WEBSOCKET && !otherwise)
		return look_websocket(k, c, client, server, over);
	if (c->agreed == AGREED_CAPSULES && !otherwise)
		return look_capsules(k, c, client, server, over);
	if (c->agreed == AGREED_HTTP2 && !otherwise)
		return look_http2(k, c, client, server, over);
	return look_plain(k, c, client, server, over);
}

const char *channel_sign(struct slice client, struct slice server)
{
	const struct guess guess = signs_ask(client, server);
	return guess.says >= SAYS_LIKELY ? guess.name : NULL;
}

/* Addresses stand for themselves and never in a ClientHello (RFC 6066, 3), so that their absence is no news. */
enum sni_match channel_sni_match(const struct channel *c, struct slice host)
{
	if (!is_name(c->name, "tls") || !c->has_hello)
		return SNI_NOT_TLS;
	struct slice sni = { (const uint8_t *)c->sni, c->sni_len };
	if (sni.len == 0)
		return SNI_ABSENT;
	if (sni.at[sni.len - 1] == '.')
		sni.len--;
	if (host.len != 0 && host.at[host.len - 1] == '.')
		host.len--;
	return slice_eq_nocase(sni, host) ? SNI_SAME : SNI_DIFFERS;
}

const char *sni_match_name(enum sni_match m)
{
	static const char *const names[] = { "not-tls", "absent", "same", "differs" };
	return names[m];
}
