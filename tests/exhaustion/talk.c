#include "attack.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SNAPLEN = 262144, BEGIN_S = 1700000000, NS = 1000000000 };

static FILE *start(struct attack *a, char **command)
{
	int ends[2];
	if (pipe(ends) != 0 || (a->reader = fork()) < 0)
		return NULL;
	if (a->reader == 0) {
		dup2(ends[0], STDIN_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(command[0], command);
		_exit(127);
	}
	close(ends[0]);
	signal(SIGPIPE, SIG_IGN);
	return fdopen(ends[1], "wb");
}

bool attack_begin(struct attack *a, char **command)
{
	/* Nanoseconds. */
	static const uint32_t file_head[6] = { 0xa1b23c4d, 2 | 4u << 16, 0, 0, SNAPLEN, WIRE_LINK };
	*a = (struct attack){ .t = (int64_t)BEGIN_S * NS, .step_ns = 20000, .random = UINT64_C(88172645463325252) };
	a->to = command != NULL ? start(a, command) : stdout;
	if (a->to == NULL)
		return false;
	setvbuf(a->to, NULL, _IOFBF, 1 << 20);
	return fwrite(file_head, sizeof file_head, 1, a->to) == 1;
}

bool attack_end(struct attack *a)
{
	struct rusage used;
	int status;
	const bool whole = fclose(a->to) == 0;
	if (a->reader == 0)
		return whole;
	if (wait4(a->reader, &status, 0, &used) != a->reader)
		return false;
	const double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
			       1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	printf("%.3f %ld %d\n", seconds, used.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return whole;
}

uint32_t attack_random(struct attack *a)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return (uint32_t)(a->random >> 16);
}

static void write_frame(struct attack *a, size_t len)
{
	const int64_t t = a->t + a->shift;
	const uint32_t head[4] = { (uint32_t)(t / NS), (uint32_t)(t % NS), (uint32_t)len, (uint32_t)len };
	if (fwrite(head, sizeof head, 1, a->to) != 1 || fwrite(a->frame, len, 1, a->to) != 1)
		exit(attack_end(a) ? 0 : 1); /* who reads has had enough */
	a->t += a->step_ns;
}

void talk_segment(struct attack *a, struct talk *t, unsigned from, uint8_t flags, const void *at, size_t len)
{
	const struct wire_segment s = {
		.from = from, .seq = t->seq[from], .ack = t->seq[!from], .flags = flags, .at = at, .len = len
	};
	write_frame(a, wire_frame(a->frame, &t->wire, &s));
	t->seq[from] += (uint32_t)len + (flags & (WIRE_SYN | WIRE_FIN) ? 1 : 0);
}

void talk_say(struct attack *a, struct talk *t, unsigned from, const char *text)
{
	talk_segment(a, t, from, WIRE_ACK | WIRE_PSH, text, strlen(text));
}

struct talk talk_begin(struct attack *a, unsigned client, uint16_t port)
{
	struct talk t = { .seq = { 1000 + client, 5000 + client } };
	wire_hosts(&t.wire, false, client, (uint16_t)(1024 + client % 60000), port);
	talk_segment(a, &t, 0, WIRE_SYN, NULL, 0);
	talk_segment(a, &t, 1, WIRE_SYN | WIRE_ACK, NULL, 0);
	talk_segment(a, &t, 0, WIRE_ACK, NULL, 0);
	return t;
}

void talk_exchange(struct attack *a, struct talk *t, const char *what)
{
	char text[256];
	snprintf(text, sizeof text, "GET /%s HTTP/1.1\r\nHost: www.example\r\nUser-Agent: test/1.0\r\n\r\n", what);
	talk_say(a, t, 0, text);
	talk_say(a, t, 1, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
	talk_segment(a, t, 0, WIRE_ACK, NULL, 0);
}

void talk_end(struct attack *a, struct talk *t)
{
	talk_segment(a, t, 0, WIRE_FIN | WIRE_ACK, NULL, 0);
	talk_segment(a, t, 1, WIRE_FIN | WIRE_ACK, NULL, 0);
	talk_segment(a, t, 0, WIRE_ACK, NULL, 0);
}

static uint8_t *put_ip(uint8_t *at, size_t whole, uint8_t protocol)
{
	static const uint8_t head[20] = { 0x45, 0, 0, 0, 0, 1, 0, 0, 64, 0, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2 };
	memcpy(at, head, sizeof head);
	at[2] = (uint8_t)(whole >> 8);
	at[3] = (uint8_t)whole;
	at[9] = protocol;
	return at + sizeof head;
}

void attack_nested(struct attack *a, uint64_t n, const char *variant)
{
	enum { ROOM = 1400, MAC = 14, VLAN = 4, IP = 20, GRE = 4, TCP_IP = 48, IPIP = 4, GRE_NUMBER = 47 };
	static uint8_t inner[WIRE_MOST];
	const bool vlan = strcmp(variant, "vlan") == 0, gre = strcmp(variant, "gre") == 0;
	const size_t each = vlan ? VLAN : gre ? IP + GRE : IP;
	struct talk t = { .seq = { 1, 1 } };
	wire_hosts(&t.wire, false, 1 + (unsigned)(n % 1000), 1024, 80);
	const struct wire_segment s = { .seq = 1, .flags = WIRE_SYN };
	const size_t whole = wire_frame(inner, &t.wire, &s);
	uint8_t *at = a->frame;
	memcpy(at, inner, MAC - 2);
	at += MAC - 2;
	for (size_t left = ROOM; left >= each; left -= each) {
		if (vlan) {
			memcpy(at, "\x81\x00\x00\x01", VLAN);
			at += VLAN;
			continue;
		}
		if (left == ROOM) {
			memcpy(at, "\x08\x00", 2);
			at += 2;
		}
		at = put_ip(at, left / each * each + whole - MAC, gre ? GRE_NUMBER : IPIP);
		if (gre) {
			memcpy(at, "\0\0\x08\0", GRE);
			at += GRE;
		}
	}
	if (vlan) {
		memcpy(at, "\x08\x00", 2);
		at += 2;
	}
	memcpy(at, inner + MAC, whole - MAC);
	at += whole - MAC;
	write_frame(a, (size_t)(at - a->frame));
}
