/* Both ways of two hosts to one worker, all workers used, whatever their places; what is no IP to the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "capture/fanout.h"

enum { ROOM = 80 };

/* A frame as the kernel holds it: `type` is what is left when it has taken its own tag away. */
struct packet {
	uint16_t type;
	size_t len; /* behind the network header */
	unsigned char bytes[ROOM];
};

static bool load(const struct packet *p, int64_t at, size_t size, uint32_t *to)
{
	if ((int32_t)at == SKF_AD_OFF + SKF_AD_PROTOCOL) {
		*to = p->type;
		return true;
	}
	at -= SKF_NET_OFF;
	if (at < 0 || (size_t)at + size > p->len)
		return false;
	*to = 0;
	for (size_t i = 0; i < size; i++)
		*to = *to << 8 | p->bytes[(size_t)at + i];
	return true;
}

/* The kernel's machine, as far as the program uses it. */
static uint32_t run(const struct sock_filter *code, size_t len, const struct packet *p)
{
	uint32_t a = 0, x = 0, cell[BPF_MEMWORDS];
	bool written[BPF_MEMWORDS] = { false };
	for (size_t pc = 0; pc < len; pc++) {
		const struct sock_filter *f = &code[pc];
		const uint32_t with = BPF_SRC(f->code) == BPF_X ? x : f->k;
		switch (f->code) {
		case BPF_LD | BPF_IMM:
			a = f->k;
			break;
		case BPF_LDX | BPF_IMM:
			x = f->k;
			break;
		case BPF_LD | BPF_MEM:
			assert_true(written[f->k]);
			a = cell[f->k];
			break;
		case BPF_LDX | BPF_MEM:
			assert_true(written[f->k]);
			x = cell[f->k];
			break;
		case BPF_ST:
		case BPF_STX:
			cell[f->k] = f->code == BPF_ST ? a : x;
			written[f->k] = true;
			break;
		case BPF_LD | BPF_W | BPF_ABS:
			if (!load(p, (int32_t)f->k, 4, &a))
				return 0;
			break;
		case BPF_LD | BPF_W | BPF_IND:
		case BPF_LD | BPF_H | BPF_IND:
			if (!load(p, (int64_t)(int32_t)f->k + x, BPF_SIZE(f->code) == BPF_W ? 4 : 2, &a))
				return 0;
			break;
		case BPF_ALU | BPF_ADD | BPF_X:
			a += x;
			break;
		case BPF_ALU | BPF_XOR | BPF_X:
			a ^= x;
			break;
		case BPF_ALU | BPF_MUL | BPF_K:
		case BPF_ALU | BPF_MUL | BPF_X:
			a *= with;
			break;
		case BPF_ALU | BPF_RSH | BPF_K:
			a >>= with;
			break;
		case BPF_ALU | BPF_MOD | BPF_K:
			a %= with;
			break;
		case BPF_MISC | BPF_TAX:
			x = a;
			break;
		case BPF_JMP | BPF_JA:
			pc += f->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == f->k ? f->jt : f->jf;
			break;
		case BPF_RET | BPF_K:
			return f->k;
		default:
			fail_msg("code %#x", f->code);
		}
	}
	fail_msg("it does not end");
	return 0;
}

static void put32(unsigned char *to, uint32_t n)
{
	for (unsigned i = 0; i < 4; i++)
		to[i] = (unsigned char)(n >> 8 * (3 - i));
}

static struct packet ipv4(uint32_t from, uint32_t to)
{
	struct packet p = { .type = 0x0800, .len = 40, .bytes = { 0x45 } };
	put32(p.bytes + 12, from);
	put32(p.bytes + 16, to);
	return p;
}

static struct packet ipv6(uint32_t from, uint32_t to)
{
	struct packet p = { .type = 0x86dd, .len = 60, .bytes = { 0x60 } };
	put32(p.bytes + 8, 0x20010db8);
	put32(p.bytes + 24, 0x20010db8);
	put32(p.bytes + 20, from);
	put32(p.bytes + 36, to);
	return p;
}

