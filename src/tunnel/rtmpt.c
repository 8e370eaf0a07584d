/* rtmpt -- RTMP in short polls: POST /open/1, then /send/ID/N and /idle/ID/N, of type application/x-fcs.
 *
 * The proof is the session id: what the server gave as answer to /open stands in the paths of the requests that follow,
 * with a number that counts them.  A connection that joins later is known by an id that was proven, or by two numbers
 * that follow each other with RTMP in the answers' type.  Each answer's first byte is the pause asked for. */
#include "tunnel/cargo.h"
#include "tunnel/sight.h"

enum { ID_MOST = 64 };

static const struct sign id_sign = { "rtmpt", "id-given-and-used", FOR_TUNNEL, PROOF };
static const struct sign known_sign = { "rtmpt", "id-of-a-proven-one", FOR_TUNNEL, PROOF };
static const struct sign open_sign = { "rtmpt", "open", FOR_TUNNEL, WEAK };
static const struct sign path_sign = { "rtmpt", "path-and-type", FOR_TUNNEL, STRONG };
static const struct sign counting_sign = { "rtmpt", "numbers-count-up", FOR_TUNNEL, STRONG };

enum { ID_GIVEN = 1 }; /* told to the other connections: a server gave this id */

enum what { NOTHING, OPEN, SEND, IDLE, CLOSE };

struct mine {
	struct cargo cargo[2];
	uint64_t given, used; /* ids by hash */
	uint64_t number;
	uint8_t what; /* enum what: the request at hand */
	bool first;   /* the next byte of the answer is the pause */
	bool follows; /* two numbers did */
	bool agreed;  /* an answer was of that type */
	bool other;   /* one was not */
	bool found;
};

static bool of_type(const struct head *h)
{
	return cargo_is(h, SLICE("application/x-fcs"));
}

/* The last parts of the path: .../send/ID/N.  What stands before is a proxy's affair. */
static enum what read_path(struct slice target, struct slice *id, uint64_t *number)
{
	struct slice path = slice_head(target, slice_find(target, '?')), part, last[3] = { { NULL, 0 } };
	while (slice_cut(&path, '/', &part)) {
		last[0] = last[1];
		last[1] = last[2];
		last[2] = part;
	}
	*id = last[1];
	if (slice_eq(last[1], SLICE("open")) && slice_eq(last[2], SLICE("1")))
		return OPEN;
	if (last[1].len == 0 || last[1].len > ID_MOST || !slice_decimal(last[2], UINT32_MAX, number))
		return NOTHING;
	if (slice_eq(last[0], SLICE("send")))
		return SEND;
	if (slice_eq(last[0], SLICE("idle")))
		return IDLE;
	return slice_eq(last[0], SLICE("close")) ? CLOSE : NOTHING;
}

static void found(const struct sight *s, const struct sign *sign)
{
	struct mine *m = s->mine;
	m->found = true;
	struct finding *f =
	    tunnel_found(s, sign, s->ev != NULL ? s->ev->from : CLIENT, s->ev != NULL ? s->ev->offset : 0, m->used);
	if (f != NULL)
		f->wrapped = "rtmp";
}

static void weigh(const struct sight *s, uint64_t id, uint64_t number)
{
	struct mine *m = s->mine;
	m->follows |= m->used == id && number == m->number + 1;
	m->used = id;
	m->number = number;
	if (m->found)
		return;
	dossier_add(s->dossier, &path_sign, CLIENT, s->ev->offset, s->t);
	const uint32_t *shared = tunnel_shared(s, id);
	if (id == m->given || (shared != NULL && *shared == ID_GIVEN))
		found(s, &id_sign);
	else if (tunnel_known(s, id))
		found(s, &known_sign);
	else if (m->follows && m->agreed)
		found(s, &counting_sign);
}

