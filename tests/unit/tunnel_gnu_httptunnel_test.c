/* GNU httptunnel: its two connections, joined; what is told of them; and ordinary traffic that is none of it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "tunnel/tunnel.h"
#include "owner.h"
#include "room.h"

static const int64_t MS = 1000000;

#define OPEN   "\1\0\1\x2a"
#define URI    "/index.html?crap=1795463280"
#define URI_2  "/index.html?crap=1795463282"
#define BANNER "\2\0\x0aSSH-2.0-x\n"
#define TALK   "\2\0\7login: \2\0\x11you said: help\n$ \2\0\x12you said: ls -l\n$ \2\0\4bye\n"

/* One connection as the engine would show it. */
struct line {
	struct tunnel tunnel;
	uint64_t id;
	struct dossier notes;
	struct head *head;
	uint64_t at[2];
	bool chunked[2];
	struct http_ask ask;
	bool listening[2];
};

struct lab {
	struct tunnel_kit kit;
	void *ours;
	int64_t now;
	struct line line[4];
};

/* All other detectors sleep. */
static void begin(struct tunnel *t, void *ours)
{
	tunnel_init(t, ours);
	unsigned which = 0;
	while (strcmp(tunnel_detector(which)->name, "gnu-httptunnel") != 0)
		which++;
	t->never = ~(UINT64_C(1) << which) & ALL_DETECTORS;
}

static struct lab *lab_new(void)
{
	struct lab *l = calloc(1, sizeof *l);
	struct err e;
	assert_true(tunnel_kit_init(&l->kit, 16, NULL, &e));
	l->ours = calloc(1, tunnel_shared_size());
	l->now = 1000 * MS;
	for (unsigned i = 0; i < 4; i++) {
		l->line[i].id = 100 + i;
		begin(&l->line[i].tunnel, l->ours);
		l->line[i].head = calloc(1, sizeof *l->line[i].head);
		dossier_init(&l->line[i].notes, room_for_notes());
	}
	return l;
}

static void lab_free(struct lab *l)
{
	for (unsigned i = 0; i < 4; i++) {
		tunnel_fini(&l->kit, &l->line[i].tunnel);
		free(l->line[i].head);
	}
	assert_int_equal(l->kit.findings.used, 0);
	for (unsigned i = 0; i < SHEETS; i++)
		assert_int_equal(l->kit.notebooks[i].used, 0);
	tunnel_kit_fini(&l->kit);
	free(l->ours);
	free(l);
}

static bool show(struct lab *l, struct line *c, struct http_event *ev)
{
	l->now += MS;
	ev->t = l->now;
	ev->offset = c->at[ev->from];
	c->at[ev->from] += ev->eat;
	ev->ask = c->ask;
	const struct tunnel_owner owner = owner_of(&c->id);
	c->listening[ev->from] = tunnel_see(&l->kit, &c->tunnel, ev, &c->notes, &owner);
	return c->listening[ev->from];
}

static struct slice text(const char *s)
{
	return (struct slice){ (const uint8_t *)s, strlen(s) };
}

static bool request(
    struct lab *l, struct line *c, enum method method, const char *target, enum body_rule rule, uint64_t length)
{
	*c->head = (struct head){
		.method = method, .target = text(target), .length = length, .has_length = rule == BODY_LENGTH
	};
	c->ask =
	    (struct http_ask){ .method = (uint8_t)method, .minor = 1, .known = true, .ordinal = c->ask.ordinal + 1 };
	struct http_event ev = { .kind = HTTP_REQUEST, .from = CLIENT, .eat = 100, .head = c->head, .rule = rule };
	c->chunked[CLIENT] = rule == BODY_CHUNKED;
	return show(l, c, &ev);
}

static bool response(struct lab *l, struct line *c, uint16_t status, enum body_rule rule, uint64_t length)
{
	*c->head =
	    (struct head){ .response = true, .status = status, .length = length, .has_length = rule == BODY_LENGTH };
	struct http_event ev = { .kind = HTTP_RESPONSE,
		.from = SERVER,
		.eat = 169,
		.head = c->head,
		.rule = rule,
		.interim = status / 100 == 1 && status != 101 };
	c->chunked[SERVER] = rule == BODY_CHUNKED;
	return show(l, c, &ev);
}

