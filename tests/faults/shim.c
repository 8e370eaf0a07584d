/* Loaded before everything else: the FAULT_AT-th call of FAULT_KIND fails, in whatever library it is made.
 *
 *   alloc   malloc, calloc, realloc, reallocarray, posix_memalign, aligned_alloc, strdup and the like through them; mmap of memory
 *   open    open, openat, fopen, creat: EMFILE
 *   write   write, writev, pwrite: ENOSPC, nothing written
 *   short   write: half is written, as on a disk that is all but full, and the next write fails
 *   sync    fsync, fdatasync: EIO
 *
 * Each process counts for itself, from what its parent had counted on.  FAULT_PAGE is a file in which all of them keep the most
 * calls of one of them, and whether any failed: who is shut in has no descriptor to tell on.
 *
 * FAULT_AT=0 only counts.  What happened is told on the descriptor FAULT_FD when the process ends or the call fails: "failed" when it
 * failed, and the number of calls.  FAULT_ALL=1: from that call on all of them fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { NONE, ALLOC, OPEN, WRITE, SHORT, SYNC };

static enum kind kind;
static long fail_at, calls;
static bool all, failing;
static int report = -1;
static volatile struct page {
	long calls, failed;
} * page;

/* dlsym needs memory before it can tell where memory is had. */
static char early[65536];
static size_t early_used;

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static void (*next_free)(void *);
static int (*next_memalign)(void **, size_t, size_t);
static void *(*next_aligned)(size_t, size_t);
static void *(*next_mmap)(void *, size_t, int, int, int, off_t);
static FILE *(*next_fopen)(const char *, const char *);
static bool finding;

static void tell(const char *what)
{
	if (page != NULL)
		return;
	char line[64];
	const int n = snprintf(line, sizeof line, "%s %ld\n", what, calls);
	if (report >= 0 && n > 0)
		syscall(SYS_write, report, line, (size_t)n);
}

static void find(void)
{
	if (next_malloc != NULL || finding)
		return;
	finding = true;
	*(void **)&next_calloc = dlsym(RTLD_NEXT, "calloc");
	*(void **)&next_realloc = dlsym(RTLD_NEXT, "realloc");
	*(void **)&next_free = dlsym(RTLD_NEXT, "free");
	*(void **)&next_memalign = dlsym(RTLD_NEXT, "posix_memalign");
	*(void **)&next_aligned = dlsym(RTLD_NEXT, "aligned_alloc");
	*(void **)&next_mmap = dlsym(RTLD_NEXT, "mmap");
	*(void **)&next_fopen = dlsym(RTLD_NEXT, "fopen");
	*(void **)&next_malloc = dlsym(RTLD_NEXT, "malloc");
	finding = false;
}

static void share(const char *path)
{
	const int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
	if (fd < 0)
		return;
	void *const at =
	    (void *)syscall(SYS_mmap, NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)0);
	page = at == MAP_FAILED ? NULL : at;
	syscall(SYS_close, fd);
}

__attribute__((constructor)) static void begin(void)
{
	static const char *const names[] = { "none", "alloc", "open", "write", "short", "sync" };
	const char *const what = getenv("FAULT_KIND"), *const at = getenv("FAULT_AT"), *const fd = getenv("FAULT_FD");
	find();
	report = fd != NULL ? atoi(fd) : -1;
	share(getenv("FAULT_PAGE"));
	fail_at = at != NULL ? atol(at) : 0;
	all = getenv("FAULT_ALL") != NULL;
	for (int i = ALLOC; what != NULL && i <= SYNC; i++)
		if (strcmp(what, names[i]) == 0)
			kind = (enum kind)i;
}

__attribute__((destructor)) static void end(void)
{
	tell("ended");
}

/* Is it this call's turn? */
static bool fails(enum kind which)
{
	if (which != kind)
		return false;
	calls++;
	if (page != NULL && page->calls < calls)
		page->calls = calls;
	if (fail_at == 0 || (calls != fail_at && !(all && failing)))
		return false;
	if (page != NULL)
		page->failed = 1;
	if (!failing)
		tell("failed");
	failing = true;
	return true;
}

