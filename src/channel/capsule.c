#include "channel/capsule.h"

enum {
	MOST_CAPSULE = 1 << 20,
	MOST_CAPSULES = 16,
	LAST_OF_THE_FIRST = 3, /* DATAGRAM, and what RFC 9484 added */
	GREASE_STEP = 0x29,    /* RFC 9297, 5.4 */
	GREASE_FIRST = 0x17
};

/* RFC 9000, 16. */
static uint64_t take_varint(struct cursor *c)
{
	const uint8_t first = cursor_u8(c);
	uint64_t value = first & 0x3f;
	for (int more = (1 << (first >> 6)) - 1; more > 0; more--)
		value = value << 8 | cursor_u8(c);
	return value;
}

/* Types nobody knows are to be skipped, so they are allowed; they count for less than those everybody knows. */
static enum says ask_side(struct slice s)
{
	struct cursor c = cursor_on(s);
	bool known = false;
	if (s.len == 0)
		return SAYS_NO;
	for (int n = 0; n < MOST_CAPSULES; n++) {
		const uint64_t type = take_varint(&c), len = take_varint(&c);
		if (!c.ok)
			return known ? SAYS_YES : SAYS_WAIT;
		if (len > MOST_CAPSULE)
			return n == 0 ? SAYS_NO : SAYS_WAIT;
		known |=
		    type <= LAST_OF_THE_FIRST || (type >= GREASE_FIRST && (type - GREASE_FIRST) % GREASE_STEP == 0);
		if (len > c.rest.len)
			return known || n > 0 ? SAYS_YES : SAYS_WAIT;
		cursor_take(&c, (size_t)len);
		if (c.rest.len == 0)
			return SAYS_YES;
	}
	return SAYS_YES;
}

enum says capsule_sign(struct slice client, struct slice server)
{
	const enum says by_client = ask_side(client), by_server = ask_side(server);
	return by_client > by_server ? by_client : by_server;
}
