/* Channel's own parsers under hostile bytes: the first byte says how much of the client's and the server's bytes is shown
 * early, two bytes how many are the client's.  Nothing may be read beyond its buffer, and what is sure early stays. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "channel/capsule.h"
#include "channel/channel.h"
#include "channel/entropy.h"
#include "channel/sign.h"
#include "channel/tls.h"
#include "channel/websocket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice copy(const uint8_t *at, size_t len)
{
	uint8_t *to = malloc(len != 0 ? len : 1);
	if (to == NULL)
		abort();
	if (len != 0)
		memcpy(to, at, len);
	return (struct slice){ to, len };
}

static void drop(struct slice s)
{
	free((void *)(uintptr_t)s.at);
}

static struct guess ask(const uint8_t *client, size_t client_len, const uint8_t *server, size_t server_len)
{
	const struct slice c = copy(client, client_len), s = copy(server, server_len);
	const struct guess guess = signs_ask(c, s);
	drop(c);
	drop(s);
	return guess;
}

/* More of a side never takes back what was sure while the other was silent.  (When both speak they may contradict each
 * other, and the first to be sure is believed.) */
static void check_sure(const uint8_t *bytes, size_t len, bool server, unsigned part)
{
	const size_t some = len * part / 16;
	const struct guess early = server ? ask(NULL, 0, bytes, some) : ask(bytes, some, NULL, 0);
	const struct guess whole = server ? ask(NULL, 0, bytes, len) : ask(bytes, len, NULL, 0);
	if (early.says == SAYS_YES && (whole.says < SAYS_LIKELY || strcmp(whole.name, early.name) != 0))
		abort();
}

static void check_channel(const struct channel *c)
{
	if (memchr(c->sni, 0, sizeof c->sni) == NULL || memchr(c->ja4, 0, sizeof c->ja4) == NULL || c->alpn_count > 4 ||
	    strlen(c->sni) > c->sni_len)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct tls_scratch tls;
	static struct websocket_scratch websocket;
	if (size < 3)
		return 0;
	const unsigned part = data[0] & 15;
	const uint8_t *client = data + 3, *server;
	size_t client_len = (size_t)(data[1] << 8 | data[2]);
	if (client_len > size - 3)
		client_len = size - 3;
	server = client + client_len;
	size_t server_len = size - 3 - client_len;
	client_len = client_len < MAX_CHANNEL_LOOK ? client_len : MAX_CHANNEL_LOOK;
	server_len = server_len < MAX_CHANNEL_LOOK ? server_len : MAX_CHANNEL_LOOK;
	check_sure(client, client_len, false, part);
	check_sure(server, server_len, true, part);

	const struct slice c = copy(client, client_len), s = copy(server, server_len);
	struct websocket_seen seen;
	struct channel channel = { 0 };
	websocket_look(&websocket, c, s, data[0] & 16, &seen);
	if (seen.inner[0].len > MAX_CHANNEL_LOOK || seen.inner[1].len > MAX_CHANNEL_LOOK)
		abort();
	if (seen.frames != FRAMES_NOT)
		signs_ask(seen.inner[0], seen.inner[1]);
	capsule_sign(c, s);
	entropy_is_binary(c);
	if (entropy_sixteenths(c) > 128)
		abort();
	tls_read_hello(&tls, c, &channel);
	check_channel(&channel);
	channel_sni_match(&channel, s);
	drop(c);
	drop(s);
	return 0;
}