/* Only shown when someone listens, as the engine does. */
static bool body(struct lab *l, struct line *c, enum side from, const void *bytes, size_t len)
{
	if (!c->listening[from]) {
		c->at[from] += len;
		return false;
	}
	uint8_t *copy = malloc(len);
	memcpy(copy, bytes, len);
	struct http_event ev = {
		.kind = HTTP_BODY, .from = from, .eat = len + (c->chunked[from] ? 7 : 0), .bytes = { copy, len }
	};
	const bool more = show(l, c, &ev);
	free(copy);
	return more;
}

#define BODY(l, c, from, literal) body(l, c, from, literal, sizeof(literal) - 1)

static void message_end(struct lab *l, struct line *c, enum side from, bool complete)
{
	struct http_event ev = { .kind = HTTP_MESSAGE_END, .from = from, .complete = complete };
	show(l, c, &ev);
}

static void over(struct lab *l, struct line *c)
{
	const struct tunnel_owner owner = owner_of(&c->id);
	tunnel_end(&l->kit, &c->tunnel, &c->notes, &owner);
}

static bool noted(const struct line *c, const char *what)
{
	for (unsigned i = 0; i < c->notes.count; i++)
		if (strcmp(dossier_note(&c->notes, i).sign->what, what) == 0)
			return true;
	return false;
}

static const struct finding *found(const struct line *c)
{
	const struct finding *f = tunnel_finding(&c->tunnel);
	assert_non_null(f);
	assert_string_equal(f->tool, "gnu-httptunnel");
	return f;
}

static void both_sides_by_themselves(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1];
	assert_true(request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400));
	assert_true(BODY(l, up, CLIENT, OPEN));
	assert_true(noted(up, "open-frame"));
	assert_false(noted(up, "frames"));
	assert_null(tunnel_finding(&up->tunnel));
	assert_false(request(l, down, METHOD_GET, URI, BODY_NONE, 0));
	message_end(l, down, CLIENT, true);
	assert_true(BODY(l, up, CLIENT, BANNER));
	assert_true(noted(up, "frames"));
	assert_true(response(l, down, 200, BODY_LENGTH, 102400));
	assert_true(BODY(l, down, SERVER, TALK "F"));
	over(l, up);
	over(l, down);
	const struct finding *u = found(up), *d = found(down);
	assert_int_equal(u->tunnel_id, 100);
	assert_int_equal(d->tunnel_id, 100);
	assert_int_equal(u->peer_count, 1);
	assert_int_equal(u->peers[0], 101);
	assert_int_equal(d->peer_count, 1);
	assert_int_equal(d->peers[0], 100);
	/* Either knows both sides' first bytes; each counts its own. */
	assert_int_equal(u->inner_len[CLIENT], 10);
	assert_memory_equal(u->inner[CLIENT], "SSH-2.0-x\n", 10);
	assert_memory_equal(d->inner[CLIENT], "SSH-2.0-x\n", 10);
	assert_int_equal(u->inner_len[SERVER], 7 + 17 + 18 + 4);
	assert_memory_equal(u->inner[SERVER], "login: you said", 15);
	assert_int_equal(u->inner_bytes[CLIENT], 10);
	assert_int_equal(u->inner_bytes[SERVER], 0);
	assert_int_equal(d->inner_bytes[SERVER], 46);
	lab_free(l);
}

/* Cut at every place, each way, the same is found. */
static void cut_anywhere(void **state)
{
	(void)state;
	static const char up_body[] = OPEN BANNER, down_body[] = TALK "E";
	for (size_t cut = 1; cut < sizeof down_body - 1; cut++) {
		struct lab *l = lab_new();
		struct line *up = &l->line[0], *down = &l->line[1];
		const size_t up_cut = cut % (sizeof up_body - 1);
		request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
		request(l, down, METHOD_GET, URI_2, BODY_NONE, 0);
		response(l, down, 200, BODY_LENGTH, 102400);
		if (up_cut != 0)
			body(l, up, CLIENT, up_body, up_cut);
		body(l, down, SERVER, down_body, cut);
		body(l, up, CLIENT, up_body + up_cut, sizeof up_body - 1 - up_cut);
		body(l, down, SERVER, down_body + cut, sizeof down_body - 1 - cut);
		over(l, up);
		over(l, down);
		assert_int_equal(found(up)->tunnel_id, found(down)->tunnel_id);
		assert_int_equal(found(up)->peers[0], 101);
		assert_int_equal(found(down)->peers[0], 100);
		assert_int_equal(found(down)->inner_bytes[SERVER], 46);
		lab_free(l);
	}
}

