#include "rules/gather.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "rules/paths.h"
#include "rules/rules.h"

/* Before the name, which ends in a NUL, and the text. */
struct gathered_head {
	uint64_t name_len, text_len, read;
};

static bool write_all(int to, const void *bytes, size_t len)
{
	for (const char *at = bytes; len != 0;) {
		const ssize_t n = write(to, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool add_file(int to, const char *name, struct problems *out)
{
	char *text = NULL;
	size_t len = 0;
	const bool read = paths_read(name, &text, &len, out);
	const struct gathered_head head = { .name_len = strlen(name) + 1, .text_len = read ? len : 0, .read = read };
	const bool kept = write_all(to, &head, sizeof head) && write_all(to, name, head.name_len) &&
			  (!read || write_all(to, text, len));
	if (!kept)
		problem_add(out, PROBLEM_ERROR, name, 0, 0, "cannot be kept: %s", strerror(errno));
	free(text);
	return read && kept;
}

bool ruleset_gather(const char *const *paths, size_t count, int to, struct problems *out)
{
	struct paths list = { 0 };
	bool fine = true;
	for (size_t i = 0; i < count; i++)
		fine = paths_add(&list, paths[i], out) && fine;
	for (size_t i = 0; i < list.count; i++)
		fine = add_file(to, list.list[i].name, out) && fine;
	paths_fini(&list);
	return fine;
}

bool gathered_open(struct gathered *g, int from)
{
	struct stat about;
	*g = (struct gathered){ .all = { NULL, 0 } };
	if (fstat(from, &about) != 0)
		return false;
	if (about.st_size == 0)
		return true;
	void *const all = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, from, 0);
	if (all == MAP_FAILED)
		return false;
	g->all = g->rest = (struct slice){ all, (size_t)about.st_size };
	return true;
}

bool gathered_next(struct gathered *g, struct gathered_file *file)
{
	struct gathered_head head;
	if (g->rest.len < sizeof head)
		return false;
	memcpy(&head, g->rest.at, sizeof head);
	const struct slice name = slice_from(g->rest, sizeof head);
	if (head.name_len == 0 || head.name_len > name.len || name.at[head.name_len - 1] != '\0')
		return false;
	const struct slice text = slice_from(name, (size_t)head.name_len);
	if (head.text_len > text.len)
		return false;
	*file = (struct gathered_file){
		.name = (const char *)name.at,
		.text = slice_head(text, (size_t)head.text_len),
		.read = head.read != 0,
	};
	g->rest = slice_from(text, (size_t)head.text_len);
	return true;
}

void gathered_close(struct gathered *g)
{
	/* What was mapped may be given back, const or not. */
	if (g->all.at != NULL)
		munmap((void *)(uintptr_t)g->all.at, g->all.len);
	*g = (struct gathered){ .all = { NULL, 0 } };
}
