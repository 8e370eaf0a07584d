/* Which bytes are believed: the sums themselves, and what `auto` learns of a sender. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "packet.h"

enum { ETHERNET = 1, PPP = 9, RAW = 12, IP_LEN = 20, TYPE_IPV4 = 0x0800 };

struct kit {
	struct decoder *d;
	struct packet_taken t;
	struct packet p;
};

static void open_kit(struct kit *k, enum checksum_policy policy)
{
	k->t = (struct packet_taken){ 0 };
	k->d = packet_decoder(policy);
}

static void close_kit(struct kit *k)
{
	free(k->t.frame);
	decoder_free(k->d);
}

/* Every length and every alignment, against a sum made byte by byte. */
static void every_length(void **state)
{
	(void)state;
	static struct kit k;
	open_kit(&k, CHECKSUM_ALL);
	for (unsigned ipv6 = 0; ipv6 < 2; ipv6++) {
		for (size_t len = 0; len < 200; len++) {
			packet_begin(&k.p, len);
			packet_tcp(&k.p, 1000, 80, TCP_ACK, SLICE(""));
			(ipv6 ? packet_ipv6 : packet_ipv4)(&k.p, 200, 255, 6);
			packet_bytes(
			    &k.p, len % 3 == 0 ? SLICE("\x21") : SLICE("\xff\3\x21")); /* at odd addresses, too */
			packet_take(k.d, &k.t, &k.p, PPP);
			assert_int_equal(k.t.got, DECODED_SEGMENT);
			assert_true(decode_checksum(k.d, &k.t.seg));
		}
	}
	assert_int_equal(decode_counters(k.d)->bad_tcp_checksum, 0);
	close_kit(&k);
}

static void all_ones(void **state)
{
	(void)state;
	static struct kit k;
	open_kit(&k, CHECKSUM_ALL);
	packet_begin(&k.p, 65000);
	memset(packet_at(&k.p, 0), 0xff, 65000);
	packet_tcp(&k.p, 65535, 65535, 0xff, SLICE(""));
	packet_ipv4(&k.p, 255, 255, 6);
	packet_take(k.d, &k.t, &k.p, RAW);
	assert_true(decode_checksum(k.d, &k.t.seg));
	close_kit(&k);
}

/* Any one bit that changes is seen. */
static void every_bit(void **state)
{
	(void)state;
	static struct kit k;
	open_kit(&k, CHECKSUM_ALL);
	for (size_t bit = IP_LEN * 8; bit < (IP_LEN + 20 + 45) * 8; bit++) {
		packet_plain(&k.p, 45);
		packet_at(&k.p, bit / 8)[0] ^= (uint8_t)(1u << bit % 8);
		packet_take(k.d, &k.t, &k.p, RAW);
		if (k.t.got == DECODED_SEGMENT)
			assert_false(decode_checksum(k.d, &k.t.seg));
	}
	close_kit(&k);
}

/* What a sender shows: R right, W wrong, U unfinished, u unfinished without the length, S/s a SYN right or wrong, N a SYN
 * unfinished, a bare acknowledgement right or wrong (A, a), L a large unfinished one.  The answers: + believed, - not. */
struct story {
	const char *shown, *answers;
};

static void sender_shows(struct kit *k, char what, unsigned from)
{
	const bool syn = strchr("SsN", what) != NULL, bare = strchr("Aa", what) != NULL;
	packet_begin(&k->p, syn || bare ? 0 : what == 'L' ? 4000 : 33);
	packet_tcp(&k->p, 1000, 80, syn ? TCP_SYN : TCP_ACK, SLICE(""));
	packet_ipv4(&k->p, from, 250, 6);
	uint8_t *tcp = packet_at(&k->p, IP_LEN), *ip = packet_at(&k->p, 0);
	const uint32_t addresses = packet_sum(packet_sum(6, ip + 12, 4), ip + 16, 4);
	const size_t len = packet_len(&k->p) - IP_LEN;
	if (strchr("Wsa", what) != NULL)
		tcp[17] ^= 0x55;
	if (strchr("UNL", what) != NULL)
		packet_put16(tcp + 16, packet_sum(addresses + (uint32_t)len, NULL, 0));
	if (what == 'u')
		packet_put16(tcp + 16, addresses);
	packet_take(k->d, &k->t, &k->p, RAW);
	assert_int_equal(k->t.got, DECODED_SEGMENT);
}

