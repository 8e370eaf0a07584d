#include "main/pour.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "main/descriptors.h"
#include "main/run.h"

enum { CHUNK = 1 << 18, PIPE = 1 << 20, READ = 0, WRITE = 1 };

/* What leads to a process's own descriptors leads nowhere in a hand. */
static bool is_read_once(const char *name)
{
	struct stat about;
	return strcmp(name, "-") == 0 || strcmp(name, "/dev/stdin") == 0 || strncmp(name, "/dev/fd/", 8) == 0 ||
	       strncmp(name, "/proc/", 6) == 0 || (stat(name, &about) == 0 && !S_ISREG(about.st_mode));
}

static bool make_pipes(struct poured *d, unsigned hands)
{
	d->pipe = calloc(hands, sizeof *d->pipe);
	if (d->pipe == NULL)
		return false;
	for (unsigned i = 0; i < hands; i++)
		d->pipe[i][READ] = d->pipe[i][WRITE] = -1;
	for (unsigned i = 0; i < hands; i++) {
		int *const ends = d->pipe[i];
		if (pipe2(ends, O_CLOEXEC) != 0 || fcntl(ends[WRITE], F_SETFL, O_NONBLOCK) != 0)
			return false;
		(void)fcntl(ends[WRITE], F_SETPIPE_SZ, PIPE);
	}
	return true;
}

bool pour_init(struct pour *p, const struct files *files, unsigned hands, struct err *e)
{
	*p = (struct pour){ .files = files, .hands = hands, .from = -1 };
	p->poured = calloc(files->count, sizeof *p->poured);
	p->done = calloc(hands, sizeof *p->done);
	if (p->poured == NULL || p->done == NULL)
		return err_set_sys(e, "workers", "no memory for pipes");
	for (size_t i = 0; i < files->count; i++) {
		if (!is_read_once(files->names[i]))
			continue;
		p->poured[p->count].file = i;
		if (!make_pipes(&p->poured[p->count++], hands))
			return err_set_sys(e, files->names[i], "no pipes to pour it into");
	}
	p->chunk = p->count != 0 ? malloc(CHUNK) : NULL;
	return p->count == 0 || p->chunk != NULL || err_set_sys(e, "workers", "no memory for pipes");
}

static void close_all(struct poured *d, unsigned hands, int end)
{
	for (unsigned i = 0; d->pipe != NULL && i < hands; i++)
		descriptor_close(&d->pipe[i][end]);
}

void pour_fini(struct pour *p)
{
	pour_forked(p);
	pour_stop(p);
	for (size_t i = 0; i < p->count; i++)
		free(p->poured[i].pipe);
	free(p->poured);
	free(p->done);
	free(p->chunk);
	*p = (struct pour){ .from = -1 };
}

static const struct poured *find(const struct pour *p, size_t file)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->poured[i].file == file)
			return &p->poured[i];
	return NULL;
}

bool pour_has(const struct pour *p, size_t file)
{
	return find(p, file) != NULL;
}

int pour_out(const struct pour *p, size_t file, unsigned hand)
{
	return find(p, file)->pipe[hand][READ];
}

void pour_forked(struct pour *p)
{
	for (size_t i = 0; i < p->count; i++)
		close_all(&p->poured[i], p->hands, READ);
}

static const char *name_of(const struct pour *p)
{
	const char *name = p->files->names[p->poured[p->now].file];
	return strcmp(name, "-") == 0 ? "standard input" : name;
}

/* The hands see its end. */
static void go_on(struct pour *p)
{
	if (p->from != STDIN_FILENO)
		descriptor_close(&p->from);
	p->from = -1;
	p->len = 0;
	close_all(&p->poured[p->now++], p->hands, WRITE);
}

static bool is_wanted(const struct pour *p)
{
	for (unsigned i = 0; i < p->hands; i++)
		if (p->poured[p->now].pipe[i][WRITE] >= 0)
			return true;
	return false;
}

/* A pipe's writer is not waited for here. */
static bool open_next(struct pour *p)
{
	struct err e;
	const char *const name = p->files->names[p->poured[p->now].file];
	p->from = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (p->from >= 0)
		return true;
	(void)err_set_sys(&e, name_of(p), "cannot open");
	p->status = run_refused(&e, EXIT_INCOMPLETE);
	return false;
}

static bool lacks(const struct pour *p, unsigned hand)
{
	return p->poured[p->now].pipe[hand][WRITE] >= 0 && p->done[hand] < p->len;
}

static void give(struct pour *p, unsigned hand)
{
	int *const to = &p->poured[p->now].pipe[hand][WRITE];
	while (lacks(p, hand)) {
		const ssize_t n = write(*to, p->chunk + p->done[hand], p->len - p->done[hand]);
		if (n >= 0)
			p->done[hand] += (size_t)n;
		else if (errno == EAGAIN)
			return;
		else if (errno != EINTR)
			descriptor_close(to);
	}
}

static void take(struct pour *p)
{
	const ssize_t n = read(p->from, p->chunk, CHUNK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n < 0) {
		log_error("%s: %s", name_of(p), strerror(errno));
		p->status = EXIT_INCOMPLETE;
	}
	if (n <= 0) {
		go_on(p);
		return;
	}
	p->len = (size_t)n;
	for (unsigned i = 0; i < p->hands; i++) {
		p->done[i] = 0;
		give(p, i);
	}
}

size_t pour_waits(struct pour *p, struct pollfd *fds)
{
	bool lack = false;
	while (p->now < p->count && (!is_wanted(p) || (p->from < 0 && !open_next(p))))
		go_on(p);
	if (p->now == p->count)
		return 0;
	for (unsigned i = 0; i < p->hands; i++) {
		fds[1 + i] = (struct pollfd){ p->poured[p->now].pipe[i][WRITE], lacks(p, i) ? POLLOUT : 0, 0 };
		lack = lack || lacks(p, i);
	}
	fds[0] = (struct pollfd){ lack ? -1 : p->from, POLLIN, 0 };
	return 1 + p->hands;
}

void pour_on(struct pour *p, const struct pollfd *fds)
{
	for (unsigned i = 0; i < p->hands; i++) {
		if ((fds[1 + i].revents & POLLERR) != 0)
			descriptor_close(&p->poured[p->now].pipe[i][WRITE]);
		else if (fds[1 + i].revents != 0)
			give(p, i);
	}
	if (fds[0].fd >= 0 && fds[0].revents != 0)
		take(p);
}

void pour_stop(struct pour *p)
{
	while (p->now < p->count)
		go_on(p);
}

size_t pour_reserved(const struct pour *p)
{
	return p->count != 0 ? (size_t)CHUNK + p->count * p->hands * PIPE : 0;
}
