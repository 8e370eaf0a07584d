/* Capture files of every kind libpcap reads, whole and damaged, from a path and from a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <fcntl.h>
#include "base/limits.h"
#include "capture/source.h"

enum { MOST = 1 << 20, FRAMES = 3, FRAME_LEN = 60, ETHERNET = 1 };

#define SECOND INT64_C(1000000000)

struct bytes {
	uint8_t at[MOST];
	size_t len;
	bool big;
};

static void put(struct bytes *b, const void *from, size_t len)
{
	memcpy(b->at + b->len, from, len);
	b->len += len;
}

static void put32(struct bytes *b, uint32_t v)
{
	uint8_t out[4];
	for (unsigned i = 0; i < 4; i++)
		out[i] = (uint8_t)(v >> (b->big ? 24 - 8 * i : 8 * i));
	put(b, out, sizeof out);
}

static void put16(struct bytes *b, unsigned v)
{
	uint8_t out[2] = { (uint8_t)v, (uint8_t)(v >> 8) };
	if (b->big)
		out[0] = (uint8_t)(v >> 8), out[1] = (uint8_t)v;
	put(b, out, sizeof out);
}

/* Frame number `n`, to TCP port 80 when it is odd and 22 when even. */
static void put_frame(struct bytes *b, unsigned n)
{
	uint8_t f[FRAME_LEN] = { [12] = 8, [14] = 0x45, [17] = 46, [23] = 6, [26] = 10, 0, 0, 1, 10, 0, 0, 2, 4, 0, 0 };
	f[37] = n % 2 == 1 ? 80 : 22;
	f[FRAME_LEN - 1] = (uint8_t)n;
	put(b, f, sizeof f);
}

static void put_classic(struct bytes *b, bool nanoseconds)
{
	put32(b, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
	put16(b, 2);
	put16(b, 4);
	put32(b, 0);
	put32(b, 0);
	put32(b, 65535);
	put32(b, ETHERNET);
	for (unsigned n = 1; n <= FRAMES; n++) {
		put32(b, 1700000000 + n);
		put32(b, nanoseconds ? 123456789 : 123456);
		put32(b, FRAME_LEN);
		put32(b, FRAME_LEN + n - 1);
		put_frame(b, n);
	}
}

static void put_section(struct bytes *b)
{
	put32(b, 0x0a0d0d0a);
	put32(b, 28);
	put32(b, 0x1a2b3c4d);
	put16(b, 1);
	put16(b, 0);
	put32(b, 0xffffffff);
	put32(b, 0xffffffff);
	put32(b, 28);
	put32(b, 1); /* interface, times in nanoseconds */
	put32(b, 32);
	put16(b, ETHERNET);
	put16(b, 0);
	put32(b, 65535);
	put16(b, 9);
	put16(b, 1);
	put(b, "\x09\0\0", 4);
	put32(b, 0);
	put32(b, 32);
}

static void put_next_generation(struct bytes *b)
{
	put_section(b);
	for (unsigned n = 1; n <= FRAMES; n++) {
		const uint64_t t = (1700000000 + n) * UINT64_C(1000000000) + 123456789;
		put32(b, 6);
		put32(b, 32 + FRAME_LEN);
		put32(b, 0);
		put32(b, (uint32_t)(t >> 32));
		put32(b, (uint32_t)t);
		put32(b, FRAME_LEN);
		put32(b, FRAME_LEN + n - 1);
		put_frame(b, n);
		put32(b, 32 + FRAME_LEN);
	}
}

static void write_file(const struct bytes *b, char *name, size_t size)
{
	const char *folder = getenv("TMPDIR");
	snprintf(name, size, "%s/culvert-test-XXXXXX", folder != NULL ? folder : P_tmpdir);
	const int fd = mkstemp(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, b->at, b->len), b->len);
	close(fd);
}

static struct source *open_bytes(const struct bytes *b, const char *filter, struct err *e)
{
	char name[200];
	write_file(b, name, sizeof name);
	struct source *s = source_open_file(name, filter, e);
	if (s != NULL)
		assert_string_equal(source_name(s), name);
	else
		assert_string_equal(e->where, name);
	unlink(name);
	return s;
}

