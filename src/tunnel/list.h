/* list -- every detector, one line each; DETECTOR is defined by whoever includes this, more than once.  The order is
 * that of `culvert list detectors`, and the first to find its tool keeps the finding. */

/* Tools that wrap one stream in long messages. */
DETECTOR(gnu_httptunnel)

/* Tools that poll. */
DETECTOR(node_http_tunnel)
DETECTOR(wstunnel_http)
DETECTOR(meek)
DETECTOR(gost_pht)
DETECTOR(crowbar)
DETECTOR(xhttp)

/* Web shells. */
DETECTOR(regeorg)
DETECTOR(neo_regeorg)
DETECTOR(suo5)
DETECTOR(pivotnacci)
DETECTOR(tunna)
DETECTOR(abptts)

/* Published protocols that are carried in HTTP. */
DETECTOR(sstp)
DETECTOR(rtsp_over_http)
DETECTOR(rpc_over_http)
DETECTOR(rdg)
DETECTOR(bosh)
DETECTOR(doh)
DETECTOR(softether)
DETECTOR(mapi_over_http)
DETECTOR(rtmpt)
DETECTOR(ohttp)
DETECTOR(bayeux)
DETECTOR(grpc_foreign)
DETECTOR(anyconnect)
DETECTOR(pulse)
DETECTOR(sslvpn)

/* Carriers over an accepted Upgrade. */
DETECTOR(chisel)
DETECTOR(wstunnel)
DETECTOR(wstunnel_npm)
DETECTOR(websockify)
DETECTOR(frp)
DETECTOR(cloudflared)
DETECTOR(dev_tunnels)
DETECTOR(azure_relay)
DETECTOR(iap_tunnel)
DETECTOR(guacamole)
DETECTOR(kubernetes)
DETECTOR(docker)
DETECTOR(simple_obfs)
DETECTOR(gost)
DETECTOR(httpupgrade)
DETECTOR(v2ray_http_header)

/* What nobody has named yet. */
DETECTOR(general)
