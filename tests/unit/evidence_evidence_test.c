/* The dossier keeps each sign once, the strong ones whatever comes; names are all there and all different. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "evidence/evidence.h"
#include "room.h"

static const struct sign weak[12] = {
	[0 ... 11] = { "test", "weak", FOR_HTTP, WEAK },
};
static const struct sign strong[12] = {
	[0 ... 11] = { "test", "strong", FOR_TUNNEL, STRONG },
};
static const struct sign proof = { "test", "proof", FOR_RELAY, PROOF };

static void a_sign_is_noted_once_and_the_first_stays(void **state)
{
	(void)state;
	struct dossier d = { .room = room_for_notes() };
	assert_true(dossier_add(&d, &proof, SERVER, 373, 4000));
	assert_false(dossier_add(&d, &proof, CLIENT, 1, 1));
	assert_int_equal(d.count, 1);
	assert_false(d.dropped);
	assert_ptr_equal(dossier_note(&d, 0).sign, &proof);
	assert_int_equal(dossier_note(&d, 0).from, SERVER);
	assert_int_equal(dossier_note(&d, 0).offset, 373);
	assert_int_equal(dossier_note(&d, 0).t, 4000);
}

/* Where they are is kept whole, however far that is, and wherever in the dossier they come to stand. */
static void far_notes(void **state)
{
	(void)state;
	const uint64_t far = UINT64_C(0x123456789abcdef), edge = UINT64_C(1) << 31;
	const uint64_t at[] = { edge - 1, far, edge, 7, INT64_MAX };
	enum { PLACES = sizeof at / sizeof *at };
	for (unsigned turn = 0; turn < PLACES; turn++) {
		struct dossier d = { .room = room_for_notes() };
		for (unsigned i = 0; i < MAX_NOTES; i++)
			assert_true(
			    dossier_add(&d, &weak[i], (i + turn) & 1 ? SERVER : CLIENT, at[(i + turn) % PLACES], i));
		for (unsigned i = 0; i < MAX_NOTES; i++) {
			assert_int_equal(dossier_note(&d, i).offset, at[(i + turn) % PLACES]);
			assert_int_equal(dossier_note(&d, i).from, (i + turn) & 1 ? SERVER : CLIENT);
		}
		/* All but the strong move up. */
		for (unsigned i = 0; i < MAX_NOTES - 1; i++)
			assert_true(dossier_add(&d, &strong[i], SERVER, at[(i + turn + 1) % PLACES], i));
		assert_int_equal(dossier_note(&d, 0).offset, at[turn]);
		for (unsigned i = 0; i < MAX_NOTES - 1; i++)
			assert_int_equal(dossier_note(&d, i + 1).offset, at[(i + turn + 1) % PLACES]);
		dossier_fini(&d);
	}
	/* Where no more room can be had, such a note is lost, and that is said. */
	struct dossier bare = { .room = NULL };
	assert_false(dossier_add(&bare, &strong[0], CLIENT, edge, 1));
	assert_true(bare.dropped);
	assert_int_equal(bare.count, 0);
	assert_true(dossier_add(&bare, &strong[0], CLIENT, edge - 1, 1));
	assert_int_equal(dossier_note(&bare, 0).offset, edge - 1);
}

static void a_full_dossier_takes_only_what_is_stronger(void **state)
{
	(void)state;
	struct dossier d = { .room = room_for_notes() };
	for (unsigned i = 0; i < MAX_NOTES; i++)
		assert_true(dossier_add(&d, &weak[i], CLIENT, i, i));
	assert_false(dossier_add(&d, &weak[MAX_NOTES], CLIENT, 0, 0));
	assert_true(d.dropped);
	assert_true(dossier_add(&d, &strong[0], CLIENT, 100, 100));
	assert_int_equal(d.count, MAX_NOTES);
	/* The latest of the weak ones gave way; order stays that of noticing. */
	for (unsigned i = 0; i < MAX_NOTES - 1; i++)
		assert_ptr_equal(dossier_note(&d, i).sign, &weak[i]);
	assert_ptr_equal(dossier_note(&d, MAX_NOTES - 1).sign, &strong[0]);
	assert_ptr_equal(dossier_strongest(&d, FOR_TUNNEL), &strong[0]);
}

static void a_proof_is_never_pushed_out(void **state)
{
	(void)state;
	struct dossier d = { .room = room_for_notes() };
	dossier_add(&d, &weak[0], CLIENT, 0, 0);
	dossier_add(&d, &proof, SERVER, 5, 5);
	for (unsigned i = 0; i < 12; i++)
		dossier_add(&d, &strong[i], CLIENT, 10 + i, 10 + i);
	assert_int_equal(d.count, MAX_NOTES);
	assert_non_null(dossier_strongest(&d, FOR_RELAY));
	assert_null(dossier_strongest(&d, FOR_HTTP));
	assert_int_equal(dossier_count(&d, FOR_TUNNEL, STRONG), MAX_NOTES - 1);
	for (unsigned i = 0; i < 300; i++)
		dossier_add(&d, &weak[1], CLIENT, 0, 0);
	assert_true(d.dropped);
	assert_int_equal(d.count, MAX_NOTES);
}

