/* list -- every detector, one line each; DETECTOR is defined by whoever includes this, more than once.  The order is
 * that of `culvert list detectors`, and the first to find its tool keeps the finding. */

/* Tools that wrap one stream in long messages. */
DETECTOR(httptunnel)

/* Tools that poll. */

/* Web shells. */

/* Published protocols that are carried in HTTP. */
DETECTOR(sstp)
DETECTOR(rtsphttp)
DETECTOR(rpchttp)
DETECTOR(rdg)
DETECTOR(bosh)
DETECTOR(doh)
DETECTOR(softether)
DETECTOR(mapihttp)
DETECTOR(rtmpt)
DETECTOR(ohttp)
DETECTOR(bayeux)
DETECTOR(grpcforeign)
DETECTOR(anyconnect)
DETECTOR(pulse)
DETECTOR(sslvpn)

/* Carriers over an accepted Upgrade. */

/* What nobody has named yet. */
