/* Notebooks and findings: laid out, lent, given back; and the list of detectors. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "tunnel/fold.h"
#include "owner.h"
#include "room.h"

static const uint64_t some_id = 1;
static const struct tunnel_owner owner = { owner_pair, owner_flow_id, &some_id };

static struct tunnel_kit kit_for(size_t connections)
{
	struct tunnel_kit k;
	struct err e;
	assert_true(tunnel_kit_init(&k, connections, NULL, &e));
	return k;
}

/* Only one detector is awake, so that the test does not depend on the others. */
static void begin_with(struct tunnel *t, const char *detector)
{
	tunnel_init(t, NULL);
	unsigned which = 0;
	while (strcmp(tunnel_detector(which)->name, detector) != 0)
		which++;
	t->never = ~(UINT64_C(1) << which) & ALL_DETECTORS;
}

static void begin(struct tunnel *t)
{
	begin_with(t, "gnu-httptunnel");
}

static void list_is_sound(void **state)
{
	(void)state;
	size_t memory = 0, shared = 0;
	unsigned n = 0;
	for (const struct detector *d; (d = tunnel_detector(n)) != NULL; n++) {
		assert_non_null(d->name);
		assert_non_null(d->catches);
		assert_non_null(d->see);
		assert_non_null(d->source);
		assert_true(d->proof == 'A' || d->proof == 'B');
		for (const char *c = d->name; *c != '\0'; c++)
			assert_true((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '-');
		for (unsigned i = 0; i < n; i++)
			assert_string_not_equal(tunnel_detector(i)->name, d->name);
		memory += (d->memory + 15) / 16 * 16;
		shared += (d->shared + 15) / 16 * 16;
	}
	assert_true(n > 0 && n <= MAX_DETECTORS);
	assert_null(tunnel_detector(1000));
	assert_true(tunnel_shared_size() > shared);
	struct tunnel_kit k = kit_for(4);
	assert_int_equal(k.notebooks[WHOLE].size, memory + (sizeof(struct notebook) + 15) / 16 * 16);
	tunnel_kit_fini(&k);
}

static struct head *plain_head(void)
{
	struct head *h = calloc(1, sizeof *h);
	h->method = METHOD_GET;
	h->target = SLICE("/");
	return h;
}

static void notebook_from_the_first_message_on(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(1);
	struct tunnel t, u, v;
	struct dossier d = { .room = room_for_notes() };
	struct head *h = plain_head();
	begin(&t);
	begin(&u);
	begin(&v);
	const struct http_event body = { .kind = HTTP_BODY, .bytes = SLICE("x"), .eat = 1 };
	assert_false(tunnel_see(&k, &t, &body, &d, &owner));
	assert_int_equal(k.notebooks[LEAF].used, 0);
	const struct http_event ask = { .kind = HTTP_REQUEST, .head = h, .eat = 9, .t = 5 };
	const struct http_event asked = { .kind = HTTP_MESSAGE_END, .t = 5 };
	assert_false(tunnel_see(&k, &t, &ask, &d, &owner));
	assert_int_equal(k.notebooks[LEAF].used, 1);
	assert_false(tunnel_see(&k, &t, &asked, &d, &owner));
	assert_int_equal(k.notebooks[FOLDED].used, 1);
	assert_int_equal(k.notebooks[LEAF].used + k.notebooks[WHOLE].used, 0);
	assert_int_equal(t.notebook->t, 5);
	/* None left to be folded into: it stays as it is, and that is no loss. */
	assert_false(tunnel_see(&k, &u, &ask, &d, &owner));
	assert_false(tunnel_see(&k, &u, &asked, &d, &owner));
	assert_true(u.sheet == LEAF && !u.exhausted && tunnel_kit_refused(&k) == 0);
	assert_int_equal(((uintptr_t)u.notebook) % 16, 0);
	/* None left: that connection is watched less, and says so. */
	assert_false(tunnel_see(&k, &v, &ask, &d, &owner));
	assert_true(v.exhausted && tunnel_kit_refused(&k) == 1);
	assert_null(v.notebook);
	assert_false(tunnel_see(&k, &v, &body, &d, &owner));
	/* Nor one to be unfolded into. */
	assert_null(tunnel_finding(&t));
	tunnel_end(&k, &t, &d, &owner);
	assert_true(t.exhausted && t.notebook == NULL && k.notebooks[FOLDED].used == 0);
	tunnel_end(&k, &u, &d, &owner);
	tunnel_end(&k, &v, &d, &owner);
	assert_null(tunnel_finding(&u));
	tunnel_fini(&k, &t);
	tunnel_fini(&k, &u);
	tunnel_fini(&k, &u);
	tunnel_fini(&k, &v);
	assert_int_equal(k.notebooks[LEAF].used, 0);
	tunnel_kit_fini(&k);
	free(h);
}

/* What a waiting request leaves is the same behind the fold as before it. */
static void folded_and_back(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(2);
	struct tunnel t, u;
	struct dossier d = { .room = room_for_notes() };
	struct head *h = plain_head();
	h->target = SLICE("/where/to1234");
	begin(&t);
	begin(&u);
	t.never = u.never = 0;
	assert_true(k.notebooks[FOLDED].size < k.notebooks[LEAF].size / 3);
	const struct http_event ask = { .kind = HTTP_REQUEST, .head = h, .eat = 9, .t = 5 };
	const struct http_event asked = { .kind = HTTP_MESSAGE_END, .t = 6 };
	assert_false(tunnel_see(&k, &t, &ask, &d, &owner));
	fold(&k, &t);
	assert_int_equal(t.sheet, LEAF);
	assert_false(tunnel_see(&k, &t, &asked, &d, &owner));
	assert_int_equal(t.sheet, FOLDED);
	/* A leaf as it was before it was folded: there was no other room for it. */
	assert_non_null(pool_take(&k.notebooks[FOLDED]));
	assert_false(tunnel_see(&k, &u, &ask, &d, &owner));
	assert_false(tunnel_see(&k, &u, &asked, &d, &owner));
	assert_int_equal(u.sheet, LEAF);
	unfold(&k, &t);
	assert_int_equal(t.sheet, LEAF);
	assert_true(t.notebook->clear != 0 && t.notebook->clear == u.notebook->clear);
	assert_int_equal(t.notebook->t, 5);
	assert_memory_equal(t.notebook->done, u.notebook->done, sizeof u.notebook->done);
	for (unsigned i = 0; i < MAX_DETECTORS; i++)
		if ((u.notebook->clear >> i & 1) != 0)
			assert_memory_equal((unsigned char *)t.notebook + k.at[i].mine_at,
			    (unsigned char *)u.notebook + k.at[i].mine_at, k.at[i].memory);
	fold(&k, &t);
	assert_int_equal(t.sheet, FOLDED);
	/* What somebody listens to, or has found, stays where it is; so does what is more than a waiting request leaves. */
	u.notebook->listening[SERVER] = 1;
	assert_int_equal(k.notebooks[FOLDED].used, 2);
	tunnel_fini(&k, &t);
	fold(&k, &u);
	assert_int_equal(u.sheet, LEAF);
	u.notebook->listening[SERVER] = 0;
	const unsigned first = (unsigned)__builtin_ctzll(u.notebook->clear);
	unsigned char *const last = (unsigned char *)u.notebook + k.at[first].mine_at + k.at[first].memory - 1;
	*last = 1;
	fold(&k, &u);
	assert_int_equal(u.sheet, LEAF);
	*last = 0;
	fold(&k, &u);
	assert_int_equal(u.sheet, FOLDED);
	tunnel_fini(&k, &u);
	assert_int_equal(k.notebooks[FOLDED].used, 1);
	tunnel_kit_fini(&k);
	free(h);
}

/* Who wakes later finds what was written before in a whole notebook; when there is none, he is not shown anything. */
static void a_stub_is_outgrown(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(1);
	struct tunnel t, u;
	struct dossier d = { .room = room_for_notes() };
	struct head *h = plain_head();
	begin(&t);
	begin(&u);
	t.never = u.never = 0;
	assert_true(k.notebooks[LEAF].size < k.notebooks[SLIP].size / 2 &&
		    k.notebooks[SLIP].size < k.notebooks[WHOLE].size / 2);
	const struct http_event ask = { .kind = HTTP_REQUEST, .head = h, .eat = 9, .t = 5 };
	const struct http_event asked = { .kind = HTTP_MESSAGE_END, .t = 5 };
	tunnel_see(&k, &t, &ask, &d, &owner);
	tunnel_see(&k, &t, &asked, &d, &owner);
	assert_int_equal(t.sheet, FOLDED);
	const uint64_t clear = t.notebook->clear;
	assert_true(clear != 0);
	struct http_event post = ask;
	post.rule = BODY_LENGTH;
	h->length = 100;
	h->length_valid = h->has_length = true;
	tunnel_see(&k, &t, &post, &d, &owner);
	assert_int_equal(t.sheet, WHOLE);
	assert_int_equal(k.notebooks[LEAF].used, 0);
	assert_int_equal(k.notebooks[WHOLE].used, 1);
	assert_int_equal(t.notebook->clear & clear, clear);
	tunnel_see(&k, &u, &ask, &d, &owner);
	tunnel_see(&k, &u, &asked, &d, &owner);
	assert_int_equal(u.sheet, FOLDED);
	tunnel_see(&k, &u, &post, &d, &owner);
	assert_true(u.sheet == LEAF && u.exhausted);
	assert_int_equal(u.awake & ~k.fits[LEAF], 0);
	assert_int_equal(~u.never & ALL_DETECTORS & ~k.fits[LEAF], 0);
	tunnel_end(&k, &t, &d, &owner);
	tunnel_end(&k, &u, &d, &owner);
	tunnel_fini(&k, &t);
	tunnel_fini(&k, &u);
	assert_int_equal(k.notebooks[LEAF].used + k.notebooks[WHOLE].used, 0);
	tunnel_kit_fini(&k);
	free(h);
}

/* Content of which no sample could be had is not listened to; one that was lent is given back with the message. */
static void samples_run_out(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(1);
	struct tunnel t, u;
	struct dossier d = { .room = room_for_notes() };
	struct head *h = plain_head();
	h->method = METHOD_POST;
	h->length = 1000;
	const struct http_event ask = { .kind = HTTP_REQUEST, .head = h, .eat = 9, .rule = BODY_LENGTH };
	const struct http_event body = { .kind = HTTP_BODY, .bytes = SLICE("some text"), .eat = 9, .offset = 9 };
	const struct http_event end = { .kind = HTTP_MESSAGE_END };
	begin_with(&t, "unknown");
	begin_with(&u, "unknown");
	assert_true(tunnel_see(&k, &t, &ask, &d, &owner));
	assert_int_equal(k.samples.used, 1);
	assert_true(tunnel_see(&k, &t, &body, &d, &owner));
	tunnel_see(&k, &t, &end, &d, &owner);
	assert_int_equal(k.samples.used, 0);
	tunnel_fini(&k, &t);
	while (pool_take(&k.samples) != NULL)
		continue;
	const uint64_t refused = tunnel_kit_refused(&k);
	tunnel_see(&k, &u, &ask, &d, &owner);
	assert_true(u.exhausted);
	assert_int_equal(tunnel_kit_refused(&k), refused + 1);
	tunnel_see(&k, &u, &body, &d, &owner);
	tunnel_see(&k, &u, &end, &d, &owner);
	tunnel_fini(&k, &u);
	tunnel_kit_fini(&k);
	free(h);
}

/* Listening is per message and per side, and ends with the message. */
static void listening(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(4);
	struct tunnel t;
	struct dossier d = { .room = room_for_notes() };
	struct head *h = plain_head();
	h->method = METHOD_POST;
	h->length = 1000;
	begin(&t);
	const struct http_event ask = { .kind = HTTP_REQUEST, .head = h, .eat = 9, .rule = BODY_LENGTH };
	const struct http_event body = { .kind = HTTP_BODY, .bytes = SLICE("\1\0\1\x2a"), .eat = 4, .offset = 9 };
	const struct http_event answer_body = { .kind = HTTP_BODY, .from = SERVER, .bytes = SLICE("x"), .eat = 1 };
	const struct http_event end = { .kind = HTTP_MESSAGE_END };
	const struct http_event wait = { .kind = HTTP_WAIT };
	assert_true(tunnel_see(&k, &t, &ask, &d, &owner));
	assert_true(tunnel_see(&k, &t, &body, &d, &owner));
	assert_true(tunnel_see(&k, &t, &wait, &d, &owner));
	assert_false(tunnel_see(&k, &t, &answer_body, &d, &owner));
	assert_false(tunnel_see(&k, &t, &end, &d, &owner));
	assert_false(tunnel_see(&k, &t, &body, &d, &owner));
	/* An interim answer leaves everything as it was. */
	assert_true(tunnel_see(&k, &t, &ask, &d, &owner));
	struct head *interim = plain_head();
	interim->status = 100;
	const struct http_event go_on = {
		.kind = HTTP_RESPONSE, .from = SERVER, .head = interim, .interim = true, .ask = { .known = true }
	};
	assert_false(tunnel_see(&k, &t, &go_on, &d, &owner));
	assert_true(tunnel_see(&k, &t, &body, &d, &owner));
	/* Lost framing ends it. */
	const struct http_event lost = { .kind = HTTP_LOST };
	assert_false(tunnel_see(&k, &t, &lost, &d, &owner));
	tunnel_fini(&k, &t);
	tunnel_kit_fini(&k);
	free(interim);
	free(h);
}

/* The end of a message without content is news to nobody; that of an upload is. */
static void ends_that_are_awaited(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(4);
	struct tunnel t;
	struct dossier d = { .room = room_for_notes() };
	struct head *h = plain_head();
	begin(&t);
	const struct http_event ask = { .kind = HTTP_REQUEST, .head = h, .eat = 9, .t = 3 };
	const struct http_event end = { .kind = HTTP_MESSAGE_END, .t = 4 };
	tunnel_see(&k, &t, &ask, &d, &owner);
	assert_true(tunnel_ends_unseen(&k, &t, &end));
	assert_int_equal(t.notebook->t, 4);
	assert_int_equal(t.sheet, FOLDED);
	assert_false(tunnel_ends_unseen(&k, &t, &end));
	const struct http_event answers_end = { .kind = HTTP_MESSAGE_END, .from = SERVER };
	assert_false(tunnel_ends_unseen(&k, &t, &answers_end));
	const struct http_event lost = { .kind = HTTP_LOST };
	assert_false(tunnel_ends_unseen(&k, &t, &lost));
	h->method = METHOD_POST;
	h->length = 1000;
	struct http_event post = ask;
	post.rule = BODY_LENGTH;
	tunnel_see(&k, &t, &post, &d, &owner);
	assert_false(tunnel_ends_unseen(&k, &t, &end));
	tunnel_fini(&k, &t);
	tunnel_kit_fini(&k);
	free(h);
}

static void findings_are_lent(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(4);
	struct tunnel t;
	begin(&t);
	t.notebook = pool_take(&k.notebooks[LEAF]);
	t.sheet = LEAF;
	const struct sight one = { .kit = &k, .tunnel = &t, .owner = &owner, .which = 1 };
	const struct sight two = { .kit = &k, .tunnel = &t, .owner = &owner, .which = 2 };
	/* Tried, given back. */
	struct finding *f = tunnel_try_finding(&one);
	assert_non_null(f);
	assert_ptr_equal(tunnel_try_finding(&one), f);
	assert_null(tunnel_try_finding(&two));
	assert_null(tunnel_finding(&t));
	tunnel_return_finding(&two);
	assert_int_equal(k.findings.used, 1);
	tunnel_return_finding(&one);
	assert_int_equal(k.findings.used, 0);
	/* Proof takes over suspicion, and nothing of it stays. */
	f = tunnel_try_finding(&one);
	f->inner_len[CLIENT] = 5;
	f = tunnel_lend_finding(&two);
	assert_non_null(f);
	assert_int_equal(f->inner_len[CLIENT], 0);
	f->tool = "two";
	/* The first to be sure keeps it. */
	assert_null(tunnel_lend_finding(&one));
	assert_null(tunnel_try_finding(&one));
	tunnel_return_finding(&two);
	assert_string_equal(tunnel_finding(&t)->tool, "two");
	tunnel_fini(&k, &t);
	assert_int_equal(k.findings.used, 0);
	tunnel_kit_fini(&k);
}

static void findings_run_out(void **state)
{
	(void)state;
	struct tunnel_kit k = kit_for(2048);
	assert_int_equal(k.findings.count, 2048 / 16);
	struct tunnel t;
	begin(&t);
	t.notebook = pool_take(&k.notebooks[LEAF]);
	t.sheet = LEAF;
	const struct sight s = { .kit = &k, .tunnel = &t, .owner = &owner };
	while (pool_take(&k.findings) != NULL)
		continue;
	assert_null(tunnel_lend_finding(&s));
	assert_true(t.exhausted);
	tunnel_return_finding(&s);
	assert_null(tunnel_finding(&t));
	tunnel_fini(&k, &t);
	tunnel_kit_fini(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_sound),
		cmocka_unit_test(notebook_from_the_first_message_on),
		cmocka_unit_test(folded_and_back),
		cmocka_unit_test(a_stub_is_outgrown),
		cmocka_unit_test(samples_run_out),
		cmocka_unit_test(listening),
		cmocka_unit_test(ends_that_are_awaited),
		cmocka_unit_test(findings_are_lent),
		cmocka_unit_test(findings_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
