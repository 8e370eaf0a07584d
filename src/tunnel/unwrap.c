/* Files are opened, appended to and closed for each run of bytes: slow, simple, and without a table of open files that
 * hostile traffic could fill.  A folder that bears a connection's tunnel is made when its first byte is there. */
#include "tunnel/unwrap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"

enum { COPY_SIZE = 65536, FOLDER_MODE = 0750, FILE_MODE = 0640 };

struct unwrap {
	int folder;
	uint64_t lost;
	unsigned char copy[COPY_SIZE];
};

static const char *const file_of[] = { [CLIENT] = "up", [SERVER] = "down" };

/* Files are only ever appended to: what an earlier run left would be mixed with this one's. */
static bool is_empty(int folder)
{
	DIR *d = fdopendir(dup(folder));
	if (d == NULL)
		return false;
	unsigned entries = 0;
	while (readdir(d) != NULL)
		entries++;
	closedir(d);
	return entries <= 2; /* itself and the one above */
}

static bool open_folder(struct unwrap *u, const char *folder, struct err *e)
{
	if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return err_set_sys(e, folder, "cannot make the folder");
	u->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (u->folder < 0)
		return err_set_sys(e, folder, "cannot open the folder");
	if (is_empty(u->folder))
		return true;
	close(u->folder);
	return err_set(e, folder, "the folder is not empty");
}

struct unwrap *unwrap_open(const char *folder, struct err *e)
{
	struct unwrap *u = calloc(1, sizeof *u);
	if (u == NULL) {
		err_set_sys(e, folder, "no memory");
		return NULL;
	}
	if (open_folder(u, folder, e))
		return u;
	free(u);
	return NULL;
}

void unwrap_close(struct unwrap *u)
{
	if (u == NULL)
		return;
	close(u->folder);
	free(u);
}

int unwrap_folder(const struct unwrap *u)
{
	return u != NULL ? u->folder : -1;
}

static void lose(struct unwrap *u, size_t n)
{
	if (u->lost == 0)
		log_error("unwrap: cannot write what tunnels carry: %s", strerror(errno));
	u->lost += n;
}

static void name_aside(char name[64], uint64_t flow_id, enum side side)
{
	snprintf(name, 64, ".%016" PRIx64 ".%s", flow_id, file_of[side]);
}

static void name_kept(char name[64], uint64_t id, enum side side)
{
	snprintf(name, 64, "%016" PRIx64 "/%s", id, file_of[side]);
}

/* For a tunnel's file, its folder is made when it is not there yet. */
static int open_to_append(struct unwrap *u, const char *name, uint64_t id)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
	const int f = openat(u->folder, name, flags, FILE_MODE);
	if (f >= 0 || errno != ENOENT || id == 0)
		return f;
	char folder[64];
	snprintf(folder, sizeof folder, "%016" PRIx64, id);
	if (mkdirat(u->folder, folder, FOLDER_MODE) != 0 && errno != EEXIST)
		return -1;
	return openat(u->folder, name, flags, FILE_MODE);
}

static bool write_all(int f, struct slice bytes)
{
	while (bytes.len != 0) {
		const ssize_t n = write(f, bytes.at, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes = slice_from(bytes, (size_t)n);
	}
	return true;
}

void unwrap_write(struct unwrap *u, uint64_t id, uint64_t flow_id, enum side side, struct slice bytes)
{
	char name[64];
	if (u == NULL || bytes.len == 0)
		return;
	if (id == 0)
		name_aside(name, flow_id, side);
	else
		name_kept(name, id, side);
	const int f = open_to_append(u, name, id);
	if (f < 0) {
		lose(u, bytes.len);
		return;
	}
	if (!write_all(f, bytes))
		lose(u, bytes.len);
	if (close(f) != 0)
		lose(u, bytes.len);
}

static void keep_side(struct unwrap *u, uint64_t id, uint64_t flow_id, enum side side)
{
	char aside[64];
	name_aside(aside, flow_id, side);
	const int f = openat(u->folder, aside, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (f < 0)
		return;
	for (ssize_t n; (n = read(f, u->copy, sizeof u->copy)) > 0;)
		unwrap_write(u, id, flow_id, side, (struct slice){ u->copy, (size_t)n });
	close(f);
	unlinkat(u->folder, aside, 0);
}

void unwrap_keep(struct unwrap *u, uint64_t id, uint64_t flow_id)
{
	if (u == NULL || id == 0)
		return;
	keep_side(u, id, flow_id, CLIENT);
	keep_side(u, id, flow_id, SERVER);
}

void unwrap_drop(struct unwrap *u, uint64_t flow_id)
{
	char name[64];
	for (enum side side = CLIENT; u != NULL && side <= SERVER; side++) {
		name_aside(name, flow_id, side);
		unlinkat(u->folder, name, 0);
	}
}

uint64_t unwrap_lost(const struct unwrap *u)
{
	return u != NULL ? u->lost : 0;
}
