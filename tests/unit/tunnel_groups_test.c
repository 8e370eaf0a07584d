/* Groups: found again, bounded, the longest unused gives way and is counted; joins and waking likewise. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tunnel/groups.h"
#include "tunnel/join.h"
#include "tunnel/wake.h"

static void found_again(void **state)
{
	(void)state;
	struct groups g;
	struct err e;
	assert_true(groups_init(&g, 16, &e));
	assert_null(groups_find(&g, 77));
	groups_get(&g, 77, 1)->requests = 5;
	assert_int_equal(groups_get(&g, 77, 2)->requests, 5);
	assert_int_equal(groups_find(&g, 77)->requests, 5);
	assert_null(groups_get(&g, 0, 1));
	assert_null(groups_find(&g, 0));
	assert_int_equal(g.evicted, 0);
	groups_fini(&g);
}

/* Five keys of one set of four: the longest unused is gone, the others are there. */
static void longest_unused_gives_way(void **state)
{
	(void)state;
	struct groups g;
	struct err e;
	assert_true(groups_init(&g, 16, &e));
	for (uint64_t i = 1; i <= 4; i++)
		groups_get(&g, i, (int64_t)i)->last = (int64_t)i;
	groups_find(&g, 1)->last = 10;
	groups_get(&g, 5, 11)->last = 11;
	assert_null(groups_find(&g, 2));
	assert_non_null(groups_find(&g, 1));
	assert_non_null(groups_find(&g, 5));
	assert_int_equal(g.evicted, 1);
	groups_fini(&g);
}

static void joins(void **state)
{
	(void)state;
	struct joins j = { 0 };
	struct finding f = { 0 };
	assert_null(join_find(&j, 1, 9));
	struct join *k = join_get(&j, 1, 9, 100, 5);
	assert_int_equal(k->id, 100);
	for (uint64_t flow = 100; flow < 100 + FINDING_PEERS + 3; flow++)
		join_enter(k, flow, (int64_t)flow);
	join_enter(k, 110, 200);
	assert_ptr_equal(join_get(&j, 1, 9, 999, 6), k);
	assert_null(join_find(&j, 2, 9));
	join_tell(k, 110, &f);
	assert_int_equal(f.tunnel_id, 100);
	assert_int_equal(f.peer_count, FINDING_PEERS - 1);
	for (unsigned i = 0; i < f.peer_count; i++)
		assert_true(f.peers[i] != 110 && f.peers[i] >= 103);
	assert_null(join_get(NULL, 1, 9, 1, 1));
}

/* A proven tunnel is not pushed out by suspicions. */
static void proven_stays(void **state)
{
	(void)state;
	struct joins j = { 0 };
	join_get(&j, 1, 9, 100, 1)->found = true;
	for (uint64_t key = 1; key <= 20; key++)
		join_get(&j, 3, key, key, (int64_t)key + 10);
	assert_non_null(join_find(&j, 1, 9));
	assert_non_null(join_find(&j, 3, 20));
	assert_null(join_find(&j, 3, 1));
}

static const char *const names[] = { "x-cmd", "x-target", NULL };
static const char *const by_method[] = { WAKE_METHOD, NULL };

static void waking(void **state)
{
	(void)state;
	const struct detector always = { .fields = NULL }, fields = { .fields = names },
			      method = { .fields = by_method }, content = { .when = WHEN_CONTENT },
			      query = { .when = WHEN_QUERY | WHEN_LONG };
	struct wake w = { 0 };
	wake_add(&w, 0, &always);
	wake_add(&w, 5, &fields);
	wake_add(&w, 63, &method);
	wake_add(&w, 7, &content);
	wake_add(&w, 8, &query);
	struct head h = { .method = METHOD_GET, .field_count = 1, .names = UINT64_MAX, .target = SLICE("/") };
	struct http_event ev = { .kind = HTTP_REQUEST, .head = &h };
	h.fields[0].name = SLICE("Host");
	assert_int_equal(wake_ask(&w, &ev), 1);
	h.fields[0].name = SLICE("X-CMD");
	assert_int_equal(wake_ask(&w, &ev), 1 | 1 << 5);
	h.fields[0].name = SLICE("");
	h.target = SLICE("/?a");
	assert_int_equal(wake_ask(&w, &ev), 1 | 1 << 8);
	h.target = SLICE("/123e4567-e89b-12d3-a456-426614174000");
	assert_int_equal(wake_ask(&w, &ev), 1 | 1 << 8);
	h.target = SLICE("/");
	ev.rule = BODY_LENGTH;
	assert_int_equal(wake_ask(&w, &ev), 1);
	h.length = 5;
	assert_int_equal(wake_ask(&w, &ev), 1 | 1 << 7);
	ev.rule = BODY_NONE;
	h.method = METHOD_OTHER;
	assert_true(wake_ask(&w, &ev) == (1 | UINT64_C(1) << 63));
	ev.kind = HTTP_RESPONSE;
	ev.ask.known = true;
	assert_int_equal(wake_ask(&w, &ev), 1);
	ev.ask.known = false;
	assert_true(wake_ask(&w, &ev) == (1 | 1 << 7 | 1 << 8 | UINT64_C(1) << 63));
}

/* What every browser and server sends wakes no detector by mistake. */
static void usual_names_wake_nobody(void **state)
{
	(void)state;
	static const char *const usual[] = { "Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language",
		"Connection", "Content-Type", "Content-Length", "Date", "Server", "Cache-Control", "ETag",
		"Last-Modified", "Expires", "Vary", "Content-Encoding", "Transfer-Encoding" };
	struct wake w = { 0 };
	for (unsigned i = 0; tunnel_detector(i) != NULL; i++)
		wake_add(&w, i, tunnel_detector(i));
	struct head h = { .method = METHOD_GET, .field_count = 1, .target = SLICE("/") };
	const struct http_event ev = { .kind = HTTP_REQUEST, .head = &h };
	for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
		h.fields[0].name = (struct slice){ (const uint8_t *)usual[i], strlen(usual[i]) };
		h.names = UINT64_C(1) << field_bit(h.fields[0].name);
		assert_true((h.names & w.names) == 0);
		assert_true(wake_ask(&w, &ev) == w.always);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(found_again), cmocka_unit_test(longest_unused_gives_way),
		cmocka_unit_test(joins), cmocka_unit_test(proven_stays), cmocka_unit_test(waking),
		cmocka_unit_test(usual_names_wake_nobody) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
