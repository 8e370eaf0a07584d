#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/ring.h"
#include "json_check.h"
#include "report/report.h"
#include "story.h"

struct desk {
	char file[80];
	struct made_up x;
	struct err e;
	char text[400000];
	size_t len;
};

static int make_desk(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	const char *base = getenv("TMPDIR");
	if (d == NULL)
		return -1;
	snprintf(d->file, sizeof d->file, "%.40s/report-XXXXXX", base != NULL ? base : "/tmp");
	const int fd = mkstemp(d->file);
	if (fd < 0)
		return -1;
	close(fd);
	*state = d;
	return 0;
}

static int clear_desk(void **state)
{
	struct desk *d = *state;
	unlink(d->file);
	free(d);
	return 0;
}

static void read_back(struct desk *d)
{
	FILE *f = fopen(d->file, "rb");
	assert_non_null(f);
	d->len = fread(d->text, 1, sizeof d->text - 1, f);
	d->text[d->len] = '\0';
	fclose(f);
}

static unsigned count_lines(const struct desk *d, bool json)
{
	unsigned count = 0;
	for (const char *at = d->text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, count++)
		assert_true(!json || json_check_line(at, (size_t)(end + 1 - at)));
	return count;
}

/* One of each kind, told in order. */
static void tell_all(struct desk *d, enum report_format format)
{
	const struct report_stats stats = { .source = "x.pcap", .frames = 1 };
	struct reporter *r = reporter_open(d->file, format, &d->e);
	assert_non_null(r);
	story_begin(&d->x, LABEL_BLIND_RELAY);
	const struct handshake_record *h = story_connect(&d->x, 0, "a.example", 443);
	report_handshake(r, &d->x.f, 0, h);
	report_label(r, &d->x.f, LABEL_UNDECIDED);
	report_anomaly(r, &d->x.f, ODD_BARE_LF, CLIENT, 3);
	report_flow(r, &d->x.f);
	report_stats(r, &stats);
	assert_int_equal(reporter_lines(r), format == REPORT_JSON ? 5 : 1);
	assert_true(reporter_close(r, &d->e));
	read_back(d);
}

static void each_kind_is_one_line(void **state)
{
	struct desk *d = *state;
	static const char *const kinds[] = { "\"event_type\":\"handshake\"", "\"event_type\":\"label\"",
		"\"event_type\":\"anomaly\"", "\"event_type\":\"flow\"", "\"event_type\":\"stats\"" };
	tell_all(d, REPORT_JSON);
	assert_int_equal(count_lines(d, true), 5);
	const char *at = d->text;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *end = strchr(at, '\n');
		const char *found = strstr(at, kinds[i]);
		assert_true(found != NULL && found < end);
		at = end + 1;
	}
}

static void people_get_one_line_a_conversation(void **state)
{
	struct desk *d = *state;
	tell_all(d, REPORT_TEXT);
	assert_int_equal(count_lines(d, false), 1);
	assert_non_null(strstr(d->text, "connect a.example:443 accepted"));
	assert_null(memchr(d->text, 0x1b, d->len));
}

/* What does not fit in a line is told short of its strings, and never left out. */
static void an_overlong_record_is_told_short(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	struct reporter *r = reporter_open(d->file, REPORT_JSON, &d->e);
	assert_non_null(r);
	story_begin(x, LABEL_BLIND_RELAY);
	for (unsigned level = 0; level <= MAX_NESTING; level++)
		for (unsigned i = 0; i < MAX_HANDSHAKES; i++) {
			struct handshake_record *h = story_connect(x, level, "h", 1);
			memset(h->target, 0x1b, sizeof h->target);
			h->target_len = sizeof h->target;
		}
	report_flow(r, &x->f);
	report_flow(r, &x->f);
	assert_int_equal(reporter_bare(r), 2);
	assert_int_equal(reporter_cut(r), 0);
	assert_true(reporter_close(r, &d->e));
	read_back(d);
	assert_int_equal(count_lines(d, true), 2);
	assert_true(d->len < 2 * MAX_LINE);
	assert_non_null(strstr(d->text, "\"truncated\":true}}\n"));
	assert_non_null(strstr(d->text, "\"label\":\"blind-relay\""));
	assert_null(strstr(d->text, "\"target\":"));
}

/* Asserts that the line at `at` has the id of the conversation of that port; returns where the next one begins. */
static const char *assert_line(const char *at, struct flow_key *key, unsigned port)
{
	char want[64] = "\"community_id\":\"";
	const char *const end = strchr(at, '\n');
	assert_non_null(end);
	key->lo.port = (uint16_t)port;
	community_id(key, want + strlen(want));
	const char *const found = strstr(at, want);
	assert_true(found != NULL && found < end);
	snprintf(want, sizeof want, "\"src_port\":%u,", port);
	const char *const from = strstr(at, want);
	assert_true(from != NULL && from < end);
	return end + 1;
}

