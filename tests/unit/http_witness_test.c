/* What each event proves about HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "http/witness.h"

static const struct head ok = { .status = 200 };
static const struct head not_found = { .status = 404 };
static struct head typed = { .status = 200, .field_count = 1, .names = UINT64_MAX };

static const struct {
	struct http_event ev;
	const char *what; /* NULL: no note */
	enum leaning leaning;
	enum weight weight;
	unsigned doubts;
} rows[] = {
	{ { .kind = HTTP_REQUEST, .from = CLIENT }, "request", FOR_HTTP, STRONG, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .ask = { .known = true } }, "exchange", FOR_HTTP, PROOF, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .ask = { .known = true }, .interim = true }, "exchange", FOR_HTTP,
	    PROOF, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .ask = { .known = true, .connect = true }, .interim = true }, NULL,
	    0, 0, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .ask = { .known = true, .upgrade = true }, .interim = true }, NULL,
	    0, 0, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .rule = BODY_LENGTH }, "response", FOR_HTTP, STRONG, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .rule = BODY_CHUNKED }, "response", FOR_HTTP, STRONG, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .head = &not_found }, "response", FOR_HTTP, STRONG, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .head = &typed }, "response", FOR_HTTP, STRONG, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER }, "response-unasked", FOR_HTTP, WEAK, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .rule = BODY_LENGTH, .odd = ODD_BIT(RESPONSE_UNASKED) },
	    "response-unasked", FOR_HTTP, WEAK, 0 },
	{ { .kind = HTTP_RESPONSE,
	      .from = SERVER,
	      .rule = BODY_LENGTH,
	      .odd = ODD_BIT(RESPONSE_UNASKED),
	      .alone = true },
	    "response", FOR_HTTP, STRONG, 0 },
	{ { .kind = HTTP_RESPONSE, .from = SERVER, .ask = { .known = true }, .odd = ODD_BIT(HTTP09) }, NULL, 0, 0, 0 },
	{ { .kind = HTTP_H2, .from = CLIENT }, "h2-preface", FOR_HTTP, PROOF, 0 },
	{ { .kind = HTTP_NOT, .from = CLIENT }, "not-http", AGAINST_HTTP, STRONG, 0 },
	{ { .kind = HTTP_NOT, .from = SERVER }, "server-not-http", AGAINST_HTTP, STRONG, 0 },
	{ { .kind = HTTP_LOST, .why_lost = LOST_HOLE }, NULL, 0, 0, DOUBT_GAP },
	{ { .kind = HTTP_LOST, .why_lost = LOST_DESYNC }, NULL, 0, 0, DOUBT_DESYNC },
	{ { .kind = HTTP_LOST, .why_lost = LOST_CHUNK }, NULL, 0, 0, DOUBT_DESYNC },
	{ { .kind = HTTP_LOST, .why_lost = LOST_TOO_LONG }, NULL, 0, 0, DOUBT_CAP },
	{ { .kind = HTTP_LOST, .why_lost = LOST_END }, NULL, 0, 0, 0 },
	{ { .kind = HTTP_LOST, .why_lost = LOST_END, .from = CLIENT, .begun = true }, "request-begun", FOR_HTTP, STRONG,
	    0 },
	{ { .kind = HTTP_LOST, .why_lost = LOST_HOLE, .from = SERVER, .begun = true }, "response-begun", FOR_HTTP,
	    STRONG, DOUBT_GAP },
	{ { .kind = HTTP_BODY, .from = CLIENT }, NULL, 0, 0, 0 },
	{ { .kind = HTTP_MESSAGE_END, .from = CLIENT }, NULL, 0, 0, 0 },
	{ { .kind = HTTP_EAT, .odd = ODD_BIT(BARE_LF) }, NULL, 0, 0, 0 },
};

static void each_event(void **state)
{
	(void)state;
	typed.fields[0].name = SLICE("content-type");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct dossier d = { 0 };
		struct http_event ev = rows[i].ev;
		if (ev.kind == HTTP_RESPONSE && ev.head == NULL)
			ev.head = &ok;
		ev.offset = 77;
		ev.t = 1234;
		http_witness(&ev, &d);
		assert_int_equal(d.doubts, rows[i].doubts);
		assert_int_equal(d.odd, 0);
		assert_int_equal(d.count, rows[i].what != NULL);
		if (rows[i].what == NULL)
			continue;
		assert_string_equal(dossier_note(&d, 0).sign->who, "http");
		assert_string_equal(dossier_note(&d, 0).sign->what, rows[i].what);
		assert_int_equal(dossier_note(&d, 0).sign->leaning, rows[i].leaning);
		assert_int_equal(dossier_note(&d, 0).sign->weight, rows[i].weight);
		assert_int_equal(dossier_note(&d, 0).from, rows[i].ev.from);
		assert_int_equal(dossier_note(&d, 0).offset, 77);
		assert_int_equal(dossier_note(&d, 0).t, 1234);
	}
}

static void a_thing_is_noted_once(void **state)
{
	(void)state;
	struct dossier d = { 0 };
	for (uint64_t i = 1; i <= 3; i++)
		http_witness(&(struct http_event){ .kind = HTTP_REQUEST, .offset = i }, &d);
	assert_int_equal(d.count, 1);
	assert_int_equal(dossier_note(&d, 0).offset, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_event),
		cmocka_unit_test(a_thing_is_noted_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