static void check_frame(const struct frame *f, unsigned n, int64_t nanoseconds)
{
	assert_int_equal(f->number, n);
	assert_int_equal(f->link, ETHERNET);
	assert_int_equal(f->bytes.len, FRAME_LEN);
	assert_int_equal(f->wire_len, FRAME_LEN + n - 1);
	assert_int_equal(f->bytes.at[FRAME_LEN - 1], n);
	assert_int_equal(f->t, (1700000000 + n) * SECOND + nanoseconds);
}

static void check_whole(struct source *s, int64_t nanoseconds)
{
	struct frame f;
	struct err e;
	for (unsigned n = 1; n <= FRAMES; n++) {
		assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
		check_frame(&f, n, nanoseconds);
	}
	assert_int_equal(source_next(s, &f, &e), GOT_END);
	assert_int_equal(source_next(s, &f, &e), GOT_END);
}

static struct bytes *fresh(bool big)
{
	static struct bytes b;
	b.len = 0;
	b.big = big;
	return &b;
}

static void formats(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 6; kind++) {
		struct err e;
		uint64_t total;
		struct bytes *b = fresh(kind % 2 == 1);
		if (kind < 4)
			put_classic(b, kind >= 2);
		else
			put_next_generation(b);
		struct source *s = open_bytes(b, NULL, &e);
		assert_non_null(s);
		check_whole(s, kind < 2 ? 123456000 : 123456789);
		assert_int_equal(source_position(s, &total), b->len);
		assert_int_equal(total, b->len);
		source_close(s);
	}
}

/* Those at hand leave the ones before as they are; of what is read record by record, or chosen from, there are none. */
static void more_at_once(void **state)
{
	(void)state;
	enum { CLASSICS = 4 /* of either byte order and unit */, NEXT_GENERATION = CLASSICS, FILTERED, KINDS };
	for (unsigned kind = 0; kind < KINDS; kind++) {
		struct err e;
		struct frame f[FRAMES];
		const bool classic = kind < CLASSICS, nanoseconds = kind >= 2;
		struct bytes *b = fresh(classic && kind % 2 == 1);
		if (kind != NEXT_GENERATION)
			put_classic(b, nanoseconds);
		else
			put_next_generation(b);
		struct source *s = open_bytes(b, kind == FILTERED ? "tcp" : NULL, &e);
		assert_non_null(s);
		assert_int_equal(source_more(s, &f[0], 1), 0); /* nothing has been read yet */
		assert_int_equal(source_next(s, &f[0], &e), GOT_FRAME);
		assert_int_equal(source_more(s, &f[1], 1), classic ? 1 : 0);
		for (unsigned n = 1; classic && n <= 2; n++)
			check_frame(&f[n - 1], n, nanoseconds ? 123456789 : 123456000);
		assert_int_equal(source_more(s, &f[2], FRAMES), classic ? FRAMES - 2 : 0);
		assert_int_equal(source_next(s, &f[1], &e), classic ? GOT_END : GOT_FRAME);
		source_close(s);
	}
}

/* A record that is cut is at no hand; source_next says so. */
static void more_of_what_is_cut(void **state)
{
	(void)state;
	struct err e;
	struct frame f[FRAMES];
	struct bytes *b = fresh(false);
	put_classic(b, true);
	b->len--;
	struct source *s = open_bytes(b, NULL, &e);
	assert_non_null(s);
	assert_int_equal(source_next(s, &f[0], &e), GOT_FRAME);
	assert_int_equal(source_more(s, &f[1], FRAMES - 1), FRAMES - 2);
	assert_int_equal(source_next(s, &f[2], &e), GOT_DAMAGE);
	source_close(s);
}

