/* The carriers that are known by a field or two: a subprotocol that both sides name, a path or a parameter that no other
 * program has.  What a name rests on is written at each. */
#include "tunnel/carrier.h"
#include "tunnel/query.h"

static const struct slice subprotocol = { (const uint8_t *)"Sec-WebSocket-Protocol", 22 };
static const char *const by_upgrade[] = { "upgrade", NULL };

static bool is_websocket(const struct head *h)
{
	return head_lists(h, SLICE("Upgrade"), SLICE("websocket"));
}

static bool lists_subprotocol(const struct head *h, const char *prefix)
{
	return carrier_lists(h, subprotocol, (struct slice){ (const uint8_t *)prefix, strlen(prefix) });
}

static struct slice path_of(const struct head *h)
{
	return slice_head(h->target, slice_find(h->target, '?'));
}

static bool ends_with(struct slice s, struct slice end)
{
	return s.len >= end.len && slice_eq(slice_from(s, s.len - end.len), end);
}

/* chisel: SSH in frames, its version as the subprotocol. */
static bool chisel_is(const struct head *h)
{
	return lists_subprotocol(h, "chisel-v");
}

static const struct carrier_tool chisel = { { "chisel", "subprotocol", FOR_RELAY, WEAK }, chisel_is, chisel_is, NULL };

static enum interest chisel_see(const struct sight *s)
{
	return carrier_see(s, &chisel);
}

/* wstunnel for Node: where to stands in the query. */
static bool npm_is(const struct head *h)
{
	return lists_subprotocol(h, "tunnel-protocol");
}

static size_t npm_aims(const struct head *h, char *to, size_t size)
{
	return carrier_decode(query_value(h->target, SLICE("dst")), to, size);
}

static const struct carrier_tool npm = { { "wstunnel-npm", "subprotocol", FOR_RELAY, WEAK }, npm_is, npm_is, npm_aims };

static enum interest npm_see(const struct sight *s)
{
	return carrier_see(s, &npm);
}

/* websockify: the path that noVNC asks for; what it leads to the channel shows. */
static bool websockify_is(const struct head *h)
{
	const bool offers = head_has(h, subprotocol);
	return is_websocket(h) && ends_with(path_of(h), SLICE("/websockify")) &&
	       (!offers || lists_subprotocol(h, "binary") || lists_subprotocol(h, "base64"));
}

static const struct carrier_tool websockify = { { "websockify", "path", FOR_RELAY, WEAK }, websockify_is, NULL, NULL };

static enum interest websockify_see(const struct sight *s)
{
	return carrier_see(s, &websockify);
}

/* frp: a path that is a constant of its source. */
static bool frp_is(const struct head *h)
{
	return is_websocket(h) && slice_eq(path_of(h), SLICE("/~!frp"));
}

static const struct carrier_tool frp = { { "frp", "path", FOR_RELAY, WEAK }, frp_is, NULL, NULL };

static enum interest frp_see(const struct sight *s)
{
	return carrier_see(s, &frp);
}

/* cloudflared access: the host behind its bastion in a field of its own, or its name. */
static bool cloudflared_is(const struct head *h)
{
	return is_websocket(h) && (head_has(h, SLICE("Cf-Access-Jump-Destination")) ||
				      slice_starts(head_field(h, SLICE("User-Agent")), SLICE("cloudflared/")));
}

static size_t cloudflared_aims(const struct head *h, char *to, size_t size)
{
	return carrier_decode(head_field(h, SLICE("Cf-Access-Jump-Destination")), to, size);
}

static const struct carrier_tool cloudflared = { { "cloudflared", "jump-destination", FOR_RELAY, WEAK }, cloudflared_is,
	NULL, cloudflared_aims };

static enum interest cloudflared_see(const struct sight *s)
{
	return carrier_see(s, &cloudflared);
}

/* Microsoft's dev tunnels: SSH in frames. */
static bool dev_tunnels_is(const struct head *h)
{
	return lists_subprotocol(h, "tunnel-relay-client") || lists_subprotocol(h, "tunnel-relay-host");
}

static const struct carrier_tool dev_tunnels = { { "dev-tunnels", "subprotocol", FOR_RELAY, WEAK }, dev_tunnels_is,
	dev_tunnels_is, NULL };

static enum interest dev_tunnels_see(const struct sight *s)
{
	return carrier_see(s, &dev_tunnels);
}

/* Azure Relay, hybrid connections. */
static bool azure_is(const struct head *h)
{
	return is_websocket(h) && slice_starts(h->target, SLICE("/$hc/")) &&
	       query_value(h->target, SLICE("sb-hc-action")).len != 0;
}

static size_t azure_aims(const struct head *h, char *to, size_t size)
{
	return carrier_decode(slice_from(path_of(h), sizeof "/$hc/" - 1), to, size);
}

static const struct carrier_tool azure = { { "azure-relay", "action", FOR_RELAY, WEAK }, azure_is, NULL, azure_aims };

static enum interest azure_see(const struct sight *s)
{
	return carrier_see(s, &azure);
}

/* Google's tunnel to machines behind its Identity-Aware Proxy: instance or host, and port, in the query. */
static bool iap_is(const struct head *h)
{
	return lists_subprotocol(h, "relay.tunnel.cloudproxy.app");
}