/* Idle: the answer is nothing but signs of life; the sibling decides. */
static void idle(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1];
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN);
	request(l, down, METHOD_GET, URI, BODY_NONE, 0);
	response(l, down, 200, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, "E");
	assert_true(noted(up, "frames"));
	BODY(l, down, SERVER, "E");
	assert_null(tunnel_finding(&down->tunnel));
	l->now += 5000 * MS;
	BODY(l, down, SERVER, "E");
	assert_true(noted(down, "frames-with-sibling"));
	over(l, up);
	over(l, down);
	assert_int_equal(found(down)->peers[0], 100);
	lab_free(l);
}

/* Neither side proves alone: an OPEN frame and an answer that begins as frames do. */
static void weak_halves_make_a_whole(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1];
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN);
	request(l, down, METHOD_GET, URI, BODY_NONE, 0);
	response(l, down, 200, BODY_LENGTH, 102400);
	BODY(l, down, SERVER, "\2\0\7log");
	assert_true(noted(down, "frames-with-sibling"));
	over(l, up);
	assert_true(noted(up, "frames-with-sibling"));
	over(l, down);
	assert_int_equal(found(up)->tunnel_id, found(down)->tunnel_id);
	lab_free(l);
}

/* The same halves with nothing in common are two strangers. */
static void strangers(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1], *late = &l->line[2], *other = &l->line[3];
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN "E");
	request(l, down, METHOD_GET, "/another", BODY_NONE, 0);
	response(l, down, 200, BODY_LENGTH, 102400);
	BODY(l, down, SERVER, "\2\0\7log");
	over(l, down);
	assert_null(tunnel_finding(&down->tunnel));
	/* Same target, but the body is text. */
	request(l, other, METHOD_GET, URI, BODY_NONE, 0);
	response(l, other, 200, BODY_LENGTH, 102400);
	assert_false(BODY(l, other, SERVER, "Every good boy"));
	over(l, other);
	assert_int_equal(other->notes.count, 0);
	/* Same target, long after. */
	over(l, up);
	l->now += 11000 * MS;
	request(l, late, METHOD_GET, URI, BODY_NONE, 0);
	response(l, late, 200, BODY_LENGTH, 102400);
	BODY(l, late, SERVER, "\2\0\7log");
	over(l, late);
	assert_null(tunnel_finding(&late->tunnel));
	assert_int_equal(late->notes.count, 0);
	lab_free(l);
}

/* A declared length used up, the next connection takes over: one tunnel. */
static void rotation(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0];
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 64);
	BODY(l, up, CLIENT, OPEN BANNER);
	for (unsigned i = 1; i < 4; i++) {
		struct line *down = &l->line[i];
		request(l, down, METHOD_GET, i == 2 ? URI_2 : URI, BODY_NONE, 0);
		response(l, down, 200, BODY_LENGTH, 64);
		body(l, down, SERVER, i == 1 ? "\2\0\4SSH-" : "\2\0\4more", 7);
		message_end(l, down, SERVER, true);
		over(l, down);
		assert_int_equal(found(down)->tunnel_id, 100);
		assert_int_equal(found(down)->peer_count, i);
		/* What names the protocol is how the tunnel began, not how this connection did. */
		assert_memory_equal(found(down)->inner[SERVER], "SSH-", 4);
		l->now += 9000 * MS;
	}
	over(l, up);
	assert_int_equal(found(up)->peer_count, 3);
	lab_free(l);
}

/* A new OPEN is a new tunnel, though the old one has just ended. */
static void one_after_the_other(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	for (unsigned i = 0; i < 4; i += 2) {
		struct line *up = &l->line[i], *down = &l->line[i + 1];
		request(l, up, METHOD_POST, i == 0 ? URI : URI_2, BODY_CHUNKED, 0);
		BODY(l, up, CLIENT, OPEN);
		request(l, down, METHOD_GET, i == 0 ? URI : URI_2, BODY_NONE, 0);
		response(l, down, 200, BODY_UNTIL_CLOSE, 0);
		BODY(l, up, CLIENT, BANNER);
		BODY(l, down, SERVER, "\2\0\1x");
		over(l, up);
		over(l, down);
		assert_int_equal(found(up)->tunnel_id, 100 + i);
		assert_int_equal(found(down)->tunnel_id, 100 + i);
		assert_int_equal(found(down)->peer_count, 1);
	}
	lab_free(l);
}

static void bytes_missing(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1];
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN BANNER);
	request(l, down, METHOD_GET, URI, BODY_NONE, 0);
	response(l, down, 200, BODY_LENGTH, 102400);
	BODY(l, down, SERVER, "\2");
	down->at[SERVER] += 2;
	assert_false(BODY(l, down, SERVER, "login: "));
	assert_true(noted(down, "frames-with-sibling"));
	/* Nothing is taken for tunnelled bytes behind the hole. */
	assert_int_equal(found(down)->inner_len[SERVER], 0);
	lab_free(l);
}

