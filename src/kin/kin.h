/* kin -- connections between the same two hosts, seen together: `payload` bytes per client address and server address and
 * port, kept while a connection of theirs lives and a little longer.
 *
 * Bounded: when full, the pair longest without a living connection gives way (counted); NULL when all are alive.
 * Payload starts zeroed and is never looked into.
 */
#ifndef KIN_KIN_H
#define KIN_KIN_H

#include "base/err.h"
#include "base/hash.h"
#include "decode/segment.h"

struct kin_table;

struct kin_table *kin_table_new(size_t pairs, size_t payload, struct hash_key key, struct err *e) MUST_CHECK;
void kin_table_free(struct kin_table *t);

/* Each kin_join is matched by one kin_leave. */
void *kin_join(
    struct kin_table *t, const struct endpoint *client, const struct endpoint *server, uint32_t space, int64_t now);
void kin_leave(struct kin_table *t, void *payload, int64_t now);

/* 64 bits that belong to a pair, zero at first, for what follows from its hosts: no page of payloads is written for it. */
uint64_t *kin_mark(const struct kin_table *t, const void *payload);

size_t kin_reserved(const struct kin_table *t); /* bytes at most */
uint64_t kin_evicted(const struct kin_table *t);
uint64_t kin_refused(const struct kin_table *t); /* joins that found none idle to give way */

#endif
