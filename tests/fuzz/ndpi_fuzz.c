/* The adapter to nDPI and the steering around it under hostile bytes: the first byte says what was agreed on and in how
 * many steps the bytes come, two bytes how many are the client's. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "channel/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice copy(const uint8_t *at, size_t len)
{
	const size_t most = len < MAX_CHANNEL_LOOK ? len : MAX_CHANNEL_LOOK;
	uint8_t *to = malloc(most != 0 ? most : 1);
	if (to == NULL)
		abort();
	if (most != 0)
		memcpy(to, at, most);
	return (struct slice){ to, most };
}

static enum channel_want look(
    struct channel_kit *k, struct channel *c, const uint8_t *at[2], const size_t len[2], bool over)
{
	const struct slice client = copy(at[0], len[0]), server = copy(at[1], len[1]);
	const enum channel_want want = channel_look(k, c, client, server, over);
	free((void *)(uintptr_t)client.at);
	free((void *)(uintptr_t)server.at);
	return want;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct channel_kit *kit;
	struct err e;
	if (kit == NULL && (kit = channel_kit_new(&e)) == NULL)
		abort();
	if (size < 3)
		return 0;
	struct channel c = { .agreed = data[0] % 5 };
	const unsigned steps = 1 + (data[0] >> 4);
	size_t client_len = (size_t)(data[1] << 8 | data[2]);
	if (client_len > size - 3)
		client_len = size - 3;
	const uint8_t *at[2] = { data + 3, data + 3 + client_len };
	const size_t whole[2] = { client_len, size - 3 - client_len };
	enum channel_want want = CHANNEL_MORE;
	for (unsigned step = 1; step <= steps && want == CHANNEL_MORE; step++) {
		const size_t len[2] = { whole[0] * step / steps, whole[1] * step / steps };
		want = look(kit, &c, at, len, step == steps);
	}
	/* Over: it must be settled, with a name unless nothing was said. */
	if (want == CHANNEL_MORE || (c.name[0] == '\0') != (whole[0] + whole[1] == 0) || c.looks > 3)
		abort();
	return 0;
}
