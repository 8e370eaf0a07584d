/* wstunnel (erebe's, from version 7 on): the subprotocols `v1` and `authorization.bearer.TOKEN`, of which the server chooses `v1`.
 * Others pass a token so, too; wstunnel's says which protocol is tunnelled (p), to which host (r) and port (rp).  The path
 * before `/events` is the operator's. */
#include "tunnel/base64.h"
#include "tunnel/carrier.h"

enum { CLAIMS_MOST = 512 };

static const struct slice subprotocol = { (const uint8_t *)"Sec-WebSocket-Protocol", 22 };
static const struct slice bearer = { (const uint8_t *)"authorization.bearer.", 21 };

static struct slice token_of(const struct head *h)
{
	unsigned at_field = 0;
	size_t at_byte = 0;
	struct slice element;
	while (head_next_element(h, subprotocol, &at_field, &at_byte, &element))
		if (slice_starts_nocase(element, bearer))
			return slice_from(element, bearer.len);
	return (struct slice){ NULL, 0 };
}

/* The second of the token's three parts, as JSON (RFC 7519); padding is left out there. */
static struct slice claims_of(const struct head *h, uint8_t out[CLAIMS_MOST])
{
	struct slice rest = token_of(h), part = { NULL, 0 };
	for (unsigned i = 0; i < 2; i++)
		if (!slice_cut(&rest, '.', &part))
			return (struct slice){ NULL, 0 };
	struct base64 b = { 0 };
	size_t n = base64_read(&b, &part, out, CLAIMS_MOST - 3);
	struct slice pad = slice_head(SLICE("=="), b.have == 0 ? 0 : 4u - b.have);
	n += base64_read(&b, &pad, out + n, CLAIMS_MOST - n);
	return b.bad ? (struct slice){ NULL, 0 } : (struct slice){ out, n };
}

/* What follows `"key":`; within strings quotes are escaped, so it is not found there. */
static struct slice claim(struct slice claims, struct slice key)
{
	return slice_from(claims, slice_search(claims, key) + key.len);
}

static struct slice host_claim(struct slice claims)
{
	const struct slice host = claim(claims, SLICE("\"r\":\""));
	return slice_head(host, slice_find(host, '"'));
}

static struct slice port_claim(struct slice claims)
{
	const struct slice port = claim(claims, SLICE("\"rp\":"));
	size_t n = 0;
	while (n < port.len && port.at[n] >= '0' && port.at[n] <= '9')
		n++;
	return slice_head(port, n);
}

static bool wstunnel_asks(const struct head *h)
{
	uint8_t room[CLAIMS_MOST];
	const struct slice claims = claims_of(h, room);
	return claims.len != 0 && carrier_lists(h, subprotocol, SLICE("v1")) &&
	       claim(claims, SLICE("\"id\":\"")).len != 0 && claim(claims, SLICE("\"p\":")).len != 0 &&
	       host_claim(claims).len != 0 && port_claim(claims).len != 0;
}

static bool wstunnel_answers(const struct head *h)
{
	return slice_eq(head_field(h, subprotocol), SLICE("v1"));
}

static size_t wstunnel_aims(const struct head *h, char *to, size_t size)
{
	uint8_t room[CLAIMS_MOST];
	const struct slice claims = claims_of(h, room);
	size_t n = carrier_decode(host_claim(claims), to, size);
	if (n == 0 || n + 2 > size)
		return n;
	to[n++] = ':';
	return n + slice_copy(port_claim(claims), to + n, size - n);
}

static const struct carrier_tool wstunnel = { { "wstunnel", "token", FOR_RELAY, WEAK }, wstunnel_asks, wstunnel_answers,
	wstunnel_aims };

static enum interest wstunnel_see(const struct sight *s)
{
	return carrier_see(s, &wstunnel);
}

static const char *const by_upgrade[] = { "upgrade", NULL };

const struct detector detector_wstunnel = {
	.name = "wstunnel",
	.source = "source of wstunnel 10",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "wstunnel: its token, which says protocol, host and port, and the subprotocol v1 chosen",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = wstunnel_see,
	.idle = carrier_idle,
};
