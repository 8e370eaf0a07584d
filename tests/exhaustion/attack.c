/* attack -- writes a capture of hostile traffic, the same bytes each time, to standard output, or to a command whose cost is
 * then printed:  attack KIND COUNT [VARIANT [COMMAND...]]
 *
 *   syn      COUNT SYNs, each of another client; twice: each SYN twice; data: no SYN, but data of a conversation never seen
 *            -- all three in the midst of GUARDED ordinary conversations; COUNT 0: those alone
 *   open     COUNT conversations of one GET and its answer, none of which ends
 *   keys     COUNT SYNs; VARIANT says what their addresses are like: random, sequential, low (equal low bits), pair
 *   comb     COUNT conversations of which every second byte is missing
 *   scatter  one conversation, COUNT segments of one byte out of order; VARIANT: backwards, odd, shuffled
 *   header   one request head of COUNT MB; VARIANT: line (a single field), fields (many)
 *   heads    COUNT conversations, each with 64 KiB of a head that does not end
 *   h2       one HTTP/2 connection, COUNT MB; VARIANT: continuation, data
 *   nest     COUNT packets, TCP in as many IP headers as fit; VARIANT: ipip, vlan, gre
 *   numbers  COUNT conversations with lengths and chunk sizes that overflow
 *   strings  COUNT conversations with random bytes in targets, hosts and user agents
 *   mix      COUNT conversations that between them ask for every kind of memory
 *   matches  COUNT conversations of one GET each, complete
 *   clock    GUARDED conversations; VARIANT: 1970, 2038, back, jump, shuffled
 */
#include "attack.h"

#include <stdlib.h>
#include <string.h>

enum { GUARDED = 1000, HELLO = 54, FLOOD_FROM = 1 << 21 };

static const uint8_t hello[HELLO] = { 0x16, 3, 1, 0, 0x31, 1, 0, 0, 0x2d, 3, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 6, 0x13, 1, 0x13, 2, 0x13,
	3, 1, 0 };

/* Of the guarded: some have shown what they are before the attack, some show it only after, and some are asked before and
 * answered after. */
static void guarded_begin(struct attack *a, struct talk *t)
{
	for (unsigned i = 0; i < GUARDED; i++) {
		t[i] = talk_begin(a, 1 + i, 80);
		if (i % 4 == 0)
			talk_exchange(a, &t[i], "page");
		if (i % 4 == 1 || i % 4 == 3)
			talk_say(a, &t[i], 0, "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\n\r\n");
		if (i % 4 == 1) {
			talk_say(a, &t[i], 1, "HTTP/1.1 200 Connection established\r\n\r\n");
			talk_segment(a, &t[i], 0, WIRE_ACK, hello, sizeof hello);
		}
	}
}

/* One sign of life. */
static void guarded_breathe(struct attack *a, struct talk *t, unsigned i)
{
	static const uint8_t record[] = { 0x17, 3, 3, 0, 4, 1, 2, 3, 4 };
	if (i % 4 == 0)
		talk_exchange(a, &t[i], "more");
	else if (i % 4 == 1)
		talk_segment(a, &t[i], 1, WIRE_ACK, record, sizeof record);
	else
		talk_segment(a, &t[i], 0, WIRE_ACK, NULL, 0);
}

static void guarded_end(struct attack *a, struct talk *t)
{
	for (unsigned i = 0; i < GUARDED; i++) {
		if (i % 4 == 2)
			talk_exchange(a, &t[i], "late");
		if (i % 4 == 3) {
			talk_say(a, &t[i], 1, "HTTP/1.1 200 Connection established\r\n\r\n");
			talk_segment(a, &t[i], 0, WIRE_ACK, hello, sizeof hello);
			talk_segment(a, &t[i], 1, WIRE_ACK, hello, sizeof hello);
		}
		talk_end(a, &t[i]);
	}
}

static void flood_one(struct attack *a, uint64_t n, const char *variant)
{
	static const uint8_t noise[] = "\x93\x1c\xe2 what this is, nobody knows";
	struct talk t = { .seq = { (uint32_t)n * 7919, 0 } };
	wire_hosts(&t.wire, false, FLOOD_FROM + (unsigned)(n % (12u << 20)), (uint16_t)(1024 + n / (12u << 20)), 80);
	if (strcmp(variant, "data") == 0) {
		talk_segment(a, &t, 0, WIRE_ACK, noise, sizeof noise);
		return;
	}
	talk_segment(a, &t, 0, WIRE_SYN, NULL, 0);
	if (strcmp(variant, "twice") == 0) {
		t.seq[0]--;
		talk_segment(a, &t, 0, WIRE_SYN, NULL, 0);
	}
}