/* What libpcap itself writes. */
static void dumped(void **state)
{
	(void)state;
	char name[200];
	struct bytes *b = fresh(false);
	struct err e;
	struct frame f;
	write_file(b, name, sizeof name);
	pcap_t *dead = pcap_open_dead(DLT_LINUX_SLL2, 96);
	pcap_dumper_t *out = pcap_dump_open(dead, name);
	assert_non_null(out);
	const struct pcap_pkthdr h = { .ts = { 5, 7 }, .caplen = 4, .len = 4 };
	pcap_dump((u_char *)out, &h, (const u_char *)"abcd");
	pcap_dump_close(out);
	pcap_close(dead);
	struct source *s = source_open_file(name, NULL, &e);
	unlink(name);
	assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
	assert_int_equal(f.link, DLT_LINUX_SLL2);
	assert_int_equal(f.t, 5 * SECOND + 7000);
	assert_int_equal(f.bytes.len, 4);
	assert_int_equal(source_next(s, &f, &e), GOT_END);
	source_close(s);
}

/* Frames that the filter leaves out are still counted: a number is the frame's place in the file. */
static void filters(void **state)
{
	(void)state;
	struct err e;
	struct frame f;
	struct bytes *b = fresh(false);
	put_classic(b, true);
	struct source *s = open_bytes(b, "tcp port 80", &e);
	assert_non_null(s);
	assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
	check_frame(&f, 1, 123456789);
	assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
	check_frame(&f, 3, 123456789);
	assert_int_equal(source_next(s, &f, &e), GOT_END);
	source_close(s);
	assert_null(open_bytes(b, "tcp prot 80", &e));
	assert_non_null(strstr(e.what, "filter \"tcp prot 80\": "));
	assert_non_null(strstr(e.what, "syntax error"));
}

/* Cut at every byte: all whole frames, then an end if the cut falls between two, else damage that says where it begins. */
static void cut_classic(void **state)
{
	(void)state;
	struct bytes *b = fresh(false);
	put_classic(b, true);
	const size_t whole = b->len;
	for (size_t len = 0; len <= whole; len++) {
		struct err e = { 0 };
		struct frame f;
		b->len = len;
		struct source *s = open_bytes(b, NULL, &e);
		if (len < 24) {
			assert_null(s);
			assert_non_null(strstr(e.what, len == 0 ? "empty" : "bytes"));
			continue;
		}
		const size_t frames = (len - 24) / (16 + FRAME_LEN), rest = (len - 24) % (16 + FRAME_LEN);
		for (unsigned n = 1; n <= frames; n++) {
			assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
			check_frame(&f, n, 123456789);
		}
		char want[100];
		snprintf(want, sizeof want, "damaged after frame %zu, at byte %zu: ", frames, len - rest);
		assert_int_equal(source_next(s, &f, &e), rest == 0 ? GOT_END : GOT_DAMAGE);
		if (rest != 0 && strncmp(e.what, want, strlen(want)) != 0)
			fail_msg("%zu bytes: %s", len, e.what);
		assert_int_equal(source_next(s, &f, &e), GOT_END);
		source_close(s);
	}
}

static void cut_next_generation(void **state)
{
	(void)state;
	struct bytes *b = fresh(true);
	put_next_generation(b);
	const size_t whole = b->len, block = 32 + FRAME_LEN, begin = whole - FRAMES * block;
	for (size_t len = 1; len < whole; len++) {
		struct err e = { 0 };
		struct frame f;
		enum source_got got;
		unsigned frames = 0;
		b->len = len;
		struct source *s = open_bytes(b, NULL, &e);
		if (s == NULL) {
			assert_true(len < begin);
			assert_true(e.what[0] != '\0');
			continue;
		}
		while ((got = source_next(s, &f, &e)) == GOT_FRAME)
			check_frame(&f, ++frames, 123456789);
		assert_int_equal(frames, len < begin ? 0 : (len - begin) / block);
		assert_int_equal(got, len >= begin && (len - begin) % block == 0 ? GOT_END : GOT_DAMAGE);
		if (got == GOT_DAMAGE)
			assert_non_null(strstr(e.what, "near byte"));
		source_close(s);
	}
}

/* Lengths that cannot be, in the second record. */
static void lies(void **state)
{
	(void)state;
	static const uint32_t lengths[] = { MAX_FRAME + 1, 0x7fffffff, 0x80000000, 0xffffffff };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct err e;
		struct frame f;
		struct bytes *b = fresh(false);
		put_classic(b, true);
		const size_t whole = b->len;
		b->len = 24 + 16 + FRAME_LEN + 8;
		put32(b, lengths[i]);
		b->len = whole;
		struct source *s = open_bytes(b, NULL, &e);
		assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
		assert_int_equal(source_next(s, &f, &e), GOT_DAMAGE);
		assert_non_null(strstr(e.what, "damaged after frame 1, at byte 100: "));
		source_close(s);
	}
}