static void a_proof_finds_room_among_the_strong(void **state)
{
	(void)state;
	struct dossier d = { .room = room_for_notes() };
	for (unsigned i = 0; i < MAX_NOTES; i++)
		dossier_add(&d, &strong[i], CLIENT, 0, 0);
	assert_true(dossier_add(&d, &proof, SERVER, 9, 9));
	assert_ptr_equal(dossier_strongest(&d, FOR_RELAY), &proof);
	assert_int_equal(dossier_note(&d, MAX_NOTES - 1).offset, 9);
	assert_true(d.dropped);
}

static void strongest_is_the_earliest_among_equals(void **state)
{
	(void)state;
	struct dossier d = { .room = room_for_notes() };
	assert_null(dossier_strongest(&d, FOR_TUNNEL));
	static const struct sign faint = { "test", "faint", FOR_TUNNEL, WEAK };
	dossier_add(&d, &faint, CLIENT, 1, 1);
	dossier_add(&d, &strong[3], CLIENT, 2, 2);
	dossier_add(&d, &strong[1], CLIENT, 3, 3);
	assert_ptr_equal(dossier_strongest(&d, FOR_TUNNEL), &strong[3]);
	assert_null(dossier_strongest(&d, AGAINST_HTTP));
	assert_int_equal(dossier_count(&d, FOR_TUNNEL, WEAK), 3);
	assert_int_equal(dossier_count(&d, FOR_TUNNEL, STRONG), 2);
	assert_int_equal(dossier_count(&d, FOR_TUNNEL, PROOF), 0);
	assert_int_equal(dossier_count(&d, FOR_HTTP, WEAK), 0);
}

static void names(void **state)
{
	(void)state;
	static const char *const doubts[] = { "gap", "overlap", "cap", "midstream", "one-way", "desync", "truncated",
		"evicted", "spelling", "two-readings" };
	assert_int_equal(sizeof doubts / sizeof doubts[0], DOUBTS);
	for (unsigned i = 0; i < DOUBTS; i++)
		assert_string_equal(doubt_name(i), doubts[i]);
	assert_string_equal(doubt_name(DOUBTS), "");
	assert_string_equal(doubt_name(UINT32_MAX), "");
	assert_int_equal(DOUBT_READINGS, 1 << (DOUBTS - 1));
	assert_string_equal(side_name(CLIENT), "client");
	assert_string_equal(side_name(SERVER), "server");
	assert_int_equal(OTHER(CLIENT), SERVER);
	assert_int_equal(OTHER(SERVER), CLIENT);
}

/* Printed names are documented ones: lower case, no blanks, no two the same. */
static void oddities_have_names_of_their_own(void **state)
{
	(void)state;
	static const char *const rooms[] = { "stream", "http", "handshake", "channel" };
	for (unsigned i = 0; i < ODDS; i++) {
		const char *const name = odd_name((enum odd)i);
		assert_true(name[0] != '\0');
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), strlen(name));
		unsigned known = 0;
		for (unsigned r = 0; r < sizeof rooms / sizeof rooms[0]; r++)
			known += strcmp(odd_room((enum odd)i), rooms[r]) == 0;
		assert_int_equal(known, 1);
		for (unsigned n = 0; n < i; n++)
			assert_string_not_equal(name, odd_name((enum odd)n));
	}
	assert_string_equal(odd_name(ODD_OVERLAP_DIFFERS), "reassembly_overlap_different_data");
	assert_string_equal(odd_room(ODD_CONNECT_EARLY), "handshake");
	assert_string_equal(odd_name(ODDS), "");
	assert_string_equal(odd_room(ODDS), "");
}

/* A family's grade only rises, and the innocent use is taken off the sum. */
static void grades_by_family(void **state)
{
	(void)state;
	struct dossier d = { .room = room_for_notes() };
	assert_int_equal(dossier_score(&d), 0);
	dossier_grade(&d, FAMILY_CONTENT, 25);
	dossier_grade(&d, FAMILY_CONTENT, 20);
	dossier_grade(&d, FAMILY_TIMING, 10);
	assert_int_equal(dossier_score(&d), 35);
	dossier_innocent(&d, 15);
	dossier_innocent(&d, 5);
	assert_int_equal(dossier_score(&d), 20);
	dossier_innocent(&d, 1000);
	assert_int_equal(d.innocent, 255);
	assert_int_equal(dossier_score(&d), 0);
	assert_false(dossier_convicts(&d));
	for (unsigned f = 0; f < FAMILIES; f++)
		assert_true(strlen(family_name((enum family)f)) > 3);
	assert_string_equal(family_name(FAMILIES), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sign_is_noted_once_and_the_first_stays),
		cmocka_unit_test(far_notes),
		cmocka_unit_test(a_full_dossier_takes_only_what_is_stronger),
		cmocka_unit_test(a_proof_is_never_pushed_out),
		cmocka_unit_test(a_proof_finds_room_among_the_strong),
		cmocka_unit_test(strongest_is_the_earliest_among_equals),
		cmocka_unit_test(names),
		cmocka_unit_test(grades_by_family),
		cmocka_unit_test(oddities_have_names_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
