/* The verdict: every combination of notes that matters as a row, then rules that hold for all combinations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "verdict/verdict.h"
#include "room.h"

static const struct sign http_weak = { "t", "http-weak", FOR_HTTP, WEAK };
static const struct sign http_strong = { "t", "http-strong", FOR_HTTP, STRONG };
static const struct sign http_strong2 = { "t", "http-strong2", FOR_HTTP, STRONG };
static const struct sign http_proof = { "t", "http-proof", FOR_HTTP, PROOF };
static const struct sign relay_weak = { "t", "relay-weak", FOR_RELAY, WEAK };
static const struct sign relay_strong = { "t", "relay-strong", FOR_RELAY, STRONG };
static const struct sign relay_proof = { "t", "relay-proof", FOR_RELAY, PROOF };
static const struct sign tunnel_weak = { "t", "tunnel-weak", FOR_TUNNEL, WEAK };
static const struct sign tunnel_strong = { "t", "tunnel-strong", FOR_TUNNEL, STRONG };
static const struct sign tunnel_strong2 = { "t", "tunnel-strong2", FOR_TUNNEL, STRONG };
static const struct sign tunnel_proof = { "t", "tunnel-proof", FOR_TUNNEL, PROOF };
static const struct sign not_weak = { "t", "not-weak", AGAINST_HTTP, WEAK };
static const struct sign not_strong = { "t", "not-strong", AGAINST_HTTP, STRONG };
static const struct sign not_proof = { "t", "not-proof", AGAINST_HTTP, PROOF };

static const struct sign *const all[] = { &http_weak, &http_strong, &http_proof, &relay_weak, &relay_strong,
	&relay_proof, &tunnel_weak, &tunnel_strong, &tunnel_strong2, &tunnel_proof, &not_weak, &not_strong,
	&not_proof };
enum { ALL = sizeof all / sizeof all[0] };

/* When the verdict is asked for; the bits are verdict_weigh's two questions. */
enum moment { IS_ON = 0, AWAITING = 1, IS_OVER = 2, NO_ANSWER = AWAITING | IS_OVER };

struct row {
	const struct sign *notes[4];
	unsigned doubts;
	enum moment moment;
	enum label label;
	enum certainty certainty;
	const struct sign *because;
	enum lack lack;
};

