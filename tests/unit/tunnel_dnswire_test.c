/* DNS header and question: read in any pieces, and what is none. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/dnswire.h"

#define HEADER(flags, counts) "\x12\x34" flags counts
#define ASK                   HEADER("\1\0", "\0\1\0\0\0\0\0\0")
#define QUESTION              "\3www\7example\0\0\1\0\1"

static struct dnswire read_in(struct slice in, size_t piece)
{
	struct dnswire d;
	dnswire_begin(&d);
	for (; in.len != 0; in = slice_from(in, piece))
		dnswire_read(&d, slice_head(in, piece));
	return d;
}

static void in_pieces(void **state)
{
	(void)state;
	const struct slice ask = SLICE(ASK QUESTION);
	const struct dnswire whole = read_in(ask, ask.len);
	assert_true(dnswire_is_question(&whole));
	assert_false(dnswire_is_answer(&whole));
	for (size_t piece = 1; piece < ask.len; piece++) {
		const struct dnswire d = read_in(ask, piece);
		assert_memory_equal(&d, &whole, sizeof d);
	}
	/* Short of one byte it is neither. */
	const struct dnswire cut = read_in(slice_head(ask, ask.len - 1), 7);
	assert_false(dnswire_is_question(&cut));
	assert_false(dnswire_bad(&cut));
}

static void answers_repeat_the_question(void **state)
{
	(void)state;
	const struct slice ask = SLICE(ASK QUESTION "\0\0\x29\2\0\0\0\0\0\0\0");
	const struct slice answer = SLICE(HEADER("\x81\x80", "\0\1\0\1\0\0\0\0") "\3wWw\7eXample\0\0\1\0\1\xc0\x0c");
	const struct slice other = SLICE(HEADER("\x81\x83", "\0\1\0\0\0\1\0\0") "\3www\7example\0\0\x1c\0\1");
	const struct dnswire a = read_in(ask, 5), b = read_in(answer, 5), c = read_in(other, 5);
	assert_true(dnswire_is_question(&a));
	assert_true(dnswire_is_answer(&b));
	assert_true(dnswire_is_answer(&c));
	assert_true(a.question == b.question);
	assert_true(a.question != c.question);
}

static void what_is_none(void **state)
{
	(void)state;
	const struct slice none[] = {
		SLICE("{\"Status\":0,\"Question\":[]}"), SLICE("<html><body>no</body></html>"),
		SLICE(HEADER("\1\0", "\0\2\0\0\0\0\0\0") QUESTION),          /* two questions */
		SLICE(HEADER("\1\0", "\0\1\0\1\0\0\0\0") QUESTION),          /* a question that answers */
		SLICE(HEADER("\x28\0", "\0\1\0\0\0\0\0\0") QUESTION),        /* an update */
		SLICE(HEADER("\x81\x8f", "\0\1\0\0\0\0\0\0") QUESTION),      /* no such code */
		SLICE(ASK "\xc0\x0c\0\1\0\1"),                               /* a pointer to nowhere */
		SLICE(ASK "\3www\7example\0\0\1\0\7"),                       /* no such class */
		SLICE(ASK "\3www\7example\0\0\0\0\1"),                       /* no such type */
		SLICE("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), /* zeros */
	};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		const struct dnswire d = read_in(none[i], 3);
		assert_true(dnswire_bad(&d));
	}
}

static void long_names_end(void **state)
{
	(void)state;
	struct dnswire d;
	dnswire_begin(&d);
	dnswire_read(&d, SLICE(ASK));
	for (unsigned i = 0; i < 200; i++)
		dnswire_read(&d, SLICE("\1a"));
	assert_true(dnswire_bad(&d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_pieces),
		cmocka_unit_test(answers_repeat_the_question),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(long_names_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