static enum interest see_request(const struct sight *s)
{
	const struct head *h = s->ev->head;
	struct mine *m = s->mine;
	struct slice id;
	uint64_t number = 0;
	m->cargo[CLIENT].on = false;
	m->what = h->method == METHOD_POST && of_type(h) ? (uint8_t)read_path(h->target, &id, &number) : NOTHING;
	if (m->what == OPEN) {
		dossier_add(s->dossier, &open_sign, CLIENT, s->ev->offset, s->t);
		m->given = KEY_START;
	}
	if (m->what >= SEND)
		weigh(s, tunnel_key(id), number);
	if (m->what != SEND || s->ev->rule == BODY_NONE)
		return DULL;
	cargo_begin(&m->cargo[CLIENT], s->ev);
	return LISTENING;
}

static enum interest see_response(const struct sight *s)
{
	const struct http_event *ev = s->ev;
	struct mine *m = s->mine;
	if (ev->interim)
		return DULL;
	m->cargo[SERVER].on = false;
	if (m->what == NOTHING || m->what == CLOSE) {
		m->other = true;
		return DULL;
	}
	if (ev->head->status != 200 || ev->rule == BODY_NONE || !of_type(ev->head)) {
		m->other = true;
		tunnel_return_finding(s);
		return DULL;
	}
	m->agreed = true;
	cargo_begin(&m->cargo[SERVER], ev);
	m->first = true;
	return LISTENING;
}

static enum interest see_body(const struct sight *s)
{
	struct mine *m = s->mine;
	const enum side side = s->ev->from;
	struct cargo *cargo = &m->cargo[side];
	cargo->on = cargo->on && cargo_goes_on(cargo, s->ev);
	if (!cargo->on)
		return DULL;
	struct slice bytes = s->ev->bytes;
	if (side == SERVER && m->what == OPEN) {
		for (size_t i = 0; i < bytes.len; i++)
			if (bytes.at[i] > ' ')
				m->given = key_byte(m->given, bytes.at[i]);
		return LISTENING;
	}
	if (side == SERVER && m->first && bytes.len != 0) {
		m->first = false;
		bytes = slice_from(bytes, 1);
	}
	tunnel_inner(s, side, bytes);
	return LISTENING;
}

/* The id that the server gave is whole.  A client may use it on another connection. */
static void see_end(const struct sight *s)
{
	struct mine *m = s->mine;
	const bool given = m->cargo[SERVER].on && s->ev->from == SERVER && m->what == OPEN && m->given != KEY_START;
	uint32_t *shared = given ? tunnel_shared(s, m->given) : NULL;
	if (shared != NULL)
		*shared = ID_GIVEN;
	m->cargo[s->ev->from].on = false;
}

static enum interest rtmpt_see(const struct sight *s)
{
	struct mine *m = s->mine;
	switch (s->ev->kind) {
	case HTTP_REQUEST:
		return see_request(s);
	case HTTP_RESPONSE:
		return see_response(s);
	case HTTP_BODY:
		return see_body(s);
	case HTTP_MESSAGE_END:
		see_end(s);
		return DULL;
	default:
		m->cargo[s->ev->from].on = false;
		return DULL;
	}
}

/* The id given here was used elsewhere; or only the client was seen. */
static void rtmpt_end(const struct sight *s)
{
	struct mine *m = s->mine;
	if (!m->found && m->used == 0 && m->given != 0 && tunnel_known(s, m->given)) {
		m->used = m->given;
		found(s, &known_sign);
	}
	if (!m->found && m->follows && !m->agreed && !m->other)
		found(s, &counting_sign);
}

static bool rtmpt_idle(const void *mine)
{
	const struct mine *m = mine;
	return m->what == NOTHING && m->given == 0 && m->used == 0;
}

const struct detector detector_rtmpt = {
	.name = "rtmpt",
	.source = "published descriptions of RTMPT",
	.proof = 'A',
	.kind = KIND_STANDARD,
	.catches = "RTMPT: RTMP in polls of type application/x-fcs, by a session id the server gave and the paths use",
	.when = WHEN_CONTENT,
	.memory = sizeof(struct mine),
	.see = rtmpt_see,
	.end = rtmpt_end,
	.idle = rtmpt_idle,
};