static size_t iap_aims(const struct head *h, char *to, size_t size)
{
	const struct slice instance = query_value(h->target, SLICE("instance"));
	size_t n = carrier_decode(instance.len != 0 ? instance : query_value(h->target, SLICE("host")), to, size);
	const struct slice port = query_value(h->target, SLICE("port"));
	if (n == 0 || port.len == 0 || n + 2 > size)
		return n;
	to[n++] = ':';
	return n + carrier_decode(port, to + n, size - n);
}

static const struct carrier_tool iap = { { "iap-tunnel", "subprotocol", FOR_RELAY, WEAK }, iap_is, NULL, iap_aims };

static enum interest iap_see(const struct sight *s)
{
	return carrier_see(s, &iap);
}

/* Guacamole: remote desktops. */
static bool guacamole_is(const struct head *h)
{
	return lists_subprotocol(h, "guacamole");
}

static const struct carrier_tool guacamole = { { "guacamole", "subprotocol", FOR_RELAY, WEAK }, guacamole_is,
	guacamole_is, NULL };

static enum interest guacamole_see(const struct sight *s)
{
	return carrier_see(s, &guacamole);
}

/* Kubernetes: shells in containers and forwarded ports, over WebSocket or over SPDY with a field of its own. */
static bool has_k8s_name(const struct head *h, struct slice field)
{
	unsigned at_field = 0;
	size_t at_byte = 0;
	struct slice element;
	while (head_next_element(h, field, &at_field, &at_byte, &element))
		if (ends_with(element, SLICE("channel.k8s.io")) || ends_with(element, SLICE("portforward.k8s.io")))
			return true;
	return false;
}

static bool kubernetes_is(const struct head *h)
{
	return has_k8s_name(h, subprotocol) || has_k8s_name(h, SLICE("X-Stream-Protocol-Version"));
}

static const struct carrier_tool kubernetes = { { "kubernetes", "subprotocol", FOR_RELAY, WEAK }, kubernetes_is,
	kubernetes_is, NULL };

static enum interest kubernetes_see(const struct sight *s)
{
	return carrier_see(s, &kubernetes);
}

/* Docker: the standard streams of a container behind Upgrade: tcp. */
static bool docker_asks(const struct head *h)
{
	return head_lists(h, SLICE("Upgrade"), SLICE("tcp"));
}

static bool docker_answers(const struct head *h)
{
	return slice_starts_nocase(head_field(h, SLICE("Content-Type")), SLICE("application/vnd.docker."));
}

static const struct carrier_tool docker = { { "docker", "stream-type", FOR_RELAY, WEAK }, docker_asks, docker_answers,
	NULL };

static enum interest docker_see(const struct sight *s)
{
	return carrier_see(s, &docker);
}

const struct detector detector_chisel = {
	.name = "chisel",
	.source = "measured on a public capture",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "chisel: a subprotocol chisel-v* that both sides name",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = chisel_see,
	.idle = carrier_idle,
};

const struct detector detector_wstunnel_npm = {
	.name = "wstunnel-npm",
	.source = "measured; source of wstunnel 1.4.0",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "wstunnel for Node: the subprotocol tunnel-protocol on both sides; its target",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = npm_see,
	.idle = carrier_idle,
};

const struct detector detector_websockify = {
	.name = "websockify",
	.source = "source of noVNC",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "websockify: the path that noVNC asks for",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = websockify_see,
	.idle = carrier_idle,
};

const struct detector detector_frp = {
	.name = "frp",
	.source = "source of frp",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "frp: the path of its WebSocket",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = frp_see,
	.idle = carrier_idle,
};

const struct detector detector_cloudflared = {
	.name = "cloudflared",
	.source = "source of cloudflared",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "cloudflared access: its field for the target, or its name",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = cloudflared_see,
	.idle = carrier_idle,
};

const struct detector detector_dev_tunnels = {
	.name = "dev-tunnels",
	.source = "source of dev-tunnels",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "dev tunnels of VS Code: a subprotocol tunnel-relay-* that both sides name",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = dev_tunnels_see,
	.idle = carrier_idle,
};

const struct detector detector_azure_relay = {
	.name = "azure-relay",
	.source = "protocol guide of Azure Relay",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "Azure Relay: a hybrid connection asked for; its target",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = azure_see,
	.idle = carrier_idle,
};

const struct detector detector_iap_tunnel = {
	.name = "iap-tunnel",
	.source = "source of gcloud",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "gcloud start-iap-tunnel: its subprotocol; its target",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = iap_see,
	.idle = carrier_idle,
};

const struct detector detector_guacamole = {
	.name = "guacamole",
	.source = "source of Guacamole",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "Guacamole: its subprotocol on both sides",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = guacamole_see,
	.idle = carrier_idle,
};

const struct detector detector_kubernetes = {
	.name = "kubernetes",
	.source = "source of Kubernetes",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "kubectl exec, attach and port-forward: a stream protocol of k8s.io on both sides",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = kubernetes_see,
	.idle = carrier_idle,
};

const struct detector detector_docker = {
	.name = "docker",
	.source = "measured; API of Docker",
	.proof = 'A',
	.kind = KIND_CARRIER,
	.catches = "docker attach and exec: Upgrade: tcp, answered with a stream of Docker's own type",
	.fields = by_upgrade,
	.memory = sizeof(struct carrier_mine),
	.see = docker_see,
	.idle = carrier_idle,
};