static void play(const struct story *s, enum checksum_policy policy)
{
	static struct kit k;
	open_kit(&k, policy);
	for (size_t i = 0; s->shown[i] != '\0'; i++) {
		sender_shows(&k, s->shown[i], 1);
		const bool believed = decode_checksum(k.d, &k.t.seg);
		if (believed != (s->answers[i] == '+'))
			fail_msg("%s: number %zu", s->shown, i + 1);
		/* Another sender has a reputation of its own. */
		sender_shows(&k, 'W', 2);
		if (policy == CHECKSUM_AUTO)
			assert_true(decode_checksum(k.d, &k.t.seg));
	}
	close_kit(&k);
}

static void automatic(void **state)
{
	(void)state;
	static const struct story stories[] = {
		{ "SRRR", "++++" },
		{ "WWWsW", "+++++" },   /* never a right one: the capture's doing */
		{ "NUUUuA", "++++++" }, /* unfinished as a rule */
		{ "SW", "+-" },         /* a SYN's is enough */
		{ "RWRW", "+-+-" },
		{ "RUu", "+--" },     /* a right one on data, then the form that none sends on purpose */
		{ "SUW", "++-" },     /* SYNs may come from a raw socket */
		{ "RLUuW", "++++-" }, /* a kernel that joins segments */
		{ "AaW", "+++" },     /* a bare acknowledgement teaches nothing */
		{ "NRUW", "+++-" },
	};
	for (size_t i = 0; i < sizeof stories / sizeof *stories; i++)
		play(&stories[i], CHECKSUM_AUTO);
}

static void others(void **state)
{
	(void)state;
	static const struct story all = { "SRWsUuL", "++-----" }, none = { "SRWsUuL", "+++++++" };
	play(&all, CHECKSUM_ALL);
	play(&none, CHECKSUM_NONE);
}

static void counted(void **state)
{
	(void)state;
	static struct kit k;
	open_kit(&k, CHECKSUM_AUTO);
	sender_shows(&k, 'W', 1);
	decode_checksum(k.d, &k.t.seg);
	sender_shows(&k, 'R', 1);
	decode_checksum(k.d, &k.t.seg);
	assert_int_equal(decode_counters(k.d)->bad_tcp_checksum, 1);
	close_kit(&k);
}

/* IPv4's own: R right, W wrong, Z zero; of data, whose own sum is asked for as well. */
static void shows_header(struct kit *k, char shown, int link)
{
	packet_plain(&k->p, 5);
	if (shown == 'W')
		packet_at(&k->p, 0)[11] ^= 0x10;
	if (shown == 'Z')
		packet_put16(packet_at(&k->p, 10), 0);
	if (link == ETHERNET)
		packet_ethernet(&k->p, TYPE_IPV4);
	packet_take(k->d, &k->t, &k->p, link);
	if (k->t.got == DECODED_SEGMENT)
		assert_true(decode_checksum(k->d, &k->t.seg));
}

static void header(void **state)
{
	(void)state;
	static const struct {
		enum checksum_policy policy;
		struct story story;
		unsigned bad;
	} rows[] = {
		{ CHECKSUM_ALL, { "RWZR", "+--+" }, 2 },
		{ CHECKSUM_NONE, { "RWZR", "++++" }, 2 },
		{ CHECKSUM_AUTO, { "WWZRWZR", "++++-++" }, 5 },
	};
	static const int links[] = { RAW, ETHERNET };
	static struct kit k;
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		const size_t row = i / 2;
		open_kit(&k, rows[row].policy);
		for (size_t n = 0; rows[row].story.shown[n] != '\0'; n++) {
			shows_header(&k, rows[row].story.shown[n], links[i % 2]);
			if (k.t.got != (rows[row].story.answers[n] == '+' ? DECODED_SEGMENT : DECODED_MALFORMED))
				fail_msg("%s: number %zu: %s", rows[row].story.shown, n + 1, decoded_name(k.t.got));
		}
		assert_int_equal(decode_counters(k.d)->bad_ip_checksum, rows[row].bad);
		close_kit(&k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(all_ones),
		cmocka_unit_test(every_bit),
		cmocka_unit_test(automatic),
		cmocka_unit_test(others),
		cmocka_unit_test(counted),
		cmocka_unit_test(header),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
