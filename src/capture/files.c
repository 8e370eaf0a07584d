#include "capture/files.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool append(struct files *f, const char *name, struct err *e)
{
	if (f->count == f->room) {
		const size_t room = f->room == 0 ? 16 : 2 * f->room;
		char **names = reallocarray(f->names, room, sizeof *names);
		if (names == NULL)
			return err_set_sys(e, name, "no memory for the list of files");
		f->names = names;
		f->room = room;
	}
	f->names[f->count] = strdup(name);
	if (f->names[f->count] == NULL)
		return err_set_sys(e, name, "no memory for the list of files");
	f->count++;
	return true;
}

static bool is_capture(const char *name)
{
	static const char *const endings[] = { ".pcap", ".pcapng", ".cap", ".dmp" };
	const size_t len = strlen(name);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		const size_t n = strlen(endings[i]);
		if (len > n && strcmp(name + len - n, endings[i]) == 0)
			return true;
	}
	return false;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_folder(struct files *f, const char *path, struct err *e)
{
	char *start = strdup(path);
	char *const paths[] = { start, NULL };
	FTS *walk = start != NULL ? fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name) : NULL;
	const size_t before = f->count;
	bool ok = walk != NULL || err_set_sys(e, path, "cannot read the folder");
	FTSENT *entry;
	while (ok && (entry = fts_read(walk)) != NULL) {
		if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR) {
			errno = entry->fts_errno;
			ok = err_set_sys(e, entry->fts_path, "cannot read");
		} else if (entry->fts_info == FTS_F && is_capture(entry->fts_name)) {
			ok = append(f, entry->fts_path, e);
		}
	}
	if (walk != NULL)
		fts_close(walk);
	free(start);
	if (ok && f->count == before)
		return err_set(e, path, "the folder holds no capture (.pcap, .pcapng, .cap, .dmp)");
	return ok;
}

bool files_add(struct files *f, const char *path, struct err *e)
{
	struct stat about;
	if (strcmp(path, "-") == 0)
		return append(f, path, e);
	if (stat(path, &about) != 0)
		return err_set_sys(e, path, "cannot open");
	if (S_ISDIR(about.st_mode))
		return add_folder(f, path, e);
	return append(f, path, e);
}

void files_fini(struct files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->names[i]);
	free(f->names);
	*f = (struct files){ 0 };
}
