/* kit -- nDPI and the memory that looks need while they last, one a worker.  Private to channel. */
#ifndef CHANNEL_KIT_H
#define CHANNEL_KIT_H

#include "channel/ndpi.h"
#include "channel/tls.h"
#include "channel/websocket.h"

struct channel_kit {
	struct dpi *dpi;
	struct tls_scratch tls;
	struct websocket_scratch websocket;
};

#endif
