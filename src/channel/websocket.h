/* websocket -- are these bytes WebSocket frames, and what do they carry?  Private to channel. */
#ifndef CHANNEL_WEBSOCKET_H
#define CHANNEL_WEBSOCKET_H

#include "base/limits.h"
#include "evidence/evidence.h"
#include "base/slice.h"

struct websocket_scratch {
	uint8_t payload[2][MAX_CHANNEL_LOOK];
};

enum frames { FRAMES_MORE, FRAMES_YES, FRAMES_NOT };

enum { WEBSOCKET_RAW = 4096 }; /* bytes of a side after which frames that are no frames yet will not become any */

struct websocket_seen {
	enum frames frames;
	bool enough; /* of each side's payload to say that it carries nothing known */
	uint64_t odd;
	struct slice inner[2]; /* unmasked payload of data frames, by side; lives in the scratch */
};

void websocket_look(
    struct websocket_scratch *w, struct slice client, struct slice server, bool over, struct websocket_seen *out);

#endif
