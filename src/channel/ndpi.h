/* ndpi -- a second opinion on first bytes, from nDPI.  Private to channel; ndpi.c alone knows the library.
 *
 * The library is shown a conversation made up for the purpose: addresses of its own, a handshake, one packet of each
 * side's first bytes.  It never learns the true addresses and ports, so it cannot judge by them.
 */
#ifndef CHANNEL_NDPI_H
#define CHANNEL_NDPI_H

#include "base/err.h"
#include "base/slice.h"
#include "evidence/evidence.h"

struct dpi;

struct dpi *dpi_new(struct err *e) MUST_CHECK;
void dpi_free(struct dpi *d);
uint64_t dpi_cut(const struct dpi *d); /* times that a side had more than it was shown */

/* At most MAX_NDPI_BYTES of each side are shown, `first` begins.  NULL when nothing is recognised. */
const char *dpi_name(struct dpi *d, struct slice client, struct slice server, enum side first);

#endif
