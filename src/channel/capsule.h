/* capsule -- are these bytes a chain of capsules (RFC 9297, 3.2)?  Private to channel. */
#ifndef CHANNEL_CAPSULE_H
#define CHANNEL_CAPSULE_H

#include "base/slice.h"
#include "channel/sign.h"

enum says capsule_sign(struct slice client, struct slice server);

#endif