static void *none(int why)
{
	errno = why;
	return NULL;
}

static void *early_take(size_t size)
{
	const size_t aligned = (size + 31) / 16 * 16;
	if (early_used + aligned > sizeof early)
		return NULL;
	char *const at = early + early_used;
	early_used += aligned;
	memcpy(at, &size, sizeof size);
	return at + 16;
}

static bool is_early(const void *p)
{
	return (const char *)p >= early && (const char *)p < early + sizeof early;
}

void *malloc(size_t size)
{
	find();
	if (next_malloc == NULL)
		return early_take(size);
	return fails(ALLOC) ? none(ENOMEM) : next_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	find();
	if (next_malloc == NULL)
		return early_take(n * size);
	return fails(ALLOC) ? none(ENOMEM) : next_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	find();
	if (next_malloc != NULL && fails(ALLOC))
		return none(ENOMEM);
	if (!is_early(p) && next_malloc != NULL)
		return next_realloc(p, size);
	void *const at = malloc(size);
	size_t had = 0;
	if (p != NULL)
		memcpy(&had, (char *)p - 16, sizeof had);
	if (at != NULL && p != NULL)
		memcpy(at, p, had < size ? had : size);
	return at;
}

void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(n, size, &bytes))
		return none(ENOMEM);
	return realloc(p, bytes);
}

void free(void *p)
{
	if (!is_early(p) && next_free != NULL)
		next_free(p);
}

int posix_memalign(void **p, size_t align, size_t size)
{
	find();
	return fails(ALLOC) ? ENOMEM : next_memalign(p, align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
	find();
	return fails(ALLOC) ? none(ENOMEM) : next_aligned(align, size);
}

char *strdup(const char *s)
{
	const size_t len = strlen(s) + 1;
	char *const at = malloc(len);
	return at == NULL ? NULL : memcpy(at, s, len);
}

void *mmap(void *at, size_t len, int prot, int flags, int fd, off_t offset)
{
	find();
	if (fails(ALLOC))
		return none(ENOMEM), MAP_FAILED;
	if (next_mmap != NULL)
		return next_mmap(at, len, prot, flags, fd, offset);
	return (void *)syscall(SYS_mmap, at, len, prot, flags, fd, offset);
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	if (fails(OPEN)) {
		errno = EMFILE;
		return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

#define MODE_OF(flags, mode)                                \
	do {                                                \
		va_list args;                               \
		va_start(args, flags);                      \
		if (((flags) & (O_CREAT | O_TMPFILE)) != 0) \
			(mode) = va_arg(args, mode_t);      \
		va_end(args);                               \
	} while (0)

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	MODE_OF(flags, mode);
	return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	mode_t mode = 0;
	MODE_OF(flags, mode);
	return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode = 0;
	MODE_OF(flags, mode);
	return open_at(dir, path, flags, mode);
}

FILE *fopen(const char *path, const char *how)
{
	find();
	return fails(OPEN) ? none(EMFILE) : next_fopen(path, how);
}

FILE *fopen64(const char *path, const char *how)
{
	return fopen(path, how);
}

ssize_t write(int fd, const void *bytes, size_t n)
{
	if (fd > 2 || isatty(fd) == 0) {
		if (fd != 2 && fails(WRITE)) {
			errno = ENOSPC;
			return -1;
		}
		const bool before = failing;
		if (fd != 2 && fails(SHORT) && !before && n > 1) {
			all = true;
			return syscall(SYS_write, fd, bytes, n / 2);
		}
		if (fd != 2 && kind == SHORT && before) {
			errno = ENOSPC;
			return -1;
		}
	}
	return syscall(SYS_write, fd, bytes, n);
}

ssize_t writev(int fd, const struct iovec *v, int count)
{
	if (fd != 2 && (fails(WRITE) || fails(SHORT))) {
		errno = ENOSPC;
		return -1;
	}
	return syscall(SYS_writev, fd, v, count);
}

int fsync(int fd)
{
	if (fails(SYNC)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	if (fails(SYNC)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}
