#include "decode/segment.h"

#include <arpa/inet.h>
#include "decode/decode.h"

const char *carrier_name(enum carrier c)
{
	static const char *const names[CARRIERS] = {
		[CARRIER_VLAN] = "vlan",
		[CARRIER_PPPOE] = "pppoe",
		[CARRIER_MPLS] = "mpls",
		[CARRIER_GRE] = "gre",
		[CARRIER_IPIP] = "ipip",
		[CARRIER_6IN4] = "6in4",
		[CARRIER_4IN6] = "4in6",
		[CARRIER_6IN6] = "6in6",
		[CARRIER_VXLAN] = "vxlan",
		[CARRIER_GENEVE] = "geneve",
		[CARRIER_ERSPAN] = "erspan",
	};
	return (unsigned)c < CARRIERS ? names[c] : "unknown";
}

void endpoint_text(const struct endpoint *e, bool ipv6, char *out)
{
	if (inet_ntop(ipv6 ? AF_INET6 : AF_INET, e->addr, out, INET6_ADDRSTRLEN) == NULL)
		out[0] = '\0';
}
