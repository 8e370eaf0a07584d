/* join -- which connections of two hosts are one tunnel.  Private to tunnel; one set of joins in each pair's notebook.
 *
 * A join belongs to one detector and one key of its own.  When all are taken, the one longest silent gives way.
 */
#ifndef TUNNEL_JOIN_H
#define TUNNEL_JOIN_H

#include "tunnel/detector.h"

enum { JOINS = 3 };

struct join {
	uint64_t key;
	uint64_t id; /* flow id of its first connection; 0: free */
	int64_t last;
	uint64_t flows[FINDING_PEERS]; /* the latest */
	uint32_t bits;                 /* the detector's own */
	uint8_t which;                 /* detector */
	uint8_t count, next;
	bool found;
};

struct joins {
	struct join join[JOINS];
};

/* NULL when there is none. */
struct join *join_find(struct joins *j, unsigned which, uint64_t key);

/* Finds or makes. */
struct join *join_get(struct joins *j, unsigned which, uint64_t key, uint64_t flow_id, int64_t t);

void join_enter(struct join *k, uint64_t flow_id, int64_t t);

/* Tells a connection's finding of the others. */
void join_tell(const struct join *k, uint64_t flow_id, struct finding *f);

#endif
