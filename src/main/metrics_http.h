/* metrics_http -- GET /metrics, for Prometheus.
 *
 * It lives in the loop of somebody else and never makes it wait: no thread, few clients at once, little memory for each, a
 * short time for each, and no connection that is kept.  Every function takes NULL for a server that is not there. */
#ifndef MAIN_METRICS_HTTP_H
#define MAIN_METRICS_HTTP_H

#include "report/report.h"

struct metrics_http;

/* `where` as in main/listen.h; it must live as long.  Says where it listens. */
struct metrics_http *metrics_http_open(const char *where, struct err *e) MUST_CHECK;

/* To poll for reading; -1 without a server. */
int metrics_http_fd(const struct metrics_http *m);

/* Is there something to do? */
bool metrics_http_ready(const struct metrics_http *m);

/* Does it.  Also due about once a second, so that clients who dawdle are sent away.  `s`: the counters of now, summed; what
 * the output lost is among records_lost. */
void metrics_http_run(struct metrics_http *m, const struct report_stats *s);

void metrics_http_close(struct metrics_http *m);

#endif
