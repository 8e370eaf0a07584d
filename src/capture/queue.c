/* The kernel's queue of packets (NFQUEUE), through libnetfilter_queue and libmnl, which only this file knows.
 *
 * The kernel hands over whole packets from their IP header on, large ones as it would hand them to a network card (GSO): a
 * sixth of the wake-ups, and checksums that are still to be filled in, which it says of each.
 *
 * Two processes share the socket.  One reads, and holds no rights; what it decides goes into a ring, many at once, at the
 * latest when there is nothing more to read.  The other sends that to the kernel, which asks the sender of every answer for
 * CAP_NET_ADMIN.
 *
 * What the kernel dropped is read where it says so, in /proc: a full queue drops without a word to its reader. */
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <pcap/dlt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "capture/inside.h"

enum { QUEUE_COLUMNS = 8 }; /* of a line of the kernel's table that are read */

enum {
	BATCH = 16,            /* packets read at once */
	PACKET_ROOM = 0x10800, /* the longest packet and what the kernel says of it */
	VERDICTS = 64,         /* sent at once, at most */
	VERDICT_ROOM = 512,    /* one of them, with a packet in it */
	PATIENCE_MS = 1000,    /* for who answers to make room: else packets wait for ever */
	RECEIVE_BUFFER = 32 << 20,
	CONFIG_ROOM = 4096
};

struct queue {
	struct source source;
	struct queue_options options;
	int fd, proc;
	struct mmsghdr read[BATCH];
	struct iovec vec[BATCH];
	int got, next; /* of `read` */
	int64_t t;
	uint64_t frames;
	struct { /* the frame given last */
		uint32_t token, mark;
		bool large;
	} now;
	unsigned answers, verdicts;
	size_t sending; /* bytes of verdicts */
	struct source_counters counters;
	uint8_t *room; /* BATCH * PACKET_ROOM */
	struct queue_answer answer[QUEUE_ANSWERS];
	_Alignas(struct nlmsghdr) uint8_t out[VERDICTS * VERDICT_ROOM];
};

static struct queue *queue_of(struct source *s)
{
	return (struct queue *)s;
}