static void syn(struct attack *a, uint64_t count, const char *variant)
{
	static struct talk guarded[GUARDED];
	guarded_begin(a, guarded);
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		flood_one(a, n, variant);
		if (n % (count / GUARDED / 2 + 1) == 0)
			guarded_breathe(a, guarded, (unsigned)(n / (count / GUARDED / 2 + 1)) % GUARDED);
	}
	guarded_end(a, guarded);
}

static void open_ones(struct attack *a, uint64_t count, const char *variant)
{
	(void)variant;
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
		talk_exchange(a, &t, "page");
	}
	/* It is over: do those who come now find a place? */
	a->step_ns = 1000000;
	for (unsigned i = 0; i < GUARDED; i++) {
		struct talk t = talk_begin(a, 1 + i, 80);
		talk_exchange(a, &t, "after");
		talk_end(a, &t);
	}
}

static void keys(struct attack *a, uint64_t count, const char *variant)
{
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = { .seq = { 1, 0 } };
		uint32_t client = (uint32_t)n, server = 0;
		uint16_t from = 1024, to = 80;
		if (strcmp(variant, "random") == 0) {
			client = attack_random(a);
			server = attack_random(a);
			from = (uint16_t)attack_random(a);
		} else if (strcmp(variant, "low") == 0) {
			client = (uint32_t)n << 16;
			server = (uint32_t)(n >> 16) << 16;
		} else if (strcmp(variant, "pair") == 0) {
			client = 0;
			from = (uint16_t)n;
			to = (uint16_t)(n >> 16);
		}
		wire_hosts(&t.wire, false, 1, from, to);
		memcpy(t.wire.addr[0], &client, sizeof client);
		memcpy(t.wire.addr[1], &server, sizeof server);
		t.wire.addr[1][3] ^= 1;
		talk_segment(a, &t, 0, WIRE_SYN, NULL, 0);
	}
}

static void comb(struct attack *a, uint64_t count, const char *variant)
{
	enum { TEETH = 40 };
	(void)variant;
	a->step_ns = 1000;
	struct talk *t = calloc(count, sizeof *t);
	for (uint64_t n = 0; t != NULL && n < count; n++)
		t[n] = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
	for (unsigned tooth = 0; tooth < TEETH; tooth++)
		for (uint64_t n = 0; t != NULL && n < count; n++) {
			t[n].seq[0]++;
			talk_segment(a, &t[n], 0, WIRE_ACK, "x", 1);
		}
	free(t);
}

static void scatter(struct attack *a, uint64_t count, const char *variant)
{
	a->step_ns = 1000;
	struct talk t = talk_begin(a, 1, 80);
	const uint32_t from = t.seq[0];
	uint64_t place = 0;
	for (uint64_t n = 0; n < count; n++) {
		if (strcmp(variant, "backwards") == 0)
			place = count - n;
		else if (strcmp(variant, "odd") == 0)
			place = 1 + 2 * n;
		else
			place = 1 + (n * 7919 + 104729) % count;
		t.seq[0] = from + (uint32_t)place;
		talk_segment(a, &t, 0, WIRE_ACK, "x", 1);
	}
}

static void header(struct attack *a, uint64_t megabytes, const char *variant)
{
	static char block[MSS];
	const bool fields = strcmp(variant, "fields") == 0;
	struct talk t = talk_begin(a, 1, 80);
	talk_say(a, &t, 0, "GET / HTTP/1.1\r\nHost: www.example\r\nX-Long: ");
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = fields ? "X-Field: value\r\n"[i % 16] : 'a';
	for (uint64_t sent = 0; sent < megabytes * 1000000; sent += sizeof block)
		talk_segment(a, &t, 0, WIRE_ACK, block, sizeof block / 16 * 16);
}

static void heads(struct attack *a, uint64_t count, const char *variant)
{
	static char block[MSS];
	(void)variant;
	memset(block, 'a', sizeof block);
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
		talk_say(a, &t, 0, "GET / HTTP/1.1\r\nHost: www.example\r\nX-Long: ");
		for (unsigned i = 0; i < 44; i++)
			talk_segment(a, &t, 0, WIRE_ACK, block, sizeof block);
	}
}

