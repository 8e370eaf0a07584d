/* Each is asked for by its number, with arguments that the kernel would answer otherwise if it let them through: a file that is
 * not there, a port where nobody listens.  Only "not permitted" is a refusal. */
#include "guard/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

void probe_begin(struct probe *p)
{
	p->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->netfilter = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
}

static long try_open(const struct probe *p)
{
	(void)p;
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static long try_create(const struct probe *p)
{
	(void)p;
	return syscall(SYS_openat, AT_FDCWD, "/tmp/no-such-folder/culvert", O_WRONLY | O_CREAT, 0600);
}

static long try_socket(const struct probe *p)
{
	(void)p;
	return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long try_packet_socket(const struct probe *p)
{
	(void)p;
	return syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0);
}

static long try_connect(const struct probe *p)
{
	const struct sockaddr_in discard = {
		.sin_family = AF_INET,
		.sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return syscall(SYS_connect, p->socket, &discard, sizeof discard);
}

static long try_exec(const struct probe *p)
{
	static const char *const words[] = { "true", NULL };
	(void)p;
	return syscall(SYS_execve, "/no-such-program", words, words + 1);
}

static long try_fork(const struct probe *p)
{
	(void)p;
	const long child = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		_exit(0);
	return child;
}

static long try_ptrace(const struct probe *p)
{
	(void)p;
	return syscall(SYS_ptrace, PTRACE_ATTACH, INT_MAX, 0, 0);
}

static long try_kill(const struct probe *p)
{
	(void)p;
	return syscall(SYS_kill, getppid(), 0);
}

static long try_mount(const struct probe *p)
{
	(void)p;
	return syscall(SYS_mount, "none", "/no-such-folder", "tmpfs", 0, NULL);
}

static long try_unshare(const struct probe *p)
{
	(void)p;
	return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long try_root(const struct probe *p)
{
	(void)p;
	return syscall(SYS_setuid, 0);
}

/* To a queue that is nobody's; the socket may well be used, but what comes back says that the right is lacking. */
static long try_answer(const struct probe *p)
{
	struct order {
		struct nlmsghdr head;
		struct nfgenmsg queue;
	};
	const struct order order = {
		.head = { .nlmsg_len = sizeof order,
		    .nlmsg_type = NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT,
		    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.queue = { .version = NFNETLINK_V0 },
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char more[64];
	} said;
	const long sent = syscall(SYS_sendto, p->netfilter, &order, sizeof order, MSG_DONTWAIT, NULL, 0);
	if (sent < 0)
		return sent;
	if (syscall(SYS_recvfrom, p->netfilter, &said, sizeof said, MSG_DONTWAIT, NULL, NULL) <
	    (long)(sizeof said.head + sizeof said.error.error))
		return 0;
	errno = -said.error.error;
	return -1;
}

static const struct {
	const char *name;
	long (*try)(const struct probe *p);
} probes[] = {
	{ "open a file", try_open },
	{ "make a file", try_create },
	{ "socket", try_socket },
	{ "socket for packets", try_packet_socket },
	{ "connect", try_connect },
	{ "exec", try_exec },
	{ "fork", try_fork },
	{ "ptrace", try_ptrace },
	{ "kill another process", try_kill },
	{ "mount", try_mount },
	{ "unshare", try_unshare },
	{ "become root", try_root },
	{ "answer for a packet", try_answer },
};

const char *probe_try(const struct probe *p, size_t n, bool *refused)
{
	if (n >= sizeof probes / sizeof *probes)
		return NULL;
	*refused = probes[n].try(p) == -1 && (errno == EPERM || errno == EACCES);
	return probes[n].name;
}
