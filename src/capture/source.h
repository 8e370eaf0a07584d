/* source -- where frames come from.  A source is pulled: no callback, one frame at a time, nothing kept.
 *
 * A damaged file is not an error of the program: what could be read was given, then source_next says GOT_DAMAGE with a
 * text that names the place.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "base/err.h"
#include "capture/frame.h"

struct source;

enum source_got { GOT_FRAME, GOT_END, GOT_DAMAGE };

/* `path` names a pcap or pcapng file, or is "-" for standard input; `filter` is a BPF expression or NULL; one that cannot
 * be used is EINVAL. */
struct source *source_open_file(const char *path, const char *filter, struct err *e) MUST_CHECK;

enum source_got source_next(struct source *s, struct frame *f, struct err *e);

const char *source_name(const struct source *s);

/* Bytes of the file read so far and in all (0: not known), for progress. */
uint64_t source_position(const struct source *s, uint64_t *total);

void source_close(struct source *s);

#endif