static void h2(struct attack *a, uint64_t megabytes, const char *variant)
{
	enum { LEN = MSS - 9 };
	static uint8_t frame[MSS] = { LEN >> 16 & 255, LEN >> 8 & 255, LEN & 255, 9, 0, 0, 0, 0, 1 };
	static const uint8_t headers[] = { 0, 0, 1, 1, 0, 0, 0, 0, 1, 0x82 };
	const bool data = strcmp(variant, "data") == 0;
	struct talk t = talk_begin(a, 1, 80);
	talk_say(a, &t, 0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	talk_segment(a, &t, 0, WIRE_ACK, "\0\0\0\4\0\0\0\0\0", 9);
	talk_segment(a, &t, 1, WIRE_ACK, "\0\0\0\4\0\0\0\0\0", 9);
	talk_segment(a, &t, 0, WIRE_ACK, headers, sizeof headers);
	frame[3] = data ? 0 : 9;
	memset(frame + 9, 0x82, LEN);
	for (uint64_t sent = 0; sent < megabytes * 1000000; sent += sizeof frame)
		talk_segment(a, &t, 0, WIRE_ACK, frame, sizeof frame);
}

static void nest(struct attack *a, uint64_t count, const char *variant)
{
	for (uint64_t n = 0; n < count; n++)
		attack_nested(a, n, variant);
}

static void numbers(struct attack *a, uint64_t count, const char *variant)
{
	static const char *const number[] = { "18446744073709551615", "18446744073709551616", "9223372036854775808",
		"-1", "0x10", "99999999999999999999999999999999", "00000000000000000000000000000000000000005", "+5",
		"4294967296", "FFFFFFFFFFFFFFFF", "10000000000000000", "7FFFFFFFFFFFFFFF",
		"000000000000000000000000000000000005" };
	enum { NUMBERS = sizeof number / sizeof *number };
	char text[256];
	(void)variant;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
		const bool chunked = n / NUMBERS % 2 != 0;
		snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s%s\r\n%s%s%s",
		    chunked ? "Transfer-Encoding: chunked" : "Content-Length: ", chunked ? "\r\n" : number[n % NUMBERS],
		    chunked ? "" : "\r\n", chunked ? number[n % NUMBERS] : "",
		    chunked ? "\r\nhello\r\n0\r\n\r\n" : "hello");
		talk_say(a, &t, 0, text);
		talk_say(a, &t, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
		talk_say(a, &t, 1, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
		talk_end(a, &t);
	}
}

static size_t put_noise(struct attack *a, char *to, size_t len, bool in_target)
{
	/* Three in four are what breaks lines, quotes, terminals and UTF-8, the others are anything. */
	static const char bad[][8] = { "\"", "\\", "\x1b]0;", "\x7f", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xae",
		"\xed\xa0\x80", "\xff\xfe", "\xf4\x90\x80", "\xc0\xaf", "\\u0000", "\x01", "</",
		"{\"a\":", "\xf0\x9f" };
	size_t n = 0;
	while (n + 8 < len) {
		const uint32_t r = attack_random(a);
		if (r % 4 != 0) {
			const char *b = bad[r / 4 % (sizeof bad / sizeof *bad)];
			const size_t part = strlen(b);
			memcpy(to + n, b, part);
			n += part;
			continue;
		}
		char c = (char)(r >> 8);
		if (c == '\r' || c == '\n' || c == '\0' || (in_target && (c == ' ' || c == '\t')))
			c = '<';
		to[n++] = c;
	}
	return n;
}

static void strings(struct attack *a, uint64_t count, const char *variant)
{
	char text[1200];
	(void)variant;
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
		const bool asks = n % 2 == 0;
		size_t len = (size_t)snprintf(text, sizeof text, "%s ", asks ? "CONNECT" : "GET /");
		len += put_noise(a, text + len, 16 + attack_random(a) % 200, true);
		len += (size_t)snprintf(text + len, sizeof text - len, "%s HTTP/1.1\r\nHost: ", asks ? ":443" : "");
		len += put_noise(a, text + len, 16 + attack_random(a) % 200, false);
		len += (size_t)snprintf(text + len, sizeof text - len, "\r\nUpgrade: ");
		len += put_noise(a, text + len, 16 + attack_random(a) % 100, false);
		len += (size_t)snprintf(text + len, sizeof text - len, "\r\nUser-Agent: ");
		len += put_noise(a, text + len, 16 + attack_random(a) % 200, false);
		len += (size_t)snprintf(text + len, sizeof text - len, "\r\nConnection: upgrade\r\n\r\n");
		talk_segment(a, &t, 0, WIRE_ACK, text, len);
		talk_say(a, &t, 1, asks ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n");
		talk_end(a, &t);
	}
}

static void matches(struct attack *a, uint64_t count, const char *variant)
{
	(void)variant;
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
		talk_exchange(a, &t, "page");
		talk_end(a, &t);
	}
}