/* What the kernel says to one order: 0, or an error. */
static int command(const struct queue *q, struct nlmsghdr *h)
{
	uint8_t answer[CONFIG_ROOM];
	h->nlmsg_flags |= NLM_F_ACK;
	if (send(q->fd, h, h->nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		const ssize_t n = recv(q->fd, answer, sizeof answer, 0);
		if (n < 0)
			return errno;
		const struct nlmsghdr *r = (const struct nlmsghdr *)(const void *)answer;
		if (mnl_nlmsg_ok(r, (int)n) && r->nlmsg_type == NLMSG_ERROR)
			return -((const struct nlmsgerr *)mnl_nlmsg_get_payload(r))->error;
	}
}

static int bind_queue(const struct queue *q)
{
	char room[CONFIG_ROOM];
	struct nlmsghdr *h = nfq_nlmsg_put(room, NFQNL_MSG_CONFIG, q->options.number);
	nfq_nlmsg_cfg_put_cmd(h, AF_UNSPEC, NFQNL_CFG_CMD_BIND);
	return command(q, h);
}

static int set_flags(const struct queue *q, uint32_t flags)
{
	char room[CONFIG_ROOM];
	struct nlmsghdr *h = nfq_nlmsg_put(room, NFQNL_MSG_CONFIG, q->options.number);
	mnl_attr_put_u32(h, NFQA_CFG_FLAGS, htonl(flags));
	mnl_attr_put_u32(h, NFQA_CFG_MASK, htonl(flags));
	return command(q, h);
}

static int set_sizes(const struct queue *q)
{
	char room[CONFIG_ROOM];
	struct nlmsghdr *h = nfq_nlmsg_put(room, NFQNL_MSG_CONFIG, q->options.number);
	nfq_nlmsg_cfg_put_params(h, NFQNL_COPY_PACKET, 0xffff);
	nfq_nlmsg_cfg_put_qmaxlen(h, q->options.length);
	return command(q, h);
}

static bool refuse(const struct queue *q, int why, const char *what, struct err *e)
{
	if (why == EPERM && strcmp(what, "bind") != 0)
		return err_set_code(
		    e, EPERM, q->source.name, "no permission: it takes the capabilities CAP_NET_ADMIN and CAP_NET_RAW");
	if (why == EBUSY || why == EPERM)
		return err_set_code(e, why, q->source.name,
		    "the kernel does not give it away: another program has it, or CAP_NET_ADMIN is lacking");
	return err_set_code(e, why, q->source.name, "cannot be used (%s): %s", what, strerror(why));
}

/* Flags each by themselves: the kernel refuses a whole message for one that it does not know. */
static bool configure(struct queue *q, struct err *e)
{
	int why = bind_queue(q);
	if (why != 0)
		return refuse(q, why, "bind", e);
	if ((why = set_flags(q, NFQA_CFG_F_GSO)) != 0)
		return refuse(q, why, "large packets", e);
	if (q->options.fail_open && (why = set_flags(q, NFQA_CFG_F_FAIL_OPEN)) != 0)
		return refuse(q, why, "fail open", e);
	if ((why = set_sizes(q)) != 0)
		return refuse(q, why, "sizes", e);
	return true;
}

static bool open_sockets(struct queue *q, struct err *e)
{
	const int room = RECEIVE_BUFFER;
	const struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	q->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (q->fd < 0 || bind(q->fd, (const struct sockaddr *)&name, sizeof name) != 0)
		return refuse(q, errno, "netlink", e);
	if (setsockopt(q->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
		setsockopt(q->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	q->proc = open("/proc/self/net/netfilter/nfnetlink_queue", O_RDONLY | O_CLOEXEC);
	return true;
}

void queue_send_verdicts(struct source *s)
{
	struct queue *q = queue_of(s);
	if (q->verdicts != 0 && send(q->fd, q->out, q->sending, 0) < 0)
		q->counters.refused += q->verdicts;
	q->verdicts = 0;
	q->sending = 0;
}

void queue_verdict(struct source *s, const struct queue_verdict *v)
{
	struct queue *q = queue_of(s);
	struct nlmsghdr *h = nfq_nlmsg_put((char *)q->out + q->sending, NFQNL_MSG_VERDICT, q->options.number);
	nfq_nlmsg_verdict_put(h, (int)v->token, v->pass ? NF_ACCEPT : NF_DROP);
	if (v->marks)
		nfq_nlmsg_verdict_put_mark(h, v->mark);
	if (v->len != 0)
		nfq_nlmsg_verdict_put_pkt(h, v->packet, (uint32_t)v->len);
	q->sending += (h->nlmsg_len + 3u) & ~(size_t)3; /* as netlink aligns */
	if (++q->verdicts == VERDICTS)
		queue_send_verdicts(s);
}

void queue_stand_in(struct source *s)
{
	queue_of(s)->options.life = NULL;
}

static void queue_flush(struct source *s)
{
	struct queue *q = queue_of(s);
	struct ring *to = q->options.answers;
	const size_t len = q->answers * sizeof *q->answer;
	if (q->answers == 0 || to == NULL)
		return;
	if (!ring_put(to, 0, q->answer, len) && !(ring_wait(to, len, PATIENCE_MS) && ring_put(to, 0, q->answer, len)))
		q->counters.refused += q->answers;
	q->answers = 0;
}

static void queue_answer(struct source *s, const struct packet_answer *a)
{
	struct queue *q = queue_of(s);
	const bool now = a->token == q->now.token;
	struct queue_answer *to = &q->answer[q->answers++];
	/* Whoever gets it shall not read what lay here before. */
	memset(to, 0, sizeof *to);
	to->answer = *a;
	to->mark = (now ? q->now.mark & ~a->mask : 0) | a->mark;
	to->in_place = now && !q->now.large;
	if (q->answers == QUEUE_ANSWERS)
		queue_flush(s);
}

static bool read_batch(struct queue *q)
{
	if (q->options.life != NULL)
		page_beat(q->options.life);
	for (int i = 0; i < BATCH; i++)
		q->vec[i].iov_len = PACKET_ROOM;
	q->next = 0;
	q->got = recvmmsg(q->fd, q->read, BATCH, MSG_DONTWAIT, NULL);
	if (q->got <= 0) {
		q->got = 0;
		return false;
	}
	q->t = clock_ns(CLOCK_REALTIME);
	return true;
}

/* False when the message is none of a packet: an answer that was not taken. */
static bool take_message(struct queue *q, const struct nlmsghdr *h, struct frame *f)
{
	struct nlattr *attr[NFQA_MAX + 1] = { NULL };
	if (h->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) {
		q->counters.refused += h->nlmsg_type == NLMSG_ERROR;
		return false;
	}
	if (nfq_nlmsg_parse(h, attr) < 0 || attr[NFQA_PACKET_HDR] == NULL)
		return false;
	const struct nfqnl_msg_packet_hdr *about = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	const struct nlattr *bytes = attr[NFQA_PAYLOAD];
	const uint32_t info = attr[NFQA_SKB_INFO] != NULL ? ntohl(mnl_attr_get_u32(attr[NFQA_SKB_INFO])) : 0;
	q->now.token = ntohl(about->packet_id);
	q->now.mark = attr[NFQA_MARK] != NULL ? ntohl(mnl_attr_get_u32(attr[NFQA_MARK])) : 0;
	q->now.large = (info & NFQA_SKB_GSO) != 0;
	*f = (struct frame){ .t = q->t,
		.link = DLT_RAW,
		.number = ++q->frames,
		.token = q->now.token,
		.unsummed = (info & NFQA_SKB_CSUMNOTREADY) != 0 };
	if (bytes != NULL)
		f->bytes = (struct slice){ mnl_attr_get_payload(bytes), mnl_attr_get_payload_len(bytes) };
	f->wire_len = attr[NFQA_CAP_LEN] != NULL ? ntohl(mnl_attr_get_u32(attr[NFQA_CAP_LEN])) : (uint32_t)f->bytes.len;
	return true;
}

static enum source_got queue_next(struct source *s, struct frame *f, struct err *e)
{
	struct queue *q = queue_of(s);
	(void)e;
	for (;;) {
		if (q->next == q->got && !read_batch(q)) {
			queue_flush(s);
			return GOT_NOTHING;
		}
		const int i = q->next++;
		const struct nlmsghdr *h = q->vec[i].iov_base;
		if (mnl_nlmsg_ok(h, (int)q->read[i].msg_len) && take_message(q, h, f))
			return GOT_FRAME;
	}
}

static uint64_t queue_position(const struct source *s, uint64_t *total)
{
	(void)s;
	*total = 0;
	return 0;
}

static size_t queue_descriptors(const struct source *s, struct pollfd *fds, size_t room)
{
	if (room == 0)
		return 0;
	fds[0] = (struct pollfd){ .fd = ((const struct queue *)s)->fd, .events = POLLIN };
	return 1;
}

/* Columns: number, port, waiting, mode, range, dropped since it was full, dropped on the way here, last id. */
static bool count_now(const struct queue *q, struct queue_life *now)
{
	char text[4096];
	const ssize_t n = q->proc >= 0 ? pread(q->proc, text, sizeof text - 1, 0) : -1;
	if (n <= 0)
		return false;
	text[n] = '\0';
	char *rest = text;
	for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
		uint64_t column[QUEUE_COLUMNS];
		for (unsigned i = 0; i < QUEUE_COLUMNS; i++)
			column[i] = strtoull(line, &line, 10);
		if (column[0] != q->options.number)
			continue;
		*now = (struct queue_life){ .received = column[7], .dropped = column[5] + column[6] };
		return true;
	}
	return false;
}

/* What was counted already -- perhaps by a reader that is no more -- is not counted again. */
static void queue_tick(struct source *s)
{
	struct queue *q = queue_of(s);
	struct queue_life now, before = { 0 };
	if (q->options.life == NULL || !count_now(q, &now) || !page_read(q->options.life, &before))
		return;
	/* The kernel counts in 32 bits. */
	q->counters.dropped += (uint32_t)(now.dropped - before.dropped);
	q->counters.received += (uint32_t)(now.received - before.received);
	page_show(q->options.life, &now);
}

static void queue_counters(const struct source *s, struct source_counters *c)
{
	*c = ((const struct queue *)s)->counters;
}

static void queue_close(struct source *s)
{
	struct queue *q = queue_of(s);
	const int fds[] = { q->fd, q->proc };
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	free(q->room);
	free(q);
}

static const struct source_kind queue_kind = {
	.next = queue_next,
	.position = queue_position,
	.close = queue_close,
	.answer = queue_answer,
	.flush = queue_flush,
	.descriptors = queue_descriptors,
	.tick = queue_tick,
	.counters = queue_counters,
};

struct source *source_open_queue(const struct queue_options *o, struct err *e)
{
	char name[32];
	struct queue *q = calloc(1, sizeof *q);
	if (q == NULL || (q->room = malloc(BATCH * PACKET_ROOM)) == NULL) {
		free(q);
		err_set_sys(e, "queue", "no memory");
		return NULL;
	}
	snprintf(name, sizeof name, "queue %u", (unsigned)o->number);
	source_init(&q->source, &queue_kind, name);
	q->options = *o;
	q->fd = q->proc = -1;
	for (size_t i = 0; i < BATCH; i++) {
		q->vec[i] = (struct iovec){ .iov_base = q->room + i * PACKET_ROOM, .iov_len = PACKET_ROOM };
		q->read[i].msg_hdr = (struct msghdr){ .msg_iov = &q->vec[i], .msg_iovlen = 1 };
	}
	if (open_sockets(q, e) && configure(q, e))
		return &q->source;
	queue_close(&q->source);
	return NULL;
}
