/* share -- one reader and several workers (hands) for a capture: `culvert replay -j N`.
 *
 * The reader decodes frames, puts fragments together, keeps the clock, and gives each segment to one worker, chosen by the two
 * addresses of the conversation and the network they belong to: those of the innermost IP header.  So both ways of a
 * conversation and all connections between two hosts meet in one, however they were carried.
 */
#ifndef MAIN_SHARE_H
#define MAIN_SHARE_H

#include "capture/files.h"
#include "main/run.h"

struct share;

/* Forks the workers.  What they write to is open in `r`.  NULL: it cannot be. */
struct share *share_new(struct run *r, const struct files *files, struct err *e) MUST_CHECK;

/* A file begins, that of this number; it is over. */
void share_source(struct share *s, struct source *source, size_t file);
void share_drain(struct share *s);

/* As run_frames.  When a worker has died there is nothing more to read: GOT_END. */
enum source_got share_frames(struct share *s, struct source *source, unsigned most, struct err *e);

/* The counters: of all workers, as they have shown them. */
void share_stats(struct share *s, struct report_stats *to);
uint64_t share_unwrap_lost(const struct share *s);

/* Tells the workers to end, and waits until all is written.  Returns `status`, or a worse one when a worker has died. */
int share_end(struct share *s, int status);
void share_free(struct share *s);

#endif