/* A little of everything that is held: heads that do not end, bytes behind holes, channels that nobody knows, relays in relays,
 * uploads that detectors look at. */
static void mix(struct attack *a, uint64_t count, const char *variant)
{
	static const char ask[] = "CONNECT www.example:443 HTTP/1.1\r\nHost: www.example:443\r\n\r\n";
	static const char yes[] = "HTTP/1.1 200 OK\r\n\r\n";
	static const char post[] = "POST /t HTTP/1.1\r\nHost: t\r\nContent-Type: application/octet-stream\r\n"
				   "Content-Length: 1000000\r\n\r\n";
	uint8_t block[MSS];
	(void)variant;
	a->step_ns = 1000;
	for (uint64_t n = 0; n < count; n++) {
		struct talk t = talk_begin(a, FLOOD_FROM + (unsigned)n, 80);
		for (size_t i = 0; i < sizeof block; i++)
			block[i] = (uint8_t)attack_random(a);
		if (n % 4 == 0) {
			talk_say(a, &t, 0, "GET / HTTP/1.1\r\nHost: www.example\r\nX-Long: ");
			memset(block, 'a', sizeof block);
			for (unsigned i = 0; i < 40; i++)
				talk_segment(a, &t, 0, WIRE_ACK, block, sizeof block);
			continue;
		}
		if (n % 4 == 1)
			talk_say(a, &t, 0, post);
		for (unsigned level = 0; n % 4 == 2 && level < 3; level++) {
			talk_say(a, &t, 0, ask);
			talk_say(a, &t, 1, yes);
		}
		talk_segment(a, &t, 0, WIRE_ACK, block, sizeof block);
		talk_segment(a, &t, 1, WIRE_ACK, block, sizeof block);
		for (unsigned i = 0; n % 4 == 3 && i < 20; i++) {
			t.seq[0] += 2;
			talk_segment(a, &t, 0, WIRE_ACK, block, 1000);
		}
	}
}

static void skew(struct attack *a, uint64_t n, const char *variant)
{
	const int64_t day = INT64_C(86400) * 1000000000;
	if (strcmp(variant, "back") == 0 && n == 500)
		a->t -= day;
	if (strcmp(variant, "jump") == 0 && n == 500)
		a->t += 2 * day;
	if (strcmp(variant, "shuffled") == 0)
		a->shift = (int64_t)(attack_random(a) % 5000) * 1000000;
}

static void clocks(struct attack *a, uint64_t count, const char *variant)
{
	static struct talk guarded[GUARDED];
	if (strcmp(variant, "1970") == 0)
		a->t = 0;
	if (strcmp(variant, "2038") == 0)
		a->t = INT64_C(2147483647) * 1000000000 - INT64_C(500000000);
	a->step_ns = 1000000;
	guarded_begin(a, guarded);
	for (unsigned n = 0; n < (unsigned)count; n++) {
		skew(a, n, variant);
		guarded_breathe(a, guarded, n % GUARDED);
	}
	guarded_end(a, guarded);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*write)(struct attack *a, uint64_t count, const char *variant);
	} kinds[] = { { "syn", syn }, { "open", open_ones }, { "keys", keys }, { "comb", comb }, { "scatter", scatter },
		{ "header", header }, { "heads", heads }, { "h2", h2 }, { "nest", nest }, { "numbers", numbers },
		{ "strings", strings }, { "matches", matches }, { "mix", mix }, { "clock", clocks } };
	static struct attack a;
	for (size_t i = 0; argc >= 3 && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(argv[1], kinds[i].name) == 0) {
			if (!attack_begin(&a, argc > 4 ? argv + 4 : NULL))
				return 1;
			kinds[i].write(&a, strtoull(argv[2], NULL, 10), argc > 3 ? argv[3] : "");
			return attack_end(&a) ? 0 : 1;
		}
	fputs("usage: attack KIND COUNT [VARIANT [COMMAND...]]: see tests/exhaustion/attack.c\n", stderr);
	return 2;
}