/* Ids are made many at once: each line has its own all the same, in the order in which they were told, also where one was made twice,
 * where lines are long, and after a look at the counters. */
static void each_line_has_its_own_id(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	struct reporter *r = reporter_open(d->file, REPORT_JSON, &d->e);
	assert_non_null(r);
	for (unsigned i = 0; i < 100; i++) {
		story_begin(x, LABEL_BLIND_RELAY);
		x->f.client_is_lo = true;
		x->key.lo.port = (uint16_t)(1000 + i);
		const bool too_long = i % 11 == 5;
		for (unsigned n = 0; n < (too_long ? MAX_HANDSHAKES * (MAX_NESTING + 1) : i % 3); n++) {
			struct handshake_record *h = story_connect(x, n % (MAX_NESTING + 1), "h", 1);
			memset(h->target, too_long ? 0x1b : 'x', sizeof h->target);
			h->target_len = sizeof h->target;
		}
		report_flow(r, &x->f);
		if (i == 33)
			assert_int_equal(reporter_lines(r), 34);
	}
	assert_int_equal(reporter_bare(r), 9);
	assert_true(reporter_close(r, &d->e));
	read_back(d);
	assert_int_equal(count_lines(d, true), 100);
	const char *at = d->text;
	for (unsigned i = 0; i < 100; i++)
		at = assert_line(at, &x->key, 1000 + i);
}

static unsigned take_all(struct ring *ring, struct made_up *x, unsigned taken)
{
	static char item[sizeof(struct line_place) + MAX_LINE + 1];
	uint32_t tag;
	size_t len;
	struct line_place place;
	while (ring_take(ring, &tag, item, sizeof item - 1, &len) == RING_ITEM) {
		memcpy(&place, item, sizeof place);
		assert_int_equal(place.turn, 100 * taken);
		assert_int_equal(place.order, taken);
		item[len] = '\0';
		assert_line(item + sizeof place, &x->key, taken++);
	}
	return taken;
}

/* Who waits for a turn to be over finds then all that was told before it: it is not said while lines are held, and those are not
 * held for ever. */
static void a_turn_is_said_when_nothing_is_held(void **state)
{
	struct desk *d = *state;
	struct made_up *x = &d->x;
	struct ring ring;
	assert_true(ring_init(&ring, 1 << 20, -1, &d->e));
	struct ring reader = ring;
	struct reporter *r = reporter_open_ring(&ring, 5, REPORT_JSON, false, &d->e);
	assert_non_null(r);
	reporter_patient(r);
	unsigned taken = 0, told = 0;
	for (uint64_t turn = 0; turn < 50000; turn++) {
		reporter_place(r, NULL, turn, UINT64_MAX);
		const uint64_t said = ring_said(&reader);
		taken = take_all(&reader, x, taken);
		assert_true(said <= turn && turn - said <= 5000);
		assert_true(taken == told || 100 * (uint64_t)taken >= said);
		if (turn % 100 == 0 && told < 150) {
			story_begin(x, LABEL_BLIND_RELAY);
			x->f.client_is_lo = true;
			x->key.lo.port = (uint16_t)told;
			reporter_place(r, NULL, turn, told++);
			report_flow(r, &x->f);
		}
	}
	assert_int_equal(taken, 150);
	assert_true(reporter_close(r, &d->e));
	ring_fini(&ring);
}

static void lost_records_are_said_in_the_counters_and_at_the_end(void **state)
{
	struct desk *d = *state;
	struct reporter *r = reporter_open("/dev/full", REPORT_JSON, &d->e);
	assert_non_null(r);
	story_begin(&d->x, LABEL_PLAIN_HTTP);
	for (unsigned i = 0; i < 1000; i++)
		report_flow(r, &d->x.f);
	assert_true(reporter_lines(r) < 1000);
	assert_false(reporter_close(r, &d->e));
	assert_non_null(strstr(d->e.what, "1000 of 1000 records were lost"));
	assert_string_equal(d->e.where, "/dev/full");
}

static void a_place_that_is_not_there(void **state)
{
	struct desk *d = *state;
	assert_null(reporter_open("/no/such/folder/x", REPORT_JSON, &d->e));
	assert_string_equal(d->e.where, "/no/such/folder/x");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_desk, clear_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_is_one_line),
		TEST(people_get_one_line_a_conversation),
		TEST(an_overlong_record_is_told_short),
		TEST(each_line_has_its_own_id),
		TEST(a_turn_is_said_when_nothing_is_held),
		TEST(lost_records_are_said_in_the_counters_and_at_the_end),
		TEST(a_place_that_is_not_there),
	};
	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
