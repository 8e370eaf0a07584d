/* The system calls that are left, through libseccomp; besides this, nothing knows it.
 *
 * libseccomp makes the filter in a process of its own, and this one only hands it to the kernel: where one of its 860 pieces of
 * memory was refused, the library was seen to crash, to hang and to free twice.
 *
 * The lists are what the program, libpcap, nDPI, PCRE2 and glibc need once all is open: memory, clocks, reading and writing
 * what is open, waiting for it.  A call that is not listed fails with EPERM; one of another architecture ends the process. */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guard/inside.h"

enum { CODE_MOST = 1024, MAKE_S = 5 };

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
	SCMP_SYS(recvmmsg),
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

static const int waiting[] = {
	SCMP_SYS(wait4),
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
static bool allow_some(scmp_filter_ctx calls, pid_t ours)
{
	return allow_if(calls, SCMP_SYS(tgkill), 0, UINT64_MAX, (uint64_t)ours) &&
	       allow_if(calls, SCMP_SYS(ioctl), 1, UINT64_MAX, TCGETS) &&
	       allow_if(calls, SCMP_SYS(ioctl), 1, UINT64_MAX, SIOCGIFFLAGS) &&
	       allow_if(calls, SCMP_SYS(fcntl), 1, UINT64_MAX, F_GETFL) &&
	       allow_if(calls, SCMP_SYS(newfstatat), 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
}

static bool allow_files(scmp_filter_ctx calls, const struct guard *g)
{
	if (g->parent && !allow(calls, waiting, sizeof waiting / sizeof *waiting))
		return false;
	if (!g->opens)
		return true;
	const bool fine = allow(calls, opening, sizeof opening / sizeof *opening);
	if (g->writes)
		return fine && allow(calls, writing, sizeof writing / sizeof *writing) &&
		       seccomp_rule_add(calls, SCMP_ACT_ALLOW, SCMP_SYS(openat), 0) == 0;
	return fine && allow_if(calls, SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
}

static bool make(const struct guard *g, pid_t ours, int to)
{
	const scmp_filter_ctx calls = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (calls == NULL)
		return false;
	/* A tree instead of a chain: it does not have to succeed. */
	(void)seccomp_attr_set(calls, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	const bool made = allow(calls, always, sizeof always / sizeof *always) && allow_some(calls, ours) &&
			  allow_files(calls, g) && seccomp_export_bpf(calls, to) == 0;
	seccomp_release(calls);
	return made;
}

/* Bytes of `code` that came before the end. */
static size_t take(int from, struct sock_filter code[2 * CODE_MOST])
{
	size_t have = 0;
	const size_t most = 2 * CODE_MOST * sizeof *code;
	while (have < most) {
		const ssize_t got = read(from, (unsigned char *)code + have, most - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	return have;
}

static bool ended_well(pid_t maker)
{
	int status = 0;
	while (waitpid(maker, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Bytes of filter; 0: there is none to be had.  Where libseccomp finds no memory it may hand out a filter that lacks half of what
 * was asked, and call that success: so it makes two, one after the other, and they must be the same. */
static size_t have_made(const struct guard *g, struct sock_filter code[2 * CODE_MOST])
{
	int ends[2];
	const pid_t ours = getpid();
	if (pipe2(ends, O_CLOEXEC) != 0)
		return 0;
	const pid_t maker = fork();
	if (maker == 0) {
		/* It holds all that is open here: it must not outlive who waits for it. */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGALRM, SIG_DFL);
		(void)alarm(MAKE_S);
		bool made = true;
		for (unsigned copy = 0; made && copy < 2; copy++)
			made = make(g, ours, ends[1]);
		_exit(made ? 0 : 1);
	}
	(void)close(ends[1]);
	const size_t len = maker > 0 ? take(ends[0], code) : 0;
	(void)close(ends[0]);
	if (maker <= 0 || !ended_well(maker) || len % (2 * sizeof *code) != 0)
		return 0;
	return memcmp(code, code + len / (2 * sizeof *code), len / 2) == 0 ? len / 2 : 0;
}

uint32_t calls_close(const struct guard *g)
{
	const uint32_t missing = 1u << GUARD_CALLS;
	struct sock_filter code[2 * CODE_MOST];
	const size_t len = GUARD_SANITIZED ? 0 : have_made(g, code);
	const struct sock_fprog filter = { .len = (unsigned short)(len / sizeof *code), .filter = code };
	if (len == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return missing;
	/* No detour for a processor's secrets, for there are none here. */
	const bool closed = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter) == 0;
	return closed ? 0 : missing;
}