/* One direction only: the GET has the very target of a proven tunnel, and no answer to speak against it. */
static void answer_not_seen(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1], *empty = &l->line[2], *other = &l->line[3];
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN BANNER);
	request(l, down, METHOD_GET, URI, BODY_NONE, 0);
	request(l, empty, METHOD_GET, URI, BODY_NONE, 0);
	response(l, empty, 200, BODY_LENGTH, 102400);
	request(l, other, METHOD_GET, URI_2, BODY_NONE, 0);
	over(l, down);
	over(l, empty);
	over(l, other);
	assert_int_equal(down->notes.count, 2);
	assert_true(noted(down, "same-target-as-sibling"));
	assert_true(noted(down, "same-token-as-sibling"));
	assert_int_equal(dossier_strongest(&down->notes, FOR_TUNNEL)->weight, STRONG);
	assert_int_equal(found(down)->peers[0], 100);
	assert_true(noted(empty, "same-target-as-sibling"));
	assert_true(noted(empty, "content-withheld"));
	assert_int_equal(found(empty)->tunnel_id, 100);
	assert_int_equal(other->notes.count, 0);
	lab_free(l);
}

/* Where the target bears no token, its sameness alone is not enough. */
static void answer_not_seen_plain_target(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0], *down = &l->line[1], *refused = &l->line[2];
	request(l, up, METHOD_POST, "/tunnel", BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN BANNER);
	request(l, down, METHOD_GET, "/tunnel", BODY_NONE, 0);
	request(l, refused, METHOD_GET, "/tunnel", BODY_NONE, 0);
	response(l, refused, 404, BODY_LENGTH, 102400);
	over(l, down);
	over(l, refused);
	assert_int_equal(down->notes.count, 1);
	assert_true(noted(down, "same-target-as-sibling"));
	assert_null(tunnel_finding(&down->tunnel));
	assert_int_equal(refused->notes.count, 0);
	lab_free(l);
}

struct plain {
	const char *what;
	const char *bytes;
	size_t len;
};

#define PLAIN(what, literal)                       \
	{                                          \
		what, literal, sizeof(literal) - 1 \
	}

