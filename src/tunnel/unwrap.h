/* unwrap -- writes what tunnels carry to files, for an analyst to open: FOLDER/ID/up and FOLDER/ID/down, where ID is the
 * tunnel's as records have it.
 *
 * Bytes of a connection on which something is only suspected go to files that begin with a dot; they join the tunnel's
 * when it is proven and vanish otherwise.  Nothing is kept in memory.  What could not be written is counted and said
 * once.
 */
#ifndef TUNNEL_UNWRAP_H
#define TUNNEL_UNWRAP_H

#include "base/err.h"
#include "base/slice.h"
#include "evidence/evidence.h"

struct unwrap;

/* The folder is made if need be. */
struct unwrap *unwrap_open(const char *folder, struct err *e) MUST_CHECK;
void unwrap_close(struct unwrap *u);

/* The folder, which is all that who writes needs to have open. */
int unwrap_folder(const struct unwrap *u);

/* `id` 0: only suspected, set aside under the connection's own id. */
void unwrap_write(struct unwrap *u, uint64_t id, uint64_t flow_id, enum side side, struct slice bytes);
void unwrap_keep(struct unwrap *u, uint64_t id, uint64_t flow_id);
void unwrap_drop(struct unwrap *u, uint64_t flow_id);

/* Bytes that could not be written. */
uint64_t unwrap_lost(const struct unwrap *u);

#endif
