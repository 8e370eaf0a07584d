/* groups -- what is remembered of all requests of one client to one place: server, port, Host and path without its changing
 * parts.  Private to tunnel; written by general.c alone.
 *
 * One table for all, of fixed size: places in sets of four, in each set the group longest unused gives way (counted).
 */
#ifndef TUNNEL_GROUPS_H
#define TUNNEL_GROUPS_H

#include <stddef.h>
#include "base/err.h"
#include "evidence/evidence.h"

struct group {
	uint64_t key;  /* 0: free */
	int64_t last;  /* ns: latest event */
	int64_t asked; /* ns: latest request */
	uint32_t requests;
	uint32_t bodies[2], empties[2], random[2]; /* messages with content, without, and that look random; by side */
	uint64_t bytes[2];                         /* of content, by side; what was not shown is not counted */
	const char *foreign[2];                    /* protocol that content of that side began with, latest */
	const char *other[2];                      /* or this one; see dialogue.h, as are those named alike */
	uint64_t foreign_part[2];                  /* which part of a dialogue that was */
	int64_t foreign_at[2];                     /* ns: when */
	uint32_t foreigns[2];                      /* messages that began so */
	bool greeted;                              /* both sides did, and nothing else was said yet */
	bool in_query;                             /* the client's was in its target */
	uint8_t dialogues;                         /* opened by one side and answered by the other, of `dialogue` */
	const char *dialogue;
	int64_t dialogue_at;   /* ns: when that was counted */
	uint32_t number[2];    /* what an answer to that side must bear */
	uint64_t said[2];      /* hash of what that side opened or answered with */
	uint64_t first_body;   /* hash of the latest request's first bytes */
	uint32_t different;    /* requests whose first bytes were not those of the one before */
	uint32_t gap_us;       /* between the latest two requests */
	uint8_t even, growing; /* gaps in a row alike; gaps in a row each half as long again */
	uint32_t signs;        /* bit i: row i of the table of signs */
	uint8_t innocent;      /* grade of what speaks for an innocent use */
	uint64_t upload_flow;  /* connection whose upload has no answer yet; 0 none */
	int64_t upload_since;
};

struct groups {
	struct group *at;
	size_t sets; /* power of two */
	uint64_t evicted;
	uint32_t made; /* moves with each that is; never 0 */
	/* A bit for each that was ever made, or for none: most that are asked for are not there, and to look for one among its set
	 * waits four times for memory, 2 % of the time of short flows.  It is never cleared: after a hundred thousand groups
	 * each search goes there again. */
	uint64_t known[1 << 10];
};

bool groups_init(struct groups *g, size_t connections, struct err *e);
void groups_fini(struct groups *g);
size_t groups_reserved(const struct groups *g); /* bytes at most */

/* NULL when there is none of that key, or it is 0. */
struct group *groups_find(struct groups *g, uint64_t key);

/* Finds or makes. */
struct group *groups_get(struct groups *g, uint64_t key, int64_t t);

/* A request came: how long after the one before? */
void group_asked(struct group *g, int64_t t);

/* Who collects banners, hellos or packets sends one in most messages; a tunnel, one for each connection in it. */
bool group_is_collection(const struct group *g, enum side side);

#endif
