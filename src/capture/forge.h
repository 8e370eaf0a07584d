/* forge -- packets that are sent in somebody's name, so that both ends hear that their conversation is over.  Pure. */
#ifndef CAPTURE_FORGE_H
#define CAPTURE_FORGE_H

#include <stddef.h>
#include "capture/answer.h"

enum { FORGED_LEN = 320 /* the longest */ };

/* To the target, in the source's name and in place of its packet; or to the source, as if the target had answered.  A whole
 * IP packet, checksums included; returns its length, 0 when there is nothing to send. */
size_t forge_to_target(const struct passage *l, enum reply kind, uint8_t out[FORGED_LEN]);
size_t forge_to_source(const struct passage *l, enum reply kind, uint8_t out[FORGED_LEN]);

#endif
