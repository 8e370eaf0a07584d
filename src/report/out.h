/* out -- whole lines to a file, a pipe or a terminal.
 *
 * Lines are gathered and written many at once; to a terminal or a pipe, where somebody waits for them, one at a time.
 * A line that was written in part is finished later or, in a file, taken back, so that a reader never finds half of one.
 * A full disk is tried again at most once a second of packet time; meanwhile lines wait while there is room, then they
 * are counted as lost.
 */
#ifndef REPORT_OUT_H
#define REPORT_OUT_H

#include "base/err.h"
#include "base/limits.h"
#include <stddef.h>
#include <stdint.h>

enum { OUT_BUFFER = 65536 };

struct out {
	int fd;
	bool owned;           /* opened here, so closed here */
	bool regular;         /* a file: a torn end can be taken back */
	bool at_once;         /* somebody waits: write each line */
	bool gone;            /* nobody reads any more: nothing will ever be written */
	bool failing;         /* the latest write failed, at `failed_at` */
	int why;              /* errno of the first failure */
	int64_t failed_at;    /* ns, packet time */
	uint64_t lines, lost; /* taken in, of these lost */
	size_t used;
	char name[256];
	char buffer[OUT_BUFFER];
};

/* `path` "-" is standard output; a file is begun anew. */
bool out_open(struct out *o, const char *path, struct err *e) MUST_CHECK;

/* `line` ends with its newline and is at most MAX_LINE long. */
void out_line(struct out *o, const char *line, size_t len, int64_t t);

/* A line that could not even be made. */
void out_lose(struct out *o);

/* False when lines were lost. */
bool out_close(struct out *o, struct err *e) MUST_CHECK;

#endif
