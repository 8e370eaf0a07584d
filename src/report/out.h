/* out -- whole lines to a file, a pipe, a terminal or a socket.
 *
 * Lines are gathered and written many at once; to a terminal, a pipe or a socket, where somebody waits for them, one at a
 * time.  A line that was written in part is finished later or, in a file, taken back, so that a reader never finds half of
 * one.  A full disk is tried again at most once a second; meanwhile lines wait while there is room, then they are counted as
 * lost.
 *
 * A run over captures waits for its reader.  A live one never does: what a reader has no room for waits here, then is lost.
 * To a socket that its reader left it connects again, about once a second.
 */
#ifndef REPORT_OUT_H
#define REPORT_OUT_H

#include "base/err.h"
#include "base/limits.h"
#include <stddef.h>
#include <stdint.h>

enum { OUT_BUFFER = 65536, OUT_LIVE_BUFFER = 4 << 20 };

enum out_manner {
	OUT_ONCE, /* a file is begun anew, a reader waited for */
	OUT_LIVE  /* a file is added to, nobody waited for */
};

/* When a file that is added to is set aside under a name with the time, and a new one begun; 0: never. */
struct rotation {
	uint64_t size;   /* bytes that it does not outgrow */
	int64_t every_s; /* seconds: at every multiple of it */
	unsigned keep;   /* so many set aside; older ones are removed; 0: all stay */
};

struct out {
	int fd; /* -1: a socket that is not connected */
	enum out_manner manner;
	bool owned;           /* opened here, so closed here */
	bool regular;         /* a file: a torn end can be taken back */
	bool socket;          /* to connect to */
	bool at_once;         /* somebody waits: write each line */
	bool gone;            /* nobody reads any more: nothing will ever be written */
	bool failing;         /* the latest write failed, at `failed_at` */
	bool stalled;         /* the reader had no room, at `failed_at` */
	int why;              /* errno of the first failure */
	int64_t failed_at;    /* ns, packet time */
	uint64_t lines, lost; /* taken in, of these lost */
	uint64_t told;        /* lost, as told in the log */
	struct rotation rotation;
	int64_t begun, rotate_again; /* s: the time that the file belongs to; no earlier try to rotate */
	int64_t rotated_at;          /* s; then `rotated_as` is the number behind the name that was given */
	unsigned rotated_as;
	uint64_t rotations;
	size_t used, room;
	size_t torn; /* bytes in front that are the rest of a line whose beginning is out */
	char *buffer;
	char name[256]; /* as people know it */
	const char *path;
};

/* `path` "-" is standard output, NULL standard error; "unix:PATH" a stream socket.  It must live as long as `o`. */
bool out_open(struct out *o, const char *path, enum out_manner manner, struct err *e) MUST_CHECK;

/* Opens a file again by its name; what it is now is added to.  What was taken in before goes to the old one.  False: the
 * old one is used on. */
bool out_reopen(struct out *o, struct err *e) MUST_CHECK;

/* From now on; for a file in OUT_LIVE, else without effect. */
void out_rotate(struct out *o, const struct rotation *r);

/* `line` ends with its newline and is at most MAX_LINE long. */
void out_line(struct out *o, const char *line, size_t len, int64_t t);

/* A line that could not even be made. */
void out_lose(struct out *o);

enum out_waits { OUT_IDLE, OUT_WAITS /* for a reader */, OUT_GONE /* nobody reads any more */ };

/* Time goes on: what waits is written. */
enum out_waits out_tick(struct out *o, int64_t t);

/* False when lines were lost. */
bool out_close(struct out *o, struct err *e) MUST_CHECK;

#endif
