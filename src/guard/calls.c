/* The system calls that are left, as a program for the kernel (seccomp(2)), which is written here: libseccomp, which would write it,
 * takes 860 pieces of memory for that and falls when it is refused one.
 *
 * The lists are what the program, libpcap, nDPI, PCRE2 and glibc need once all is open: memory, clocks, reading and writing
 * what is open, waiting for it.  A call that is not listed fails with EPERM; one of another architecture ends the process. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "guard/inside.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#define OUR_ARCH 0 /* not known: it is not to be had, and so it is said */
#endif

enum { NONE = -1, CODE_MOST = 512, FOREIGN_FROM = 0x40000000 /* x32 */ };

/* Calls that some architectures never had. */
#ifndef __NR_poll
#define __NR_poll NONE
#endif
#ifndef __NR_stat
#define __NR_stat NONE
#endif
#ifndef __NR_lstat
#define __NR_lstat NONE
#endif

/* The kernel remembers which of these are always allowed, so their order costs nothing.  PCRE2 makes code at run time, so memory may
 * become executable. */
static const int always[] = {
	__NR_read,
	__NR_write,
	__NR_poll,
	__NR_clock_gettime,
	__NR_brk,
	__NR_mmap,
	__NR_munmap,
	__NR_mremap,
	__NR_mprotect,
	__NR_madvise,
	__NR_readv,
	__NR_pread64,
	__NR_writev,
	__NR_lseek,
	__NR_close,
	__NR_dup,
	__NR_fstat,
	__NR_ftruncate,
	__NR_ppoll,
	__NR_recvfrom,
	__NR_recvmsg,
	__NR_sendto,
	__NR_sendmsg,
	__NR_getsockopt,
	__NR_getsockname,
	__NR_clock_nanosleep,
	__NR_nanosleep,
	__NR_gettimeofday,
	__NR_getrandom,
	__NR_getpid,
	__NR_gettid,
	__NR_futex,
	__NR_sched_yield,
	__NR_rt_sigaction,
	__NR_rt_sigprocmask,
	__NR_rt_sigreturn,
	__NR_restart_syscall,
	__NR_exit,
	__NR_exit_group,
};

static const int opening[] = {
	__NR_newfstatat,
	__NR_stat,
	__NR_lstat,
	__NR_statx,
	__NR_getdents64,
	__NR_fadvise64,
};

static const int writing[] = {
	__NR_mkdirat,
	__NR_unlinkat,
};

struct code {
	struct sock_filter step[CODE_MOST];
	unsigned short count;
	bool full;
};

static void add(struct code *c, unsigned what, uint32_t operand, uint8_t if_so, uint8_t if_not)
{
	if (c->count == CODE_MOST) {
		c->full = true;
		return;
	}
	c->step[c->count++] = (struct sock_filter){ .code = (uint16_t)what, .jt = if_so, .jf = if_not, .k = operand };
}

static void load(struct code *c, size_t offset)
{
	add(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct code *c, uint32_t what)
{
	add(c, BPF_RET | BPF_K, what, 0, 0);
}

/* The number of the call is at hand before and afterwards. */
static void allow(struct code *c, const int *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i] == NONE)
			continue;
		add(c, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)list[i], 0, 1);
		answer(c, SECCOMP_RET_ALLOW);
	}
}

/* The half of an argument that holds its lower or upper bits, on machines of either order of bytes. */
static size_t half_of(unsigned argument, unsigned upper)
{
	const unsigned second = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? upper : 1 - upper;
	return offsetof(struct seccomp_data, args) + 8 * argument + 4 * second;
}

/* Only where these bits of an argument are so; else the next rule is asked. */
static void allow_if(struct code *c, int call, unsigned argument, uint64_t bits, uint64_t are)
{
	enum { BODY = 8 };
	add(c, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, BODY);
	load(c, half_of(argument, 1));
	add(c, BPF_ALU | BPF_AND | BPF_K, (uint32_t)(bits >> 32), 0, 0);
	add(c, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(are >> 32), 0, BODY - 4);
	load(c, half_of(argument, 0));
	add(c, BPF_ALU | BPF_AND | BPF_K, (uint32_t)bits, 0, 0);
	add(c, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)are, 0, 1);
	answer(c, SECCOMP_RET_ALLOW);
	load(c, offsetof(struct seccomp_data, nr));
}

/* abort() by its own hand; is it a terminal? is an interface up, which libpcap asks when it has lost one? what kind of
 * descriptor?  glibc's fstat has an empty name, which cannot be looked at. */
static void allow_some(struct code *c)
{
	allow_if(c, __NR_tgkill, 0, UINT64_MAX, (uint64_t)getpid());
	allow_if(c, __NR_ioctl, 1, UINT64_MAX, TCGETS);
	allow_if(c, __NR_ioctl, 1, UINT64_MAX, SIOCGIFFLAGS);
	allow_if(c, __NR_fcntl, 1, UINT64_MAX, F_GETFL);
	allow_if(c, __NR_newfstatat, 3, AT_EMPTY_PATH, AT_EMPTY_PATH);
}

static void allow_files(struct code *c, const struct guard *g)
{
	static const int any_open[] = { __NR_openat };
	if (!g->opens)
		return;
	allow(c, opening, sizeof opening / sizeof *opening);
	if (g->writes) {
		allow(c, writing, sizeof writing / sizeof *writing);
		allow(c, any_open, 1);
		return;
	}
	allow_if(c, __NR_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
}

static void write_code(struct code *c, const struct guard *g)
{
	load(c, offsetof(struct seccomp_data, arch));
	add(c, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	answer(c, SECCOMP_RET_KILL_PROCESS);
	load(c, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__
	add(c, BPF_JMP | BPF_JGE | BPF_K, FOREIGN_FROM, 0, 1);
	answer(c, SECCOMP_RET_KILL_PROCESS);
#endif
	allow(c, always, sizeof always / sizeof *always);
	allow_some(c);
	allow_files(c, g);
	answer(c, SECCOMP_RET_ERRNO | EPERM);
}

uint32_t calls_close(const struct guard *g)
{
	struct code c = { .count = 0 };
	const uint32_t missing = 1u << GUARD_CALLS;
	if (GUARD_SANITIZED || OUR_ARCH == 0)
		return missing;
	write_code(&c, g);
	struct sock_fprog program = { .len = c.count, .filter = c.step };
	if (c.full || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return missing;
	/* No detour for a processor's secrets, for there are none here; a kernel that does not know this is asked without. */
	const bool closed =
	    syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program) == 0 ||
	    syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
	return closed ? 0 : missing;
}