static struct packet tagged(struct packet in, uint16_t type)
{
	struct packet p = { .type = type, .len = in.len + 4, .bytes = { 0, 7 } };
	p.bytes[2] = (unsigned char)(in.type >> 8);
	p.bytes[3] = (unsigned char)in.type;
	memcpy(p.bytes + 4, in.bytes, in.len);
	return p;
}

static uint32_t worker_of(const struct packet *p, unsigned workers)
{
	struct sock_filter code[FANOUT_PROGRAM];
	unsigned place[MAX_FANOUT];
	for (unsigned w = 0; w < workers; w++)
		place[w] = w;
	return run(code, fanout_program(place, workers, code), p);
}

static void assert_balanced(struct packet (*made)(uint32_t from, uint32_t to), unsigned workers)
{
	unsigned count[MAX_FANOUT] = { 0 };
	for (uint32_t n = 0; n < 1000; n++) {
		const struct packet there = made(0x0a000001 + n, 0xc0a80101), back = made(0xc0a80101, 0x0a000001 + n);
		const uint32_t w = worker_of(&there, workers);
		assert_true(w < workers);
		assert_int_equal(worker_of(&back, workers), w);
		const struct packet in_tag = tagged(back, 0x8100), in_two = tagged(in_tag, 0x88a8);
		assert_int_equal(worker_of(&in_tag, workers), w);
		assert_int_equal(worker_of(&in_two, workers), w);
		count[w]++;
	}
	for (unsigned w = 0; w < workers; w++)
		assert_in_range(count[w], 400 / workers, 1800 / workers);
}

static void both_ways_meet(void **state)
{
	(void)state;
	for (unsigned workers = 2; workers <= 8; workers++) {
		assert_balanced(ipv4, workers);
		assert_balanced(ipv6, workers);
	}
}

/* Pairs whose addresses all differ in the same bits, or have all the same sum. */
static void pairs_in_step_are_spread(void **state)
{
	(void)state;
	unsigned count[2][4] = { { 0 } };
	for (uint32_t n = 0; n < 250; n++) {
		const struct packet step = ipv4(0x0a000000 + n, 0x0a000100 + n),
				    mirror = ipv4(0x0a000000 + n, 0x0a0001ff - n);
		count[0][worker_of(&step, 4)]++;
		count[1][worker_of(&mirror, 4)]++;
	}
	for (unsigned i = 0; i < 8; i++)
		assert_in_range(count[i / 4][i % 4], 20, 120);
}

static void places_do_not_change_shares(void **state)
{
	(void)state;
	static const unsigned place[] = { 2, 0, 3, 1 };
	struct sock_filter code[FANOUT_PROGRAM];
	const size_t len = fanout_program(place, 4, code);
	for (uint32_t n = 0; n < 200; n++) {
		const struct packet p = ipv4(n * 2654435761u, n);
		assert_int_equal(run(code, len, &p), place[worker_of(&p, 4)]);
	}
	const struct packet arp = { .type = 0x0806, .len = 28 }, mpls = { .type = 0x8847, .len = 60 };
	assert_int_equal(run(code, len, &arp), 2);
	assert_int_equal(run(code, len, &mpls), 2);
}

static void short_frames_and_the_longest_program(void **state)
{
	(void)state;
	struct packet p = ipv6(1, 2);
	for (p.len = 0; p.len < 40; p.len++)
		assert_int_equal(worker_of(&p, 3), 0);
	struct sock_filter code[FANOUT_PROGRAM];
	unsigned place[MAX_FANOUT] = { 0 };
	assert_true(fanout_program(place, MAX_FANOUT, code) < FANOUT_PROGRAM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_meet),
		cmocka_unit_test(pairs_in_step_are_spread),
		cmocka_unit_test(places_do_not_change_shares),
		cmocka_unit_test(short_frames_and_the_longest_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
