/* text -- one aligned line about a conversation, for people.  Nothing from the wire reaches a terminal as it is. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/id.h"
#include "report/report.h"

/* Returns the length of the line, newline included; what does not fit is left out at the end. */
size_t text_flow(const struct facts *f, struct clock_text *clock, bool colours, char *out, size_t size);

/* A rule has spoken. */
size_t text_alert(
    const struct facts *f, const struct alert *a, struct clock_text *clock, bool colours, char *out, size_t size);

#endif