static const struct row rows[] = {
	/* 1: tunnel */
	{ { &tunnel_proof }, 0, IS_ON, LABEL_HTTP_TUNNEL, CERTAIN, &tunnel_proof, LACKS_NOTHING },
	{ { &tunnel_proof }, 0, NO_ANSWER, LABEL_HTTP_TUNNEL, CERTAIN, &tunnel_proof, LACKS_NOTHING },
	{ { &tunnel_strong, &tunnel_strong2 }, 0, IS_ON, LABEL_HTTP_TUNNEL, LIKELY, &tunnel_strong, LACKS_NOTHING },
	{ { &tunnel_strong, &tunnel_strong2 }, 0, AWAITING, LABEL_HTTP_TUNNEL, LIKELY, &tunnel_strong, LACKS_NOTHING },
	{ { &tunnel_strong, &tunnel_proof }, 0, IS_ON, LABEL_HTTP_TUNNEL, CERTAIN, &tunnel_proof, LACKS_NOTHING },
	{ { &http_proof, &tunnel_proof }, 0, IS_OVER, LABEL_HTTP_TUNNEL, CERTAIN, &tunnel_proof, LACKS_NOTHING },
	{ { &relay_proof, &tunnel_proof }, 0, IS_OVER, LABEL_HTTP_TUNNEL, CERTAIN, &tunnel_proof, LACKS_NOTHING },
	{ { &relay_proof, &tunnel_strong, &tunnel_strong2 }, 0, IS_OVER, LABEL_HTTP_TUNNEL, LIKELY, &tunnel_strong,
	    LACKS_NOTHING },
	{ { &not_proof, &tunnel_proof }, 0, IS_OVER, LABEL_HTTP_TUNNEL, CERTAIN, &tunnel_proof, LACKS_NOTHING },
	{ { &tunnel_strong, &tunnel_weak }, 0, IS_OVER, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_MORE },
	{ { &http_proof, &tunnel_strong, &tunnel_weak }, 0, IS_OVER, LABEL_PLAIN_HTTP, CERTAIN, &http_proof,
	    LACKS_NOTHING },
	/* 2: relay */
	{ { &relay_proof }, 0, IS_ON, LABEL_BLIND_RELAY, CERTAIN, &relay_proof, LACKS_NOTHING },
	{ { &relay_proof }, 0, AWAITING, LABEL_BLIND_RELAY, CERTAIN, &relay_proof, LACKS_NOTHING },
	{ { &relay_strong }, 0, IS_ON, LABEL_BLIND_RELAY, LIKELY, &relay_strong, LACKS_NOTHING },
	{ { &relay_strong, &relay_proof }, 0, IS_ON, LABEL_BLIND_RELAY, CERTAIN, &relay_proof, LACKS_NOTHING },
	{ { &http_proof, &relay_strong }, 0, NO_ANSWER, LABEL_BLIND_RELAY, LIKELY, &relay_strong, LACKS_NOTHING },
	{ { &http_proof, &relay_proof, &tunnel_strong }, 0, IS_OVER, LABEL_BLIND_RELAY, CERTAIN, &relay_proof,
	    LACKS_NOTHING },
	{ { &relay_proof, &not_proof }, 0, IS_OVER, LABEL_BLIND_RELAY, CERTAIN, &relay_proof, LACKS_NOTHING },
	{ { &http_proof, &relay_weak }, 0, IS_OVER, LABEL_PLAIN_HTTP, CERTAIN, &http_proof, LACKS_NOTHING },
	/* 3: awaiting an answer */
	{ { &http_strong }, 0, AWAITING, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANSWER },
	{ { &http_proof }, 0, AWAITING, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANSWER },
	{ { &http_proof }, 0, NO_ANSWER, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANSWER_STILL },
	{ { &not_proof }, 0, NO_ANSWER, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANSWER_STILL },
	{ { NULL }, 0, AWAITING, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANSWER },
	/* 4: plain HTTP */
	{ { &http_proof }, 0, IS_ON, LABEL_PLAIN_HTTP, CERTAIN, &http_proof, LACKS_NOTHING },
	{ { &http_strong, &http_proof, &not_proof }, 0, IS_OVER, LABEL_PLAIN_HTTP, CERTAIN, &http_proof,
	    LACKS_NOTHING },
	{ { &http_strong }, 0, IS_ON, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_OTHER_HALF },
	{ { &http_strong }, 0, IS_OVER, LABEL_PLAIN_HTTP, LIKELY, &http_strong, LACKS_NOTHING },
	{ { &http_strong2, &http_strong }, 0, IS_OVER, LABEL_PLAIN_HTTP, LIKELY, &http_strong2, LACKS_NOTHING },
	{ { &http_strong, &not_weak }, 0, IS_OVER, LABEL_PLAIN_HTTP, LIKELY, &http_strong, LACKS_NOTHING },
	{ { &http_strong, &not_strong }, 0, IS_ON, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_OTHER_HALF },
	{ { &http_strong, &not_strong }, 0, IS_OVER, LABEL_PLAIN_HTTP, UNCERTAIN, &http_strong, LACKS_NOTHING },
	{ { &not_proof, &http_strong }, 0, IS_OVER, LABEL_PLAIN_HTTP, UNCERTAIN, &http_strong, LACKS_NOTHING },
	/* 5: not HTTP */
	{ { &not_strong }, 0, IS_ON, LABEL_NOT_HTTP, LIKELY, &not_strong, LACKS_NOTHING },
	{ { &not_strong }, 0, IS_OVER, LABEL_NOT_HTTP, LIKELY, &not_strong, LACKS_NOTHING },
	{ { &not_proof }, 0, IS_ON, LABEL_NOT_HTTP, CERTAIN, &not_proof, LACKS_NOTHING },
	{ { &not_strong, &not_proof }, 0, IS_OVER, LABEL_NOT_HTTP, CERTAIN, &not_proof, LACKS_NOTHING },
	{ { &not_proof, &http_weak, &tunnel_strong }, 0, IS_OVER, LABEL_NOT_HTTP, CERTAIN, &not_proof, LACKS_NOTHING },
	/* 6: undecided */
	{ { NULL }, 0, IS_ON, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANYTHING },
	{ { NULL }, DOUBT_ONE_WAY, IS_OVER, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ANYTHING },
	{ { &http_weak }, DOUBT_ONE_WAY, IS_OVER, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_ONE_WAY },
	{ { &http_weak }, 0, IS_OVER, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_MORE },
	{ { &not_weak, &relay_weak }, DOUBT_MIDSTREAM, IS_ON, LABEL_UNDECIDED, UNCERTAIN, NULL, LACKS_MORE },
	/* doubts: one step, however many; never the label; never below uncertain */
	{ { &relay_strong }, DOUBT_GAP, IS_ON, LABEL_BLIND_RELAY, UNCERTAIN, &relay_strong, LACKS_NOTHING },
	{ { &relay_strong }, DOUBT_GAP | DOUBT_OVERLAP | DOUBT_CAP, IS_ON, LABEL_BLIND_RELAY, UNCERTAIN, &relay_strong,
	    LACKS_NOTHING },
	{ { &relay_proof }, DOUBT_GAP | DOUBT_CAP | DOUBT_DESYNC | DOUBT_EVICTED, IS_ON, LABEL_BLIND_RELAY, CERTAIN,
	    &relay_proof, LACKS_NOTHING },
	{ { &relay_proof }, DOUBT_SPELLING, IS_ON, LABEL_BLIND_RELAY, LIKELY, &relay_proof, LACKS_NOTHING },
	{ { &relay_proof }, DOUBT_SPELLING | DOUBT_OVERLAP | DOUBT_GAP, IS_ON, LABEL_BLIND_RELAY, LIKELY, &relay_proof,
	    LACKS_NOTHING },
	{ { &tunnel_strong, &tunnel_strong2 }, DOUBT_EVICTED, IS_ON, LABEL_HTTP_TUNNEL, UNCERTAIN, &tunnel_strong,
	    LACKS_NOTHING },
	{ { &http_proof }, DOUBT_MIDSTREAM | DOUBT_ONE_WAY | DOUBT_TRUNCATED, IS_OVER, LABEL_PLAIN_HTTP, CERTAIN,
	    &http_proof, LACKS_NOTHING },
	{ { &http_strong }, DOUBT_MIDSTREAM | DOUBT_ONE_WAY, IS_OVER, LABEL_PLAIN_HTTP, LIKELY, &http_strong,
	    LACKS_NOTHING },
	{ { &http_strong }, DOUBT_DESYNC, IS_OVER, LABEL_PLAIN_HTTP, UNCERTAIN, &http_strong, LACKS_NOTHING },
	{ { &http_strong, &not_strong }, DOUBT_DESYNC, IS_OVER, LABEL_PLAIN_HTTP, UNCERTAIN, &http_strong,
	    LACKS_NOTHING },
	{ { &not_proof }, DOUBT_OVERLAP, IS_ON, LABEL_NOT_HTTP, LIKELY, &not_proof, LACKS_NOTHING },
	{ { &not_strong }, DOUBT_CAP, IS_ON, LABEL_NOT_HTTP, UNCERTAIN, &not_strong, LACKS_NOTHING },
};