static const struct plain plains[] = {
	PLAIN("page", "<!DOCTYPE html><html><body>Hello</body></html>"),
	PLAIN("JSON", "[{\"method\":\"data\"}]"),
	PLAIN("E text", "EFGH EFG EEEE"),
	PLAIN("gzip", "\x1f\x8b\x08\0\0\0\0\0\0\3\2\0\1"),
	PLAIN("PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
	PLAIN("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0"),
	PLAIN("numbers", "\2\0\0\0\3\0\0\0\1\0\0\0"),
	PLAIN("protobuf", "\x0a\5hello\x10\2"),
	PLAIN("a long frame begun", "\2\x27\x10 not quite"),
};

static void ordinary_traffic(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *c = &l->line[0];
	for (size_t i = 0; i < sizeof plains / sizeof *plains; i++) {
		request(l, c, METHOD_POST, "/upload", BODY_LENGTH, plains[i].len);
		body(l, c, CLIENT, plains[i].bytes, plains[i].len);
		message_end(l, c, CLIENT, true);
		response(l, c, 100, BODY_NONE, 0);
		response(l, c, 200, BODY_LENGTH, plains[i].len);
		assert_false(c->listening[SERVER]);
		message_end(l, c, SERVER, true);
		request(l, c, METHOD_GET, "/upload", BODY_NONE, 0);
		message_end(l, c, CLIENT, true);
		response(l, c, 200, BODY_LENGTH, plains[i].len);
		body(l, c, SERVER, plains[i].bytes, plains[i].len);
		message_end(l, c, SERVER, true);
		if (c->notes.count != 0)
			fail_msg("%s: %s", plains[i].what, dossier_note(&c->notes, 0).sign->what);
	}
	over(l, c);
	assert_int_equal(c->notes.count, 0);
	assert_null(tunnel_finding(&c->tunnel));
	lab_free(l);
}

/* What cannot be its tool's is not listened to, so that bodies need not be shown. */
static void cheap(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *c = &l->line[0];
	assert_false(request(l, c, METHOD_GET, "/", BODY_NONE, 0));
	assert_true(response(l, c, 200, BODY_LENGTH, 1000000));
	assert_false(BODY(l, c, SERVER, "<html>"));
	request(l, c, METHOD_GET, "/", BODY_NONE, 0);
	assert_false(response(l, c, 404, BODY_LENGTH, 1000000));
	request(l, c, METHOD_GET, "/", BODY_NONE, 0);
	*c->head = (struct head){ .response = true,
		.status = 200,
		.length = 10,
		.field_count = 1,
		.names = UINT64_MAX,
		.fields = { { SLICE("Content-Encoding"), SLICE("gzip") } } };
	struct http_event ev = {
		.kind = HTTP_RESPONSE, .from = SERVER, .eat = 9, .head = c->head, .rule = BODY_LENGTH
	};
	assert_false(show(l, c, &ev));
	assert_false(request(l, c, METHOD_POST, "/", BODY_LENGTH, 0));
	/* A suspicion takes a finding, and gives it back. */
	request(l, c, METHOD_POST, "/", BODY_LENGTH, 1000);
	assert_true(BODY(l, c, CLIENT, "\2\0\2ab"));
	assert_int_equal(l->kit.findings.used, 1);
	assert_false(BODY(l, c, CLIENT, "!"));
	assert_int_equal(l->kit.findings.used, 0);
	lab_free(l);
}

/* No shared notebook, no findings left: the frames still speak. */
static void without_memory(void **state)
{
	(void)state;
	struct lab *l = lab_new();
	struct line *up = &l->line[0];
	while (pool_take(&l->kit.findings) != NULL)
		continue;
	const size_t taken = l->kit.findings.used;
	begin(&up->tunnel, NULL);
	request(l, up, METHOD_POST, URI, BODY_LENGTH, 102400);
	BODY(l, up, CLIENT, OPEN BANNER);
	assert_true(noted(up, "frames"));
	assert_null(tunnel_finding(&up->tunnel));
	assert_true(up->tunnel.exhausted);
	over(l, up);
	assert_int_equal(l->kit.findings.used, taken);
	l->kit.findings.used = 0;
	lab_free(l);
}

/* Events in any order, of any kind, with bytes that often begin well: nothing but what the contract allows. */
static void any_order(void **state)
{
	(void)state;
	static const struct slice pieces[] = { SLICE(OPEN), SLICE(BANNER), SLICE(TALK), SLICE("E"), SLICE("F"),
		SLICE("G"), SLICE("\2"), SLICE("\0"), SLICE("\7"), SLICE("x"), SLICE("\3\0\2\0\0") };
	struct lab *l = lab_new();
	uint64_t seed = 5;
	for (unsigned i = 0; i < 200000; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		const unsigned what = (unsigned)(seed >> 33) % 12;
		struct line *c = &l->line[seed >> 40 & 3];
		const enum side from = (seed >> 43 & 1) != 0 ? SERVER : CLIENT;
		const struct slice piece = pieces[(seed >> 45) % (sizeof pieces / sizeof *pieces)];
		const char *uri = (seed >> 50 & 1) != 0 ? URI : URI_2;
		const enum body_rule rule = (enum body_rule)(seed >> 52 & 3);
		if (what == 0)
			request(l, c, (seed >> 55 & 1) != 0 ? METHOD_GET : METHOD_POST, uri, rule, seed >> 56);
		else if (what == 1)
			response(l, c, 200, rule, seed >> 56);
		else if (what == 2)
			message_end(l, c, from, (seed >> 55 & 1) != 0);
		else if (what == 3 && (seed >> 55 & 7) == 0)
			over(l, c);
		else if (what == 4)
			c->at[from] += seed >> 60;
		else
			body(l, c, from, piece.at, piece.len);
	}
	/* Worth something only if it came far. */
	assert_true(noted(&l->line[0], "frames") || noted(&l->line[0], "frames-with-sibling"));
	assert_true(noted(&l->line[1], "frames") || noted(&l->line[1], "frames-with-sibling"));
	lab_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sides_by_themselves),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(idle),
		cmocka_unit_test(weak_halves_make_a_whole),
		cmocka_unit_test(strangers),
		cmocka_unit_test(rotation),
		cmocka_unit_test(one_after_the_other),
		cmocka_unit_test(bytes_missing),
		cmocka_unit_test(answer_not_seen),
		cmocka_unit_test(answer_not_seen_plain_target),
		cmocka_unit_test(ordinary_traffic),
		cmocka_unit_test(cheap),
		cmocka_unit_test(without_memory),
		cmocka_unit_test(any_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
