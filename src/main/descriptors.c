#include "main/descriptors.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

void descriptors_note(struct descriptors *d)
{
	*d = (struct descriptors){ .bit = { 0 } };
	for (int fd = 0; fd < MAX_FD; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			d->bit[fd / 64] |= UINT64_C(1) << fd % 64;
}

/* Numbers that somebody may still believe in lead nowhere. */
static void close_standard(void)
{
	const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nowhere < 0)
		return;
	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (fd != nowhere)
			dup2(nowhere, fd);
	if (nowhere > STDOUT_FILENO)
		close(nowhere);
}

void descriptors_leave(const struct descriptors *d, const int *keep, size_t kept)
{
	for (int fd = 0; fd < MAX_FD; fd++) {
		bool close_it = (d->bit[fd / 64] >> fd % 64 & 1) != 0;
		for (size_t i = 0; i < kept; i++)
			close_it = close_it && fd != keep[i];
		if (close_it)
			close(fd);
	}
#ifdef SYS_close_range
	syscall(SYS_close_range, MAX_FD, ~0u, 0);
#endif
	close_standard();
}

void descriptor_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
