/* balancer -- what a load balancer writes before the client's first byte, to say whose connection it passes on: the PROXY
 * protocol of HAProxy, versions 1 (a line) and 2 (binary).  Pure.
 *
 * It is no part of HTTP and changes nothing of what follows: servers that expect it take it away, and so do we.
 */
#ifndef HTTP_BALANCER_H
#define HTTP_BALANCER_H

#include "http/head.h"

/* PARSED: the first `*used` bytes are such a preface.  PARSE_NOT_HTTP: they begin none. */
enum parsed balancer_preface(struct slice in, size_t *used);

#endif
