/* entropy -- how evenly bytes are spread.  Private to channel. */
#ifndef CHANNEL_ENTROPY_H
#define CHANNEL_ENTROPY_H

#include "base/slice.h"

/* Shannon's entropy in sixteenths of a bit per byte, 0..128.  A short text cannot look random: n bytes have at most
 * log2(n) bits. */
uint8_t entropy_sixteenths(struct slice s);

/* Holds control bytes or bytes over 126 in a measure no text does, UTF-8 apart. */
bool entropy_is_binary(struct slice s);

#endif
