/* witness -- what the events of HTTP prove about HTTP itself. */
#ifndef HTTP_WITNESS_H
#define HTTP_WITNESS_H

#include "evidence/evidence.h"
#include "http/conn.h"

/* Writes the event's notes and doubts; its oddities are the caller's to keep. */
void http_witness(const struct http_event *ev, struct dossier *d);

#endif