static void each_combination_that_matters(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *const r = &rows[i];
		struct dossier d = { .room = room_for_notes(), .doubts = r->doubts & ALL_DOUBTS };
		for (unsigned n = 0; n < 4 && r->notes[n] != NULL; n++)
			assert_true(dossier_add(&d, r->notes[n], CLIENT, n, n));
		const struct verdict v = verdict_weigh(&d, r->moment & AWAITING, r->moment & IS_OVER);
		if (v.label != r->label || v.certainty != r->certainty || v.because != r->because)
			fail_msg("row %zu: %s, %s", i, label_name(v.label), certainty_name(v.certainty));
		assert_string_equal(lack_name((enum lack)v.lack), lack_name(r->lack));
	}
}

/* Graded signs: so many points from two families, one of which saw what was said or how it was built. */
static void graded_signs(void **state)
{
	(void)state;
	static const struct {
		uint8_t grade[FAMILIES]; /* content, structure, timing, volume, header */
		uint8_t innocent;
		enum label label;
	} graded[] = {
		{ { 45, 40 }, 0, LABEL_HTTP_TUNNEL },
		{ { 35, 0, 25 }, 0, LABEL_HTTP_TUNNEL },
		{ { 0, 25, 10, 0, 25 }, 0, LABEL_HTTP_TUNNEL },
		{ { 45, 14 }, 0, LABEL_PLAIN_HTTP },
		{ { 200 }, 0, LABEL_PLAIN_HTTP },
		{ { 0, 200 }, 0, LABEL_PLAIN_HTTP },
		{ { 0, 0, 100, 100, 100 }, 0, LABEL_PLAIN_HTTP },
		{ { 45, 40 }, 25, LABEL_HTTP_TUNNEL },
		{ { 45, 40 }, 26, LABEL_PLAIN_HTTP },
		{ { 1, 1 }, 255, LABEL_PLAIN_HTTP },
	};
	for (size_t i = 0; i < sizeof graded / sizeof *graded; i++) {
		struct dossier d = { .room = room_for_notes() };
		dossier_add(&d, &http_proof, CLIENT, 0, 0);
		dossier_add(&d, &tunnel_weak, CLIENT, 0, 0);
		for (unsigned f = 0; f < FAMILIES; f++)
			dossier_grade(&d, (enum family)f, graded[i].grade[f]);
		dossier_innocent(&d, graded[i].innocent);
		const struct verdict v = verdict_weigh(&d, false, true);
		if (v.label != graded[i].label)
			fail_msg("row %zu: %s", i, label_name((enum label)v.label));
		if (v.label == LABEL_HTTP_TUNNEL) {
			assert_ptr_equal(v.because, &tunnel_weak);
			assert_int_equal(v.certainty, LIKELY);
		}
	}
}