/* A wire length below the captured one, and times beyond all clocks. */
static void odd_records(void **state)
{
	(void)state;
	struct err e;
	struct frame f;
	struct bytes *b = fresh(true);
	put_classic(b, true);
	b->len = 24;
	put32(b, 0xffffffff);
	put32(b, 0xffffffff);
	put32(b, FRAME_LEN);
	put32(b, 1);
	put_frame(b, 1);
	struct source *s = open_bytes(b, NULL, &e);
	assert_int_equal(source_next(s, &f, &e), GOT_FRAME);
	assert_int_equal(f.wire_len, FRAME_LEN);
	assert_int_equal(source_next(s, &f, &e), GOT_END);
	source_close(s);
}

static void not_captures(void **state)
{
	(void)state;
	struct err e;
	struct bytes *b = fresh(false);
	put(b, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 35);
	assert_null(open_bytes(b, NULL, &e));
	assert_non_null(strstr(e.what, "not a pcap or pcapng capture"));
	b->len = 6;
	assert_null(open_bytes(b, NULL, &e));
	assert_non_null(strstr(e.what, "only 6 bytes"));
	assert_null(source_open_file("/nowhere/at/all.pcap", NULL, &e));
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.where, "/nowhere/at/all.pcap");
	assert_null(source_open_file("/", NULL, &e));
	assert_non_null(strstr(e.what, "folder"));
}

/* Runs `check` with a pipe that holds `b` for standard input. */
static void with_pipe(const struct bytes *b, void (*check)(void))
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	const pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		for (size_t done = 0; done < b->len;) {
			const ssize_t n = write(ends[1], b->at + done, b->len - done > 7 ? 7 : b->len - done);
			if (n <= 0)
				_exit(1);
			done += (size_t)n;
		}
		_exit(0);
	}
	close(ends[1]);
	const int before = dup(STDIN_FILENO);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	check();
	dup2(before, STDIN_FILENO);
	close(before);
	waitpid(child, NULL, 0);
}

static void check_piped(void)
{
	struct err e;
	uint64_t total;
	struct source *s = source_open_file("-", NULL, &e);
	assert_non_null(s);
	assert_string_equal(source_name(s), "standard input");
	check_whole(s, 123456789);
	assert_int_equal(source_position(s, &total), 24 + FRAMES * (16 + FRAME_LEN));
	assert_int_equal(total, 0);
	source_close(s);
}

/* What another has opened: it has the name it is given, and belongs to the source. */
static void check_taken_over(void)
{
	struct err e;
	const int fd = dup(STDIN_FILENO);
	struct source *s = source_open_descriptor(fd, "somewhere/x.pcap", NULL, &e);
	assert_non_null(s);
	assert_string_equal(source_name(s), "somewhere/x.pcap");
	check_whole(s, 123456789);
	source_close(s);
	assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void check_nothing_piped(void)
{
	struct err e;
	assert_null(source_open_file("-", NULL, &e));
	assert_string_equal(e.where, "standard input");
	assert_non_null(strstr(e.what, "not a pcap or pcapng capture"));
}

static void standard_input(void **state)
{
	(void)state;
	struct bytes *b = fresh(false);
	put_classic(b, true);
	with_pipe(b, check_piped);
	with_pipe(b, check_taken_over);
	b->len = 0;
	with_pipe(b, check_nothing_piped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats),
		cmocka_unit_test(more_at_once),
		cmocka_unit_test(more_of_what_is_cut),
		cmocka_unit_test(dumped),
		cmocka_unit_test(filters),
		cmocka_unit_test(cut_classic),
		cmocka_unit_test(cut_next_generation),
		cmocka_unit_test(lies),
		cmocka_unit_test(odd_records),
		cmocka_unit_test(not_captures),
		cmocka_unit_test(standard_input),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
