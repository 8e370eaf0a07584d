/* A file is renamed, so that whoever reads it reads on, and gets a name that was free: FILE.YYYYMMDD-HHMMSS in UTC, and -001,
 * -002 behind it for more within a second.  Nothing is ever written over.  Names sort by age, so the oldest is the first.
 *
 * Times are multiples of the interval since 1970: files begin with the hour or the day, and a restart changes nothing about
 * that.  A file that was found belongs to the time at which it was last written to.
 *
 * A file that somebody else has moved away is not renamed once more; a new one is begun. */
#include "report/rotate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "report/place.h"

enum {
	STAMP = 15,  /* YYYYMMDD-HHMMSS */
	NUMBER = 4,  /* -001 */
	MOST = 1000, /* names in one second */
	AGAIN_AFTER_S = 60,
	MOST_REMOVED = 16 /* at once: each takes a look through the folder, and nobody may wait for long */
};

void rotate_begin(struct out *o)
{
	struct stat st;
	o->begun = fstat(o->fd, &st) == 0 && st.st_size != 0 ? st.st_mtime : time(NULL);
}

/* As rename, but fails with EEXIST.  Not every file system knows how. */
static bool rename_to_free(const char *from, const char *to)
{
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
		return true;
	if (errno != EINVAL && errno != ENOSYS)
		return false;
	return link(from, to) == 0 && unlink(from) == 0;
}

/* `to` gets the new name.  One that was given and is free again, since old files are removed, is not given twice. */
static bool set_aside(struct out *o, time_t now, char to[PATH_MAX])
{
	struct tm utc;
	char stamp[STAMP + 1];
	if (gmtime_r(&now, &utc) == NULL || strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc) != STAMP) {
		errno = ERANGE;
		return false;
	}
	for (unsigned n = o->rotated_at == now ? o->rotated_as + 1 : 0; n < MOST; n++) {
		char number[NUMBER + 8] = "";
		if (n != 0)
			snprintf(number, sizeof number, "-%03u", n);
		if (snprintf(to, PATH_MAX, "%s.%s%s", o->path, stamp, number) >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return false;
		}
		if (rename_to_free(o->path, to)) {
			o->rotated_at = now;
			o->rotated_as = n;
			return true;
		}
		if (errno != EEXIST)
			return false;
	}
	return false;
}

/* Is what follows the name of the file and a dot ours? */
static bool is_stamp(const char *s)
{
	static const char shape[] = "dddddddd-dddddd-ddd";
	size_t i = 0;
	for (; i < sizeof shape - 1 && s[i] != '\0'; i++)
		if (shape[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != '-')
			return false;
	return s[i] == '\0' && (i == STAMP || i == STAMP + NUMBER);
}

/* Looks once through the folder: how many were set aside, and the oldest. */
static unsigned count_old(DIR *folder, const char *base, char oldest[NAME_MAX + 1])
{
	const size_t len = strlen(base);
	unsigned count = 0;
	rewinddir(folder);
	for (const struct dirent *d; (d = readdir(folder)) != NULL;) {
		if (strncmp(d->d_name, base, len) != 0 || d->d_name[len] != '.' || !is_stamp(d->d_name + len + 1))
			continue;
		if (count++ == 0 || strcmp(d->d_name, oldest) < 0)
			snprintf(oldest, NAME_MAX + 1, "%s", d->d_name);
	}
	return count;
}

static void remove_old(const char *path, unsigned keep)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	char where[PATH_MAX], oldest[NAME_MAX + 1];
	snprintf(where, sizeof where, "%.*s", slash != NULL ? (int)(slash + 1 - path) : 2, slash != NULL ? path : "./");
	DIR *folder = opendir(where);
	if (folder == NULL) {
		log_warn("%s: old files cannot be found (%s)", path, strerror(errno));
		return;
	}
	for (unsigned n = 0; n < MOST_REMOVED && count_old(folder, base, oldest) > keep; n++)
		if (unlinkat(dirfd(folder), oldest, 0) != 0) {
			log_warn("%s%s: cannot be removed (%s)", where, oldest, strerror(errno));
			break;
		}
	closedir(folder);
}

/* Is what stands there now what is open? */
static bool still_there(const struct out *o)
{
	struct stat open, there;
	return fstat(o->fd, &open) == 0 && stat(o->path, &there) == 0 && open.st_dev == there.st_dev &&
	       open.st_ino == there.st_ino;
}

static void rotate(struct out *o, time_t now)
{
	char aside[PATH_MAX] = "";
	const bool ours = still_there(o);
	const bool moved = !ours || set_aside(o, now, aside);
	const int fd = moved ? place_append(o->path) : -1;
	if (fd < 0) {
		log_error("%s: cannot be rotated (%s)", o->name, strerror(errno));
		if (moved && ours && !rename_to_free(aside, o->path))
			log_error("%s: its name is %s now", o->name, aside);
		o->rotate_again = now + AGAIN_AFTER_S;
		return;
	}
	close(o->fd);
	o->fd = fd;
	rotate_begin(o);
	o->rotations++;
	if (o->rotation.keep != 0)
		remove_old(o->path, o->rotation.keep);
}

static bool is_due(struct out *o, size_t more, time_t now)
{
	const struct rotation *r = &o->rotation;
	struct stat st;
	if (now < o->rotate_again && now >= o->rotate_again - AGAIN_AFTER_S)
		return false;
	if (fstat(o->fd, &st) != 0)
		return false;
	if (st.st_size == 0) {
		o->begun = now;
		return false;
	}
	if (r->size != 0 && (uint64_t)st.st_size + more > r->size)
		return true;
	return r->every_s != 0 && now / r->every_s != o->begun / r->every_s;
}

void rotate_when_due(struct out *o, size_t more)
{
	if ((o->rotation.size == 0 && o->rotation.every_s == 0) || !o->regular || !o->owned || o->torn != 0)
		return;
	const time_t now = time(NULL);
	if (is_due(o, more, now))
		rotate(o, now);
}
