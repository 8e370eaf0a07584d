/* target -- which host and which path a request is for (RFC 9112, 3.2): pure. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "http/head.h"

/* The host of an absolute target counts more than the field's; a CONNECT names nothing but its host.  Without port and
 * brackets; empty where there is none.  The slices lie in the head. */
void target_split(const struct head *request, struct slice *host, struct slice *path);

/* Does the field Host name another host than the target does?  Who looks at one of them only is misled. */
bool target_differs_from_host(const struct head *request);

#endif
