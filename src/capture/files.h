/* files -- what the operator named, as a list of captures: files as they are, folders as the captures below them. */
#ifndef CAPTURE_FILES_H
#define CAPTURE_FILES_H

#include <stddef.h>
#include "base/err.h"

struct files {
	char **names;
	size_t count, room;
};

/* `path` is a file, "-", or a folder: then every file below it that ends like a capture (.pcap, .pcapng, .cap, .dmp),
 * in the order of their names, byte by byte.  False when it is not there or a folder holds none. */
bool files_add(struct files *f, const char *path, struct err *e) MUST_CHECK;
void files_fini(struct files *f);

#endif