static struct dossier dossier_of(unsigned set, unsigned doubts)
{
	struct dossier d = { .room = room_for_notes(), .doubts = doubts & ALL_DOUBTS };
	for (unsigned i = 0; i < ALL; i++)
		if (set >> i & 1)
			dossier_add(&d, all[i], CLIENT, i, i);
	return d;
}

/* Sets that fit into a dossier whole; what a full one drops is another room's test. */
static bool fits(unsigned set)
{
	return __builtin_popcount(set) <= MAX_NOTES;
}

/* One more note never lowers the label; while more may come it may at most lead to waiting. */
static void more_notes_never_lower_the_label(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1u << ALL; set++) {
		for (unsigned i = 0; i < ALL; i++) {
			const unsigned more = set | 1u << i;
			if (more == set || !fits(more))
				continue;
			const struct dossier a = dossier_of(set, 0), b = dossier_of(more, 0);
			for (unsigned how = 0; how < 4; how++) {
				const struct verdict va = verdict_weigh(&a, how & AWAITING, how & IS_OVER),
						     vb = verdict_weigh(&b, how & AWAITING, how & IS_OVER);
				const bool waits = !(how & IS_OVER) && vb.label == LABEL_UNDECIDED;
				if (vb.label < va.label && !waits)
					fail_msg("set %x and %s: %s, then %s", set, all[i]->what, label_name(va.label),
					    label_name(vb.label));
			}
		}
	}
}

/* Two versions of an answer take back what was said of a relay or of HTTP, not of a tunnel. */
static void two_readings_are_both_named(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1u << ALL; set += 3) {
		if (!fits(set))
			continue;
		const struct dossier plain = dossier_of(set, 0), torn = dossier_of(set, DOUBT_READINGS);
		const struct verdict v = verdict_weigh(&plain, false, true), w = verdict_weigh(&torn, false, true);
		if (v.label == LABEL_HTTP_TUNNEL) {
			assert_int_equal(w.label, LABEL_HTTP_TUNNEL);
			assert_int_equal(w.readings, 0);
			continue;
		}
		assert_int_equal(w.label, LABEL_UNDECIDED);
		assert_int_equal(w.readings, 1 << LABEL_PLAIN_HTTP | 1 << LABEL_BLIND_RELAY);
		assert_int_equal(w.lack, LACKS_ONE_READING);
	}
}

/* Doubts move certainty by one step at most and nothing else, but for this, and for two readings: what speaks against HTTP speaks
 * for little where bytes or the beginning are missing. */
static void doubts_never_change_the_label(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1u << ALL; set += 3) {
		if (!fits(set))
			continue;
		const struct dossier plain = dossier_of(set, 0);
		const struct verdict v = verdict_weigh(&plain, false, true);
		for (unsigned doubts = 0; doubts < DOUBT_READINGS; doubts += 7) {
			const struct dossier d = dossier_of(set, doubts);
			const struct verdict w = verdict_weigh(&d, false, true);
			if (v.label == LABEL_NOT_HTTP && w.label == LABEL_UNDECIDED &&
			    (doubts & (DOUBT_GAP | DOUBT_MIDSTREAM)) != 0)
				continue;
			if (w.label != v.label || w.because != v.because || w.certainty > v.certainty ||
			    v.certainty - w.certainty > 1)
				fail_msg("set %x, doubts %x", set, doubts);
		}
	}
}

