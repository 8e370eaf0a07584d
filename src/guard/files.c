/* Landlock, by its three system calls: libc has no names for them, and the header of an older system lacks the later rights.
 * The kernel is asked for its version first, and gets what that version knows. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guard/inside.h"

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };

/* LANDLOCK_ACCESS_FS_*, from Documentation/userspace-api/landlock.rst of the kernel. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_REMOVE_FILE = 1 << 5,
	FS_MAKE_DIR = 1 << 7,
	FS_MAKE_REG = 1 << 8,
	FS_FIRST = (1 << 13) - 1, /* all of version 1 */
	FS_REFER = 1 << 13,       /* 2 */
	FS_TRUNCATE = 1 << 14,    /* 3 */
	FS_IOCTL_DEV = 1 << 15,   /* 5 */
	NET_TCP = 3,              /* 4: to bind and to connect */
	SCOPES = 3                /* 6: abstract sockets and signals */
};

struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct path_attr {
	uint64_t access;
	int32_t parent;
} __attribute__((packed));

static uint64_t fs_of(unsigned abi)
{
	return FS_FIRST | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
}

static int create(unsigned abi)
{
	const struct ruleset_attr all = {
		.fs = fs_of(abi),
		.net = abi >= 4 ? NET_TCP : 0,
		.scoped = abi >= 6 ? SCOPES : 0,
	};
	const size_t known = (abi >= 6 ? 3 : abi >= 4 ? 2 : 1) * sizeof(uint64_t);
	return (int)syscall(SYS_landlock_create_ruleset, &all, known, 0);
}

void guard_begin(struct guard *g)
{
	*g = (struct guard){ .files = -1 };
	if (GUARD_SANITIZED)
		return;
	const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
	if (abi <= 0)
		return;
	g->abi = (unsigned)abi;
	g->files = create(g->abi);
}

static uint64_t rights_of(const struct guard *g, bool folder, enum guard_access access)
{
	uint64_t rights = FS_READ_FILE | (folder ? FS_READ_DIR : 0);
	if (access == GUARD_WRITE)
		rights |= FS_WRITE_FILE | FS_TRUNCATE | (folder ? FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG : 0);
	return rights & fs_of(g->abi);
}

void guard_allow(struct guard *g, const char *path, enum guard_access access)
{
	struct stat about;
	g->opens = true;
	g->writes |= access == GUARD_WRITE;
	if (g->files < 0)
		return;
	const int at = open(path, O_PATH | O_CLOEXEC);
	if (at < 0)
		return;
	if (fstat(at, &about) == 0) {
		/* Pipes, and what else has no place in a file system, are refused here and allowed anyway. */
		const struct path_attr rule = { rights_of(g, S_ISDIR(about.st_mode), access), at };
		(void)syscall(SYS_landlock_add_rule, g->files, RULE_PATH_BENEATH, &rule, 0);
	}
	close(at);
}

uint32_t files_close(struct guard *g)
{
	const bool closed = g->files >= 0 && syscall(SYS_landlock_restrict_self, g->files, 0) == 0;
	if (g->files >= 0)
		close(g->files);
	g->files = -1;
	return closed ? 0 : 1u << GUARD_FILES;
}
