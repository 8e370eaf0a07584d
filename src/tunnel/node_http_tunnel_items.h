/* node_http_tunnel_items -- reads a body as node-http-tunnel's: a JSON array of flat objects, each with "method" and
 * "stream_id", some with "host" and "port", some with "data" in base64.  Byte by byte, without recursion, in bounded
 * memory.
 *
 * Strict, because strictness is the evidence: any other key, a value of another kind, data that is not whole base64, or
 * anything before or behind the array breaks it for good.  Blanks are allowed where JSON allows them.
 */
#ifndef TUNNEL_NODE_HTTP_TUNNEL_ITEMS_H
#define TUNNEL_NODE_HTTP_TUNNEL_ITEMS_H

#include "tunnel/base64.h"

enum item_method { ITEM_NONE, ITEM_OPEN, ITEM_OPEN_ACK, ITEM_DATA, ITEM_END, ITEM_CLOSE };

enum { ITEM_KEY = 10, ITEM_TEXT = 72, ITEM_MOST = 255 };

struct items {
	uint8_t at;            /* enum in items.c */
	uint8_t key;           /* enum in items.c: of the value at hand */
	uint8_t seen;          /* 1 << key: in the object at hand */
	uint8_t method;        /* enum item_method, of the object at hand */
	uint8_t count;         /* whole objects; stops at ITEM_MOST */
	uint8_t len, host_len; /* of `text` in use; of the host in front of it */
	uint16_t port;
	struct base64 base64;
	uint32_t stream;
	char text[ITEM_TEXT]; /* the object's host once it is known, then the key or the value at hand */
};

enum items_found {
	ITEMS_MORE,  /* the input is used up */
	ITEMS_BYTES, /* unwrapped bytes of `stream` */
	ITEMS_ITEM   /* an object is whole: method, stream and, of ITEM_OPEN, host and port stand until the next call */
};

void items_begin(struct items *it);

/* Takes from `*in` until something is found; bytes go to `out`, `*n` of them. */
enum items_found items_read(struct items *it, struct slice *in, uint8_t *out, size_t size, size_t *n);

bool items_broken(const struct items *it);
bool items_whole(const struct items *it); /* the array is closed */
void items_break(struct items *it);

#endif
