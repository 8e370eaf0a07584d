/* Carriers that forge the handshake of WebSocket and speak something else behind it. */
#include "tunnel/carrier.h"

static const char *const by_upgrade[] = { "upgrade", NULL };

static bool is_websocket(const struct head *h)
{
	return head_lists(h, SLICE("Upgrade"), SLICE("websocket"));
}

/* simple-obfs, obfs=http: a key and no version, the first bytes as the request's content, and an answer to the key that is 16
 * bytes in base64 where a hash has 20. */
static bool is_keyed_without_version(const struct head *h)
{
	return is_websocket(h) && head_has(h, SLICE("Sec-WebSocket-Key")) &&
	       !head_has(h, SLICE("Sec-WebSocket-Version"));
}

static bool obfs_asks(const struct head *h)
{
	return is_keyed_without_version(h) && h->has_length;
}

static bool obfs_answers(const struct head *h)
{
	const struct slice accept = head_field(h, SLICE("Sec-WebSocket-Accept"));
	return accept.len == 24 && slice_eq(slice_from(accept, 22), SLICE("=="));
}

static const struct carrier_tool obfs = { { "simple-obfs", "forged-accept", FOR_RELAY, WEAK }, obfs_asks, obfs_answers,
	NULL };

static enum interest obfs_see(const struct sight *s)
{
	return carrier_see(s, &obfs);
}

/* gost, obfs-http: a key and no version, answered rightly all the same by what calls itself one nginx only. */
static bool gost_answers(const struct head *h)
{
	return head_field(h, SLICE("Sec-WebSocket-Accept")).len == 28 &&
	       slice_eq(head_field(h, SLICE("Server")), SLICE("nginx/1.10.0"));
}

static const struct carrier_tool gost = { { "gost", "forged-handshake", FOR_RELAY, WEAK }, is_keyed_without_version,
	gost_answers, NULL };

static enum interest gost_see(const struct sight *s)
{
	return carrier_see(s, &gost);
}

/* HTTPUpgrade of V2Ray, Xray and sing-box: an Upgrade to websocket without any of WebSocket's fields on either side. */
static bool has_websocket_field(const struct head *h)
{
	for (unsigned i = 0; i < h->field_count; i++)
		if (slice_starts_nocase(h->fields[i].name, SLICE("Sec-WebSocket-")) ||
		    slice_starts_nocase(h->fields[i].name, SLICE("WebSocket-")) ||
		    slice_eq_nocase(h->fields[i].name, SLICE("Origin")))
			return true;
	return false;
}

static bool httpupgrade_asks(const struct head *h)
{
	return h->method == METHOD_GET && !h->has_length && !h->chunked && h->connection_upgrade && is_websocket(h) &&
	       !has_websocket_field(h);
}

static bool httpupgrade_answers(const struct head *h)
{
	return !h->has_length && !h->chunked && h->connection_upgrade && is_websocket(h) && !has_websocket_field(h);
}

static const struct carrier_tool httpupgrade = { { "httpupgrade", "no-websocket", FOR_RELAY, WEAK }, httpupgrade_asks,
	httpupgrade_answers, NULL };

static enum interest httpupgrade_see(const struct sight *s)
{
	return carrier_see(s, &httpupgrade);
}

const struct detector detector_simple_obfs = {
	.name = "simple-obfs",
	.source = "measured; source of simple-obfs",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "simple-obfs: a WebSocket key without version, content, and an answer too short to be a hash",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = obfs_see,
	.idle = carrier_idle,
};

const struct detector detector_gost = {
	.name = "gost",
	.source = "source of gost 2 and 3",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "gost obfs-http: a WebSocket key without version, answered by its constant server name",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = gost_see,
	.idle = carrier_idle,
};

const struct detector detector_httpupgrade = {
	.name = "httpupgrade",
	.source = "source of Xray",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "HTTPUpgrade of V2Ray, Xray and sing-box: Upgrade: websocket without a WebSocket handshake",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = httpupgrade_see,
	.idle = carrier_idle,
};
