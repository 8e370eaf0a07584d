/* A refused packet becomes, in its place, the reset that its target hears; what its source hears goes out by a raw socket.  A
 * large packet cannot change its size in the kernel without what was planned for it going wrong: it is dropped, and its
 * target hears by the raw socket, too. */
#include "capture/answering.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "capture/forge.h"
#include "capture/inside.h"

enum { ITEMS_AT_ONCE = 64 };

struct answering {
	struct source *queue;
	struct ring *from;
	int raw4, raw6;
	uint64_t unsent, told;
};

struct answering *answering_open(struct source *queue, struct ring *from, struct err *e)
{
	struct answering *a = calloc(1, sizeof *a);
	if (a == NULL) {
		err_set_sys(e, queue->name, "no memory");
		return NULL;
	}
	a->queue = queue;
	a->from = from;
	a->raw6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW); /* a host may have no IPv6 */
	a->raw4 = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	if (a->raw4 >= 0)
		return a;
	if (errno == EPERM)
		err_set_code(e, EPERM, queue->name, "no permission: it takes the capability CAP_NET_RAW");
	else
		err_set_sys(e, queue->name, "no raw socket");
	answering_close(a);
	return NULL;
}

void answering_close(struct answering *a)
{
	if (a == NULL)
		return;
	if (a->raw4 >= 0)
		close(a->raw4);
	if (a->raw6 >= 0)
		close(a->raw6);
	free(a);
}

static void send_raw(struct answering *a, const uint8_t *packet, size_t len, bool ipv6)
{
	ssize_t sent = 0;
	if (len == 0)
		return;
	if (ipv6) {
		struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
		memcpy(&to.sin6_addr, packet + 24, 16);
		sent = sendto(a->raw6, packet, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
	} else {
		struct sockaddr_in to = { .sin_family = AF_INET };
		memcpy(&to.sin_addr, packet + 16, 4);
		sent = sendto(a->raw4, packet, len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to);
	}
	a->unsent += sent < 0;
}

static void answer(struct answering *a, const struct queue_answer *q)
{
	const struct packet_answer *p = &q->answer;
	uint8_t to_target[FORGED_LEN], to_source[FORGED_LEN];
	struct queue_verdict v = {
		.token = p->token, .pass = p->fate == FATE_PASS, .marks = p->mask != 0, .mark = q->mark
	};
	if (v.pass) {
		queue_verdict(a->queue, &v);
		return;
	}
	const size_t len = forge_to_target(&p->passage, (enum reply)p->to_target, to_target);
	if (q->in_place && len != 0) {
		v.pass = true;
		v.packet = to_target;
		v.len = len;
	}
	queue_verdict(a->queue, &v);
	if (!v.pass)
		send_raw(a, to_target, len, p->passage.ipv6);
	send_raw(a, to_source, forge_to_source(&p->passage, (enum reply)p->to_source, to_source), p->passage.ipv6);
}

/* Of a stranger's making until here. */
static bool is_answer(const struct queue_answer *q)
{
	const struct packet_answer *p = &q->answer;
	return p->fate < FATES && p->to_source < REPLIES && p->to_target < REPLIES;
}

static bool answer_all(struct answering *a, const struct queue_answer *list, size_t len)
{
	const size_t count = len / sizeof *list;
	if (len % sizeof *list != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!is_answer(&list[i]))
			return false;
		answer(a, &list[i]);
	}
	return true;
}

enum ring_got answering_round(struct answering *a)
{
	struct queue_answer list[QUEUE_ANSWERS];
	enum ring_got got = RING_EMPTY;
	uint32_t tag;
	size_t len;
	unsigned n = 0;
	while (n < ITEMS_AT_ONCE && (got = ring_take(a->from, &tag, list, sizeof list, &len)) == RING_ITEM) {
		n++;
		if (!answer_all(a, list, len)) {
			got = RING_BROKEN;
			break;
		}
	}
	queue_send_verdicts(a->queue);
	return got == RING_BROKEN ? RING_BROKEN : n != 0 ? RING_ITEM : RING_EMPTY;
}

void answering_let_pass(struct answering *a)
{
	struct frame f;
	struct err e;
	queue_stand_in(a->queue);
	while (source_next(a->queue, &f, &e) == GOT_FRAME) {
		const struct queue_verdict pass = { .token = f.token, .pass = true };
		queue_verdict(a->queue, &pass);
	}
	queue_send_verdicts(a->queue);
}

uint64_t answering_refused(struct answering *a)
{
	struct source_counters c;
	source_counters(a->queue, &c);
	const uint64_t now = c.refused + a->unsent, fresh = now - a->told;
	a->told = now;
	return fresh;
}
