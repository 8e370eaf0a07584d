/* libnetfilter_conntrack makes and reads the messages, libmnl carries them; besides this, nothing knows the former.
 *
 * It has no name for the mask of a mark, which the kernel has: that is put behind what it makes. */
#include "enforce/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGE_LEN = 8192, ANSWER_S = 2 };

struct conntrack {
	struct mnl_socket *link;
	struct nf_conntrack *asked, *found;
	uint32_t seq;
	char message[MESSAGE_LEN];
};

static struct nlmsghdr *begin(struct conntrack *c, uint8_t what, uint16_t flags, const struct mark_order *o)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(c->message);
	h->nlmsg_type = (uint16_t)(NFNL_SUBSYS_CTNETLINK << 8 | what);
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	h->nlmsg_seq = ++c->seq;
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(h, sizeof *family);
	family->nfgen_family = o->ipv6 ? AF_INET6 : AF_INET;
	family->version = NFNETLINK_V0;
	return h;
}

static void put_tuple(struct nf_conntrack *ct, const struct mark_order *o)
{
	nfct_set_attr_u8(ct, ATTR_L3PROTO, o->ipv6 ? AF_INET6 : AF_INET);
	if (o->ipv6) {
		nfct_set_attr(ct, ATTR_IPV6_SRC, o->source);
		nfct_set_attr(ct, ATTR_IPV6_DST, o->target);
	} else {
		uint32_t address;
		memcpy(&address, o->source, sizeof address);
		nfct_set_attr_u32(ct, ATTR_IPV4_SRC, address);
		memcpy(&address, o->target, sizeof address);
		nfct_set_attr_u32(ct, ATTR_IPV4_DST, address);
	}
	nfct_set_attr_u8(ct, ATTR_L4PROTO, IPPROTO_TCP);
	nfct_set_attr_u16(ct, ATTR_PORT_SRC, htons(o->source_port));
	nfct_set_attr_u16(ct, ATTR_PORT_DST, htons(o->target_port));
}

static int take(const struct nlmsghdr *h, void *conntrack)
{
	struct conntrack *c = conntrack;
	return nfct_nlmsg_parse(h, c->found) < 0 ? MNL_CB_ERROR : MNL_CB_OK;
}

/* 0, or the error that the kernel, or the way to it, has.  `h` is the message at hand, and gone afterwards. */
static int ask(struct conntrack *c, const struct nlmsghdr *h)
{
	const uint32_t port = mnl_socket_get_portid(c->link);
	if (mnl_socket_sendto(c->link, h, h->nlmsg_len) < 0)
		return errno;
	for (;;) {
		const ssize_t got = mnl_socket_recvfrom(c->link, c->message, sizeof c->message);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		errno = 0;
		const int more = mnl_cb_run(c->message, (size_t)got, c->seq, port, take, c);
		/* The answer to a question that was given up. */
		if (more < 0 && errno == EPROTO)
			continue;
		if (more < 0)
			return errno != 0 ? errno : EIO;
		if (more == MNL_CB_STOP)
			return 0;
	}
}

/* Its mark, when the kernel knows it. */
static int get(struct conntrack *c, const struct mark_order *o, uint32_t *mark)
{
	struct nlmsghdr *h = begin(c, IPCTNL_MSG_CT_GET, NLM_F_ACK, o);
	nfct_set_attr_u32(c->found, ATTR_MARK, 0); /* none is left out of the answer */
	put_tuple(c->asked, o);
	if (nfct_nlmsg_build(h, c->asked) < 0)
		return EINVAL;
	const int error = ask(c, h);
	*mark = nfct_get_attr_u32(c->found, ATTR_MARK);
	return error;
}

static int set(struct conntrack *c, const struct mark_order *o, struct conn_mark mark)
{
	struct nlmsghdr *h = begin(c, IPCTNL_MSG_CT_NEW, NLM_F_ACK, o);
	put_tuple(c->asked, o);
	if (nfct_nlmsg_build(h, c->asked) < 0)
		return EINVAL;
	mnl_attr_put_u32(h, CTA_MARK, htonl(mark.value));
	mnl_attr_put_u32(h, CTA_MARK_MASK, htonl(mark.mask));
	return ask(c, h);
}

static bool open_link(struct conntrack *c)
{
	const struct timeval patience = { .tv_sec = ANSWER_S };
	c->link = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	c->asked = nfct_new();
	c->found = nfct_new();
	if (c->link == NULL || c->asked == NULL || c->found == NULL)
		return false;
	return mnl_socket_bind(c->link, 0, MNL_SOCKET_AUTOPID) == 0 &&
	       setsockopt(mnl_socket_get_fd(c->link), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0;
}

struct conntrack *conntrack_open(struct err *e)
{
	static const char where[] = "conntrack";
	const struct mark_order nobody = { .kind = MARK_SETTLED };
	struct conntrack *c = calloc(1, sizeof *c);
	uint32_t mark;
	int error = c == NULL ? ENOMEM : open_link(c) ? 0 : errno;
	if (error == 0)
		error = get(c, &nobody, &mark);
	if (c != NULL && (error == 0 || error == ENOENT))
		return c;
	conntrack_close(c);
	if (error == EPERM || error == EACCES)
		err_set_code(e, EPERM, where, "no permission: --enforce takes the capability CAP_NET_ADMIN");
	else
		err_set_code(e, error, where,
		    "this kernel does not answer about its connections (%s): --enforce takes its module "
		    "nf_conntrack_netlink",
		    strerror(error));
	return NULL;
}

void conntrack_close(struct conntrack *c)
{
	if (c == NULL)
		return;
	if (c->asked != NULL)
		nfct_destroy(c->asked);
	if (c->found != NULL)
		nfct_destroy(c->found);
	if (c->link != NULL)
		mnl_socket_close(c->link);
	free(c);
}

static enum marked mark_as_seen(struct conntrack *c, const struct mark_order *o, struct conn_mark mark)
{
	uint32_t is = 0;
	int error = o->again ? get(c, o, &is) : 0;
	if (error == 0 && o->again && (is & mark.mask) == mark.value)
		return MARKED_BEFORE;
	if (error == 0)
		error = set(c, o, mark);
	if (error == 0)
		return MARKED;
	return error == ENOENT ? MARKED_UNKNOWN : MARKED_FAILED;
}

enum marked conntrack_mark(struct conntrack *c, const struct mark_order *o, struct conn_mark mark)
{
	struct mark_order turned = *o;
	const enum marked done = mark_as_seen(c, o, mark);
	if (done != MARKED_UNKNOWN)
		return done;
	order_turn(&turned);
	return mark_as_seen(c, &turned, mark);
}
