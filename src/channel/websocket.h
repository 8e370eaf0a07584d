/* websocket -- are these bytes WebSocket frames, and what do they carry?  Private to channel. */
#ifndef CHANNEL_WEBSOCKET_H
#define CHANNEL_WEBSOCKET_H

#include "base/limits.h"
#include "evidence/evidence.h"
#include "base/slice.h"

struct websocket_scratch {
	uint8_t payload[2][MAX_NDPI_BYTES];
};

enum frames { FRAMES_MORE, FRAMES_YES, FRAMES_NOT };

struct websocket_seen {
	enum frames frames;
	bool enough;            /* of the payload was seen, or no more can be learnt */
	uint64_t odd;
	struct slice inner[2];  /* unmasked payload of data frames, by side; lives in the scratch */
};

void websocket_look(struct websocket_scratch *w, struct slice client, struct slice server, bool over,
    struct websocket_seen *out);

#endif
