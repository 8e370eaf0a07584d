/* The program sees a frame that came in from its network header on, one that goes out from its link header on; loads relative
 * to the network header fit both.  A load beyond the frame ends the program with 0: the first place.
 *
 * The kernel's list of sockets is in the order of their joining, but who leaves is replaced by the last.  The program ends in a
 * table, so that a worker keeps its share whatever its place. */
#include "capture/fanout.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef PACKET_FANOUT_CBPF
#define PACKET_FANOUT_CBPF 6
#endif
#ifndef PACKET_FANOUT_DATA
#define PACKET_FANOUT_DATA 22
#endif
#ifndef PACKET_FANOUT_FLAG_UNIQUEID
#define PACKET_FANOUT_FLAG_UNIQUEID 0x2000
#endif

enum {
	NET = SKF_NET_OFF, /* negative */
	MIX_SUM = 0x9e3779b1,
	MIX_PRODUCT = 0x85ebca6b,
	MIX_LAST = 0xc2b2ae35, /* odd numbers without a pattern */
	VLANS = 2
};

/* Cells of the program's memory. */
enum { SUM, PRODUCT, PLACE, FROM, TO };

struct program {
	struct sock_filter *to;
	size_t len;
};

static size_t put(struct program *p, uint16_t code, uint32_t k)
{
	p->to[p->len] = (struct sock_filter){ .code = code, .k = k };
	return p->len++;
}

/* When A is not k, `skip` of the instructions that follow are left out. */
static void unless(struct program *p, uint32_t k, uint8_t skip)
{
	p->to[p->len++] = (struct sock_filter){ .code = BPF_JMP | BPF_JEQ | BPF_K, .jf = skip, .k = k };
}

/* X is where the header begins behind the network header.  One word of the source and one of the destination: their sum and
 * their product are the same in either order, and together belong to no other two words. */
static void put_words(struct program *p, unsigned source, unsigned destination)
{
	put(p, BPF_STX, PLACE);
	put(p, BPF_LD | BPF_W | BPF_IND, (uint32_t)NET + source);
	put(p, BPF_ST, FROM);
	put(p, BPF_LD | BPF_W | BPF_IND, (uint32_t)NET + destination);
	put(p, BPF_ST, TO);
	put(p, BPF_LDX | BPF_MEM, FROM);
	put(p, BPF_ALU | BPF_ADD | BPF_X, 0);
	put(p, BPF_LDX | BPF_MEM, SUM);
	put(p, BPF_ALU | BPF_ADD | BPF_X, 0);
	put(p, BPF_ST, SUM);
	put(p, BPF_LD | BPF_MEM, TO);
	put(p, BPF_LDX | BPF_MEM, FROM);
	put(p, BPF_ALU | BPF_MUL | BPF_X, 0);
	put(p, BPF_LDX | BPF_MEM, PRODUCT);
	put(p, BPF_ALU | BPF_XOR | BPF_X, 0);
	put(p, BPF_ST, PRODUCT);
	put(p, BPF_LDX | BPF_MEM, PLACE);
}

static void put_end(struct program *p, const unsigned *place, unsigned workers)
{
	put(p, BPF_LD | BPF_MEM, PRODUCT);
	put(p, BPF_ALU | BPF_MUL | BPF_K, MIX_PRODUCT);
	put(p, BPF_MISC | BPF_TAX, 0);
	put(p, BPF_LD | BPF_MEM, SUM);
	put(p, BPF_ALU | BPF_MUL | BPF_K, MIX_SUM);
	put(p, BPF_ALU | BPF_XOR | BPF_X, 0);
	put(p, BPF_MISC | BPF_TAX, 0);
	put(p, BPF_ALU | BPF_RSH | BPF_K, 15);
	put(p, BPF_ALU | BPF_XOR | BPF_X, 0);
	put(p, BPF_ALU | BPF_MUL | BPF_K, MIX_LAST);
	put(p, BPF_ALU | BPF_RSH | BPF_K, 16);
	put(p, BPF_ALU | BPF_MOD | BPF_K, workers);
	for (unsigned w = 0; w < workers; w++) {
		unless(p, w, 1);
		put(p, BPF_RET | BPF_K, place[w]);
	}
	put(p, BPF_RET | BPF_K, 0);
}

size_t fanout_program(const unsigned *place, unsigned workers, struct sock_filter to[FANOUT_PROGRAM])
{
	struct program p = { .to = to };
	/* Memory must be written before it is read: the kernel looks. */
	put(&p, BPF_LD | BPF_IMM, 0);
	put(&p, BPF_ST, SUM);
	put(&p, BPF_ST, PRODUCT);
	put(&p, BPF_LDX | BPF_IMM, 0);
	put(&p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
	/* Up to two tags that the card has left in the frame: the type stands two bytes into each. */
	for (unsigned tag = 0; tag < VLANS; tag++) {
		p.to[p.len++] = (struct sock_filter){ .code = BPF_JMP | BPF_JEQ | BPF_K, .jt = 1, .k = ETH_P_8021Q };
		unless(&p, ETH_P_8021AD, 2);
		put(&p, BPF_LD | BPF_H | BPF_IND, (uint32_t)NET + 2);
		put(&p, BPF_LDX | BPF_IMM, 4 * (tag + 1));
	}
	/* Without a header that is known the table is asked for worker 0. */
	unless(&p, ETH_P_IP, 1);
	const size_t ipv4 = put(&p, BPF_JMP | BPF_JA, 0);
	unless(&p, ETH_P_IPV6, 1);
	const size_t ipv6 = put(&p, BPF_JMP | BPF_JA, 0);
	put(&p, BPF_RET | BPF_K, place[0]);
	p.to[ipv4].k = (uint32_t)(p.len - ipv4 - 1);
	put_words(&p, 12, 16);
	const size_t over = put(&p, BPF_JMP | BPF_JA, 0);
	p.to[ipv6].k = (uint32_t)(p.len - ipv6 - 1);
	for (unsigned word = 0; word < 4; word++)
		put_words(&p, 8 + 4 * word, 24 + 4 * word);
	p.to[over].k = (uint32_t)(p.len - over - 1);
	put_end(&p, place, workers);
	return p.len;
}

bool fanout_join(int socket, const char *where, int *id, struct err *e)
{
	const int how = PACKET_FANOUT_CBPF | (*id < 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
	const int group = (*id < 0 ? 0 : *id) | how << 16;
	socklen_t len = sizeof *id;
	int joined = 0;
	if (setsockopt(socket, SOL_PACKET, PACKET_FANOUT, &group, sizeof group) != 0)
		return err_set_sys(e, where, "cannot be shared among workers");
	if (getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &joined, &len) != 0)
		return err_set_sys(e, where, "cannot be shared among workers");
	*id = joined & 0xffff;
	return true;
}

bool fanout_set(int socket, const char *where, const unsigned *place, unsigned workers, struct err *e)
{
	struct sock_filter code[FANOUT_PROGRAM];
	const struct sock_fprog program = {
		.len = (unsigned short)fanout_program(place, workers, code),
		.filter = code,
	};
	return setsockopt(socket, SOL_PACKET, PACKET_FANOUT_DATA, &program, sizeof program) == 0 ||
	       err_set_sys(e, where, "cannot be shared among workers by their addresses");
}