/* A server's own word against HTTP counts at the end, and only where nothing is missing. */
static void a_server_alone_says_little(void **state)
{
	(void)state;
	static const struct sign against = { "http", "server-not-http", AGAINST_HTTP, STRONG };
	static const struct sign unasked = { "http", "response-unasked", FOR_HTTP, WEAK };
	struct dossier d = { .room = room_for_notes() };
	dossier_add(&d, &against, SERVER, 0, 0);
	assert_int_equal(verdict_weigh(&d, false, false).label, LABEL_UNDECIDED);
	assert_int_equal(verdict_weigh(&d, false, true).label, LABEL_NOT_HTTP);
	d.doubts = DOUBT_GAP;
	assert_int_equal(verdict_weigh(&d, false, true).label, LABEL_UNDECIDED);

	/* A client that says so itself is believed, but not behind a response to what nobody saw. */
	struct dossier c = { .room = room_for_notes(), .doubts = DOUBT_GAP };
	dossier_add(&c, &against, CLIENT, 0, 0);
	assert_int_equal(verdict_weigh(&c, false, true).label, LABEL_NOT_HTTP);
	dossier_add(&c, &unasked, SERVER, 0, 0);
	assert_int_equal(verdict_weigh(&c, false, true).label, LABEL_UNDECIDED);
	assert_int_equal(verdict_weigh(&c, false, true).lack, LACKS_HARMONY);
	c.doubts = 0;
	assert_int_equal(verdict_weigh(&c, false, true).label, LABEL_NOT_HTTP);
}

/* A label has a cause and no excuse; no label has an excuse and no cause. */
static void decided_or_not_and_why(void **state)
{
	(void)state;
	for (unsigned set = 0; set < 1u << ALL; set++) {
		const struct dossier d = dossier_of(set, 0);
		for (unsigned how = 0; how < 4; how++) {
			const struct verdict v = verdict_weigh(&d, how & AWAITING, how & IS_OVER);
			assert_int_equal(v.label == LABEL_UNDECIDED, v.because == NULL);
			assert_int_equal(v.label == LABEL_UNDECIDED, v.lack != LACKS_NOTHING);
			if (v.because != NULL)
				assert_true(v.because->weight >= STRONG);
		}
	}
}

/* The order in which things were noticed decides no label. */
static void order_does_not_matter(void **state)
{
	(void)state;
	for (unsigned a = 0; a < ALL; a++) {
		for (unsigned b = 0; b < ALL; b++) {
			struct dossier ab = { .room = room_for_notes() }, ba = { .room = room_for_notes() };
			dossier_add(&ab, all[a], CLIENT, 0, 0);
			dossier_add(&ab, all[b], SERVER, 0, 1);
			dossier_add(&ba, all[b], SERVER, 0, 0);
			dossier_add(&ba, all[a], CLIENT, 0, 1);
			const struct verdict x = verdict_weigh(&ab, false, true), y = verdict_weigh(&ba, false, true);
			assert_int_equal(x.label, y.label);
			assert_int_equal(x.certainty, y.certainty);
		}
	}
}

static void names(void **state)
{
	(void)state;
	static const char *const labels[] = { "undecided", "not-http", "plain-http", "blind-relay", "http-tunnel", "" };
	for (unsigned i = 0; i <= LABELS; i++)
		assert_string_equal(label_name((enum label)i), labels[i]);
	static const char *const certainties[] = { "uncertain", "likely", "certain", "" };
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(certainty_name((enum certainty)i), certainties[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_combination_that_matters),
		cmocka_unit_test(graded_signs),
		cmocka_unit_test(more_notes_never_lower_the_label),
		cmocka_unit_test(two_readings_are_both_named),
		cmocka_unit_test(doubts_never_change_the_label),
		cmocka_unit_test(a_server_alone_says_little),
		cmocka_unit_test(decided_or_not_and_why),
		cmocka_unit_test(order_does_not_matter),
		cmocka_unit_test(names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
