#include "rules/paths.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rules/ruleset.h"

static bool failed(struct problems *out, const char *path, const char *what)
{
	return problem_add(out, PROBLEM_ERROR, path, 0, 0, "%s: %s", what, strerror(errno));
}

/* Where it stands in the table, or would. */
static uint32_t *slot_of(const struct paths *p, const struct path *path)
{
	size_t at = (size_t)((path->inode ^ path->device << 32) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	for (;; at++) {
		uint32_t *slot = &p->slot[at & (p->slots - 1)];
		const struct path *here = *slot != 0 ? &p->list[*slot - 1] : NULL;
		if (here == NULL || (here->device == path->device && here->inode == path->inode))
			return slot;
	}
}

static bool grow(struct paths *p)
{
	const size_t room = p->room == 0 ? 16 : 2 * p->room;
	struct path *list = reallocarray(p->list, room, sizeof *list);
	if (list == NULL)
		return false;
	p->list = list;
	uint32_t *slot = calloc(2 * room, sizeof *slot);
	if (slot == NULL)
		return false;
	free(p->slot);
	p->slot = slot;
	p->slots = 2 * room;
	p->room = room;
	for (size_t i = 0; i < p->count; i++)
		*slot_of(p, &p->list[i]) = (uint32_t)i + 1;
	return true;
}

static bool append(struct paths *p, const char *name, struct problems *out)
{
	struct stat about = { 0 };
	if (strcmp(name, "-") != 0 && stat(name, &about) != 0)
		return failed(out, name, "cannot open");
	if (strcmp(name, "-") != 0 && !S_ISREG(about.st_mode))
		return problem_add(out, PROBLEM_ERROR, name, 0, 0, "is no file (a pipe is read as -)");
	struct path path = { NULL, about.st_dev, about.st_ino };
	if (p->count == p->room && !grow(p))
		return failed(out, name, "cannot be kept");
	uint32_t *slot = slot_of(p, &path);
	if (*slot != 0)
		return true;
	path.name = strdup(name);
	if (path.name == NULL)
		return failed(out, name, "cannot be kept");
	p->list[p->count++] = path;
	*slot = (uint32_t)p->count;
	return true;
}

static bool ends_in(const char *name, const char *end)
{
	const size_t len = strlen(name), n = strlen(end);
	return len > n && strcmp(name + len - n, end) == 0;
}

static int is_rule_file(const struct dirent *d)
{
	return d->d_name[0] != '.' && (ends_in(d->d_name, ".yaml") || ends_in(d->d_name, ".yml"));
}

/* Byte by byte, whatever the locale. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool append_in(struct paths *p, const char *folder, const char *name, struct problems *out)
{
	char path[4096];
	const char *const slash = ends_in(folder, "/") ? "" : "/";
	const int n = snprintf(path, sizeof path, "%s%s%s", folder, slash, name);
	if (n < 0 || (size_t)n >= sizeof path)
		return problem_add(out, PROBLEM_ERROR, folder, 0, 0, "the name of a file in it is too long");
	struct stat about;
	return (stat(path, &about) == 0 && S_ISDIR(about.st_mode)) || append(p, path, out);
}

static bool append_folder(struct paths *p, const char *path, struct problems *out)
{
	struct dirent **list = NULL;
	const int n = scandir(path, &list, is_rule_file, by_name);
	if (n < 0)
		return failed(out, path, "cannot read the folder");
	bool fine = n != 0 || problem_add(out, PROBLEM_ERROR, path, 0, 0, "the folder holds no *.yaml and no *.yml");
	for (int i = 0; i < n; i++) {
		fine = fine && append_in(p, path, list[i]->d_name, out);
		free(list[i]);
	}
	free(list);
	return fine;
}

bool paths_add(struct paths *p, const char *path, struct problems *out)
{
	struct stat about;
	if (strcmp(path, "-") == 0)
		return append(p, path, out);
	if (stat(path, &about) != 0)
		return failed(out, path, "cannot open");
	return S_ISDIR(about.st_mode) ? append_folder(p, path, out) : append(p, path, out);
}

void paths_fini(struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i].name);
	free(p->list);
	free(p->slot);
	*p = (struct paths){ 0 };
}

/* One byte more than is allowed, so that who parses can tell that there was more. */
static bool read_all(int fd, const char *path, char *text, size_t *len, struct problems *out)
{
	*len = 0;
	while (*len < MAX_RULE_FILE + 1) {
		const ssize_t n = read(fd, text + *len, MAX_RULE_FILE + 1 - *len);
		if (n < 0 && errno != EINTR)
			return failed(out, path, "cannot read");
		if (n == 0)
			return true;
		*len += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool paths_read(const char *path, char **text, size_t *len, struct problems *out)
{
	const bool standard = strcmp(path, "-") == 0;
	/* Never wait for who writes to a pipe: it may have taken the file's place since it was looked at. */
	const int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return failed(out, path, "cannot open");
	/* Untouched pages cost nothing. */
	*text = malloc(MAX_RULE_FILE + 1);
	const bool fine = *text != NULL ? read_all(fd, path, *text, len, out) : failed(out, path, "cannot be held");
	if (!standard)
		close(fd);
	if (!fine) {
		free(*text);
		*text = NULL;
	}
	return fine;
}
