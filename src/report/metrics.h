/* metrics -- the counters of a run as a text for Prometheus; each name is told in culvert(8).
 *
 * Labels are few and fixed: never a host, an address or anything else from the wire, of which there is no end. */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include "report/report.h"

enum { METRICS_SIZE = 16384 }; /* holds every text */

/* Returns the length; 0 when it did not fit.  In `s`, records_lost are those of the output as well. */
size_t metrics_text(const struct report_stats *s, char *to, size_t room);

#endif
