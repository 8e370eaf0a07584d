#include "main/orders.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct order_message {
	uint32_t order;
};

/* Room for one descriptor, aligned as it must be. */
union rider {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int))];
};

bool orders_pair(int *keeper, int *worker, struct err *e)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_set_sys(e, "worker", "no pair of sockets");
	*keeper = pair[0];
	*worker = pair[1];
	return true;
}

bool orders_give(int to, enum order order, int fd)
{
	struct order_message m = { .order = order };
	union rider rider = { .bytes = { 0 } };
	struct iovec piece = { .iov_base = &m, .iov_len = sizeof m };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };
	if (fd >= 0) {
		message.msg_control = rider.bytes;
		message.msg_controllen = sizeof rider.bytes;
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(head), &fd, sizeof fd);
	}
	return sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)sizeof m;
}

enum order orders_take(int from, int *fd)
{
	struct order_message m = { .order = ORDER_NONE };
	union rider rider;
	struct iovec piece = { .iov_base = &m, .iov_len = sizeof m };
	struct msghdr message = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = rider.bytes,
		.msg_controllen = sizeof rider.bytes,
	};
	*fd = -1;
	const ssize_t n = recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? ORDER_NONE : ORDER_GONE;
	if (n != (ssize_t)sizeof m)
		return ORDER_GONE;
	const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(head), sizeof *fd);
	return (enum order)m.order;
}

bool orders_answer(int to, const struct answer_message *m)
{
	return send(to, m, sizeof *m, MSG_NOSIGNAL) == (ssize_t)sizeof *m;
}

enum answer orders_hear(int from, struct answer_message *m)
{
	const ssize_t n = recv(from, m, sizeof *m, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? ANSWER_NONE : ANSWER_GONE;
	if (n != (ssize_t)sizeof *m || m->answer < ANSWER_READY || m->answer > ANSWER_FAILED)
		return ANSWER_GONE;
	m->where[sizeof m->where - 1] = m->what[sizeof m->what - 1] = '\0';
	return (enum answer)m->answer;
}
