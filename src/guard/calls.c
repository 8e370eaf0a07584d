/* The system calls that are left, through libseccomp; besides this, nothing knows it.
 *
 * The lists are what the program, libpcap, nDPI, PCRE2 and glibc need once all is open: memory, clocks, reading and writing
 * what is open, waiting for it.  A call that is not listed fails with EPERM; one of another architecture ends the process. */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "guard/inside.h"

/* PCRE2 makes code at run time, so memory may become executable. */
static const int always[] = {
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(dup),
	SCMP_SYS(fstat),
	SCMP_SYS(ftruncate),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(getrandom),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(futex),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static const int opening[] = {
	SCMP_SYS(newfstatat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(statx),
	SCMP_SYS(getdents64),
	SCMP_SYS(fadvise64),
};

static const int writing[] = {
	SCMP_SYS(mkdirat),
	SCMP_SYS(unlinkat),
};

static bool allow(scmp_filter_ctx calls, const int *list, size_t count)
{
	bool fine = true;
	for (size_t i = 0; i < count; i++)
		fine = seccomp_rule_add(calls, SCMP_ACT_ALLOW, list[i], 0) == 0 && fine;
	return fine;
}

/* Only where these bits of an argument are so. */
static bool allow_if(scmp_filter_ctx calls, int call, unsigned argument, uint64_t bits, uint64_t are)
{
	const struct scmp_arg_cmp what = { .arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = are };
	return seccomp_rule_add(calls, SCMP_ACT_ALLOW, call, 1, what) == 0;
}

/* abort() by its own hand; is it a terminal? is an interface up, which libpcap asks when it has lost one? what kind of
 * descriptor?  glibc's fstat has an empty name, which cannot be looked at. */
static bool allow_some(scmp_filter_ctx calls)
{
	return allow_if(calls, SCMP_SYS(tgkill), 0, UINT64_MAX, (uint64_t)getpid()) &&
	       allow_if(calls, SCMP_SYS(ioctl), 1, UINT64_MAX, TCGETS) &&
	       allow_if(calls, SCMP_SYS(ioctl), 1, UINT64_MAX, SIOCGIFFLAGS) &&
	       allow_if(calls, SCMP_SYS(fcntl), 1, UINT64_MAX, F_GETFL) &&
	       allow_if(calls, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
}

static bool allow_files(scmp_filter_ctx calls, const struct guard *g)
{
	if (g->parent && !allow(calls, (const int[]){ SCMP_SYS(wait4) }, 1))
		return false;
	if (!g->opens)
		return true;
	const bool fine = allow(calls, opening, sizeof opening / sizeof *opening);
	if (g->writes)
		return fine && allow(calls, writing, sizeof writing / sizeof *writing) &&
		       seccomp_rule_add(calls, SCMP_ACT_ALLOW, SCMP_SYS(openat), 0) == 0;
	return fine && allow_if(calls, SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
}

uint32_t calls_close(const struct guard *g)
{
	const uint32_t missing = 1u << GUARD_CALLS;
	const scmp_filter_ctx calls = GUARD_SANITIZED ? NULL : seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (calls == NULL)
		return missing;
	/* A tree instead of a chain; no detour for a processor's secrets, for there are none here.  Neither has to succeed. */
	(void)seccomp_attr_set(calls, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(calls, SCMP_FLTATR_CTL_SSB, 1);
	const bool closed = allow(calls, always, sizeof always / sizeof *always) && allow_some(calls) &&
			    allow_files(calls, g) && seccomp_load(calls) == 0;
	seccomp_release(calls);
	return closed ? 0 : missing;
}
